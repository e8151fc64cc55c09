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
JACKKNIFE_GROUPS: Final = 20
JACKKNIFE_QUANTILE: Final = 2.093024  # of Student's t with 19 degrees of freedom, at 95 %
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
    losses: Array,
    *,
    finish: Callable[[float], float] = float,
    highest: float = math.inf,
    level: float = LEVEL,
) -> Interval | None:
    """Return the normal interval of a mean of values of at least 0; None for a single case."""
    cases = len(losses)
    if cases < 2:
        return None
    mean = float(losses.mean())
    half = normal_quantile(level) * float(losses.std(ddof=1)) / math.sqrt(cases)
    if not math.isfinite(half):
        return None
    return Interval(
        low=finish(max(mean - half, 0.0)),
        high=min(finish(mean + half), highest),
        level=level,
        method="normal",
    )


def median_interval(values: Array, *, level: float = LEVEL) -> Interval | None:
    """Return the interval of a median from the order of the values; None for too few of them.

    Its ends are values themselves; nothing is supposed about how they are spread.
    """
    cases = len(values)
    # The number of values below the median is binomial; its middle is close to normal.
    reach = normal_quantile(level) * math.sqrt(cases) / 2
    first, last = math.floor(cases / 2 - reach), math.ceil(cases / 2 + reach)
    if first < 0 or last >= cases:
        return None
    ordered = np.partition(values, (first, last))
    return Interval(
        low=float(ordered[first]), high=float(ordered[last]), level=level, method="order"
    )


def correlation_interval(
    value: float, *, cases: int, widening: float = 1.0, level: float = LEVEL
) -> Interval | None:
    """Return Fisher's interval of a correlation; None for fewer than four cases."""
    if cases < 4:
        return None
    if abs(value) == 1:
        return Interval(low=value, high=value, level=level, method="fisher")
    centre, half = math.atanh(value), normal_quantile(level) * math.sqrt(widening / (cases - 3))
    return Interval(
        low=math.tanh(centre - half), high=math.tanh(centre + half), level=level, method="fisher"
    )


def group_jackknife(
    value_of: Callable[[npt.NDArray[np.intp]], float],
    *,
    cases: int,
    value: float,
    seed: int,
    lowest: float,
    highest: float,
) -> Interval | None:
    """Return the interval from leaving out one of twenty random groups of cases at a time.

    `value_of` takes the places of the cases that stay. It serves metrics that no formula exists
    for, at twenty times their cost. None for fewer than 40 cases, or where a value is missing.
    """
    if cases < 2 * JACKKNIFE_GROUPS:
        return None
    order = np.random.default_rng(seed).permutation(cases)
    group = np.empty(cases, dtype=np.int64)
    group[order] = np.arange(cases) % JACKKNIFE_GROUPS
    try:
        values = [
            value_of(np.flatnonzero(group != left_out)) for left_out in range(JACKKNIFE_GROUPS)
        ]
    except ValueError:
        return None
    spread = np.array(values) - np.mean(values)
    error = math.sqrt((JACKKNIFE_GROUPS - 1) / JACKKNIFE_GROUPS * float(np.square(spread).sum()))
    half = JACKKNIFE_QUANTILE * error
    return Interval(
        low=max(value - half, lowest),
        high=min(value + half, highest),
        level=LEVEL,
        method="jackknife",
        seed=seed,
        draws=JACKKNIFE_GROUPS,
    )


def normal_quantile(level: float) -> float:
    """Return how many standard errors cover the middle of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)
