"""Signs of life of the background processes."""

from __future__ import annotations

import datetime as dt

import pytest

from core import workers
from core.models import Worker
from core.workers import Standing

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)


def test_nothing_is_known_before_the_first_sign() -> None:
    standing = workers.standing(NOW)

    assert standing == Standing(processes=0, seen_at=None)
    assert not standing.is_still


def test_processes_of_all_supervisors_that_live_count() -> None:
    workers.give_sign("a:1", processes=2, now=NOW)
    workers.give_sign("b:1", processes=3, now=NOW)
    workers.give_sign("c:1", processes=4, now=NOW - workers.SILENCE)
    workers.give_sign("a:1", processes=1, now=NOW)

    assert workers.standing(NOW) == Standing(processes=4, seen_at=NOW)


@pytest.mark.parametrize(
    ("processes", "later", "is_still"),
    [
        (1, workers.SILENCE - dt.timedelta(seconds=1), False),
        (1, workers.SILENCE, True),
        (0, dt.timedelta(0), True),
    ],
)
def test_work_stands_still_after_silence_and_after_the_last_word(
    processes: int, later: dt.timedelta, is_still: bool
) -> None:
    workers.give_sign("a:1", processes=processes, now=NOW)

    assert workers.standing(NOW + later).is_still is is_still


def test_what_has_been_silent_for_long_is_forgotten() -> None:
    workers.give_sign("a:1", processes=1, now=NOW)
    workers.give_sign("b:1", processes=1, now=NOW + workers.KEPT + dt.timedelta(seconds=1))

    assert [worker.name for worker in Worker.objects.all()] == ["b:1"]
