"""The Ladder: what many versions tell about the hidden answers is bounded by the step."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.ladder import ladder

STEP = Decimal("0.01")


def scores(*values: float | None, higher: bool = True) -> list[str | None]:
    found = ladder(values, step=STEP, higher_is_better=higher)
    return [None if rung is None else str(rung.score) for rung in found]


@pytest.mark.parametrize(
    ("values", "higher", "expected"),
    [
        # 0.816 betters 0.81 by less than the step, 0.82 by the step and not more.
        ([0.8149, 0.816, 0.82, 0.8201, 0.5], True, ["0.81", "0.81", "0.81", "0.82", "0.82"]),
        ([0.50, 0.495, 0.48], False, ["0.50", "0.50", "0.48"]),
        ([None, 0.125, None], True, [None, "0.13", "0.13"]),  # half up
        ([-0.004, -0.2, 0.3], True, ["0.00", "0.00", "0.30"]),
        ([], True, []),
    ],
)
def test_score_moves_only_where_a_version_is_clearly_better(values, higher, expected):
    assert scores(*values, higher=higher) == expected


@settings(max_examples=60)
@given(st.lists(st.none() | st.floats(0, 1), max_size=12), st.booleans())
def test_scores_are_multiples_of_the_step_never_get_worse_and_name_who_made_them(values, higher):
    found = ladder(values, step=STEP, higher_is_better=higher)

    rungs = [rung for rung in found if rung is not None]
    assert all(rung.score % STEP == 0 for rung in rungs)
    told = [rung.score for rung in rungs]
    assert told == sorted(told, reverse=not higher)
    for rung in rungs:
        # Rounded by at most half a step.
        assert abs(Decimal(repr(values[rung.made_by])) - rung.score) <= STEP / 2
    assert len(found) == len(values)


def test_small_climbs_are_not_told():
    """Without the step each of these would say whether its changed row was right."""
    assert set(scores(*[0.8 + at * 0.0005 for at in range(20)])) == {"0.80"}
