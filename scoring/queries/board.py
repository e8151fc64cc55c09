"""Reads of the chair's board: the ranking under pseudonyms, and one submission in detail."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.display import number_words
from scoring.models import Assessment, ConsensusMark, CriterionScore, JurySeat
from scoring.queries import jury as jury_queries
from scoring.states import AwardKind
from submissions.models import Submission

if TYPE_CHECKING:
    from scoring.models import Criterion, Jury, Rubric
    from scoring.queries.metrics import MetricCard
    from submissions.models import Entry

LETTERS = string.ascii_uppercase


class BoardRow(Protocol):
    """A row of a board: just computed or stored, both have these."""

    @property
    def entry(self) -> Any:
        """Return the entry."""

    @property
    def submission(self) -> Any:
        """Return the version that was assessed."""

    @property
    def name(self) -> str:
        """Return the jury pseudonym."""

    @property
    def rank(self) -> int | None:
        """Return the rank, None below the line."""

    @property
    def score(self) -> str:
        """Return the published figure, empty where there is none."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Return the further figures."""

    @property
    def note(self) -> str:
        """Return the key of why there is no rank."""


def decimal_of(text: Any) -> Decimal | None:
    """Return a stored figure as a number; an empty text is none."""
    return Decimal(text) if text else None


def tie_words(step: str, criteria: Mapping[str, str]) -> str:
    """Say which published rule decided between equals; empty where none was needed."""
    kind, _colon, criterion = step.partition(":")
    if kind == "criterion":
        return _("Equal points; decided by the average mark in “%(criterion)s”.") % {
            "criterion": criteria.get(criterion, criterion)
        }
    return {
        "median": _("Equal points; decided by the median of the jurors' totals."),
        "first_places": _("Equal points; decided by the number of first places with jurors."),
        "chair": _("Equal points; decided by the chair, see the reasons."),
        "jury_points": _("Equal points; decided by the higher points of the jury."),
    }.get(kind, "")


def award_words(kind: str, place: int | None) -> str:
    """Name an award: "Prize 1" where there is a place, else its kind."""
    if kind == AwardKind.PRIZE and place:
        return _("Prize %(place)s") % {"place": place}
    return str(AwardKind(kind).label)


def reason_words(note: str, count: int, wanted: int) -> str:
    """Say why a submission has no rank (Q-77)."""
    if note == "no_metric_score":
        return _("no value on the hidden part")
    if count == 0:
        return _("no rank: no assessment")
    found = ngettext("no rank: %(count)s assessment", "no rank: %(count)s assessments", count)
    needed = ngettext("%(wanted)s needed", "%(wanted)s needed", wanted)
    return f"{found}, {needed}" % {"count": count, "wanted": wanted}


# -- the ranking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A submission on the chair's board. Of one in conflict with the chair: rank and points."""

    entry_id: int
    code: str
    pseudonym: str
    rank: int | None
    is_tied: bool
    tie: str
    points: Decimal | None
    is_hidden: bool
    is_selected: bool
    jury_points: Decimal | None
    median: Decimal | None
    sd: Decimal | None
    n: int
    lowest: Decimal | None
    highest: Decimal | None
    metric_value: str
    metric_raw: str
    metric_points: Decimal | None
    jury_part: Decimal | None
    metric_part: Decimal | None
    discuss: bool
    reason: str
    # Cut after the first round: it ranks behind the finalists.
    is_cut: bool = False

    @property
    def jurors_words(self) -> str:
        """Return Q-80: how many jurors, from where to where."""
        if not self.n or self.lowest is None:
            return ""
        return ngettext(
            "%(count)s juror, from %(lowest)s to %(highest)s.",
            "%(count)s jurors, from %(lowest)s to %(highest)s.",
            self.n,
        ) % {
            "count": self.n,
            "lowest": number_words(self.lowest, 1),
            "highest": number_words(self.highest, 1),
        }


