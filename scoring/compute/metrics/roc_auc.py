"""Area under the ROC curve, with DeLong's interval."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from scoring.compute.metrics.base import Array, ScoreMetric
from scoring.compute.metrics.intervals import LEVEL, normal_quantile
from scoring.compute.schema import Direction, Interval
from scoring.compute.words import N_


def _ranks(values: Array) -> Array:
    """Return fractional ranks: equal scores share the mean of their places."""
    return np.asarray(pd.Series(values).rank(method="average"), dtype=np.float64)


def _roc_auc(truth: Array, predicted: Array) -> float:
    positives = float(truth.sum())
    negatives = len(truth) - positives
    above = float(_ranks(predicted)[truth == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def _delong(truth: Array, predicted: Array) -> Interval | None:
    """Return DeLong's interval from ranks alone (Sun and Xu 2014); None for too few cases."""
    ranks = _ranks(predicted)
    chosen = truth == 1
    positives, negatives = int(chosen.sum()), int((~chosen).sum())
    if min(positives, negatives) < 2:
        return None
    beaten = (ranks[chosen] - _ranks(predicted[chosen])) / negatives
    beating = 1 - (ranks[~chosen] - _ranks(predicted[~chosen])) / positives
    error = math.sqrt(beaten.var(ddof=1) / positives + beating.var(ddof=1) / negatives)
    value, half = float(beaten.mean()), normal_quantile(LEVEL) * error
    return Interval(
        low=max(value - half, 0.0), high=min(value + half, 1.0), level=LEVEL, method="delong"
    )


METRIC = ScoreMetric(
    key="roc_auc",
    name=N_("Area under the ROC curve (AUC)"),
    definition=N_(
        "How often a case of the positive class gets a higher probability than a case of the "
        "negative class, over all such pairs: 0.5 is guessing, 1 is a perfect order."
    ),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    digits=4,
    of_scores=_roc_auc,
    interval_of=_delong,
)
