"""Reads of those who lead a jury: who sits in it, who is bound, how far the assessments are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competition.states import PhaseKind
from scoring.models import (
    Assessment,
    Assignment,
    AssignmentProposal,
    ConflictDeclaration,
    CriterionScore,
    Jury,
    JurySeat,
    Recusal,
)
from scoring.models.jury import detected_entries
from scoring.queries import conflict as conflict_queries
from scoring.queries import rounds as round_queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AssessmentState, ConflictAnswer, JuryState, ProposalState, SeatRole
from submissions import queries as submission_queries
from submissions.models import Submission

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from competition.models import Competition
    from scoring.compute.assignment import Plan
    from scoring.models import Rubric

    type Pair = tuple[int, int]  # (seat, submission)


def running_submissions(jury: Jury) -> list[Submission]:
    """Return the versions that count, by jury pseudonym: the order says nothing about hand-ins."""
    return list(
        Submission.objects.for_challenge(jury.challenge)
        .counting()
        .filter(entry__is_baseline=False)
        .select_related("entry")
        .order_by("entry__jury_pseudonym")
    )


_ORDER = SeatRole.values


def seats_of(jury: Jury) -> list[JurySeat]:
    """Return the members of the jury, the chair first, then by role and name."""
    seats = list(JurySeat.objects.filter(jury=jury).select_related("user", "jury"))
    return sorted(
        seats, key=lambda seat: (_ORDER.index(str(seat.role)), seat.user.display_name.casefold())
    )


def assessing(seats: Collection[JurySeat]) -> list[JurySeat]:
    """Return those whom submissions may be assigned to; the order stays."""
    return [seat for seat in seats if seat.assesses]


class Roll:
    """The rows about one jury of which a page needs several reads, each read once.

    The reads below take a jury or its roll. A roll is for one answer: it notices no change.
    """

    def __init__(self, jury: Jury) -> None:
        """Keep the jury; nothing is read yet."""
        self.jury = jury

    @classmethod
    def of(cls, source: Jury | Roll) -> Roll:
        """Return the roll itself, or a new one of a jury."""
        return source if isinstance(source, cls) else cls(cast("Jury", source))

    @cached_property
    def seats(self) -> list[JurySeat]:
        """Return the members."""
        return seats_of(self.jury)

    @cached_property
    def submissions(self) -> list[Submission]:
        """Return the versions that count."""
        return running_submissions(self.jury)

    @cached_property
    def at_stake(self) -> list[Submission]:
        """Return what the present round is about: everything, in the final the finalists."""
        finalists = round_queries.finalists_of(self.jury)
        if finalists is None:
            return self.submissions
        return [row for row in self.submissions if row.entry_id in finalists]

    def is_at_stake(self, entry: int) -> bool:
        """Say whether the present round is about an entry; one round costs no query."""
        return not self.jury.is_final or entry in {row.entry_id for row in self.at_stake}

    @cached_property
    def rubric(self) -> Rubric | None:
        """Return the rubric, if there is one."""
        return rubric_queries.of(self.jury.challenge)

    @cached_property
    def recusals(self) -> list[Pair]:
        """Return who does not assess which entry: pairs of seat and entry."""
        rows = Recusal.objects.filter(seat__jury=self.jury)
        return list(rows.values_list("seat", "entry"))

    @cached_property
    def assignments(self) -> list[Row]:
        """Return every assignment in the running, and how far it is."""
        recused = Recusal.objects.filter(seat=OuterRef("seat"), entry=OuterRef("submission__entry"))
        rows = (
            Assignment.objects.filter(seat__jury=self.jury)
            .in_the_running()
            .annotate(
                entry=F("submission__entry"), step=F("assessment__state"), bound=Exists(recused)
            )
            .values_list("seat", "submission", "entry", "step", "bound")
        )
        return [Row(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Row:
    """An assignment by its keys, with the state of its assessment."""

    seat: int
    submission: int
    entry: int
    state: str | None
    is_recused: bool


def barred_entries(seat: JurySeat, roll: Roll | None = None) -> set[int]:
    """Return the entries of which a juror may know nothing: recused, in conflict, or not declared.

    Counted from the entries of the challenge, so that a late entry is barred until declared.
    """
    free = set(
        ConflictDeclaration.objects.filter(seat=seat, answer=ConflictAnswer.NONE).values_list(
            "entry", flat=True
        )
    )
    recused = set(Recusal.objects.filter(seat=seat).values_list("entry", flat=True))
    entries = {submission.entry_id for submission in (roll or Roll(seat.jury)).submissions}
    detected = detected_entries(seat.user, challenge=seat.jury.challenge_id)
    return (entries - free) | recused | detected


def blocked_pairs(
    jury: Jury | Roll, seats: Collection[JurySeat], submissions: Collection[Submission]
) -> set[Pair]:
    """Return the pairs that no assignment may make: declared, unsure, recused or detected."""
    by_entry: dict[int, list[int]] = {}
    for submission in submissions:
        by_entry.setdefault(submission.entry_id, []).append(submission.pk)
    roll = Roll.of(jury)
    barred: set[tuple[int, int]] = set(roll.recusals)
    barred |= set(
        ConflictDeclaration.objects.filter(seat__jury=roll.jury)
        .exclude(answer=ConflictAnswer.NONE)
        .values_list("seat", "entry")
    )
    entries = conflict_queries.entries_of(roll.jury)
    for seat in seats:
        barred |= {(seat.pk, entry) for entry in conflict_queries.detect(seat, entries)}
    return {(seat, submission) for seat, entry in barred for submission in by_entry.get(entry, [])}


def not_begun(jury: Jury, seat: JurySeat) -> list[tuple[Assignment, bool]]:
    """Return a juror's assignments that another one can take over, and whether they are recused.

    Nothing is begun, or the juror has stepped back from it, so that what was begun counts nowhere.
    """
    roll = Roll(jury)
    open_ones = {
        row.submission: row.is_recused
        for row in roll.assignments
        if row.seat == seat.pk
        and (row.is_recused or row.state is None)
        and roll.is_at_stake(row.entry)
    }
    rows = Assignment.objects.filter(seat=seat, submission__in=open_ones).select_related(
        "submission__entry"
    )
    return [(row, open_ones[row.submission_id]) for row in rows]


def open_loads(jury: Jury) -> Counter[int]:
    """Return how many assignments of each seat a substitute could take over."""
    roll = Roll(jury)
    return Counter(
        row.seat
        for row in roll.assignments
        if (row.is_recused or row.state is None) and roll.is_at_stake(row.entry)
    )


def submission_phase_is_over(jury: Jury, now: dt.datetime) -> bool:
    """Say whether versions can no longer change; without a submission phase they cannot."""
    phase = jury.challenge.phase(PhaseKind.SUBMISSION)
    return phase is None or phase.is_over(now)


# -- progress --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one juror is. Recused and withdrawn submissions are in none but `recused`."""

    seat: JurySeat
    not_started: int
    drafts: int
    released: int
    recused: int

    @property
    def assigned(self) -> int:
        """Return the assessments that are expected."""
        return self.not_started + self.drafts + self.released

    @property
    def is_done(self) -> bool:
        """Say whether nothing is expected any more."""
        return self.released == self.assigned


