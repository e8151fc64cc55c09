"""Reads of one juror: own lists, own marks, own progress. Nothing of anybody else (J-96).

Everything starts from `Assignment.objects.visible_to(user)`, so what a juror is recused from is in
no row, no figure and no order.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competition.states import PhaseKind
from scoring.compute.exact import from_units, round_half_up
from scoring.compute.total import juror_total
from scoring.models import (
    Assessment,
    AssessmentVersion,
    Assignment,
    Criterion,
    CriterionScore,
    JurySeat,
    Level,
)
from scoring.queries import conflict as conflict_queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AfterSaving, AssessmentState, JuryState
from submissions import footprint
from submissions.models import SubmissionFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models import Phase
    from competition.statement.fields import Field
    from scoring.models import Jury, Rubric
    from scoring.models.jury import AssignmentQuerySet

ALL = "all"
OPEN, BEGUN, COMPLETE, RELEASED = "open", "begun", "complete", "released"
EARLIER = "earlier"
SHOWN_DIGITS = 2  # totals are stored in hundredths


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell of the grid: a level, "cannot judge", or nothing yet."""

    level: int | None
    cannot_judge: bool

    @property
    def is_given(self) -> bool:
        """Say whether the criterion is answered."""
        return self.cannot_judge or self.level is not None


@dataclass(frozen=True, slots=True)
class Line:
    """One submission of a juror's list."""

    code: str
    pseudonym: str
    title: str
    marks: tuple[Mark, ...]
    total: Decimal | None
    state: str
    is_next: bool = False
    # What the team declares (submissions.footprint), among the answers of its card.
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """Return how many criteria are answered."""
        return sum(mark.is_given for mark in self.marks)

    @property
    def fill(self) -> str:
        """Return the shape beside the state: open, part or done."""
        return {OPEN: "open", BEGUN: "part"}.get(self.state, "done")

    @property
    def words(self) -> str:
        """Return the state in words."""
        match self.state:
            case "open":
                return _("Open")
            case "begun":
                return _("Begun, %(done)s of %(all)s") % {
                    "done": self.answered,
                    "all": len(self.marks),
                }
            case "complete":
                return _("Assessed")
            case "earlier":
                return _("Not in the final round")
        return _("Released")


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter of the list."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """How often the juror gave a level."""

    level: int
    count: int
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """The juror's own habit, for the juror alone (J-86)."""

    bars: tuple[Bar, ...]
    sentence: str
    width: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything a juror's list shows."""

    seat: JurySeat
    criteria: tuple[Criterion, ...]
    lines: tuple[Line, ...]
    shown: tuple[Line, ...]
    # Assessments of the first round whose submissions are not in the final: to be read only.
    earlier: tuple[Line, ...]
    phase: Phase | None
    meeting: Phase | None
    is_open: bool
    pace: str
    distribution: Distribution | None

    @property
    def footprint_columns(self) -> list[Field]:
        """Return what any of the submissions shown declares about its footprint."""
        return footprint.columns([line.card for line in self.shown])

    @property
    def footprints(self) -> list[tuple[str, list[footprint.Declared]]]:
        """Return what each of the submissions shown declares, column by column."""
        columns = self.footprint_columns
        return [(line.pseudonym, footprint.row(columns, line.card)) for line in self.shown]

    @property
    def total(self) -> int:
        """Return the number of submissions on the list."""
        return len(self.lines)

    @property
    def done(self) -> int:
        """Return how many are assessed, released or not."""
        return sum(line.state in {COMPLETE, RELEASED} for line in self.lines)

    @property
    def released(self) -> int:
        """Return how many are released."""
        return sum(line.state == RELEASED for line in self.lines)

    @property
    def begun(self) -> int:
        """Return how many are begun and not complete."""
        return sum(line.state == BEGUN for line in self.lines)

    @property
    def untouched(self) -> int:
        """Return how many are not begun."""
        return sum(line.state == OPEN for line in self.lines)

    @property
    def next_line(self) -> Line | None:
        """Return the line to continue with."""
        return next((line for line in self.lines if line.is_next), None)

    @property
    def has_abstentions(self) -> bool:
        """Say whether "cannot judge" is anywhere on the list."""
        return any(mark.cannot_judge for line in self.shown for mark in line.marks)

    @property
    def common_scale(self) -> range | None:
        """Return the scale if all criteria have the same one."""
        scales = {criterion.scale for criterion in self.criteria}
        return scales.pop() if len(scales) == 1 else None

    @property
    def tabs(self) -> list[Tab]:
        """Return the filters; states that nothing is in are left out."""
        counts = Counter(line.state for line in self.lines)
        labels = {
            OPEN: _("Open"),
            BEGUN: _("Begun"),
            COMPLETE: _("Assessed"),
            RELEASED: _("Released"),
        }
        named = [Tab(key, label, counts[key]) for key, label in labels.items() if counts[key]]
        if self.earlier:
            named.append(Tab(EARLIER, _("First round only"), len(self.earlier)))
        return [Tab(ALL, _("All"), len(self.lines)), *named]


