"""Warm parents are kept, replaced, and shared by threads; each run has a child of its own."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import forked

ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


@pytest.fixture(autouse=True)
def begin_and_end_without_parents():
    forked.end_parents()
    yield
    forked.end_parents()


def asked(number="", **more):
    """Return what a child says of itself: how often it was asked, and the id of its parent."""
    environment = {**ENVIRONMENT, "NUMBER": str(number), **more}
    outcome = forked.run("tests.scoring.counter", "", timeout=60, environment=environment)
    assert outcome.code == 3
    count, parent = outcome.told.split()
    return int(count), int(parent)


def test_next_run_is_forked_from_the_same_parent():
    first, second = asked(), asked()

    assert first == second
    assert first[0] == 1


def test_parent_that_died_while_it_waited_is_replaced():
    _count, parent = asked()
    os.kill(parent, signal.SIGKILL)

    count, other = asked()

    assert (count, other == parent) == (1, False)


def test_other_variables_are_another_parent_and_two_of_them_are_kept():
    first, second, third = (asked(number)[1] for number in range(3))

    assert len({first, second, third}) == 3
    assert not Path(f"/proc/{first}").exists()
    assert (asked(1)[1], asked(2)[1]) == (second, third)


def test_threads_share_two_parents():
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _at: asked(), range(12)))

    assert {count for count, _parent in answers} == {1}
    assert 1 <= len({parent for _count, parent in answers}) <= 2


def test_variables_of_ours_stay_here(monkeypatch):
    monkeypatch.setenv("AUSLOBUNG_SECRET_KEY", "quokka")

    _count, parent = asked()

    assert b"quokka" not in Path(f"/proc/{parent}/environ").read_bytes()
