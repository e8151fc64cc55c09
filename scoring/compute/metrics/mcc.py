"""Matthews correlation coefficient, for any number of classes."""

from __future__ import annotations

import numpy as np

from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _mcc(confusion: Array) -> Array:
    cases = confusion.sum(axis=(-2, -1))
    right = np.trace(confusion, axis1=-2, axis2=-1)
    true, given = confusion.sum(axis=-1), confusion.sum(axis=-2)
    together = right * cases - (true * given).sum(axis=-1)
    spread = np.sqrt((cases**2 - (true**2).sum(axis=-1)) * (cases**2 - (given**2).sum(axis=-1)))
    # With a single class on one side there is nothing to correlate: 0, as scikit-learn has it.
    value: Array = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(value, -1.0, 1.0)


METRIC = LabelMetric(
    key="mcc",
    name=N_("Matthews correlation coefficient"),
    definition=N_(
        "How closely predictions and truth go together: 1 is always right, 0 is no better than "
        "guessing, below 0 is worse than guessing."
    ),
    formula="(c·n − Σₖ Pₖ·Nₖ) / √((n² − Σₖ Nₖ²) · (n² − Σₖ Pₖ²))",
    edges=N_("0 if truth or predictions hold a single class."),
    direction=Direction.HIGHER,
    lowest=-1.0,
    highest=1.0,
    of_confusion=_mcc,
)
