"""Symmetric mean absolute percentage error."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric
from scoring.compute.metrics.counts import ratio
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _symmetric_error(truth: Array, predicted: Array) -> Array:
    # Halves first: the sum of two large numbers may be no number any more.
    return ratio(np.abs(predicted / 2 - truth / 2), np.abs(truth / 4) + np.abs(predicted / 4))


METRIC = CaseMetric(
    key="smape",
    name=N_("Symmetric mean absolute percentage error (sMAPE)"),
    definition=N_(
        "How far predictions are from the truth, as a share of the mean size of both: 0 is "
        "perfect, 2 is the worst."
    ),
    formula="Σᵢ 2·|ŷᵢ − yᵢ| / (|yᵢ| + |ŷᵢ|) / n",
    edges=N_("A case in which both are 0 counts 0."),
    direction=Direction.LOWER,
    lowest=0.0,
    highest=2.0,
    kind=PredictionKind.NUMBER,
    of_cases=_symmetric_error,
)
