"""Which groups of cases have a value of their own, so that none tells about a single person.

Who knows the values of a whole and of all its parts but one can subtract. So it is not enough that
each group has many cases: what is left over has to have as many, within a column and between two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """The groups of one column: `codes` of each case into `names`, the last of which may be None.

    None stands for the small groups and the cases without one, taken together; `merged` are the
    names of those groups. The names are in order.
    """

    names: tuple[str | None, ...]
    codes: npt.NDArray[np.intp]
    merged: tuple[str, ...]

    def members(
        self, positions: npt.NDArray[np.intp]
    ) -> Iterator[tuple[str | None, npt.NDArray[np.intp]]]:
        """Yield each group's name and those of the positions that belong to it."""
        own = self.codes[positions]
        for code, name in enumerate(self.names):
            yield name, positions[own == code]

    def sizes(self, positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return how many of the positions belong to each group."""
        return np.bincount(self.codes[positions], minlength=len(self.names))


def grouping(
    values: Sequence[str], parts: Iterable[npt.NDArray[np.intp]], *, smallest: int
) -> Grouping:
    """Merge the groups that have fewer cases than `smallest` in one of the parts.

    If those are too few even together, the next larger group joins them, until they are enough or
    nothing else is left. A case with an empty value is always among them. The groups are the same
    in every part, so no part tells more than another.
    """
    names, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
    sizes = np.array([np.bincount(codes[part], minlength=len(names)) for part in parts])
    # By size where they are fewest, then by name: what joins first.
    order = np.lexsort((np.arange(len(names)), sizes.min(axis=0)))
    small = (sizes.min(axis=0) < smallest) | (names == "")
    for at in order:
        if not small.any() or sizes[:, small].sum(axis=1).min() >= smallest:
            break
        small[at] = True
    own = np.flatnonzero(~small)
    new_codes = np.full(len(names), len(own), dtype=np.intp)
    new_codes[own] = np.arange(len(own))
    return Grouping(
        names=(*names[own].tolist(), *([None] if small.any() else [])),
        codes=new_codes[codes.ravel()],
        merged=tuple(name for name in names[small].tolist() if name),
    )


def differ_by_few(
    one: Grouping, other: Grouping, parts: Iterable[npt.NDArray[np.intp]], *, smallest: int
) -> bool:
    """Say whether a group is all but a few cases the same as groups of another column.

    Compared are the groups of the other column that lie within it, and those that reach into it.
    """
    for part in parts:
        cells = np.zeros((len(one.names), len(other.names)), dtype=np.intp)
        np.add.at(cells, (one.codes[part], other.codes[part]), 1)
        for table in (cells, cells.T):
            size, others = table.sum(axis=1), table.sum(axis=0)
            within = (table * (table == others)).sum(axis=1)
            around = ((table > 0) * others).sum(axis=1)
            rest = np.concatenate([(size - within)[within > 0], around - size])
            if ((rest > 0) & (rest < smallest)).any():
                return True
    return False
