"""What an order of scores tells: ranks, and what stands above each score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    type Array = npt.NDArray[np.float64]


def ranks(values: Array) -> Array:
    """Return fractional ranks: equal scores share the mean of their places."""
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.append(starts, len(values)))
    found = np.empty(len(values))
    found[order] = np.repeat(starts + (counts + 1) / 2, counts)
    return found


def area_under_roc(truth: Array, scores: Array) -> float:
    """Return how often a 1 has a higher score than a 0; both have to occur."""
    positives = float(truth.sum())
    negatives = len(truth) - positives
    above = float(ranks(scores)[truth == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def is_constant(values: Array) -> bool:
    """Tell whether all values are the same."""
    return bool((values == values[0]).all())


def correlation(first: Array, second: Array) -> float:
    """Return Pearson's correlation of two columns that are not constant."""
    left, right = first - first.mean(), second - second.mean()
    # Each is scaled first, so that squares of very large or small numbers stay numbers.
    left, right = left / np.abs(left).max(), right / np.abs(right).max()
    value = float(left @ right / np.sqrt((left @ left) * (right @ right)))
    return min(max(value, -1.0), 1.0)
