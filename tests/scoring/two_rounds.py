"""A jury whose first round is over: three jurors, three submissions, two assessments for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.actions import assessment as assessment_actions
from scoring.actions import jury as jury_actions
from scoring.models.rubric import Rubric
from tests.scoring.jury_room import Room, make_room

if TYPE_CHECKING:
    from scoring.models import Assessment

GOOD, FAIR, POOR = (5, 5, 10), (4, 4, 8), (1, 1, 0)
FIRST = {"hanna": ("Ulme", "Zeder"), "frida": ("Zeder", "Eibe"), "iris": ("Ulme", "Eibe")}


def give(room: Room, name: str, pseudonym: str, marks: tuple[int, ...]) -> Assessment:
    """Save and release one assessment."""
    return assessment_actions.release(room.save(name, pseudonym, *marks), by=room.seats[name].user)


def make_cutting() -> Room:
    """Let everybody assess what the first round gives them, and the chair close it."""
    room = make_room()
    Rubric.objects.update(final_rule="places", final_threshold=1)
    for name in room.seats:
        room.declare(name)
    pairs = {
        (room.seats[name].pk, room.submissions[pseudonym].pk)
        for name, own in FIRST.items()
        for pseudonym in own
    }
    jury_actions.apply(room.jury, pairs=pairs, by=room.ada)
    jury_actions.start(room.jury, by=room.ada)
    for name, own in FIRST.items():
        for pseudonym in own:
            give(room, name, pseudonym, GOOD if pseudonym == "Ulme" else FAIR)
    jury_actions.close(room.jury, by=room.hanna)
    return room
