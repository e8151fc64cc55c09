"""How far one weight can move before a rank changes: exact, and no estimate.

The others keep their proportions to each other, so that all weights stay shares of one whole. Along
such a move every total is a straight line, and places change hands where two lines meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Band[Name: Hashable]:
    """Between which shares (0 to 1) of one part a rank stays; at an end two are equal.

    `below` and `above` are those with whom the place is changed beyond the ends; None where the
    whole way is free.
    """

    low: Fraction
    high: Fraction
    below: Name | None
    above: Name | None


def bands[Name: Hashable](
    shares: Sequence[Fraction], values: Mapping[Name, Sequence[Fraction]], of: Name
) -> list[Band[Name]] | None:
    """Return the band of each part for the rank of `of`; None if another total equals its own.

    `shares` are above 0 and add up to 1; with a single part there is nothing to move, and its band
    is the whole. `values` are what each submission reached in each part, 0 to 1, in the order of
    the ranking: of several that draw level at once and equally fast the first is named.
    """
    own = values[of]
    # By how much it leads in each part, and in all; below 0 it is behind.
    leads = {
        name: [mine - theirs for mine, theirs in zip(own, parts, strict=True)]
        for name, parts in values.items()
        if name != of
    }
    margins = {
        name: sum((share * lead for share, lead in zip(shares, gaps, strict=True)), Fraction(0))
        for name, gaps in leads.items()
    }
    if not all(margins.values()):
        return None
    return [_band(at, share, leads, margins) for at, share in enumerate(shares)]


def _band[Name: Hashable](
    at: int,
    share: Fraction,
    leads: Mapping[Name, Sequence[Fraction]],
    margins: Mapping[Name, Fraction],
) -> Band[Name]:
    low, high, below, above = Fraction(0), Fraction(1), None, None
    slope_below = slope_above = Fraction(0)
    for name, gaps in leads.items() if share < 1 else ():
        # The lead is `rest` where the part counts nothing and `alone` where it counts everything.
        alone = gaps[at]
        rest = (margins[name] - share * alone) / (1 - share)
        # Seen from whoever of the two is ahead, so that a lead is always above 0.
        if margins[name] < 0:
            alone, rest = -alone, -rest
        slope = alone - rest
        if rest < 0:
            met = -rest / slope
            if below is None or (met, slope) > (low, slope_below):
                low, below, slope_below = met, name, slope
        if alone < 0:
            met = -rest / slope
            if above is None or (met, slope) < (high, slope_above):
                high, above, slope_above = met, name, slope
    return Band(low=low, high=high, below=below, above=above)
