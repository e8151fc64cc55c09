"""Repairs and proofs, and the worker that runs them: real processes on a database of their own."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from core import clock, maintenance, outbox, storage
from core.maintenance import StepResult, SweepStep
from core.models import OutboxMessage, OutboxState
from scoring.actions import evaluation as actions
from scoring.actions import leaderboard
from scoring.maintenance import rubrics_not_100
from scoring.models import Criterion, Evaluation, LeaderboardSnapshot, MetricScore, Rubric
from scoring.states import BoardKind
from scoring.states import EvaluationState as S
from submissions.actions import submission as submission_actions
from submissions.models import Receipt
from submissions.states import FileKind
from tests import factories
from tests.architecture.source import ROOT
from tests.factories import (
    csv_file,
    evaluated,
    handed_in_predictions,
    lose,
    measured_challenge,
    predictions,
    scored,
)


def swept(key):
    (result,) = [result for result in maintenance.sweep() if result.step.key == key]
    assert result.error == ""
    return result.count


def violations(key):
    (invariant,) = [one for one in maintenance.invariants if one.key == key]
    return list(invariant.violations())


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


# ---- proofs: each holds, and each breaks when it should ------------------------------------------
@pytest.fixture
def room():
    """A challenge with one version that was handed in, checked, evaluated and ranked."""
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    cem = factories.team_member(entry.team)
    draft = submission_actions.start_draft(entry, by=cem)
    submission_actions.save_text(
        draft, by=cem, version=0, title="Lesen", summary="Ein Verfahren, das nachfragt."
    )
    from submissions.actions import upload

    upload.attach_file(
        draft,
        by=cem,
        kind=FileKind.PREDICTIONS,
        file=csv_file(*predictions(wrong=2), name="v.csv"),
    )
    submission_actions.hand_in(draft, by=cem, key="k", declared=True)
    draft.refresh_from_db()
    evaluated(draft)
    return draft


@pytest.mark.django_db
def test_everything_holds_after_a_walk_through_the_house(room):
    output = io.StringIO()

    call_command("check_invariants", stdout=output)

    lines = output.getvalue().splitlines()
    count = len(list(maintenance.invariants))
    assert lines[-1] == f"{count} promises hold."
    assert all(line.startswith("holds") for line in lines[:-1])


@pytest.mark.django_db
def test_check_invariants_ends_with_an_error_and_names_the_breach(room):
    lose(MetricScore.objects.all())
    output = io.StringIO()

    with pytest.raises(CommandError, match="breach"):
        call_command("check_invariants", "values", stdout=output)

    code = room.evaluations.get().code
    assert f"Evaluation {code} has succeeded without a value." in output.getvalue()


@pytest.mark.django_db
def test_check_invariants_knows_its_proofs():
    with pytest.raises(CommandError, match="nonsense"):
        call_command("check_invariants", "nonsense")


@pytest.mark.django_db
def test_a_changed_file_is_noticed(room):
    path = Path(storages[storage.SUBMISSIONS].path(room.predictions.key))
    path.chmod(0o600)
    path.write_text("id,animal\n")

    assert violations("files") == [f"{room.reference}: the file predictions has changed."]


@pytest.mark.django_db
def test_a_missing_file_is_noticed(room):
    storage.delete(storage.SUBMISSIONS, room.predictions.key)

    assert violations("files") == [f"{room.reference}: the file predictions is missing."]


@pytest.mark.django_db
def test_a_changed_receipt_is_noticed(room):
    Receipt.objects.update(payload={**room.receipt.payload, "team": "T-OTHER"})

    assert violations("receipts") == [
        f"The signature of the receipt {room.reference} does not fit."
    ]


@pytest.mark.django_db
def test_a_receipt_that_does_not_fit_its_version_is_noticed(room):
    file = room.predictions
    type(file).objects.filter(pk=file.pk).update(sha256="0" * 64)

    assert violations("receipts") == [f"The receipt {room.reference} does not say what is stored."]


@pytest.mark.django_db
def test_a_version_without_receipt_is_noticed(room):
    lose(Receipt.objects.all())

    assert violations("acknowledged") == [f"{room.reference} was handed in without a receipt."]


@pytest.mark.django_db
def test_a_charged_fault_is_noticed(room):
    evaluation = room.evaluations.get()
    lose(evaluation.scores.all())
    Evaluation.objects.update(state=S.FAILED)

    assert violations("faults") == [
        f"Evaluation {evaluation.code} ended in a fault, and its version costs a try all the same."
    ]


@pytest.mark.django_db
def test_a_benchmark_that_expects_other_ids_is_noticed(room):
    benchmark = room.entry.challenge.benchmark
    type(benchmark).objects.update(expected_ids=["x"])

    assert violations("labels") == [
        f"The benchmark of {room.entry.challenge.code} expects other ids than it has."
    ]


@pytest.mark.django_db
def test_a_frozen_rubric_that_does_not_add_up_is_noticed():
    rubric = factories.RubricFactory()
    Rubric.objects.filter(pk=rubric.pk).update(frozen_at=clock.now(), sha256="0" * 64)
    assert list(rubrics_not_100()) == []

    Criterion.objects.filter(rubric=rubric, position=1).update(weight=59)

    assert list(rubrics_not_100()) == [f"The weights of {rubric.challenge.code} add up to 99."]


@pytest.mark.django_db
def test_a_board_that_was_not_renewed_is_noticed_after_a_while(room):
    Evaluation.objects.update(finished_at=clock.now() + dt.timedelta(minutes=10))
    room.evaluations.get().scores.filter(split="public").update(value=0.1)

    (sentence,) = violations("boards")

    assert sentence.endswith("was not renewed although its inputs have changed.")


@pytest.mark.django_db
def test_a_planted_event_is_noticed(room):
    assert violations("audit_chain") == []

    factories.break_audit()

    (sentence,) = violations("audit_chain")
    assert sentence.startswith("The audit chain is broken at event ")


# ---- the worker ----------------------------------------------------------------------------------
@pytest.fixture
def installation(tmp_path, db):
    """An installation of its own: data folder, database, and a submission that waits."""
    environ = {
        **{name: value for name, value in os.environ.items() if "AUSLOBUNG" not in name},
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "AUSLOBUNG_DATA_DIR": str(tmp_path),
        "AUSLOBUNG_SECRET_KEY": "worker-" * 12,
    }

    def run(*command):
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    if connection.vendor == "sqlite":
        # The tables are those of the test's own database, which took seconds to make.
        (tmp_path / "auslobung.sqlite3").write_bytes(connection.connection.serialize())
    else:
        run("manage.py", "migrate", "-v", "0")
        run("manage.py", "createcachetable", "-v", "0")
    prepare = (
        "import django; django.setup()\n"
        "from tests import factories as f\n"
        "c = f.measured_challenge()\n"
        "s = [f.handed_in_predictions(f.EntryFactory(challenge=c), *f.predictions(wrong=w))"
        " for w in range(3)]\n"
        "f.evaluation_actions.enqueue(s[0])\n"  # the others are for the sweep to find
    )
    run("-c", prepare)
    return tmp_path, environ


def database_of(folder):
    return contextlib.closing(
        sqlite3.connect(folder / "auslobung.sqlite3", isolation_level=None, timeout=30)
    )


def states(folder):
    with database_of(folder) as database:
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


def wait_until(condition, seconds=60.0):
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "It took too long."
        time.sleep(0.1)


def start_worker(environ):
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def role(worker, name):
    found = [pid for pid, line in descendants(worker.pid).items() if name in line]
    return found[0] if found else None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_worker_survives_what_happens_to_it_and_ends_cleanly(installation):
    """One walk, since a fresh installation takes seconds: lock, kill, stop, and a killed worker."""
    folder, environ = installation
    with database_of(folder) as database:
        database.execute("BEGIN EXCLUSIVE")
        worker = start_worker(environ)
        time.sleep(3)
        database.execute("COMMIT")
    try:
        # One wake-up was in the queue, two runs were missing: the sweep creates them.
        wait_until(lambda: states(folder) == ["succeeded"] * 3)

        assert len(descendants(worker.pid)) == 3
        victim = role(worker, b"evaluations")
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: role(worker, b"evaluations") not in {victim, None})
    finally:
        worker.send_signal(signal.SIGTERM)
        output, _nothing = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "it is started again" in output
    assert output.splitlines()[-1] == "Ended."

    second = start_worker(environ)
    wait_until(lambda: len(descendants(second.pid)) == 3)
    children = list(descendants(second.pid))
    wait_until(lambda: all(is_ready(pid) for pid in children))
    second.send_signal(signal.SIGKILL)
    second.communicate()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def is_ready(pid):
    """Say whether a process handles SIGTERM itself: Django is loaded, and the kernel was asked."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))