def progress(
    jury: Jury | Roll, seats: Collection[JurySeat], *, hidden: Collection[int] = ()
) -> list[Progress]:
    """Count per juror what is open, begun and released, in two queries.

    `hidden` are entries that the reader may know nothing about (a chair in conflict); they are in
    no figure. In the final round the finalists alone are counted.
    """
    roll = Roll.of(jury)
    counts: Counter[tuple[int, str | None]] = Counter(
        (row.seat, row.state)
        for row in roll.assignments
        if not row.is_recused and row.entry not in hidden and roll.is_at_stake(row.entry)
    )
    recusals = Counter(seat for seat, entry in roll.recusals if entry not in hidden)
    return [
        Progress(
            seat=seat,
            not_started=counts[seat.pk, None],
            drafts=counts[seat.pk, AssessmentState.DRAFT],
            released=counts[seat.pk, AssessmentState.RELEASED]
            + counts[seat.pk, AssessmentState.LOCKED],
            recused=recusals[seat.pk],
        )
        for seat in seats
    ]


@dataclass(frozen=True, slots=True)
class Totals:
    """The progress of the whole jury."""

    assigned: int
    not_started: int
    drafts: int
    released: int
    recused: int


def totals(rows: Collection[Progress]) -> Totals:
    """Add up the progress of all jurors."""
    return Totals(
        assigned=sum(row.assigned for row in rows),
        not_started=sum(row.not_started for row in rows),
        drafts=sum(row.drafts for row in rows),
        released=sum(row.released for row in rows),
        recused=sum(row.recused for row in rows),
    )


