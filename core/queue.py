"""Work that starts after the commit. Actions name tasks by dotted path and never import them."""

from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

URGENT = 50


def enqueue_on_commit(dotted_name: str, *, is_urgent: bool = False, **kwargs: Any) -> None:
    """Enqueue a task once the open transaction has committed; nothing happens on rollback.

    An urgent task is taken before the others of its queue. A queue that cannot be written to does
    not fail the request whose change is committed already: the truth is a row, not the queue, and
    `manage.py sweep` repairs a lost wake-up.
    """

    def enqueue() -> None:
        task = import_string(dotted_name)
        (task.using(priority=URGENT) if is_urgent else task).enqueue(**kwargs)

    transaction.on_commit(enqueue, robust=True)


def waiting_arguments(dotted_name: str) -> list[dict[str, Any]]:
    """Return the arguments of the tasks of one kind that nobody has taken up yet.

    A task that a killed worker had taken up stays "running" in the queue for ever and is not among
    them.
    """
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  (needs the apps)

    waiting = DBTaskResult.objects.filter(task_path=dotted_name, status="READY")
    return [row["kwargs"] for row in waiting.values_list("args_kwargs", flat=True)]
