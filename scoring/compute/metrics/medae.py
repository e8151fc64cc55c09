"""Median absolute error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, WholeMetric
from scoring.compute.metrics.intervals import median_interval
from scoring.compute.schema import Direction, Interval, PredictionKind
from scoring.compute.words import N_


def _median_error(truth: Array, predicted: Array) -> float:
    return float(np.median(np.abs(predicted - truth)))


def _interval(truth: Array, predicted: Array) -> Interval | None:
    return median_interval(np.abs(predicted - truth))


METRIC = WholeMetric(
    key="medae",
    name=N_("Median absolute error (MedAE)"),
    definition=N_(
        "Half of the predictions are at most this far from the truth, in the unit of the target: "
        "single large errors do not matter."
    ),
    formula="median |ŷᵢ − yᵢ|",
    edges=N_("With an even number of cases the mean of the two in the middle."),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    kind=PredictionKind.NUMBER,
    of_all=_median_error,
    interval_of=_interval,
)
