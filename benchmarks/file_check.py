#!/usr/bin/env python3
"""How long the strict reader takes for a file of 600,000 rows, against merely reading it.

    .venv/bin/python benchmarks/file_check.py

The file is one of German Excel: semicolons, decimal commas, a byte order mark, CR LF. The raw side
decodes it, splits it with the csv module, turns the commas and makes floats: what any reader has
to do, with no check at all. Both sides run in turn; absolute times do not carry over to another
machine, the ratio does. The goal is less than 3 s for 10 MB (J-42).
"""

from __future__ import annotations

import csv
import io
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scoring.compute.predictions import read_predictions
from scoring.compute.schema import PredictionFormat, PredictionKind, ReaderLimits

ROWS: Final = 600_000
PAIRS: Final = 5
FORMAT: Final = PredictionFormat(
    id_column="id", target_column="wert", kind=PredictionKind.NUMBER, minimum=0, maximum=1000
)
LIMITS: Final = ReaderLimits(size_bytes=20_000_000)
IDS: Final = [f"{number:07}" for number in range(ROWS)]

type Content = tuple[tuple[str, ...], tuple[float, ...]]


def german_file(flaw: str = "") -> bytes:
    """Return the file; with a flaw, every number has it."""
    rows = (f"{name};{number % 1000},{number % 89:02}{flaw}\r\n" for number, name in enumerate(IDS))
    return b"\xef\xbb\xbf" + f"id;wert\r\n{''.join(rows)}".encode()


def raw(content: bytes) -> Content:
    """Read the file without checking anything."""
    text = content.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    next(rows)
    ids, values = zip(*rows, strict=True)
    return tuple(ids), tuple(float(value.replace(",", ".")) for value in values)


def strict(content: bytes) -> Content:
    """Read the file with every check."""
    table = read_predictions(io.BytesIO(content), FORMAT, expected_ids=IDS, limits=LIMITS).table
    if table is None:
        raise SystemExit("The strict reader refused the file.")
    return table.ids, tuple(value for value in table.values if isinstance(value, float))


def faults(content: bytes) -> int:
    """Read a file in which each row is wrong; return how many errors were counted."""
    check = read_predictions(io.BytesIO(content), FORMAT, expected_ids=IDS, limits=LIMITS)
    return sum(problem.total for problem in check.errors)


def seconds(action: Callable[[], object]) -> float:
    """Return the time that an action takes on a processor."""
    start = time.process_time()
    action()
    return time.process_time() - start


def peak(action: Callable[[], object]) -> float:
    """Return the most memory, in MB, that an action held at once."""
    tracemalloc.start()
    action()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Measure and print."""
    content, wrong = german_file(), german_file(flaw="x")
    if raw(content) != strict(content):
        raise SystemExit("Both sides must read the same.")
    pairs = [
        (seconds(lambda: raw(content)), seconds(lambda: strict(content))) for _ in range(PAIRS)
    ]
    slow = statistics.median(seconds(lambda: faults(wrong)) for _ in range(PAIRS))
    unchecked, checked = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{ROWS:,} rows, {len(content) / 1e6:.1f} MB, median of {PAIRS} pairs")
    print(f"  raw     {unchecked:5.2f} s   peak {peak(lambda: raw(content)):4.0f} MB")
    print(f"  strict  {checked:5.2f} s   peak {peak(lambda: strict(content)):4.0f} MB")
    print(f"  ratio   {checked / unchecked:5.2f}")
    print(f"  every number wrong: {faults(wrong):,} errors counted in {slow:.2f} s")


if __name__ == "__main__":
    main()
