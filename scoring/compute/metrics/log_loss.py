"""Logarithmic loss of probabilities."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from scoring.compute.metrics.base import Array, ProbabilityMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_

# Without this limit a single wrong 0 or 1 would make the mean infinite; scikit-learn has the same.
SMALLEST: Final = float(np.finfo(np.float64).eps)


def _log_loss(truth: Array, predicted: Array) -> Array:
    certain = np.clip(predicted, SMALLEST, 1 - SMALLEST)
    return -np.log(np.where(truth == 1, certain, 1 - certain))


METRIC = ProbabilityMetric(
    key="log_loss",
    name=N_("Log loss"),
    definition=N_(
        "How surprised the predicted probabilities are by the truth, averaged over the cases: "
        "being sure and wrong costs most, 0 is perfect."
    ),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=-math.log(SMALLEST),
    digits=4,
    loss=_log_loss,
)
