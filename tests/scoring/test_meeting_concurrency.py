"""Votes that come while the chair closes the vote, proven on PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import User
from scoring.actions import deliberation
from scoring.actions.deliberation import VoteRefused
from scoring.models import Motion, Vote
from scoring.states import JuryState, MotionKind
from tests.factories import JurySeatFactory
from tests.scoring.decided import closed_room

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_every_vote_is_counted_or_refused_while_the_vote_is_closed() -> None:
    """Nine members vote at the moment of closing: no vote is stored without being counted."""
    room = closed_room(state=JuryState.DELIBERATING)
    seats = [*room.seats, *(JurySeatFactory(jury=room.jury) for _number in range(7))]
    for seat in seats:
        deliberation.arrive(room.jury, seat=seat, by=room.frida)
    motion = deliberation.open_motion(
        room.jury, by=room.frida, kind=MotionKind.PROCEDURE, text="Die Jury macht Pause."
    )
    gate = threading.Barrier(len(seats) + 1)
    outcomes: list[str] = []

    def send(user: int, choice: str) -> None:
        try:
            voter = User.objects.get(pk=user)
            gate.wait(timeout=30)
            deliberation.vote(motion, by=voter, choice=choice)
            # A second thought of the same member never makes a second vote.
            deliberation.vote(motion, by=voter, choice="abstain")
            outcomes.append("abstained")
        except VoteRefused:
            outcomes.append("closed")
        finally:
            connection.close()

    def close() -> None:
        try:
            gate.wait(timeout=30)
            deliberation.close_motion(motion, by=User.objects.get(pk=room.frida.pk))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=send, args=(seat.user_id, ("yes", "no")[number % 2]))
        for number, seat in enumerate(seats)
    ]
    threads.append(threading.Thread(target=close))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    stored = Motion.objects.get()
    choices = list(Vote.objects.values_list("choice", flat=True))
    assert len(outcomes) == len(seats)
    assert (stored.yes, stored.no, stored.abstained) == tuple(
        choices.count(choice) for choice in ("yes", "no", "abstain")
    )
    assert outcomes.count("abstained") <= choices.count("abstain")
