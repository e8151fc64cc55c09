"""Repairs and proofs, and the worker that runs them: real processes on a database of their own."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django_tasks_db.models import DBTaskResult

from core import clock, maintenance, outbox
from core.maintenance import StepResult, SweepStep
from core.models import OutboxMessage, OutboxState
from scoring.actions import evaluation as actions
from scoring.actions import leaderboard
from scoring.maintenance import rubrics_not_100
from scoring.models import Criterion, Evaluation, LeaderboardSnapshot, Rubric
from scoring.states import BoardKind
from scoring.states import EvaluationState as S
from submissions.actions import submission as submission_actions
from tests import factories
from tests.architecture.source import ROOT
from tests.factories import (
    handed_in_predictions,
    measured_challenge,
    predictions,
    scored,
)


def swept(key):
    (result,) = [result for result in maintenance.sweep() if result.step.key == key]
    assert result.error == ""
    return result.count


# ---- the sweep -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_sweep_repairs_everything_and_then_nothing():
    challenge = measured_challenge()
    lost = actions.enqueue(
        handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    )
    actions._claim(lost.pk, worker="killed")
    Evaluation.objects.filter(pk=lost.pk).update(lease_until=clock.now())
    missing = handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    stale = handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    scored(stale, public=0.5)
    outbox.queue_text(
        "test", to="gus@example.org", key="k", language="de", subject="Hallo", body="Text"
    )

    first = {result.step.key: result.count for result in maintenance.sweep()}
    second = {result.step.key: result.count for result in maintenance.sweep()}

    assert {key: first[key] for key in ("lost", "missing", "boards", "mails")} == {
        "lost": 1,
        "missing": 1,
        "boards": 1,
        "mails": 1,
    }
    assert {key: second[key] for key in ("lost", "missing", "boards", "mails")} == {
        "lost": 0,
        "missing": 0,
        "boards": 0,
        "mails": 0,
    }
    lost.refresh_from_db()
    assert (lost.state, missing.evaluations.get().state) == (S.QUEUED, S.QUEUED)
    assert OutboxMessage.objects.get(key="k").state == OutboxState.SENT


@pytest.mark.django_db
def test_sweep_renews_a_board_after_a_withdrawal():
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    for number, value in ((1, 0.4), (2, 0.9)):
        scored(
            factories.SubmissionFactory(entry=entry, number=number, handed_in=True), public=value
        )
    leaderboard.refresh(challenge, BoardKind.PUBLIC)
    submission_actions.withdraw(entry.submissions.get(number=2), by=factories.UserFactory())

    assert swept("boards") == 1

    latest = LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
    assert [row.score for row in latest.rows.all()] == ["0.4000"]


@pytest.mark.django_db
def test_a_step_that_fails_does_not_hold_up_the_others():
    def broken(_now):
        raise RuntimeError

    steps = maintenance.Registry()
    steps.register(SweepStep("one", "One", broken, 1))
    steps.register(SweepStep("two", "Two", lambda _now: 2, 2))

    results = [maintenance._run(step, clock.now()) for step in steps]

    assert [(r.step.key, r.count, r.error) for r in results] == [
        ("one", 0, "RuntimeError"),
        ("two", 2, ""),
    ]
    assert isinstance(results[0], StepResult)


@pytest.mark.django_db
def test_sweep_forgets_old_tasks_and_keeps_those_that_wait():
    now = clock.now()
    old = {"task_path": "x", "args_kwargs": {}, "backend_name": "default", "run_after": now}
    ancient = now - dt.timedelta(days=8)
    DBTaskResult.objects.create(status="SUCCESSFUL", finished_at=ancient, **old)
    DBTaskResult.objects.create(status="RUNNING", started_at=ancient, **old)
    DBTaskResult.objects.create(status="SUCCESSFUL", finished_at=now, **old)
    DBTaskResult.objects.create(status="READY", **old)

    assert swept("old_tasks") == 2

    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["READY", "SUCCESSFUL"]


@pytest.mark.django_db
def test_sweep_command_says_what_each_step_did():
    output = io.StringIO()

    call_command("sweep", stdout=output)

    lines = output.getvalue().splitlines()
    assert len(lines) == len(list(maintenance.sweep_steps))
    assert all(line.endswith(": 0") for line in lines)


# ---- proofs that need no rows of their own: test_invariants.py has the others ------------------
@pytest.mark.django_db
def test_check_invariants_knows_its_proofs():
    with pytest.raises(CommandError, match="nonsense"):
        call_command("check_invariants", "nonsense")


@pytest.mark.django_db
def test_a_frozen_rubric_that_does_not_add_up_is_noticed():
    rubric = factories.RubricFactory()
    Rubric.objects.filter(pk=rubric.pk).update(frozen_at=clock.now(), sha256="0" * 64)
    assert list(rubrics_not_100()) == []

    Criterion.objects.filter(rubric=rubric, position=1).update(weight=59)

    assert list(rubrics_not_100()) == [f"The weights of {rubric.challenge.code} add up to 99."]


# ---- the worker ----------------------------------------------------------------------------------
@pytest.fixture
def installation(tmp_path, db, django_capture_on_commit_callbacks):
    """Make an installation with two versions, of which one waits; return its environment."""
    if connection.vendor != "sqlite":
        pytest.skip("the installation has a database of its own, embedded")
    challenge = measured_challenge()
    waiting, _for_the_sweep = (
        handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions(wrong=w))
        for w in range(2)
    )
    queue = {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "evaluations"]}
    with (
        override_settings(TASKS={"default": queue}),
        django_capture_on_commit_callbacks(execute=True),
    ):
        actions.enqueue(waiting)
    assert DBTaskResult.objects.count() == 1
    shutil.copytree(settings.DATA_DIR, tmp_path, dirs_exist_ok=True)
    (tmp_path / "auslobung.sqlite3").write_bytes(connection.connection.serialize())
    return {
        **{name: value for name, value in os.environ.items() if "AUSLOBUNG" not in name},
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "AUSLOBUNG_DATA_DIR": str(tmp_path),
        "AUSLOBUNG_SECRET_KEY": settings.SECRET_KEY,
    }


def database_of(environ):
    file = Path(environ["AUSLOBUNG_DATA_DIR"]) / "auslobung.sqlite3"
    return contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=30))


def states(environ):
    with database_of(environ) as database:
        return sorted(row[0] for row in database.execute("SELECT state FROM scoring_evaluation"))


def descendants(pid):
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = (parent, (folder / "cmdline").read_bytes())
        except OSError:
            continue
    return {key: line for key, (parent, line) in found.items() if parent == pid}


def wait_until(condition, seconds=100.0):
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "It took too long."
        time.sleep(0.05)


def start(environ, *command):
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def role(worker, name):
    found = [pid for pid, line in descendants(worker.pid).items() if name in line]
    return found[0] if found else None


def is_ready(pid):
    """Say whether a process handles SIGTERM itself: it has loaded everything, and works."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_worker_survives_what_happens_to_it_and_ends_cleanly(installation):
    """One walk, since its processes take seconds to start: lock, kill, stop."""
    worker = start(installation, "manage.py", "worker")
    try:
        wait_until(lambda: len(descendants(worker.pid)) == 3)
        with database_of(installation) as database:
            database.execute("BEGIN EXCLUSIVE")
            wait_until(lambda: all(map(is_ready, descendants(worker.pid))))
            database.execute("COMMIT")
        # One wake-up was in the queue, another run was missing: the sweep creates it.
        wait_until(lambda: states(installation) == ["succeeded"] * 2)

        assert len(descendants(worker.pid)) == 3
        victim = role(worker, b"evaluations")
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: role(worker, b"evaluations") not in {victim, None})
    finally:
        worker.send_signal(signal.SIGTERM)
        output, _nothing = worker.communicate(timeout=60)
    assert worker.returncode == 0
    with database_of(installation) as database:
        # What it has said last: it works no more.
        assert database.execute("SELECT processes FROM core_worker").fetchall() == [(0,)]
    assert "it is started again" in output
    assert output.splitlines()[-1] == "Ended."


AS_A_SUPERVISOR = """
import os, subprocess, sys, time
command = [sys.executable, "manage.py", "worker", "--role", "others", "--skip-checks"]
subprocess.Popen([*command, "--supervisor", str(os.getpid())], start_new_session=True)
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_early", [True, False])
def test_process_of_the_worker_ends_with_its_supervisor(installation, is_early):
    """A process that starts one as the supervisor does, and is killed, as that may be."""
    supervisor = start(installation, "-c", AS_A_SUPERVISOR)
    wait_until(lambda: descendants(supervisor.pid))
    (child,) = descendants(supervisor.pid)
    if not is_early:
        wait_until(lambda: is_ready(child))

    supervisor.kill()
    supervisor.wait()

    # Its end of the pipe is open for as long as the process lives.
    assert "Traceback" not in supervisor.communicate(timeout=100)[0]
