"""Top-k accuracy of probabilities of classes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes, Family, Parameter
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _is_among_first(places: int, truth: Codes, predicted: Array) -> Array:
    own = predicted[np.arange(len(truth)), truth][:, None]
    # Of equal probabilities the later label is taken first, as scikit-learn does.
    later = np.arange(predicted.shape[1]) > truth[:, None]
    above = (predicted > own) | ((predicted == own) & later)
    among: Array = (above.sum(axis=1) < places).astype(np.float64)
    return among


def _made_for(parameter: str) -> dict[str, Any]:
    return {"of_cases": partial(_is_among_first, int(parameter))}


METRIC = Family(
    metric=CaseMetric(
        key="top_accuracy",
        name=N_("Accuracy among the first %(parameter)s"),
        definition=N_(
            "The share of cases whose true class is among the %(parameter)s classes with the "
            "highest probabilities."
        ),
        formula="Σᵢ [rank of pᵢ(yᵢ) ≤ k] / n",
        edges=N_(
            "Of equal probabilities the class that comes later in the list of labels is taken "
            "first. 1 if there are no more than k classes."
        ),
        direction=Direction.HIGHER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.DISTRIBUTION,
        of_cases=partial(_is_among_first, 1),
    ),
    takes=Parameter.PLACES,
    usual=("1", "3", "5"),
    made_for=_made_for,
)
