"""Root mean squared error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, NumberMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _squared_error(truth: Array, predicted: Array) -> Array:
    return np.square(predicted - truth)


METRIC = NumberMetric(
    key="rmse",
    name=N_("Root mean squared error (RMSE)"),
    definition=N_(
        "The root of the mean squared difference between prediction and truth, in the unit of the "
        "target: large errors weigh more than small ones."
    ),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    digits=4,
    loss=_squared_error,
    finish=math.sqrt,
)
