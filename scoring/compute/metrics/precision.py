"""Precision: averaged over the classes, or of one class."""

from __future__ import annotations

from functools import partial

from scoring.compute.metrics import counts
from scoring.compute.metrics.base import Array, ClassMetric, Family, LabelMetric, Parameter
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _averaged(average: counts.Average, confusion: Array) -> Array:
    return average(counts.precision, counts.of_matrix(confusion))


def _of_class(confusion: Array) -> Array:
    return counts.precision(counts.of_matrix(confusion))[..., 1]


_share = partial(LabelMetric, direction=Direction.HIGHER, lowest=0.0, highest=1.0)

METRICS = (
    _share(
        key="precision_macro",
        name=N_("Precision (macro)"),
        definition=N_(
            "For each class the share of the cases named so that are right, averaged over the "
            "classes."
        ),
        formula="Σₖ TPₖ / (TPₖ + FPₖ) / K",
        edges=N_(
            "A class that is never predicted counts 0; one that neither truth nor predictions "
            "name enters no mean."
        ),
        of_confusion=partial(_averaged, counts.macro),
    ),
    _share(
        key="precision_micro",
        name=N_("Precision (micro)"),
        definition=N_(
            "The share of all predictions that are right; with one label for each case the same "
            "as the accuracy."
        ),
        formula="Σₖ TPₖ / Σₖ (TPₖ + FPₖ)",
        edges=N_("Defined for any cases, also of a single class."),
        of_confusion=partial(_averaged, counts.micro),
    ),
    _share(
        key="precision_weighted",
        name=N_("Precision (weighted)"),
        definition=N_(
            "For each class the share of the cases named so that are right, averaged so that each "
            "class weighs as many cases as it has."
        ),
        formula="Σₖ Pₖ · TPₖ / (TPₖ + FPₖ) / n",
        edges=N_("A class that is never predicted counts 0."),
        of_confusion=partial(_averaged, counts.weighted),
    ),
    Family(
        metric=ClassMetric(
            key="precision_of",
            name=N_("Precision of “%(parameter)s”"),
            definition=N_("The share of the cases named “%(parameter)s” that are right."),
            formula="TP / (TP + FP)",
            edges=N_("0 if the class is never predicted; not defined without a case of it."),
            direction=Direction.HIGHER,
            lowest=0.0,
            highest=1.0,
            of_confusion=_of_class,
        ),
        takes=Parameter.LABEL,
    ),
)