# -- what stands in the way ------------------------------------------------------------------------


def gaps_before_start(source: Jury | Roll, now: dt.datetime) -> list[str]:
    """List what is missing before jurors may begin; empty: the jury can start."""
    gaps = []
    roll = Roll.of(source)
    jury, rubric = roll.jury, roll.rubric
    if not any(seat.is_chair for seat in roll.seats):
        gaps.append(_("The jury has no chair."))
    if rubric is None or not rubric.criteria.all():
        gaps.append(_("There is no rubric to assess by."))
        return gaps
    if not submission_phase_is_over(jury, now):
        gaps.append(_("Teams can still hand in. The jury starts after the deadline."))
        return gaps
    if submission_queries.has_sealed_documents(jury.challenge):
        gaps.append(_("The documents are sealed. Two people of the office open them first."))
    submissions = roll.submissions
    if not submissions:
        gaps.append(_("No submission is in the running."))
    jurors = Counter(row.submission for row in roll.assignments if not row.is_recused)
    wanted = rubric.min_assessments
    gaps += [
        ngettext(
            "%(pseudonym)s has %(found)s of %(wanted)s juror.",
            "%(pseudonym)s has %(found)s of %(wanted)s jurors.",
            wanted,
        )
        % {
            "pseudonym": submission.entry.jury_pseudonym,
            "found": jurors[submission.pk],
            "wanted": wanted,
        }
        for submission in submissions
        if jurors[submission.pk] < wanted
    ]
    return gaps


def gaps_before_close(source: Jury | Roll, *, hidden: Collection[int] = ()) -> list[str]:
    """List what is not finished before the assessments are closed, without naming any mark.

    Assessments not released, submissions below the published minimum, and "cannot judge" that the
    chair has not settled.
    """
    roll = Roll.of(source)
    gaps = [
        ngettext(
            "%(juror)s has not released %(count)s assessment.",
            "%(juror)s has not released %(count)s assessments.",
            row.assigned - row.released,
        )
        % {"juror": row.seat.user.display_name, "count": row.assigned - row.released}
        for row in progress(roll, roll.seats, hidden=hidden)
        if not row.is_done
    ]
    wanted = roll.rubric.min_assessments if roll.rubric is not None else 1
    finished = Counter(
        row.submission
        for row in roll.assignments
        if not row.is_recused
        and row.entry not in hidden
        and row.state in {AssessmentState.RELEASED, AssessmentState.LOCKED}
    )
    gaps += [
        ngettext(
            "%(pseudonym)s has %(found)s of %(wanted)s released assessment.",
            "%(pseudonym)s has %(found)s of %(wanted)s released assessments.",
            wanted,
        )
        % {
            "pseudonym": submission.entry.jury_pseudonym,
            "found": finished[submission.pk],
            "wanted": wanted,
        }
        for submission in roll.at_stake
        if submission.entry_id not in hidden and finished[submission.pk] < wanted
    ]
    gaps += _not_the_whole_panel(roll, hidden)
    gaps += [
        _("%(juror)s cannot judge “%(criterion)s” of %(pseudonym)s; the chair settles it.")
        % {
            "juror": score.assessment.assignment.seat.user.display_name,
            "criterion": score.criterion,
            "pseudonym": score.assessment.assignment.submission.entry.jury_pseudonym,
        }
        for score in open_abstentions(roll.jury, hidden=hidden)
    ]
    return gaps


