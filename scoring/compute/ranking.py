"""Ranking rules: by a metric, by the jury, and by both together.

Each rule checks its settings where they are made (`schema`), computes, and explains itself in one
sentence. Tables hold published numbers as Decimal, so that a rank follows from what is printed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from scoring.compute.exact import round_half_up
from scoring.compute.jury import JURY_RULE, official_score
from scoring.compute.points import WEIGHTED, to_points, weighted
from scoring.compute.schema import (
    BASELINE,
    JURY_PART,
    JURY_POINTS,
    METRIC_PART,
    METRIC_POINTS,
    METRIC_VALUE,
    RANK,
    REASON,
    SCORE,
    SUBMISSION,
    TIE_STEP,
    TIED,
    Combination,
    Direction,
    MetricRanking,
    OfficialResult,
    RankedMetric,
    Unranked,
)
from scoring.compute.ties import competition_ranks
from scoring.compute.words import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

FULL: Final = 100


class RankingError(ValueError):
    """A table cannot be ranked; `code` is the key of the sentence.

    Codes: duplicate_submission, unknown_submission.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def rank_metric(scores: pd.DataFrame, settings: MetricRanking) -> pd.DataFrame:
    """Rank submissions by a metric, rounded to its public digits, and its tie chain.

    `scores`: one row per submission × (SUBMISSION, one float column per metric of the settings, one
    column of whole numbers per last step, optionally BASELINE). Where several metrics have a
    weight, the first one is WEIGHTED, which is computed here from the published values and is no
    column of `scores`. A missing or infinite value is no value. Returns the rows × (SUBMISSION,
    RANK, TIED, TIE_STEP, SCORE, one Decimal column per metric, BASELINE, REASON): ranked rows by
    rank with baselines in their places but without a rank, then unscored rows as they came.
    """
    if scores[SUBMISSION].duplicated().any():
        raise RankingError("duplicate_submission")
    scores = scores.reset_index(drop=True)
    baseline = _baseline(scores)
    published = {
        metric.key: _published(scores[metric.key], metric)
        for metric in settings.metrics
        if metric.key != WEIGHTED
    }
    if settings.weights:
        columns = zip(*published.values(), strict=True)
        rows = (dict(zip(published, values, strict=True)) for values in columns)
        published[WEIGHTED] = _objects([weighted(values, settings.weights) for values in rows])
    keys = pd.DataFrame(
        {
            metric.key: _signed(published[metric.key], metric.direction)
            for metric in settings.metrics
        }
        | {
            step: _signed(_objects(scores[step].tolist()), Direction.LOWER)
            for step in settings.last_steps
        }
    )
    score = published[settings.metric.key]
    reasons = [
        Unranked.BASELINE if base else Unranked.NO_SCORE if value is None else None
        for base, value in zip(baseline, score, strict=True)
    ]
    table = pd.concat(
        [
            scores[[SUBMISSION]],
            competition_ranks(keys, eligible=~baseline),
            pd.DataFrame({SCORE: score} | published),
        ],
        axis="columns",
    ).assign(**{BASELINE: baseline, REASON: _objects(reasons)})
    return _sorted(table, keys)


def combine(
    jury: pd.DataFrame,
    metric: pd.DataFrame,
    settings: Combination,
    *,
    submissions: Sequence[Hashable],
) -> pd.DataFrame:
    """Put the jury's and the metric's published scores together into one ranking.

    `jury`: rows × (SUBMISSION, SCORE), points of 100; `metric`: rows × (SUBMISSION, SCORE,
    optionally BASELINE), in the metric's own unit; SCORE is a Decimal or None in both.
    `submissions` are all that are listed, in the order in which equals are. Each part is rounded
    half up, so that the printed parts add up to the printed score; without one of them there is
    no score and no rank. Returns the submissions × (SUBMISSION, RANK, TIED, TIE_STEP, SCORE,
    JURY_PART, METRIC_PART, JURY_POINTS, METRIC_POINTS, METRIC_VALUE, BASELINE, REASON).
    """
    if len(set(submissions)) != len(submissions):
        raise RankingError("duplicate_submission")
    jury_points = _by_submission(jury, SCORE, submissions)
    values = _by_submission(metric, SCORE, submissions)
    baselines = set(metric[SUBMISSION][_baseline(metric)])
    metric_points = [None if v is None else metric_to_points(v, settings) for v in values]
    jury_part = [_part(p, settings.jury_weight, settings) for p in jury_points]
    metric_part = [_part(p, settings.metric_weight, settings) for p in metric_points]
    score = [
        None if a is None or b is None else a + b
        for a, b in zip(jury_part, metric_part, strict=True)
    ]
    table = pd.DataFrame(
        {
            SUBMISSION: pd.Series(list(submissions)),
            SCORE: _objects(score),
            JURY_PART: _objects(jury_part),
            METRIC_PART: _objects(metric_part),
            JURY_POINTS: _objects(jury_points),
            METRIC_POINTS: _objects(metric_points),
            METRIC_VALUE: _objects(values),
            BASELINE: [submission in baselines for submission in submissions],
        }
    )
    table[REASON] = _objects(
        [
            Unranked.BASELINE
            if base
            else Unranked.NO_JURY_SCORE
            if a is None
            else Unranked.NO_METRIC_SCORE
            if b is None
            else None
            for base, a, b in zip(table[BASELINE], jury_part, metric_part, strict=True)
        ]
    )
    keys = table[[SCORE, *settings.tie_chain]]
    ranks = competition_ranks(keys, eligible=~table[BASELINE])
    for at, column in enumerate((RANK, TIED, TIE_STEP), start=1):
        table.insert(at, column, ranks[column])
    return _sorted(table, keys)


