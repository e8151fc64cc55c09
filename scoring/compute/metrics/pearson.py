"""Pearson's correlation."""

from __future__ import annotations

from scoring.compute.metrics.base import Array, MetricError, WholeMetric
from scoring.compute.metrics.intervals import correlation_interval
from scoring.compute.metrics.order import correlation, is_constant
from scoring.compute.schema import Direction, Interval, PredictionKind
from scoring.compute.words import N_


def _pearson(truth: Array, predicted: Array) -> float:
    if is_constant(truth):
        raise MetricError("constant")
    return 0.0 if is_constant(predicted) else correlation(truth, predicted)


def _interval(truth: Array, predicted: Array) -> Interval | None:
    return correlation_interval(_pearson(truth, predicted), cases=len(truth))


METRIC = WholeMetric(
    key="pearson",
    name=N_("Pearson's correlation"),
    definition=N_(
        "How close predictions and truth are to a straight rising line: 1 is on it, 0 is no "
        "connection. Being wrong by a constant or a factor costs nothing."
    ),
    formula="Σᵢ (ŷᵢ − m)(yᵢ − ȳ) / √(Σᵢ (ŷᵢ − m)² · Σᵢ (yᵢ − ȳ)²),  m = Σᵢ ŷᵢ / n",
    edges=N_(
        "0 if the prediction is the same everywhere; not defined if the truth is the same "
        "everywhere."
    ),
    direction=Direction.HIGHER,
    lowest=-1.0,
    highest=1.0,
    kind=PredictionKind.NUMBER,
    of_all=_pearson,
    interval_of=_interval,
)
