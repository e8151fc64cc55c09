"""Ranking by metric, ranks in general, and the combined ranking."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.points import WEIGHTED, Weight, weighted
from scoring.compute.ranking import (
    RANKING_RULES,
    RankingError,
    combine,
    metric_to_points,
    rank_metric,
)
from scoring.compute.schema import (
    BASELINE,
    HAND_IN,
    JURY_PART,
    JURY_POINTS,
    METRIC_PART,
    METRIC_POINTS,
    METRIC_VALUE,
    RANK,
    REASON,
    SCORE,
    SUBMISSION,
    TIE_STEP,
    TIED,
    TRIES,
    Combination,
    Direction,
    MetricRanking,
    RankedMetric,
    Unranked,
)
from scoring.compute.ties import competition_ranks

D = Decimal
ACCURACY = RankedMetric(key="accuracy", direction=Direction.HIGHER, digits=2)
LOSS = RankedMetric(key="log_loss", direction=Direction.LOWER, digits=2)
BY_ACCURACY = MetricRanking(metric=ACCURACY)


def table_of(**columns: list[object]) -> pd.DataFrame:
    """Make a table of scores; submissions are a, b, c …"""
    length = len(next(iter(columns.values())))
    return pd.DataFrame({SUBMISSION: list("abcdefgh")[:length]} | columns)


def ranks(table: pd.DataFrame) -> dict[object, int | None]:
    """Return ranks by submission, in the order of the table."""
    return {
        name: None if pd.isna(rank) else int(rank)
        for name, rank in zip(table[SUBMISSION], table[RANK], strict=True)
    }


# ---- ranks in general ------------------------------------------------------------------------
def rank_of(*scores: float | None, eligible: list[bool] | None = None) -> list[int | None]:
    keys = pd.DataFrame({SCORE: pd.Series(scores, dtype=object)})
    allowed = pd.Series(eligible if eligible is not None else [True] * len(scores))
    return [None if pd.isna(r) else int(r) for r in competition_ranks(keys, eligible=allowed)[RANK]]


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    assert rank_of(90, 85, 85, 80) == [1, 2, 2, 4]


def test_what_has_no_score_has_no_rank_and_is_not_counted() -> None:
    assert rank_of(0.9, 0.7, None, 0.7, 0.1) == [1, 2, None, 2, 4]


def test_what_is_not_eligible_takes_no_rank_away() -> None:
    assert rank_of(3, 2, 1, eligible=[False, True, True]) == [None, 1, 2]


def test_empty_table_and_table_without_scores_have_no_ranks() -> None:
    assert rank_of() == []
    assert rank_of(None, None) == [None, None]


@given(st.lists(st.none() | st.integers(-3, 3), max_size=12))
def test_rank_is_one_more_than_the_number_of_strictly_better_scores(
    scores: list[int | None],
) -> None:
    expected = [
        None if score is None else 1 + sum(other is not None and other > score for other in scores)
        for score in scores
    ]

    assert rank_of(*scores) == expected


@given(st.lists(st.tuples(*[st.none() | st.integers(0, 2)] * 3), max_size=10))
def test_steps_only_order_equals(rows: list[tuple[int | None, ...]]) -> None:
    keys = pd.DataFrame(rows, columns=["score", "second", "third"], dtype=object)
    everybody = pd.Series([True] * len(rows), dtype=bool)

    by_score = competition_ranks(keys[["score"]], eligible=everybody)
    by_all = competition_ranks(keys, eligible=everybody)

    assert list(by_score[RANK].notna()) == list(by_all[RANK].notna())
    ranked = [at for at in range(len(rows)) if not pd.isna(by_all[RANK][at])]
    for at in ranked:
        for other in ranked:
            if by_score[RANK][at] < by_score[RANK][other]:
                assert by_all[RANK][at] < by_all[RANK][other]
            if at != other and by_all[RANK][at] == by_all[RANK][other]:
                assert by_all[TIED][at]


def test_step_is_the_last_one_that_separated() -> None:
    keys = pd.DataFrame(
        {"score": [5, 5, 5, 5, 1], "second": [2, 1, 1, 1, 9], "third": [0, 1, 0, 0, 9]}
    )

    result = competition_ranks(keys, eligible=pd.Series([True] * 5))

    assert list(result[RANK]) == [1, 2, 3, 3, 5]
    assert list(result[TIE_STEP]) == ["second", "third", "third", "third", None]
    assert list(result[TIED]) == [False, False, True, True, False]


def test_step_is_passed_over_only_within_the_group_that_lacks_a_value() -> None:
    keys = pd.DataFrame({"score": [5, 5, 4, 4], "second": pd.Series([2, None, 1, 2], dtype=object)})

    result = competition_ranks(keys, eligible=pd.Series([True] * 4))

    assert list(result[RANK]) == [1, 1, 4, 3]


# ---- by metric -------------------------------------------------------------------------------
def test_metric_is_rounded_to_its_public_digits_before_ranking() -> None:
    scores = table_of(accuracy=[0.8149, 0.8151, 0.805, 0.7])

    table = rank_metric(scores, BY_ACCURACY)

    assert ranks(table) == {"b": 1, "a": 2, "c": 2, "d": 4}
    assert list(table[SCORE]) == [D("0.82"), D("0.81"), D("0.81"), D("0.70")]
    assert list(table["accuracy"]) == list(table[SCORE])


def test_lower_is_better_where_the_metric_says_so() -> None:
    table = rank_metric(table_of(log_loss=[0.3, 0.1, 0.2]), MetricRanking(metric=LOSS))

    assert ranks(table) == {"b": 1, "c": 2, "a": 3}


def test_tie_chain_uses_each_metric_in_its_own_direction() -> None:
    scores = table_of(accuracy=[0.8, 0.8, 0.8, 0.9], log_loss=[0.3, 0.1, 0.1, 9.0])

    table = rank_metric(scores, MetricRanking(metric=ACCURACY, tie_chain=(LOSS,)))

    assert ranks(table) == {"d": 1, "b": 2, "c": 2, "a": 4}
    assert list(table[TIE_STEP]) == [None, "log_loss", "log_loss", "log_loss"]
    assert list(table[TIED]) == [False, True, True, False]


def test_unscored_rows_stand_last_as_they_came() -> None:
    scores = table_of(accuracy=[np.nan, 0.1, np.inf, 0.9, None, -np.inf])

    table = rank_metric(scores, BY_ACCURACY)

    assert ranks(table) == {"d": 1, "b": 2, "a": None, "c": None, "e": None, "f": None}
    assert list(table[REASON]) == [None, None, *[Unranked.NO_SCORE] * 4]


def test_baselines_stand_in_their_places_without_a_rank() -> None:
    scores = table_of(
        accuracy=[0.5, 0.5, 0.9, 0.4, np.nan, np.nan],
        baseline=[True, False, True, False, False, True],
    )

    table = rank_metric(scores, BY_ACCURACY)

    assert ranks(table) == {"c": None, "b": 1, "a": None, "d": 2, "e": None, "f": None}
    assert list(table[REASON]) == [
        Unranked.BASELINE,
        None,
        Unranked.BASELINE,
        None,
        Unranked.NO_SCORE,
        Unranked.BASELINE,
    ]


def test_equal_submissions_keep_the_order_in_which_they_came() -> None:
    scores = table_of(accuracy=[0.5] * 6).iloc[::-1]

    assert list(rank_metric(scores, BY_ACCURACY)[SUBMISSION]) == list("fedcba")


def test_negative_metrics_are_ranked_by_value() -> None:
    table = rank_metric(table_of(accuracy=[-0.5, 0.0, -0.004, -0.25]), BY_ACCURACY)

    assert ranks(table) == {"b": 1, "c": 1, "d": 3, "a": 4}


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.none() | st.floats(), st.none() | st.floats(), st.booleans())),
    st.randoms(use_true_random=False),
)
def test_ranks_do_not_depend_on_the_order_of_rows(rows, random) -> None:
    scores = pd.DataFrame(rows, columns=["accuracy", "log_loss", BASELINE]).astype(
        {"accuracy": float, "log_loss": float, BASELINE: bool}
    )
    scores[SUBMISSION] = range(len(rows))
    order = list(range(len(rows)))
    random.shuffle(order)
    settings = MetricRanking(metric=ACCURACY, tie_chain=(LOSS,))

    first = rank_metric(scores, settings)
    second = rank_metric(scores.iloc[order], settings)

    assert ranks(first) == ranks(second)
    counted = first[RANK].notna()
    assert counted.sum() == (first[SCORE].notna() & ~first[BASELINE]).sum()
    assert (first[RANK][counted] <= counted.sum()).all()


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4, st.booleans()), max_size=9))
def test_chain_orders_by_metrics_then_by_the_last_steps(rows) -> None:
    columns = ["accuracy", "log_loss", TRIES, HAND_IN, BASELINE]
    scores = pd.DataFrame(rows, columns=columns).astype(
        {"accuracy": float, "log_loss": float, BASELINE: bool}
    )
    scores[SUBMISSION] = range(len(rows))
    chain = MetricRanking(metric=ACCURACY, tie_chain=(LOSS,), last_steps=(TRIES, HAND_IN))

    found = ranks(rank_metric(scores, chain))

    keys = [None if row[4] else (-row[0], *row[1:4]) for row in rows]
    assert [found[at] for at in range(len(rows))] == [
        None if key is None else 1 + sum(other is not None and other < key for other in keys)
        for key in keys
    ]


@settings(max_examples=50)
@given(st.lists(st.floats(-1, 1), min_size=1), st.data())
def test_better_score_never_ranks_worse(values: list[float], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(values) - 1))
    better = list(values)
    better[at] = data.draw(st.floats(values[at], 2))
    frames = [pd.DataFrame({SUBMISSION: range(len(v)), "accuracy": v}) for v in (values, better)]

    before, after = (ranks(rank_metric(frame, BY_ACCURACY))[at] for frame in frames)

    assert after <= before


def test_submission_with_two_scores_is_refused() -> None:
    scores = pd.DataFrame({SUBMISSION: ["a", "a"], "accuracy": [0.1, 0.2]})

    with pytest.raises(RankingError) as raised:
        rank_metric(scores, BY_ACCURACY)

    assert raised.value.code == "duplicate_submission"


@pytest.mark.slow
def test_hundred_thousand_submissions_are_ranked_exactly() -> None:
    random = np.random.default_rng(1)
    units = random.integers(0, 10_001, 100_000)
    scores = pd.DataFrame({SUBMISSION: range(100_000), "accuracy": units / 10_000})
    settings = MetricRanking(
        metric=RankedMetric(key="accuracy", direction=Direction.HIGHER, digits=4)
    )

    table = rank_metric(scores, settings)

    expected = pd.Series(-units).rank(method="min").astype(int)
    assert table.set_index(SUBMISSION)[RANK].sort_index().tolist() == expected.tolist()


# ---- combined --------------------------------------------------------------------------------
HALF = Combination(
    jury_weight=D(60), metric_weight=D(40), baseline=D("0.50"), target=D("0.90"), digits=1
)


def jury_table(**scores: str | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            SUBMISSION: list(scores),
            SCORE: pd.Series([None if s is None else D(s) for s in scores.values()], dtype=object),
        }
    )


def test_metric_is_mapped_between_baseline_and_target_and_clipped() -> None:
    values = ["0.40", "0.50", "0.60", "0.899", "0.90", "0.95"]

    points = [metric_to_points(D(value), HALF) for value in values]

    assert points == [D("0.0"), D("0.0"), D("25.0"), D("99.8"), D("100.0"), D("100.0")]


def test_metric_where_lower_is_better_has_the_smaller_target() -> None:
    settings = Combination(
        jury_weight=D(50), metric_weight=D(50), baseline=D(2), target=D("0.5"), digits=0
    )

    points = [metric_to_points(D(value), settings) for value in ("3", "2", "1.25", "0.5", "0.1")]

    assert points == [0, 0, 50, 100, 100]


def test_parts_add_up_and_decide_the_rank() -> None:
    jury = jury_table(a="80.05", b="70.00", c="90.00")
    metric = jury_table(b="0.90", a="0.60", c="0.50")

    table = combine(jury, metric, HALF, submissions=["a", "b", "c"])

    columns = [
        SUBMISSION, RANK, SCORE, JURY_PART, METRIC_PART, JURY_POINTS, METRIC_POINTS, METRIC_VALUE,
    ]  # fmt: skip
    assert table[columns].to_numpy().tolist() == [
        ["b", 1, D("82.0"), D("42.0"), D("40.0"), D("70.00"), D("100.0"), D("0.90")],
        ["a", 2, D("58.0"), D("48.0"), D("10.0"), D("80.05"), D("25.0"), D("0.60")],
        ["c", 3, D("54.0"), D("54.0"), D("0.0"), D("90.00"), D("0.0"), D("0.50")],
    ]


def test_without_one_part_there_is_no_score_and_no_rank_but_the_other_part_is_shown() -> None:
    jury = jury_table(a="80", b=None)
    metric = jury_table(b="0.9", a=None)

    table = combine(jury, metric, HALF, submissions=["a", "b", "c"])

    assert ranks(table) == {"a": None, "b": None, "c": None}
    assert table[[SCORE, JURY_PART, METRIC_PART, REASON]].to_numpy().tolist() == [
        [None, D("48.0"), None, Unranked.NO_METRIC_SCORE],
        [None, None, D("40.0"), Unranked.NO_JURY_SCORE],
        [None, None, None, Unranked.NO_JURY_SCORE],
    ]


def test_baseline_of_the_metric_has_no_rank() -> None:
    jury = jury_table(a="80", base="80")
    metric = jury_table(a="0.9", base="0.9").assign(**{BASELINE: [False, True]})

    table = combine(jury, metric, HALF, submissions=["base", "a"])

    assert ranks(table) == {"a": 1, "base": None}
    assert list(table[REASON]) == [None, Unranked.BASELINE]


def test_tie_is_kept_unless_the_published_chain_decides() -> None:
    settings = {"baseline": D(0), "target": D(100), "jury_weight": D(50), "metric_weight": D(50)}
    jury, metric = jury_table(a="80", b="60"), jury_table(a="60", b="80")

    tied = combine(jury, metric, Combination(**settings), submissions=["a", "b"])
    decided = combine(
        jury, metric, Combination(**settings, tie_chain=(METRIC_POINTS,)), submissions=["a", "b"]
    )

    assert ranks(tied) == {"a": 1, "b": 1}
    assert ranks(decided) == {"b": 1, "a": 2}
    assert list(decided[TIE_STEP]) == [METRIC_POINTS, METRIC_POINTS]


def test_ranking_of_the_metric_feeds_the_combined_one() -> None:
    scores = table_of(accuracy=[0.5, 0.9, np.nan, 0.7], baseline=[True, False, False, False])
    metric = rank_metric(scores, BY_ACCURACY)

    table = combine(jury_table(b="50", d="100"), metric, HALF, submissions=list("abcd"))

    assert ranks(table) == {"d": 1, "b": 2, "a": None, "c": None}


decimals = st.integers(0, 10_000).map(lambda units: D(units) / 100)


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(decimals, decimals), min_size=1),
    st.integers(1, 99),
    st.integers(0, 4),
    st.booleans(),
)
def test_printed_parts_add_up_and_better_never_ranks_worse(
    rows: dict[str, tuple[Decimal, Decimal]], weight: int, digits: int, lower: bool
) -> None:
    ends = (D(90), D(10)) if lower else (D(10), D(90))
    settings = Combination(
        jury_weight=D(weight),
        metric_weight=D(100 - weight),
        baseline=ends[0],
        target=ends[1],
        digits=digits,
    )
    frames = [
        pd.DataFrame({SUBMISSION: list(rows), SCORE: pd.Series(column, dtype=object)})
        for column in zip(*rows.values(), strict=True)
    ]

    table = combine(*frames, settings, submissions=list(rows))

    for row in table.to_dict("records"):
        assert row[JURY_PART] + row[METRIC_PART] == row[SCORE]
        assert 0 <= row[SCORE] <= 100
        for other in table.to_dict("records"):
            value, than = row[METRIC_VALUE], other[METRIC_VALUE]
            at_least = value <= than if lower else value >= than
            if row[JURY_POINTS] >= other[JURY_POINTS] and at_least:
                assert row[RANK] <= other[RANK]


@pytest.mark.parametrize(
    ("jury", "submissions", "code"),
    [
        (
            pd.DataFrame({SUBMISSION: ["a", "a"], SCORE: [D(1), D(2)]}),
            ["a"],
            "duplicate_submission",
        ),
        (jury_table(x="1"), ["a"], "unknown_submission"),
        (jury_table(a="1"), ["a", "a"], "duplicate_submission"),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    jury: pd.DataFrame, submissions: list[str], code: str
) -> None:
    with pytest.raises(RankingError) as raised:
        combine(jury, jury_table(a="1"), HALF, submissions=submissions)

    assert raised.value.code == code


# ---- settings and words ----------------------------------------------------------------------
@pytest.mark.parametrize(
    "settings",
    [
        {"jury_weight": D(60), "metric_weight": D(60)},
        {"jury_weight": D(100), "metric_weight": D(0)},
        {"jury_weight": D("NaN"), "metric_weight": D(50)},
        {"target": D("0.50")},
        {"target": D("Infinity")},
        {"tie_chain": ("name",)},
        {"tie_chain": (JURY_POINTS, JURY_POINTS)},
        {"digits": -1},
    ],
)
def test_combination_that_contradicts_itself_cannot_be_made(settings: dict[str, object]) -> None:
    good = {
        "jury_weight": D(60),
        "metric_weight": D(40),
        "baseline": D("0.50"),
        "target": D("0.90"),
    }

    with pytest.raises(ValueError, match=r"\.$"):
        Combination(**(good | settings))


def test_metric_stands_in_a_ranking_once_and_under_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="once"):
        MetricRanking(metric=ACCURACY, tie_chain=(ACCURACY,))
    with pytest.raises(ValueError, match="column"):
        MetricRanking(metric=RankedMetric(key=RANK, direction=Direction.HIGHER, digits=2))
    with pytest.raises(ValueError, match="digits"):
        RankedMetric(key="accuracy", direction=Direction.HIGHER, digits=13)


def test_rules_are_registered_and_explain_themselves() -> None:
    assert [(r.key, r.version) for r in RANKING_RULES.values()] == [
        ("metric", 1),
        ("weighted", 1),
        ("jury", 1),
        ("combined", 1),
    ]
    assert all(rule.definition.endswith(".") for rule in RANKING_RULES.values())


# ---- several metrics -------------------------------------------------------------------------
TWO = (
    Weight(key="a", weight=Decimal("33.33"), baseline=Decimal(0), target=Decimal(1)),
    Weight(key="b", weight=Decimal("66.67"), baseline=Decimal(20), target=Decimal(-1)),
)


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({"a": Decimal(1), "b": Decimal(-1)}, "100.00"),
        ({"a": Decimal(7), "b": Decimal(-30)}, "100.00"),
        ({"a": Decimal(-1), "b": Decimal(21)}, "0.00"),
        # 12.35 × 0.3333 = 4.116…, 52.38 × 0.6667 = 34.921…
        ({"a": Decimal("0.12345"), "b": Decimal(9)}, "39.04"),
        ({"a": None, "b": Decimal(1)}, None),
        ({"b": Decimal(1)}, None),
    ],
)
def test_weighted_points_are_the_sum_of_their_printed_parts(values, points) -> None:
    assert weighted(values, TWO) == (None if points is None else Decimal(points))


@given(st.lists(st.tuples(st.decimals(-2, 2, places=3), st.integers(1, 9999)), min_size=1))
def test_weighted_points_lie_between_0_and_100_and_grow_with_each_metric(cases) -> None:
    """Whatever the weights are, as long as they add up to 100."""
    first, share = cases[0]
    rest = Decimal(10000 - share) / 100
    weights = [
        Weight(key=key, weight=weight, baseline=Decimal(-1), target=Decimal(1))
        for key, weight in (("a", Decimal(share) / 100), ("b", rest))
    ]
    found = [
        weighted({"a": value, "b": first}, weights) for value in sorted(v for v, _share in cases)
    ]

    assert found == sorted(found)
    assert all(0 <= value <= 100 for value in found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": Decimal(0)},
        {"weight": Decimal("100.01")},
        {"weight": Decimal("NaN")},
        {"target": Decimal(0)},
        {"target": Decimal("Infinity")},
    ],
)
def test_weight_that_cannot_be_used_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"\."):
        replace(TWO[0], **wrong)


@pytest.mark.parametrize(
    ("key", "chain", "weights"),
    [
        ("a", ("b",), TWO),  # the points are what ranks
        (WEIGHTED, ("a",), TWO),  # b is measured nowhere
        (WEIGHTED, ("a", "b"), TWO[:1]),  # 33.33
    ],
)
def test_ranking_by_weights_that_do_not_fit_is_refused(key, chain, weights) -> None:
    def ranked(name):
        return RankedMetric(key=name, direction=Direction.HIGHER, digits=2)

    with pytest.raises(ValueError, match=r"\."):
        MetricRanking(metric=ranked(key), tie_chain=tuple(map(ranked, chain)), weights=weights)
