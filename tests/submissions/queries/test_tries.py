from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from competition.models import Phase
from submissions.models import Submission
from submissions.queries import day_start, tries
from submissions.queries.tries import tries_among
from submissions.states import SubmissionState
from tests.factories import SubmissionFactory

BERLIN = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2027, 3, 10, 12, tzinfo=BERLIN)
MIDNIGHT = dt.datetime(2027, 3, 11, tzinfo=BERLIN)


@pytest.fixture
def entry(world):
    Phase.objects.update(
        starts_at=NOON - dt.timedelta(days=5),
        ends_at=NOON + dt.timedelta(days=5),
        limit_per_day=3,
        limit_total=10,
    )
    return type(world.entry).objects.get(pk=world.entry.pk)


def at(entry, *moments: dt.datetime, **fields: object) -> None:
    start = entry.submissions.count()
    for number, moment in enumerate(moments, start=start + 1):
        SubmissionFactory(entry=entry, number=number, handed_in=True, handed_in_at=moment, **fields)


def test_fresh_entry_has_all_tries(entry):
    found = tries(entry, NOON)

    assert (found.left_today, found.left_total, found.next_opens_at) == (3, 10, None)
    assert not found.is_used_up


def test_tries_of_today_are_counted_apart(entry):
    at(entry, NOON - dt.timedelta(days=1), NOON - dt.timedelta(hours=2))

    found = tries(entry, NOON)

    assert (found.used_today, found.used_total) == (1, 2)
    assert (found.left_today, found.left_total) == (2, 8)
    assert found.next_opens_at == MIDNIGHT


def test_drafts_and_tries_given_back_cost_nothing(entry):
    at(entry, NOON)
    at(entry, NOON, costs_a_try=False)
    SubmissionFactory(entry=entry, number=9)

    assert tries(entry, NOON).used_total == 1


def test_withdrawn_and_ineligible_versions_cost_a_try(entry):
    at(entry, NOON, state=SubmissionState.WITHDRAWN)
    at(entry, NOON, state=SubmissionState.INELIGIBLE)

    assert tries(entry, NOON).used_today == 2


def test_day_is_used_up_at_the_limit(entry):
    at(entry, NOON, NOON, NOON)

    found = tries(entry, NOON)

    assert (found.left_today, found.is_used_up, found.is_used_up_for_good) == (0, True, False)
    assert (found.next_opens_at, found.left_next_day) == (MIDNIGHT, 3)


def test_total_may_leave_fewer_than_the_day(entry):
    at(entry, *[NOON - dt.timedelta(days=2)] * 9)

    found = tries(entry, NOON)

    assert (found.left_today, found.left_total) == (1, 1)


def test_used_up_for_good_opens_nothing(entry):
    at(entry, *[NOON] * 10)

    found = tries(entry, NOON)

    assert (found.left_today, found.is_used_up_for_good, found.next_opens_at) == (0, True, None)


def test_more_than_allowed_is_still_used_up(entry):
    at(entry, *[NOON] * 12)

    assert tries(entry, NOON).left_today == 0


def test_no_try_opens_after_the_deadline(entry):
    Phase.objects.update(ends_at=MIDNIGHT)
    at(entry, NOON)

    fresh = type(entry).objects.get(pk=entry.pk)
    assert tries(fresh, NOON).next_opens_at is None


def test_without_limits_there_is_no_end(entry):
    Phase.objects.update(limit_per_day=None, limit_total=None)
    at(entry, NOON)

    found = tries(type(entry).objects.get(pk=entry.pk), NOON)

    assert (found.is_limited, found.left_today, found.left_total, found.is_used_up) == (
        False,
        None,
        None,
        False,
    )


def test_loaded_rows_and_the_filter_agree(entry):
    at(entry, NOON, NOON - dt.timedelta(days=1))
    at(entry, NOON, costs_a_try=False)
    SubmissionFactory(entry=entry, number=9)
    phase = Phase.objects.get(challenge=entry.challenge)

    everything = tries_among(Submission.objects.all(), phase, NOON)
    filtered = tries_among(Submission.objects.costing_a_try(), phase, NOON)

    assert everything == filtered == tries(entry, NOON)


@pytest.mark.parametrize(
    ("moment", "start", "hours"),
    [
        ("2027-03-10T00:00:00+01:00", "2027-03-10T00:00:00+01:00", 24),
        ("2027-03-09T23:30:00+00:00", "2027-03-10T00:00:00+01:00", 24),
        # The clocks go forward: a day of 23 hours.
        ("2027-03-28T12:00:00+02:00", "2027-03-28T00:00:00+01:00", 23),
        # The clocks go back: a day of 25 hours.
        ("2027-10-31T02:30:00+01:00", "2027-10-31T00:00:00+02:00", 25),
    ],
)
def test_day_is_the_local_calendar_day(moment, start, hours):
    now = dt.datetime.fromisoformat(moment)

    begins, ends = day_start(now), day_start(now, days=1)

    assert begins == dt.datetime.fromisoformat(start)
    assert (ends.astimezone(dt.UTC) - begins.astimezone(dt.UTC)) == dt.timedelta(hours=hours)
