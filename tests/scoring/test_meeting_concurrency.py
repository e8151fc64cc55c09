"""Votes while the chair closes the vote, and confirmations at once, proven on PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import User
from core.models import AuditEvent
from scoring.actions import deliberation
from scoring.actions import minutes as minutes_actions
from scoring.actions.deliberation import VoteRefused
from scoring.models import Minutes, Motion, Vote
from scoring.queries import minutes as minutes_queries
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


def test_minutes_are_sealed_once_by_the_last_of_many_confirmations() -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    seats = [*room.seats, *(JurySeatFactory(jury=room.jury) for _number in range(6))]
    room.decide(room.award())
    minutes_actions.draw_up(room.jury, by=room.frida)
    gate = threading.Barrier(len(seats))

    def confirm(user: int) -> None:
        try:
            person = User.objects.get(pk=user)
            gate.wait(timeout=30)
            minutes_actions.confirm(room.jury, by=person, version=1)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(seat.user_id,)) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    minutes = Minutes.objects.get()
    record = minutes_queries.record_of(minutes.current)
    assert len(record["confirmations"]) == len(seats)
    assert minutes.sealed_sha256 == minutes_queries.sha256_of(record)
    assert AuditEvent.objects.filter(action="minutes.sealed").count() == 1
