"""Recall: averaged over the classes, or of one class."""

from __future__ import annotations

from functools import partial

from scoring.compute.metrics import counts
from scoring.compute.metrics.base import Array, ClassMetric, Family, LabelMetric, Parameter
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _averaged(average: counts.Average, confusion: Array) -> Array:
    return average(counts.recall, counts.of_matrix(confusion))


def _of_class(confusion: Array) -> Array:
    return counts.recall(counts.of_matrix(confusion))[..., 1]


_share = partial(LabelMetric, direction=Direction.HIGHER, lowest=0.0, highest=1.0)

METRICS = (
    _share(
        key="recall_macro",
        name=N_("Recall (macro)"),
        definition=N_(
            "For each class the share of its cases that are found, averaged over the classes."
        ),
        formula="Σₖ TPₖ / (TPₖ + FNₖ) / K",
        edges=N_(
            "A class that is predicted but has no case counts 0; one that neither truth nor "
            "predictions name enters no mean."
        ),
        of_confusion=partial(_averaged, counts.macro),
    ),
    _share(
        key="recall_micro",
        name=N_("Recall (micro)"),
        definition=N_(
            "The share of all cases that are found; with one label for each case the same as the "
            "accuracy."
        ),
        formula="Σₖ TPₖ / Σₖ (TPₖ + FNₖ)",
        edges=N_("Defined for any cases, also of a single class."),
        of_confusion=partial(_averaged, counts.micro),
    ),
    _share(
        key="recall_weighted",
        name=N_("Recall (weighted)"),
        definition=N_(
            "For each class the share of its cases that are found, averaged so that each class "
            "weighs as many cases as it has: the same as the accuracy."
        ),
        formula="Σₖ Pₖ · TPₖ / (TPₖ + FNₖ) / n",
        edges=N_("Defined for any cases, also of a single class."),
        of_confusion=partial(_averaged, counts.weighted),
    ),
    Family(
        metric=ClassMetric(
            key="recall_of",
            name=N_("Recall of “%(parameter)s”"),
            definition=N_("The share of the cases of “%(parameter)s” that are found."),
            formula="TP / (TP + FN)",
            edges=N_("Not defined without a case of the class."),
            direction=Direction.HIGHER,
            lowest=0.0,
            highest=1.0,
            of_confusion=_of_class,
        ),
        takes=Parameter.LABEL,
    ),
)
