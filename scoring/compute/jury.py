"""The official score of the jury, in exact arithmetic from the marks to the rank.

The functions take marks, weights and settings and nothing else: no figure of decision support can
find its way into them. The caller passes released marks only; drafts, recused and calibration
assessments never enter.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scoring.compute.exact import from_units, round_half_up, round_root
from scoring.compute.panel import rank_sums, together
from scoring.compute.schema import (
    CARRIED_OVER,
    CRITERION,
    DEDUCTION,
    EXACT,
    FIRST_PLACES,
    FLAGS,
    JUROR,
    LINE,
    MARK,
    MAXIMUM,
    MEAN,
    MEDIAN,
    MINIMUM,
    PARTS,
    POINTS,
    RANK,
    REASON,
    SCORE,
    SD,
    SPREAD,
    SUBMISSION,
    TIE_STEP,
    TIED,
    TOTAL,
    Aggregation,
    DisagreementLimits,
    LineKind,
    Method,
    N,
    OfficialResult,
    RankOn,
    Rounding,
    Rubric,
    TieKind,
    Unranked,
)
from scoring.compute.ties import COMPETITION_RANKING, competition_ranks
from scoring.compute.words import N_

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from enum import StrEnum

    import numpy.typing as npt

type Integers = npt.NDArray[np.int64] | npt.NDArray[np.object_]

FULL: Final = 100  # points of a perfect score; also the hundredths of one scale point
SAFE_INTEGER: Final = 2**62  # beyond that, arrays hold Python integers, which cannot overflow

TABLE_COLUMNS: Final = (
    SUBMISSION, RANK, TIED, TIE_STEP, SCORE, EXACT, PARTS, DEDUCTION, CARRIED_OVER,
    N, MEAN, MEDIAN, SD, MINIMUM, MAXIMUM, FIRST_PLACES, REASON,
)  # fmt: skip

JURY_RULE: Final = N_(
    "Each juror's marks are weighted, and the jurors of a submission put together to its score, as "
    "announced in the call."
)
# How the jurors are put together: in the published order, by the published method.
TOGETHER: Final[Mapping[tuple[Aggregation, Method], str]] = {
    (Aggregation.JUROR_FIRST, Method.WEIGHTED_MEAN): N_(
        "First each juror's weighted total is formed, then the average over the jurors."
    ),
    (Aggregation.JUROR_FIRST, Method.MEDIAN): N_(
        "First each juror's weighted total is formed, then the median of the jurors' totals."
    ),
    (Aggregation.JUROR_FIRST, Method.TRIMMED_MEAN): N_(
        "First each juror's weighted total is formed, then the average over the jurors; of at "
        "least five totals the highest and the lowest are left out."
    ),
    (Aggregation.JUROR_FIRST, Method.RANK_SUM): N_(
        "Each juror's weighted totals become the ranks that this juror gave; the ranks of a "
        "submission are added, and the smallest sum is the best."
    ),
    (Aggregation.CRITERION_FIRST, Method.WEIGHTED_MEAN): N_(
        "First the marks of each criterion are averaged over the jurors, then weighted and added."
    ),
    (Aggregation.CRITERION_FIRST, Method.MEDIAN): N_(
        "First the median of the marks of each criterion is taken, then weighted and added."
    ),
    (Aggregation.CRITERION_FIRST, Method.TRIMMED_MEAN): N_(
        "First the marks of each criterion are averaged over the jurors, then weighted and added; "
        "of at least five marks the highest and the lowest are left out."
    ),
}
EXPLANATIONS: Final[Mapping[StrEnum, str]] = {
    Rounding.AT_END: N_("Only the final score is rounded, half up."),
    Rounding.PER_CRITERION: N_(
        "Each weighted criterion is rounded half up before it is added, so that the printed parts "
        "add up to the printed total."
    ),
    RankOn.PUBLISHED: N_("Ranks follow the published, rounded score: equal figures share a rank."),
    RankOn.EXACT: N_("Ranks follow the exact score before rounding."),
    TieKind.CRITERION: N_("Equal scores are decided by the average mark of a named criterion."),
    TieKind.MEDIAN: N_("Equal scores are decided by the median of the jurors' totals."),
    TieKind.FIRST_PLACES: N_(
        "Equal scores are decided by the number of jurors who placed a submission first."
    ),
    TieKind.CHAIR: N_("Equal scores are decided by the chair, with the reason in the minutes."),
}


class JuryError(ValueError):
    """Marks do not fit the rubric; `code` is the key of the sentence.

    Codes: unknown_submission, unknown_criterion, duplicate_mark, mark_not_an_integer,
    mark_outside_scale, unknown_juror, unknown_line, line_digits, line_beside_ranks,
    duplicate_submission.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def explain(rubric: Rubric) -> tuple[str, ...]:
    """Return the settings of a rubric as English sentences that are marked for translation."""
    settings: list[StrEnum] = [rubric.rounding, rubric.rank_on]
    settings += [step.kind for step in rubric.tie_chain]
    return (
        TOGETHER[rubric.aggregation, rubric.method],
        *(EXPLANATIONS[setting] for setting in settings),
        COMPETITION_RANKING,
    )


