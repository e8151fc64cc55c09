#!/usr/bin/env python3
"""How fast a leaderboard is computed, stored and shown (G-1, G-4, G-8).

    .venv/bin/python benchmarks/leaderboards.py                   SQLite, then PostgreSQL
    .venv/bin/python benchmarks/leaderboards.py --teams 100       smaller

1,000 teams with ten evaluated versions each, two metrics on two parts. G-1 is the way from the
database to ranked rows (`actions.leaderboard.compute`), against loading every version and sorting
in Python (the way of EvalAI) and against one aggregate for each column with a nested serializer
(that of Codabench); both find the best version of each team, and all sides have to name the same
first ten. `count(*)` over the same join is what no way can beat. G-4: how long ranking takes when
one value is new among 10,000 teams, and how long it takes to store a board,
against writing a rank into each row. G-8: requests per second for the page of the board, against
rendering it anew, and against an answer that nothing has changed.
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
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import faults
from benchmarks.report import Figure, tell

if TYPE_CHECKING:
    from competition.models import Challenge

PAIRS: Final = 5
VERSIONS: Final = 10
TEAMS: Final = 10_000  # of G-4
METRICS: Final = ("accuracy", "f1_macro")
# Times faster than sorting rows, than nested rows; at most so many times count(*).
GOALS: Final = {"sqlite": (10.0, 50.0, 15.0), "postgresql": (10.0, 50.0, 5.0)}
RANKING_GOAL: Final = 5.0  # ms
WRITING_GOAL: Final = 20.0
PAGE_GOALS: Final = (8.0, 15.0)
PAGE_QUERIES: Final = 3


def main(argv: list[str] | None = None) -> int:
    """Measure on SQLite and on PostgreSQL; 1 if a goal is missed by more than a third."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--teams", type=int, default=1_000)
    parser.add_argument("--database", choices=GOALS)
    options = parser.parse_args(argv)
    if options.database is None:
        again = [sys.executable, __file__, "--teams", str(options.teams), "--database"]
        postgres = str(faults.ROOT / "scripts" / "with_postgres.sh")
        codes = [
            subprocess.run([*again, "sqlite"], check=False).returncode,
            subprocess.run([postgres, *again, "postgresql"], check=False).returncode,
        ]
        return max(codes)
    with tempfile.TemporaryDirectory(prefix="auslobung-boards.") as folder:
        if options.database == "sqlite":
            os.environ["AUSLOBUNG_DATABASE_URL"] = ""  # a file in the folder
        os.environ.update(faults.environment(Path(folder) / "data"))
        return measure(options.database, options.teams)


def measure(database: str, teams: int) -> int:
    """Write the rows, compare, print."""
    import django  # noqa: PLC0415  (after the environment)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  (as above)
    from django.db import connection  # noqa: PLC0415  (as above)

    if connection.vendor != database:
        raise SystemExit(f"This is {connection.vendor}, not {database}.")
    for command in (["migrate"], ["createcachetable"], ["collectstatic", "--no-input"]):
        call_command(*command, verbosity=0)
    challenge = write(teams)
    print(f"{database}: {teams:,} teams × {VERSIONS} versions × {len(METRICS)} metrics")
    return tell(
        *of_computing(challenge, database),
        *of_storing(challenge, database),
        *of_pages(challenge, database),
    )


