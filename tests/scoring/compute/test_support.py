"""Decision support of a panel: other juries, other rules, weights, and questions to jurors."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.panel import Method, PanelCriterion, PanelRubric, Scale, rank_panel
from scoring.compute.support import Prompt, Reason, support
from tests.scoring.compute.test_panel import POINTS, panels, sheet, totals

MEAN = Method.WEIGHTED_MEAN


def by_juror(found):
    return {row.juror: row for row in found.leave_one_out}


def test_leaving_out_a_juror_is_exact_to_the_last_digit():
    """X-34: A leads by one hundredth, and only J1 makes it so."""
    sheets = totals(A=["80.03", 70, 70], B=["80.00", 70, 70], C=[10, 20, 30])

    found = by_juror(support(sheets, POINTS, MEAN))

    assert (found["J1"].winners, found["J1"].changes_winner, found["J1"].margin) == (
        ("A", "B"), True, Decimal("0.00"),
    )  # fmt: skip
    # 75.015 and 75.00: half up, 75.02
    assert (found["J2"].winners, found["J2"].changes_winner, found["J2"].margin) == (
        ("A",), False, Decimal("0.02"),
    )  # fmt: skip
    assert found["J1"].ranks == {"A": 1, "B": 1, "C": 3}


@settings(max_examples=15, deadline=None)
@given(panels(), st.sampled_from(Method))
def test_leaving_out_a_juror_equals_ranking_without_the_rows(panel, method):
    rubric, sheets = panel

    for row in support(sheets, rubric, method).leave_one_out:
        others = {
            name: {juror: marks for juror, marks in own.items() if juror != row.juror}
            for name, own in sheets.items()
        }
        ranked = {line.submission: line.rank for line in rank_panel(others, rubric, method)}
        assert row.ranks == ranked


WEIGHTED = PanelRubric(
    criteria=tuple(
        PanelCriterion(key=key, weight=Fraction(weight), low=Fraction(0), high=Fraction(1))
        for key, weight in (("a", 50), ("b", 30), ("c", 20))
    ),
    scale=Scale.PERCENT,
)


def test_break_even_weights_of_the_worked_example():
    """X-35: δ = .2, −.1, −.1; margin 5; 25, 80, 70."""
    sheets = {
        "A": {"J": sheet(a="0.7", b="0.4", c="0.4")},
        "B": {"J": sheet(a="0.5", b="0.5", c="0.5")},
    }

    assert support(sheets, WEIGHTED, MEAN).break_even == {"a": 25, "b": 80, "c": 70}


@pytest.mark.parametrize(("key", "weight"), [("a", 25), ("b", 80), ("c", 70)])
def test_first_two_are_equal_at_the_break_even_weight(key, weight):
    sheets = {
        "A": {"J": sheet(a="0.7", b="0.4", c="0.4")},
        "B": {"J": sheet(a="0.5", b="0.5", c="0.5")},
    }
    moved = replace(
        WEIGHTED,
        criteria=tuple(
            replace(c, weight=Fraction(weight)) if c.key == key else c for c in WEIGHTED.criteria
        ),
    )

    assert {row.rank for row in rank_panel(sheets, moved)} == {1}


def test_criterion_that_cannot_turn_the_order_has_no_break_even():
    sheets = {"A": {"J": sheet(a=1, b=1, c=0)}, "B": {"J": sheet(a=0, b=1, c=0)}}

    # Without a at all they would be equal.
    assert support(sheets, WEIGHTED, MEAN).break_even == {"a": 0, "b": None, "c": None}


def test_weights_are_not_asked_where_marks_are_missing_or_the_score_is_no_sum():
    gap = {"A": {"J": sheet(a=1, b=1)}, "B": {"J": sheet(a=0, b=1, c=0)}}
    whole = {"A": {"J": sheet(a=1, b=1, c=1)}, "B": {"J": sheet(a=0, b=1, c=0)}}

    found, median = support(gap, WEIGHTED, MEAN), support(whole, WEIGHTED, Method.MEDIAN)

    assert (found.break_even, found.weight_wins) == (None, None)
    assert found.reasons["break_even"] == Reason.MARKS_MISSING
    assert (median.break_even, median.weight_wins) == (None, None)
    assert median.reasons["break_even"] == Reason.OTHER_METHOD


def test_drawn_weights_share_the_wins():
    sheets = {
        "A": {"J": sheet(a="0.7", b="0.4", c="0.4")},
        "B": {"J": sheet(a="0.5", b="0.5", c="0.5")},
        "C": {"J": sheet(a="0.1", b="0.1", c="0.1")},
    }

    found = support(sheets, WEIGHTED, MEAN).weight_wins

    assert sum(found.values()) == pytest.approx(1)
    assert found["A"] > found["B"] > found["C"] == 0
    assert support(sheets, WEIGHTED, MEAN).weight_wins == found


def test_rules_are_told_with_their_winners():
    """X-33: one misreading juror sinks A under the mean alone."""
    sheets = {
        "A": {f"J{at}": sheet(a=9, b=9) for at in range(4)} | {"J4": sheet(a=0, b=0)},
        "B": {f"J{at}": sheet(a=8, b=8) for at in range(5)},
        "C": {f"J{at}": sheet(a=1, b=9) for at in range(5)},
    }
    rubric = PanelRubric(
        criteria=(PanelCriterion(key="a"), PanelCriterion(key="b", weight=Fraction(1, 2)))
    )

    found = support(sheets, rubric, MEAN)

    assert [(rule.key, rule.criterion, rule.winners) for rule in found.rules] == [
        ("official", None, ("B",)),
        ("without_criterion", "a", ("C",)),
        ("without_criterion", "b", ("B",)),
        ("median", None, ("A",)),
        ("trimmed-mean", None, ("A",)),
        ("rank-sum", None, ("A",)),
        ("adjusted", None, ("B",)),
    ]


def kinds(found):
    return {(prompt.juror, prompt.kind, prompt.submission, prompt.other) for prompt in found}


def test_juror_far_off_is_worth_a_question():
    sheets = totals(A=[80, 81, 60], B=[70, 72, 51], C=[60, 59, 39], D=[50, 52, 30], E=[40, 41, 19])

    found = support(sheets, POINTS, MEAN).prompts

    assert ("J3", "severity", None, None) in kinds(found)
    assert next(p for p in found if (p.juror, p.kind) == ("J3", "severity")).value < -10


def test_same_mark_everywhere_and_same_sheet_are_worth_a_question():
    sheets = totals(A=[8, 8, 5, 2], B=[6, 6, 5, 9], C=[4, 4, 5, 7], D=[9, 9, 5, 3])

    found = kinds(support(sheets, POINTS, MEAN).prompts)

    assert ("J3", "same_marks", None, None) in found
    assert ("J1", "same_sheet", None, "J2") in found


def test_order_against_the_others_is_worth_a_question():
    sheets = totals(A=[9, 8, 1], B=[7, 7, 3], C=[5, 4, 6], D=[2, 3, 9])

    found = support(sheets, POINTS, MEAN).prompts

    assert next(p for p in found if p.kind == "fit") == Prompt(
        juror="J3", kind="fit", value=pytest.approx(-1)
    )


def test_single_mark_far_off_names_the_submission():
    values = [[50 + 3 * s + 5 * j + (s * j) % 3 for j in range(6)] for s in range(12)]
    values[4][2] += 40
    sheets = totals(**{f"S{at:02}": row for at, row in enumerate(values)})

    assert ("J3", "residual", "S04", None) in kinds(support(sheets, POINTS, MEAN).prompts)


def test_parts_that_never_meet_are_not_compared():
    sheets = {
        "A": {"J1": sheet(total=5), "J2": sheet(total=6)},
        "B": {"J1": sheet(total=7), "J2": sheet(total=9)},
        "C": {"J3": sheet(total=1), "J4": sheet(total=2)},
    }

    found = support(sheets, POINTS, MEAN)

    assert (found.groups, found.adjustment, found.chances) == (2, None, None)
    assert found.reasons["adjusted"] == Reason.NOT_CONNECTED
    assert found.reasons["kendall_w"] == Reason.NOT_COMPLETE


@pytest.mark.parametrize("sheets", [totals(A=[None]), totals(A=[3]), totals(A=[3, 4], B=[3, 4])])
def test_support_of_little_is_empty_and_says_why(sheets):
    found = support(sheets, POINTS, MEAN)

    assert found.adjustment is None or found.adjustment.variances is not None
    assert {"icc", "kendall_w", "alpha"} & set(found.reasons)


@settings(max_examples=25, deadline=None)
@given(panels(), st.sampled_from(Method), st.randoms(use_true_random=False))
def test_support_does_not_depend_on_the_order_of_the_rows(panel, method, chance):
    rubric, sheets = panel
    names = list(sheets)
    chance.shuffle(names)
    shuffled = {name: dict(reversed(sheets[name].items())) for name in names}

    first, second = support(sheets, rubric, method), support(shuffled, rubric, method)

    assert (first.rules, first.leave_one_out, first.prompts, first.reasons) == (
        second.rules, second.leave_one_out, second.prompts, second.reasons,
    )  # fmt: skip
