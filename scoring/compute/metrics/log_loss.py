"""Logarithmic loss of probabilities: of one class, or of a distribution over classes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

# Without this limit a single wrong 0 or 1 would make the mean infinite; scikit-learn has the same.
SMALLEST: Final = float(np.finfo(np.float64).eps)


def _log_loss(truth: Array, predicted: Array) -> Array:
    certain = np.clip(predicted, SMALLEST, 1 - SMALLEST)
    return -np.log(np.where(truth == 1, certain, 1 - certain))


def _of_classes(truth: Codes, predicted: Array) -> Array:
    shares = predicted / predicted.sum(axis=1, keepdims=True)
    chosen = shares[np.arange(len(truth)), truth]
    return -np.log(np.clip(chosen, SMALLEST, 1 - SMALLEST))


METRICS = (
    CaseMetric(
        key="log_loss",
        name=N_("Log loss"),
        definition=N_(
            "How surprised the predicted probabilities are by the truth, averaged over the cases: "
            "being sure and wrong costs most, 0 is perfect."
        ),
        formula="−Σᵢ (yᵢ·ln pᵢ + (1 − yᵢ)·ln(1 − pᵢ)) / n",
        edges=N_(
            "Probabilities are kept 2.2·10⁻¹⁶ away from 0 and 1, so that no case is infinite."
        ),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=-math.log(SMALLEST),
        kind=PredictionKind.PROBABILITY,
        of_cases=_log_loss,
    ),
    CaseMetric(
        key="log_loss_classes",
        name=N_("Log loss (several classes)"),
        definition=N_(
            "How surprised the predicted probabilities are by the true class, averaged over the "
            "cases: being sure and wrong costs most, 0 is perfect."
        ),
        formula="−Σᵢ ln pᵢ(yᵢ) / n",
        edges=N_(
            "Probabilities are kept 2.2·10⁻¹⁶ away from 0 and 1, so that no case is infinite."
        ),
        direction=Direction.LOWER,
        lowest=0.0,
        highest=-math.log(SMALLEST),
        kind=PredictionKind.DISTRIBUTION,
        of_cases=_of_classes,
    ),
)
