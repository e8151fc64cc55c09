"""Mean absolute percentage error."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, MetricError
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _relative_error(truth: Array, predicted: Array) -> Array:
    if not truth.all():
        raise MetricError("zero_truth")
    return np.abs(predicted - truth) / np.abs(truth)


METRIC = CaseMetric(
    key="mape",
    name=N_("Mean absolute percentage error (MAPE)"),
    definition=N_(
        "How far predictions are from the truth as a share of the true value, on average: 0.1 is "
        "10 per cent. Predictions that are too low cost less than those that are too high."
    ),
    formula="Σᵢ |ŷᵢ − yᵢ| / |yᵢ| / n",
    edges=N_("Not defined if a true value is 0; there is no largest value."),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=math.inf,
    kind=PredictionKind.NUMBER,
    of_cases=_relative_error,
)
