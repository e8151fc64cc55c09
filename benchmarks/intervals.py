#!/usr/bin/env python3
"""How long uncertainty takes: confidence intervals of metrics, and possible ranks of a jury (G-7).

    .venv/bin/python benchmarks/intervals.py

Of 1,000,000 evaluated rows: the interval of macro F1 from 1,000 draws of the confusion matrix,
against drawing the rows themselves again (a few draws, scaled to 1,000), and that of the AUC.
Of 500 submissions with five assessments each: 10,000 juries that might as well have met, against
ranking each of them by itself. Both sides of a pair have to agree.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: TID253  (a program of its own)
from scipy.stats import rankdata  # noqa: TID253  (a program of its own)

from benchmarks.report import Figure, tell
from scoring.compute.metrics import get_metric
from scoring.compute.metrics.intervals import confusion_bootstrap
from scoring.compute.severity import Totals, adjust, rank_chances

ROWS: Final = 1_000_000
CLASSES: Final = 6
NAIVE_DRAWS: Final = 12
RUNS: Final = 5
SUBMISSIONS, JURORS, EACH, JURIES = 500, 50, 5, 10_000
# Seconds that ours may take, and at least so many times faster; None: no such goal.
GOALS: Final = {"macro F1": (0.05, 1000.0), "AUC": (1.0, None), "ranks": (0.3, None)}


def main() -> int:
    """Measure and print; 1 if a goal is missed by more than half."""
    missed = [of_metrics(), of_auc(), of_ranks()]
    return int(any(missed))


def of_metrics() -> bool:
    """Compare the multinomial bootstrap with one that draws rows."""
    chance = np.random.default_rng(1)
    truth = chance.integers(0, CLASSES, ROWS)
    found = np.where(chance.random(ROWS) < 0.8, truth, chance.integers(0, CLASSES, ROWS))
    matrix = np.bincount(truth * CLASSES + found, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    ours, interval = timed(lambda: confusion_bootstrap(macro_f1, matrix.astype(float), seed=1))

    def naive() -> list[float]:
        drawn = []
        for _draw in range(NAIVE_DRAWS):
            rows = chance.integers(0, ROWS, ROWS)
            again = np.bincount(truth[rows] * CLASSES + found[rows], minlength=CLASSES**2)
            drawn.append(float(macro_f1(again.reshape(1, CLASSES, CLASSES).astype(float))[0]))
        return drawn

    started = time.perf_counter()
    values = naive()
    theirs = (time.perf_counter() - started) / NAIVE_DRAWS * 1_000
    width = interval.high - interval.low
    if any(abs(value - (interval.low + interval.high) / 2) > 2 * width for value in values):
        raise SystemExit("Both sides must draw around the same value.")
    return verdict("macro F1", ours, theirs)


def macro_f1(matrices: Any) -> Any:
    """Return the mean F1 over the classes of draws × classes × classes."""
    hits = np.einsum("dii->di", matrices)
    return (2 * hits / (matrices.sum(axis=1) + matrices.sum(axis=2))).mean(axis=1)


def of_auc() -> bool:
    """Time DeLong's interval, and see that the value lies in it."""
    chance = np.random.default_rng(1)
    truth = (chance.random(ROWS) < 0.3).astype(float)
    predicted = chance.random(ROWS) * 0.7 + truth * 0.3
    ours, (value, interval) = timed(lambda: get_metric("roc_auc").measure(truth, predicted, seed=1))
    if not interval.low < value < interval.high:
        raise SystemExit("The value lies within its interval.")
    return verdict("AUC", ours, None)


def of_ranks() -> bool:
    """Compare drawing and ranking many juries at once with one after the other."""
    chance = np.random.default_rng(1)
    table = np.full((JURORS, SUBMISSIONS), np.nan)
    quality, strict = chance.normal(0, 1, SUBMISSIONS), chance.normal(0, 0.5, JURORS)
    for submission in range(SUBMISSIONS):
        for juror in chance.choice(JURORS, EACH, replace=False):
            table[juror, submission] = 60 + 10 * (
                quality[submission] - strict[juror] + chance.normal(0, 0.6)
            )
    adjustment = adjust(Totals.of(table))
    if adjustment is None:
        raise SystemExit("The panel can be adjusted.")
    ours, found = timed(lambda: rank_chances(adjustment, k=3, seed=1, draws=JURIES))

    def naive() -> Any:
        drawn = np.random.default_rng(1)
        error = adjustment.adjusted_se
        first = np.zeros(SUBMISSIONS)
        for _jury in range(JURIES // 10):
            first += rankdata(-drawn.normal(adjustment.adjusted, error), method="min") == 1
        return first / (JURIES // 10)

    started = time.perf_counter()
    share = naive()
    theirs = (time.perf_counter() - started) * 10
    if abs(float(share.max()) - float(found.first.max())) > 0.1:
        raise SystemExit("Both sides must find about the same chance of the first rank.")
    return verdict("ranks", ours, theirs)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median of the seconds, and the result."""
    result, times = None, []
    for _run in range(RUNS):
        started = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - started)
    return statistics.median(times), result


def verdict(name: str, ours: float, theirs: float | None) -> bool:
    """Print one line; return whether a goal is missed by more than half."""
    seconds, times = GOALS[name]
    figures = [
        Figure(
            goal="G-7",
            what=name,
            value=ours * 1000,
            limit=seconds * 1000,
            at_least=False,
            unit="ms",
        )
    ]
    if theirs is not None:
        print(f"  {name} one by one: {theirs:.1f} s")
    if theirs is not None and times is not None:
        figures.append(
            Figure(goal="G-7", what=f"{name}, against rows", value=theirs / ours, limit=times)
        )
    return bool(tell(*figures))


if __name__ == "__main__":
    sys.exit(main())
