"""Reminders of drafts, and proofs about versions: received in time, chosen among one's own."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F

from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from submissions.actions.reminder import remind_of_drafts
from submissions.models import Entry, Receipt
from submissions.states import SubmissionState


def late_versions() -> Iterator[str]:
    """Yield versions that arrived after their deadline without an upload begun before it."""
    receipts = Receipt.objects.select_related("submission").order_by("pk")
    for receipt in receipts.iterator(chunk_size=500):
        version = receipt.submission
        moment = version.upload_begun_at or version.handed_in_at
        if moment is not None and moment >= receipt.deadline_at:
            yield f"{version.reference} was received at {moment:%Y-%m-%d %H:%M:%S}, too late."


def foreign_choices() -> Iterator[str]:
    """Yield entries whose chosen version is a draft or belongs to another entry."""
    chosen = Entry.objects.filter(chosen__isnull=False).select_related("chosen")
    for entry in chosen.exclude(chosen__entry=F("pk")):
        yield f"The entry {entry.pk} has chosen {entry.chosen}, a version of another entry."
    for entry in chosen.filter(chosen__state=SubmissionState.DRAFT):
        yield f"The entry {entry.pk} has chosen {entry.chosen}, which is a draft."


sweep_steps.register(
    SweepStep("drafts", "Members reminded of drafts that are not handed in", remind_of_drafts, 60)
)

for _key, _label, _violations in (
    ("in_time", "Every handed-in version was received in time", late_versions),
    ("choices", "Teams choose among their own handed-in versions", foreign_choices),
):
    invariants.register(Invariant(_key, _label, _violations, 30))