@dataclass(frozen=True, slots=True)
class Ranking:
    """The board: ranked lines, then those below the line."""

    lines: tuple[Line, ...]
    card: MetricCard | None
    jury_weight: Decimal | None
    metric_weight: Decimal | None

    @property
    def ranked(self) -> list[Line]:
        """Return the lines with a rank."""
        return [line for line in self.lines if line.rank is not None]

    @property
    def unranked(self) -> list[Line]:
        """Return the lines without a rank."""
        return [line for line in self.lines if line.rank is None]

    @property
    def selected(self) -> Line | None:
        """Return the line whose details are shown."""
        return next((line for line in self.lines if line.is_selected), None)


def ranking(
    jury_rows: Iterable[BoardRow],
    jury_header: Mapping[str, Any],
    combined: tuple[Iterable[BoardRow], Mapping[str, Any], MetricCard] | None,
    *,
    hidden: Collection[int],
    discuss: Collection[int],
    selected: str,
) -> Ranking:
    """Put the jury's board and, where something is measured, the combined one side by side.

    `hidden` are entries about which the chair may know nothing but rank and points; `discuss` are
    those on which the jurors are far apart; `selected` is the code of a submission.
    """
    jury = {row.entry.pk: row for row in jury_rows}
    final_rows, header, card = combined or (jury.values(), {}, None)
    criteria = {item["key"]: item["name_de"] for item in jury_header["criteria"]}
    lines = []
    for row in final_rows:
        marks = jury[row.entry.pk].columns
        metric = row.columns if card else {}
        is_hidden = row.entry.pk in hidden
        shown = {} if is_hidden else marks
        note = row.note if row.note == "no_metric_score" else jury[row.entry.pk].note
        lines.append(
            Line(
                entry_id=row.entry.pk,
                code=row.submission.code,
                pseudonym=row.name,
                rank=row.rank,
                is_tied=bool(row.columns["tied"]),
                tie=tie_words(row.columns["tie_step"], criteria),
                points=decimal_of(row.score),
                is_hidden=is_hidden,
                is_selected=row.submission.code == selected,
                jury_points=decimal_of(shown.get("points")),
                median=decimal_of(shown.get("median")),
                sd=decimal_of(shown.get("sd")),
                n=int(shown.get("n", 0)),
                lowest=decimal_of(shown.get("lowest")),
                highest=decimal_of(shown.get("highest")),
                metric_value=card.figure(metric["metric_value"]) if card and not is_hidden else "",
                metric_raw="" if is_hidden else str(metric.get("metric_value", "")),
                metric_points=None if is_hidden else decimal_of(metric.get("metric_points")),
                jury_part=None if is_hidden else decimal_of(metric.get("jury_part")),
                metric_part=None if is_hidden else decimal_of(metric.get("metric_part")),
                is_cut=marks.get("round") == "first",
                discuss=not is_hidden and row.entry.pk in discuss,
                reason=""
                if row.rank is not None or is_hidden
                else reason_words(note, int(marks["n"]), int(jury_header["min_assessments"])),
            )
        )
    return Ranking(
        lines=tuple(lines),
        card=card,
        jury_weight=decimal_of(header.get("jury_weight")),
        metric_weight=decimal_of(header.get("metric_weight")),
    )


def first_below(board: Ranking, prizes: int) -> str:
    """Return the code of the first line behind the last prize; empty where no line is."""
    below = [line for line in board.ranked if line.rank is not None and line.rank > prizes]
    return below[0].code if prizes and below else ""


# -- one submission --------------------------------------------------------------------------------


def letters(jury: Jury) -> dict[int, str]:
    """Return a letter per seat: the same on every page, in an order that says nothing."""
    seats = JurySeat.objects.filter(jury=jury).values_list("pk", "order_seed")
    drawn = sorted(
        seats, key=lambda seat: hashlib.sha256(f"{jury.pk} {seat[1]} {seat[0]}".encode()).digest()
    )
    return {pk: _letter(at) for at, (pk, _seed) in enumerate(drawn)}


def _letter(at: int) -> str:
    return LETTERS[at] if at < len(LETTERS) else f"{LETTERS[at // 26 - 1]}{LETTERS[at % 26]}"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell of the matrix; `is_off` marks the ends of a wide span."""

    words: str
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One criterion over the jurors."""

    criterion: Criterion
    marks: tuple[Mark, ...]
    span: str
    is_wide: bool
    # What the jury agreed on after talking; it never counts.
    agreed: int | None


