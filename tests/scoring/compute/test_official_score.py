"""The official score: the test vectors of X-1 to X-12 and the rules X-37 to X-54."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest

from scoring.compute.exact import round_half_up, round_root
from scoring.compute.jury import JuryError, disagreement, explain, official_score
from scoring.compute.schema import (
    CARRIED_OVER,
    CRITERION,
    DEDUCTION,
    EXACT,
    FIRST_PLACES,
    FLAGS,
    JUROR,
    LINE,
    MARK,
    MAXIMUM,
    MEAN,
    MEDIAN,
    MINIMUM,
    PARTS,
    POINTS,
    RANK,
    REASON,
    SCORE,
    SD,
    SPREAD,
    SUBMISSION,
    TIE_STEP,
    TIED,
    TOTAL,
    Aggregation,
    DisagreementLimits,
    LineKind,
    Method,
    N,
    RankOn,
    Rounding,
    Rubric,
    TieKind,
    TieStep,
    Unranked,
)
from tests.scoring.compute.making import criterion, marks

D = Decimal
MEDIAN_STEP = TieStep(kind=TieKind.MEDIAN)
FIRST_PLACES_STEP = TieStep(kind=TieKind.FIRST_PLACES)
CHAIR_STEP = TieStep(kind=TieKind.CHAIR)
# A single criterion of 0 to 100 points: the marks are the totals.
TOTALS = Rubric(criteria=(criterion("total", 100, 0, 100),))
THREE_SCALES = Rubric(
    criteria=(
        criterion("a", 40, 1, 5),
        criterion("b", 35, 0, 10),
        criterion("c", 25, 0, 4, required=False),
    )
)


def from_totals(totals: dict[str, list[float | None]]) -> pd.DataFrame:
    """Make marks for TOTALS from one list of totals per submission, juror by juror."""
    return marks(
        {
            (name, f"j{juror}"): {"total": total}
            for name, row in totals.items()
            for juror, total in enumerate(row)
            if total is not None
        }
    )


def score_of(rows: pd.DataFrame, rubric: Rubric, submission: str = "s") -> Decimal | None:
    """Return the published score of a single submission."""
    return official_score(rows, rubric, submissions=[submission]).table[SCORE][0]


def ranks(result) -> dict[str, int | None]:
    """Return the ranks by submission."""
    table = result.table
    return {
        name: None if pd.isna(rank) else int(rank)
        for name, rank in zip(table[SUBMISSION], table[RANK], strict=True)
    }


# ---- marks and juror totals --------------------------------------------------------
def test_mark_is_rescaled_to_its_scale() -> None:
    rubric = Rubric(criteria=(criterion("a", 100, 1, 5),))

    assert score_of(marks({("s", "j"): {"a": 4}}), rubric) == D("75.00")


def test_juror_total_is_the_weighted_mean_of_rescaled_marks() -> None:
    rows = marks({("s", "j"): {"a": 4, "b": 7, "c": 3}})

    assert score_of(rows, THREE_SCALES) == D("73.25")


@pytest.mark.parametrize("absent", [{"c": None}, {}])
def test_unanswered_optional_criterion_is_left_out_and_never_0(absent: dict[str, None]) -> None:
    rows = marks({("s", "j"): {"a": 4, "b": 7} | absent})

    assert score_of(rows, THREE_SCALES) == D("72.67")


def test_0_is_a_mark() -> None:
    rows = marks({("s", "j"): {"a": 4, "b": 7, "c": 0}})

    assert score_of(rows, THREE_SCALES) == D("54.50")


def test_assessment_without_a_required_mark_is_left_out_and_named() -> None:
    rows = marks({("s", "j1"): {"a": 5, "c": 4}, ("s", "j2"): {"a": 4, "b": 7, "c": 3}})

    result = official_score(rows, THREE_SCALES, submissions=["s"])

    assert result.table[[SCORE, N]].to_numpy().tolist() == [[D("73.25"), 1]]
    assert result.incomplete.to_dict("list") == {SUBMISSION: ["s"], JUROR: ["j1"]}
    assert list(result.juror_totals[JUROR]) == ["j2"]


def test_assessment_without_any_counted_answer_has_no_total() -> None:
    rubric = Rubric(
        criteria=(criterion("a", 100, required=False), criterion("shown", 0, required=False))
    )
    rows = marks({("s", "j"): {"a": None, "shown": 7}})

    result = official_score(rows, rubric, submissions=["s"])

    assert result.table[[SCORE, REASON]].to_numpy().tolist() == [[None, Unranked.NO_ASSESSMENT]]


def test_criterion_of_weight_0_is_shown_but_not_counted() -> None:
    rubric = Rubric(criteria=(criterion("a", 100), criterion("shown", 0)))
    rows = marks({("s", "j"): {"a": 5, "shown": 10}})

    result = official_score(rows, rubric, submissions=["s"])

    assert result.table[SCORE][0] == D("50.00")
    assert result.criteria[[CRITERION, MEAN, POINTS]].to_numpy().tolist() == [
        ["a", D("5.00"), D("50.00")],
        ["shown", D("10.00"), None],
    ]


# ---- score ------------------------------------------------------------------------------
def test_score_is_the_mean_over_the_jurors() -> None:
    result = official_score(from_totals({"s": [60, 70, 75]}), TOTALS, submissions=["s"])

    assert result.table[SCORE][0] == D("68.33")
    assert result.table[EXACT][0] == Fraction(205, 3)


def test_submission_without_assessments_has_no_score_and_no_rank() -> None:
    result = official_score(from_totals({"a": [60]}), TOTALS, submissions=["b", "a"])

    row = result.table.iloc[1]
    assert (row[SUBMISSION], row[SCORE], row[RANK], row[N]) == ("b", None, pd.NA, 0)
    assert row[REASON] is Unranked.NO_ASSESSMENT


def test_submission_below_the_minimum_keeps_its_score_and_has_no_rank() -> None:
    rubric = replace(TOTALS, min_assessments=2)
    rows = from_totals({"few": [99], "enough": [50, 60]})

    result = official_score(rows, rubric, submissions=["few", "enough"])

    assert ranks(result) == {"enough": 1, "few": None}
    assert list(result.table[SCORE]) == [D("55.00"), D("99.00")]
    assert list(result.table[REASON]) == [None, Unranked.TOO_FEW_ASSESSMENTS]


def test_no_marks_at_all_is_a_table_without_ranks() -> None:
    result = official_score(marks({}), TOTALS, submissions=["a", "b"])

    assert ranks(result) == {"a": None, "b": None}
    assert list(result.table[N]) == [0, 0]


def test_no_submissions_is_an_empty_table() -> None:
    result = official_score(marks({}), TOTALS, submissions=[])

    assert [len(t) for t in (result.table, result.criteria, result.juror_totals)] == [0, 0, 0]


def test_complete_plain_marks_give_the_same_score_in_either_order_of_means() -> None:
    rows = marks({("s", "j1"): {"a": 4, "b": 7, "c": 3}, ("s", "j2"): {"a": 2, "b": 9, "c": 0}})
    other = replace(THREE_SCALES, aggregation=Aggregation.CRITERION_FIRST)

    assert score_of(rows, THREE_SCALES) == score_of(rows, other) == D("57.38")


def test_missing_marks_make_the_order_of_means_matter() -> None:
    rows = marks({("s", "j1"): {"a": 5, "b": 10, "c": 4}, ("s", "j2"): {"a": 1, "b": 0}})
    other = replace(THREE_SCALES, aggregation=Aggregation.CRITERION_FIRST)

    assert score_of(rows, THREE_SCALES) == D("50.00")
    assert score_of(rows, other) == D("62.50")  # 20 + 17.5 + 25: one mark of c, and it is full


# ---- rounding ----------------------------------------------------------
SEVENTHS = Rubric(criteria=tuple(criterion(f"c{n}", 20, 0, 7) for n in range(5)), digits=0)
P_AND_Q = marks(
    {
        ("P", "j"): {f"c{n}": 3 for n in range(5)},
        ("Q", "j"): {f"c{n}": 0 if n == 0 else 4 for n in range(5)},
    }
)


@pytest.mark.parametrize("aggregation", list(Aggregation))
@pytest.mark.parametrize(
    ("rounding", "scores", "order"),
    [
        (Rounding.AT_END, {"P": D(43), "Q": D(46)}, {"Q": 1, "P": 2}),
        (Rounding.PER_CRITERION, {"P": D(45), "Q": D(44)}, {"P": 1, "Q": 2}),
    ],
)
def test_when_numbers_are_rounded_decides_who_wins(
    aggregation: Aggregation, rounding: Rounding, scores: dict[str, Decimal], order: dict[str, int]
) -> None:
    rubric = replace(SEVENTHS, rounding=rounding, aggregation=aggregation)

    result = official_score(P_AND_Q, rubric, submissions=["P", "Q"])

    assert dict(zip(result.table[SUBMISSION], result.table[SCORE], strict=True)) == scores
    assert ranks(result) == order


def test_printed_parts_add_up_when_each_is_rounded() -> None:
    rubric = replace(SEVENTHS, rounding=Rounding.PER_CRITERION)

    result = official_score(P_AND_Q, rubric, submissions=["P", "Q"])

    parts = result.criteria.groupby(SUBMISSION)[POINTS].agg(sum).to_dict()
    assert parts == {"P": D(45), "Q": D(44)}


def test_criterion_is_averaged_then_weighted_then_rounded() -> None:
    rubric = Rubric(
        criteria=(criterion("a", 50, 0, 7), criterion("b", 50, 0, 7)),
        aggregation=Aggregation.CRITERION_FIRST,
        rounding=Rounding.PER_CRITERION,
        digits=0,
    )
    rows = marks({("s", "j1"): {"a": 3, "b": 3}, ("s", "j2"): {"a": 4, "b": 3}})

    result = official_score(rows, rubric, submissions=["s"])

    # a: 3.5 / 7 · 50 = 25; b: 3 / 7 · 50 = 21.43 -> 21. Juror by juror: 42 and 50, mean 46.
    assert list(result.criteria[POINTS]) == [D(25), D(21)]
    assert result.table[SCORE][0] == D(46)
    assert result.table[EXACT][0] == 46


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (Fraction(1, 200), 2, "0.01"),
        (Fraction(-1, 200), 2, "-0.01"),
        (Fraction(1, 3), 4, "0.3333"),
        (Fraction(5, 2), 0, "3"),
        (D("0.005"), 2, "0.01"),
        (D("2.5"), 0, "3"),
        (2.675, 2, "2.68"),  # as a binary float it lies below
        (1.005, 2, "1.01"),
        (-0.001, 2, "0.00"),
        (D("-0.001"), 2, "0.00"),
        (1e300, 2, "1" + "0" * 300 + ".00"),
    ],
)
def test_rounding_is_half_up(value: Fraction | Decimal | float, digits: int, rounded: str) -> None:
    assert str(round_half_up(value, digits)) == rounded


@pytest.mark.parametrize(
    ("square", "root"), [(Fraction(0), "0.00"), (Fraction(2), "1.41"), (Fraction(9, 4), "1.50")]
)
def test_root_is_rounded_exactly(square: Fraction, root: str) -> None:
    assert str(round_root(square, 2)) == root


def test_root_on_the_edge_is_rounded_up() -> None:
    assert round_root(Fraction(5, 1000) ** 2, 2) == D("0.01")


def test_equal_published_scores_share_a_rank_unless_the_exact_ones_are_ranked() -> None:
    rows = from_totals({"low": [50.004, 50], "high": [50, 50.008]}).astype({MARK: object})
    rows[MARK] = [500_04, 500_00, 500_00, 500_08]
    rubric = Rubric(criteria=(criterion("total", 100, 0, 1000),))

    published = official_score(rows, rubric, submissions=["low", "high"])
    exact = official_score(rows, replace(rubric, rank_on=RankOn.EXACT), submissions=["low", "high"])

    assert list(published.table[SCORE]) == [D("50.00"), D("50.00")]
    assert ranks(published) == {"low": 1, "high": 1}
    assert ranks(exact) == {"high": 1, "low": 2}


# ---- ranks ------------------------------------------------------------------------
def test_ranks_are_1_2_2_4() -> None:
    rows = from_totals({"a": [85], "b": [80], "c": [90], "d": [85]})

    result = official_score(rows, TOTALS, submissions=["a", "b", "c", "d"])

    assert list(result.table[SUBMISSION]) == ["c", "a", "d", "b"]
    assert list(result.table[RANK]) == [1, 2, 2, 4]
    assert list(result.table[TIED]) == [False, True, True, False]


def test_ties_at_the_lower_end_follow_the_same_rule() -> None:
    rows = from_totals({"a": [9], "b": [9], "c": [5], "d": [1], "e": [1], "f": [1]})

    result = official_score(rows, TOTALS, submissions=list("abcdefg"))

    assert ranks(result) == {"a": 1, "b": 1, "c": 3, "d": 4, "e": 4, "f": 4, "g": None}


# ---- tie chain --------------------------------------------------------------------
TWO = Rubric(criteria=(criterion("first", 50), criterion("second", 50)))


def test_first_named_criterion_decides_and_the_step_is_stored() -> None:
    rubric = replace(TWO, tie_chain=(TieStep(kind=TieKind.CRITERION, criterion="first"),))
    rows = marks(
        {
            ("a", "j"): {"first": 4, "second": 6},
            ("b", "j"): {"first": 6, "second": 4},
            ("c", "j"): {"first": 9, "second": 9},
        }
    )

    result = official_score(rows, rubric, submissions=["a", "b", "c"])

    assert ranks(result) == {"c": 1, "b": 2, "a": 3}
    assert list(result.table[TIE_STEP]) == [None, "criterion:first", "criterion:first"]
    assert not result.table[TIED].any()


def test_each_submission_names_the_step_that_last_separated_it() -> None:
    rubric = replace(TOTALS, tie_chain=(MEDIAN_STEP, FIRST_PLACES_STEP))
    rows = from_totals(
        {
            "a": [90, 70, 50, 70],  # median 70, one first place
            "b": [60, 80, 70, 70],  # median 70, two first places
            "c": [80, 80, 70, 50],  # median 75
            "d": [60, 70, 70, 80],  # median 70, two first places
        }
    )

    result = official_score(rows, rubric, submissions=list("abcd"))

    assert set(result.table[SCORE]) == {D("70.00")}
    assert dict(zip(result.table[SUBMISSION], result.table[FIRST_PLACES], strict=True)) == {
        "a": 1,
        "b": 2,
        "c": 2,
        "d": 2,
    }
    assert ranks(result) == {"c": 1, "b": 2, "d": 2, "a": 4}
    assert list(result.table[TIE_STEP]) == [
        "median",
        "first_places",
        "first_places",
        "first_places",
    ]
    assert list(result.table[TIED]) == [False, True, True, False]


def test_chair_decides_only_where_the_chain_says_so() -> None:
    rows = from_totals({"a": [50], "b": [50]})
    with_chair = replace(TOTALS, tie_chain=(CHAIR_STEP,))

    without = official_score(rows, TOTALS, submissions=["a", "b"], chair_order=["b", "a"])
    decided = official_score(rows, with_chair, submissions=["a", "b"], chair_order=["b", "a"])

    assert ranks(without) == {"a": 1, "b": 1}
    assert ranks(decided) == {"b": 1, "a": 2}
    assert list(decided.table[TIE_STEP]) == ["chair", "chair"]


def test_chair_who_names_only_some_of_the_equals_decides_nothing() -> None:
    rubric = replace(TOTALS, tie_chain=(CHAIR_STEP,))
    rows = from_totals({"a": [50], "b": [50], "c": [50]})

    result = official_score(rows, rubric, submissions=list("abc"), chair_order=["b"])

    assert ranks(result) == {"a": 1, "b": 1, "c": 1}


def test_step_in_which_somebody_has_no_mark_is_passed_over() -> None:
    rubric = Rubric(
        criteria=(criterion("a", 50), criterion("extra", 50, required=False)),
        tie_chain=(TieStep(kind=TieKind.CRITERION, criterion="extra"),),
    )
    rows = marks({("x", "j"): {"a": 5, "extra": 5}, ("y", "j"): {"a": 5}})

    result = official_score(rows, rubric, submissions=["x", "y"])

    assert ranks(result) == {"x": 1, "y": 1}


def test_tie_chain_compares_what_is_printed_or_what_is_exact_like_the_score() -> None:
    third = Rubric(
        criteria=(criterion("total", 100, 0, 100), criterion("shown", 0, 0, 10)),
        digits=0,
        tie_chain=(TieStep(kind=TieKind.CRITERION, criterion="shown"),),
    )
    rows = marks({("a", "j"): {"total": 50, "shown": 4}, ("b", "j"): {"total": 50, "shown": 4.4}})

    published = official_score(rows, third, submissions=["a", "b"])
    exact = official_score(rows, replace(third, rank_on=RankOn.EXACT), submissions=["a", "b"])

    assert ranks(published) == {"a": 1, "b": 1}
    assert ranks(exact) == {"b": 1, "a": 2}


# ---- signed lines -----------------------------------------------------------
def lines(*rows: tuple[str, LineKind, str]) -> pd.DataFrame:
    """Make signed lines."""
    return pd.DataFrame(
        [(submission, kind.value, Decimal(points)) for submission, kind, points in rows],
        columns=[SUBMISSION, LINE, POINTS],
    )


def test_deductions_and_carried_points_are_lines_of_their_own_before_ranking() -> None:
    rows = from_totals({"a": [80], "b": [79], "c": []})
    beside = lines(
        ("a", LineKind.DEDUCTION, "-1.50"),
        ("a", LineKind.DEDUCTION, "-0.50"),
        ("b", LineKind.CARRIED_OVER, "3.25"),
        ("c", LineKind.CARRIED_OVER, "99"),
    )

    result = official_score(rows, TOTALS, submissions=["a", "b", "c"], lines=beside)

    columns = [SUBMISSION, PARTS, DEDUCTION, CARRIED_OVER, SCORE, EXACT]
    assert result.table[columns].to_numpy().tolist() == [
        ["b", D("79.00"), None, D("3.25"), D("82.25"), Fraction(329, 4)],
        ["a", D("80.00"), D("-2.00"), None, D("78.00"), Fraction(78)],
        ["c", None, None, D("99"), None, None],
    ]
    assert ranks(result) == {"b": 1, "a": 2, "c": None}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("x", LineKind.DEDUCTION, "-1"), "unknown_submission"),
        (("a", LineKind.DEDUCTION, "-1.005"), "line_digits"),
    ],
)
def test_signed_line_that_does_not_fit_is_refused(
    row: tuple[str, LineKind, str], code: str
) -> None:
    with pytest.raises(JuryError) as raised:
        official_score(from_totals({"a": [80]}), TOTALS, submissions=["a"], lines=lines(row))

    assert raised.value.code == code


def test_signed_line_of_an_unknown_kind_is_refused() -> None:
    beside = pd.DataFrame({SUBMISSION: ["a"], LINE: ["bonus"], POINTS: [D(1)]})

    with pytest.raises(JuryError) as raised:
        official_score(from_totals({"a": [80]}), TOTALS, submissions=["a"], lines=beside)

    assert raised.value.code == "unknown_line"


# ---- spread --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("totals", "median"), [([60, 90, 70], "70.00"), ([60, 90, 70, 71], "70.50"), ([5], "5.00")]
)
def test_median_is_the_middle_of_the_jurors_totals(totals: list[float], median: str) -> None:
    result = official_score(from_totals({"s": totals}), TOTALS, submissions=["s"])

    assert result.table[MEDIAN][0] == D(median)


TRIMMED = Rubric(
    criteria=(criterion("total", 100, required=False),),
    aggregation=Aggregation.CRITERION_FIRST,
    method=Method.TRIMMED_MEAN,
)


@pytest.mark.parametrize(
    ("totals", "mean", "score"),
    [
        ([2, 6, 7, None, 8, 9], "7.00", "70.00"),  # an absent mark is left out, never 0
        ([2, 6, 7, 8, 9], "7.00", "70.00"),
        ([9, 9, 9, 1, 1], "6.33", "63.33"),  # exactly one of several equal extremes is dropped
        ([2, 6, 7, 9], "6.00", "60.00"),  # fewer than five: the plain mean
        ([0, None, None, 10], "5.00", "50.00"),
        ([0, *[5] * 47, 10], "5.00", "50.00"),
    ],
)
def test_trimmed_mean_drops_one_mark_at_either_end(
    totals: list[float | None], mean: str, score: str
) -> None:
    sheets = {("s", f"j{n}"): {"total": mark} for n, mark in enumerate(totals)}

    result = official_score(marks(sheets), TRIMMED, submissions=["s"])

    assert (result.criteria[MEAN][0], result.table[SCORE][0]) == (D(mean), D(score))


@pytest.mark.parametrize(
    ("totals", "method", "score"),
    [
        ([60, 90, 70], Method.MEDIAN, "70.00"),
        ([60, 90, 70, 75], Method.MEDIAN, "72.50"),
        ([0, 50, 60, 70, 100], Method.TRIMMED_MEAN, "60.00"),
        ([0, 50, 60, 70], Method.TRIMMED_MEAN, "45.00"),  # fewer than five: the plain mean
        ([100, 100, 40, None, 0, 0], Method.TRIMMED_MEAN, "46.67"),
    ],
)
def test_method_puts_the_totals_of_the_jurors_together(
    totals: list[float | None], method: Method, score: str
) -> None:
    rubric = replace(TOTALS, method=method)

    result = official_score(from_totals({"s": totals}), rubric, submissions=["s"])

    assert result.table[SCORE][0] == D(score)
    assert result.criteria[POINTS][0] is None  # they would not add up to the score


def test_smallest_sum_of_ranks_is_the_best() -> None:
    """X-20: fractional ranks of each juror, added; a total of a juror counts by its order alone."""
    rows = from_totals({"a": [90, 50, 70], "b": [80, 60, 70], "c": [10, 55, 0]})
    rubric = replace(TOTALS, method=Method.RANK_SUM)

    table = official_score(rows, rubric, submissions=["a", "b", "c"]).table

    assert list(zip(table[SUBMISSION], table[SCORE], table[RANK], strict=True)) == [
        ("b", D("4.50"), 1),
        ("a", D("5.50"), 2),
        ("c", D("8.00"), 3),
    ]


def test_signed_line_beside_ranks_is_refused() -> None:
    beside = pd.DataFrame({SUBMISSION: ["a"], LINE: ["deduction"], POINTS: [D(-1)]})

    with pytest.raises(JuryError) as raised:
        official_score(
            from_totals({"a": [80]}),
            replace(TOTALS, method=Method.RANK_SUM),
            submissions=["a"],
            lines=beside,
        )

    assert raised.value.code == "line_beside_ranks"


def test_spread_stands_beside_the_score() -> None:
    rows = from_totals({"s": [40, 50, 60, 70]})

    row = official_score(rows, TOTALS, submissions=["s"]).table.iloc[0]

    assert row[[N, MEAN, MEDIAN, SD, MINIMUM, MAXIMUM]].tolist() == [
        4,
        D("55.00"),
        D("55.00"),
        D("12.91"),
        D("40.00"),
        D("70.00"),
    ]


def test_single_juror_has_no_standard_deviation() -> None:
    table = official_score(from_totals({"s": [40]}), TOTALS, submissions=["s"]).table

    assert table[SD][0] is None


def test_disagreement_is_flagged_by_either_limit_and_never_for_one_juror() -> None:
    rows = from_totals({"calm": [50, 52], "apart": [30, 80], "one": [70], "edge": [50, 70]})
    table = official_score(rows, TOTALS, submissions=["calm", "apart", "one", "edge", "none"]).table

    flagged = disagreement(table, DisagreementLimits(sd=D(20), spread=D(20)))

    assert flagged.set_index(SUBMISSION)[[SPREAD, FLAGS]].to_dict("index") == {
        "one": {SPREAD: D("0.00"), FLAGS: ()},
        "edge": {SPREAD: D("20.00"), FLAGS: ("spread",)},
        "apart": {SPREAD: D("50.00"), FLAGS: ("sd", "spread")},
        "calm": {SPREAD: D("2.00"), FLAGS: ()},
        "none": {SPREAD: None, FLAGS: ()},
    }


# ---- X-54 ------------------------------------------------------------------------
def test_margin_of_one_unit_of_the_last_digit_is_kept() -> None:
    rows = from_totals({"a": [71.01, 80, 90], "b": [71, 80, 90], "c": [0, 0, 0]})

    result = official_score(rows, TOTALS, submissions=["a", "b", "c"])

    assert list(result.table[SCORE])[:2] == [D("80.34"), D("80.33")]
    assert ranks(result) == {"a": 1, "b": 2, "c": 3}


def test_withdrawal_of_a_third_submission_does_not_swap_two_others() -> None:
    # Three jurors A > B > C, two B > C > A: by rank sums B wins with C and A without.
    ballots = {"A": [3, 3, 3, 1, 1], "B": [2, 2, 2, 3, 3], "C": [1, 1, 1, 2, 2]}

    with_c = official_score(from_totals(ballots), TOTALS, submissions=["A", "B", "C"])
    without = official_score(
        from_totals({name: ballots[name] for name in "AB"}), TOTALS, submissions=["A", "B"]
    )

    assert ranks(with_c) == {"B": 1, "A": 2, "C": 3}
    assert ranks(without) == {"B": 1, "A": 2}


def test_table_can_be_recomputed_from_its_parts() -> None:
    rows = marks(
        {
            (s, j): {"a": 1 + (x + y) % 5, "b": (3 * x + y) % 11, "c": (x * y) % 5 if x else None}
            for x, s in enumerate("stuv")
            for y, j in enumerate(("j1", "j2", "j3"))
        }
    )

    result = official_score(rows, THREE_SCALES, submissions=list("stuv"))

    totals = result.juror_totals.groupby(SUBMISSION)[EXACT].agg(lambda x: sum(x) / len(x))
    parts = result.criteria.groupby(SUBMISSION)[EXACT].agg(lambda x: sum(p for p in x if p))
    for row in result.table.to_dict("records"):
        assert totals[row[SUBMISSION]] == parts[row[SUBMISSION]] == row[EXACT]
        assert round_half_up(row[EXACT], 2) == row[SCORE]
    for row in result.juror_totals.to_dict("records"):
        assert round_half_up(row[EXACT], 2) == row[TOTAL]


# ---- what does not fit -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("x", "j", "total", 100)], "unknown_submission"),
        ([(None, "j", "total", 100)], "unknown_submission"),
        ([("s", "j", "other", 100)], "unknown_criterion"),
        ([("s", None, "total", 100)], "unknown_juror"),
        ([("s", "j", "total", 100), ("s", "j", "total", 100)], "duplicate_mark"),
        ([("s", "j", "total", 100), ("s", "j", "total", None)], "duplicate_mark"),
        ([("s", "j", "total", 0.5)], "mark_not_an_integer"),
        ([("s", "j", "total", float("inf"))], "mark_not_an_integer"),
        ([("s", "j", "total", 10_001)], "mark_outside_scale"),
        ([("s", "j", "total", -1)], "mark_outside_scale"),
    ],
)
def test_marks_that_do_not_fit_the_rubric_are_refused(
    rows: list[tuple[object, ...]], code: str
) -> None:
    table = pd.DataFrame(rows, columns=[SUBMISSION, JUROR, CRITERION, MARK], dtype=object)

    with pytest.raises(JuryError) as raised:
        official_score(table, TOTALS, submissions=["s"])

    assert raised.value.code == code


def test_submission_listed_twice_is_refused() -> None:
    with pytest.raises(JuryError) as raised:
        official_score(marks({}), TOTALS, submissions=["s", "s"])

    assert raised.value.code == "duplicate_submission"


@pytest.mark.parametrize(
    "settings",
    [
        {"criteria": ()},
        {"criteria": (criterion("a", 0),)},
        {"criteria": (criterion("a", 50), criterion("a", 50))},
        {"tie_chain": (TieStep(kind=TieKind.CRITERION, criterion="other"),)},
        {"tie_chain": (MEDIAN_STEP, MEDIAN_STEP)},
        {"method": Method.RANK_SUM, "aggregation": Aggregation.CRITERION_FIRST},
        {"digits": 7},
        {"min_assessments": 0},
    ],
)
def test_rubric_that_contradicts_itself_cannot_be_made(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        replace(TOTALS, **settings)


@pytest.mark.parametrize(("weight", "low", "high"), [("1", 5, 5), ("-1", 0, 5), ("NaN", 0, 5)])
def test_criterion_without_a_scale_or_weight_cannot_be_made(
    weight: str, low: int, high: int
) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        criterion("a", weight, low, high)


def test_criterion_step_names_its_criterion_and_only_it() -> None:
    for kind, named in ((TieKind.CRITERION, None), (TieKind.MEDIAN, "a")):
        with pytest.raises(ValueError, match="names a criterion"):
            TieStep(kind=kind, criterion=named)


# ---- words -----------------------------------------------------------------------------------
def test_rubric_explains_itself_in_sentences() -> None:
    rubric = replace(TRIMMED, tie_chain=(MEDIAN_STEP, CHAIR_STEP))

    sentences = explain(rubric)

    assert len(sentences) == len(set(sentences)) == 6
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(explain(TOTALS)) == 4
