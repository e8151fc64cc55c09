"""Deliberate and decide. Decided is not published, and a person decides, never a figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from competition.states import ChallengeState, PhaseKind
from core import clock
from core.exceptions import DomainError, Incomplete, PermissionRefused, PhaseClosed
from core.transitions import move
from scoring.actions import conflict, final_boards
from scoring.models import Award, Decision, Jury, Reopening
from scoring.queries import discussion
from scoring.queries import rounds as round_queries
from scoring.states import AwardKind, JuryState
from submissions.models import Entry

if TYPE_CHECKING:
    from accounts.models import User


class BoardChanged(DomainError):
    """A conflict of interest has appeared since the jury met; its marks no longer count."""


class AwardRefused(DomainError):
    """An award does not fit: its entry, place, amount or remark."""

    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardInput:
    """An award as the chair enters it; the amount is in whole euros."""

    entry: Entry
    kind: str
    reason_de: str
    place: int | None = None
    amount: int | None = None
    reason_en: str = ""


def _locked(jury: Jury) -> Jury:
    return (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=jury.pk)
    )


@transaction.atomic
def open_deliberation(jury: Jury, *, by: User, now: dt.datetime | None = None) -> Jury:
    """Open the jury's discussion (closed → deliberating): an act of the chair, not a date (Q-33).

    Raises:
        PermissionRefused: not the chair, or the assessments are not closed.

    """
    if not by.has_perm("scoring.decide", _locked(jury)):
        raise PermissionRefused("not_permitted", _("Only the chair opens the deliberation."))
    return move(jury, to=JuryState.DELIBERATING, by=by, now=now or clock.now())


def decide(
    jury: Jury,
    *,
    by: User,
    reasons_de: str,
    awards: Sequence[AwardInput],
    reasons_en: str = "",
    now: dt.datetime | None = None,
) -> Decision:
    """Store the decision with the boards it rests on (deliberating → decided), awards included.

    The boards are computed from the locked assessments inside this transaction, so the decision
    names exactly the table that the chair decided on. A statement whose window has ended is closed
    first: nobody waits for the sweep.

    Conflicts are looked for once more before. What is found is stored in a transaction of its own,
    so that it stays although the decision is refused: the chair has to see the new table first.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.
        Incomplete: reasons are missing, no submission has a rank, or presence was recorded and
            there is no quorum (R-18).
        AwardRefused: a foreign or unranked entry, the same kind twice, no remark, no place.
        PhaseClosed: teams may still hand in.
        BoardChanged: a conflict of interest has appeared since.

    """
    moment = now or clock.now()
    if by.has_perm("scoring.decide", jury) and conflict.look_again(jury, now=moment):
        raise BoardChanged(
            "board_changed",
            _(
                "A juror turned out to be in conflict with a submission, and these marks no longer "
                "count. Look at the ranking again before you decide."
            ),
        )
    return _decide(
        jury, by=by, reasons_de=reasons_de, reasons_en=reasons_en, awards=awards, now=moment
    )


@transaction.atomic
def _decide(
    jury: Jury,
    *,
    by: User,
    reasons_de: str,
    reasons_en: str,
    awards: Sequence[AwardInput],
    now: dt.datetime,
) -> Decision:
    locked = _locked(jury)
    if not by.has_perm("scoring.decide", locked) or locked.state != JuryState.DELIBERATING:
        raise PermissionRefused("not_permitted", _("Only the chair decides, while the jury meets."))
    challenge = _closed(locked.challenge, by=by, now=now)
    if discussion.lacks_quorum(locked):
        raise Incomplete(
            "no_quorum",
            _("Too few members with a vote are recorded as present for a decision."),
        )
    if Reopening.objects.of_jury(locked).pending().exists():
        raise Incomplete(
            "assessment_reopened",
            _("An assessment is reopened. Wait for its release, or return to an earlier version."),
        )
    if not reasons_de.strip():
        raise Incomplete("reasons_missing", _("Give the reasons of the decision."))
    boards = final_boards.store_all(challenge, now=now)
    ranked = set(boards.final.rows.filter(rank__isnull=False).values_list("entry", flat=True))
    if not ranked:
        raise Incomplete(
            "nothing_ranked", _("No submission has enough assessments for a rank yet.")
        )
    check_awards(awards, ranked, round_queries.finalists_of(locked))
    decision = Decision.objects.create(
        challenge=challenge,
        snapshot=boards.final,
        reasons_de=reasons_de.strip(),
        reasons_en=reasons_en.strip(),
        decided_at=now,
        decided_by=by,
    )
    Award.objects.bulk_create(
        Award(
            decision=decision,
            entry=award.entry,
            kind=award.kind,
            place=award.place,
            amount=award.amount,
            reason_de=award.reason_de.strip(),
            reason_en=award.reason_en.strip(),
        )
        for award in awards
    )
    data = {
        "snapshot": boards.final.code,
        "inputs_sha256": boards.final.inputs_sha256,
        "awards": [[award.kind, award.place, award.amount] for award in awards],
    }
    move(jury, to=JuryState.DECIDED, by=by, now=now, data=data)
    move(challenge, to=ChallengeState.DECIDED, by=by, now=now, data=data)
    return decision


def _closed(challenge: Challenge, *, by: User, now: dt.datetime) -> Challenge:
    """Return the statement in state closed; its window must have ended."""
    locked = Challenge.objects.select_for_update(of=("self",), no_key=True).get(pk=challenge.pk)
    if locked.state == ChallengeState.PUBLISHED:
        phase = locked.phase(PhaseKind.SUBMISSION)
        if phase is not None and not phase.is_over(now):
            raise PhaseClosed(
                "still_open", _("Teams may still hand in. Decide after the deadline.")
            )
        move(locked, to=ChallengeState.CLOSED, by=by, now=now)
    return locked


def check_awards(
    awards: Sequence[AwardInput], ranked: set[int], finalists: set[int] | None = None
) -> None:
    """Refuse awards that do not fit; `ranked` are the entries that may receive one.

    A prize is for a finalist where there was a cut; a recognition is not.

    Raises:
        AwardRefused: a foreign or unranked entry, the same kind twice, no remark, no place, or a
            prize for a submission that was not in the final.

    """
    given: set[tuple[int, str]] = set()
    for award in awards:
        if award.entry.pk not in ranked:
            raise AwardRefused(
                "entry_not_ranked", _("An award can only go to a submission that has a rank.")
            )
        if award.kind not in AwardKind.values:
            raise AwardRefused("unknown_kind", _("Choose what the award is."))
        if not award.reason_de.strip():
            raise AwardRefused("remark_missing", _("Every award needs a remark of the jury."))
        if (award.entry.pk, award.kind) in given:
            raise AwardRefused(
                "twice", _("A submission receives one prize at most, and no award twice.")
            )
        is_prize = award.kind == AwardKind.PRIZE
        if is_prize and finalists is not None and award.entry.pk not in finalists:
            raise AwardRefused(
                "not_in_the_final",
                _("A prize can only go to a submission in the final round."),
            )
        if is_prize and (award.place is None or award.place < 1):
            raise AwardRefused("place_missing", _("A prize needs its place."))
        given.add((award.entry.pk, award.kind))
