"""Assessments that are saved at the same moment, proven on PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.exceptions import StaleVersion
from scoring.actions import assessment as assessment_actions
from scoring.models import Assessment, Assignment
from tests.scoring.jury_room import make_room

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_only_one_of_many_saves_at_once_wins():
    """Ten tabs send version 0 together: one is stored, nine learn that they are stale."""
    room = make_room()
    room.start()
    assignment = room.assignment("frida", "Ulme")
    gate = threading.Barrier(10)
    outcomes = []

    def send(number):
        try:
            fresh = Assignment.objects.get(pk=assignment.pk)
            gate.wait(timeout=30)
            assessment_actions.save(
                fresh,
                by=type(room.frida).objects.get(pk=room.frida.pk),
                version=0,
                answers=room.answers(number % 5 + 1),
                comment=f"Tab {number}",
            )
            outcomes.append("saved")
        except StaleVersion:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    stored = Assessment.objects.get()
    assert sorted(outcomes) == ["saved", *["stale"] * 9]
    assert stored.version == 1
    # The marks belong to the tab whose text was stored.
    number = int(stored.comment.removeprefix("Tab "))
    assert stored.scores.get().mark_hundredths == (number % 5 + 1) * 100
