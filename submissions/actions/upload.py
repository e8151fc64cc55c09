"""Taking in a file for a draft."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, storage
from core.exceptions import StaleVersion, UploadRefused
from submissions import checks, queries, validators
from submissions.models import Entry, Submission, SubmissionFile
from submissions.states import FileKind

if TYPE_CHECKING:
    from django.core.files.base import File

    from accounts.models import User
    from core.storage import StoredFile


def attach_file(
    submission: Submission,
    *,
    by: User,
    kind: FileKind,
    file: File[bytes],
    now: dt.datetime | None = None,
) -> SubmissionFile:
    """Store a file and make it the draft's file of its kind; it replaces an earlier one.

    Size and SHA-256 are computed while the bytes are written under a generated key. A prediction
    file with problems is stored with its report, so that the page can show them; it cannot be
    handed in. The size that the statement names counts where it is below the installation's.
    The replaced file is removed after the commit, unless another version names it.

    Raises:
        UploadRefused: size, suffix or content do not fit the kind, or the kind is not wanted.
        StaleVersion: the version was handed in meanwhile; nothing stays behind.

    """
    kind = FileKind(kind)
    challenge = submission.entry.challenge
    if kind not in queries.wanted_kinds(challenge):
        raise UploadRefused(
            "kind_not_wanted", _("This problem statement does not ask for a file of this kind.")
        )
    limit = queries.limits_of(challenge, kind).size
    name = validators.check_file(file, kind, limit=limit)
    suffix = validators.FILE_RULES[kind].suffix
    # Outside of the transaction: writing a large file must not keep others waiting.
    stored = storage.store(
        storage.SUBMISSIONS, file, folder=submission.code, suffix=suffix, limit=limit
    )
    try:
        report = {}
        if kind == FileKind.PREDICTIONS:
            with storage.open_file(storage.SUBMISSIONS, stored.key) as stream:
                report = checks.check_predictions(challenge, stream)
        return _replace(
            submission, by=by, kind=kind, name=name, stored=stored, report=report, now=now
        )
    except BaseException:
        storage.delete(storage.SUBMISSIONS, stored.key)
        raise


@transaction.atomic
def _replace(
    submission: Submission,
    *,
    by: User,
    kind: FileKind,
    name: str,
    stored: StoredFile,
    report: dict[str, object],
    now: dt.datetime | None,
) -> SubmissionFile:
    moment = now or clock.now()
    Entry.objects.select_for_update().get(pk=submission.entry_id)
    locked = Submission.objects.get(pk=submission.pk)
    if not locked.is_draft:
        raise StaleVersion(
            "handed_in", _("This version has been handed in meanwhile and cannot be changed.")
        )
    old = locked.files.filter(kind=kind).first()
    if old is not None:
        old.delete()
        transaction.on_commit(partial(_delete_unnamed, old.key), robust=True)
    row = SubmissionFile.objects.create(
        submission=locked,
        kind=kind,
        original_name=name,
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        report=report,
        uploaded_at=moment,
        uploaded_by=by,
    )
    locked.updated_at = moment
    locked.save(update_fields=["updated_at"])
    audit.record(
        "submission.file_attached",
        target=locked,
        by=by,
        data={"kind": kind.value, "size": stored.size, "sha256": stored.sha256},
        now=moment,
    )
    return row


def _delete_unnamed(key: str) -> None:
    """Remove a stored file that no version names any more."""
    if not SubmissionFile.objects.filter(key=key).exists():
        storage.delete(storage.SUBMISSIONS, key)
