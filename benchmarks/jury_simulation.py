#!/usr/bin/env python3
"""What the jury's decision support is worth, on simulated panels whose truth is known.

    .venv/bin/python benchmarks/jury_simulation.py

Model: total = quality of the submission + strictness of the juror + noise, with standard
deviations .8, .6 and .8; a submission is seen by k jurors, in turn. Printed for each size: how many
of the rank intervals of nominal 90 % hold the true rank, and Kendall's tau of the plain mean and of
the adjusted score with the truth. The seeds are the numbers of the panels.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: TID253  (a program of its own)
from scipy.stats import kendalltau, rankdata  # noqa: TID253  (a program of its own)

from scoring.compute.severity import Totals, adjust, rank_chances

if TYPE_CHECKING:
    import numpy.typing as npt

QUALITY: Final = 0.8
STRICTNESS: Final = 0.6
NOISE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Size:
    """A kind of panel, and how many of it are drawn."""

    submissions: int
    jurors: int
    each: int
    panels: int


SIZES: Final = (
    Size(40, 8, 3, 200),
    Size(100, 15, 3, 60),
    Size(300, 30, 3, 20),
    Size(2000, 200, 3, 1),
    Size(20, 5, 5, 200),
    Size(40, 8, 8, 200),
)


def draw(size: Size, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Draw one panel: the true qualities, and the table of jurors × submissions with gaps."""
    chance = np.random.default_rng(seed)
    truth = chance.normal(0, QUALITY, size.submissions)
    strict = chance.normal(0, STRICTNESS, size.jurors)
    noise = chance.normal(0, NOISE, (size.jurors, size.submissions))
    table = truth + strict[:, None] + noise
    for at in range(size.submissions):
        seen = {(at + step * (1 + at // size.jurors)) % size.jurors for step in range(size.each)}
        if size.each == size.jurors:
            continue
        table[[juror for juror in range(size.jurors) if juror not in seen], at] = np.nan
    return truth, table


def main() -> None:
    """Draw, compute and print."""
    print(
        "submissions × jurors × each   panels   coverage   tau mean   tau adjusted   seconds each"
    )
    for size in SIZES:
        held, plain, adjusted = [], [], []
        began = time.perf_counter()
        for seed in range(size.panels):
            truth, table = draw(size, seed)
            found = adjust(Totals.of(table))
            if found is None:
                raise SystemExit("A panel left no freedom for an estimate.")
            chances = rank_chances(found, k=3, seed=1)
            ranks = rankdata(-truth)
            held.append(((chances.low <= ranks) & (ranks <= chances.high)).mean())
            plain.append(kendalltau(np.nanmean(table, axis=0), truth).statistic)
            adjusted.append(kendalltau(found.adjusted, truth).statistic)
        each = (time.perf_counter() - began) / size.panels
        name = f"{size.submissions} × {size.jurors} × {size.each}"
        print(
            f"{name:>27}   {size.panels:>6}   {np.mean(held):>8.1%}   {np.mean(plain):>8.3f}   "
            f"{np.mean(adjusted):>12.3f}   {each:>12.3f}"
        )


if __name__ == "__main__":
    main()
