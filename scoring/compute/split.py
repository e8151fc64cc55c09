"""Which rows of a ground truth are public: a random part that looks like the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.compute.schema import Split

if TYPE_CHECKING:
    from collections.abc import Sequence

STRATA: Final = 10  # groups of neighbouring values where the target is a number


class SplitError(ValueError):
    """The rows cannot be split; `code` is the key of the sentence. Codes: too_few_rows."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def stratified_split(values: Sequence[object], *, share: float, seed: int) -> tuple[Split, ...]:
    """Put a share of the rows into the public part, the same share of each label.

    Numbers are stratified by ten groups of neighbouring values. Shares are kept to within one row
    over any run of strata. The same values, share and seed give the same parts; both have rows.
    """
    if not 0 < share < 1:
        raise ValueError("A share lies between 0 and 1.")
    count = len(values)
    if count < 2:
        raise SplitError("too_few_rows")
    random = np.random.default_rng(seed)
    shuffled = random.permutation(count)
    # Rows of one stratum side by side, in random order within it.
    order = shuffled[np.argsort(_strata(values)[shuffled], kind="stable")]
    # The running number of public rows never strays from the share by a whole row.
    start = float(random.random())
    public = np.diff(np.floor(start + share * np.arange(count + 1))).astype(bool)
    if public.all() or not public.any():
        public[random.integers(count)] ^= True
    splits = np.empty(count, dtype=bool)
    splits[order] = public
    return tuple(Split.PUBLIC if chosen else Split.PRIVATE for chosen in splits.tolist())


def _strata(values: Sequence[object]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the stratum of each row."""
    column = np.asarray(values)
    if column.dtype.kind != "f":
        return np.unique(column, return_inverse=True)[1].astype(np.int64)
    places = np.empty(len(column), dtype=np.int64)
    places[np.argsort(column, kind="stable")] = np.arange(len(column))
    return places * STRATA // len(column)
