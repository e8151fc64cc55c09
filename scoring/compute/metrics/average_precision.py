"""Average precision: the area under the curve of precision over recall."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, WholeMetric, need_both_classes
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_


def _average_precision(truth: Array, predicted: Array) -> float:
    need_both_classes(truth)
    order = np.argsort(-predicted, kind="stable")
    scores = predicted[order]
    # Equal probabilities are one step: only the last case of each run of them counts.
    last = np.append(scores[1:] != scores[:-1], [True])
    found = np.cumsum(truth[order])[last]
    precision = found / (np.flatnonzero(last) + 1)
    return float(np.diff(found, prepend=0.0) @ precision / found[-1])


METRIC = WholeMetric(
    key="average_precision",
    name=N_("Average precision"),
    definition=N_(
        "Going through the cases from the highest probability down: the share of positive cases "
        "so far, averaged over the positive cases."
    ),
    formula="Σₜ (Rₜ − Rₜ₋₁) · Pₜ",
    edges=N_(
        "Not defined unless the truth holds both classes. With the same probability everywhere it "
        "is the share of positive cases."
    ),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    kind=PredictionKind.PROBABILITY,
    of_all=_average_precision,
)
