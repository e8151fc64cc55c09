"""The Ladder: a public score that moves only where a version is better by more than a step.

Avrim Blum and Moritz Hardt: The Ladder: A Reliable Leaderboard for Machine Learning Competitions
(ICML 2015, arXiv 1502.04585), algorithm 1. Who hands in many versions learns only when one of them
is clearly better, and never by how much more than to the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Rung:
    """The public score after a version, and the place of the version that made it."""

    score: Decimal
    made_by: int


def ladder(
    values: Sequence[float | None], *, step: Decimal, higher_is_better: bool
) -> list[Rung | None]:
    """Return the public score after each version of a team, in the order of their hand-in.

    With R the score before and v the value of a version: if v is better than R by more than the
    step, R becomes v rounded half up to a multiple of the step, else it stays. The first value is
    rounded as well. None as long as no version has a value.
    """
    found: list[Rung | None] = []
    rung: Rung | None = None
    for at, value in enumerate(values):
        if value is not None:
            exact = Fraction(repr(value))
            ahead = None if rung is None else exact - Fraction(rung.score)
            if ahead is None or (ahead if higher_is_better else -ahead) > Fraction(step):
                units = (2 * exact / Fraction(step) + 1) // 2
                rung = Rung(Decimal(int(units)) * step, at)
        found.append(rung)
    return found
