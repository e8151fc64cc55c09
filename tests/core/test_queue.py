"""Work after the commit: a wake-up that is lost loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from core.queue import URGENT, enqueue_on_commit, waiting_arguments

pytestmark = pytest.mark.django_db

MAIL = "core.tasks.send_mail"


@pytest.fixture(autouse=True)
def database_queue(settings: Any) -> None:
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mails"]}
    }


def test_a_task_is_enqueued_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_on_commit(MAIL, message_id=1)
        assert not DBTaskResult.objects.exists()

    assert waiting_arguments(MAIL) == [{"message_id": 1}]


def test_nothing_is_enqueued_after_a_rollback(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        enqueue_on_commit(MAIL, message_id=1)
        transaction.set_rollback(True)

    assert waiting_arguments(MAIL) == []


def test_an_urgent_task_is_taken_first(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_on_commit(MAIL, message_id=1)
        enqueue_on_commit(MAIL, is_urgent=True, message_id=2)

    first = DBTaskResult.objects.ready().first()
    assert (first.priority, first.args_kwargs["kwargs"]) == (URGENT, {"message_id": 2})


def test_a_queue_out_of_order_does_not_fail_what_is_committed() -> None:
    connection = transaction.get_connection()
    with transaction.atomic():
        enqueue_on_commit("core.tasks.no_such_task", message_id=1)
    # What the commit does, which a test never reaches.
    callbacks, connection.run_on_commit = connection.run_on_commit, []
    ((_savepoints, enqueue, is_robust),) = callbacks

    assert is_robust
    with pytest.raises(ImportError):
        enqueue()


def test_a_task_that_was_taken_up_waits_no_more(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_on_commit(MAIL, message_id=1)

    DBTaskResult.objects.get().claim("a worker")

    assert waiting_arguments(MAIL) == []
