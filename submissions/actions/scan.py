"""Having stored files looked at by the malware scanner."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from core import clock, scanner, storage, transitions
from core.exceptions import IllegalTransition, StorageUnavailable
from core.scanner import ScannerUnavailable
from submissions import documents
from submissions.models import DocumentKey, SubmissionFile
from submissions.states import FileState, SubmissionState

if TYPE_CHECKING:
    import datetime as dt

    from django.db import models

_log = logging.getLogger(__name__)


def scan(file_id: int, *, now: dt.datetime | None = None) -> bool:
    """Ask the scanner about the file of a draft; return whether it answered. Safe to call twice.

    Malware is removed from the storage at once; the row stays with what was found, and says to the
    team what to do. Without an answer the file stays "being checked", and the sweep asks again.
    """
    file = waiting().filter(pk=file_id).first()
    if file is None:
        return False
    try:
        with documents.open_file(file) as stream:
            found = scanner.scan(stream)
    except documents.Sealed:
        return False  # handed in meanwhile
    except (ScannerUnavailable, StorageUnavailable, OSError) as error:
        _log.warning("The file %s could not be scanned: %s", file.pk, error)
        return False
    try:
        _settle(file, found, now or clock.now())
    except (SubmissionFile.DoesNotExist, IllegalTransition):
        return False  # replaced meanwhile, or scanned by another process
    return True


@transaction.atomic
def _settle(file: SubmissionFile, found: str, moment: dt.datetime) -> None:
    if file.state == FileState.UNSCANNED:
        transitions.move(file, to=FileState.SCANNING, by=None, now=moment)
    if not found:
        transitions.move(file, to=FileState.CLEAN, by=None, now=moment)
        return
    transitions.move(
        file,
        to=FileState.BLOCKED,
        by=None,
        now=moment,
        data={"sha256": file.sha256, "malware": found[:120]},
        malware=found[:120],
    )
    # What is handed in stays as it is, even where a draft that names the same bytes is blocked.
    if not SubmissionFile.objects.filter(key=file.key).exclude(pk=file.pk).exists():
        key = file.key
        transaction.on_commit(lambda: storage.delete(storage.SUBMISSIONS, key), robust=True)


def scan_waiting(now: dt.datetime) -> int:
    """Scan what waits; stop at the first silence of the scanner (for the sweep)."""
    count = 0
    if scanner.is_on():
        for file_id in list(waiting().order_by("uploaded_at").values_list("pk", flat=True)):
            if not scan(file_id, now=now):
                break
            count += 1
    return count


def waiting() -> models.QuerySet[SubmissionFile]:
    """Files of drafts that nobody has looked at; what is handed in is not judged afterwards.

    A document that came over from a version that is in is sealed: nobody can read it.
    """
    return SubmissionFile.objects.filter(
        submission__state=SubmissionState.DRAFT,
        state__in=(FileState.UNSCANNED, FileState.SCANNING),
    ).exclude(key__in=DocumentKey.objects.sealed().values("storage_key"))
