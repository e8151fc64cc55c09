"""F1 score: averaged over the classes, or of one class."""

from __future__ import annotations

from functools import partial

from scoring.compute.metrics import counts
from scoring.compute.metrics.base import Array, ClassMetric, Family, LabelMetric, Parameter
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _averaged(average: counts.Average, confusion: Array) -> Array:
    return average(counts.f1, counts.of_matrix(confusion))


def _of_class(confusion: Array) -> Array:
    return counts.f1(counts.of_matrix(confusion))[..., 1]


_share = partial(LabelMetric, direction=Direction.HIGHER, lowest=0.0, highest=1.0)

METRICS = (
    _share(
        key="f1_macro",
        name=N_("F1 score (macro)"),
        definition=N_(
            "For each class the harmonic mean of how many of its cases are found and how many of "
            "the cases named so are right, averaged over the classes."
        ),
        formula="Σₖ 2 TPₖ / (2 TPₖ + FPₖ + FNₖ) / K",
        edges=N_("A class that neither truth nor predictions name enters no mean."),
        of_confusion=partial(_averaged, counts.macro),
    ),
    _share(
        key="f1_micro",
        name=N_("F1 score (micro)"),
        definition=N_(
            "The harmonic mean of precision and recall over all classes counted together; with one "
            "label for each case the same as the accuracy."
        ),
        formula="2 Σₖ TPₖ / Σₖ (2 TPₖ + FPₖ + FNₖ)",
        edges=N_("Defined for any cases, also of a single class."),
        of_confusion=partial(_averaged, counts.micro),
    ),
    _share(
        key="f1_weighted",
        name=N_("F1 score (weighted)"),
        definition=N_(
            "For each class the harmonic mean of precision and recall, averaged so that each class "
            "weighs as many cases as it has."
        ),
        formula="Σₖ Pₖ · 2 TPₖ / (2 TPₖ + FPₖ + FNₖ) / n",
        edges=N_("A class that is only predicted weighs nothing."),
        of_confusion=partial(_averaged, counts.weighted),
    ),
    Family(
        metric=ClassMetric(
            key="f1_of",
            name=N_("F1 score of “%(parameter)s”"),
            definition=N_(
                "The harmonic mean of how many cases of “%(parameter)s” are found and how many of "
                "the cases named so are right."
            ),
            formula="2 TP / (2 TP + FP + FN)",
            edges=N_("0 if the class is never predicted; not defined without a case of it."),
            direction=Direction.HIGHER,
            lowest=0.0,
            highest=1.0,
            of_confusion=_of_class,
        ),
        takes=Parameter.LABEL,
    ),
)
