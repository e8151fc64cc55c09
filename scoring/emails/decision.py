"""Mails around the result."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core import outbox
from submissions.models import Membership

if TYPE_CHECKING:
    from scoring.models import Decision


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
