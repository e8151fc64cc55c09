"""The plan of a statement: what is impossible, what deserves a second look."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competition import timeline
from competition.states import PhaseKind
from competition.timeline import Window

BERLIN = ZoneInfo("Europe/Berlin")
Q, S, A, D = PhaseKind


def at(day: int, hour: int = 12, month: int = 3, **more: int) -> dt.datetime:
    return dt.datetime(2027, month, day, hour, tzinfo=BERLIN, **more)


def plan(**changes: Window) -> list[Window]:
    windows = {
        "questions": Window(Q, at(1), at(15)),
        "submission": Window(S, at(1), at(22)),
        "assessment": Window(A, at(1, month=4), at(15, month=4)),
        "deliberation": Window(D, at(15, month=4), at(20, month=4)),
    }
    return list({**windows, **changes}.values())


def fields(remarks: list[timeline.Remark]) -> list[tuple[PhaseKind, str]]:
    return [(remark.kind, remark.field) for remark in remarks]


def test_good_plan_has_no_problems_and_no_warnings() -> None:
    assert (timeline.problems(plan()), timeline.warnings(plan(), BERLIN)) == ([], [])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"submission": Window(S, at(22), at(22))}, (S, "ends_at")),
        ({"submission": Window(S, at(22), at(21))}, (S, "ends_at")),
        ({"submission": Window(S, at(1, second=30), at(22))}, (S, "starts_at")),
        ({"submission": Window(S, at(1), at(22, microsecond=1))}, (S, "ends_at")),
        ({"assessment": Window(A, at(21), at(15, month=4))}, (A, "starts_at")),
        ({"deliberation": Window(D, at(14, month=4), at(20, month=4))}, (D, "starts_at")),
        ({"questions": Window(Q, at(1), at(23))}, (Q, "ends_at")),
        ({"submission": Window(S, at(1), at(22), 5, 3)}, (S, "limit_per_day")),
    ],
)
def test_impossible_plan_is_refused_at_its_field(
    changes: dict[str, Window], where: tuple[PhaseKind, str]
) -> None:
    assert where in fields(timeline.problems(plan(**changes)))


def test_windows_may_touch() -> None:
    touching = Window(A, at(22), at(15, month=4))

    assert timeline.problems(plan(assessment=touching)) == []


def test_missing_kinds_are_named_in_order() -> None:
    assert timeline.missing_kinds([Window(S, at(1), at(22))]) == [Q, A, D]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"submission": Window(S, at(1), at(20))}, (S, "ends_at")),  # a Saturday
        ({"submission": Window(S, at(1), at(22, 23))}, (S, "ends_at")),
        ({"submission": Window(S, at(9), at(22))}, (S, "ends_at")),  # 13 days
        ({"assessment": Window(A, at(24), at(15, month=4))}, (A, "starts_at")),
    ],
)
def test_unwise_plan_gets_a_second_look(
    changes: dict[str, Window], where: tuple[PhaseKind, str]
) -> None:
    windows = plan(**changes)

    assert (timeline.problems(windows), fields(timeline.warnings(windows, BERLIN))) == ([], [where])


@pytest.mark.parametrize(
    ("moment", "by", "expected"),
    [
        # Across both nights of the clock change noon stays noon.
        (at(27), dt.timedelta(days=2), at(29)),
        (
            dt.datetime(2027, 10, 30, 12, tzinfo=BERLIN),
            dt.timedelta(days=2),
            dt.datetime(2027, 11, 1, 12, tzinfo=BERLIN),
        ),
    ],
)
def test_shift_goes_by_the_clock_on_the_wall(
    moment: dt.datetime, by: dt.timedelta, expected: dt.datetime
) -> None:
    assert timeline.shifted(moment, by, BERLIN) == expected
    assert timeline.distance(moment, expected, BERLIN) == by


@given(st.permutations(plan()))
def test_order_of_windows_does_not_matter(windows: Any) -> None:
    assert timeline.problems(windows) == []
