"""Competition ranking with a published tie chain: the one place where ranks are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scoring.compute.schema import RANK, TIE_STEP, TIED
from scoring.compute.words import N_

if TYPE_CHECKING:
    import numpy.typing as npt

    type Codes = npt.NDArray[np.int64]

COMPETITION_RANKING: Final = N_(
    "Equal scores share a rank and the next rank is skipped (1, 2, 2, 4); "
    "what has no score has no rank."
)


def competition_ranks(keys: pd.DataFrame, *, eligible: pd.Series[bool]) -> pd.DataFrame:
    """Rank rows by the first column and break ties by the following ones.

    `keys`: rows × steps, in the order of the chain; in every column the larger value is the
    better one, and None is missing. Rows that are not `eligible` or have no score get no rank. A
    step is passed over within a group of equals of whom one has no value: missing is not worse.

    Returns rows × (RANK Int64, TIED bool, TIE_STEP), on the same index. TIE_STEP is the column
    that last separated the row from others with the same score; TIED says that some are left.
    """
    ranked = np.asarray(keys.iloc[:, 0].notna() & eligible, dtype=bool)
    chosen = keys.loc[ranked]
    steps = np.full(len(keys), None, dtype=object)
    decided = steps[ranked]
    place = _places(chosen.iloc[:, 0])
    for step in chosen.columns[1:]:
        before = _sizes(place)
        place = _refine(place, _places(chosen[step]))
        decided[_sizes(place) < before] = step
    steps[ranked] = decided
    ranks = pd.Series(pd.NA, index=keys.index, dtype="Int64")
    # The number of strictly better rows, plus one.
    ranks[ranked] = pd.Series(place).rank(method="min").astype("int64").to_numpy()
    tied = np.zeros(len(keys), dtype=bool)
    tied[ranked] = _sizes(place) > 1
    return pd.DataFrame(
        {RANK: ranks, TIED: tied, TIE_STEP: pd.Series(steps, index=keys.index, dtype=object)},
        index=keys.index,
    )


def _places(values: pd.Series) -> Codes:
    """Return 0 for the largest value, 1 for the next …, and -1 for a missing one."""
    codes, distinct = pd.factorize(values, sort=True)
    places: Codes = np.where(codes < 0, -1, len(distinct) - 1 - codes).astype(np.int64)
    return places


def _refine(place: Codes, step: Codes) -> Codes:
    """Split groups of equal places by a step, unless somebody in the group has no value."""
    if not place.size:
        return place
    undecided = np.zeros(int(place.max()) + 1, dtype=bool)
    undecided[place[step < 0]] = True
    step = np.where(undecided[place], 0, step)
    _, refined = np.unique(place * (int(step.max()) + 1) + step, return_inverse=True)
    places: Codes = refined.astype(np.int64)
    return places


def _sizes(place: Codes) -> Codes:
    """Return for each row how many rows share its place."""
    if not place.size:
        return place
    sizes: Codes = np.bincount(place)[place]
    return sizes
