"""Reminding teams of drafts that are not handed in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.db import transaction

from competition.models import Phase
from competition.states import ChallengeState, PhaseKind
from core.models import OutboxMessage
from submissions import emails, queries
from submissions.models import Entry, Submission
from submissions.states import SubmissionState

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long before the deadline. Who begins a draft later than that is not reminded of it at once.
BEFORE: Final = (dt.timedelta(days=7), dt.timedelta(hours=24), dt.timedelta(hours=2))


def remind_of_drafts(now: dt.datetime) -> int:
    """Tell teams that a draft is not handed in; return how many mails were written (M-9).

    Of several moments that have passed only the last one counts, so that nobody gets two mails at
    once when the sweep stood still. A deadline that was moved is reminded of anew.
    """
    return sum(_remind(phase, before, now) for phase, before in _due(now))


def _due(now: dt.datetime) -> Iterator[tuple[Phase, dt.timedelta]]:
    ending = Phase.objects.open_at(now).filter(
        kind=PhaseKind.SUBMISSION,
        challenge__state=ChallengeState.PUBLISHED,
        ends_at__lte=now + max(BEFORE),
    )
    for phase in ending.select_related("challenge"):
        yield phase, min(before for before in BEFORE if now >= phase.ends_at - before)


def _remind(phase: Phase, before: dt.timedelta, now: dt.datetime) -> int:
    drafts = Submission.objects.for_challenge(phase.challenge).filter(
        state=SubmissionState.DRAFT,
        created_at__lte=phase.ends_at - before,
        entry__merged_into=None,
    )
    prefix = emails.reminder_key(phase, before)
    told = set(OutboxMessage.objects.filter(key__startswith=prefix).values_list("key", flat=True))
    written = 0
    for draft in drafts.order_by("pk"):
        keys = emails.reminder_keys(draft, phase=phase, before=before)
        if not told.issuperset(keys.values()):
            written += _remind_team(draft, phase, before, now)
    return written


@transaction.atomic
def _remind_team(draft: Submission, phase: Phase, before: dt.timedelta, now: dt.datetime) -> int:
    """Write the mails, unless the team hands in at this very moment or has no try left."""
    entry = Entry.objects.select_for_update(no_key=True).get(pk=draft.entry_id)
    locked = Submission.objects.select_related("entry__challenge", "entry__team").get(pk=draft.pk)
    if not locked.is_draft or queries.tries(entry, now).is_used_up_for_good:
        return 0
    return emails.draft_reminder(locked, phase=phase, before=before, now=now)
