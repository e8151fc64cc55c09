"""What the tests of this app share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from competition.extensions import slots


@pytest.fixture
def own_slots_only() -> Iterator[None]:
    """Take the parts of higher apps off the pages, so that this app's queries can be counted."""
    kept = list(slots)
    slots._items.clear()
    yield
    slots._items.extend(kept)
