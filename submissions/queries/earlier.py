"""Files of earlier versions that a draft may take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submissions.models import Submission, SubmissionFile
from submissions.states import FileState, SubmissionState

if TYPE_CHECKING:
    from submissions.states import FileKind


def earlier_files(submission: Submission, kind: FileKind) -> list[SubmissionFile]:
    """Return the files of a kind that were handed in and are not in the draft, the newest first.

    The same file in several versions is listed once, with the version that named it first. Versions
    of an entry that was closed when two teams merged are among them.
    """
    versions = Submission.objects.of_entry(submission.entry)
    files = (
        SubmissionFile.objects.filter(submission__in=versions, kind=kind)
        .exclude(submission__state=SubmissionState.DRAFT)
        .exclude(state=FileState.BLOCKED)
        .select_related("submission")
        .order_by("submission__handed_in_at", "pk")
    )
    own = submission.file(kind)
    found: dict[tuple[str, str], SubmissionFile] = {}
    for file in files:
        found.setdefault((file.sha256, file.original_name), file)
    if own is not None:
        found.pop((own.sha256, own.original_name), None)
    return list(reversed(found.values()))


def origins_of_files(submission: Submission) -> dict[str, Submission]:
    """Return the version that handed a file in first, by the key of the file."""
    files = (
        SubmissionFile.objects.filter(key__in=[file.key for file in submission.files.all()])
        .exclude(submission__state=SubmissionState.DRAFT)
        .select_related("submission")
        .order_by("-submission__handed_in_at", "-pk")
    )
    return {file.key: file.submission for file in files}
