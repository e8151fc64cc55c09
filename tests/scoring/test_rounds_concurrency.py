"""The cut from two windows at once, proven on PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import User
from core.exceptions import PermissionRefused
from core.models import AuditEvent
from scoring.actions import rounds
from scoring.models import Assignment, Cut, Jury
from scoring.states import JuryState
from tests.scoring.two_rounds import make_cutting

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_cuts_at_once_one_is_made() -> None:
    """The other one is refused whole: no second line, no assignment twice."""
    room = make_cutting()
    before = Assignment.objects.count()
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def make(place: int) -> None:
        try:
            chair = User.objects.get(pk=room.hanna.pk)
            jury = Jury.objects.get(pk=room.jury.pk)
            gate.wait(timeout=30)
            rounds.make_cut(jury, by=chair, place=place, reason="Zugleich.")
            outcomes.append(f"made {place}")
        except PermissionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(place,)) for place in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    cut = Cut.objects.get()
    jury = Jury.objects.get(pk=room.jury.pk)
    assert sorted(outcomes) == [f"made {cut.place}", "refused"]
    assert (jury.state, jury.round) == (JuryState.ASSESSING, 2)
    assert cut.finalists.count() == {1: 1, 2: 3}[cut.place]
    assert Assignment.objects.count() - before == cut.finalists.count()
    assert AuditEvent.objects.filter(reason="Zugleich.").count() == 1