def official_score(
    marks: pd.DataFrame,
    rubric: Rubric,
    *,
    submissions: Sequence[Hashable],
    lines: pd.DataFrame | None = None,
    chair_order: Sequence[Hashable] = (),
) -> OfficialResult:
    """Compute score and rank of every submission from the released marks (X-1 to X-12).

    `marks`: one row per mark × (SUBMISSION, JUROR, CRITERION, MARK in hundredths); a missing MARK
    is absent. `submissions` are all that are in the running, in the order in which equals are
    listed. `lines`: one row per signed line × (SUBMISSION, LINE, POINTS Decimal), added after
    rounding. `chair_order` is the chair's decision between equals, best first, used only if the
    tie chain says so and only where it names everybody concerned.

    With a rank sum SCORE is that sum, and the smallest is the best. Submissions with too few
    assessments for a rank stand in no juror's ranking.
    """
    if len(set(submissions)) != len(submissions):
        raise JuryError("duplicate_submission")
    sheets = _read_marks(marks, rubric, submissions)
    points = _points(sheets, rubric)
    means = _criterion_means(sheets, rubric)
    parts = _criterion_parts(sheets, points, means, rubric)
    spreads = _spreads(sheets, points)
    exact = _exact_scores(sheets, points, parts, rubric)
    table = _scores(exact, spreads, _signed_lines(lines, rubric, submissions), rubric)
    table[FIRST_PLACES] = _first_places(sheets, points, rubric, len(submissions))
    table.insert(0, SUBMISSION, list(submissions))
    ranks = _ranks(table, means, spreads, rubric, chair_order)
    table = pd.concat([table, ranks], axis="columns")
    table[REASON] = _objects([_reason(n, rubric) for n in table[N]])
    return OfficialResult(
        table=table.sort_values(RANK, kind="stable", na_position="last", ignore_index=True)[
            list(TABLE_COLUMNS)
        ],
        juror_totals=_juror_totals(sheets, points, rubric, submissions),
        criteria=_criteria_table(sheets, means, parts, rubric, submissions),
        incomplete=pd.DataFrame(
            {
                SUBMISSION: [submissions[at] for at, _ in sheets.left_out],
                JUROR: [juror for _, juror in sheets.left_out],
            }
        ),
    )


def disagreement(table: pd.DataFrame, limits: DisagreementLimits) -> pd.DataFrame:
    """Flag submissions on which the jurors are far apart: a prompt to talk, nothing more (X-12).

    Takes `OfficialResult.table`; returns its rows × (SUBMISSION, N, MEAN, MEDIAN, SD, SPREAD,
    FLAGS), FLAGS a tuple of "sd" and "spread". With one juror there is no SD and no flag.
    """
    flagged = table[[SUBMISSION, N, MEAN, MEDIAN, SD]].copy()
    spreads = [
        None if high is None else high - low
        for low, high in zip(table[MINIMUM], table[MAXIMUM], strict=True)
    ]
    flagged[SPREAD] = _objects(spreads)
    flagged[FLAGS] = _objects(
        [
            tuple(
                name
                for name, value, limit in ((SD, sd, limits.sd), (SPREAD, spread, limits.spread))
                if sd is not None and value is not None and value >= limit
            )
            for sd, spread in zip(flagged[SD], spreads, strict=True)
        ]
    )
    return flagged