def metric_to_points(value: Decimal, settings: Combination) -> Decimal:
    """Map a metric's value to 0 (baseline or worse) … 100 (target or better), rounded half up."""
    return to_points(value, settings.baseline, settings.target, settings.digits)


def _part(points: Decimal | None, weight: Decimal, settings: Combination) -> Decimal | None:
    """Weigh the points of one side and round them as they are printed."""
    if points is None:
        return None
    return round_half_up(Fraction(points) * Fraction(weight) / FULL, settings.digits)


def _published(values: pd.Series, metric: RankedMetric) -> pd.Series:
    """Round a column to its public digits; what is no finite number becomes None."""
    return _objects(
        [
            None
            if pd.isna(value) or not math.isfinite(value)
            else round_half_up(value, metric.digits)
            for value in values
        ]
    )


def _signed(values: pd.Series, direction: Direction) -> pd.Series:
    """Turn a column so that the larger value is the better one."""
    if direction is Direction.HIGHER:
        return values
    return _objects([None if value is None else -value for value in values])


def _baseline(table: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows are baselines; none if the column is not there."""
    if BASELINE not in table:
        return pd.Series([False] * len(table), index=table.index, dtype=bool)
    return table[BASELINE].astype(bool)


def _by_submission(
    table: pd.DataFrame, column: str, submissions: Sequence[Hashable]
) -> list[Decimal | None]:
    """Return one value per submission, None where the table has none."""
    if table[SUBMISSION].duplicated().any():
        raise RankingError("duplicate_submission")
    if not set(table[SUBMISSION]) <= set(submissions):
        raise RankingError("unknown_submission")
    values = dict(zip(table[SUBMISSION], table[column], strict=True))
    found = (values.get(submission) for submission in submissions)
    return [None if pd.isna(value) else value for value in found]


def _sorted(table: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Order rows by their keys; baselines after equals, unscored rows last, else as they came."""
    place = competition_ranks(keys, eligible=keys.iloc[:, 0].notna())[RANK]
    unscored = place.isna()
    order = pd.DataFrame(
        {
            REASON: unscored,
            RANK: place.fillna(0).astype("int64"),
            BASELINE: table[BASELINE] & ~unscored,
        }
    ).sort_values([REASON, RANK, BASELINE], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _objects(values: Sequence[object]) -> pd.Series:
    """Return a column that keeps exact numbers and None as they are."""
    return pd.Series(list(values), dtype=object)


# ---- registry --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRule:
    """A way to rank: stored by key and version with every snapshot, explained in one sentence.

    A change of the arithmetic is a new `version`; old snapshots keep naming theirs.
    """

    key: str
    version: int
    name: str
    definition: str
    compute: Callable[..., pd.DataFrame | OfficialResult]


RANKING_RULES: Final[Mapping[str, RankingRule]] = MappingProxyType(
    {
        rule.key: rule
        for rule in (
            RankingRule(
                key="metric",
                version=1,
                name=N_("Ranking by metric"),
                # Ties are told beside it: further metrics, then the last steps of the board.
                definition=N_(
                    "Submissions are ranked by the published metric, rounded to its published "
                    "digits."
                ),
                compute=rank_metric,
            ),
            RankingRule(
                key="weighted",
                version=1,
                name=N_("Ranking by several metrics"),
                definition=N_(
                    "Each metric is mapped to 0 to 100 points between its own baseline and target; "
                    "the points are weighted as announced, each part is rounded, and the parts are "
                    "added."
                ),
                compute=rank_metric,
            ),
            RankingRule(
                key="jury",
                version=1,
                name=N_("Ranking by the jury"),
                definition=JURY_RULE,
                compute=official_score,
            ),
            RankingRule(
                key="combined",
                version=1,
                name=N_("Combined ranking"),
                definition=N_(
                    "The metric is mapped to 0 to 100 points between its baseline and its target; "
                    "jury points and metric points are weighted as announced, each part is "
                    "rounded, and the parts are added."
                ),
                compute=combine,
            ),
        )
    }
)
