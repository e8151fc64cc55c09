"""The cut between the rounds: the chair draws the line, the whole panel gets the finalists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.transitions import move
from scoring.actions import commitments, final_boards
from scoring.actions import conflict as conflict_actions
from scoring.compute import rounds
from scoring.emails import jury as emails
from scoring.models import Assignment, Cut, Finalist, Jury, JurySeat
from scoring.models.jury import FINAL_ROUND
from scoring.queries import jury as jury_queries
from scoring.queries import longlist as queries
from scoring.queries import rubric as rubric_queries
from scoring.states import JuryState
from submissions import log

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User
    from scoring.queries.longlist import Longlist


class CutRefused(DomainError):
    """The line, or a submission taken up from below, does not fit."""

    status = 422


@dataclass(frozen=True, slots=True)
class Final:
    """What a cut leads to: who goes on, and which pairs of seat and submission are new."""

    finalists: tuple[Finalist, ...]
    pairs: tuple[tuple[int, int], ...]
    jurors: int


@transaction.atomic
def make_cut(
    jury: Jury,
    *,
    by: User,
    place: int,
    reason: str,
    taken_up: Mapping[int, str] | None = None,
    now: dt.datetime | None = None,
) -> Cut:
    """Draw the line below a rank of the first round and begin the final (cutting → assessing).

    `taken_up` are entries from below the line, each with its reason. Every member of the jury who
    assesses and has no conflict gets every finalist; what was assessed in the first round stays.
    The ranking is computed anew, so a conflict that has appeared since no longer counts.

    Raises:
        PermissionRefused: neither chair nor deputy, or there is nothing to cut.
        Incomplete: no reason.
        CutRefused: no such line, the published rule reaches further down, a submission that is
            not below the line, no reason for it, or the person is in conflict with one that goes
            on only by this choice.

    """
    moment = now or clock.now()
    locked = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=jury.pk)
    )
    if not by.has_perm("scoring.cut_longlist", locked):
        raise PermissionRefused("not_permitted", _("Only the chair makes the cut."))
    if not reason.strip():
        raise Incomplete("reason_missing", _("Please give the reason; it is published."))
    # The log before the audit chain, as everywhere (`submissions.log`).
    log.lock(locked.challenge)
    conflict_actions.recheck(locked, now=moment)
    chosen = {key: text.strip() for key, text in (taken_up or {}).items()}
    final = preview(locked, by=by, place=place, taken_up=chosen)
    snapshot = final_boards.store_longlist(locked.challenge, now=moment)
    cut = Cut.objects.create(
        jury=locked,
        snapshot=snapshot,
        place=place,
        reason=reason.strip(),
        made_at=moment,
        made_by=by,
    )
    for row in final.finalists:
        row.cut = cut
    Finalist.objects.bulk_create(final.finalists)
    Assignment.objects.bulk_create(
        Assignment(seat_id=seat, submission_id=submission, assigned_at=moment)
        for seat, submission in final.pairs
    )
    commitments.seal_cut(cut, now=moment)
    jury.round = FINAL_ROUND
    jury.save(update_fields=["round"])
    move(
        jury,
        to=JuryState.ASSESSING,
        by=by,
        now=moment,
        reason=reason.strip(),
        data={
            "snapshot": snapshot.code,
            "inputs_sha256": snapshot.inputs_sha256,
            "place": place,
            "finalists": sorted(row.entry_id for row in final.finalists),
            "taken_up": {str(key): text for key, text in sorted(chosen.items())},
            "assigned": sorted(map(list, final.pairs)),
        },
    )
    waiting = jury_queries.progress(locked, jury_queries.seats_of(locked))
    for line in waiting:
        if not line.is_done:
            emails.final_round(line.seat, count=line.assigned - line.released, now=moment)
    return cut


def preview(
    jury: Jury, *, by: User, place: int, taken_up: Mapping[int, str] | None = None
) -> Final:
    """Return what a cut would lead to; writes nothing.

    Raises:
        CutRefused: as in `make_cut`.

    """
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None or not rubric.has_final:
        raise CutRefused("one_round", _("This jury has one round only."))
    hidden = barred(jury, by)
    board = table(jury, hidden=hidden)
    chosen = taken_up or {}
    if place not in dict(board.places):
        raise CutRefused(
            "no_such_line",
            _("Choose a line that the published rule allows. Equal places stay together."),
        )
    ranks = {line.entry_id: line.rank for line in board.lines}
    names = {line.entry_id: line.pseudonym for line in board.lines}
    above = rounds.above(ranks, place)
    for key, text in chosen.items():
        if key not in ranks or key in above:
            raise CutRefused(
                "not_below", _("Only a submission below the line can be taken up from there.")
            )
        if not text.strip():
            raise CutRefused(
                "no_reason",
                _("Say why %(name)s goes on although it is below the line.") % {"name": names[key]},
            )
    through = {line.entry_id for line in board.lines if line.is_through}
    own = [key for key in (*above, *chosen) if key in hidden and key not in through]
    if own:
        raise CutRefused(
            "in_conflict",
            _(
                "You are in conflict with %(name)s, which goes on by this choice only. Choose"
                " another line, or let somebody else who leads the jury make the cut."
            )
            % {"name": names[own[0]]},
        )
    finalists = [Finalist(entry_id=key, rank=ranks[key]) for key in above] + [
        Finalist(entry_id=key, rank=ranks[key], reason=text.strip()) for key, text in chosen.items()
    ]
    wanted = {row.entry_id for row in finalists}
    seats = jury_queries.assessing(jury_queries.seats_of(jury))
    submissions = [row for row in jury_queries.running_submissions(jury) if row.entry_id in wanted]
    taken = jury_queries.blocked_pairs(jury, seats, submissions) | set(
        Assignment.objects.filter(seat__jury=jury).values_list("seat", "submission")
    )
    pairs = [
        (seat.pk, row.pk) for seat in seats for row in submissions if (seat.pk, row.pk) not in taken
    ]
    return Final(tuple(finalists), tuple(pairs), len(seats))


def barred(jury: Jury, person: User) -> set[int]:
    """Return the entries of which whoever leads the jury may see rank and points only."""
    seat = JurySeat.objects.select_related("user", "jury__challenge").get(jury=jury, user=person)
    return jury_queries.barred_entries(seat)


def table(jury: Jury, *, hidden: set[int], tells_likely: bool = False) -> Longlist:
    """Return the ranking of the first round as it is now, by the official rule.

    `tells_likely` adds how far chance might have moved each rank, to help draw the line.
    """
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        raise CutRefused("one_round", _("This jury has one round only."))
    ranked, own = final_boards.official(jury.challenge, rubric)
    likely = None
    # Without what the reader may not know of, ranks would count fewer submissions than the table.
    if tells_likely and not hidden:
        likely = final_boards.likely_ranks(jury.challenge, rubric, ranked, own)
    return queries.longlist(ranked.rows, own.rows, rubric, hidden=hidden, likely=likely)