# ---- marks -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Sheets:
    """The counted assessments, sorted by submission: sheets × criteria.

    The sheets of submission i are `bounds[i]` to `bounds[i + 1]`; `left_out` holds (submission,
    juror) of the others.
    """

    submission: list[int]
    juror: list[Hashable]
    marks: Integers
    answered: npt.NDArray[np.bool_]
    bounds: npt.NDArray[np.intp]
    left_out: list[tuple[int, Hashable]]

    @property
    def n(self) -> list[int]:
        """The number of sheets of each submission."""
        return [int(n) for n in np.diff(self.bounds)]

    def sums(self, grid: Integers) -> Integers:
        """Add up a grid of sheets × criteria to submissions × criteria."""
        running = np.concatenate([np.zeros((1, grid.shape[1]), grid.dtype), grid.cumsum(axis=0)])
        sums: Integers = running[self.bounds[1:]] - running[self.bounds[:-1]]
        return sums


def _read_marks(marks: pd.DataFrame, rubric: Rubric, submissions: Sequence[Hashable]) -> _Sheets:
    """Check the rows against the rubric and lay them out as one sheet per assessment."""
    submission = _positions(marks[SUBMISSION], submissions, "unknown_submission")
    keys = [criterion.key for criterion in rubric.criteria]
    criterion = _positions(marks[CRITERION], keys, "unknown_criterion")
    juror, jurors = pd.factorize(marks[JUROR], sort=True)
    if (juror < 0).any():
        raise JuryError("unknown_juror")
    values, present = _hundredths(marks[MARK])
    low, high = _scales(rubric)
    inside = (low[criterion] <= values) & (values <= high[criterion])
    if not inside[present].all():
        raise JuryError("mark_outside_scale")

    width = max(len(jurors), 1)
    sheet_keys, sheet = np.unique(submission * width + juror, return_inverse=True)
    if len(np.unique(sheet * len(keys) + criterion)) != len(marks):
        raise JuryError("duplicate_mark")
    grid = np.zeros((len(sheet_keys), len(keys)), dtype=np.int64)
    answered = np.zeros(grid.shape, dtype=bool)
    grid[sheet[present], criterion[present]] = values[present]
    answered[sheet[present], criterion[present]] = True

    needed = np.array([c.counted and c.required for c in rubric.criteria])
    counted = np.array([c.counted for c in rubric.criteria])
    complete = answered[:, needed].all(axis=1) & answered[:, counted].any(axis=1)
    of_submission = sheet_keys // width
    names = list(jurors)
    of_juror = [names[at] for at in (sheet_keys % width).tolist()]
    return _Sheets(
        submission=of_submission[complete].tolist(),
        juror=[of_juror[at] for at in np.flatnonzero(complete).tolist()],
        marks=grid[complete],
        answered=answered[complete],
        bounds=np.searchsorted(of_submission[complete], np.arange(len(submissions) + 1)),
        left_out=[
            (int(of_submission[at]), of_juror[at]) for at in np.flatnonzero(~complete).tolist()
        ],
    )


def _positions(column: pd.Series, known: Sequence[Hashable], code: str) -> npt.NDArray[np.int64]:
    """Replace names by their positions; JuryError with this code for an unknown one."""
    positions = {name: at for at, name in enumerate(known)}
    codes, names = pd.factorize(column)
    if (codes < 0).any() or not set(names) <= set(positions):
        raise JuryError(code)
    return np.array([positions[name] for name in names], dtype=np.int64)[codes]


