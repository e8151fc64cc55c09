"""Proposals of assignments in the background: asked for, computed, taken up again."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from core import clock
from core.exceptions import PermissionRefused
from core.models import AuditEvent
from scoring.actions import jury as jury_actions
from scoring.actions import proposal as actions
from scoring.models import Assignment, AssignmentProposal
from scoring.states import ConflictAnswer, ProposalState
from tests.factories import break_audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(room):
    return actions.ask(room.jury, by=room.ada, k=2, seed=5)


def test_worker_computes_what_the_request_would(room, asked):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)

    actions.run(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.steps_done) == (ProposalState.DONE, 3)
    assert actions.plan_of(asked) == jury_actions.propose(room.jury, k=2, seed=5)
    assert not Assignment.objects.filter(seat__jury=room.jury).exists()


def test_proposal_that_comes_twice_is_computed_once(asked):
    actions.run(asked.pk)
    moved_at = AssignmentProposal.objects.get(pk=asked.pk).moved_at

    assert actions.run(asked.pk) is None
    assert AssignmentProposal.objects.get(pk=asked.pk).moved_at == moved_at


def test_nobody_asks_twice_at_a_time(room, asked):
    assert actions.ask(room.jury, by=room.ada, k=3, seed=6) == asked

    actions.run(asked.pk)

    assert actions.ask(room.jury, by=room.ada, k=3, seed=6) != asked


@pytest.mark.parametrize("who", ["hanna", "frida", "bea", "gus"])
def test_office_alone_asks(room, who):
    with pytest.raises(PermissionRefused):
        actions.ask(room.jury, by=room.people[who], k=2, seed=5)


def test_nothing_is_asked_without_its_event(room):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.ask(room.jury, by=room.ada, k=2, seed=5)

    assert not room.jury.proposals.exists()


def test_fault_ends_a_proposal(asked):
    AssignmentProposal.objects.filter(pk=asked.pk).update(k=0)

    with pytest.raises(ValueError, match="at least one"):
        actions.run(asked.pk)

    asked.refresh_from_db()
    assert asked.state == ProposalState.FAILED


def test_sweep_takes_a_proposal_from_a_dead_worker(asked):
    AssignmentProposal.objects.filter(pk=asked.pk).update(
        state=ProposalState.RUNNING, step="solving"
    )
    asked.refresh_from_db()
    end = asked.moved_at + AssignmentProposal.LEASE

    early, late = actions.repair(end - (end - asked.moved_at) / 2), actions.repair(end)

    asked.refresh_from_db()
    assert (early, late) == (0, 1)
    assert (asked.state, asked.step) == (ProposalState.QUEUED, "")


def test_sweep_sends_a_lost_wake_up_again(asked):
    now = clock.now()

    assert actions.repair(now) == 0
    assert actions.repair(asked.moved_at + actions.PATIENCE) == 1


def test_asking_is_on_record(asked):
    (event,) = AuditEvent.objects.filter(action="jury.proposal_asked", target_key=str(asked.pk))
    assert event.data["seed"] == 5
