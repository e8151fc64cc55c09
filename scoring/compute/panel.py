"""Score and rank the marks of any panel, exactly: the rules of `manage.py rank`.

A panel is a table of marks and a rubric, without a competition around it. Marks, weights and
everything computed from them are fractions, rounded half up once where the rubric says so. The four
methods are separate orders and never enter one another. Missing is missing: what a juror has not
marked is in no mean, no median and no ranking.

With `points` and `juror_first` the weighted marks of a sheet are added as they are, so that a sheet
with a mark missing has fewer points; `incomplete` names those sheets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Final

import pandas as pd

from scoring.compute.exact import round_half_up, round_root
from scoring.compute.schema import RANK, SCORE, TIED, Aggregation, Method, Rounding
from scoring.compute.ties import competition_ranks

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from decimal import Decimal

FULL: Final = 100
TRIMMED_FROM: Final = 5  # values present; below that a trimmed mean is the plain mean
MOST_DIGITS: Final = 12

type Sheet = Mapping[str, Fraction]  # marks by criterion; what is not there is missing
type Sheets = Mapping[str, Mapping[str, Sheet]]  # by submission, by juror


class Scale(StrEnum):
    """What a mark is worth."""

    PERCENT = "percent"  # its share of the scale, weighted, of 100
    POINTS = "points"  # mark × weight, as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCriterion:
    """One criterion; the ends of its scale may be open for points. Weight 0 does not count."""

    key: str
    weight: Fraction = Fraction(1)
    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def counted(self) -> bool:
        """Whether the criterion enters the score."""
        return self.weight > 0

    def holds(self, mark: Fraction) -> bool:
        """Say whether a mark lies on the scale."""
        return (self.low is None or self.low <= mark) and (self.high is None or mark <= self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRubric:
    """How a panel is scored; everything here belongs to the call."""

    criteria: tuple[PanelCriterion, ...]
    scale: Scale = Scale.POINTS
    aggregation: Aggregation = Aggregation.JUROR_FIRST
    rounding: Rounding = Rounding.AT_END
    digits: int = 2
    method: Method = Method.WEIGHTED_MEAN  # what the call announces; functions are told theirs

    @property
    def counted(self) -> tuple[PanelCriterion, ...]:
        """The criteria that enter the score."""
        return tuple(criterion for criterion in self.criteria if criterion.counted)

    def without(self, key: str) -> PanelRubric:
        """Return the rubric without one criterion."""
        kept = tuple(criterion for criterion in self.criteria if criterion.key != key)
        return replace(self, criteria=kept)

    def with_digits(self, digits: int) -> PanelRubric:
        """Return the rubric with another number of published digits."""
        return replace(self, digits=digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRow:
    """One submission. Figures are rounded half up to the published digits; None is missing."""

    submission: str
    rank: int | None
    tied: bool
    score: Decimal | None
    jurors: int
    mean: Decimal | None
    median: Decimal | None
    sd: Decimal | None  # ddof 1 over the jurors' totals; one juror has none (X-12)
    lowest: Decimal | None
    highest: Decimal | None


def juror_total(sheet: Sheet, rubric: PanelRubric) -> Fraction | None:
    """Return what one juror gives one submission; None without a counted mark (X-2)."""
    answered = [criterion for criterion in rubric.counted if criterion.key in sheet]
    if not answered:
        return None
    parts = _weighted({c: sheet[c.key] for c in answered}, rubric)
    if rubric.aggregation is Aggregation.JUROR_FIRST:
        parts = _rounded(parts, rubric)
    return sum(parts, Fraction(0))


def juror_totals(sheets: Sheets, rubric: PanelRubric) -> dict[str, dict[str, Fraction]]:
    """Return the totals by submission and juror; submissions without any stay, empty."""
    return {
        submission: {
            juror: total
            for juror, sheet in own.items()
            if (total := juror_total(sheet, rubric)) is not None
        }
        for submission, own in sheets.items()
    }


def exact_scores(sheets: Sheets, rubric: PanelRubric, method: Method) -> dict[str, Fraction | None]:
    """Return the score of every submission before the last rounding; None without a mark."""
    totals = juror_totals(sheets, rubric)
    if method is Method.RANK_SUM:
        return rank_sums(totals)
    if rubric.aggregation is Aggregation.JUROR_FIRST:
        return {name: together(list(own.values()), method) for name, own in totals.items()}
    return {name: _by_criterion(own, rubric, method) for name, own in sheets.items()}


def rank_sums[Name: Hashable, Juror: Hashable](
    totals: Mapping[Name, Mapping[Juror, Fraction]],
) -> dict[Name, Fraction | None]:
    """Add up the fractional ranks that the jurors gave; lower is better (X-20).

    Jurors who saw a part only rank within their part: their ranks r of n become (r − ½)/n, and
    the mean of a submission is stretched back to all jurors and submissions. With every juror at
    every submission this is the plain rank sum.
    """
    given = [name for name, own in totals.items() if own]
    jurors = {juror for own in totals.values() for juror in own}
    shares: dict[Name, list[Fraction]] = {name: [] for name in totals}
    for juror in jurors:
        seen = [name for name in given if juror in totals[name]]
        for name, rank in zip(seen, _fractional([totals[n][juror] for n in seen]), strict=True):
            shares[name].append((rank - Fraction(1, 2)) / len(seen))
    means = {name: _mean(own) for name, own in shares.items()}
    return {
        name: None if mean is None else len(jurors) * (len(given) * mean + Fraction(1, 2))
        for name, mean in means.items()
    }


def published(scores: Mapping[str, Fraction | None], digits: int) -> dict[str, Decimal | None]:
    """Round scores half up to the published digits."""
    return {
        name: None if score is None else round_half_up(score, digits)
        for name, score in scores.items()
    }


def ranks(
    scores: Mapping[str, Decimal | None], method: Method
) -> dict[str, tuple[int | None, bool]]:
    """Return rank by the published figure, and whether it is shared (X-5, X-6).

    What has no score has no rank.
    """
    sign = -1 if method.lower_is_better else 1
    column = pd.Series([None if s is None else sign * s for s in scores.values()], dtype=object)
    found = competition_ranks(pd.DataFrame({SCORE: column}), eligible=column.notna())
    return {
        name: (None if pd.isna(rank) else int(rank), bool(tied))
        for name, rank, tied in zip(scores, found[RANK], found[TIED], strict=True)
    }


def rank_panel(
    sheets: Sheets, rubric: PanelRubric, method: Method = Method.WEIGHTED_MEAN
) -> list[PanelRow]:
    """Score and rank every submission: by rank, equals by name, unscored ones last."""
    digits = rubric.digits
    scores = published(exact_scores(sheets, rubric, method), digits)
    places = ranks(scores, method)
    rows = []
    for name, own in juror_totals(sheets, rubric).items():
        values = sorted(own.values())
        rank, tied = places[name]
        rows.append(
            PanelRow(
                submission=name,
                rank=rank,
                tied=tied,
                score=scores[name],
                jurors=len(values),
                mean=_shown(_mean(values), digits),
                median=_shown(_median(values), digits),
                sd=_deviation(values, digits),
                lowest=_shown(values[0] if values else None, digits),
                highest=_shown(values[-1] if values else None, digits),
            )
        )
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.submission))


def incomplete(sheets: Sheets, rubric: PanelRubric) -> Iterator[tuple[str, str]]:
    """Yield submission and juror of sheets on which some, but not all, counted marks are there."""
    wanted = {criterion.key for criterion in rubric.counted}
    for name in sorted(sheets):
        for juror in sorted(sheets[name]):
            if wanted & set(sheets[name][juror]) and not wanted <= set(sheets[name][juror]):
                yield name, juror


def without_juror(sheets: Sheets, juror: str) -> dict[str, dict[str, Sheet]]:
    """Return the sheets of the others."""
    return {
        name: {who: sheet for who, sheet in own.items() if who != juror}
        for name, own in sheets.items()
    }


def jurors_of(sheets: Sheets) -> list[str]:
    """Return the jurors by name."""
    return sorted({juror for own in sheets.values() for juror in own})


# ---- arithmetic ------------------------------------------------------------------------------
def _weighted(marks: Mapping[PanelCriterion, Fraction], rubric: PanelRubric) -> list[Fraction]:
    """Weigh marks, or means of marks; of 100 where the scale says so."""
    if rubric.scale is Scale.POINTS:
        return [criterion.weight * mark for criterion, mark in marks.items()]
    whole = sum((criterion.weight for criterion in marks), Fraction(0))
    return [
        FULL * criterion.weight / whole * (mark - low) / (high - low)
        for criterion, mark in marks.items()
        if (low := criterion.low) is not None and (high := criterion.high) is not None
    ]


def _rounded(parts: list[Fraction], rubric: PanelRubric) -> list[Fraction]:
    """Round each weighted criterion if it is published so (X-4)."""
    if rubric.rounding is Rounding.AT_END:
        return parts
    return [Fraction(round_half_up(part, rubric.digits)) for part in parts]


def _by_criterion(
    sheets: Mapping[str, Sheet], rubric: PanelRubric, method: Method
) -> Fraction | None:
    """Put the marks of each criterion together over the jurors, then weigh and add (X-3, X-41)."""
    means: dict[PanelCriterion, Fraction] = {}
    for criterion in rubric.counted:
        marks = [sheet[criterion.key] for sheet in sheets.values() if criterion.key in sheet]
        mean = together(marks, method)
        if mean is not None:
            means[criterion] = mean
    if not means:
        return None
    return sum(_rounded(_weighted(means, rubric), rubric), Fraction(0))


def together(values: Collection[Fraction], method: Method) -> Fraction | None:
    """Put values of several jurors together: mean, median or trimmed mean; None without any."""
    ordered = sorted(values)
    if method is Method.MEDIAN:
        return _median(ordered)
    if method is Method.TRIMMED_MEAN and len(ordered) >= TRIMMED_FROM:
        # Sliced, so that exactly one of several equal extremes goes.
        ordered = ordered[1:-1]
    return _mean(ordered)


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def _median(ordered: Sequence[Fraction]) -> Fraction | None:
    if not ordered:
        return None
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _deviation(values: Sequence[Fraction], digits: int) -> Decimal | None:
    mean = _mean(values)
    if mean is None or len(values) < 2:
        return None
    square = sum(((value - mean) ** 2 for value in values), Fraction(0))
    return round_root(square / (len(values) - 1), digits)


def _fractional(values: Sequence[Fraction]) -> list[Fraction]:
    """Return fractional ranks, the largest value first; equal values share their mean rank."""
    ranks: dict[Fraction, Fraction] = {}
    before = 0
    for value, equals in groupby(sorted(values, reverse=True)):
        count = sum(1 for _equal in equals)
        ranks[value] = before + Fraction(count + 1, 2)
        before += count
    return [ranks[value] for value in values]


def _shown(value: Fraction | None, digits: int) -> Decimal | None:
    return None if value is None else round_half_up(value, digits)
