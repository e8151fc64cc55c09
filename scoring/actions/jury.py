"""Form a jury, hand out the submissions, start it, close it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from competition.states import ChallengeState
from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.transitions import move
from scoring.actions import commitments, final_boards
from scoring.actions import conflict as conflict_actions
from scoring.emails import jury as emails
from scoring.models import Assessment, Assignment, Jury, JurySeat
from scoring.queries import expertise
from scoring.queries import jury as jury_queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AssessmentState, JuryState, SeatRole
from submissions.models import Membership, SealKind, Submission

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge
    from scoring.compute import assignment as plans
    from scoring.queries.jury import Pair

# Up to so many pairs a proposal is also computed without each rule, while the office waits.
_COMPARED = 4_000
_SEATS_MAY_CHANGE = frozenset({JuryState.PREPARING, JuryState.ASSESSING, JuryState.CUTTING})
_JURY_MAY_START = frozenset({ChallengeState.PUBLISHED, ChallengeState.CLOSED})


class SeatRefused(DomainError):
    """A person cannot have, or lose, this seat."""

    status = 422


class AssignmentRefused(DomainError):
    """A submission cannot be given to, or taken from, this juror."""

    status = 422


@transaction.atomic
def form(challenge: Challenge, *, by: User, now: dt.datetime | None = None) -> Jury:
    """Form the jury of a statement; returns the one that exists already.

    Raises:
        PermissionRefused: not of the office of this competition.

    """
    if not by.has_perm("competition.oversee_challenge", challenge):
        raise PermissionRefused("not_permitted", _("Only the competition office forms a jury."))
    jury, created = Jury.objects.get_or_create(challenge=challenge)
    if created:
        audit.record(
            "jury.formed",
            target=jury,
            by=by,
            data={"challenge": challenge.code},
            now=now or clock.now(),
        )
    return jury


def locked_jury(jury: Jury) -> Jury:
    """Return the jury, locked for this transaction."""
    return (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=jury.pk)
    )


def managed(jury: Jury, by: User) -> Jury:
    """Return the locked jury if the person manages it and its seats may change."""
    locked = locked_jury(jury)
    if not by.has_perm("scoring.manage_jury", locked):
        raise PermissionRefused("not_permitted", _("Only the competition office does this."))
    if locked.state not in _SEATS_MAY_CHANGE:
        raise SeatRefused(
            "jury_closed", _("The assessments are closed; the jury can no longer change.")
        )
    return locked


# -- seats -----------------------------------------------------------------------------------------


def check_person(jury: Jury, person: User) -> None:
    """Refuse whoever organises (R-14), takes part (R-13) or has a seat already."""
    competition = jury.challenge.competition
    if competition.office.filter(user=person.pk).exists():
        raise SeatRefused(
            "is_organiser",
            _(
                "%(person)s works in the office of this competition. Whoever organises a "
                "competition cannot judge in it."
            )
            % {"person": person},
        )
    if Membership.objects.filter(competition=competition, user=person).exists():
        raise SeatRefused(
            "is_participant",
            _(
                "%(person)s belongs to a team in this competition. Whoever takes part cannot "
                "judge, in no problem statement of the competition."
            )
            % {"person": person},
        )
    if jury.seats.filter(user=person).exists():
        raise SeatRefused("has_seat", _("%(person)s already has a seat.") % {"person": person})


def check_independent(jury: Jury, person: User) -> None:
    """Refuse that staff of the posting agency lead, as chair or deputy."""
    if jury.challenge.agency.memberships.filter(user=person.pk).exists():
        raise SeatRefused(
            "chair_of_agency",
            _(
                "%(person)s works for the agency that posted the problem. The agency may sit in "
                "the jury, but somebody independent leads it."
            )
            % {"person": person},
        )


def check_chair(jury: Jury, person: User) -> None:
    """Refuse staff of the posting agency, and a second chair."""
    check_independent(jury, person)
    if jury.seats.filter(role=SeatRole.CHAIR).exists():
        raise SeatRefused("has_chair", _("The jury already has a chair."))


@transaction.atomic
def make_chair(seat: JurySeat, *, by: User, now: dt.datetime | None = None) -> JurySeat:
    """Hand the chair over to a deputy or juror; the chair so far stays as a juror.

    Raises:
        SeatRefused: the person works for the posting agency, only advises, or is a substitute.

    """
    locked = managed(seat.jury, by)
    if seat.is_chair:
        return seat
    if not seat.assesses:
        raise SeatRefused(
            "chair_without_vote",
            _("%(person)s has no vote in the jury and cannot chair it.") % {"person": seat.user},
        )
    before = locked.seats.filter(role=SeatRole.CHAIR).first()
    locked.seats.filter(role=SeatRole.CHAIR).update(role=SeatRole.JUROR)
    check_chair(locked, seat.user)
    seat.role = SeatRole.CHAIR
    seat.save(update_fields=["role"])
    audit.record(
        "jury.chair_changed",
        target=seat,
        by=by,
        data={"jury": locked.pk, "from": before.pk if before else None, "to": seat.pk},
        now=now or clock.now(),
    )
    return seat


@transaction.atomic
def remove_seat(
    seat: JurySeat,
    *,
    by: User,
    discard_drafts: bool = False,
    now: dt.datetime | None = None,
) -> None:
    """Take a seat away, with its declarations and assignments.

    Raises:
        SeatRefused: an assessment was released; or some are begun and `discard_drafts` is not set.

    """
    locked = managed(seat.jury, by)
    assessments = Assessment.objects.filter(assignment__seat=seat)
    if assessments.exclude(state=AssessmentState.DRAFT).exists():
        raise SeatRefused(
            "has_released",
            _("%(person)s has released an assessment and keeps the seat.") % {"person": seat.user},
        )
    begun = assessments.count()
    if begun and not discard_drafts:
        raise SeatRefused(
            "has_drafts",
            ngettext(
                "%(person)s has begun %(count)s assessment. Confirm that it is discarded.",
                "%(person)s has begun %(count)s assessments. Confirm that they are discarded.",
                begun,
            )
            % {"person": seat.user, "count": begun},
        )
    assessments.delete()
    seat.recusals.all().delete()
    seat.declarations.all().delete()
    seat.assignments.all().delete()
    audit.record(
        "jury.seat_removed",
        target=seat,
        by=by,
        data={"jury": locked.pk, "user": seat.user_id, "discarded_drafts": begun},
        now=now or clock.now(),
    )
    seat.delete()


@transaction.atomic
def set_tags(
    seat: JurySeat, *, by: User, tags: Collection[str], now: dt.datetime | None = None
) -> JurySeat:
    """Store which fields of the statement a member of the jury knows; others are left out.

    Raises:
        PermissionRefused: not of the office of this competition.
        SeatRefused: the assessments are closed.

    """
    locked = managed(seat.jury, by)
    known = expertise.known(tags, locked.challenge)
    if known != seat.tags:
        audit.record(
            "jury.tags_changed",
            target=seat,
            by=by,
            data={"jury": locked.pk, "from": seat.tags, "to": known},
            now=now or clock.now(),
        )
        seat.tags = known
        seat.save(update_fields=["tags"])
    return seat


# -- substitutes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What a substitute took over; `left` are pseudonyms the substitute is in conflict with."""

    seat: JurySeat
    count: int
    left: tuple[str, ...]


