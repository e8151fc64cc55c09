"""What the sweep does about uploads, and proofs about them."""

from __future__ import annotations

from collections.abc import Iterator

from core import staging, storage
from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from submissions.actions import scan, upload
from submissions.models import SubmissionFile, Upload
from submissions.states import FileState, SubmissionState, UploadState


def wrong_uploads() -> Iterator[str]:
    """Yield finished uploads whose file is not what was announced, or is missing."""
    finished = Upload.objects.filter(state=UploadState.ATTACHED)
    for row in finished.select_related("file", "submission").order_by("pk").iterator():
        if row.file is None:
            # Another file of the kind took its place, and only that may have happened.
            if not row.submission.files.filter(kind=row.kind).exists():
                yield f"The file of upload {row} is missing."
        elif (row.file.submission_id, row.file.kind, row.file.size) != (
            row.submission_id,
            row.kind,
            row.size,
        ):
            yield f"The file of upload {row} is not the one that was announced."


def forgotten_parts() -> Iterator[str]:
    """Yield uploads that are over although parts of them are still staged."""
    if staging.is_direct(storage.SUBMISSIONS):
        return  # one question to the store for each upload: the sweep removes such parts
    over = Upload.objects.exclude(pk__in=Upload.objects.unfinished().values("pk"))
    # For what came after the deadline nothing was ever staged.
    over = over.exclude(staging_key="")
    for row in over.order_by("pk").iterator():
        if staging.parts(row.staged):
            yield f"Parts of upload {row} are still staged although it is over."


def blocked_files_in_reach() -> Iterator[str]:
    """Yield files with malware that are handed in or still stored."""
    for file in SubmissionFile.objects.filter(state=FileState.BLOCKED).select_related("submission"):
        if file.submission.state != SubmissionState.DRAFT:
            yield f"{file.submission.reference}: a blocked file is handed in."
        shared = SubmissionFile.objects.filter(key=file.key).exclude(pk=file.pk).exists()
        if not shared and storage.exists(storage.SUBMISSIONS, file.key):
            yield f"{file.submission.reference}: a blocked file is still stored."


sweep_steps.register(
    SweepStep("uploads", "Uploads given up that were never finished", upload.expire_uploads, 60)
)
sweep_steps.register(SweepStep("scans", "Files checked for malware", scan.scan_waiting, 50))

for _key, _label, _violations in (
    ("uploads", "Finished uploads are the files that were announced", wrong_uploads),
    ("staging", "Nothing is staged for uploads that are over", forgotten_parts),
    ("blocked", "Files with malware are out of reach", blocked_files_in_reach),
):
    invariants.register(Invariant(_key, _label, _violations, 35))
