"""Mails around invitations into a jury."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from competition.states import PhaseKind
from core import outbox
from scoring.emails.jury import to_juror, to_office

if TYPE_CHECKING:
    from scoring.models import JuryInvitation, JurySeat

_TOLD = (PhaseKind.SUBMISSION, PhaseKind.ASSESSMENT, PhaseKind.DELIBERATION)


def _to_invited(template: str, invitation: JuryInvitation, key: str, now: dt.datetime) -> None:
    challenge = invitation.jury.challenge
    person = invitation.user
    outbox.queue(
        template,
        to=person.email,
        key=key,
        language=person.language,
        context={
            "invitation": invitation,
            "challenge": challenge,
            "competition": challenge.competition,
            "phases": [phase for phase in challenge.phases.all() if phase.kind in _TOLD],
        },
        topic=challenge.competition.slug,
        now=now,
    )


def juror_invited(invitation: JuryInvitation, *, now: dt.datetime) -> None:
    """Ask a person into a jury and say what is expected (M-18, J-80)."""
    _to_invited("juror_invited", invitation, f"juror_invited:{invitation.code}", now)


def invitation_reminder(invitation: JuryInvitation, *, now: dt.datetime) -> None:
    """Ask once more for an answer."""
    key = f"jury_invitation_reminder:{invitation.code}"
    _to_invited("jury_invitation_reminder", invitation, key, now)


def invitation_withdrawn(invitation: JuryInvitation, *, now: dt.datetime) -> None:
    """Say that no answer is needed any more."""
    key = f"jury_invitation_withdrawn:{invitation.code}"
    _to_invited("jury_invitation_withdrawn", invitation, key, now)


def seat_accepted(seat: JurySeat, *, now: dt.datetime) -> None:
    """Thank a new member of the jury and ask for the declaration of conflicts."""
    to_juror("jury_seat_accepted", seat, f"jury_seat_accepted:{seat.code}", now)


def invitation_answered(invitation: JuryInvitation, *, now: dt.datetime) -> None:
    """Tell the office who accepted or declined; the reason stands on its page, not in a mail."""
    to_office(
        "jury_invitation_answered",
        invitation.jury,
        f"jury_invitation_answered:{invitation.code}",
        now,
        person=invitation.user.display_name,
        has_accepted=invitation.state == "accepted",
    )
