"""Brier score of probabilities: of one class, or of a distribution over classes."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _squared_error(truth: Array, predicted: Array) -> Array:
    return np.square(predicted - truth)


def _of_classes(truth: Codes, predicted: Array) -> Array:
    chosen = predicted[np.arange(len(truth)), truth]
    losses: Array = np.square(predicted).sum(axis=1) - 2 * chosen + 1
    return np.maximum(losses, 0.0)


METRICS = (
    CaseMetric(
        key="brier",
        name=N_("Brier score"),
        definition=N_(
            "The mean squared distance between the predicted probability and what happened (1 or "
            "0): 0 is perfect."
        ),
        formula="Σᵢ (pᵢ − yᵢ)² / n",
        edges=N_("Defined for any cases, also of a single class."),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.PROBABILITY,
        of_cases=_squared_error,
    ),
    CaseMetric(
        key="brier_classes",
        name=N_("Brier score (several classes)"),
        definition=N_(
            "The squared distances between the predicted probabilities and what happened (1 for "
            "the true class, 0 for the others), added up and averaged over the cases."
        ),
        formula="Σᵢ Σₖ (pᵢₖ − [yᵢ = k])² / n",
        edges=N_("Defined for any cases, also of a single class."),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=2.0,
        kind=PredictionKind.DISTRIBUTION,
        of_cases=_of_classes,
    ),
)
