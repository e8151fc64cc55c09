"""How far jurors agree: Krippendorff's alpha, intraclass correlation, Kendall's W.

All take a table of ratings: rows are jurors, columns are what they rate, NaN is missing. Where a
measure is not defined, it is None. Low agreement among finalists is normal: their range is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from scipy.stats import chi2, rankdata

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    type Table = npt.NDArray[np.float64]

type Level = Literal["nominal", "ordinal", "interval", "ratio"]

ICC_NAMES: Final = ("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)")


def krippendorff_alpha(ratings: Table, level: Level) -> float | None:
    """Return alpha = 1 − observed / expected disagreement (X-29).

    Units with fewer than two ratings are left out. None if nothing varies or nothing is paired.
    """
    paired = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    here = ~np.isnan(paired)
    if not here.any():
        return None
    if level == "interval":
        return _interval_alpha(paired, here)
    values, codes = np.unique(paired[here], return_inverse=True)
    if len(values) < 2:
        return None
    units = np.nonzero(here)[1]
    counts = np.zeros((len(values), paired.shape[1]))
    np.add.at(counts, (codes, units), 1.0)
    in_unit = counts.sum(axis=0)
    total = counts.sum(axis=1)
    n = total.sum()
    distance = _distance(values, total, level)
    # Pairs within a unit, each unit weighing by its number of ratings.
    observed = np.einsum("cu,ck,ku,u->", counts, distance, counts, 1 / (in_unit - 1))
    expected = float(total @ distance @ total) / (n - 1)
    return float(1.0 - float(observed) / expected)


def _interval_alpha(paired: Table, here: npt.NDArray[np.bool_]) -> float | None:
    """Return alpha for numbers from sums of squares: totals have too many values for pairs."""
    n, in_unit = int(here.sum()), here.sum(axis=0)
    values = np.where(here, paired, 0.0)
    whole = float(((paired[here] - paired[here].mean()) ** 2).sum())
    if whole <= 0:
        return None
    within = (np.where(here, paired - values.sum(axis=0) / in_unit, 0.0) ** 2).sum(axis=0)
    observed = float((2 * in_unit * within / (in_unit - 1)).sum())
    return 1 - observed / (2 * n * whole / (n - 1))


def _distance(values: Table, total: Table, level: Level) -> Table:
    """Return the squared difference of every two values."""
    if level == "nominal":
        other: Table = (values[:, None] != values[None, :]).astype(float)
        return other
    if level == "ordinal":
        # All ratings between two values, the two themselves by half.
        middle = np.cumsum(total) - total / 2
        squared: Table = (middle[:, None] - middle[None, :]) ** 2
        return squared
    difference: Table = values[:, None] - values[None, :]
    if level == "ratio":
        whole = values[:, None] + values[None, :]
        difference = np.divide(difference, whole, out=np.zeros_like(whole), where=whole != 0)
    return difference**2


def intraclass_correlations(ratings: Table) -> Mapping[str, float] | None:
    """Return the six intraclass correlations of a complete table (X-30), None for another.

    1: every submission has jurors of its own; A: absolute agreement; C: consistency, where a
    stricter juror does no harm. 1 is one juror, k the mean of all.
    """
    k, n = ratings.shape
    if n < 2 or k < 2 or np.isnan(ratings).any():
        return None
    grand = ratings.mean()
    between = k * float(((ratings.mean(axis=0) - grand) ** 2).sum()) / (n - 1)
    jurors = n * float(((ratings.mean(axis=1) - grand) ** 2).sum()) / (k - 1)
    within = float(((ratings - ratings.mean(axis=0)) ** 2).sum()) / (n * (k - 1))
    error = (within * n * (k - 1) - jurors * (k - 1)) / ((n - 1) * (k - 1))
    error = max(error, 0.0)
    pairs = (
        (between - within, between + (k - 1) * within),
        (between - error, between + (k - 1) * error + k * (jurors - error) / n),
        (between - error, between + (k - 1) * error),
        (between - within, between),
        (between - error, between + (jurors - error) / n),
        (between - error, between),
    )
    if any(bottom <= 0 for _top, bottom in pairs):
        return None
    return {name: top / bottom for name, (top, bottom) in zip(ICC_NAMES, pairs, strict=True)}


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W with its rough test: chi-squared with n − 1 degrees of freedom."""

    w: float
    chi_squared: float
    p: float


def kendall_w(ratings: Table) -> Concordance | None:
    """Return Kendall's W of a complete table, corrected for ties (X-31); None for another."""
    m, n = ratings.shape
    if m < 2 or n < 2 or np.isnan(ratings).any():
        return None
    ranks = rankdata(-ratings, axis=1)
    sums = ranks.sum(axis=0)
    spread = float(((sums - sums.mean()) ** 2).sum())
    ties = sum(
        float((counts.astype(float) ** 3 - counts).sum())
        for counts in (np.unique(row, return_counts=True)[1] for row in ranks)
    )
    most = m**2 * (n**3 - n) - m * ties
    if most <= 0:
        return None
    w = 12 * spread / most
    statistic = m * (n - 1) * w
    return Concordance(w=w, chi_squared=statistic, p=float(chi2.sf(statistic, n - 1)))


def generalizability(submissions: float, jurors: float, error: float, k: float) -> float | None:
    """Return the share of variance that is due to the submissions, with k jurors each (X-32)."""
    whole = submissions + (jurors + error) / k
    return submissions / whole if whole > 0 else None
