"""Scoring a panel: against definitions by hand, and against a slow computation of its own."""

from __future__ import annotations

import statistics
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.panel import (
    Method,
    PanelCriterion,
    PanelRubric,
    Scale,
    incomplete,
    rank_panel,
)
from scoring.compute.schema import Aggregation, Rounding
from tests.scoring.compute.making import criterion as official_criterion
from tests.scoring.compute.making import marks as official_marks

POINTS = PanelRubric(criteria=(PanelCriterion(key="total"),))


def criteria(*rows):
    return tuple(
        PanelCriterion(key=key, weight=Fraction(weight), low=Fraction(low), high=Fraction(high))
        for key, weight, low, high in rows
    )


def totals(**rows):
    """Make sheets of one criterion: one list per submission, juror by juror."""
    return {
        name: {
            f"J{at}": {} if mark is None else {"total": Fraction(mark)}
            for at, mark in enumerate(row, start=1)
        }
        for name, row in rows.items()
    }


def sheet(**marks):
    return {key: Fraction(mark) for key, mark in marks.items()}


def told(rows):
    return [(row.rank, row.submission, str(row.score) if row.score is not None else None)
            for row in rows]  # fmt: skip


def only(rows):
    (row,) = rows
    return str(row.score)


# ---- by hand ---------------------------------------------------------------------------------
def test_percent_rescales_weighs_and_divides_by_what_was_answered():
    """X-2: 40/35/25, scales 1-5, 0-10, 0-4, marks 4, 7, 3; then without the third."""
    rubric = PanelRubric(
        criteria=criteria(("a", 40, 1, 5), ("b", 35, 0, 10), ("c", 25, 0, 4)), scale=Scale.PERCENT
    )

    full = rank_panel({"S": {"J": sheet(a=4, b=7, c=3)}}, rubric)
    partly = rank_panel({"S": {"J": sheet(a=4, b=7)}}, rubric)

    assert (only(full), only(partly)) == ("73.25", "72.67")


@pytest.mark.parametrize(
    ("rounding", "scores"),
    [
        (Rounding.PER_CRITERION, [(1, "P", "45"), (2, "Q", "44")]),
        (Rounding.AT_END, [(1, "Q", "46"), (2, "P", "43")]),
    ],
)
def test_rounding_each_criterion_turns_the_order(rounding, scores):
    """X-4."""
    keys = "vwxyz"
    rubric = PanelRubric(
        criteria=criteria(*((key, 20, 0, 7) for key in keys)),
        scale=Scale.PERCENT,
        rounding=rounding,
        digits=0,
    )
    sheets = {
        "P": {"J": sheet(**dict.fromkeys(keys, 3))},
        "Q": {"J": sheet(v=0, w=4, x=4, y=4, z=4)},
    }

    assert told(rank_panel(sheets, rubric)) == scores


def test_points_are_marks_times_weights_added():
    rubric = PanelRubric(
        criteria=(PanelCriterion(key="a", weight=Fraction(3, 2)), PanelCriterion(key="b"))
    )
    sheets = {"S": {"J1": sheet(a=4, b="0.25"), "J2": sheet(a=5, b=1)}}

    # 6.25 and 8.5
    assert only(rank_panel(sheets, rubric)) == "7.38"


@pytest.mark.parametrize(
    ("aggregation", "score"),
    [(Aggregation.JUROR_FIRST, "11.00"), (Aggregation.CRITERION_FIRST, "16.00")],
)
def test_missing_mark_of_points_is_left_out_of_means_and_never_rescaled(aggregation, score):
    """J1 gives 6 + 10 = 16, J2 gives 6; by criterion 6 + 10."""
    rubric = PanelRubric(
        criteria=(PanelCriterion(key="a"), PanelCriterion(key="b")), aggregation=aggregation
    )
    sheets = {"S": {"J1": sheet(a=6, b=10), "J2": sheet(a=6)}}

    assert only(rank_panel(sheets, rubric)) == score
    assert list(incomplete(sheets, rubric)) == [("S", "J2")]


