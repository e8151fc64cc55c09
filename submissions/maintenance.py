"""Proofs about what was handed in: files are there and unchanged, receipts are genuine."""

from __future__ import annotations

from collections.abc import Iterator

from competition.models import Challenge
from core import merkle, signing, storage
from core.audit import canonical
from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from submissions import log
from submissions.actions import seal as seal_actions
from submissions.actions import stamp as stamp_actions
from submissions.models import (
    DocumentKey,
    LeafKind,
    Log,
    LogLeaf,
    Opening,
    Receipt,
    Seal,
    Submission,
    SubmissionFile,
)
from submissions.states import SubmissionState


def damaged_files() -> Iterator[str]:
    """Yield files of handed-in versions that are missing or are not what their row says."""
    handed_in = SubmissionFile.objects.exclude(submission__state=SubmissionState.DRAFT)
    # A version may name the file of the one before it: each is read once.
    seen: dict[str, str | None] = {}
    # Of an encrypted file the stored bytes are compared, for which no key is needed.
    encrypted = dict(DocumentKey.objects.values_list("storage_key", "stored_sha256"))
    for file in handed_in.select_related("submission").order_by("pk").iterator():
        if file.key not in seen:
            there = storage.exists(storage.SUBMISSIONS, file.key)
            seen[file.key] = storage.sha256_of(storage.SUBMISSIONS, file.key) if there else None
        if seen[file.key] is None:
            yield f"{file.submission.reference}: the file {file.kind} is missing."
        elif seen[file.key] != encrypted.get(file.key, file.sha256):
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
        leaf = receipt.submission.leaves.filter(kind=LeafKind.SUBMISSION).first()
        if leaf is None or receipt.payload.get("leaf_hash") != leaf.hash:
            yield f"The receipt {name} names no leaf of the log."
        if receipt.payload["reference"] != name or signed != stored:
            yield f"The receipt {name} does not say what is stored."


def versions_without_receipt() -> Iterator[str]:
    """Yield handed-in versions that nobody got a receipt for."""
    without = Submission.objects.exclude(state=SubmissionState.DRAFT).filter(receipt=None)
    for code, number in without.values_list("code", "number"):
        yield f"{code}-v{number} was handed in without a receipt."


def versions_without_leaf() -> Iterator[str]:
    """Yield handed-in versions that the log does not know; two leaves of one cannot be stored."""
    known = LogLeaf.objects.filter(kind=LeafKind.SUBMISSION).values("submission")
    received = Submission.objects.exclude(state=SubmissionState.DRAFT).exclude(pk__in=known)
    for code, number in received.values_list("code", "number"):
        yield f"{code}-v{number} was handed in without a leaf in the log."


def broken_logs() -> Iterator[str]:
    """Yield logs with gaps, or with leaves whose hash is not that of their data."""
    for row in Log.objects.select_related("challenge").order_by("challenge"):
        name, stored = row.challenge.code, row.challenge.leaves.order_by("index")
        indexes = list(stored.values_list("index", flat=True))
        before = row.size
        row.refresh_from_db()
        # Somebody may have appended while the leaves were read.
        if indexes != list(range(len(indexes))) or not before <= len(indexes) <= row.size:
            yield f"The log of {name} has gaps: {len(indexes)} leaves of {row.size}."
        for leaf in stored.iterator(chunk_size=2_000):
            if leaf.hash != log.hash_of(leaf.data):
                yield f"Leaf {leaf.index} of the log of {name} was changed."


def broken_roots() -> Iterator[str]:
    """Yield roots that are not those of their leaves, not signed, or do not continue the last."""
    for challenge in Challenge.objects.filter(seals__isnull=False).distinct().order_by("pk"):
        hashes = log.hashes(challenge)
        before: Seal | None = None
        for seal in challenge.seals.order_by("number"):
            name = f"Root {seal.number} of {challenge.code}"
            if merkle.root(hashes[: seal.size]).hex() != seal.root or seal.size > len(hashes):
                yield f"{name} is not the root of its {seal.size} leaves."
            if not signing.is_valid(canonical(seal.note).encode(), seal.signature):
                yield f"The signature of {name} does not fit."
            said = [seal.note.get(key) for key in ("number", "kind", "size", "root", "time")]
            if said != [seal.number, seal.kind, seal.size, seal.root, log.moment(seal.made_at)]:
                yield f"What was signed for {name} is not what is stored."
            if not _continues(before, seal):
                yield f"{name} does not continue the root before."
            before = seal


def _continues(before: Seal | None, seal: Seal) -> bool:
    if before is None:
        return seal.number == 1 and seal.previous_id is None
    return (
        seal.number == before.number + 1
        and seal.previous_id == before.pk
        and merkle.verify_consistency(
            before.size,
            seal.size,
            bytes.fromhex(before.root),
            bytes.fromhex(seal.root),
            [bytes.fromhex(node) for node in seal.consistency],
        )
    )


sweep_steps.register(
    SweepStep("deadline_roots", "Deadlines sealed", seal_actions.seal_deadlines, 50)
)
sweep_steps.register(
    SweepStep("time_stamps", "Roots that got a time stamp", stamp_actions.stamp_waiting, 95)
)


def readable_before_the_opening() -> Iterator[str]:
    """Yield handed-in versions whose documents can be read although nobody opened them."""
    readable = DocumentKey.objects.exclude(readable="").values("storage_key")
    opened = Opening.objects.exclude(opened_at=None).values("challenge")
    files = (
        SubmissionFile.objects.of_versions_in()
        .filter(key__in=readable)
        .exclude(submission__entry__challenge__in=opened)
    )
    for code, number in files.values_list("submission__code", "submission__number"):
        yield f"A document of {code}-v{number} can be read before the opening."


def bad_opening_records() -> Iterator[str]:
    """Yield openings whose record was not signed here or has changed."""
    for opening in Opening.objects.exclude(opened_at=None).select_related("challenge"):
        if not signing.is_valid(canonical(opening.record).encode(), opening.signature):
            yield f"The signature of the opening of {opening.challenge.code} does not fit."


for _key, _label, _violations in (
    ("files", "Files of handed-in versions are there and unchanged", damaged_files),
    ("receipts", "Receipts are genuine and fit their versions", bad_receipts),
    ("sealed", "No handed-in document can be read before its opening", readable_before_the_opening),
    ("openings", "Records of openings are genuine", bad_opening_records),
    ("acknowledged", "Every handed-in version has its receipt", versions_without_receipt),
    ("leaves", "Every handed-in version has its leaf in the log", versions_without_leaf),
    ("logs", "Logs have no gaps and unchanged leaves", broken_logs),
    ("roots", "Roots are those of their leaves, signed, and continue each other", broken_roots),
):
    invariants.register(Invariant(_key, _label, _violations, 30))
