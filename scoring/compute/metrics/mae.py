"""Mean absolute error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _absolute_error(truth: Array, predicted: Array) -> Array:
    return np.abs(predicted - truth)


METRIC = CaseMetric(
    key="mae",
    name=N_("Mean absolute error (MAE)"),
    definition=N_(
        "By how much a prediction is off on average, in the unit of the target: "
        "all errors weigh alike."
    ),
    formula="Σᵢ |ŷᵢ − yᵢ| / n",
    edges=N_("Defined for any cases, also if the truth is the same everywhere."),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    kind=PredictionKind.NUMBER,
    of_cases=_absolute_error,
)
