"""Balanced accuracy."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _balanced_accuracy(confusion: Array) -> Array:
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    cases = confusion.sum(axis=-1)
    there = cases > 0
    recalls = np.divide(right, cases, out=np.zeros_like(cases), where=there)
    mean: Array = recalls.sum(axis=-1) / there.sum(axis=-1)
    return mean


METRIC = LabelMetric(
    key="balanced_accuracy",
    name=N_("Balanced accuracy"),
    definition=N_(
        "For each class the share of its cases that are recognised, averaged over the classes: "
        "rare classes count as much as frequent ones."
    ),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    digits=4,
    of_confusion=_balanced_accuracy,
)
