"""Precision, recall and F1 from counts, averaged over classes in the usual ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    type Array = npt.NDArray[np.float64]
    type Score = Callable[[Counts], Array]
    type Average = Callable[[Score, Counts], Array]


@dataclass(frozen=True, slots=True)
class Counts:
    """For each class, in the last dimension: cases found, cases there, cases named so."""

    right: Array
    true: Array
    named: Array

    @property
    def occurring(self) -> Array:
        """Where truth or predictions name the class at all; others enter no mean."""
        there: Array = (self.true + self.named > 0).astype(np.float64)
        return there

    def summed(self) -> Counts:
        """Return the counts over all classes."""
        return Counts(self.right.sum(axis=-1), self.true.sum(axis=-1), self.named.sum(axis=-1))


def of_matrix(confusion: Array) -> Counts:
    """Count by class in a confusion matrix of shape (…, classes, classes)."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return Counts(right, confusion.sum(axis=-1), confusion.sum(axis=-2))


def of_labels(truth: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> Counts:
    """Count by label where each case has any number of them: (cases × labels)."""
    return Counts(
        (truth & predicted).sum(axis=0).astype(np.float64),
        truth.sum(axis=0).astype(np.float64),
        predicted.sum(axis=0).astype(np.float64),
    )


def precision(counts: Counts) -> Array:
    """Return how many of the cases named so are right; 0 where none is named so."""
    return ratio(counts.right, counts.named)


def recall(counts: Counts) -> Array:
    """Return how many of the cases are found; 0 where there is none."""
    return ratio(counts.right, counts.true)


def f1(counts: Counts) -> Array:
    """Return the harmonic mean of precision and recall; 0 where both are."""
    return ratio(2 * counts.right, counts.true + counts.named)


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Array:
    """Divide, with 0 for 0/0."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    shares: Array = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    return shares


def macro(score: Score, counts: Counts) -> Array:
    """Return the plain mean over the classes that occur; 0 where none does."""
    occurring = counts.occurring
    return ratio((score(counts) * occurring).sum(axis=-1), occurring.sum(axis=-1))


def weighted(score: Score, counts: Counts) -> Array:
    """Return the mean over the classes, each weighing as many cases as it has."""
    return ratio((score(counts) * counts.true).sum(axis=-1), counts.true.sum(axis=-1))


def micro(score: Score, counts: Counts) -> Array:
    """Return the figure of all classes counted together."""
    return score(counts.summed())
