"""Proofs about what was handed in: files are there and unchanged, receipts are genuine."""

from __future__ import annotations

from collections.abc import Iterator

from core import signing, storage
from core.audit import canonical
from core.maintenance import Invariant, invariants
from submissions.models import Receipt, Submission, SubmissionFile
from submissions.states import SubmissionState


def damaged_files() -> Iterator[str]:
    """Yield files of handed-in versions that are missing or are not what their row says."""
    handed_in = SubmissionFile.objects.exclude(submission__state=SubmissionState.DRAFT)
    # A version may name the file of the one before it: each is read once.
    seen: dict[str, str | None] = {}
    for file in handed_in.select_related("submission").order_by("pk").iterator():
        if file.key not in seen:
            there = storage.exists(storage.SUBMISSIONS, file.key)
            seen[file.key] = storage.sha256_of(storage.SUBMISSIONS, file.key) if there else None
        if seen[file.key] is None:
            yield f"{file.submission.reference}: the file {file.kind} is missing."
        elif seen[file.key] != file.sha256:
            yield f"{file.submission.reference}: the file {file.kind} has changed."


def bad_receipts() -> Iterator[str]:
    """Yield receipts that were not signed by this installation or do not fit their version."""
    receipts = Receipt.objects.select_related("submission").prefetch_related("submission__files")
    for receipt in receipts.order_by("pk").iterator(chunk_size=500):
        name = receipt.submission.reference
        if not signing.is_valid(canonical(receipt.payload).encode(), receipt.signature):
            yield f"The signature of the receipt {name} does not fit."
            continue
        signed = {file["kind"]: file["sha256"] for file in receipt.payload["files"]}
        stored = {file.kind: file.sha256 for file in receipt.submission.files.all()}
        if receipt.payload["reference"] != name or signed != stored:
            yield f"The receipt {name} does not say what is stored."


def versions_without_receipt() -> Iterator[str]:
    """Yield handed-in versions that nobody got a receipt for."""
    without = Submission.objects.exclude(state=SubmissionState.DRAFT).filter(receipt=None)
    for code, number in without.values_list("code", "number"):
        yield f"{code}-v{number} was handed in without a receipt."


for _key, _label, _violations in (
    ("files", "Files of handed-in versions are there and unchanged", damaged_files),
    ("receipts", "Receipts are genuine and fit their versions", bad_receipts),
    ("acknowledged", "Every handed-in version has its receipt", versions_without_receipt),
):
    invariants.register(Invariant(_key, _label, _violations, 30))