@dataclass(frozen=True, slots=True)
class Comment:
    """What a juror wrote, for the team and for the talk."""

    letter: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One submission as the jury talks about it."""

    submission: Submission
    letters: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    totals: tuple[Decimal, ...]
    comments: tuple[Comment, ...]

    @property
    def has_consensus(self) -> bool:
        """Say whether the jury agreed on any level."""
        return any(row.agreed is not None for row in self.rows)

    @property
    def disputed(self) -> list[MatrixRow]:
        """Return the criteria on which the marks are half a scale apart, or more."""
        return [row for row in self.rows if row.is_wide]


def entries_by_code(jury: Jury) -> dict[str, Entry]:
    """Return the entries of the jury by the code of their counting version."""
    return {row.code: row.entry for row in jury_queries.running_submissions(jury)}


def detail(jury: Jury, code: str, rubric: Rubric) -> Detail:
    """Return marks, totals and comments of the counted assessments; private notes stay private."""
    submission = Submission.objects.for_challenge(jury.challenge).get(code=code)
    names = letters(jury)
    assessments = sorted(
        Assessment.objects.of_jury(jury)
        .counted()
        .filter(assignment__submission=submission)
        .select_related("assignment")
        .defer("private_note")
        .prefetch_related(Prefetch("scores", CriterionScore.objects.select_related("criterion"))),
        key=lambda row: (len(names[row.assignment.seat_id]), names[row.assignment.seat_id]),
    )
    given = [{score.criterion_id: score for score in row.scores.all()} for row in assessments]
    criteria = list(rubric.criteria.all())
    agreed = consensus(jury, submission.entry_id)
    comments = []
    for row, scores in zip(assessments, given, strict=True):
        letter = names[row.assignment.seat_id]
        comments += [
            Comment(letter, f"{criterion} {_mark(score).words}", score.comment)
            for criterion in criteria
            if (score := scores.get(criterion.pk)) is not None and score.comment
        ]
        if row.comment:
            comments.append(Comment(letter, _("Overall"), row.comment))
    return Detail(
        submission=submission,
        letters=tuple(names[row.assignment.seat_id] for row in assessments),
        rows=tuple(
            _matrix_row(
                criterion,
                [scores.get(criterion.pk) for scores in given],
                agreed.get(criterion.pk),
            )
            for criterion in criteria
        ),
        totals=tuple(Decimal(row.total_hundredths or 0) / 100 for row in assessments),
        comments=tuple(comments),
    )


def _mark(score: CriterionScore | None, *, is_off: bool = False) -> Mark:
    if score is None:
        return Mark("–")
    if score.mark_hundredths is None:
        return Mark(pgettext("cannot judge, short", "n/j"))
    return Mark(f"{score.mark_hundredths / 100:g}", is_off)


def consensus(jury: Jury, entry: int) -> dict[int, int]:
    """Return the levels that the jury agreed on after talking, by criterion."""
    rows = ConsensusMark.objects.filter(jury=jury, entry=entry)
    return {
        key: mark // 100
        for key, mark in rows.values_list("criterion", "mark_hundredths")
        if mark is not None
    }


def _matrix_row(
    criterion: Criterion, scores: list[CriterionScore | None], agreed: int | None
) -> MatrixRow:
    given = [
        score.mark_hundredths
        for score in scores
        if score is not None and score.mark_hundredths is not None
    ]
    low, high = min(given, default=0), max(given, default=0)
    is_wide = 2 * (high - low) > 100 * (criterion.highest - criterion.lowest)
    span = _("agreed") if low == high else f"{low / 100:g}–{high / 100:g}"
    return MatrixRow(
        criterion=criterion,
        marks=tuple(
            _mark(
                score,
                is_off=is_wide and score is not None and score.mark_hundredths in {low, high},
            )
            for score in scores
        ),
        span=span if given else "–",
        is_wide=is_wide,
        agreed=agreed,
    )
