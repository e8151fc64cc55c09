"""Two rounds of a jury: how far down the published rule reaches, and who ranks behind the final.

Ranks are those of the first round, 1, 2, 2, 4; a submission without one is None. A line is drawn
below a rank, so equal places are never separated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from decimal import Decimal

PLACES: Final = "places"
POINTS: Final = "points"


def least_place(
    rows: Iterable[tuple[int | None, Decimal | None]], rule: str, threshold: int
) -> int:
    """Return the last rank that goes on by the published rule; 0: the rule reaches nobody.

    `rows` are rank and published points of each submission. By places, every rank up to the
    threshold goes on; by points, every rank down to the last that has them.
    """
    reached = [
        rank
        for rank, points in rows
        if rank is not None
        and (rank <= threshold if rule == PLACES else points is not None and points >= threshold)
    ]
    return max(reached, default=0)


def lines(ranks: Iterable[int | None], least: int) -> list[tuple[int, int]]:
    """Return where the line may be drawn: each rank from `least` on, and how many are above."""
    known = sorted(rank for rank in ranks if rank is not None)
    return [
        (rank, sum(other <= rank for other in known))
        for rank in sorted(set(known))
        if rank >= least
    ]


def above[Key: Hashable](ranks: Mapping[Key, int | None], place: int) -> list[Key]:
    """Return who is above a line drawn below `place`, the best first; equals in their order."""
    found = [(rank, key) for key, rank in ranks.items() if rank is not None and rank <= place]
    return [key for _rank, key in sorted(found, key=lambda pair: pair[0])]


def behind(finalists: Sequence[int | None], others: Sequence[int | None]) -> list[int | None]:
    """Return the ranks of those who were cut, behind every finalist that has a rank."""
    ahead = sum(rank is not None for rank in finalists)
    return [None if rank is None else ahead + rank for rank in others]
