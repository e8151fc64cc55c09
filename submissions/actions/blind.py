"""What a team does about findings that could tell the jury who it is."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import TYPE_CHECKING

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.exceptions import StaleVersion, UploadRefused
from submissions import blind, deadlines, documents, pdf, validators
from submissions.actions import upload
from submissions.models import Entry, SubmissionFile
from submissions.states import FileKind

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def keep(
    file: SubmissionFile, *, by: User, sha256: str, now: dt.datetime | None = None
) -> SubmissionFile:
    """Write down that the team knows what could tell who it is, and leaves it. Safe to call twice.

    Raises:
        StaleVersion: the version is handed in, or another file has taken the place of this one.

    """
    Entry.objects.select_for_update(no_key=True).get(pk=file.submission.entry_id)
    moment = now or clock.of_database()
    locked = _current(file, sha256)
    if locked.kept_at is None:
        locked.kept_at, locked.kept_by = moment, by
        locked.save(update_fields=["kept_at", "kept_by"])
        audit.record(
            "submission.file_kept",
            target=locked.submission,
            by=by,
            # Not what was found: it names people.
            data={"kind": locked.kind, "sha256": sha256, "places": locked.guard.get("total", 0)},
            now=moment,
        )
    return locked


def clean(
    file: SubmissionFile, *, by: User, sha256: str, now: dt.datetime | None = None
) -> SubmissionFile:
    """Replace a document by a copy without properties of its author; return the new file.

    The copy is taken in like any upload: measured, scanned and searched again. Texts in pages stay
    as they are.

    Raises:
        StaleVersion: the version is handed in, or another file has taken the place of this one.
        PhaseClosed: the window for submissions is not open.
        Sealed: the document was handed in with an earlier version.
        UploadRefused: no copy could be made; the file stays as it is.

    """
    current = _current(file, sha256)
    submission = current.submission
    deadlines.open_window(submission.entry.challenge, now or clock.of_database())
    with (
        documents.open_file(current) as stored,
        pdf.at_hand(stored, current.size) as source,
        tempfile.TemporaryFile() as target,
    ):
        if not pdf.clean(source, target):
            raise UploadRefused(
                "not_cleaned",
                _(
                    "No cleaned copy could be made of “%(name)s”. Remove the author in the"
                    " properties of the document, and upload it again."
                )
                % {"name": current.original_name},
            )
        name = current.original_name
        if any(line["place"] == blind.Place.FILE_NAME for line in current.guard["lines"]):
            name = validators.FILE_RULES[FileKind(current.kind)].default_name
        return upload.attach_file(
            submission, by=by, kind=FileKind(current.kind), file=File(target, name=name), now=now
        )


def _current(file: SubmissionFile, sha256: str) -> SubmissionFile:
    """Read the file afresh, as long as it is the one that the page showed."""
    found = (
        SubmissionFile.objects.select_related("submission__entry__challenge")
        .filter(submission=file.submission_id, kind=file.kind, sha256=sha256)
        .first()
    )
    if found is None or not found.submission.is_draft:
        raise StaleVersion(
            "file_replaced",
            _("This file has been replaced or handed in meanwhile. Look at it once more."),
        )
    return found
