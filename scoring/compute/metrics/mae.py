"""Mean absolute error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, NumberMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _absolute_error(truth: Array, predicted: Array) -> Array:
    return np.abs(predicted - truth)


METRIC = NumberMetric(
    key="mae",
    name=N_("Mean absolute error (MAE)"),
    definition=N_(
        "By how much a prediction is off on average, in the unit of the target: "
        "all errors weigh alike."
    ),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    digits=4,
    loss=_absolute_error,
)
