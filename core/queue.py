"""Work that starts after the commit. Actions name tasks by dotted path and never import them."""

from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string


def enqueue_on_commit(dotted_name: str, **kwargs: Any) -> None:
    """Enqueue a task once the open transaction has committed; nothing happens on rollback.

    A lost wake-up is repaired by `manage.py sweep`: the truth is a row, not the queue.
    """
    transaction.on_commit(lambda: import_string(dotted_name).enqueue(**kwargs))