@transaction.atomic
def step_in(
    substitute: JurySeat, *, instead_of: JurySeat, by: User, now: dt.datetime | None = None
) -> TakenOver:
    """Let a substitute become a juror and take over what another juror has not begun (A-21).

    Submissions from which the other one stepped back come along; so does nothing the substitute
    is in conflict with. What was begun or released stays where it is.

    Raises:
        PermissionRefused: not of the office of this competition.
        SeatRefused: no substitute, the other one assesses nothing, or nothing can be taken over.

    """
    moment = now or clock.now()
    locked = managed(substitute.jury, by)
    seats = {seat.pk: seat for seat in jury_queries.seats_of(locked)}
    new, old = seats.get(substitute.pk), seats.get(instead_of.pk)
    if new is None or old is None or not new.is_substitute or not old.assesses:
        raise SeatRefused("not_a_substitute", _("Please choose a juror for whom to step in."))
    open_ones = jury_queries.not_begun(locked, old)
    submissions = [assignment.submission for assignment, _bound in open_ones]
    blocked = jury_queries.blocked_pairs(locked, [new], submissions)
    taken = [pair for pair in open_ones if (new.pk, pair[0].submission_id) not in blocked]
    left = [pair for pair in open_ones if pair not in taken]
    if not taken:
        raise SeatRefused(
            "nothing_to_take_over",
            _("%(person)s has nothing open that %(substitute)s could take over.")
            % {"person": old.user, "substitute": new.user},
        )
    new.role = SeatRole.JUROR
    new.save(update_fields=["role"])
    # What somebody stepped back from stays as history beside the recusal.
    Assignment.objects.filter(pk__in=[row.pk for row, bound in taken if not bound]).delete()
    Assignment.objects.bulk_create(
        Assignment(seat=new, submission=row.submission, assigned_at=moment) for row, _bound in taken
    )
    audit.record(
        "jury.substitute_stepped_in",
        target=new,
        by=by,
        data={
            "jury": locked.pk,
            "instead_of": old.pk,
            "taken": sorted(row.submission_id for row, _bound in taken),
            "left": sorted(row.submission_id for row, _bound in left),
        },
        now=moment,
    )
    given_up = sum(not bound for _row, bound in taken)
    if given_up:
        emails.assignments_taken_over(old, count=given_up, now=moment)
    if locked.state == JuryState.ASSESSING:
        emails.assignments_ready(new, count=len(taken), now=moment)
    names = sorted(row.submission.entry.jury_pseudonym for row, _bound in left)
    return TakenOver(new, len(taken), tuple(names))


