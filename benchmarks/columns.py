#!/usr/bin/env python3
"""How fast marks come out of the database: whole columns against rows (G-2, G-3).

    .venv/bin/python benchmarks/columns.py                 SQLite, then PostgreSQL
    .venv/bin/python benchmarks/columns.py --rows 100000   smaller

G-3: 1,000,000 rows of four integers as arrays, by `scoring.frames.integer_columns`, against
`values_list` into a DataFrame. G-2: mean per submission, each juror's totals brought to the mean of
all jurors (X-13), from the total that every assessment stores, against a million marks that are
read as rows and grouped. Both sides run in turn on the same connection and have to find the same.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import faults
from benchmarks.report import Figure, tell

PAIRS: Final = 5
JURORS, OF_SUBMISSION, CRITERIA = 200, 3, 10
# At least so much faster: (G-3, G-2) by database.
GOALS: Final = {"sqlite": (5.0, 10.0), "postgresql": (2.5, 8.0)}


def main(argv: list[str] | None = None) -> int:
    """Measure on SQLite and on PostgreSQL; 1 if a goal is missed by more than a third."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=GOALS)
    options = parser.parse_args(argv)
    if options.database is None:
        again = [sys.executable, __file__, "--rows", str(options.rows), "--database"]
        postgres = str(faults.ROOT / "scripts" / "with_postgres.sh")
        codes = [
            subprocess.run([*again, "sqlite"], check=False).returncode,
            subprocess.run([postgres, *again, "postgresql"], check=False).returncode,
        ]
        return max(codes)
    with tempfile.TemporaryDirectory(prefix="auslobung-columns.") as folder:
        os.environ["AUSLOBUNG_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
        if options.database == "sqlite":
            os.environ.pop("AUSLOBUNG_DATABASE_URL", None)
        return measure(options.database, options.rows)


def measure(database: str, rows: int) -> int:
    """Write the tables, compare, print."""
    import django  # noqa: PLC0415  (after the environment)

    django.setup()
    from django.db import connection  # noqa: PLC0415  (as above)

    if connection.vendor != database:
        raise SystemExit(f"This is {connection.vendor}, not {database}.")
    mark, total = tables()
    submissions = write(mark, total, rows)
    print(f"{database}: {rows:,} marks, {submissions:,} submissions × {OF_SUBMISSION} jurors")
    goals = GOALS[database]
    wanted = ("submission", "juror", "criterion", "mark")
    found = [
        compare("4 columns", lambda: columns(mark, wanted), lambda: frame(mark, wanted)),
        compare("jury board", lambda: from_totals(total), lambda: from_marks(mark, wanted)),
    ]
    what = (("G-3", "columns against values_list"), ("G-2", "jury board against rows of marks"))
    return tell(
        *(
            Figure(goal=goal, what=f"{words}, {database}", value=ratio, limit=limit)
            for (goal, words), ratio, limit in zip(what, found, goals, strict=True)
        )
    )


def compare(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> float:
    """Run both sides in turn and return how many times faster ours is."""
    times: tuple[list[float], list[float]] = ([], [])
    for _pair in range(PAIRS):
        results = []
        for side, run in zip(times, (ours, theirs), strict=True):
            started = time.perf_counter()
            results.append(run())
            side.append(time.perf_counter() - started)
        if results[0] != results[1]:
            raise SystemExit(f"{name}: both sides must find the same.")
    fast, slow = (statistics.median(side) * 1000 for side in times)
    print(f"  {name}  {fast:7.0f} ms against {slow:7.0f} ms, {slow / fast:.1f} times")
    return slow / fast


def tables() -> tuple[Any, Any]:
    """Make two tables: marks as they are given, and totals as assessments store them."""
    from django.db import connection, models  # noqa: PLC0415  (after the environment)

    def field() -> Any:
        return models.PositiveIntegerField()

    common = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "benchmark"})}
    names: tuple[str, ...] = ("submission", "juror", "criterion", "mark")
    mark = type("Mark", (models.Model,), {**common, **{name: field() for name in names}})
    names = ("submission", "juror", "total")
    total = type("Total", (models.Model,), {**common, **{name: field() for name in names}})
    with connection.schema_editor() as editor:
        editor.create_model(mark)
        editor.create_model(total)
    return mark, total


def write(mark: Any, total: Any, rows: int) -> int:
    """Fill both tables, by a rule instead of by chance; return the number of submissions."""
    from django.db import transaction  # noqa: PLC0415  (after the environment)

    submissions = rows // (OF_SUBMISSION * CRITERIA)
    marks, totals = [], []
    for submission in range(submissions):
        for place in range(OF_SUBMISSION):
            juror = (submission * 7 + place * 61) % JURORS
            own = [
                100 * (1 + (submission * 13 + juror * 5 + criterion * 3) % 5)
                for criterion in range(CRITERIA)
            ]
            marks += [(submission, juror, at, value) for at, value in enumerate(own)]
            totals.append((submission, juror, sum(own)))
    with transaction.atomic():
        for model, values in ((mark, marks), (total, totals)):
            names = [field.attname for field in model._meta.fields[1:]]
            model.objects.bulk_create(
                (model(**dict(zip(names, row, strict=True))) for row in values), batch_size=5_000
            )
    return submissions


def columns(model: Any, names: tuple[str, ...]) -> list[int]:
    """Read whole columns; return their sums."""
    from scoring.frames import integer_columns  # noqa: PLC0415  (after the environment)

    return [int(column.sum()) for column in integer_columns(model.objects.all(), *names)]


def frame(model: Any, names: tuple[str, ...]) -> list[int]:
    """Read rows into a DataFrame, as is usual; return the sums of its columns."""
    import pandas as pd

    table = pd.DataFrame(model.objects.values_list(*names), columns=list(names))
    return [int(table[name].sum()) for name in names]


def from_totals(total: Any) -> list[float]:
    """Return the ten best adjusted means, from one stored total an assessment."""
    import numpy as np

    from scoring.frames import integer_columns  # noqa: PLC0415  (after the environment)

    submission, juror, value = integer_columns(total.objects.all(), "submission", "juror", "total")
    own = np.bincount(juror, value) / np.bincount(juror)
    adjusted = value - own[juror] + value.mean()
    means = np.bincount(submission, adjusted) / np.bincount(submission)
    return [round(float(mean), 6) for mean in np.sort(means)[-10:]]


def from_marks(mark: Any, names: tuple[str, ...]) -> list[float]:
    """Return the same from every single mark, as rows and groups."""
    import pandas as pd

    table = pd.DataFrame(mark.objects.values_list(*names), columns=list(names))
    totals = table.groupby(["submission", "juror"], as_index=False)["mark"].sum()
    own = totals.groupby("juror")["mark"].transform("mean")
    totals["adjusted"] = totals["mark"] - own + totals["mark"].mean()
    means = totals.groupby("submission")["adjusted"].mean()
    return [round(float(mean), 6) for mean in means.sort_values().tail(10)]


if __name__ == "__main__":
    sys.exit(main())
