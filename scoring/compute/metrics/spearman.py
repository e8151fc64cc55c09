"""Spearman's rank correlation."""

from __future__ import annotations

from scoring.compute.metrics.base import Array, MetricError, WholeMetric
from scoring.compute.metrics.intervals import correlation_interval
from scoring.compute.metrics.order import correlation, is_constant, ranks
from scoring.compute.schema import Direction, Interval, PredictionKind
from scoring.compute.words import N_


def _spearman(truth: Array, predicted: Array) -> float:
    if is_constant(truth):
        raise MetricError("constant")
    return 0.0 if is_constant(predicted) else correlation(ranks(truth), ranks(predicted))


def _interval(truth: Array, predicted: Array) -> Interval | None:
    value = _spearman(truth, predicted)
    # Bonett and Wright 2000: ranks are less certain than values.
    return correlation_interval(value, cases=len(truth), widening=1 + value * value / 2)


METRIC = WholeMetric(
    key="spearman",
    name=N_("Spearman's rank correlation"),
    definition=N_(
        "How far predictions and truth put the cases into the same order: 1 is the same order, 0 "
        "is no connection, -1 the reverse order."
    ),
    formula="Pearson(rank(ŷ), rank(y))",
    edges=N_(
        "Equal values share the mean of their ranks. 0 if the prediction is the same everywhere; "
        "not defined if the truth is the same everywhere."
    ),
    direction=Direction.HIGHER,
    lowest=-1.0,
    highest=1.0,
    kind=PredictionKind.NUMBER,
    of_all=_spearman,
    interval_of=_interval,
)
