"""Mails about a further version of a rubric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import outbox
from scoring.emails.jury import to_juror
from scoring.models import JurySeat
from submissions.models import Membership

if TYPE_CHECKING:
    import datetime as dt

    from competition.models import Challenge
    from scoring.models import Rubric


def rubric_published_anew(
    challenge: Challenge, rubric: Rubric, *, reason: str, now: dt.datetime
) -> None:
    """Tell every member of every team and of the jury that the criteria have changed, and why."""
    members = (
        Membership.objects.filter(team__entries__challenge=challenge)
        .select_related("user")
        .order_by("pk")
        .distinct()
    )
    key = f"rubric_published_anew:{challenge.code}:{rubric.published_version}"
    for member in members:
        outbox.queue(
            "rubric_published_anew",
            to=member.user.email,
            key=f"{key}:{member.user_id}",
            language=member.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "person": member.user,
                "reason": reason,
                "is_juror": False,
            },
            topic=challenge.competition.slug,
            now=now,
        )
    seats = JurySeat.objects.filter(jury__challenge=challenge).select_related(
        "user", "jury__challenge__competition"
    )
    for seat in seats.order_by("pk"):
        to_juror(
            "rubric_published_anew",
            seat,
            f"{key}:{seat.user_id}",
            now,
            person=seat.user,
            reason=reason,
            is_juror=True,
        )