# -- assignments -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What applying an assignment changed."""

    added: int
    removed: int


def propose(
    jury: Jury,
    *,
    k: int,
    seed: int,
    highest: int | None = None,
    fields: Collection[str] = (),
    compare: bool | None = None,
    tell: Callable[[str], None] = lambda _step: None,
) -> plans.Plan:
    """Propose k jurors for every submission; writes nothing, the same seed gives the same plan.

    What is assigned already stays. Pairs in conflict never come up. `Plan.pairs` are keys of seats
    and submissions, as `apply` takes them. Of each of the `fields` one juror is among them where
    that is possible; `highest` is the number of submissions one juror takes at most. `compare` says
    what each of these rules costs, without it of a smaller jury; `tell` hears each step.

    Raises:
        AssignmentRefused: the solver found nothing in its time.

    """
    from scoring.compute import assignment as plans  # noqa: PLC0415  (heavy)

    roll = jury_queries.Roll(jury)
    seats = jury_queries.assessing(roll.seats)
    submissions = roll.at_stake
    blocked = jury_queries.blocked_pairs(jury, seats, submissions)
    fixed = set(Assignment.objects.filter(seat__jury=jury).values_list("seat", "submission"))
    scores = {seat.pk: expertise.score(seat.tags, jury.challenge) for seat in seats}
    problem = plans.Problem(
        jurors=tuple(scores),
        submissions=tuple(submission.pk for submission in submissions),
        k=k,
        seed=seed,
        blocked=frozenset(blocked),
        fixed=frozenset(fixed - blocked),
        highest=highest,
        tags={seat.pk: frozenset(seat.tags) for seat in seats},
        required=tuple(expertise.known(fields, jury.challenge)),
        scores={(seat, row.pk): score for seat, score in scores.items() for row in submissions},
    )
    try:
        is_small = len(seats) * len(submissions) <= _COMPARED
        return plans.propose(problem, compare=is_small if compare is None else compare, tell=tell)
    except plans.NotSolved as error:
        raise AssignmentRefused(
            "not_solved",
            _("No proposal was found in time. Try it with fewer rules."),
        ) from error


@transaction.atomic
def assign(
    seat: JurySeat, *, submission: Submission, by: User, now: dt.datetime | None = None
) -> Assignment:
    """Give one submission to one juror; returns the assignment that exists already.

    Raises:
        AssignmentRefused: teams can still hand in, the version does not count, or the juror is in
            conflict.

    """
    apply(
        seat.jury,
        pairs=_pairs_of(seat.jury) | {(seat.pk, submission.pk)},
        by=by,
        now=now,
    )
    return Assignment.objects.get(seat=seat, submission=submission)


