"""Coefficient of determination."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import Array, MetricError, WholeMetric
from scoring.compute.metrics.order import is_constant
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _r2(truth: Array, predicted: Array) -> float:
    if is_constant(truth):
        raise MetricError("constant")
    spread = float(np.square(truth - truth.mean()).sum())
    if spread == 0:  # so close together that the squares vanish
        raise MetricError("constant")
    return 1 - float(np.square(predicted - truth).sum()) / spread


METRIC = WholeMetric(
    key="r2",
    name=N_("Coefficient of determination (R²)"),
    definition=N_(
        "Which share of the spread of the true values the predictions explain: 1 is perfect, 0 is "
        "as good as always naming their mean, below 0 is worse."
    ),
    formula="1 − Σᵢ (ŷᵢ − yᵢ)² / Σᵢ (yᵢ − ȳ)²",
    edges=N_("Not defined if the truth is the same everywhere; there is no smallest value."),
    direction=Direction.HIGHER,
    lowest=-math.inf,
    highest=1.0,
    kind=PredictionKind.NUMBER,
    of_all=_r2,
)