# ---- G-1 -------------------------------------------------------------------------------------
def of_computing(challenge: Challenge, database: str) -> list[Figure]:
    """Compare the ways from the database to ranked rows."""
    from scoring.actions import leaderboard  # noqa: PLC0415  (after the environment)
    from scoring.states import BoardKind  # noqa: PLC0415  (as above)

    def ours() -> list[str]:
        rows = leaderboard.compute(challenge, BoardKind.PUBLIC).rows
        return [row.name for row in rows][:10]

    sides: dict[str, Callable[[], Any]] = {
        "ours": ours,
        "rows sorted in Python": lambda: rows_sorted(challenge),
        "aggregates, nested rows": lambda: nested_rows(challenge),
        "count(*)": lambda: counted(challenge),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _pair in range(PAIRS):
        found = {}
        for name, run in sides.items():
            started = time.perf_counter()
            found[name] = run()
            times[name].append(time.perf_counter() - started)
        if len({tuple(found[name]) for name in list(sides)[:3]}) != 1:
            raise SystemExit("All sides must name the same first ten.")
    medians = {name: statistics.median(of) * 1000 for name, of in times.items()}
    for name, milliseconds in medians.items():
        print(f"  G-1 {name:26} {milliseconds:9.1f} ms")
    own = medians["ours"]
    ratios = (
        medians["rows sorted in Python"] / own,
        medians["aggregates, nested rows"] / own,
        own / medians["count(*)"],
    )
    words = ("board against sorting rows", "board against nested rows", "board, of count(*)")
    return [
        Figure(
            goal="G-1",
            what=f"{what}, {database}",
            value=ratio,
            limit=limit,
            at_least=what is not words[2],
        )
        for what, ratio, limit in zip(words, ratios, GOALS[database], strict=True)
    ]


def _scores(challenge: Challenge) -> Any:
    from scoring.models import MetricScore  # noqa: PLC0415  (after the environment)

    return MetricScore.objects.filter(
        evaluation__submission__entry__challenge=challenge,
        evaluation__submission__state="handed_in",
        split="public",
    )


def counted(challenge: Challenge) -> list[str]:
    """Count the versions with a value: the least that any way has to look at."""
    return [str(_scores(challenge).filter(metric=METRICS[0]).count())]


def rows_sorted(challenge: Challenge) -> list[str]:
    """Load every row with what hangs on it and let Python find the best of each team."""
    rows = list(
        _scores(challenge).select_related(
            "evaluation__submission__entry__team", "evaluation__benchmark"
        )
    )
    lines: dict[int, dict[str, Any]] = {}
    for score in rows:
        submission = score.evaluation.submission
        line = lines.setdefault(
            submission.pk, {"team": submission.entry.team, "number": submission.number}
        )
        line[score.metric] = score.value
    ordered = sorted(lines.values(), key=_order)
    best: dict[int, dict[str, Any]] = {}
    for line in ordered:
        best.setdefault(line["team"].pk, line)
    return [line["team"].name for line in list(best.values())[:10]]


def _order(line: dict[str, Any]) -> tuple[object, ...]:
    return (*(-round(line[metric], 4) for metric in METRICS), line["team"].name)


def nested_rows(challenge: Challenge) -> list[str]:
    """Ask for one aggregate per column, then serialize each row with what belongs to it."""
    from django.db.models import Q, Sum  # noqa: PLC0415  (after the environment)

    from submissions.models import Submission  # noqa: PLC0415  (as above)

    columns = {
        metric: Sum(
            "evaluations__scores__value",
            filter=Q(evaluations__scores__metric=metric, evaluations__scores__split="public"),
        )
        for metric in METRICS
    }
    found = Submission.objects.filter(entry__challenge=challenge, state="handed_in").annotate(
        **columns
    )
    lines = [
        {
            "team": submission.entry.team,  # a query for each row, as there
            "number": submission.number,
            "scores": [{"metric": key, "value": getattr(submission, key)} for key in METRICS],
            **{key: getattr(submission, key) for key in METRICS},
        }
        for submission in found
    ]
    best: dict[int, dict[str, Any]] = {}
    for line in sorted(lines, key=_order):
        best.setdefault(line["team"].pk, line)
    return [line["team"].name for line in list(best.values())[:10]]


# ---- G-4 -------------------------------------------------------------------------------------
def of_storing(challenge: Challenge, database: str) -> list[Figure]:
    """Rank many teams, and store a board against writing ranks into rows."""
    import numpy as np
    import pandas as pd

    from scoring.actions import leaderboard  # noqa: PLC0415  (as above)
    from scoring.compute.ties import competition_ranks  # noqa: PLC0415  (as above)
    from scoring.models import LeaderboardRow, LeaderboardSnapshot  # noqa: PLC0415  (as above)
    from scoring.states import BoardKind  # noqa: PLC0415  (as above)

    chance = np.random.default_rng(1)
    keys = pd.DataFrame({key: chance.random(TEAMS).round(4) for key in METRICS})
    eligible = pd.Series([True] * TEAMS, index=keys.index)
    ranking = median_of(lambda: competition_ranks(keys, eligible=eligible))

    computed = leaderboard.compute(challenge, BoardKind.PUBLIC)
    # As many rows as teams that are ranked; each team stands there several times.
    computed = replace(computed, rows=(list(computed.rows) * TEAMS)[:TEAMS])
    stored: list[LeaderboardSnapshot] = []

    def store() -> None:
        # Other inputs, or nothing would be stored.
        other = replace(computed, inputs={**computed.inputs, "run": len(stored)})
        stored.append(leaderboard.store(challenge, BoardKind.PUBLIC, other))

    ours = median_of(store)
    rows = list(LeaderboardRow.objects.filter(snapshot=stored[0]))

    def update() -> None:
        LeaderboardRow.objects.bulk_update(rows, ["rank", "score"])

    started = time.perf_counter()
    update()  # once: it takes too long for a median
    theirs = (time.perf_counter() - started) * 1000
    print(f"  G-4 storing a board {ours:.1f} ms, bulk_update of ranks {theirs:.1f} ms")
    return [
        Figure(
            goal="G-4",
            what=f"ranking {TEAMS:,} teams, {database}",
            value=ranking,
            limit=RANKING_GOAL,
            at_least=False,
            unit="ms",
        ),
        Figure(
            goal="G-4",
            what=f"storing a board against updating ranks, {database}",
            value=theirs / ours,
            limit=WRITING_GOAL,
        ),
    ]


def median_of(run: Callable[[], object]) -> float:
    """Return the median of the milliseconds that something takes."""
    times = []
    for _run in range(PAIRS):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


# ---- G-8 -------------------------------------------------------------------------------------
def of_pages(challenge: Challenge, database: str) -> list[Figure]:
    """Ask for the page as a visitor does: rendered anew, kept, and unchanged."""
    from django.core.cache import cache  # noqa: PLC0415  (after the environment)
    from django.db import connection  # noqa: PLC0415  (as above)
    from django.test import Client  # noqa: PLC0415  (as above)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415  (as above)
    from django.urls import reverse  # noqa: PLC0415  (as above)

    from benchmarks.hand_ins.clients import HOST  # noqa: PLC0415  (as above)
    from scoring.actions import leaderboard  # noqa: PLC0415  (as above)
    from scoring.states import BoardKind  # noqa: PLC0415  (as above)

    leaderboard.refresh(challenge, BoardKind.PUBLIC)
    path = reverse("scoring:leaderboard-show", args=[challenge.competition.slug, challenge.code])
    client = Client(SERVER_NAME=HOST, headers={"host": HOST})

    def ask(status: int, **headers: str) -> Any:
        response = client.get(path, secure=True, headers=headers)
        if response.status_code != status:
            raise SystemExit(f"{path}: {response.status_code} instead of {status}")
        return response

    def anew() -> None:
        cache.clear()
        ask(200)

    etag = ask(200).headers["ETag"]
    rendered, emptied = median_of(anew), median_of(cache.clear)
    rendered -= emptied
    ask(200)
    with CaptureQueriesContext(connection) as captured:
        ask(200)
    queries = len(captured)  # the next request begins a new list
    kept = median_of(lambda: [ask(200) for _ in range(20)]) / 20
    unchanged = median_of(lambda: [ask(304, **{"if-none-match": etag}) for _ in range(20)]) / 20
    print(f"  G-8 page rendered {rendered:.1f} ms, kept {kept:.2f} ms, 304 {unchanged:.2f} ms")
    return [
        Figure(
            goal="G-8",
            what=f"page against rendering it, {database}",
            value=rendered / kept,
            limit=PAGE_GOALS[0],
        ),
        Figure(
            goal="G-8",
            what=f"304 against rendering, {database}",
            value=rendered / unchanged,
            limit=PAGE_GOALS[1],
        ),
        Figure(
            goal="G-8",
            what=f"queries of the page, {database}",
            value=queries,
            limit=PAGE_QUERIES,
            at_least=False,
            unit="queries",
        ),
    ]


# ---- the rows --------------------------------------------------------------------------------
def write(teams: int) -> Challenge:
    """Write teams whose versions are all evaluated, by a rule instead of by chance."""
    from benchmarks.hand_ins.world import open_challenge  # noqa: PLC0415  (after the environment)
    from core import clock  # noqa: PLC0415  (as above)
    from scoring.models import Benchmark, Evaluation, MetricScore  # noqa: PLC0415  (as above)
    from scoring.models.benchmark import MetricSetting  # noqa: PLC0415  (as above)
    from submissions.models import Entry, Submission, Team  # noqa: PLC0415  (as above)

    now = clock.now()
    challenge: Challenge = open_challenge()
    benchmark = Benchmark.objects.get(challenge=challenge)
    settings = [MetricSetting(key=METRICS[0], weight=Decimal(100), baseline=0.0, target=1.0)]
    settings += [MetricSetting(key=key) for key in METRICS[1:]]
    Benchmark.objects.filter(pk=benchmark.pk).update(
        metric_settings=[one.to_json() for one in settings]
    )
    terms = challenge.competition.terms.get()
    people = Team.objects.bulk_create(
        Team(
            code=f"T-{n:06}",
            competition=challenge.competition,
            name=f"Team {n:05}",
            created_at=now,
        )
        for n in range(teams)
    )
    entries = Entry.objects.bulk_create(
        Entry(
            team=team, challenge=challenge, terms=terms, accepted_at=now, jury_pseudonym=f"Baum {n}"
        )
        for n, team in enumerate(people)
    )
    answers = Submission.objects.bulk_create(
        Submission(
            code=f"S-{n * VERSIONS + at:06}",
            entry=entry,
            number=at + 1,
            state="handed_in",
            created_at=now,
            updated_at=now,
            handed_in_at=now,
        )
        for n, entry in enumerate(entries)
        for at in range(VERSIONS)
    )
    runs = Evaluation.objects.bulk_create(
        Evaluation(
            code=f"E-{n:06}",
            submission=answer,
            benchmark=benchmark,
            benchmark_version=benchmark.version,
            state="succeeded",
            queued_at=now,
            finished_at=now,
        )
        for n, answer in enumerate(answers)
    )
    # The latest version of a team is its best one, so that every rule of counting picks the same.
    MetricScore.objects.bulk_create(
        (
            MetricScore(
                evaluation=run,
                metric=metric,
                split=split,
                value=0.5 + ((n // VERSIONS * 7919) % 4001) / 10_000 + (n % VERSIONS) / 1000,
                low=0.4,
                high=0.95,
                rows=250,
            )
            for n, run in enumerate(runs)
            for metric in METRICS
            for split in ("public", "private")
        ),
        batch_size=5_000,
    )
    return challenge


if __name__ == "__main__":
    sys.exit(main())