@pytest.mark.parametrize(
    ("marks", "score"),
    [
        ([2, 6, 7, None, 8, 9], "7.00"),  # X-11; as 0 it would be 5.75
        ([2, 6, 7, 8], "5.75"),  # fewer than five: the plain mean
        ([9, 9, 9, 1, 1], "6.33"),  # one of each extreme
    ],
)
def test_trimmed_mean_drops_one_highest_and_one_lowest_present(marks, score):
    assert only(rank_panel(totals(S=marks), POINTS, Method.TRIMMED_MEAN)) == score


def test_trimmed_mean_by_criterion_weighs_and_rounds_afterwards():
    """X-41: the factor is applied to the aggregated criterion, then the product is rounded."""
    rubric = PanelRubric(
        criteria=(PanelCriterion(key="a", weight=Fraction("1.5")), PanelCriterion(key="b")),
        aggregation=Aggregation.CRITERION_FIRST,
        rounding=Rounding.PER_CRITERION,
        digits=1,
    )
    sheets = {
        "S": {
            f"J{at}": sheet(a=a, b=b)
            for at, (a, b) in enumerate([(1, 3), (7, 4), ("7.5", 4), (8, 5), (10, 6)], start=1)
        }
    }

    # a: mean of 7, 7.5, 8 = 7.5, times 1.5 = 11.25 → 11.3; b: mean of 4, 4, 5 = 4.33 → 4.3
    assert only(rank_panel(sheets, rubric, Method.TRIMMED_MEAN)) == "15.6"


@pytest.mark.parametrize(
    ("marks", "score"), [([1, 9, 2], "2.00"), ([1, 2, 9, 4], "3.00"), ([None, 7], "7.00")]
)
def test_median_is_the_middle_of_those_present(marks, score):
    assert only(rank_panel(totals(S=marks), POINTS, Method.MEDIAN)) == score


def test_rank_sum_adds_fractional_ranks():
    """X-20."""
    sheets = totals(A=[90, 70, 88], B=[85, 80, 77], C=[85, 65, 77], D=[60, 50, 77])

    rows = rank_panel(sheets, POINTS, Method.RANK_SUM)

    assert told(rows) == [(1, "A", "4.00"), (2, "B", "6.50"), (3, "C", "8.50"), (4, "D", "11.00")]


def test_mean_and_rank_sum_are_different_orders():
    """X-20, X-38."""
    sheets = totals(A=[100, 65, 65], B=[60, 70, 70], C=[50, 60, 60])

    assert told(rank_panel(sheets, POINTS)) == [
        (1, "A", "76.67"), (2, "B", "66.67"), (3, "C", "56.67"),
    ]  # fmt: skip
    assert told(rank_panel(sheets, POINTS, Method.RANK_SUM)) == [
        (1, "B", "4.00"), (2, "A", "5.00"), (3, "C", "9.00"),
    ]  # fmt: skip


def test_rank_sum_turns_with_an_irrelevant_alternative():
    """X-20, X-48: why ranks are never the official input by default."""
    with_c = totals(A=[3, 3, 3, 1, 1], B=[2, 2, 2, 3, 3], C=[1, 1, 1, 2, 2])
    without_c = {name: own for name, own in with_c.items() if name != "C"}

    assert told(rank_panel(with_c, POINTS, Method.RANK_SUM))[0] == (1, "B", "8.00")
    assert told(rank_panel(without_c, POINTS, Method.RANK_SUM))[0] == (1, "A", "7.00")


def test_rank_sum_of_a_part_is_stretched_and_puts_nobody_last_for_not_being_seen():
    """X-49: J2 did not see A. Shares: A ½·⅓ = 1/6; B (½ + ¼)/2; C (5/6 + ¾)/2."""
    sheets = totals(A=[9, None], B=[8, 8], C=[7, 7])

    rows = rank_panel(sheets, POINTS, Method.RANK_SUM)

    # 2 · (3 · share + ½)
    assert told(rows) == [(1, "A", "2.00"), (2, "B", "3.25"), (3, "C", "5.75")]


