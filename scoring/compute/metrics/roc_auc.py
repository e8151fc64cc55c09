"""Area under the ROC curve, with DeLong's interval; and averaged over classes."""

from __future__ import annotations

import math

import numpy as np

from scoring.compute.metrics.base import (
    Array,
    Codes,
    MetricError,
    WholeMetric,
    need_both_classes,
)
from scoring.compute.metrics.intervals import LEVEL, normal_quantile
from scoring.compute.metrics.order import area_under_roc, ranks
from scoring.compute.schema import Direction, Interval, PredictionKind
from scoring.compute.words import N_


def _roc_auc(truth: Array, predicted: Array) -> float:
    need_both_classes(truth)
    return area_under_roc(truth, predicted)


def _one_versus_rest(truth: Codes, predicted: Array) -> float:
    classes = int(predicted.shape[1])
    sizes = np.bincount(truth, minlength=classes)
    if not sizes.all() or classes == 1:
        raise MetricError("class_missing")
    areas = (
        area_under_roc((truth == code).astype(np.float64), predicted[:, code])
        for code in range(classes)
    )
    return float(sum(areas)) / classes


def _delong(truth: Array, predicted: Array) -> Interval | None:
    """Return DeLong's interval from ranks alone (Sun and Xu 2014); None for too few cases."""
    places = ranks(predicted)
    chosen = truth == 1
    positives, negatives = int(chosen.sum()), int((~chosen).sum())
    if min(positives, negatives) < 2:
        return None
    beaten = (places[chosen] - ranks(predicted[chosen])) / negatives
    beating = 1 - (places[~chosen] - ranks(predicted[~chosen])) / positives
    error = math.sqrt(beaten.var(ddof=1) / positives + beating.var(ddof=1) / negatives)
    value, half = float(beaten.mean()), normal_quantile(LEVEL) * error
    return Interval(
        low=max(value - half, 0.0), high=min(value + half, 1.0), level=LEVEL, method="delong"
    )


METRICS = (
    WholeMetric(
        key="roc_auc",
        name=N_("Area under the ROC curve (AUC)"),
        definition=N_(
            "How often a case of the positive class gets a higher probability than a case of the "
            "negative class, over all such pairs: 0.5 is guessing, 1 is a perfect order."
        ),
        formula="Σ ([pᵢ > pⱼ] + ½ [pᵢ = pⱼ]) / (n₁·n₀),  yᵢ = 1, yⱼ = 0",
        edges=N_("Not defined unless the truth holds both classes."),
        direction=Direction.HIGHER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.PROBABILITY,
        of_all=_roc_auc,
        interval_of=_delong,
    ),
    WholeMetric(
        key="roc_auc_ovr",
        name=N_("Area under the ROC curve (one against the rest)"),
        definition=N_(
            "For each class how often one of its cases gets a higher probability for it than a "
            "case of another class, averaged over the classes."
        ),
        formula="Σₖ AUCₖ / K",
        edges=N_("Not defined unless the truth holds every class."),
        direction=Direction.HIGHER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.DISTRIBUTION,
        of_all=_one_versus_rest,
    ),
)
