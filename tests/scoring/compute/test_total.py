"""The total that the scoring page shows equals the one that ranks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute import jury
from scoring.compute.schema import (
    CRITERION,
    EXACT,
    JUROR,
    MARK,
    SUBMISSION,
    Aggregation,
    CriterionSettings,
    Rounding,
    Rubric,
)
from scoring.compute.total import hundredths, juror_total


def _rubric(*, required: bool = True, **settings) -> Rubric:
    scales = (("a", 40, 100, 500), ("b", 35, 0, 1000), ("c", 25, 0, 400))
    return Rubric(
        criteria=tuple(
            CriterionSettings(
                key=key, weight=Decimal(weight), low=low, high=high, required=required
            )
            for key, weight, low, high in scales
        ),
        **settings,
    )


def test_total_of_the_published_example():
    total = juror_total({"a": 400, "b": 700, "c": 300}, _rubric())

    assert total == Fraction(7325, 100)
    assert hundredths(total) == 7325


def test_total_divides_by_the_answered_weights():
    """A criterion that is missing is never 0: 72.67, not 54.50 (X-2)."""
    total = juror_total({"a": 400, "b": 700, "c": None}, _rubric())

    assert hundredths(total) == 7267


def test_total_without_an_answer_is_missing():
    assert juror_total({}, _rubric()) is None
    assert juror_total({"a": None}, _rubric()) is None


@pytest.mark.parametrize("marks", [{"a": 600}, {"a": 0}, {"nobody": 100}])
def test_total_refuses_what_the_rubric_does_not_know(marks):
    with pytest.raises(ValueError, match="mark"):
        juror_total(marks, _rubric())


@given(
    st.integers(1, 5),
    st.integers(0, 10),
    st.one_of(st.none(), st.integers(0, 4)),
    st.sampled_from(Aggregation),
    st.sampled_from(Rounding),
    st.integers(0, 4),
)
def test_total_equals_that_of_the_official_score(a, b, c, aggregation, rounding, digits):
    rubric = _rubric(required=False, aggregation=aggregation, rounding=rounding, digits=digits)
    marks = {"a": a * 100, "b": b * 100, "c": None if c is None else c * 100}
    frame = pd.DataFrame(
        [
            {SUBMISSION: "s", JUROR: "j", CRITERION: key, MARK: mark}
            for key, mark in marks.items()
            if mark is not None
        ]
    )

    official = jury.official_score(frame, rubric, submissions=["s"])

    assert juror_total(marks, rubric) == official.juror_totals[EXACT].iloc[0]
