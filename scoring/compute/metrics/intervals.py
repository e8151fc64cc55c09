"""Confidence intervals from sufficient statistics, so that their cost does not grow with rows."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.compute.schema import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

type Array = npt.NDArray[np.float64]

LEVEL: Final = 0.95
DRAWS: Final = 1000
BOOTSTRAP_CLASSES: Final = 256  # beyond that, a thousand matrices take more than a second
CELLS_AT_ONCE: Final = 2_000_000  # 16 MB of counts


def wilson(successes: float, cases: float, *, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval of a share; sensible also at 0, 1 and few cases."""
    z = normal_quantile(level)
    share = successes / cases
    centre = share + z * z / (2 * cases)
    half = z * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
    scale = 1 + z * z / cases
    low, high = (centre - half) / scale, (centre + half) / scale
    return Interval(low=max(low, 0.0), high=min(high, 1.0), level=level, method="wilson")


def confusion_bootstrap(
    metric: Callable[[Array], Array],
    matrix: Array,
    *,
    seed: int,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Interval | None:
    """Return the percentile interval of a metric of the confusion matrix.

    Drawing the matrix from a multinomial distribution is exactly the bootstrap of the rows. The
    same seed and matrix give the same interval. None above 256 classes.
    """
    classes = len(matrix)
    if classes > BOOTSTRAP_CLASSES:
        return None
    flat = matrix.ravel()
    cases = int(flat.sum())
    filled = np.flatnonzero(flat)
    random = np.random.default_rng(seed)
    portion = max(1, CELLS_AT_ONCE // flat.size)
    values = []
    for start in range(0, draws, portion):
        size = min(portion, draws - start)
        resampled = np.zeros((size, flat.size))
        resampled[:, filled] = random.multinomial(cases, flat[filled] / cases, size=size)
        values.append(metric(resampled.reshape(size, classes, classes)))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(values), (tail, 1 - tail))
    return Interval(
        low=float(low), high=float(high), level=level, method="bootstrap", seed=seed, draws=draws
    )


def mean_interval(
    losses: Array, *, finish: Callable[[float], float] = float, level: float = LEVEL
) -> Interval | None:
    """Return the normal interval of a mean of losses of at least 0; None for a single case."""
    cases = len(losses)
    if cases < 2:
        return None
    mean = float(losses.mean())
    half = normal_quantile(level) * float(losses.std(ddof=1)) / math.sqrt(cases)
    if not math.isfinite(half):
        return None
    return Interval(
        low=finish(max(mean - half, 0.0)), high=finish(mean + half), level=level, method="normal"
    )


def normal_quantile(level: float) -> float:
    """Return how many standard errors cover the middle of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)
