"""Balanced accuracy."""

from __future__ import annotations

from scoring.compute.metrics import counts
from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _balanced_accuracy(confusion: Array) -> Array:
    found = counts.of_matrix(confusion)
    # Classes that are only predicted have no recall.
    return counts.recall(found).sum(axis=-1) / (found.true > 0).sum(axis=-1)


METRIC = LabelMetric(
    key="balanced_accuracy",
    name=N_("Balanced accuracy"),
    definition=N_(
        "For each class the share of its cases that are recognised, averaged over the classes: "
        "rare classes count as much as frequent ones."
    ),
    formula="Σₖ (TPₖ / Pₖ) / K",
    edges=N_("A class without a case in the truth enters no mean."),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    of_confusion=_balanced_accuracy,
)
