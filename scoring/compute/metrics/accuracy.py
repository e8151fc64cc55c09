"""Accuracy."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.metrics.intervals import wilson
from scoring.compute.schema import Direction, Interval
from scoring.compute.words import N_


def _accuracy(confusion: Array) -> Array:
    right: Array = np.trace(confusion, axis1=-2, axis2=-1)
    return right / confusion.sum(axis=(-2, -1))


def _interval(confusion: Array) -> Interval:
    return wilson(float(np.trace(confusion)), float(confusion.sum()))


METRIC = LabelMetric(
    key="accuracy",
    name=N_("Accuracy"),
    definition=N_("The share of cases for which the prediction is exactly right."),
    formula="Σᵢ [ŷᵢ = yᵢ] / n",
    edges=N_("Defined for any cases, also of a single class."),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    of_confusion=_accuracy,
    interval_of=_interval,
)
