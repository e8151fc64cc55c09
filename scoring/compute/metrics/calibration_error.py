"""Expected calibration error, in ten bins of equal width."""

from __future__ import annotations

from typing import Final

import numpy as np

from scoring.compute.metrics.base import Array, Codes, WholeMetric
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

BINS: Final = 10


def _calibration_error(right: Array, stated: Array) -> float:
    # The bins of scikit-learn's calibration_curve: each takes its upper end.
    inner = np.linspace(0.0, 1.0, BINS + 1)[1:-1]
    bins = np.searchsorted(inner, stated)
    gaps = np.bincount(bins, weights=right - stated, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))


def _of_classes(truth: Codes, predicted: Array) -> float:
    named = predicted.argmax(axis=1)
    stated = predicted[np.arange(len(named)), named]
    return _calibration_error((named == truth).astype(np.float64), stated)


METRICS = (
    WholeMetric(
        key="calibration_error",
        name=N_("Expected calibration error"),
        definition=N_(
            "How far the predicted probabilities are from how often it really happens, in ten "
            "bins of probabilities: 0 means that of all cases with 0.7 seven in ten happen."
        ),
        formula="Σ_b |Σᵢ∈b (yᵢ − pᵢ)| / n",
        edges=N_(
            "Defined for any cases; empty bins count nothing. With few cases chance alone makes "
            "it larger than 0."
        ),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.PROBABILITY,
        of_all=_calibration_error,
    ),
    WholeMetric(
        key="calibration_error_classes",
        name=N_("Expected calibration error (several classes)"),
        definition=N_(
            "How far the probability of the most likely class is from how often it is the right "
            "one, in ten bins of probabilities: 0 is perfect."
        ),
        formula="Σ_b |Σᵢ∈b ([ŷᵢ = yᵢ] − maxₖ pᵢₖ)| / n",
        edges=N_(
            "Of equally likely classes the first in the list of labels is taken. With few cases "
            "chance alone makes it larger than 0."
        ),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.DISTRIBUTION,
        of_all=_of_classes,
    ),
)