def test_equal_figures_share_the_smallest_rank():
    """X-6, X-50: 1, 2, 2, 4, and the same at the lower end."""
    sheets = totals(D=[80], C=[85], B=[85], A=[90], F=[70], E=[70])

    rows = rank_panel(sheets, POINTS)

    assert [(row.rank, row.submission, row.tied) for row in rows] == [
        (1, "A", False), (2, "B", True), (2, "C", True), (4, "D", False), (5, "E", True),
        (5, "F", True),
    ]  # fmt: skip


def test_rank_follows_the_published_figure():
    """X-5: what is printed equal is equal."""
    sheets = totals(A=["7.004"], B=["7.001"])

    assert told(rank_panel(sheets, POINTS)) == [(1, "A", "7.00"), (1, "B", "7.00")]
    assert told(rank_panel(sheets, POINTS.with_digits(3))) == [(1, "A", "7.004"), (2, "B", "7.001")]


def test_half_is_rounded_up_without_binary_fractions():
    assert only(rank_panel(totals(S=["1.005"]), POINTS)) == "1.01"


def test_submission_without_a_mark_has_no_rank_and_stands_last():
    """X-8."""
    rows = rank_panel(totals(A=[None, None], B=[1, None]), POINTS)

    assert [(row.submission, row.rank, row.score, row.jurors) for row in rows] == [
        ("B", 1, Decimal("1.00"), 1),
        ("A", None, None, 0),
    ]


def test_row_describes_the_totals_of_its_jurors():
    (row,) = rank_panel(totals(S=[1, 2, 6]), POINTS)

    assert (row.mean, row.median, row.sd, row.lowest, row.highest) == (
        Decimal("3.00"), Decimal("2.00"), Decimal("2.65"), Decimal("1.00"), Decimal("6.00"),
    )  # fmt: skip


def test_one_juror_has_no_deviation():
    (row,) = rank_panel(totals(S=[1]), POINTS)

    assert row.sd is None


def test_criterion_of_weight_zero_is_not_counted():
    rubric = PanelRubric(
        criteria=(PanelCriterion(key="a"), PanelCriterion(key="b", weight=Fraction(0)))
    )

    rows = rank_panel({"S": {"J": sheet(a=3, b=9)}, "T": {"J": sheet(b=9)}}, rubric)

    assert told(rows) == [(1, "S", "3.00"), (None, "T", None)]


# ---- against a slow computation --------------------------------------------------------------
def slow_rank(sheets, rubric, method):
    """Compute everything again with decimals of 60 digits and the statistics module."""
    weight = {c.key: Decimal(c.weight.numerator) / c.weight.denominator for c in rubric.criteria}
    low = {c.key: Decimal(int(c.low)) for c in rubric.criteria}
    span = {c.key: Decimal(int(c.high - c.low)) for c in rubric.criteria}
    unit = Decimal(1).scaleb(-rubric.digits)
    juror_first = rubric.aggregation == "juror_first"

    def rounded(value):
        # Thirds and sevenths end in 60 digits: what is a half but for the last ten is a half.
        return value.quantize(Decimal(1).scaleb(-50)).quantize(unit, rounding=ROUND_HALF_UP)

    def weigh(marks):
        whole = sum(weight[key] for key in marks)
        return [
            100 * weight[key] / whole * (mark - low[key]) / span[key]
            if rubric.scale == "percent"
            else weight[key] * mark
            for key, mark in marks.items()
        ]

    def together(values):
        if method == "median":
            return statistics.median(values)
        values = sorted(values)
        if method == "trimmed-mean" and len(values) >= 5:
            values.remove(max(values))
            values.remove(min(values))
        return sum(values) / len(values)

    scores = {}
    juror_total = {}
    for name, own in sheets.items():
        plain = {
            juror: {key: Decimal(mark.numerator) / mark.denominator for key, mark in marks.items()}
            for juror, marks in own.items()
            if marks
        }
        for juror, marks in plain.items():
            parts = weigh(marks)
            if rubric.rounding == "per_criterion" and juror_first:
                parts = [rounded(part) for part in parts]
            juror_total[name, juror] = sum(parts)
        mine = [juror_total[key] for key in juror_total if key[0] == name]
        if not mine:
            scores[name] = None
        elif juror_first:
            scores[name] = together(mine)
        else:
            found = {}
            for key in weight:
                marks = [marks[key] for marks in plain.values() if key in marks]
                if marks:
                    found[key] = together(marks)
            parts = weigh(found)
            if rubric.rounding == "per_criterion":
                parts = [rounded(part) for part in parts]
            scores[name] = sum(parts)
    printed = {name: None if score is None else rounded(score) for name, score in scores.items()}
    there = [score for score in printed.values() if score is not None]
    return {
        name: (None if score is None else 1 + sum(other > score for other in there), score)
        for name, score in printed.items()
    }


