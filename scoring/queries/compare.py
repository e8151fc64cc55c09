"""Two to four submissions side by side: own marks, or those of the jury after closing (J-86)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from core import display
from scoring.queries import board
from scoring.queries.juror import (
    RELEASED,
    Mark,
    assessment_of,
    assignments_of,
    levels_of,
    line_of,
    mark_of,
)
from submissions import footprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models.bilingual import Text
    from competition.statement.fields import Field
    from scoring.models import Assignment, Criterion, Jury, JurySeat, Rubric
    from scoring.queries.board import Detail, MatrixRow
    from scoring.queries.board import Line as BoardLine
    from scoring.queries.juror import Line
    from submissions.models import Submission, SubmissionFile

FEWEST, MOST = 2, 4


@dataclass(frozen=True, slots=True)
class Pick:
    """One submission that may be chosen."""

    code: str
    pseudonym: str
    title: str
    is_chosen: bool


def wanted(codes: Sequence[str], known: Sequence[str]) -> list[str] | None:
    """Return the chosen codes in the order of the list; None if one of them is not on it."""
    return [code for code in known if code in codes] if set(codes) <= set(known) else None


def sentence(count: int) -> str:
    """Say what is missing until the chosen ones can be compared; nothing if they can."""
    if FEWEST <= count <= MOST:
        return ""
    if count > MOST:
        return _("Please choose %(most)s submissions at most.") % {"most": MOST}
    return _("Please choose %(fewest)s to %(most)s submissions.") % {
        "fewest": FEWEST,
        "most": MOST,
    }


def _footprints(
    columns: Sequence[tuple[Line | BoardLine, Submission]],
) -> list[tuple[Field, list[tuple[str, str]]]]:
    names = [line.pseudonym for line, _submission in columns]
    return [
        (field, list(zip(names, words, strict=True)))
        for field, words in footprint.table([submission.card for _line, submission in columns])
    ]


# -- one's own -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """What the juror gave one submission on one criterion."""

    line: Line
    mark: Mark
    anchor: Text | None
    comment: str


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion over the submissions."""

    criterion: Criterion
    cells: tuple[Cell, ...]

    @property
    def span(self) -> str:
        """Return from where to where the own levels reach; nothing if they agree."""
        levels = [cell.mark.level for cell in self.cells if cell.mark.level is not None]
        low, high = min(levels, default=0), max(levels, default=0)
        if low == high:
            return ""
        return _("from %(low)s to %(high)s") % {"low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Column:
    """One submission with what the juror wrote about it as a whole."""

    line: Line
    submission: Submission
    concept: SubmissionFile | None
    comment: str
    private_note: str

    @property
    def is_released(self) -> bool:
        """Say whether the juror can no longer change it."""
        return self.line.state == RELEASED


@dataclass(frozen=True, slots=True)
class Comparison:
    """Some of a juror's submissions beside each other; own marks only."""

    picks: tuple[Pick, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def footprints(self) -> list[tuple[Field, list[tuple[str, str]]]]:
        """Return what the teams declare, field by field, each with the name of the submission."""
        return _footprints([(column.line, column.submission) for column in self.columns])

    @property
    def has_notes(self) -> bool:
        """Say whether any private note is there to be shown."""
        return any(column.private_note for column in self.columns)


def own(
    seat: JurySeat, user: User | AnonymousUser, rubric: Rubric, codes: Sequence[str]
) -> Comparison | None:
    """Return the chosen ones of a juror's list; None if one of them is not on it."""
    assignments = {row.submission.code: row for row in assignments_of(seat, user, files=True)}
    chosen = wanted(codes, list(assignments))
    if chosen is None:
        return None
    criteria = tuple(rubric.criteria.all())
    lines = {code: line_of(row, criteria) for code, row in assignments.items()}
    shown = chosen if FEWEST <= len(chosen) <= MOST else []
    return Comparison(
        picks=tuple(
            Pick(code, line.pseudonym, line.title, code in chosen) for code, line in lines.items()
        ),
        columns=tuple(_column(assignments[code], lines[code]) for code in shown),
        rows=tuple(
            Row(
                criterion,
                tuple(_cell(assignments[code], lines[code], criterion) for code in shown),
            )
            for criterion in criteria
        ),
    )


def _column(assignment: Assignment, line: Line) -> Column:
    assessment = assessment_of(assignment)
    return Column(
        line=line,
        submission=assignment.submission,
        concept=assignment.submission.concept,
        comment=assessment.comment if assessment is not None else "",
        private_note=assessment.private_note if assessment is not None else "",
    )


def _cell(assignment: Assignment, line: Line, criterion: Criterion) -> Cell:
    assessment = assessment_of(assignment)
    scores = [] if assessment is None else assessment.scores.all()
    score = next((row for row in scores if row.criterion_id == criterion.pk), None)
    mark = mark_of(score)
    anchors = {level.mark: level.anchor for level in levels_of(criterion)}
    return Cell(
        line=line,
        mark=mark,
        anchor=None if mark.level is None else anchors.get(mark.level),
        comment=score.comment if score is not None else "",
    )


# -- the jury's, after closing ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JuryCell:
    """What the jury gave one submission on one criterion, by the letters of the jurors."""

    line: BoardLine
    marks: str
    mean: Decimal | None
    is_wide: bool
    agreed: int | None


@dataclass(frozen=True, slots=True)
class JuryRow:
    """One criterion over the submissions."""

    criterion: Criterion
    cells: tuple[JuryCell, ...]


@dataclass(frozen=True, slots=True)
class JuryComparison:
    """Some submissions of the board beside each other."""

    picks: tuple[Pick, ...]
    columns: tuple[tuple[BoardLine, Detail], ...]
    rows: tuple[JuryRow, ...]

    @property
    def footprints(self) -> list[tuple[Field, list[tuple[str, str]]]]:
        """Return what the teams declare, field by field, each with the name of the submission."""
        return _footprints([(line, detail.submission) for line, detail in self.columns])


def of_jury(
    jury: Jury, lines: Sequence[BoardLine], rubric: Rubric, codes: Sequence[str]
) -> JuryComparison | None:
    """Return the chosen lines of the board; None if one is not there or hidden from the chair."""
    open_ones = {line.code: line for line in lines if not line.is_hidden}
    chosen = wanted(codes, list(open_ones))
    if chosen is None:
        return None
    shown = chosen if FEWEST <= len(chosen) <= MOST else []
    columns = tuple((open_ones[code], board.detail(jury, code, rubric)) for code in shown)
    return JuryComparison(
        picks=tuple(
            Pick(code, line.pseudonym, "", code in chosen) for code, line in open_ones.items()
        ),
        columns=columns,
        rows=tuple(
            JuryRow(
                criterion,
                tuple(_jury_cell(line, detail, detail.rows[at]) for line, detail in columns),
            )
            for at, criterion in enumerate(rubric.criteria.all())
        ),
    )


def _jury_cell(line: BoardLine, detail: Detail, row: MatrixRow) -> JuryCell:
    levels = [Decimal(mark.words) for mark in row.marks if mark.words.isdecimal()]
    return JuryCell(
        line=line,
        marks=", ".join(
            f"{letter}\N{NO-BREAK SPACE}{mark.words}"
            for letter, mark in zip(detail.letters, row.marks, strict=True)
        )
        or display.MISSING,
        mean=sum(levels, Decimal()) / len(levels) if levels else None,
        is_wide=row.is_wide,
        agreed=row.agreed,
    )