@transaction.atomic
def unassign(assignment: Assignment, *, by: User, now: dt.datetime | None = None) -> None:
    """Take a submission from a juror who has not begun to assess it.

    Raises:
        AssignmentRefused: the juror has begun; stepping back is theirs (`conflict.recuse`).

    """
    pair = (assignment.seat_id, assignment.submission_id)
    jury = assignment.seat.jury
    apply(jury, pairs=_pairs_of(jury) - {pair}, by=by, now=now)


def _pairs_of(jury: Jury) -> set[Pair]:
    """Return the pairs that are assigned now."""
    return set(Assignment.objects.filter(seat__jury=jury).values_list("seat", "submission"))


@transaction.atomic
def apply(
    jury: Jury,
    *,
    pairs: Collection[Pair],
    by: User,
    seed: int | None = None,
    now: dt.datetime | None = None,
) -> Change:
    """Make the assignments equal to these pairs of keys (seat, submission), in one event.

    Assignments of submissions out of the running and of recused jurors are history: they stay
    whether named or not. `seed` is that of the proposal applied, for the record.

    Raises:
        PermissionRefused: not of the office, or the assessments are closed.
        AssignmentRefused: see `assign` and `unassign`; nothing is changed.

    """
    moment = now or clock.now()
    locked = locked_jury(jury)
    if not by.has_perm("scoring.assign_jurors", locked):
        raise PermissionRefused("not_permitted", _("You cannot assign jurors here."))
    if not jury_queries.submission_phase_is_over(locked, moment):
        raise AssignmentRefused(
            "phase_open",
            _("Teams can still hand in new versions. Assign jurors after the deadline."),
        )
    seats = {seat.pk: seat for seat in jury_queries.seats_of(locked)}
    submissions = {row.pk: row for row in jury_queries.Roll(locked).at_stake}
    blocked = jury_queries.blocked_pairs(locked, seats.values(), submissions.values())
    given = {
        (row.seat_id, row.submission_id): row
        for row in Assignment.objects.filter(seat__jury=locked).select_related("assessment")
    }
    movable = {pair for pair in given if pair[1] in submissions and pair not in blocked}
    wanted = set(pairs)
    added = wanted - set(given)
    removed = movable - wanted
    _check_added(added, seats, submissions, blocked)
    for pair in removed:
        if hasattr(given[pair], "assessment"):
            raise AssignmentRefused(
                "assessment_begun",
                _(
                    "%(person)s has begun to assess %(pseudonym)s. Only the juror can step back "
                    "from it."
                )
                % {
                    "person": seats[pair[0]].user,
                    "pseudonym": submissions[pair[1]].entry.jury_pseudonym,
                },
            )
    if not added and not removed:
        return Change(0, 0)
    Assignment.objects.filter(pk__in=[given[pair].pk for pair in removed]).delete()
    created = Assignment.objects.bulk_create(
        Assignment(seat=seats[seat], submission=submissions[submission], assigned_at=moment)
        for seat, submission in sorted(added)
    )
    audit.record(
        "jury.assigned",
        target=locked,
        by=by,
        data={
            "added": sorted(map(list, added)),
            "removed": sorted(map(list, removed)),
            "seed": seed,
        },
        now=moment,
    )
    if locked.state == JuryState.ASSESSING:
        for assignment in created:
            emails.assignment_added(assignment, now=moment)
    return Change(len(added), len(removed))


def _check_added(
    added: set[Pair],
    seats: dict[int, JurySeat],
    submissions: dict[int, Submission],
    blocked: set[Pair],
) -> None:
    for seat, submission in sorted(added):
        if seat not in seats or submission not in submissions:
            raise AssignmentRefused(
                "not_in_the_running",
                _("This submission is not, or no longer, in the running. Reload the page."),
            )
        if not seats[seat].assesses:
            raise AssignmentRefused(
                "does_not_assess",
                _("%(person)s advises or is a substitute and is assigned nothing.")
                % {"person": seats[seat].user},
            )
        if (seat, submission) in blocked:
            raise AssignmentRefused(
                "in_conflict",
                _("%(person)s cannot assess %(pseudonym)s because of a conflict of interest.")
                % {
                    "person": seats[seat].user,
                    "pseudonym": submissions[submission].entry.jury_pseudonym,
                },
            )


