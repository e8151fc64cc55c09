"""Macro-averaged F1 score."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _f1_macro(confusion: Array) -> Array:
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    named = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    there = named > 0  # a class that neither side names has no F1 score
    scores = np.divide(2 * right, named, out=np.zeros_like(named), where=there)
    mean: Array = scores.sum(axis=-1) / there.sum(axis=-1)
    return mean


METRIC = LabelMetric(
    key="f1_macro",
    name=N_("F1 score (macro)"),
    definition=N_(
        "For each class the harmonic mean of how many of its cases are found and how many of the "
        "cases named so are right, averaged over the classes."
    ),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    digits=4,
    of_confusion=_f1_macro,
)
