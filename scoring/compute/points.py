"""Metrics as points from 0 to 100, and several of them as one number; exact, and light."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from scoring.compute.exact import round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FULL: Final = 100
DIGITS: Final = 2
WEIGHTED: Final = "weighted_points"  # the column of a board that several metrics make together


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one metric counts: `baseline` earns 0 points and `target` 100, in the metric's unit."""

    key: str
    weight: Decimal  # per cent; those of a board add up to 100
    baseline: Decimal
    target: Decimal

    def __post_init__(self) -> None:
        if not (self.weight.is_finite() and 0 < self.weight <= FULL):
            raise ValueError("A weight is above 0 and at most 100.")
        if not (self.baseline.is_finite() and self.target.is_finite()):
            raise ValueError("Baseline and target are numbers.")
        if self.baseline == self.target:
            raise ValueError("Baseline and target differ.")

    def points(self, value: Decimal) -> Decimal:
        """Return the points of a published value."""
        return to_points(value, self.baseline, self.target)

    def part(self, value: Decimal) -> Decimal:
        """Return what a published value adds to the weighted points, rounded as it is printed."""
        return round_half_up(Fraction(self.points(value)) * Fraction(self.weight) / FULL, DIGITS)


def to_points(value: Decimal, baseline: Decimal, target: Decimal, digits: int = DIGITS) -> Decimal:
    """Map a value to 0 (baseline or worse) … 100 (target or better), rounded half up."""
    gone = (Fraction(value) - Fraction(baseline)) / (Fraction(target) - Fraction(baseline))
    return round_half_up(FULL * min(max(gone, Fraction(0)), Fraction(1)), digits)


def weighted(values: Mapping[str, Decimal | None], weights: Sequence[Weight]) -> Decimal | None:
    """Add the parts of all metrics that count; None where one of them has no value."""
    total = Decimal(0)
    for weight in weights:
        value = values.get(weight.key)
        if value is None:
            return None
        total += weight.part(value)
    return total
