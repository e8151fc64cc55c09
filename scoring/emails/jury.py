"""Mails around a jury. None of them names a team, an organisation or a member to a juror (R-5)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from competition.states import PhaseKind
from core import outbox
from scoring.models import (
    Assessment,
    Assignment,
    ConflictDeclaration,
    JurySeat,
    Recusal,
    Reopening,
)
from scoring.models.invitation import hours_for
from scoring.states import RecusalReason, SeatRole

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.models import Jury


def to_juror(template: str, seat: JurySeat, key: str, now: dt.datetime, **context: Any) -> None:
    """Write to a member of the jury, in the person's language."""
    challenge = seat.jury.challenge
    phase = challenge.phase(PhaseKind.ASSESSMENT)
    outbox.queue(
        template,
        to=seat.user.email,
        key=key,
        language=seat.user.language,
        context={
            "seat": seat,
            "challenge": challenge,
            "competition": challenge.competition,
            "deadline": phase.ends_at if phase is not None else None,
            **context,
        },
        topic=challenge.competition.slug,
        now=now,
    )


def _office(jury: Jury) -> list[User]:
    members = jury.challenge.competition.office.select_related("user").order_by("pk")
    return [member.user for member in members]


def to_office(template: str, jury: Jury, key: str, now: dt.datetime, **context: Any) -> None:
    """Write to everybody of the office, each in the person's language."""
    for person in _office(jury):
        outbox.queue(
            template,
            to=person.email,
            key=f"{key}:{person.pk}",
            language=person.language,
            context={
                "challenge": jury.challenge,
                "competition": jury.challenge.competition,
                **context,
            },
            topic=jury.challenge.competition.slug,
            now=now,
        )


def assignments_ready(seat: JurySeat, *, count: int, now: dt.datetime) -> None:
    """Say that the jury has started and how much is on the desk (M-19)."""
    to_juror(
        "assignments_ready",
        seat,
        f"assignments_ready:{seat.code}",
        now,
        count=count,
        hours=hours_for(count),
    )


def cut_due(seat: JurySeat, *, now: dt.datetime) -> None:
    """Tell who leads the jury that the first round is locked and the cut can be made."""
    to_juror("cut_due", seat, f"cut_due:{seat.code}", now)


def final_round(seat: JurySeat, *, count: int, now: dt.datetime) -> None:
    """Say that the final round has begun and how much waits; who is in it stays unsaid."""
    to_juror(
        "final_round", seat, f"final_round:{seat.code}", now, count=count, hours=hours_for(count)
    )


def assignment_added(assignment: Assignment, *, now: dt.datetime) -> None:
    """Say that one more submission waits, after the start (substitutes)."""
    to_juror("assignment_added", assignment.seat, f"assignment_added:{assignment.pk}", now)


def assignments_taken_over(seat: JurySeat, *, count: int, now: dt.datetime) -> None:
    """Tell a juror that a substitute has taken over what was not begun."""
    key = f"assignments_taken_over:{seat.code}:{now:%Y%m%d%H%M%S%f}"
    to_juror("assignments_taken_over", seat, key, now, count=count)


def assessments_released(seat: JurySeat, *, count: int, now: dt.datetime) -> None:
    """Thank a juror who has released everything (M-21)."""
    key = f"assessments_released:{seat.code}:{now:%Y%m%d%H%M%S%f}"
    to_juror("assessments_released", seat, key, now, count=count)


def assessment_reopened(
    assessment: Assessment, *, reason: str, now: dt.datetime, is_late: bool = False
) -> None:
    """Tell the juror that the chair has reopened an assessment, and why.

    `is_late`: after the closing, when the deadline of the assessments is over.
    """
    assignment = assessment.assignment
    late: dict[str, Any] = {"deadline": None} if is_late else {}
    to_juror(
        "assessment_reopened",
        assignment.seat,
        f"assessment_reopened:{assessment.pk}:{now:%Y%m%d%H%M%S%f}",
        now,
        pseudonym=assignment.submission.entry.jury_pseudonym,
        reason=reason,
        **late,
    )


def assessment_returned(assessment: Assessment, *, reason: str, now: dt.datetime) -> None:
    """Tell the juror that the chair lets an earlier version count, and why."""
    to_juror(
        "assessment_returned",
        assessment.assignment.seat,
        f"assessment_returned:{assessment.pk}:{now:%Y%m%d%H%M%S%f}",
        now,
        pseudonym=assessment.assignment.submission.entry.jury_pseudonym,
        reason=reason,
    )


def reopening_told(reopening: Reopening, assignment: Assignment, *, now: dt.datetime) -> None:
    """Tell the others of the jury what was reopened and why, but nobody in conflict with it.

    Whose assessment it is they are not told.
    """
    entry = assignment.submission.entry
    seats = assignment.seat.jury.seats.exclude(pk=assignment.seat_id)
    for seat in seats.exclude(role=SeatRole.SUBSTITUTE).select_related("user", "jury__challenge"):
        if seat.user_id != reopening.reopened_by_id and not seat.is_barred_from(entry.pk):
            key = f"reopening_told:{reopening.pk}:{seat.code}:{now:%Y%m%d%H%M%S%f}"
            to_juror(
                "reopening_told",
                seat,
                key,
                now,
                pseudonym=entry.jury_pseudonym,
                reason=reopening.reason,
                is_return=reopening.returned_to is not None,
            )


def recusal_reported(recusal: Recusal, *, now: dt.datetime) -> None:
    """Ask the office for a substitute; the submission is named by its pseudonym only (M-22)."""
    to_office(
        "recusal_reported",
        recusal.seat.jury,
        f"recusal_reported:{recusal.pk}",
        now,
        juror=recusal.seat.user.display_name,
        reason=RecusalReason(recusal.reason).label,
        pseudonym=recusal.entry.jury_pseudonym,
    )


def conflict_detected(recusal: Recusal, *, now: dt.datetime) -> None:
    """Tell the office that the platform has noticed a conflict and recused a juror.

    The submission stays unnamed: the office knows where the juror works, and would know with the
    pseudonym who is behind it (R-20).
    """
    to_office(
        "conflict_detected",
        recusal.seat.jury,
        f"conflict_detected:{recusal.pk}",
        now,
        juror=recusal.seat.user.display_name,
    )


def conflict_unsure(declaration: ConflictDeclaration, *, now: dt.datetime) -> None:
    """Ask the office to settle a declaration; names neither organisation nor pseudonym."""
    to_office(
        "conflict_unsure",
        declaration.seat.jury,
        f"conflict_unsure:{declaration.pk}:{now:%Y%m%d%H%M%S%f}",
        now,
        juror=declaration.seat.user.display_name,
    )
