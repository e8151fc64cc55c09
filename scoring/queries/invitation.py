"""Reads about invitations into a jury."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.db.models import F

from scoring.models import Jury, JuryInvitation
from scoring.queries.jury import Roll
from scoring.states import InvitationState, JuryState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def not_seated(jury: Jury) -> list[JuryInvitation]:
    """Return who has not answered, the longest first, then who has declined, the latest first."""
    rows = JuryInvitation.objects.filter(
        jury=jury, state__in=[InvitationState.OPEN, InvitationState.DECLINED]
    ).select_related("user")
    waiting = sorted((row for row in rows if row.is_open), key=lambda row: row.invited_at)
    declined = [row for row in rows if not row.is_open]
    return waiting + sorted(
        declined, key=lambda row: row.answered_at or row.invited_at, reverse=True
    )


def declined(jury: Jury) -> list[JuryInvitation]:
    """Return who has declined and why, for the chair."""
    return [row for row in not_seated(jury) if not row.is_open]


def open_for(user: User | AnonymousUser) -> list[JuryInvitation]:
    """Return what a person can still answer, the oldest first."""
    return list(
        JuryInvitation.objects.visible_to(user)
        .unanswered()
        .filter(jury__state__in=[JuryState.PREPARING, JuryState.ASSESSING, JuryState.CUTTING])
        .select_related("jury__challenge__competition", "jury__challenge__agency")
        .order_by(F("invited_at"), "pk")
    )


def expected_load(roll: Roll, invited: int) -> int | None:
    """Return about how many submissions one juror gets, one more person counted in.

    None while nothing is handed in: then the office knows better.
    """
    if not roll.submissions:
        return None
    wanted = roll.rubric.min_assessments if roll.rubric is not None else 1
    people = max(sum(seat.assesses for seat in roll.seats) + invited + 1, wanted)
    return math.ceil(len(roll.submissions) * wanted / people)
