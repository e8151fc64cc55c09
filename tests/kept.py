"""Rows that many tests begin with: made once for a module, and as good as new for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def kept_rows[Made](blocker: Any, make: Callable[[], Made]) -> Iterator[Made]:
    """Make rows in a transaction that ends with the block.

    Every test runs in a transaction of its own inside of it, which pytest-django rolls back. Of
    what was made a test gets a deep copy, because objects remember what was changed in them.
    """
    with blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            made = make()
        except BaseException as error:
            outer.__exit__(type(error), error, error.__traceback__)
            raise
    yield made
    with blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
