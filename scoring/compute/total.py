"""The total of one juror for one submission, without frames: what the scoring page shows.

Pages of the web process use it, so nothing heavy is imported. A test proves that it equals the
totals that `scoring.compute.jury` makes of the same marks.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from scoring.compute.exact import round_half_up
from scoring.compute.schema import Aggregation, Rounding, Rubric

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL: Final = 100


def juror_total(marks: Mapping[str, int | None], rubric: Rubric) -> Fraction | None:
    """Return 100 · Σ w u / Σ w over the answered criteria (X-2), None without an answer.

    `marks` are hundredths by the key of the criterion; an absent key or None is missing, never 0.
    Unfinished sheets have a total as well: that of the criteria answered so far.

    Raises:
        ValueError: a mark lies outside the scale of its criterion, or its criterion is unknown.

    """
    known = {criterion.key: criterion for criterion in rubric.criteria}
    if not set(marks) <= set(known):
        raise ValueError("A mark belongs to no criterion of the rubric.")
    answered = [
        (known[key], mark) for key, mark in marks.items() if mark is not None and known[key].counted
    ]
    if any(not criterion.low <= mark <= criterion.high for criterion, mark in answered):
        raise ValueError("A mark lies outside its scale.")
    weights = sum((Fraction(criterion.weight) for criterion, _mark in answered), Fraction(0))
    if not weights:
        return None
    parts = [
        FULL
        * Fraction(criterion.weight)
        / weights
        * Fraction(mark - criterion.low, criterion.high - criterion.low)
        for criterion, mark in answered
    ]
    if rubric.rounding is Rounding.PER_CRITERION and rubric.aggregation is Aggregation.JUROR_FIRST:
        parts = [Fraction(round_half_up(part, rubric.digits)) for part in parts]
    return sum(parts, Fraction(0))


def hundredths(total: Fraction) -> int:
    """Return a total rounded half up to whole hundredths of a point, as it is stored."""
    return int(round_half_up(total, 2).scaleb(2))
