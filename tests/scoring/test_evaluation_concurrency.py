"""Workers, sweeps and teams at once; proven on PostgreSQL, which has row locks (H-73)."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from core import clock
from core.audit import verify_chain
from core.models import AuditEvent
from scoring.actions import evaluation as actions
from scoring.actions import leaderboard
from scoring.models import Evaluation, LeaderboardSnapshot
from scoring.states import BoardKind
from scoring.states import EvaluationState as S
from submissions.actions import submission as submission_actions
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions, scored

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture(autouse=True)
def queue(settings):
    """Let tasks be noted and nothing more: the tests are the workers."""
    settings.TASKS = {
        "default": {
            "BACKEND": "django.tasks.backends.dummy.DummyBackend",
            "QUEUES": ["default", "evaluations", "mails"],
        }
    }


def at_once(*works):
    """Start all works together, each with a connection of its own; errors are errors."""
    barrier = threading.Barrier(len(works), timeout=60)

    def run(work):
        try:
            barrier.wait()
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def waiting_run(challenge):
    entry = factories.EntryFactory(challenge=challenge)
    return actions.enqueue(handed_in_predictions(entry, *predictions()))


def lost_run(challenge, attempt=1):
    evaluation = waiting_run(challenge)
    actions._claim(evaluation.pk, worker="killed")
    Evaluation.objects.filter(pk=evaluation.pk).update(
        attempt=attempt, lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    return evaluation


def test_a_run_is_claimed_by_one_worker():
    evaluation = waiting_run(measured_challenge())

    claims = at_once(*[lambda: actions._claim(evaluation.pk, worker="w")] * THREADS)

    assert sum(claim is not None for claim in claims) == 1
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.RUNNING, 1)


def test_sweeps_at_once_take_a_lost_run_back_once():
    evaluation = lost_run(measured_challenge())

    counts = at_once(*[actions.requeue_lost] * THREADS)

    assert sum(counts) == 1
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.QUEUED, 1)
    assert AuditEvent.objects.filter(action="evaluation.queued").count() == 1


def test_a_hand_in_that_is_told_twice_is_evaluated_once():
    challenge = measured_challenge()
    submission = handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())

    at_once(*[lambda: actions.enqueue(submission)] * 4, *[actions.enqueue_missing] * 4)

    assert Evaluation.objects.count() == 1
    assert AuditEvent.objects.filter(action="evaluation.created").count() == 1


def test_a_fault_and_a_team_at_work_do_not_wait_for_each_other():
    challenge = measured_challenge()
    runs = [lost_run(challenge, attempt=3) for _run in range(4)]
    entries = [run.submission.entry for run in runs]
    people = [factories.team_member(entry.team) for entry in entries]

    at_once(
        *[actions.requeue_lost] * 2,
        *(
            lambda entry=entry, cem=cem: submission_actions.start_draft(entry, by=cem)
            for entry, cem in zip(entries, people, strict=True)
        ),
    )

    assert {run.state for run in Evaluation.objects.all()} == {S.INTERNAL_ERROR}
    assert {entry.submissions.filter(state="draft").count() for entry in entries} == {1}
    assert verify_chain().is_intact


def test_boards_refreshed_at_once_are_stored_once_and_numbered_without_gaps():
    challenge = measured_challenge()
    for number in range(3):
        entry = factories.EntryFactory(challenge=challenge, team__name=f"Team {number}")
        scored(factories.SubmissionFactory(entry=entry, handed_in=True), public=0.5)
        at_once(*[lambda: leaderboard.refresh(challenge, BoardKind.PUBLIC)] * THREADS)

    numbers = LeaderboardSnapshot.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]
