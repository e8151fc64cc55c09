#!/usr/bin/env python3
"""Kill, hang and cut off evaluations at every point, and look whether each one ends honestly.

    .venv/bin/python benchmarks/evaluation_faults.py              on PostgreSQL and on SQLite
    .venv/bin/python benchmarks/evaluation_faults.py --sqlite     on SQLite alone

Each case is a submission of its own, handed in by the actions of the product; its run meets one
fault in a process of its own. Then the sweep and an ordinary worker go on, as they always do. Every
submission has to end evaluated, or with a reason and without a try used; and what the product
promises (manage.py check_invariants) has to hold. The exit code is 1 if anything does not.
The clock is not waited for: the sweep is told that two minutes have passed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LATER: Final = dt.timedelta(minutes=2)
ROUNDS: Final = 4
LOCKED_SECONDS: Final = 3.0
TIMEOUT: Final = 1.0  # seconds, of the run that hangs
INTACT: Final = ".intact"
DATA: Final = "AUSLOBUNG_DATA_DIR"


def main(argv: list[str] | None = None) -> int:
    """Run on both databases; 1 if anything did not end as it must."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside:
        return measure()
    code = _apart([], postgres=False)
    if not options.sqlite:
        code |= _apart([str(ROOT / "scripts" / "with_postgres.sh")], postgres=True)
    return code


def _apart(prefix: list[str], *, postgres: bool) -> int:
    """Run the cases in a fresh installation."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUSLOBUNG_", "DJANGO_", "PYTEST_", "POSTGRES_"))
    }
    with tempfile.TemporaryDirectory(prefix="auslobung-faults.") as folder:
        environ = kept | {DATA: folder, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        environ["AUSLOBUNG_LOG_LEVEL"] = "ERROR"
        print("On PostgreSQL" if postgres else "On SQLite", flush=True)
        command = [*prefix, sys.executable, __file__, "--inside"]
        return subprocess.run(command, env=environ, cwd=ROOT, check=False).returncode and 1


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, how its run meets it, and how it has to end: in which state, after how many."""

    name: str
    meet: Callable[[int], None]
    state: str = "succeeded"
    attempts: int = 2
    # How the process ends that meets it: killed, or with 0.
    is_killed: bool = False


def measure() -> int:
    """Make the installation, let each run meet its fault, go on, judge."""
    import django  # noqa: PLC0415  (asks for settings)

    django.setup()
    from django.conf import settings  # noqa: PLC0415  (after the set-up, like all that follow)
    from django.db import connection, connections  # noqa: PLC0415

    from scoring.models import Evaluation  # noqa: PLC0415

    settings.LOGGING_CONFIG = None
    found = cases(connection.vendor)
    keys = world([case.name for case in found])
    for case in found:
        connections.close_all()
        started = os.fork()
        if not started:
            # Not one line of what runs at the end of a program: this is the worker that dies.
            os._exit(_meet(case, keys[case.name]))
        _pid, status = os.waitpid(started, 0)
        if os.WIFSIGNALED(status) != case.is_killed or (not case.is_killed and status):
            print(f"  {case.name}: the worker ended with {status}, not as planned")
            return 1
    go_on()
    wrong = 0
    for case in found:
        run = Evaluation.objects.select_related("submission").get(pk=keys[case.name])
        values = run.scores.count()
        expected = (case.state, case.attempts, 2 if case.state == "succeeded" else 0)
        is_right = (run.state, run.attempt, values) == expected and (
            run.submission.costs_a_try == (case.state == "succeeded")
        )
        wrong += not is_right
        reason = (run.error.splitlines() or [""])[-1]
        print(
            f"  {'ok   ' if is_right else 'WRONG'} {case.name:44} {run.state}, "
            f"{run.attempt} attempts{', ' if reason else ''}{reason}"
        )
    _mend()
    return 1 if wrong or not promises_hold() else 0


