"""The deadline to the microsecond, on ordinary days and on the days the clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from competition.models import Phase
from core.exceptions import PhaseClosed
from core.models import AuditEvent
from submissions.actions import submission as actions
from submissions.models import LateAttempt, Submission, SubmissionFile
from submissions.receipts import text_hash
from submissions.states import FileKind, SubmissionState

TICK = dt.timedelta(microseconds=1)
SECOND = dt.timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")

DEADLINES = {
    "noon": dt.datetime(2026, 11, 16, 12, tzinfo=BERLIN),
    # 02:30 happens twice; the deadline is the second one.
    "autumn": dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    # After 01:59:59 comes 03:00.
    "spring": dt.datetime(2027, 3, 28, 3, 0, tzinfo=BERLIN),
}


def end_at(world, moment: dt.datetime) -> dt.datetime:
    ends_at = moment.astimezone(dt.UTC)
    Phase.objects.filter(challenge=world.challenge).update(
        starts_at=ends_at - dt.timedelta(days=30), ends_at=ends_at
    )
    return ends_at


def outcome(draft: Submission, by, at: dt.datetime) -> str:
    try:
        actions.hand_in(draft, by=by, key="click", declared=True, now=at)
    except PhaseClosed as error:
        return error.code
    return "received"


@pytest.mark.parametrize("day", DEADLINES)
@pytest.mark.parametrize(
    ("ticks", "expected"), [(-1, "received"), (0, "deadline_passed"), (1, "deadline_passed")]
)
def test_hand_in_around_the_deadline(world, day, ticks, expected):
    ends_at = end_at(world, DEADLINES[day])
    draft = world.draft()

    assert outcome(draft, world.cem, ends_at + ticks * TICK) == expected

    late = list(LateAttempt.objects.values_list("attempted_at", "ended_at"))
    assert late == ([] if ticks < 0 else [(ends_at + ticks * TICK, ends_at)])


@pytest.mark.parametrize("ticks", [-1, 0, 1])
def test_withdrawal_around_the_deadline(world, ticks):
    ends_at = end_at(world, DEADLINES["noon"])
    version = world.draft()
    actions.hand_in(version, by=world.cem, key="k", declared=True, now=ends_at - SECOND)

    if ticks < 0:
        actions.withdraw(version, by=world.cem, now=ends_at + ticks * TICK)
    else:
        with pytest.raises(PhaseClosed):
            actions.withdraw(version, by=world.cem, now=ends_at + ticks * TICK)

    expected = SubmissionState.WITHDRAWN if ticks < 0 else SubmissionState.HANDED_IN
    assert Submission.objects.get().state == expected


def test_hour_that_happens_twice_is_told_apart(world):
    # Deadline 02:30 after the clocks went back; 02:45 before that is 45 minutes early.
    ends_at = end_at(world, DEADLINES["autumn"])
    first_pass = dt.datetime(2026, 10, 25, 2, 45, fold=0, tzinfo=BERLIN)

    receipt = actions.hand_in(world.draft(), by=world.cem, key="k", declared=True, now=first_pass)

    assert receipt.on_time_by == dt.timedelta(minutes=45)
    assert (receipt.payload["received_at_local"], receipt.payload["deadline_local"]) == (
        "2026-10-25T02:45:00+02:00",
        "2026-10-25T02:30:00+01:00",
    )
    assert receipt.deadline_at == ends_at


def test_hour_that_does_not_happen_is_not_counted(world):
    end_at(world, DEADLINES["spring"])
    # A quarter of an hour before 03:00 it is 01:45.
    before = dt.datetime(2027, 3, 28, 1, 45, tzinfo=BERLIN)

    receipt = actions.hand_in(world.draft(), by=world.cem, key="k", declared=True, now=before)

    assert receipt.on_time_by == dt.timedelta(minutes=15)


# -- an upload across the deadline ----------------------------------------------------------------


def attach(draft: Submission, *, begun: dt.datetime, arrived: dt.datetime) -> SubmissionFile:
    return SubmissionFile.objects.create(
        submission=draft,
        kind=FileKind.CONCEPT,
        original_name="konzept.pdf",
        key="S/konzept.pdf",
        size=60_000_000,
        sha256="ab" * 32,
        begun_at=begun,
        uploaded_at=arrived,
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (dt.timedelta(0), "received"),
        (120 * SECOND - TICK, "received"),
        (120 * SECOND, "deadline_passed"),
        (120 * SECOND + TICK, "deadline_passed"),
    ],
)
def test_upload_begun_before_may_be_handed_in_within_the_grace(world, settings, after, expected):
    settings.UPLOAD_GRACE_SECONDS = 120
    ends_at = end_at(world, DEADLINES["noon"])
    draft = world.draft()
    attach(draft, begun=ends_at - 40 * SECOND, arrived=ends_at)

    assert outcome(draft, world.cem, ends_at + after) == expected

    begun = ends_at - 40 * SECOND if expected == "received" else None
    assert Submission.objects.get().upload_begun_at == begun


def test_text_written_after_the_deadline_ends_the_grace(world):
    ends_at = end_at(world, DEADLINES["noon"])
    draft = world.draft()
    attach(draft, begun=ends_at - 40 * SECOND, arrived=ends_at + SECOND)
    actions.save_text(
        draft, by=world.dora, version=0, title="Neu", summary="Neu", now=ends_at + 2 * SECOND
    )

    assert outcome(draft, world.cem, ends_at + 3 * SECOND) == "deadline_passed"


def test_hand_in_in_time_names_no_upload(world):
    ends_at = end_at(world, DEADLINES["noon"])
    draft = world.draft()
    attach(draft, begun=ends_at - 40 * SECOND, arrived=ends_at - 20 * SECOND)

    assert outcome(draft, world.cem, ends_at - TICK) == "received"

    assert Submission.objects.get().upload_begun_at is None


# -- what stays of a late attempt -----------------------------------------------------------------


def test_late_attempt_says_what_the_draft_held(world):
    ends_at = end_at(world, DEADLINES["noon"])
    draft = world.draft()
    attach(draft, begun=ends_at - 200 * SECOND, arrived=ends_at - 100 * SECOND)

    assert outcome(draft, world.cem, ends_at) == "deadline_passed"

    attempt = LateAttempt.objects.get()
    assert (attempt.user, attempt.text_sha256, attempt.files, attempt.size) == (
        world.cem,
        text_hash(draft),
        [{"kind": "concept", "size": 60_000_000, "sha256": "ab" * 32}],
        60_000_000,
    )
    assert AuditEvent.objects.get().action == "submission.late"
    assert Submission.objects.get().is_draft