# -- start and close -------------------------------------------------------------------------------


@transaction.atomic
def start(jury: Jury, *, by: User, now: dt.datetime | None = None) -> Jury:
    """Let the jurors begin (preparing → assessing) and tell them by mail.

    Conflicts are looked for once more before anything opens (Q-24).

    Raises:
        PermissionRefused: not of the office of this competition.
        Incomplete: no chair, no rubric, teams can still hand in, or a submission has too few
            jurors; `data["missing"]` lists the sentences.

    """
    moment = now or clock.now()
    locked = locked_jury(jury)
    if not by.has_perm("scoring.manage_jury", locked):
        raise PermissionRefused("not_permitted", _("Only the competition office does this."))
    if locked.challenge.state not in _JURY_MAY_START:
        raise Incomplete(
            "not_published", _("The problem statement is not published, or already decided.")
        )
    recused = conflict_actions.recheck(locked, now=moment)
    missing = jury_queries.gaps_before_start(locked, moment)
    if missing:
        raise Incomplete("jury_not_ready", _("The jury cannot start yet."), missing=missing)
    move(
        jury,
        to=JuryState.ASSESSING,
        by=by,
        now=moment,
        data={"recusals_found": [row.pk for row in recused]},
    )
    seats = jury_queries.seats_of(locked)
    for row in jury_queries.progress(locked, seats):
        if row.assigned:
            emails.assignments_ready(row.seat, count=row.assigned, now=moment)
    return jury


@transaction.atomic
def close(jury: Jury, *, by: User, reason: str = "", now: dt.datetime | None = None) -> Jury:
    """End the assessments (assessing → closed) and lock what was released; drafts never count.

    With gaps only the office may close, and gives the reason (T-15). Where two rounds were
    published, the first one ends so as well (assessing → cutting), and its ranking is stored.

    Raises:
        PermissionRefused: neither chair nor office, or the jury is not assessing.
        Incomplete: something is open; `data["missing"]` lists what this person may know.

    """
    moment = now or clock.now()
    locked = locked_jury(jury)
    if not by.has_perm("scoring.close_jury", locked):
        raise PermissionRefused("not_permitted", _("You cannot close these assessments."))
    is_office = by.has_perm("scoring.manage_jury", locked)
    # What is locked must not hold the marks of somebody who is in conflict by now.
    conflict_actions.look_again(locked, now=moment)
    gaps = jury_queries.gaps_before_close(locked)
    if gaps and not (is_office and reason.strip()):
        if not is_office:
            seat = locked.seats.select_related("jury__challenge").get(user=by)
            # A chair in conflict learns that something is open, not what.
            hidden = jury_queries.barred_entries(seat)
            gaps = jury_queries.gaps_before_close(locked, hidden=hidden)
        raise Incomplete(
            "assessments_open",
            _("Not everything is released. Only the competition office can close with a reason.")
            if not is_office
            else _("Not everything is released. To close anyway, give a reason."),
            missing=gaps,
        )
    released = list(
        Assessment.objects.select_for_update(of=("self",), no_key=True)
        .of_jury(locked)
        .filter(state=AssessmentState.RELEASED)
        .select_related("assignment__submission", "assignment__seat")
    )
    rubric = rubric_queries.of(locked.challenge)
    ends_first_round = rubric is not None and rubric.has_final and not locked.is_final
    kind = SealKind.ROUND_LOCK if ends_first_round else SealKind.JURY_LOCK
    commitments.lock_jury(locked, released, by=by, now=moment, kind=kind)
    for assessment in released:
        move(assessment, to=AssessmentState.LOCKED, by=by, now=moment)
    if ends_first_round:
        final_boards.store_longlist(locked.challenge, now=moment)
    drafts = Assessment.objects.of_jury(locked).filter(state=AssessmentState.DRAFT).count()
    move(
        jury,
        to=JuryState.CUTTING if ends_first_round else JuryState.CLOSED,
        by=by,
        now=moment,
        reason=reason.strip(),
        data={"locked": len(released), "drafts_left_out": drafts, "gaps": len(gaps)},
    )
    if ends_first_round:
        for seat in jury_queries.seats_of(locked):
            if seat.leads:
                emails.cut_due(seat, now=moment)
    return jury
