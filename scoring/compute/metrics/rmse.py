"""Root mean squared error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _squared_error(truth: Array, predicted: Array) -> Array:
    return np.square(predicted - truth)


METRIC = CaseMetric(
    key="rmse",
    name=N_("Root mean squared error (RMSE)"),
    definition=N_(
        "The root of the mean squared difference between prediction and truth, in the unit of the "
        "target: large errors weigh more than small ones."
    ),
    formula="√(Σᵢ (ŷᵢ − yᵢ)² / n)",
    edges=N_("Not defined where the squares exceed what a computer can hold."),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    kind=PredictionKind.NUMBER,
    of_cases=_squared_error,
    finish=math.sqrt,
)
