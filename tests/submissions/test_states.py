"""The table of states, walked exhaustively (H-69)."""

from __future__ import annotations

import itertools

import pytest

from core import clock
from core.exceptions import IllegalTransition
from core.models import AuditEvent
from core.transitions import move
from submissions.models import Submission
from submissions.states import TRANSITIONS, SubmissionState
from tests.factories import SubmissionFactory

EDGES = TRANSITIONS[SubmissionState]


def version_in(state: SubmissionState) -> Submission:
    handed_in_at = None if state == SubmissionState.DRAFT else clock.now()
    return SubmissionFactory(state=state, handed_in_at=handed_in_at)


@pytest.mark.parametrize(
    ("source", "to"), [(source, to) for source, targets in EDGES.items() for to in targets]
)
def test_every_edge_can_be_walked(db, source, to):
    version = version_in(source)

    move(version, to=to, by=None, now=clock.now(), handed_in_at=clock.now())

    assert version.state == to
    assert AuditEvent.objects.get().data == {"from": source, "to": to}


@pytest.mark.parametrize(
    ("source", "to"),
    [
        (source, to)
        for source, to in itertools.product(SubmissionState, SubmissionState)
        if to not in EDGES[source]
    ],
)
def test_nothing_else_can(db, source, to):
    version = version_in(source)

    with pytest.raises(IllegalTransition):
        move(version, to=to, by=None, now=clock.now())

    version.refresh_from_db()
    assert version.state == source


def test_every_state_has_a_tone():
    assert {state: state.tone for state in SubmissionState} == {
        "draft": "warn",
        "handed_in": "good",
        "withdrawn": "plain",
        "ineligible": "bad",
    }
