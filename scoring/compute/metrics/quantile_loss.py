"""Quantile loss (pinball loss)."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Family, Parameter
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _pinball(quantile: float, truth: Array, predicted: Array) -> Array:
    off = truth - predicted
    return np.maximum(quantile * off, (quantile - 1) * off)


def _made_for(parameter: str) -> dict[str, Any]:
    return {"of_cases": partial(_pinball, float(parameter))}


METRIC = Family(
    metric=CaseMetric(
        key="quantile_loss",
        name=N_("Quantile loss (%(parameter)s)"),
        definition=N_(
            "How well predictions name the value below which the truth stays with probability "
            "%(parameter)s, in the unit of the target: 0 is perfect."
        ),
        formula="Σᵢ max(q·(yᵢ − ŷᵢ), (q − 1)·(yᵢ − ŷᵢ)) / n",
        edges=N_("Defined for any cases, also if the truth is the same everywhere."),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=math.inf,
        kind=PredictionKind.NUMBER,
        of_cases=partial(_pinball, 0.5),
    ),
    takes=Parameter.QUANTILE,
    usual=("0.1", "0.5", "0.9"),
    made_for=_made_for,
)