def _meet(case: Case, key: int) -> int:
    try:
        case.meet(key)
    except Exception as error:  # noqa: BLE001  (a worker lives on after a task that failed)
        print(f"  {case.name}: {type(error).__name__}", file=sys.stderr)
    from core import forked  # noqa: PLC0415  (after the set-up)

    forked.end_parents()
    return 0


def go_on() -> None:
    """Do what worker and sweep do, until nothing waits any more."""
    from django.core.management import call_command  # noqa: PLC0415  (after the set-up)

    from core import clock, maintenance  # noqa: PLC0415

    for _round in range(ROUNDS):
        if failed := [result for result in maintenance.sweep(clock.now() + LATER) if result.error]:
            print(f"  steps of the sweep failed: {failed}")
        try:
            call_command(
                "db_worker",
                queue_name="evaluations",
                batch=True,
                reload=False,
                startup_delay=False,
                verbosity=0,
            )
        except SystemExit:
            continue


def promises_hold() -> bool:
    """Say whether every invariant holds, and print what does not."""
    from core.maintenance import invariants  # noqa: PLC0415  (after the set-up)

    broken = [sentence for each in invariants for sentence in each.violations()]
    for sentence in broken:
        print(f"  {sentence}")
    return not broken


# ---- the world -----------------------------------------------------------------------------------
def world(names: list[str]) -> dict[str, int]:
    """Let one team for each case hand in a prediction file; return the runs by case."""
    from django.core.files.base import ContentFile  # noqa: PLC0415  (after the set-up)
    from django.core.management import call_command  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from benchmarks.hand_ins.world import IDS, LABELS, open_challenge  # noqa: PLC0415  (as above)
    from competition.models import Challenge  # noqa: PLC0415
    from scoring.models import Evaluation  # noqa: PLC0415
    from submissions.actions import entry as entries  # noqa: PLC0415
    from submissions.actions import submission as versions  # noqa: PLC0415
    from submissions.actions import team as teams  # noqa: PLC0415
    from submissions.actions import upload  # noqa: PLC0415
    from submissions.states import FileKind  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    challenge = open_challenge()
    Challenge.objects.filter(pk=challenge.pk).update(wants_concept=False)
    challenge.refresh_from_db()
    terms = challenge.competition.terms.get()
    rows = "".join(f"{name},{LABELS[at % 2]}\n" for at, name in enumerate(IDS))
    found = {}
    for number, name in enumerate(names):
        captain = User.objects.create_user(
            f"captain{number}@example.org", name=f"Captain {number}", is_confirmed=True
        )
        team = teams.create(challenge.competition, by=captain, name=f"Team {number}")
        entry = entries.enter(challenge, by=captain, team=team, terms=terms)
        draft = versions.start_draft(entry, by=captain)
        versions.save_text(draft, by=captain, version=0, title="Zuordnen", summary="Ein Verfahren.")
        file = ContentFile(f"id,label\n{rows}".encode(), name="predictions.csv")
        upload.attach_file(draft, by=captain, kind=FileKind.PREDICTIONS, file=file)
        draft.refresh_from_db()
        versions.hand_in(draft, by=captain, key=str(number), declared=True)
        found[name] = Evaluation.objects.get(submission=draft).pk
    return found


# ---- the faults ----------------------------------------------------------------------------------
def cases(vendor: str) -> list[Case]:
    """Return what can happen on this database."""
    away = (
        Case("database restarted while a result is stored", _restarted, attempts=1)
        if vendor == "postgresql"
        else Case("database locked while a result is stored", _locked, attempts=1)
    )
    return [
        Case("nothing happens", lambda _key: None, attempts=1),
        Case("child killed", partial(_by, "victim")),
        Case("child hangs", partial(_by, "sleeper", timeout=TIMEOUT)),
        Case("child wants too much memory", partial(_by, "glutton")),
        Case("worker killed before the child starts", _killed_before, is_killed=True),
        Case("worker killed while the child computes", _killed_during, is_killed=True),
        Case("worker killed with the answer in hand", _killed_after, is_killed=True),
        Case("worker killed once the result is stored", _killed_stored, attempts=1, is_killed=True),
        away,
        Case("task lost from the queue", _forgotten, attempts=1),
        Case("file damaged on the disk (poison)", _damaged, state="internal_error", attempts=3),
    ]


