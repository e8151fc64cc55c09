"""Mails around the minutes of a jury."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core import outbox

if TYPE_CHECKING:
    from scoring.models import JurySeat, MinutesVersion


def minutes_to_confirm(seat: JurySeat, version: MinutesVersion, *, now: dt.datetime) -> None:
    """Ask a member who took part to confirm the minutes; nothing of them is in the mail."""
    challenge = seat.jury.challenge
    outbox.queue(
        "minutes_to_confirm",
        to=seat.user.email,
        key=f"minutes_to_confirm:{version.pk}:{seat.code}",
        language=seat.user.language,
        context={
            "seat": seat,
            "challenge": challenge,
            "competition": challenge.competition,
            "number": version.number,
        },
        topic=challenge.competition.slug,
        now=now,
    )
