#!/usr/bin/env python3
"""How long it takes to evaluate a prediction file in a process of its own (G-5).

    .venv/bin/python benchmarks/evaluation.py

The file has 10,000 rows. Our side is `scoring.isolation`: a warm parent forks a child, which limits
itself, reads both files strictly, compares and answers. The other side is what a queue of scripts
does: a new Python that imports pandas and scikit-learn. Both sides run in turn and have to find the
same accuracy. The third row is a child of the same warm parent that does nothing: fork and exit.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import Figure, tell

ROWS: Final = 10_000
PAIRS: Final = 7
LABELS: Final = ("ape", "bee", "cat", "dog", "elk", "fox")
GOALS: Final = (20.0, 3.0)  # at least as much faster than the script; at most so much of nothing
SCRIPT: Final = """
import sys
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score
truth, found = (pd.read_csv(name) for name in sys.argv[1:])
both = truth.merge(found, on="id", validate="one_to_one")
f1_score(both.target, both.animal, average="macro")
print(accuracy_score(both.target, both.animal))
"""


def load() -> None:
    """Be a program that loads as much as the real one; see `nothing`."""
    from scoring import evaluator  # noqa: PLC0415  (asks for settings)

    evaluator.load()


def main() -> int:
    """Be a program that does nothing."""
    return 0


def measure(folder: Path) -> int:
    """Compare and print; 1 if a goal is missed by more than a third."""
    os.environ["AUSLOBUNG_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    from scoring import isolation  # noqa: PLC0415  (asks for settings)
    from scoring.compute.schema import PredictionFormat, PredictionKind  # noqa: PLC0415  (as above)
    from scoring.protocol import Question, StoredAs  # noqa: PLC0415  (as above)

    def stored(alias: str, name: str, header: str, rows: list[str]) -> tuple[Path, StoredAs]:
        path = folder / "files" / alias / name
        path.parent.mkdir(parents=True)
        path.write_text("\n".join([header, *rows, ""]))
        return path, StoredAs(key=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())

    labels = [LABELS[at * 7 % 6] for at in range(ROWS)]
    guesses = [LABELS[at * 7 % 6 if at % 5 else at % 6] for at in range(ROWS)]
    parts = ["public" if at % 2 else "private" for at in range(ROWS)]
    truth_path, truth = stored(
        "ground_truth",
        "truth.csv",
        "id,target,split",
        [f"r{at:05},{labels[at]},{parts[at]}" for at in range(ROWS)],
    )
    path, predictions = stored(
        "submissions",
        "predictions.csv",
        "id,animal",
        [f"r{at:05},{guesses[at]}" for at in range(ROWS)],
    )
    question = Question(
        predictions=predictions,
        truth=truth,
        format=PredictionFormat(
            id_column="id", target_column="animal", kind=PredictionKind.LABEL, labels=LABELS
        ),
        metrics=("accuracy", "f1_macro"),
        seed=1,
        size_limit=10_000_000,
        memory_limit=1_500_000_000,
        cpu_limit=60,
    )

    def ours() -> float:
        answer = isolation.run(question, timeout=60)
        values = [value for value in answer.values if value.metric == "accuracy"]
        return sum((value.value or 0) * value.rows for value in values) / ROWS

    def script() -> float:
        command = [sys.executable, "-c", SCRIPT, str(truth_path), str(path)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def nothing() -> None:
        try:
            isolation.run(question, timeout=60, program="benchmarks.evaluation")
        except isolation.EvaluationFault as fault:
            if fault.fault != isolation.Fault.NO_ANSWER:
                raise

    if abs(ours() - script()) > 1e-12:
        raise SystemExit("Both sides must find the same accuracy.")
    pairs = [(seconds(script), seconds(ours)) for _ in range(PAIRS)]
    slow, fast = (statistics.median(side) for side in zip(*pairs, strict=True))
    nothing()
    empty = statistics.median(seconds(nothing) for _ in range(PAIRS))
    print(f"{ROWS:,} rows, median of {PAIRS} pairs")
    print(f"  a new Python with pandas and scikit-learn  {slow * 1000:7.1f} ms")
    print(f"  a child of the warm parent                 {fast * 1000:7.1f} ms")
    print(f"  such a child that does nothing             {empty * 1000:7.1f} ms")
    return tell(
        Figure(goal="G-5", what="against a new process", value=slow / fast, limit=GOALS[0]),
        Figure(
            goal="G-5",
            what="of fork and exit",
            value=fast / empty,
            limit=GOALS[1],
            at_least=False,
        ),
    )


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="auslobung-evaluation.") as name:
        sys.exit(measure(Path(name)))
