"""What several tests of scoring need."""

from __future__ import annotations

import pytest

from tests.scoring.jury_room import Room, make_room


@pytest.fixture
def room(db: None) -> Room:
    """Make a jury that is preparing."""
    return make_room()


@pytest.fixture
def assessing(room: Room) -> Room:
    """Let the jurors declare, and start."""
    room.start()
    return room