def _not_the_whole_panel(roll: Roll, hidden: Collection[int]) -> list[str]:
    """List finalists that somebody who could assess them was not given."""
    if not roll.jury.is_final:
        return []
    seats = assessing(roll.seats)
    taken = blocked_pairs(roll, seats, roll.at_stake)
    taken |= {(row.seat, row.submission) for row in roll.assignments}
    gaps = []
    for submission in roll.at_stake:
        left = sum((seat.pk, submission.pk) not in taken for seat in seats)
        if left and submission.entry_id not in hidden:
            gaps.append(
                ngettext(
                    "%(pseudonym)s: %(count)s member of the jury was not given this finalist.",
                    "%(pseudonym)s: %(count)s members of the jury were not given this finalist.",
                    left,
                )
                % {"pseudonym": submission.entry.jury_pseudonym, "count": left}
            )
    return gaps


def open_abstentions(jury: Jury, *, hidden: Collection[int] = ()) -> list[CriterionScore]:
    """Return "cannot judge" in counted assessments that the chair has not accepted."""
    counted = Assessment.objects.of_jury(jury).counted()
    return list(
        CriterionScore.objects.filter(
            Q(cannot_judge=True, accepted_at=None), assessment__in=counted
        )
        .exclude(assessment__assignment__submission__entry__in=list(hidden))
        .select_related(
            "criterion",
            "assessment__assignment__seat__user",
            "assessment__assignment__submission__entry",
        )
        .order_by("assessment__assignment__submission__entry__jury_pseudonym", "criterion")
    )


def released_of(
    jury: Jury, *, hidden: Collection[int] = (), juror: str = "", most: int | None = None
) -> list[Assessment]:
    """Return released assessments, for the chair to reopen one; no mark is read (T-42).

    `juror` is the code of a seat; `most` is how many are read at most.
    """
    own = Q(assignment__seat__code=juror) if juror else Q()
    return list(
        Assessment.objects.of_jury(jury)
        .filter(own)
        .counted()
        .filter(state=AssessmentState.RELEASED)
        .exclude(assignment__submission__entry__in=list(hidden))
        .select_related("assignment__seat__user", "assignment__submission__entry")
        .defer("comment", "private_note")
        .order_by("assignment__submission__entry__jury_pseudonym", "assignment__seat")[:most]
    )


# -- the assignment matrix -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One juror and one submission of the matrix.

    `state`: free, open, begun, done or barred. Once begun, an assignment can no longer be taken
    away. `is_new` and `is_dropped` mark what a proposal would change.
    """

    key: str
    pair: Pair
    seat: JurySeat
    checked: bool
    state: str
    is_new: bool = False
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One submission, known to the office by its jury pseudonym only."""

    pseudonym: str
    cells: tuple[Cell, ...]
    wanted: int

    @property
    def jurors(self) -> int:
        """Return how many jurors are ticked."""
        return sum(cell.checked for cell in self.cells)

    @property
    def is_short(self) -> bool:
        """Say whether jurors are missing."""
        return self.jurors < self.wanted


