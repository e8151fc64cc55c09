"""What several tests of scoring need."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kept import kept_rows
from tests.scoring.jury_room import Room, make_room


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Sort the tests of a module by the rows they begin with."""
    if "kept_room" not in metafunc.fixturenames:
        wanted = ""
    else:
        wanted = "assessing" if "assessing" in metafunc.fixturenames else "preparing"
    metafunc.parametrize("kept", [wanted], indirect=True, scope="module", ids=[pytest.HIDDEN_PARAM])


@pytest.fixture(scope="module", autouse=True)
def kept(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[Room | None]:
    """Keep a room for the tests of a module that begin alike; those without one see no rows."""
    if not request.param:
        yield None
        return

    def make() -> Room:
        room = make_room()
        if request.param == "assessing":
            room.start()
        return room

    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, make) as room:
        yield room


@pytest.fixture(scope="module")
def kept_room(kept: Room | None) -> Room | None:
    return kept


@pytest.fixture
def room(kept_room: Room, db: None) -> Room:
    """Return a jury that is preparing."""
    return copy.deepcopy(kept_room)


@pytest.fixture
def assessing(room: Room) -> Room:
    """Return a jury whose members have declared, and which has started."""
    return room
