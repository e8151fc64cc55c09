"""The world of the matrix: built once per process, and untouched by what a case does to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.kept import kept_rows
from tests.matrix.world import World, build


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with kept_rows(django_db_blocker, build) as made:
        yield made