MARK = st.one_of(st.none(), st.integers(0, 20).map(lambda half: Fraction(half, 2)))


@st.composite
def panels(draw):
    keys = "abc"[: draw(st.integers(1, 3))]
    rubric = PanelRubric(
        criteria=criteria(
            *(
                (key, draw(st.integers(1, 9)), 0, draw(st.sampled_from([10, 12, 14])))
                for key in keys
            )
        ),
        scale=draw(st.sampled_from(Scale)),
        aggregation=draw(st.sampled_from(Aggregation)),
        rounding=draw(st.sampled_from(Rounding)),
        digits=draw(st.integers(0, 3)),
    )
    sheets = {
        f"S{s}": {
            f"J{j}": {key: mark for key in keys if (mark := draw(MARK)) is not None}
            for j in range(draw(st.integers(1, 6)))
        }
        for s in range(draw(st.integers(1, 4)))
    }
    return rubric, sheets


@settings(max_examples=120, deadline=None)
@given(panels(), st.sampled_from([Method.WEIGHTED_MEAN, Method.MEDIAN, Method.TRIMMED_MEAN]))
def test_panel_equals_a_slow_computation(panel, method):
    rubric, sheets = panel

    found = {row.submission: (row.rank, row.score) for row in rank_panel(sheets, rubric, method)}

    with localcontext(prec=60):
        assert found == slow_rank(sheets, rubric, method)


@settings(max_examples=40, deadline=None)
@given(panels(), st.sampled_from(Method), st.randoms(use_true_random=False))
def test_order_of_the_rows_changes_nothing(panel, method, chance):
    """X-52."""
    rubric, sheets = panel
    names = list(sheets)
    chance.shuffle(names)
    shuffled = {name: dict(sorted(sheets[name].items(), reverse=True)) for name in names}

    assert rank_panel(shuffled, rubric, method) == rank_panel(sheets, rubric, method)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("STUV"),
        st.dictionaries(st.sampled_from("XYZ"), st.tuples(st.integers(0, 10), st.integers(1, 5))),
        min_size=1,
    ),
    st.sampled_from(Aggregation),
    st.sampled_from(Rounding),
)
def test_panel_of_a_complete_jury_equals_the_official_score(given_marks, aggregation, rounding):
    """What the product publishes can be computed again from the marks alone (X-54)."""
    from scoring.compute.jury import official_score
    from scoring.compute.schema import SCORE, SUBMISSION, Rubric

    official = Rubric(
        criteria=(official_criterion("a", 60), official_criterion("b", 40, 1, 5)),
        aggregation=aggregation,
        rounding=rounding,
    )
    table = official_marks(
        {
            (name, juror): {"a": a, "b": b}
            for name, own in given_marks.items()
            for juror, (a, b) in own.items()
        }
    )
    rubric = PanelRubric(
        criteria=criteria(("a", 60, 0, 10), ("b", 40, 1, 5)),
        scale=Scale.PERCENT,
        aggregation=aggregation,
        rounding=rounding,
    )
    sheets = {
        name: {juror: sheet(a=a, b=b) for juror, (a, b) in own.items()}
        for name, own in given_marks.items()
    }

    published = official_score(table, official, submissions=sorted(given_marks)).table

    assert {row.submission: row.score for row in rank_panel(sheets, rubric)} == dict(
        zip(published[SUBMISSION], published[SCORE], strict=True)
    )
