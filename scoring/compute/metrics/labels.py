"""Metrics of several labels a case: F1, Jaccard, Hamming, and whether all are right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scoring.compute.metrics import counts
from scoring.compute.metrics.base import Array, CaseMetric, WholeMetric
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    type Flags = npt.NDArray[np.bool_]


def _f1(average: counts.Average, truth: Flags, predicted: Flags) -> float:
    return float(average(counts.f1, counts.of_labels(truth, predicted)))


def _f1_of_cases(truth: Flags, predicted: Flags) -> Array:
    together = (truth & predicted).sum(axis=1)
    named = truth.sum(axis=1) + predicted.sum(axis=1)
    score: Array = counts.ratio(2.0 * together, named) + (named == 0)
    return score


def _jaccard(truth: Flags, predicted: Flags) -> Array:
    either = (truth | predicted).sum(axis=1)
    share: Array = counts.ratio((truth & predicted).sum(axis=1), either) + (either == 0)
    return share


def _hamming(truth: Flags, predicted: Flags) -> Array:
    wrong: Array = (truth != predicted).mean(axis=1)
    return wrong


def _exact(truth: Flags, predicted: Flags) -> Array:
    exact: Array = (truth == predicted).all(axis=1).astype(float)
    return exact


_whole = partial(
    WholeMetric,
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    kind=PredictionKind.LABELS,
)
_of_cases = partial(CaseMetric, lowest=0.0, highest=1.0, kind=PredictionKind.LABELS)
_NO_LABEL = N_("A case for which neither truth nor predictions name a label counts as right.")

METRICS = (
    _whole(
        key="labels_f1_macro",
        name=N_("F1 score of labels (macro)"),
        definition=N_(
            "For each label the harmonic mean of how many of its cases are found and how many of "
            "the cases given it are right, averaged over the labels."
        ),
        formula="Σₖ 2 TPₖ / (2 TPₖ + FPₖ + FNₖ) / K",
        edges=N_("A label that neither truth nor predictions name enters no mean."),
        of_all=partial(_f1, counts.macro),
    ),
    _whole(
        key="labels_f1_micro",
        name=N_("F1 score of labels (micro)"),
        definition=N_(
            "The harmonic mean of how many labels are found and how many of those given are "
            "right, all labels counted together."
        ),
        formula="2 Σₖ TPₖ / Σₖ (2 TPₖ + FPₖ + FNₖ)",
        edges=N_("0 if neither truth nor predictions name any label."),
        of_all=partial(_f1, counts.micro),
    ),
    _whole(
        key="labels_f1_weighted",
        name=N_("F1 score of labels (weighted)"),
        definition=N_(
            "For each label the harmonic mean of how many of its cases are found and how many of "
            "the cases given it are right, averaged so that each label weighs as many cases as it "
            "has."
        ),
        formula="Σₖ Pₖ · 2 TPₖ / (2 TPₖ + FPₖ + FNₖ) / Σₖ Pₖ",
        edges=N_("0 if the truth names no label."),
        of_all=partial(_f1, counts.weighted),
    ),
    _of_cases(
        key="labels_f1_cases",
        name=N_("F1 score of cases"),
        definition=N_(
            "For each case the harmonic mean of how many of its labels are found and how many of "
            "those given are right, averaged over the cases."
        ),
        formula="Σᵢ 2·|Yᵢ ∩ Ŷᵢ| / (|Yᵢ| + |Ŷᵢ|) / n",
        edges=_NO_LABEL,
        direction=Direction.HIGHER,
        of_cases=_f1_of_cases,
    ),
    _of_cases(
        key="labels_jaccard",
        name=N_("Jaccard index"),
        definition=N_(
            "For each case how many labels truth and predictions share, out of all labels that one "
            "of them names, averaged over the cases."
        ),
        formula="Σᵢ |Yᵢ ∩ Ŷᵢ| / |Yᵢ ∪ Ŷᵢ| / n",
        edges=_NO_LABEL,
        direction=Direction.HIGHER,
        of_cases=_jaccard,
    ),
    _of_cases(
        key="labels_hamming",
        name=N_("Hamming loss"),
        definition=N_(
            "The share of all decisions “has this label or not” that are wrong: 0 is perfect."
        ),
        formula="Σᵢ Σₖ [yᵢₖ ≠ ŷᵢₖ] / (n·K)",
        edges=N_("Defined for any cases, also without any label."),
        direction=Direction.LOWER,
        of_cases=_hamming,
    ),
    _of_cases(
        key="labels_exact",
        name=N_("Exactly right labels"),
        definition=N_("The share of cases for which all labels are right and none is missing."),
        formula="Σᵢ [Ŷᵢ = Yᵢ] / n",
        edges=_NO_LABEL,
        direction=Direction.HIGHER,
        of_cases=_exact,
    ),
)
