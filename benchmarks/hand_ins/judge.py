"""Compares what the clients were told with what is stored.

Run as a process of its own with the settings of the installation:

    python -m benchmarks.hand_ins.judge HAND-INS OUTPUT [SECONDS TO WAIT FOR EVALUATIONS]
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
    django.setup()

from django.core.management import CommandError, call_command
from django.db.models import Count

from core import clock, maintenance, sealing, signing, storage
from core.audit import canonical
from core.models import OutboxMessage, OutboxState
from scoring.models import Evaluation
from submissions import documents
from submissions.file_maintenance import unnamed_files
from submissions.models import DocumentKey, Receipt, Submission, SubmissionFile
from submissions.states import SubmissionState

type HandIn = Mapping[str, Any]

LOOK_EVERY: Final = 1.0


def lost(hand_ins: Sequence[HandIn]) -> Iterator[str]:
    """Yield hand-ins without a receipt, and receipts for something that is not stored like this."""
    stored = {
        receipt.submission.reference: receipt
        for receipt in Receipt.objects.select_related("submission").prefetch_related(
            "submission__files"
        )
    }
    for row in hand_ins:
        document = row["document"]
        if document is None:
            yield f"{row['team']} has no receipt for hand-in {row['number']}: {row['problem']}"
            continue
        payload = document["payload"]
        name = payload["reference"]
        if not signing.is_valid(canonical(payload).encode(), document["signature"]):
            yield f"{name}: the signature of the receipt does not fit."
        receipt = stored.get(name)
        if receipt is None or receipt.submission.state == SubmissionState.DRAFT:
            yield f"{name} was acknowledged and is not stored."
            continue
        if (receipt.payload, receipt.signature) != (payload, document["signature"]):
            yield f"{name}: another receipt is stored than the one that was given."
        yield from _wrong_files(name, row["files"], payload, receipt.submission)


def _wrong_files(
    name: str, sent: Mapping[str, str], payload: HandIn, submission: Submission
) -> Iterator[str]:
    said = {file["kind"]: file["sha256"] for file in payload["files"]}
    files = {file.kind: file for file in submission.files.all()}
    for kind, digest in sent.items():
        if said.get(kind) != digest:
            yield f"{name}: the receipt names another {kind} than was sent."
        file = files.get(kind)
        if file is None or file.sha256 != digest:
            yield f"{name}: another {kind} is stored than was sent."
        elif not storage.exists(storage.SUBMISSIONS, file.key):
            yield f"{name}: the file {kind} is missing."
        elif _digest_of(file) != digest:
            yield f"{name}: the stored bytes of {kind} are not those that were sent."


def _digest_of(file: SubmissionFile) -> str:
    """Hash the bytes of a file; a sealed one is opened as the office will open it."""
    document_key = (
        DocumentKey.objects.select_related("opening_key").filter(storage_key=file.key).first()
    )
    if document_key is None:
        return storage.sha256_of(storage.SUBMISSIONS, file.key)
    opening_key = document_key.opening_key
    opener = sealing.Opener(documents.key_file(opening_key), opening_key.public_key)
    key = opener.unwrap(document_key.for_opening, name=file.key)
    digest = hashlib.sha256()
    with storage.open_file(storage.SUBMISSIONS, file.key) as stored:
        for segment in sealing.opened(stored, key):
            digest.update(segment)
    return digest.hexdigest()


def duplicated(hand_ins: Sequence[HandIn]) -> Iterator[str]:
    """Yield versions that nobody asked for, and receipts given for two hand-ins."""
    told = Counter(row["document"]["payload"]["reference"] for row in hand_ins if row["document"])
    for name, count in told.items():
        if count > 1:
            yield f"{name} was given as the receipt of {count} hand-ins."
    for version in Submission.objects.exclude(state=SubmissionState.DRAFT).order_by("pk"):
        if version.reference not in told:
            yield f"{version.reference} is handed in although no client has its receipt."
    twice = Evaluation.objects.values("submission", "benchmark_version").annotate(times=Count("pk"))
    for row in twice.filter(times__gt=1):
        yield f"Version {row['submission']} has {row['times']} evaluations of one benchmark."


def wait_for_evaluations(seconds: float) -> dict[str, int]:
    """Wait until every evaluation has ended, at most so long; return how many are in each state."""
    ends_at = time.monotonic() + seconds
    while True:
        states = Counter(Evaluation.objects.values_list("state", flat=True))
        handed_in = Submission.objects.exclude(state=SubmissionState.DRAFT).count()
        waiting = states["queued"] + states["running"] + handed_in - sum(states.values())
        if not waiting or time.monotonic() >= ends_at:
            return {**states, "waiting": waiting}
        time.sleep(LOOK_EVERY)


def without_evaluation() -> Iterator[str]:
    """Yield versions that have no evaluation after a sweep, which makes what was lost."""
    maintenance.sweep()
    missing = Submission.objects.exclude(state=SubmissionState.DRAFT).filter(evaluations=None)
    for version in missing:
        yield f"{version.reference} was never put up for evaluation."


def broken_promises() -> Iterator[str]:
    """Yield what `check_invariants` and `verify_audit` complain about."""
    for command in ("check_invariants", "verify_audit"):
        output = io.StringIO()
        try:
            call_command(command, stdout=output, stderr=output)
        except (CommandError, SystemExit) as error:
            yield f"{command}: {error} {output.getvalue()[:1_500]}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found."""

    lost: list[str]
    duplicated: list[str]
    broken: list[str]
    handed_in: int
    evaluations: dict[str, int]
    evaluation_seconds: float
    unnamed_files: int
    mails_waiting: int


def judge(hand_ins: Sequence[HandIn], *, wait: float) -> Verdict:
    """Compare everything."""
    started = time.monotonic()
    evaluations = wait_for_evaluations(wait)
    waited = time.monotonic() - started
    broken = [*without_evaluation(), *broken_promises()]
    in_a_day = clock.now() + dt.timedelta(days=1)
    return Verdict(
        lost=list(lost(hand_ins)),
        duplicated=list(duplicated(hand_ins)),
        broken=broken,
        handed_in=Submission.objects.exclude(state=SubmissionState.DRAFT).count(),
        evaluations=evaluations,
        evaluation_seconds=waited,
        unnamed_files=len(unnamed_files(before=in_a_day)),
        mails_waiting=OutboxMessage.objects.filter(state=OutboxState.QUEUED).count(),
    )


if __name__ == "__main__":
    _program, source, output, *rest = sys.argv
    rows = json.loads(Path(source).read_text(encoding="utf-8"))
    verdict = judge(rows, wait=float(rest[0]) if rest else 0.0)
    Path(output).write_text(json.dumps(asdict(verdict)), encoding="utf-8")
