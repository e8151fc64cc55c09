"""The world of the matrix: built once per process, and untouched by what a case does to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.matrix.world import World, build


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Build the world in a transaction that ends with the module.

    Every case runs in a transaction of its own inside of it, which pytest-django rolls back.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            made = build()
        except BaseException as error:
            outer.__exit__(type(error), error, error.__traceback__)
            raise
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
