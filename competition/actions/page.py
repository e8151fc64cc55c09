"""Standing pages such as the imprint: a change is a new version with its first day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competition import standing_pages
from competition.models import Page
from competition.rules import works_in_an_office
from competition.statement.answers import clean_text
from core import audit, clock
from core.exceptions import PermissionRefused

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User

_LIMITS = {"title_de": 120, "title_en": 120, "body_de": 60_000, "body_en": 60_000}


@transaction.atomic
def save(
    slug: str,
    *,
    by: User,
    title_de: str,
    title_en: str,
    body_de: str,
    body_en: str,
    valid_from: dt.date,
    now: dt.datetime | None = None,
) -> Page:
    """Save a version of a standing page that holds from a day on; older versions stay.

    A version that begins on the same day is replaced: nobody has read it for a whole day yet.

    Raises:
        PermissionRefused: the person works in no competition office, or there is no such page.
        ValidationError: a text is missing or too long, or the day has passed.

    """
    if not works_in_an_office(by) or slug not in standing_pages.SLUGS:
        raise PermissionRefused("refused", _("This page does not exist or is not for you."))
    now = now or clock.now()
    given = {"title_de": title_de, "title_en": title_en, "body_de": body_de, "body_en": body_en}
    texts: dict[str, str] = {}
    problems: dict[str, Any] = {}
    for field, limit in _LIMITS.items():
        try:
            text = clean_text(given[field], limit, is_line=field.startswith("title"))
        except ValidationError as error:
            problems[field] = error
            continue
        if text is None:
            problems[field] = _("This text is needed in both languages.")
        else:
            texts[field] = text
    if valid_from < timezone.localdate(now):
        problems["valid_from"] = _("Choose today or a later day: the past stays as it was.")
    if problems:
        raise ValidationError(problems)
    page, created = Page.objects.update_or_create(
        slug=slug, valid_from=valid_from, defaults={**texts, "valid_until": None}
    )
    audit.record(
        "page.saved",
        target=page,
        by=by,
        data={"slug": slug, "valid_from": valid_from, "is_new": created},
        now=now,
    )
    return page
