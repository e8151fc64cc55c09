"""Files that a statement gives to the teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition import statement
from competition.actions.desk import locked_for_writing, touch_task
from competition.models import Resource
from competition.statement.answers import clean_text
from competition.statement.choices import Licence, Personal
from competition.states import Audience
from competition.validators import check_content, clean_name, count_rows, suffix_of
from core import audit, clock, storage
from core.exceptions import DomainError

if TYPE_CHECKING:
    import datetime as dt

    from django.core.files.base import File

    from accounts.models import User
    from competition.models import Challenge

MAX_FILES = 20
TITLE_LIMIT = 120


def add(
    challenge: Challenge,
    *,
    by: User,
    source: File[Any],
    title_de: str,
    licence: str,
    audience: str,
    title_en: str = "",
    now: dt.datetime | None = None,
) -> Resource:
    """Store a file for the teams; size, checksum and rows are what the server itself counted.

    Raises:
        PermissionRefused: the person does not work for the agency.
        DomainError: the statement cannot be changed, or there are too many files.
        UploadRefused: kind, content or size of the file are not acceptable; nothing stays behind.
        ValidationError: title, licence or audience; personal data cannot be open to everyone.

    """
    now = now or clock.now()
    titles = _clean(challenge, title_de, title_en, licence, audience)
    name = clean_name(source.name or "")
    suffix = suffix_of(name)
    check_content(source, suffix)
    rows = count_rows(source, suffix)
    with transaction.atomic():
        # Before anything is written: a stranger must not fill the storage.
        locked_for_writing(challenge, by)
    stored = storage.store(storage.RESOURCES, source, folder=challenge.code, suffix=suffix)
    try:
        return _keep(
            challenge,
            by=by,
            now=now,
            row=Resource(
                challenge=challenge,
                title_de=titles[0],
                title_en=titles[1],
                file_name=name,
                key=stored.key,
                size=stored.size,
                sha256=stored.sha256,
                rows=rows,
                licence=licence,
                audience=audience,
                uploaded_at=now,
                uploaded_by=by,
            ),
        )
    except BaseException:
        storage.delete(storage.RESOURCES, stored.key)
        raise


@transaction.atomic
def _keep(challenge: Challenge, *, by: User, now: dt.datetime, row: Resource) -> Resource:
    locked = locked_for_writing(challenge, by)
    if locked.resources.count() >= MAX_FILES:
        raise DomainError(
            "too_many_files",
            _("A statement has at most %(limit)s files. Remove one first.") % {"limit": MAX_FILES},
        )
    row.save()
    touch_task(locked, statement.RESOURCES, by=by, now=now)
    audit.record(
        "resource.added",
        target=row,
        by=by,
        data={
            "challenge": locked.code,
            "code": row.code,
            "size": row.size,
            "sha256": row.sha256,
            "licence": row.licence,
            "audience": row.audience,
        },
        now=now,
    )
    return row


@transaction.atomic
def remove(resource: Resource, *, by: User, now: dt.datetime | None = None) -> Resource:
    """Remove a file before the hand-in; the stored bytes go once the change is committed.

    Raises:
        PermissionRefused: the person does not work for the agency.
        DomainError: the statement lies with the office or is public.

    """
    now = now or clock.now()
    locked = locked_for_writing(resource.challenge, by)
    audit.record(
        "resource.removed",
        target=resource,
        by=by,
        data={"challenge": locked.code, "code": resource.code, "sha256": resource.sha256},
        now=now,
    )
    touch_task(locked, statement.RESOURCES, by=by, now=now)
    key = resource.key
    resource.delete()
    transaction.on_commit(lambda: storage.delete(storage.RESOURCES, key))
    return resource


def _clean(
    challenge: Challenge, title_de: str, title_en: str, licence: str, audience: str
) -> tuple[str, str]:
    problems: dict[str, Any] = {}
    titles = []
    for field, text in (("title_de", title_de), ("title_en", title_en)):
        try:
            titles.append(clean_text(text, TITLE_LIMIT, is_line=True) or "")
        except ValidationError as error:
            problems[field] = error
            titles.append("")
    if not titles[0] and "title_de" not in problems:
        problems["title_de"] = _("Give the file a title.")
    if licence not in Licence.values:
        problems["licence"] = _("Choose one of the licences offered.")
    if audience not in Audience.values:
        problems["audience"] = _("Choose one of the answers offered.")
    elif audience == Audience.PUBLIC and challenge.answer("personal") == Personal.YES:
        problems["audience"] = _(
            "The data are personal (section D): they cannot be open to everyone."
        )
    if problems:
        raise ValidationError(problems)
    return titles[0], titles[1]
