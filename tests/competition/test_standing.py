"""What everybody may know about a statement at a moment."""

from __future__ import annotations

import datetime as dt

import pytest

from competition.models import Challenge
from competition.queries.phases import phase_steps
from competition.states import ChallengeState, PhaseKind, Standing
from core import clock
from tests.factories import DAY, ChallengeFactory, PhaseFactory

pytestmark = pytest.mark.django_db

TICK = dt.timedelta(microseconds=1)


def planned(now: dt.datetime, **fields: object) -> Challenge:
    """Make a statement with hand-in from day 1 to 11, jury from 14 to 20, decision until 30."""
    challenge = ChallengeFactory(published=True, **fields)
    for kind, first, last in (
        (PhaseKind.SUBMISSION, 1, 11),
        (PhaseKind.ASSESSMENT, 14, 20),
        (PhaseKind.DELIBERATION, 20, 30),
    ):
        PhaseFactory(
            challenge=challenge, kind=kind, starts_at=now + first * DAY, ends_at=now + last * DAY
        )
    return challenge


def test_published_statement_follows_the_clock_at_every_boundary() -> None:
    now = clock.now()
    challenge = planned(now)

    moments = [
        challenge.standing(now + 1 * DAY - TICK),
        challenge.standing(now + 1 * DAY),
        challenge.standing(now + 11 * DAY - TICK),
        challenge.standing(now + 11 * DAY),
        challenge.standing(now + 14 * DAY),
        challenge.standing(now + 20 * DAY),
        challenge.standing(now + 99 * DAY),
    ]

    assert moments == [
        Standing.ANNOUNCED,
        Standing.OPEN,
        Standing.OPEN,
        Standing.CLOSED,
        Standing.ASSESSMENT,
        Standing.DECISION,
        Standing.DECISION,
    ]


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (ChallengeState.CLOSED, Standing.CLOSED),
        # A decision that is not published yet shows nothing but that it is pending.
        (ChallengeState.DECIDED, Standing.DECISION),
        (ChallengeState.CONCLUDED, Standing.CONCLUDED),
        (ChallengeState.CANCELLED, Standing.CANCELLED),
    ],
)
def test_later_states_do_not_reopen_the_submission(state: str, standing: Standing) -> None:
    now = clock.now()
    challenge = planned(now, state=state)

    assert challenge.standing(now + 2 * DAY) == standing


def test_statement_without_phases_is_announced() -> None:
    challenge = ChallengeFactory(published=True)

    assert challenge.standing(clock.now()) == Standing.ANNOUNCED


def test_phase_bar_marks_one_step_as_current_and_says_until_when() -> None:
    now = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)
    challenge = planned(now - 2 * DAY)
    PhaseFactory(
        challenge=challenge, kind=PhaseKind.QUESTIONS, starts_at=now - DAY, ends_at=now + DAY
    )

    steps = phase_steps(challenge.phases.all(), now)

    assert [(step.state, step.detail) for step in steps] == [
        ("open", "bis 04.03.2027"),
        ("current", "bis 12.03.2027, 13:00 Uhr"),
        ("future", "15.03.2027 – 21.03.2027"),
        ("future", "21.03.2027 – 31.03.2027"),
    ]


def test_phase_bar_of_several_statements_spans_all_and_names_different_ends() -> None:
    now = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)
    early, late = planned(now - 2 * DAY), planned(now + 5 * DAY)
    phases = [*early.phases.all(), *late.phases.all()]

    (submission, *_rest) = phase_steps(phases, now)

    assert (submission.state, submission.detail) == (
        "current",
        "endet zwischen 12.03.2027 und 19.03.2027",
    )
