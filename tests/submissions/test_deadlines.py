from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competition.models import Phase
from competition.states import ChallengeState, PhaseKind
from core.exceptions import PhaseClosed
from submissions import deadlines
from submissions.models import Submission, SubmissionFile
from submissions.states import FileKind
from tests.factories import DAY, ChallengeFactory, SubmissionFactory, open_challenge

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


# -- grace for uploads that were begun before -----------------------------------------------------


@pytest.fixture
def grace(settings) -> dt.timedelta:
    settings.UPLOAD_GRACE_SECONDS = 120
    return dt.timedelta(seconds=120)


def test_window_stays_open_for_the_grace_if_the_upload_was_begun_before(phase, grace):
    begun = {
        "never": None,
        "too_early": phase.starts_at - TICK,
        "at_the_start": phase.starts_at,
        "last": phase.ends_at - TICK,
        "at_the_end": phase.ends_at,
    }
    moments = {
        "last": phase.ends_at - TICK,
        "end": phase.ends_at,
        "last_of_grace": phase.ends_at + grace - TICK,
        "end_of_grace": phase.ends_at + grace,
    }

    open_at = {
        name: [word for word, now in moments.items() if is_open(phase, now, begun_at)]
        for name, begun_at in begun.items()
    }

    without, with_grace = ["last"], ["last", "end", "last_of_grace"]
    assert open_at == {
        "never": without,
        "too_early": without,
        "at_the_start": with_grace,
        "last": with_grace,
        "at_the_end": without,
    }


def is_open(phase: Phase, now: dt.datetime, begun_at: dt.datetime | None) -> bool:
    try:
        deadlines.open_window(phase.challenge, now, begun_at=begun_at)
    except PhaseClosed:
        return False
    return True


def test_without_grace_the_end_is_the_end(phase, settings):
    settings.UPLOAD_GRACE_SECONDS = 0

    assert not is_open(phase, phase.ends_at, phase.ends_at - TICK)


def test_grace_opens_nothing_that_is_not_published(phase, grace):
    phase.challenge.state = ChallengeState.CANCELLED

    assert not is_open(phase, phase.ends_at, phase.ends_at - TICK)


def draft_with(phase: Phase, *files: tuple[int | None, int], text: int | None = None) -> Submission:
    """Make a draft; numbers are seconds after the end: when a file was begun, when it arrived."""

    def at(seconds: int | None) -> dt.datetime | None:
        return None if seconds is None else phase.ends_at + dt.timedelta(seconds=seconds)

    draft = SubmissionFactory(entry__challenge=phase.challenge, text_saved_at=at(text))
    for kind, (begun, arrived) in zip(FileKind, files, strict=False):
        SubmissionFile.objects.create(
            submission=draft,
            kind=kind,
            original_name="x",
            key=f"x-{kind}",
            size=1,
            sha256="0" * 64,
            begun_at=at(begun),
            uploaded_at=at(arrived),
        )
    return Submission.objects.get(pk=draft.pk)


@pytest.mark.parametrize(
    ("files", "text", "begun"),
    [
        ([], None, None),
        ([(-60, -1)], -60, None),  # arrived in time
        ([(-60, 0)], -60, -60),  # arrived at the very end, so it crossed
        ([(-60, 30)], None, -60),
        ([(-60, 30), (-20, 40)], -1, -20),
        ([(-60, 30), (None, -10)], None, -60),  # the other file was sent in one piece before
        ([(None, 30)], None, None),  # nobody knows when it was begun
        ([(0, 30)], None, None),  # begun at the end
        ([(-60, 30), (5, 20)], None, None),  # one was on its way, the other is more work
        ([(-60, 30), (None, 20)], None, None),
        ([(-60, 30)], 0, None),  # a text was written after the end
    ],
)
def test_upload_across_the_end_is_one_that_was_begun_before(phase, files, text, begun):
    draft = draft_with(phase, *files, text=text)

    found = deadlines.upload_across(draft)

    assert found == (None if begun is None else phase.ends_at + dt.timedelta(seconds=begun))


def test_grace_is_told_to_its_draft_alone(phase, grace):
    draft = draft_with(phase, (-60, 30))
    moments = [
        phase.ends_at - TICK,
        phase.ends_at,
        phase.ends_at + grace - TICK,
        phase.ends_at + grace,
    ]

    until = [deadlines.grace_until(draft, now) for now in moments]

    end = phase.ends_at + grace
    assert until == [None, end, end, None]
    assert deadlines.grace_until(draft_with(phase), phase.ends_at) is None


# -- properties -----------------------------------------------------------------------------------

moments = st.datetimes(
    dt.datetime.fromisoformat("2026-01-01"),
    dt.datetime.fromisoformat("2028-01-01"),
    timezones=st.just(ZoneInfo("Europe/Berlin")),
)


@given(start=moments, length=st.timedeltas(TICK, 90 * DAY), now=moments, ticks=st.integers(-2, 2))
def test_every_moment_is_before_in_or_after_the_window(start, length, now, ticks):
    start = start.astimezone(dt.UTC)
    phase = Phase(kind=PhaseKind.SUBMISSION, starts_at=start, ends_at=start + length)
    challenge = SimpleNamespace(state=ChallengeState.PUBLISHED, phase=lambda kind: phase)

    for at in (now, start + ticks * TICK, phase.ends_at + ticks * TICK):
        refused = deadlines.refusal(challenge, at)
        code = refused.code if refused else None
        expected = (
            "not_open_yet" if at < start else None if at < phase.ends_at else "deadline_passed"
        )
        assert code == expected
