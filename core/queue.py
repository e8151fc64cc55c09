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