@dataclass(frozen=True, slots=True)
class Load:
    """What is on a juror's desk, beside the fullest desk."""

    seat: JurySeat
    count: int
    highest: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who assesses what."""

    seats: tuple[JurySeat, ...]
    rows: tuple[MatrixRow, ...]
    loads: tuple[Load, ...]
    wanted: int

    @property
    def total(self) -> int:
        """Return the number of ticks."""
        return sum(load.count for load in self.loads)


def cell_key(seat: JurySeat, submission: Submission) -> str:
    """Return the name of a cell in the form: codes of seats and pseudonyms, no row numbers."""
    return f"{seat.code}:{submission.entry.jury_pseudonym}"


_CELL_STATES = {
    None: "open",
    AssessmentState.DRAFT: "begun",
    AssessmentState.RELEASED: "done",
    AssessmentState.LOCKED: "done",
}


def for_the_deputy(seat: JurySeat, roll: Roll) -> set[int]:
    """Return the entries that a deputy administers: the chair is barred from them (Q-26)."""
    entries = {submission.entry_id for submission in roll.submissions}
    chair = next((other for other in roll.seats if other.is_chair), None)
    left = entries if chair is None else barred_entries(chair, roll)
    return left - barred_entries(seat, roll)


def matrix(jury: Jury | Roll, proposed: Collection[Pair] | None = None) -> Matrix:
    """Return the assignment matrix, with the ticks of a proposal where there is one."""
    roll = Roll.of(jury)
    held = {row.seat for row in roll.assignments}
    # Whoever has something keeps a column, also after a change of the role.
    seats = [seat for seat in roll.seats if seat.assesses or seat.pk in held]
    submissions = roll.at_stake
    blocked = blocked_pairs(roll, seats, submissions)
    given = {(row.seat, row.submission): row for row in roll.assignments}
    wanted = roll.rubric.min_assessments if roll.rubric is not None else 1
    rows = []
    loads: Counter[int] = Counter()
    for submission in submissions:
        cells = []
        for seat in seats:
            pair = (seat.pk, submission.pk)
            row = given.get(pair)
            if pair in blocked:
                cells.append(Cell("", pair, seat, checked=False, state="barred"))
                continue
            state = _CELL_STATES[row.state] if row is not None else "free"  # type: ignore[index]
            checked = row is not None if proposed is None else pair in proposed
            checked = checked or state in {"begun", "done"}
            loads[seat.pk] += checked
            cells.append(
                Cell(
                    cell_key(seat, submission),
                    pair,
                    seat,
                    checked=checked,
                    state=state,
                    is_new=checked and row is None,
                    is_dropped=not checked and row is not None,
                )
            )
        panel = sum(cell.state != "barred" and cell.seat.assesses for cell in cells)
        rows.append(
            MatrixRow(
                submission.entry.jury_pseudonym,
                tuple(cells),
                panel if roll.jury.is_final else wanted,
            )
        )
    highest = max(loads.values(), default=0)
    return Matrix(
        seats=tuple(seats),
        rows=tuple(rows),
        loads=tuple(Load(seat, loads[seat.pk], highest) for seat in seats),
        wanted=wanted,
    )


# Up to so many pairs of jurors and submissions the office waits for a proposal (300 x 40).
AT_ONCE = 12_000


def takes_long(roll: Roll) -> bool:
    """Say whether a proposal is computed in the background."""
    return len(assessing(roll.seats)) * len(roll.at_stake) > AT_ONCE


def finished_proposal(jury: Jury, code: str) -> AssignmentProposal | None:
    """Return a proposal of the jury with its result."""
    return AssignmentProposal.objects.filter(jury=jury, code=code, state=ProposalState.DONE).first()


def latest_proposal(jury: Jury) -> AssignmentProposal | None:
    """Return the proposal that was asked for last."""
    return AssignmentProposal.objects.filter(jury=jury).defer("result").first()


@dataclass(frozen=True, slots=True)
class Shortage:
    """A submission that lacks jurors, and how many are free of conflict at all."""

    pseudonym: str
    missing: int
    free: int


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What a proposal would be without one rule, beside what it is."""

    rule: str
    score: int
    gain: int
    fewer_missing: int
    fewer_uncovered: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a proposal says about itself, in the words of the page."""

    short: tuple[Shortage, ...]
    uncovered: tuple[tuple[str, str], ...]
    groups: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    costs: tuple[RuleCost, ...]
    score: int

    @property
    def has_gaps(self) -> bool:
        """Say whether something that was wanted could not be had."""
        return bool(self.short or self.uncovered or len(self.groups) > 1)


def findings(roll: Roll, plan: Plan, fields: Mapping[str, str]) -> Findings:
    """Return shortages, missing fields, groups and costs of a proposal with names (A-16, A-18)."""
    names = {row.pk: row.entry.jury_pseudonym for row in roll.submissions}
    people = {seat.pk: seat.user.display_name for seat in roll.seats}
    missing, uncovered = sum(plan.short.values()), len(plan.uncovered)
    return Findings(
        short=tuple(
            Shortage(names[key], count, plan.free[key])
            for key, count in sorted(plan.short.items(), key=lambda item: names[item[0]])
        ),
        uncovered=tuple(
            sorted((names[key], fields.get(field, field)) for key, field in plan.uncovered)
        ),
        groups=tuple(
            (
                tuple(sorted(people[key] for key in group.jurors if key in people)),
                tuple(sorted(names[key] for key in group.submissions)),
            )
            for group in plan.parts
        ),
        costs=tuple(
            RuleCost(
                cost.rule,
                cost.score,
                cost.score - plan.score,
                missing - cost.missing,
                0 if cost.rule == "fields" else uncovered - cost.uncovered,
            )
            for cost in plan.costs
        ),
        score=plan.score,
    )


# -- what waits for the office ---------------------------------------------------------------------


def count_unsettled(jury: Jury) -> int:
    """Return about how many organisations jurors are unsure."""
    return len(conflict_queries.unsettled(jury))


def count_short(jury: Jury) -> int:
    """Return how many submissions have fewer jurors than the published minimum."""
    roll = Roll(jury)
    wanted = roll.rubric.min_assessments if roll.rubric is not None else 1
    jurors = Counter(row.submission for row in roll.assignments if not row.is_recused)
    return sum(jurors[row.pk] < wanted for row in roll.at_stake)


# -- the cockpit of a competition ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CockpitCell:
    """How much of one jury's work a person has released."""

    done: int
    total: int

    @property
    def shade(self) -> int:
        """Return 0 for nothing done up to 4 for everything; the number is the message."""
        if not self.done:
            return 0
        return 4 if self.done == self.total else 1 + 3 * self.done // self.total


