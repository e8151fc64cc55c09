"""Mails around the result."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core import outbox
from scoring.states import SeatRole
from submissions.models import Membership

if TYPE_CHECKING:
    from scoring.models import Decision, EligibilityCheck, Jury


def results_published(decision: Decision, *, now: dt.datetime) -> None:
    """Tell every member of every team that took part (M-25); no scores in the mail (M-34)."""
    challenge = decision.challenge
    members = (
        Membership.objects.filter(team__entries__challenge=challenge)
        .select_related("user", "team")
        .order_by("pk")
    )
    for member in members:
        outbox.queue(
            "results_published",
            to=member.user.email,
            key=f"results_published:{decision.pk}:{member.user_id}",
            language=member.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "team": member.team,
            },
            topic=challenge.competition.slug,
            now=now,
        )


def award_returned(check: EligibilityCheck, jury: Jury, *, now: dt.datetime) -> None:
    """Tell the chair that an award cannot be given; the mail names the pseudonym only (R-5)."""
    challenge = jury.challenge
    for seat in jury.seats.filter(role=SeatRole.CHAIR).select_related("user"):
        outbox.queue(
            "award_returned",
            to=seat.user.email,
            key=f"award_returned:{check.pk}:{seat.user_id}",
            language=seat.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "pseudonym": check.entry.jury_pseudonym,
            },
            topic=challenge.competition.slug,
            now=now,
        )
