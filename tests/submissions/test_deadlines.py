from __future__ import annotations

import datetime as dt

import pytest

from competition.models import Phase
from competition.states import ChallengeState
from submissions import deadlines
from tests.factories import ChallengeFactory, open_challenge

TICK = dt.timedelta(microseconds=1)


@pytest.fixture
def phase(db) -> Phase:
    return Phase.objects.get(challenge=open_challenge())


def test_window_is_half_open(phase):
    moments = {
        "before": phase.starts_at - TICK,
        "start": phase.starts_at,
        "last": phase.ends_at - TICK,
        "end": phase.ends_at,
    }

    codes = {
        name: (error.code if (error := deadlines.refusal(phase.challenge, at)) else None)
        for name, at in moments.items()
    }

    assert codes == {
        "before": "not_open_yet",
        "start": None,
        "last": None,
        "end": "deadline_passed",
    }


def test_open_window_returns_the_phase(phase):
    assert deadlines.open_window(phase.challenge, phase.starts_at) == phase


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ChallengeState.CANCELLED, "cancelled"),
        (ChallengeState.CLOSED, "not_open"),
        (ChallengeState.DRAFT, "not_open"),
    ],
)
def test_other_states_are_told_apart(phase, state, code):
    phase.challenge.state = state

    assert deadlines.refusal(phase.challenge, phase.starts_at).code == code


def test_without_a_phase_nothing_is_open(db, phase):
    challenge = ChallengeFactory(published=True)

    assert deadlines.refusal(challenge, phase.starts_at).code == "not_open"
