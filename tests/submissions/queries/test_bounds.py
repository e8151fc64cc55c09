"""Limits at once and of one person, beside those of the team per day and in total."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from competition.models import Phase
from core.exceptions import LimitReached
from submissions import queries
from submissions.actions import submission as actions
from submissions.extensions import waiting_filters
from submissions.models import Entry, Submission
from tests.factories import DAY, SubmissionFactory

BERLIN = ZoneInfo("Europe/Berlin")
# The day has 25 hours.
NOON = dt.datetime(2026, 10, 25, 12, tzinfo=BERLIN)
MIDNIGHT = dt.datetime(2026, 10, 26, tzinfo=BERLIN)
TICK = dt.timedelta(microseconds=1)


@pytest.fixture
def limits(world):
    def set_limits(**values: int) -> Entry:
        Phase.objects.update(starts_at=NOON - 5 * DAY, ends_at=NOON + 5 * DAY, **values)
        return Entry.objects.get(pk=world.entry.pk)

    return set_limits


@pytest.fixture
def everything_waits():
    """Every version waits, as with a machine that has not begun."""

    def waits(submissions):
        return submissions.handed_in()

    waiting_filters.register(waits)
    yield
    waiting_filters._items.remove(waits)


def version(entry, at: dt.datetime, by, **fields: object) -> Submission:
    number = entry.submissions.count() + 1
    return SubmissionFactory(
        entry=entry, number=number, handed_in=True, handed_in_at=at, handed_in_by=by, **fields
    )


def used(entry, by, at: dt.datetime = NOON) -> dict[str, tuple[int, int]]:
    return {bound.code: (bound.used, bound.left) for bound in queries.bounds(entry, at, by=by)}


def test_without_limits_nothing_is_counted(limits, world):
    entry = limits()

    assert queries.bounds(entry, NOON, by=world.cem) == []


def test_person_is_counted_in_all_teams_of_the_statement(limits, world):
    entry = limits(person_limit_per_day=3, person_limit_total=5)
    version(entry, NOON, world.cem)
    version(entry, NOON, world.dora)
    version(world.other_entry, NOON, world.cem)
    version(entry, NOON - DAY, world.cem)
    version(entry, NOON, world.cem, costs_a_try=False)
    elsewhere = SubmissionFactory(handed_in=True, handed_in_at=NOON, handed_in_by=world.cem)

    assert elsewhere.entry.challenge != entry.challenge
    assert used(entry, world.cem) == {
        "person_limit_per_day": (2, 1),
        "person_limit_total": (3, 2),
    }
    assert used(entry, world.dora)["person_limit_per_day"] == (1, 2)


def test_day_of_a_person_ends_at_midnight(limits, world):
    entry = limits(person_limit_per_day=1)
    version(entry, NOON.replace(hour=0), world.cem)

    last = queries.limit_refusal(entry, MIDNIGHT - TICK, by=world.cem)

    assert last.code == "person_limit_per_day"
    assert "26.10.2026, 00:00" in str(last)
    assert queries.limit_refusal(entry, MIDNIGHT, by=world.cem) is None


def test_at_once_counts_what_waits(limits, world, everything_waits):
    entry = limits(limit_at_once=2, person_limit_at_once=2)
    version(entry, NOON - DAY, world.cem)
    version(world.other_entry, NOON, world.cem)

    assert used(entry, world.cem) == {"limit_at_once": (1, 1), "person_limit_at_once": (2, 0)}
    assert queries.limit_refusal(entry, NOON, by=world.cem).code == "person_limit_at_once"
    assert queries.limit_refusal(entry, NOON, by=world.dora) is None


@pytest.mark.parametrize(
    "column",
    ["limit_at_once", "person_limit_per_day", "person_limit_total", "person_limit_at_once"],
)
def test_hand_in_over_a_limit_is_refused(limits, world, everything_waits, english, column):
    entry = limits(**{column: 1})
    version(entry, NOON, world.cem)
    draft = SubmissionFactory(entry=entry, number=2)

    with pytest.raises(LimitReached) as error:
        actions.hand_in(draft, by=world.cem, key="k", declared=True, now=NOON)

    assert error.value.code == column
    assert "1" in str(error.value)
    assert Submission.objects.get(pk=draft.pk).is_draft


def test_hand_in_below_every_limit_works(limits, world, everything_waits):
    entry = limits(
        limit_per_day=2,
        limit_total=2,
        limit_at_once=2,
        person_limit_per_day=2,
        person_limit_total=2,
        person_limit_at_once=2,
    )
    version(entry, NOON, world.cem)

    actions.hand_in(
        SubmissionFactory(entry=entry, number=2), by=world.cem, key="k", declared=True, now=NOON
    )

    assert {code: left for code, (_used, left) in used(entry, world.cem).items()} == {
        "limit_at_once": 0,
        "person_limit_per_day": 0,
        "person_limit_total": 0,
        "person_limit_at_once": 0,
    }
