"""Rounding half up without binary floats: the arithmetic of official numbers."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Final

# Wide enough for every finite float with a dozen digits behind the point.
WIDE: Final = Context(prec=400, rounding=ROUND_HALF_UP)


def round_half_up(value: Fraction | Decimal | float, digits: int) -> Decimal:
    """Round to a number of digits, 0.005 to 0.01 at two digits; -0 becomes 0.

    A float is taken as the shortest decimal that stands for it, which is what people see printed.
    """
    if isinstance(value, Fraction):
        top, bottom = 2 * abs(value.numerator) * 10**digits, 2 * value.denominator
        units = (top + value.denominator) // bottom
        return from_units(units if value.numerator >= 0 else -units, digits)
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), context=WIDE)
    return abs(rounded) if rounded.is_zero() else rounded


def round_root(square: Fraction, digits: int) -> Decimal:
    """Return the square root of a number of at least 0, rounded half up exactly."""
    scaled = 4 * square * 100**digits  # (2 · root · 10^digits)²
    return from_units((math.isqrt(scaled.numerator // scaled.denominator) + 1) // 2, digits)


def from_units(units: int, digits: int) -> Decimal:
    """Return an integer number of the last digit's units as a decimal: 7325 at 2 is 73.25."""
    return Decimal(units).scaleb(-digits, context=WIDE)