def _by(program: str, key: int, *, timeout: float | None = None) -> None:
    """Let another program answer in the place of the evaluator."""
    from django.conf import settings  # noqa: PLC0415  (after the set-up, like all that follow)

    from scoring import isolation  # noqa: PLC0415
    from scoring.actions import evaluation  # noqa: PLC0415

    if timeout is not None:
        settings.EVALUATION_TIMEOUT = timeout
    _replace(isolation, "run", partial(isolation.run, program=f"tests.scoring.{program}"))
    evaluation.run(key)


def _replace(owner: Any, name: str, by: Any) -> None:
    """Put something in the place of a function, in this process that ends soon."""
    setattr(owner, name, by)


def _die(*_args: object, **_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _killed_before(key: int) -> None:
    from scoring import isolation  # noqa: PLC0415  (after the set-up)
    from scoring.actions import evaluation  # noqa: PLC0415

    _replace(isolation, "run", _die)
    evaluation.run(key)


def _killed_during(key: int) -> None:
    signal.signal(signal.SIGALRM, _die)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    _by("sleeper", key)


def _killed_after(key: int) -> None:
    from scoring.actions import evaluation  # noqa: PLC0415  (after the set-up)

    _replace(evaluation, "keep_result", _die)
    evaluation.run(key)


def _killed_stored(key: int) -> None:
    from scoring.actions import evaluation, leaderboard  # noqa: PLC0415  (after the set-up)

    _replace(leaderboard, "refresh", _die)
    evaluation.run(key)


def _restarted(key: int) -> None:
    from benchmarks.hand_ins.faults import pull_the_plug  # noqa: PLC0415  (after the set-up)
    from scoring.actions import evaluation  # noqa: PLC0415

    keep = evaluation.keep_result

    def pull_and_keep(*args: Any) -> None:
        pull_the_plug()
        keep(*args)

    _replace(evaluation, "keep_result", pull_and_keep)
    evaluation.run(key)


def _locked(key: int) -> None:
    from django.db import connection  # noqa: PLC0415  (after the set-up)

    from scoring.actions import evaluation  # noqa: PLC0415

    keep, name = evaluation.keep_result, connection.settings_dict["NAME"]
    # Two refusals, which are repeated, before it is let in.
    connection.cursor().execute("PRAGMA busy_timeout = 1000")

    def lock_and_keep(*args: Any) -> None:
        if not os.fork():
            with sqlite3.connect(name, isolation_level=None) as other:
                other.execute("BEGIN EXCLUSIVE")
                time.sleep(LOCKED_SECONDS)
                other.execute("COMMIT")
            os._exit(0)
        time.sleep(0.2)
        keep(*args)

    _replace(evaluation, "keep_result", lock_and_keep)
    evaluation.run(key)


def _forgotten(key: int) -> None:
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  (after the set-up)

    DBTaskResult.objects.filter(status="READY").delete()


def _damaged(key: int) -> None:
    from django.core.files.storage import storages  # noqa: PLC0415  (after the set-up)

    from core import storage  # noqa: PLC0415
    from scoring.models import Evaluation  # noqa: PLC0415
    from submissions.states import FileKind  # noqa: PLC0415

    file = Evaluation.objects.get(pk=key).submission.file(FileKind.PREDICTIONS)
    if file is None:
        raise LookupError
    path = Path(storages[storage.SUBMISSIONS].path(file.key))
    path.rename(path.with_suffix(INTACT))
    path.write_text("id,label\nr0001,nein\n")


def _mend() -> None:
    """Put back what was damaged, which else is found to have changed."""
    for path in Path(os.environ[DATA]).rglob(f"*{INTACT}"):
        path.replace(path.with_suffix(".csv"))


if __name__ == "__main__":
    sys.exit(main())
