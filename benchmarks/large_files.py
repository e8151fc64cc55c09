#!/usr/bin/env python3
"""How long ten million predictions take, and how much memory (G-6).

    .venv/bin/python benchmarks/large_files.py [ROWS [PAIRS]]

Each side is a process of its own that reads both files and compares them: ours as an evaluation
does (`read_predictions`, `build_truth`, `evaluate`, without the limits of size, and without
intervals, which the other side has none of), the other with pandas, a merge and scikit-learn.
They run in turn and have to find the same values. The rows of the predictions are shuffled for
`shuffled`; most teams keep the order of the task file.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import Figure, tell

ROWS: Final = 10_000_000
PAIRS: Final = 3  # the machine's noise is small beside half a minute
LABELS: Final = ("ape", "bee", "cat", "dog", "elk", "fox")
TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: the kind of file, the metrics, and how much faster ours has to be."""

    kind: str
    metrics: tuple[str, ...]
    goal: float
    is_shuffled: bool = False


CASES: Final = {
    "labels": Case("label", ("accuracy", "f1_macro"), 4.0),
    "labels, shuffled": Case("label", ("accuracy", "f1_macro"), 4.0, is_shuffled=True),
    "numbers": Case("number", ("rmse",), 3.0),
}


def ours(case: Case, truth_path: str, path: str) -> list[float]:
    """Evaluate as the product does; return a value for each metric."""
    from scoring.compute.evaluate import evaluate  # noqa: PLC0415  (one side only)
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (as above)
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (as above)
    from scoring.compute.schema import (  # noqa: PLC0415  (as above)
        PredictionFormat,
        PredictionKind,
        ReaderLimits,
    )
    from scoring.compute.truth import build_truth, truth_format  # noqa: PLC0415  (as above)

    limits = ReaderLimits(size_bytes=10**10, rows=10**9)
    fmt = PredictionFormat(
        id_column="id",
        target_column="target",
        kind=PredictionKind(case.kind),
        labels=LABELS if case.kind == "label" else (),
    )
    with Path(truth_path).open("rb") as file:
        stored = read_predictions(file, truth_format(fmt), expected_ids=None, limits=limits).table
    if stored is None:
        raise SystemExit("The truth is not flawless.")
    truth = build_truth(stored, fmt)
    del stored
    with Path(path).open("rb") as file:
        check = read_predictions(file, fmt, expected_ids=truth.expected_ids(), limits=limits)
    if check.table is None:
        raise SystemExit("The predictions are not flawless.")
    metrics = [get_metric(key) for key in case.metrics]
    found = {v.metric: v.value for v in evaluate(check.table, truth, metrics, seed=None).values}
    return [float(found[key] or 0) for key in case.metrics]


def naive(case: Case, truth_path: str, path: str) -> list[float]:
    """Evaluate as a script does; return a value for each metric."""
    import pandas as pd
    from sklearn import metrics

    truth, predicted = pd.read_csv(truth_path), pd.read_csv(path)
    both = truth.merge(predicted, on="id", validate="one_to_one")
    if len(both) != len(truth):
        raise SystemExit("Ids do not match.")
    wanted, given = both["target_x"], both["target_y"]
    known: dict[str, Callable[[Any, Any], float]] = {
        "accuracy": metrics.accuracy_score,
        "f1_macro": lambda a, b: metrics.f1_score(a, b, average="macro"),
        "rmse": metrics.root_mean_squared_error,
    }
    return [float(known[key](wanted, given)) for key in case.metrics]


def side(name: str, case_name: str, truth_path: str, path: str) -> None:
    """Be one side: print seconds, the most memory in use in MB, and the values."""
    run = ours if name == "ours" else naive
    started = time.perf_counter()
    values = run(CASES[case_name], truth_path, path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - started, peak, values]))


def measured(name: str, case_name: str, *paths: Path) -> tuple[float, float, list[float]]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", name, case_name, *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, peak, values = json.loads(done)
    return seconds, peak, values


def write(folder: Path, case: Case, rows: int) -> tuple[Path, Path]:
    """Write a truth and predictions that are right four times out of five."""
    import numpy as np

    chance = np.random.default_rng(1)
    order = chance.permutation(rows) if case.is_shuffled else np.arange(rows)
    if case.kind == "label":
        codes = chance.integers(0, len(LABELS), rows)
        guess = np.where(chance.random(rows) < 0.8, codes, chance.integers(0, len(LABELS), rows))
        cells = (np.array(LABELS)[codes], np.array(LABELS)[guess])
    else:
        values = chance.normal(20, 5, rows).round(3)
        cells = (values, (values + chance.normal(0, 2, rows)).round(3))
    paths = folder / "truth.csv", folder / "predictions.csv"
    for path, column, places in zip(paths, cells, (np.arange(rows), order), strict=True):
        with path.open("w", encoding="utf-8") as file:
            file.write("id,target\n")
            for start in range(0, rows, 1_000_000):
                part = places[start : start + 1_000_000]
                lines = zip(part.tolist(), column[part].tolist(), strict=True)
                file.write("".join(f"r{at:08},{cell}\n" for at, cell in lines))
    return paths


def main(rows: int, count: int) -> int:
    """Compare and print; 1 if a goal is missed by more than a third."""
    figures: list[Figure] = []
    print(f"{rows:,} rows, medians of {count} pairs")
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory(prefix="auslobung-large.") as folder:
            paths = write(Path(folder), case, rows)
            pairs = [
                (measured("naive", name, *paths), measured("ours", name, *paths))
                for _ in range(count)
            ]
        for (_s, _p, theirs), (_t, _q, own) in pairs:
            if any(abs(a - b) > TOLERANCE for a, b in zip(theirs, own, strict=True)):
                raise SystemExit(f"{name}: both sides must find the same values.")
        (slow, much), (fast, little) = (
            (statistics.median(run[0] for run in runs), max(run[1] for run in runs))
            for runs in zip(*pairs, strict=True)
        )
        print(f"  {name}: {slow:.1f} s, {much:.0f} MB; ours {fast:.1f} s, {little:.0f} MB")
        figures += [
            Figure(goal="G-6", what=name, value=slow / fast, limit=case.goal),
            Figure(
                goal="G-6",
                what=f"{name}: memory",
                value=little / much,
                limit=1.0,
                at_least=False,
            ),
        ]
    return tell(*figures)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        side(*sys.argv[2:])
    else:
        asked = [int(word) for word in sys.argv[1:3]]
        sys.exit(main(*asked, *(ROWS, PAIRS)[len(asked) :]))
