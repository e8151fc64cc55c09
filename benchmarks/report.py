"""One line for each figure, the same in every program, so that they make one table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

MARK: Final = "#figure "
SLACK: Final = 1.5  # a goal counts as failed below two thirds of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured figure beside its goal; `at_least` says which side of the goal is the good one."""

    goal: str
    what: str
    value: float
    limit: float
    at_least: bool = True
    unit: str = "times"

    @property
    def is_reached(self) -> bool:
        """Say whether the goal is reached."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def is_failed(self) -> bool:
        """Say whether the goal is missed by more than a third."""
        if self.at_least:
            return self.value < self.limit / SLACK
        return self.value > self.limit * SLACK

    @property
    def verdict(self) -> str:
        """Return the verdict in a word."""
        return "reached" if self.is_reached else "failed" if self.is_failed else "missed"

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells of the line in a table."""
        sign = "≥" if self.at_least else "≤"
        digits = 2 if abs(self.value) < 10 else 1 if abs(self.value) < 1000 else 0
        return (
            self.goal,
            self.what,
            f"{self.value:,.{digits}f} {self.unit}",
            f"{sign} {self.limit:,g}",
            self.verdict,
        )


def tell(*figures: Figure) -> int:
    """Print figures for people and for the table; return 1 if one failed, as an exit code."""
    for figure in figures:
        print("  " + "   ".join(figure.cells))
        print(MARK + json.dumps(asdict(figure)))
    return int(any(figure.is_failed for figure in figures))


def figures_in(output: str) -> list[Figure]:
    """Return the figures that a program has printed."""
    return [
        Figure(**json.loads(line.removeprefix(MARK)))
        for line in output.splitlines()
        if line.startswith(MARK)
    ]