@dataclass(frozen=True, slots=True)
class CockpitRow:
    """One person over all juries of a competition; None where there is no seat."""

    person: str
    cells: tuple[CockpitCell | None, ...]
    recused: int

    @property
    def sum(self) -> CockpitCell:
        """Return the person's work in all juries."""
        own = [cell for cell in self.cells if cell is not None]
        return CockpitCell(sum(cell.done for cell in own), sum(cell.total for cell in own))

    @property
    def share(self) -> float | None:
        """Return the released share of one, None without assignments."""
        total = self.sum
        return total.done / total.total if total.total else None


@dataclass(frozen=True, slots=True)
class Cockpit:
    """The juries of a competition that assess now, and how far their members are."""

    juries: tuple[Jury, ...]
    rows: tuple[CockpitRow, ...]

    @property
    def sum(self) -> CockpitRow:
        """Return the work of everybody."""
        columns = zip(*(row.cells for row in self.rows), strict=True)
        cells = tuple(
            CockpitCell(
                sum(cell.done for cell in column if cell is not None),
                sum(cell.total for cell in column if cell is not None),
            )
            for column in columns
        )
        return CockpitRow("", cells, sum(row.recused for row in self.rows))


def cockpit(competition: Competition) -> Cockpit:
    """Return the progress of all assessing juries, the furthest behind first; reads no mark."""
    juries = list(
        Jury.objects.filter(challenge__competition=competition, state=JuryState.ASSESSING)
        .select_related("challenge__competition")
        .order_by("challenge__title_de")
    )
    seats = list(JurySeat.objects.filter(jury__in=juries).select_related("user"))
    recused = Recusal.objects.filter(seat=OuterRef("seat"), entry=OuterRef("submission__entry"))
    states = (
        Assignment.objects.filter(seat__in=seats)
        .in_the_running()
        .of_the_round()
        .annotate(bound=Exists(recused))
        .filter(bound=False)
        .values_list("seat", "assessment__state")
    )
    total: Counter[int] = Counter()
    done: Counter[int] = Counter()
    for key, state in states:
        total[key] += 1
        done[key] += state in {AssessmentState.RELEASED, AssessmentState.LOCKED}
    recusals = Counter(Recusal.objects.filter(seat__in=seats).values_list("seat", flat=True))
    by_person: dict[int, dict[int, JurySeat]] = {}
    for seat in seats:
        by_person.setdefault(seat.user_id, {})[seat.jury_id] = seat
    rows = [
        CockpitRow(
            person=next(iter(own.values())).user.display_name,
            cells=tuple(
                CockpitCell(done[own[jury.pk].pk], total[own[jury.pk].pk])
                if jury.pk in own
                else None
                for jury in juries
            ),
            recused=sum(recusals[seat.pk] for seat in own.values()),
        )
        for own in by_person.values()
    ]
    rows.sort(key=lambda row: (1.0 if row.share is None else row.share, row.person.casefold()))
    return Cockpit(tuple(juries), tuple(rows))