def shuffled(seat: JurySeat, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Return assignments in this juror's random order: stable, whatever comes or goes (Q-43)."""
    return sorted(
        assignments,
        key=lambda row: hashlib.sha256(
            f"{seat.order_seed}:{row.submission.code}".encode()
        ).digest(),
    )


def assignments_of(
    seat: JurySeat, user: User | AnonymousUser, *, files: bool = False
) -> list[Assignment]:
    """Return what the juror has to assess in this jury, in the juror's order, with own marks."""
    return _ordered(seat, Assignment.objects.visible_to(user).of_the_round(), files=files)


def _cut_off(seat: JurySeat, user: User | AnonymousUser) -> list[Assignment]:
    """Return what the juror can read of the first round that is not in the final."""
    if not seat.jury.is_final:
        return []
    visible = Assignment.objects.visible_to(user)
    return _ordered(seat, visible.exclude(pk__in=visible.of_the_round().values("pk")))


def _ordered(
    seat: JurySeat, assignments: AssignmentQuerySet, *, files: bool = False
) -> list[Assignment]:
    rows = (
        assignments.filter(seat=seat)
        .select_related("submission__entry", "assessment")
        .prefetch_related("assessment__scores")
    )
    if files:
        rows = rows.prefetch_related("submission__files")
    ordered = shuffled(seat, rows)
    for row in ordered:
        row.seat = seat
    return ordered


def assessment_of(assignment: Assignment) -> Assessment | None:
    """Return the assessment, None while nothing was saved."""
    return getattr(assignment, "assessment", None)


def line_of(assignment: Assignment, criteria: Sequence[Criterion]) -> Line:
    """Return a submission as the list shows it."""
    assessment = assessment_of(assignment)
    scores: dict[int, CriterionScore] = {}
    if assessment is not None:
        scores = {score.criterion_id: score for score in assessment.scores.all()}
    marks = tuple(mark_of(scores.get(criterion.pk)) for criterion in criteria)
    if assessment is None:
        state = OPEN
    elif assessment.state != AssessmentState.DRAFT:
        state = RELEASED
    else:
        state = COMPLETE if all(mark.is_given for mark in marks) else BEGUN
    units = assessment.total_hundredths if assessment is not None else None
    return Line(
        code=assignment.submission.code,
        pseudonym=assignment.submission.entry.jury_pseudonym,
        title=assignment.submission.title,
        marks=marks,
        total=None if units is None else from_units(units, SHOWN_DIGITS),
        state=state,
        card=assignment.submission.card,
    )


def mark_of(score: CriterionScore | None) -> Mark:
    """Return a score as a cell of the list."""
    if score is None:
        return Mark(None, cannot_judge=False)
    units = score.mark_hundredths
    return Mark(None if units is None else units // 100, cannot_judge=score.cannot_judge)


_SORTS = {
    "state": lambda line: [OPEN, BEGUN, COMPLETE, RELEASED, EARLIER].index(line.state),
    "total": lambda line: (line.total is None, -(line.total or 0)),
    "title": lambda line: line.title.casefold(),
}
SORTS = tuple(_SORTS)


def kept_filter(state: str, sort: str) -> str:
    """Return filter and order of the list as the end of an address; nothing for all in order."""
    states = {OPEN, BEGUN, COMPLETE, RELEASED}
    kept = {"state": state if state in states else "", "sort": sort if sort in _SORTS else ""}
    query = urlencode({key: value for key, value in kept.items() if value})
    return f"?{query}" if query else ""


def grid(
    seat: JurySeat,
    user: User | AnonymousUser,
    *,
    now: dt.datetime,
    state: str = ALL,
    sort: str = "",
) -> Grid:
    """Return the juror's list; the number of queries does not depend on its length."""
    challenge = seat.jury.challenge
    rubric = rubric_queries.of(challenge)
    criteria = tuple(rubric.criteria.all()) if rubric is not None else ()
    lines = [line_of(assignment, criteria) for assignment in assignments_of(seat, user)]
    earlier = [
        replace(line_of(assignment, criteria), state=EARLIER) for assignment in _cut_off(seat, user)
    ]
    phase = challenge.phase(PhaseKind.ASSESSMENT)
    is_open = seat.jury.state == JuryState.ASSESSING and (phase is None or phase.is_open(now))
    if is_open:
        lines = _with_next(lines)
    shown = earlier if state == EARLIER else [row for row in lines if state in {ALL, row.state}]
    if sort in _SORTS:
        shown.sort(key=_SORTS[sort])
    waiting = sum(line.state in {OPEN, BEGUN} for line in lines)
    return Grid(
        seat=seat,
        criteria=criteria,
        lines=tuple(lines),
        shown=tuple(shown),
        earlier=tuple(earlier),
        phase=phase,
        meeting=challenge.phase(PhaseKind.DELIBERATION),
        is_open=is_open,
        pace=_pace(waiting, phase, now) if is_open else "",
        distribution=_distribution(lines, criteria),
    )


def _with_next(lines: list[Line]) -> list[Line]:
    """Mark where to go on: the first that is begun or open, in the juror's order."""
    for position, line in enumerate(lines):
        if line.state in {OPEN, BEGUN}:
            marked = replace(line, is_next=True)
            return [*lines[:position], marked, *lines[position + 1 :]]
    return lines


def _pace(waiting: int, phase: Phase | None, now: dt.datetime) -> str:
    """Say how many assessments a day are needed to be in time; nothing without a deadline."""
    if not waiting or phase is None:
        return ""
    days = (phase.ends_at - now) // dt.timedelta(days=1)
    if days < 1:
        return _("The time ends within a day.")
    if days >= 2 * waiting:
        return ngettext(
            "One assessment every %(count)s day is enough.",
            "One assessment every %(count)s days is enough.",
            days // waiting,
        ) % {"count": days // waiting}
    per_day = -(-waiting // days)
    return ngettext(
        "%(count)s assessment a day is enough.",
        "%(count)s assessments a day are enough.",
        per_day,
    ) % {"count": per_day}


_BAR_WIDTH, _BAR_STEP, _BAR_HEIGHT, _BAR_BASE = 56, 92, 100, 128


def _distribution(lines: Sequence[Line], criteria: Sequence[Criterion]) -> Distribution | None:
    """Count the own levels; with different scales there is no common picture."""
    scales = {criterion.scale for criterion in criteria}
    given = [mark.level for line in lines for mark in line.marks if mark.level is not None]
    if len(scales) != 1 or not given:
        return None
    scale = scales.pop()
    counts = Counter(given)
    most = max(counts.values())
    bars = tuple(
        Bar(
            level=level,
            count=counts[level],
            x=40 + _BAR_STEP * position,
            y=_BAR_BASE - _BAR_HEIGHT * counts[level] // most,
            height=_BAR_HEIGHT * counts[level] // most,
        )
        for position, level in enumerate(scale)
    )
    pairs = [(counts[level] + counts[level + 1], level) for level in scale[:-1]]
    count, level = max(pairs)
    sentence = _("You gave level %(low)s or %(high)s in %(count)s of %(all)s cases.") % {
        "low": level,
        "high": level + 1,
        "count": count,
        "all": len(given),
    }
    return Distribution(bars, sentence, width=80 + _BAR_STEP * len(bars) - _BAR_STEP + _BAR_WIDTH)


# -- my juries -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """One jury on a juror's start page."""

    seat: JurySeat
    done: int
    total: int
    deadline: dt.datetime | None
    needs_declaration: bool

    @property
    def jury(self) -> Jury:
        """Return the jury."""
        return self.seat.jury


def desks(user: User | AnonymousUser) -> list[Desk]:
    """Return the juries of a person with own progress, the latest first."""
    seats = list(
        JurySeat.objects.visible_to(user)
        .select_related("jury__challenge__competition", "jury__challenge__agency")
        .prefetch_related("jury__challenge__phases")
        .order_by("-added_at", "-pk")
    )
    given = Q(assessment__scores__cannot_judge=True) | Q(
        assessment__scores__mark_hundredths__isnull=False
    )
    # Counted apart from the visibility, whose joins would count a score several times.
    mine = Assignment.objects.visible_to(user).of_the_round().filter(seat__in=seats).values("pk")
    rows = (
        Assignment.objects.filter(pk__in=mine)
        .annotate(answered=Count("assessment__scores", filter=given))
        .values_list("seat", "answered")
    )
    criteria = dict(
        Criterion.objects.filter(rubric__challenge__jury__seats__in=seats)
        .values("rubric__challenge__jury__seats")
        .annotate(wanted=Count("pk"))
        .values_list("rubric__challenge__jury__seats", "wanted")
    )
    totals: Counter[int] = Counter()
    done: Counter[int] = Counter()
    for key, answered in rows:
        totals[key] += 1
        done[key] += answered == criteria.get(key, 0)
    incomplete = conflict_queries.seats_with_open_questions(seats)
    found = []
    for seat in seats:
        phase = seat.jury.challenge.phase(PhaseKind.ASSESSMENT)
        found.append(
            Desk(
                seat=seat,
                done=done[seat.pk],
                total=totals[seat.pk],
                deadline=phase.ends_at if phase is not None else None,
                needs_declaration=seat.pk in incomplete,
            )
        )
    return found


# -- earlier versions ------------------------------------------------------------------------------

SPELL = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A save of an assessment, as its juror looks it up."""

    version: AssessmentVersion
    marks: tuple[Mark, ...]
    total: Decimal | None
    is_current: bool

    @property
    def number(self) -> int:
        """Return its number."""
        return self.version.number


def earlier_versions(
    assessment: Assessment, criteria: Sequence[Criterion], *, every: bool = False
) -> list[Earlier]:
    """Return the saves of an assessment, the newest first.

    An assessment saves itself while somebody writes; without `every` only the last save of each
    spell of writing is listed.
    """
    found: list[Earlier] = []
    newer: dt.datetime | None = None
    for version in assessment.versions.order_by("-number"):
        if every or newer is None or newer - version.saved_at >= SPELL:
            found.append(_earlier(version, assessment, criteria))
        newer = version.saved_at
    return found


def _earlier(
    version: AssessmentVersion, assessment: Assessment, criteria: Sequence[Criterion]
) -> Earlier:
    answers = version.content["answers"]
    given = [answers.get(criterion.key, {}) for criterion in criteria]
    units = [answer.get("mark") for answer in given]
    return Earlier(
        version=version,
        marks=tuple(
            Mark(
                None if mark is None else mark // 100,
                cannot_judge=bool(answer.get("cannot_judge")),
            )
            for mark, answer in zip(units, given, strict=True)
        ),
        total=None
        if version.total_hundredths is None
        else from_units(version.total_hundredths, SHOWN_DIGITS),
        is_current=version.number == assessment.version,
    )


# -- the scoring page ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sheet:
    """One submission as its juror assesses it."""

    assignment: Assignment
    assessment: Assessment | None
    rubric: Rubric
    criteria: tuple[Criterion, ...]
    scores: dict[int, CriterionScore]
    concept: SubmissionFile | None
    position: int
    count: int
    previous: Assignment | None
    following: Assignment | None
    following_open: Assignment | None

    @property
    def version(self) -> int:
        """Return the version a form is loaded with."""
        if self.assessment is not None:
            return self.assessment.version
        return rubric_queries.unsaved_version(self.rubric)

    @property
    def pseudonym(self) -> str:
        """Return the name of the submission before the jury."""
        return self.assignment.submission.entry.jury_pseudonym

    def onward(self, choice: str) -> Assignment | None:
        """Return where "next" leads, None for the list."""
        onward = {AfterSaving.NEXT: self.following, AfterSaving.OPEN: self.following_open}
        return onward.get(AfterSaving(choice))


def sheet(assignment: Assignment, user: User | AnonymousUser) -> Sheet | None:
    """Return all that the scoring page shows; None if the juror may not open it any more."""
    seat = assignment.seat
    rubric = rubric_queries.of(seat.jury.challenge)
    criteria = tuple(rubric.criteria.all()) if rubric is not None else ()
    ordered = assignments_of(seat, user)
    places = [row.pk for row in ordered]
    if assignment.pk not in places:
        ordered = _cut_off(seat, user)
        places = [row.pk for row in ordered]
    if rubric is None or assignment.pk not in places:
        return None
    at = places.index(assignment.pk)
    current = ordered[at]
    assessment = assessment_of(current)
    scores = {}
    if assessment is not None:
        scores = {score.criterion_id: score for score in assessment.scores.all()}
    return Sheet(
        assignment=current,
        assessment=assessment,
        rubric=rubric,
        criteria=criteria,
        scores=scores,
        concept=current.submission.concept,
        position=at + 1,
        count=len(ordered),
        previous=ordered[at - 1] if at else None,
        following=ordered[at + 1] if at + 1 < len(ordered) else None,
        # Behind the last one it begins anew: what was skipped comes up again.
        following_open=next(
            (
                row
                for row in ordered[at + 1 :] + ordered[:at]
                if line_of(row, criteria).state in {OPEN, BEGUN}
            ),
            None,
        ),
    )


def running_total(rubric: Rubric, levels: dict[int, int | None]) -> Decimal | None:
    """Return the total of the criteria answered so far, rounded as published; levels by criterion.

    Levels outside a scale are left out: the form says what is wrong with them.
    """
    marks: dict[str, int | None] = {}
    for criterion in rubric.criteria.all():
        level = levels.get(criterion.pk)
        marks[criterion.key] = (
            level * 100 if level is not None and level in criterion.scale else None
        )
    total: Fraction | None = juror_total(marks, rubric_queries.settings_of(rubric))
    return None if total is None else round_half_up(total, min(rubric.digits, SHOWN_DIGITS))


def levels_of(criterion: Criterion) -> list[Level]:
    """Return one level per mark of the scale, the lowest first; texts may be missing in drafts."""
    known = {level.mark: level for level in criterion.levels.all()}
    return [known.get(mark) or Level(criterion=criterion, mark=mark) for mark in criterion.scale]