def _hundredths(column: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return marks as integers, and which are present; a part of a hundredth is an error."""
    try:
        marks = column.astype("Int64")
    except (TypeError, ValueError, OverflowError):
        raise JuryError("mark_not_an_integer") from None
    present = np.asarray(marks.notna(), dtype=bool)
    return np.asarray(marks.fillna(0), dtype=np.int64), present


def _scales(rubric: Rubric) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the lowest and the highest mark of each criterion."""
    low = np.array([c.low for c in rubric.criteria], dtype=np.int64)
    high = np.array([c.high for c in rubric.criteria], dtype=np.int64)
    return low, high


# ---- points ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Points:
    """Weighted points per sheet and criterion, as integers over one common denominator."""

    grid: Integers
    totals: list[int]
    denominator: int

    def rounded(self, digits: int) -> list[int]:
        """Return the totals half up in units of the last digit; no total is below 0."""
        scale, bottom = 2 * 10**digits, 2 * self.denominator
        return [(total * scale + self.denominator) // bottom for total in self.totals]


def _weights(rubric: Rubric) -> list[int]:
    """Return the weights as integers of the same proportions."""
    weights = [Fraction(criterion.weight) for criterion in rubric.criteria]
    scale = math.lcm(*(weight.denominator for weight in weights))
    return [int(weight * scale) for weight in weights]


def _points(sheets: _Sheets, rubric: Rubric) -> _Points:
    """Compute 100 · w u / Σ w for every mark, Σ over the answered criteria of its sheet (X-1, X-2).

    Everything is brought to one denominator, so that all further sums are sums of integers.
    """
    weights = _weights(rubric)
    spans = [criterion.high - criterion.low for criterion in rubric.criteria]
    span = math.lcm(*spans)
    answered = (sheets.answered * np.array(weights, dtype=object)).sum(axis=1)
    divisors = [int(divisor) for divisor in answered]
    common = math.lcm(*set(divisors))
    denominator = span * common
    # No total exceeds 100 points, and no sum of totals 100 points per sheet.
    safe = FULL * denominator * (len(divisors) + 1) < SAFE_INTEGER
    kind = np.int64 if safe else object
    factors = [FULL * weight * (span // own) for weight, own in zip(weights, spans, strict=True)]
    low, _ = _scales(rubric)
    above = np.where(sheets.answered, sheets.marks - low, 0).astype(kind)
    per_sheet = np.array([common // divisor for divisor in divisors], dtype=kind)
    grid: Integers = above * np.array(factors, dtype=kind) * per_sheet[:, None]
    if _rounds_each_sheet(rubric):
        scale = 10**rubric.digits
        grid = (2 * grid.astype(object) * scale + denominator) // (2 * denominator)
        denominator = scale
    totals = [int(total) for total in grid.sum(axis=1)]
    return _Points(grid=grid, totals=totals, denominator=denominator)


def _rounds_each_sheet(rubric: Rubric) -> bool:
    """Whether the weighted marks of each juror are rounded one by one."""
    return (rubric.aggregation, rubric.rounding) == (
        Aggregation.JUROR_FIRST,
        Rounding.PER_CRITERION,
    )


def _criterion_means(sheets: _Sheets, rubric: Rubric) -> list[list[Fraction | None]]:
    """Return submissions × criteria: the mark of the jury on the criterion's scale, in hundredths.

    It is the mean; with `criterion_first` what the published method makes of the marks.
    """
    if rubric.adds_up and rubric.method is not Method.WEIGHTED_MEAN:
        return [
            [
                together(
                    [
                        Fraction(mark)
                        for mark in sheets.marks[rows, at][sheets.answered[rows, at]].tolist()
                    ],
                    rubric.method,
                )
                for at in range(len(rubric.criteria))
            ]
            for rows in itertools.starmap(slice, itertools.pairwise(sheets.bounds))
        ]
    sums = sheets.sums(np.where(sheets.answered, sheets.marks, 0)).tolist()
    counts = sheets.sums(sheets.answered.astype(np.int64)).tolist()
    return [
        [Fraction(total, n) if n else None for total, n in zip(*row, strict=True)]
        for row in zip(sums, counts, strict=True)
    ]


def _criterion_parts(
    sheets: _Sheets, points: _Points, means: list[list[Fraction | None]], rubric: Rubric
) -> list[list[Fraction]]:
    """Return submissions × criteria: the points that add up to the score, 0 where none counts.

    With a median or trimmed mean over the jurors' totals, or a rank sum, nothing adds up to the
    score: then they are the criteria's parts of the mean.
    """
    if rubric.aggregation is Aggregation.JUROR_FIRST:
        return [
            [Fraction(int(units), points.denominator * max(n, 1)) for units in row]
            for row, n in zip(sheets.sums(points.grid).tolist(), sheets.n, strict=True)
        ]
    parts = []
    for row in means:
        there = [
            None if mean is None else (mean - criterion.low) / (criterion.high - criterion.low)
            for mean, criterion in zip(row, rubric.criteria, strict=True)
        ]
        weights = [
            Fraction(0) if unit is None else Fraction(criterion.weight)
            for unit, criterion in zip(there, rubric.criteria, strict=True)
        ]
        whole = sum(weights) or Fraction(1)
        weighted = [
            FULL * weight * (unit or 0) / whole for weight, unit in zip(weights, there, strict=True)
        ]
        if rubric.rounding is Rounding.PER_CRITERION:
            weighted = [Fraction(round_half_up(part, rubric.digits)) for part in weighted]
        parts.append(weighted)
    return parts


# ---- tables ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Spread:
    """How the jurors' totals of one submission lie."""

    n: int
    mean: Fraction
    median: Fraction
    variance: Fraction | None  # ddof 1; a single juror has none
    minimum: Fraction
    maximum: Fraction


def _spreads(sheets: _Sheets, points: _Points) -> list[_Spread | None]:
    """Describe the jurors' totals of each submission; None where there are none."""
    return [
        _spread(sorted(points.totals[first:end]), points.denominator) if end > first else None
        for first, end in itertools.pairwise(sheets.bounds.tolist())
    ]


def _spread(totals: list[int], denominator: int) -> _Spread:
    """Describe sorted totals, given as integers over a denominator."""
    n = len(totals)
    whole = sum(totals)
    squares = n * sum(total * total for total in totals) - whole * whole
    return _Spread(
        n=n,
        mean=Fraction(whole, n * denominator),
        median=Fraction(totals[(n - 1) // 2] + totals[n // 2], 2 * denominator),
        variance=Fraction(squares, n * (n - 1) * denominator**2) if n > 1 else None,
        minimum=Fraction(totals[0], denominator),
        maximum=Fraction(totals[-1], denominator),
    )


def _first_places(sheets: _Sheets, points: _Points, rubric: Rubric, submissions: int) -> list[int]:
    """Count for each submission the jurors who gave nobody more; joint first places count."""
    published = rubric.rank_on is RankOn.PUBLISHED
    totals = points.rounded(rubric.digits) if published else points.totals
    best: dict[Hashable, int] = {}
    for juror, total in zip(sheets.juror, totals, strict=True):
        best[juror] = max(best.get(juror, total), total)
    places = [0] * submissions
    for at, juror, total in zip(sheets.submission, sheets.juror, totals, strict=True):
        places[at] += total == best[juror]
    return places


def _exact_scores(
    sheets: _Sheets, points: _Points, parts: list[list[Fraction]], rubric: Rubric
) -> list[Fraction | None]:
    """Return the score of every submission before rounding; without sheets it is 0 or None."""
    if rubric.adds_up:
        return [sum(row, Fraction(0)) for row in parts]
    totals: list[dict[Hashable, Fraction]] = [{} for _row in parts]
    for at, juror, total in zip(sheets.submission, sheets.juror, points.totals, strict=True):
        totals[at][juror] = Fraction(total, points.denominator)
    if rubric.method is Method.RANK_SUM:
        enough = {
            at: own if len(own) >= rubric.min_assessments else {} for at, own in enumerate(totals)
        }
        return list(rank_sums(enough).values())
    return [together(list(own.values()), rubric.method) for own in totals]


def _scores(
    scores: list[Fraction | None],
    spreads: list[_Spread | None],
    lines: list[dict[str, Decimal]],
    rubric: Rubric,
) -> pd.DataFrame:
    """Return one row per submission: score, signed lines, and the spread of the jurors' totals."""
    digits = rubric.digits
    rows: list[dict[str, object]] = []
    for exact, spread, beside in zip(scores, spreads, lines, strict=True):
        shown: dict[str, object] = {N: 0, **beside}
        if spread is not None and exact is not None:
            score = round_half_up(exact, digits)
            extra = sum(beside.values(), Decimal(0))
            shown |= {SCORE: score + extra, EXACT: exact + Fraction(extra), PARTS: score}
        if spread is not None:
            shown |= {
                N: spread.n,
                MEAN: round_half_up(spread.mean, digits),
                MEDIAN: round_half_up(spread.median, digits),
                SD: None if spread.variance is None else round_root(spread.variance, digits),
                MINIMUM: round_half_up(spread.minimum, digits),
                MAXIMUM: round_half_up(spread.maximum, digits),
            }
        rows.append(shown)
    columns = (SCORE, EXACT, PARTS, DEDUCTION, CARRIED_OVER, MEAN, MEDIAN, SD, MINIMUM, MAXIMUM)
    table = pd.DataFrame({name: _objects([row.get(name) for row in rows]) for name in columns})
    table[N] = pd.Series([row[N] for row in rows], dtype="int64")
    return table


def _signed_lines(
    lines: pd.DataFrame | None, rubric: Rubric, submissions: Sequence[Hashable]
) -> list[dict[str, Decimal]]:
    """Add up the signed lines of each submission by kind (X-9)."""
    sums: dict[Hashable, dict[str, Decimal]] = {submission: {} for submission in submissions}
    if lines is None:
        return list(sums.values())
    if rubric.method is Method.RANK_SUM and len(lines):
        raise JuryError("line_beside_ranks")
    unit = Decimal(1).scaleb(-rubric.digits)
    for submission, name, points in zip(lines[SUBMISSION], lines[LINE], lines[POINTS], strict=True):
        if submission not in sums:
            raise JuryError("unknown_submission")
        if name not in list(LineKind):
            raise JuryError("unknown_line")
        if points % unit:
            raise JuryError("line_digits")
        own, kind = sums[submission], LineKind(name).value
        own[kind] = own.get(kind, Decimal(0)) + points
    return list(sums.values())


def _ranks(
    table: pd.DataFrame,
    means: list[list[Fraction | None]],
    spreads: list[_Spread | None],
    rubric: Rubric,
    chair_order: Sequence[Hashable],
) -> pd.DataFrame:
    """Rank by the score and the published tie chain, all of it on printed or on exact figures."""
    exact = rubric.rank_on is RankOn.EXACT
    scores = table[EXACT if exact else SCORE]
    if rubric.method.lower_is_better:
        scores = _objects([None if score is None else -score for score in scores])
    keys = {SCORE: scores}
    columns = {criterion.key: at for at, criterion in enumerate(rubric.criteria)}
    chair = {submission: -at for at, submission in enumerate(chair_order)}
    for step in rubric.tie_chain:
        if step.kind is TieKind.CRITERION and step.criterion is not None:
            own = [row[columns[step.criterion]] for row in means]
            keys[step.key] = _objects(own if exact else [_mark(m, rubric.digits) for m in own])
        elif step.kind is TieKind.MEDIAN:
            medians = [None if spread is None else spread.median for spread in spreads]
            keys[step.key] = _objects(medians) if exact else table[MEDIAN]
        elif step.kind is TieKind.FIRST_PLACES:
            keys[step.key] = table[FIRST_PLACES]
        else:
            keys[step.key] = _objects([chair.get(name) for name in table[SUBMISSION]])
    return competition_ranks(pd.DataFrame(keys), eligible=table[N] >= rubric.min_assessments)


def _reason(n: int, rubric: Rubric) -> Unranked | None:
    """Say why a submission with n assessments has no rank."""
    if n >= rubric.min_assessments:
        return None
    return Unranked.TOO_FEW_ASSESSMENTS if n else Unranked.NO_ASSESSMENT


def _juror_totals(
    sheets: _Sheets, points: _Points, rubric: Rubric, submissions: Sequence[Hashable]
) -> pd.DataFrame:
    """Return the total of every counted assessment."""
    exact = [Fraction(total, points.denominator) for total in points.totals]
    rounded = points.rounded(rubric.digits)
    return pd.DataFrame(
        {
            SUBMISSION: [submissions[at] for at in sheets.submission],
            JUROR: sheets.juror,
            TOTAL: _objects([from_units(units, rubric.digits) for units in rounded]),
            EXACT: _objects(exact),
        }
    )


def _criteria_table(
    sheets: _Sheets,
    means: list[list[Fraction | None]],
    parts: list[list[Fraction]],
    rubric: Rubric,
    submissions: Sequence[Hashable],
) -> pd.DataFrame:
    """Return mean mark and points of every submission and criterion.

    There are no points of a criterion where they would not add up to the score.
    """
    keys = [criterion.key for criterion in rubric.criteria]
    counted = [criterion.counted for criterion in rubric.criteria]
    there = [
        [
            points if use and mean is not None and rubric.adds_up else None
            for points, use, mean in rows
        ]
        for rows in (
            zip(row, counted, own, strict=True) for row, own in zip(parts, means, strict=True)
        )
    ]
    shown = [None if p is None else round_half_up(p, rubric.digits) for row in there for p in row]
    return pd.DataFrame(
        {
            SUBMISSION: [submission for submission in submissions for _ in keys],
            CRITERION: keys * len(submissions),
            N: sheets.sums(sheets.answered.astype(np.int64)).ravel(),
            MEAN: _objects([_mark(mean, rubric.digits) for row in means for mean in row]),
            POINTS: _objects(shown),
            EXACT: _objects([points for row in there for points in row]),
        }
    )


def _mark(mean: Fraction | None, digits: int) -> Decimal | None:
    """Return a mean mark as it is printed, from hundredths to scale points."""
    return None if mean is None else round_half_up(mean / FULL, digits)


def _objects(values: Sequence[object]) -> pd.Series:
    """Return a column that keeps exact numbers and None as they are."""
    return pd.Series(list(values), dtype=object)
