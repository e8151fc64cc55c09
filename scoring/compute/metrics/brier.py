"""Brier score of probabilities."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, ProbabilityMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _squared_error(truth: Array, predicted: Array) -> Array:
    return np.square(predicted - truth)


METRIC = ProbabilityMetric(
    key="brier",
    name=N_("Brier score"),
    definition=N_(
        "The mean squared distance between the predicted probability and what happened (1 or 0): "
        "0 is perfect."
    ),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=1.0,
    digits=4,
    loss=_squared_error,
)
