#!/usr/bin/env python3
"""How long a backlog of evaluations takes, and one large file (LO-7, LO-6).

    .venv/bin/python benchmarks/backlog.py                1,000 runs of 50 teams, two workers
    .venv/bin/python benchmarks/backlog.py --runs 200     smaller

On a PostgreSQL of its own: every version waits when two ordinary workers (`manage.py worker`)
begin; each run is a process of its own, its result is stored, and the leaderboard renewed as it is
in a rush. Then one file of 100,000 rows is evaluated, and its process' memory read.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import faults
from benchmarks.report import Figure, tell

if TYPE_CHECKING:
    from competition.models import Challenge

TEAMS: Final = 50
WORKERS: Final = 2
GOAL_MINUTES: Final = 30.0
ROWS: Final = 100_000
GOAL_SECONDS, GOAL_MEGABYTES = 2.0, 300.0
PATIENCE: Final = 3600.0  # seconds


def main(argv: list[str] | None = None) -> int:
    """Set up, let the workers work, print; 1 if a goal is missed by more than a third."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1_000)
    options = parser.parse_args(argv)
    if "POSTGRES_CONTROL" not in os.environ:
        # Once more, with a database.
        script = str(faults.ROOT / "scripts" / "with_postgres.sh")
        again = [script, sys.executable, __file__, *(argv or sys.argv[1:])]
        return subprocess.run(again, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="auslobung-backlog.") as folder:
        os.environ.update(faults.environment(Path(folder) / "data"))
        return measure(options.runs)


def measure(runs: int) -> int:
    """Write what waits, start the workers, wait."""
    import django  # noqa: PLC0415  (after the environment)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  (as above)

    from benchmarks.hand_ins.world import open_challenge  # noqa: PLC0415  (as above)
    from scoring.models import Evaluation, LeaderboardSnapshot  # noqa: PLC0415  (as above)

    for command in (["migrate"], ["createcachetable"]):
        call_command(*command, verbosity=0)
    challenge = open_challenge()
    write(challenge, runs)
    started = time.monotonic()
    workers = [
        subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=faults.ROOT)
        for _worker in range(WORKERS)
    ]
    try:
        while Evaluation.objects.unfinished().exists():
            if time.monotonic() - started > PATIENCE or any(w.poll() is not None for w in workers):
                raise SystemExit("The workers do not get it done.")
            time.sleep(0.5)
        minutes = (time.monotonic() - started) / 60
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
    done = Evaluation.objects.filter(state="succeeded").count()
    if done != runs:
        raise SystemExit(f"{done} of {runs} came to a value.")
    boards = LeaderboardSnapshot.objects.count()
    print(f"{runs:,} runs of {TEAMS} teams by {WORKERS} workers: {minutes:.1f} minutes")
    print(f"  {runs / minutes / 60:.1f} runs a second, {boards} leaderboards stored")
    seconds, megabytes = large_file()
    return tell(
        Figure(
            goal="LO-7",
            what="1,000 waiting runs",
            value=minutes * 1_000 / runs,
            limit=GOAL_MINUTES,
            at_least=False,
            unit="minutes",
        ),
        Figure(
            goal="LO-6",
            what=f"a file of {ROWS:,} rows",
            value=seconds,
            limit=GOAL_SECONDS,
            at_least=False,
            unit="s",
        ),
        Figure(
            goal="LO-6",
            what=f"a file of {ROWS:,} rows, memory",
            value=megabytes,
            limit=GOAL_MEGABYTES,
            at_least=False,
            unit="MB",
        ),
    )


def write(challenge: Challenge, runs: int) -> None:
    """Hand in what is to be evaluated, and put it into the queue."""
    from benchmarks.hand_ins.world import IDS, LABELS  # noqa: PLC0415  (after the environment)
    from core import clock, storage  # noqa: PLC0415  (as above)
    from scoring.actions import evaluation  # noqa: PLC0415  (as above)
    from submissions.models import (  # noqa: PLC0415  (as above)
        Entry,
        Submission,
        SubmissionFile,
        Team,
    )
    from submissions.states import FileKind  # noqa: PLC0415  (as above)

    now, chance = clock.now(), random.Random(1)
    terms = challenge.competition.terms.get()
    entries = []
    for number in range(TEAMS):
        team = Team.objects.create(
            competition=challenge.competition, name=f"Team {number:03}", created_at=now
        )
        entries.append(
            Entry.objects.create(
                team=team,
                challenge=challenge,
                terms=terms,
                accepted_at=now,
                jury_pseudonym=f"Baum {number}",
            )
        )
    for number in range(runs):
        submission = Submission.objects.create(
            entry=entries[number % TEAMS],
            number=number // TEAMS + 1,
            state="handed_in",
            title="Lösung",
            created_at=now,
            updated_at=now,
            handed_in_at=now,
        )
        lines = [f"{name},{chance.choice(LABELS)}\n" for name in IDS]
        stored = storage.store(
            storage.SUBMISSIONS,
            _file("id,label\n" + "".join(lines)),
            folder=submission.code,
            suffix=".csv",
        )
        SubmissionFile.objects.create(
            submission=submission,
            kind=FileKind.PREDICTIONS,
            original_name="predictions.csv",
            key=stored.key,
            size=stored.size,
            sha256=stored.sha256,
            uploaded_at=now,
        )
        evaluation.enqueue(submission)


def _file(text: str) -> Any:
    from django.core.files.base import ContentFile  # noqa: PLC0415  (after the environment)

    return ContentFile(text.encode(), name="predictions.csv")


def large_file() -> tuple[float, float]:
    """Evaluate a large file in a child; return the seconds, and the memory of the child in MB."""
    import hashlib  # noqa: PLC0415  (here only)

    from django.conf import settings  # noqa: PLC0415  (after the environment)

    from scoring import evaluator  # noqa: PLC0415  (as above)
    from scoring.compute.schema import PredictionFormat, PredictionKind  # noqa: PLC0415  (as above)
    from scoring.protocol import Question, StoredAs  # noqa: PLC0415  (as above)

    labels = ("ape", "bee", "cat", "dog", "elk", "fox")
    chance = random.Random(1)

    def stored(alias: str, lines: list[str]) -> StoredAs:
        data = "\n".join([*lines, ""]).encode()
        path = Path(settings.DATA_DIR) / "files" / alias / "large.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return StoredAs(key="large.csv", sha256=hashlib.sha256(data).hexdigest())

    truth = [
        f"r{at:06},{chance.choice(labels)},{'public' if at % 2 else 'private'}"
        for at in range(ROWS)
    ]
    given = [f"r{at:06},{chance.choice(labels)}" for at in range(ROWS)]
    question = Question(
        predictions=stored("submissions", ["id,animal", *given]),
        truth=stored("ground_truth", ["id,target,split", *truth]),
        format=PredictionFormat(
            id_column="id", target_column="animal", kind=PredictionKind.LABEL, labels=labels
        ),
        metrics=("accuracy", "f1_macro"),
        seed=1,
        size_limit=10_000_000,
        memory_limit=1_500_000_000,
        cpu_limit=60,
    )
    evaluator.load()
    started = time.monotonic()
    child = os.fork()
    if not child:
        evaluator.evaluate(question)
        os._exit(0)
    _child, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit("The large file was not evaluated.")
    return time.monotonic() - started, usage.ru_maxrss / 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
