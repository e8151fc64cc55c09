"""The harness that hands in while processes are killed: its parts, and a small run of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from benchmarks.hand_ins import clients, faults
from core import signing
from core.management.commands.worker import NICENESS
from submissions.actions import submission as actions
from submissions.models import Submission
from submissions.receipts import document_of
from tests.architecture.source import ROOT
from tests.factories import EntryFactory, SubmissionFactory, open_challenge, team_member


def test_nothing_but_this_machine_is_ever_loaded():
    with pytest.raises(ValueError, match="not this machine"):
        clients.Line("192.0.2.1", 80, {}, seed=1)


def test_forms_are_read_as_a_browser_sends_them():
    page = b"""<input name="outside" value="x">
    <form action="/a/"><input type="hidden" name="key" value="k"><input type="checkbox"
    name="is_declared"><input type="file" name="file"><input type="text" name="typed"></form>
    <form action="/b/"><input type="hidden" name="other" value=""></form>"""

    assert clients.forms_of(page) == [
        {"action": "/a/", "fields": {"key": "k", "is_declared": "on"}, "file": "file"},
        {"action": "/b/", "fields": {"other": ""}, "file": ""},
    ]


def test_plan_has_every_kill_in_the_run_and_the_restart_in_its_middle():
    plan = faults.plan(5, 60.0, restart=True, seed=1)

    assert sorted(fault.what for fault in plan) == sorted([*faults.KILLS, faults.DATABASE])
    assert plan[2].what == faults.DATABASE
    assert [fault.at for fault in plan] == sorted(fault.at for fault in plan)
    assert 0 < plan[0].at < plan[-1].at < 60
    assert plan == faults.plan(5, 60.0, restart=True, seed=1)


@pytest.fixture
def judge():
    """The module; it sets Django up by itself unless that is done."""
    from benchmarks.hand_ins import judge as module

    return module


@pytest.fixture
def told(db):
    """What a client was told about a hand-in that went well."""
    entry = EntryFactory(challenge=open_challenge(wants_concept=False))
    captain = team_member(entry.team)
    receipt = actions.hand_in(SubmissionFactory(entry=entry), by=captain, key="k", declared=True)
    document = document_of(receipt)
    return {"team": "T", "number": 1, "files": {}, "document": document, "problem": ""}


def test_judge_finds_nothing_wrong_with_what_is_stored(judge, told):
    assert list(judge.lost([told])) == []
    assert list(judge.duplicated([told])) == []


def test_judge_finds_a_hand_in_without_a_receipt(judge, told):
    given_up = {**told, "document": None, "problem": "POST /hand-in/: 500"}

    assert list(judge.lost([given_up])) == ["T has no receipt for hand-in 1: POST /hand-in/: 500"]


def test_judge_finds_a_receipt_for_something_that_is_not_stored(judge, told):
    payload = {**told["document"]["payload"], "reference": "S-AAAAAA-v1"}
    signature = signing.sign(b"something else")
    invented = {**told, "document": {"payload": payload, "signature": signature}}

    assert list(judge.lost([invented])) == [
        "S-AAAAAA-v1: the signature of the receipt does not fit.",
        "S-AAAAAA-v1 was acknowledged and is not stored.",
    ]


def test_judge_finds_another_file_than_was_sent(judge, told):
    reference = Submission.objects.get().reference

    assert list(judge.lost([{**told, "files": {"concept": "0" * 64}}])) == [
        f"{reference}: the receipt names another concept than was sent.",
        f"{reference}: another concept is stored than was sent.",
    ]


def test_judge_finds_versions_that_are_there_twice(judge, told):
    reference = Submission.objects.get().reference

    assert list(judge.duplicated([])) == [
        f"{reference} is handed in although no client has its receipt."
    ]
    assert list(judge.duplicated([told, told])) == [
        f"{reference} was given as the receipt of 2 hand-ins."
    ]


@pytest.mark.slow
def test_whoever_hands_in_comes_before_evaluations(tmp_path):
    environ = {**os.environ, "AUSLOBUNG_DATA_DIR": str(tmp_path)}
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--role", "evaluations"],
        cwd=ROOT,
        env={**environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    own = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        ends_at = time.monotonic() + 60
        while os.getpriority(os.PRIO_PROCESS, worker.pid) == own and time.monotonic() < ends_at:
            time.sleep(0.05)

        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == min(19, own + NICENESS)
    finally:
        worker.kill()
        worker.wait()


@pytest.mark.postgres
@pytest.mark.slow
def test_nothing_is_lost_while_processes_are_killed():
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUSLOBUNG_", "DJANGO_", "PYTEST_", "POSTGRES_"))
    }

    run = subprocess.run(
        [sys.executable, "benchmarks/durability.py", "--quick"],
        cwd=ROOT,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    assert "100 of 100, 100 versions are handed in" in run.stdout
    assert run.stdout.count(" killed (process ") == 2
