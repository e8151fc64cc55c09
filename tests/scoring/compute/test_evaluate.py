"""A file against the truth: matched by id, per split, per metric, per group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute.evaluate import EvaluationError, evaluate
from scoring.compute.groups import differ_by_few, grouping
from scoring.compute.metrics import get_metric
from scoring.compute.schema import (
    Interval,
    MetricValue,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Split,
)
from scoring.compute.truth import Truth, TruthError, build_truth, truth_format
from tests.scoring.compute.making import LABEL, NUMBER, PROBABILITY, read

ACCURACY = get_metric("accuracy")


def truth_of(content: str, fmt: PredictionFormat, **columns: Any) -> Truth:
    """Read a ground truth file the way the product does."""
    check = read(content, truth_format(fmt, **columns))
    assert check.table is not None, check.problems
    return build_truth(check.table, fmt, **columns)


def predictions(content: str, truth: Truth) -> PredictionTable:
    """Read a prediction file the way the product does."""
    check = read(content, truth.format, truth.expected_ids())
    assert check.table is not None, check.problems
    return check.table


def test_values_are_computed_per_split_and_metric() -> None:
    truth = truth_of(
        "id,class,split\nb,dog,public\na,cat,public\nd,dog,private\nc,cat,private\n",
        LABEL,
        split_column="split",
    )
    table = predictions("id,class\na,cat\nb,dog\nc,dog\nd,dog\n", truth)

    result = evaluate(table, truth, [ACCURACY, get_metric("mcc")], seed=5)

    assert result.n == 4
    assert [(v.metric, v.split, v.n, v.value) for v in result.values] == [
        ("accuracy", Split.PUBLIC, 2, 1.0),
        ("mcc", Split.PUBLIC, 2, 1.0),
        ("accuracy", Split.PRIVATE, 2, 0.5),
        ("mcc", Split.PRIVATE, 2, 0.0),
    ]
    assert result.value("accuracy", Split.PRIVATE) == result.values[2]
    with pytest.raises(KeyError):
        result.value("accuracy", Split.ALL)


def test_without_a_split_there_is_one_value_over_all_cases() -> None:
    truth = truth_of("id,class\na,cat\nb,dog\n", LABEL)

    result = evaluate(predictions("id,class\nb,dog\na,dog\n", truth), truth, [ACCURACY], seed=1)

    assert result.values == (
        MetricValue(
            metric="accuracy",
            split=Split.ALL,
            n=2,
            value=0.5,
            interval=Interval(
                low=pytest.approx(0.0945, abs=1e-4),
                high=pytest.approx(0.9055, abs=1e-4),
                level=0.95,
                method="wilson",
            ),
        ),
    )


def test_truth_of_probabilities_is_0_or_1() -> None:
    truth = truth_of("id,p\na,1\nb,0\n", PROBABILITY)
    table = predictions("id,p\nb,0.2\na,0.6\n", truth)

    result = evaluate(table, truth, [get_metric("brier"), get_metric("roc_auc")], seed=1)

    assert [v.value for v in result.values] == [pytest.approx(0.1), 1.0]


@given(
    st.dictionaries(
        st.text(st.sampled_from("ab01ä"), min_size=1, max_size=4),
        st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
        min_size=2,
    ),
    st.randoms(use_true_random=False),
)
def test_value_does_not_depend_on_the_order_of_either_file(cases, random) -> None:
    values = {}
    for name in ("first", "second"):
        ids = list(cases)
        random.shuffle(ids)
        truth = build_truth(
            PredictionTable(ids=tuple(ids), values=tuple(float(cases[i][0]) for i in ids)), NUMBER
        )
        random.shuffle(ids)
        table = PredictionTable(ids=tuple(ids), values=tuple(float(cases[i][1]) for i in ids))
        values[name] = evaluate(table, truth, [get_metric("mae")], seed=1).values[0].value

    expected = np.mean([abs(a - b) for a, b in cases.values()])
    assert values["first"] == pytest.approx(values["second"])
    assert values["first"] == pytest.approx(expected)


def test_metric_without_a_value_on_a_split_says_why() -> None:
    truth = truth_of(
        "id,p,split\na,1,public\nb,0,public\nc,1,private\nd,1,private\n",
        PROBABILITY,
        split_column="split",
    )
    table = predictions("id,p\na,0.9\nb,0.1\nc,0.5\nd,0.5\n", truth)

    result = evaluate(table, truth, [get_metric("roc_auc")], seed=1)

    assert result.value("roc_auc", Split.PUBLIC).value == 1.0
    assert result.value("roc_auc", Split.PRIVATE) == MetricValue(
        metric="roc_auc", split=Split.PRIVATE, n=2, value=None, error="one_class"
    )


def test_overflow_of_a_prediction_is_no_score() -> None:
    fmt = PredictionFormat(id_column="id", target_column="y", kind=PredictionKind.NUMBER)
    truth = truth_of("id,y\na,0\nb,0\n", fmt)
    table = predictions("id,y\na,1e200\nb,0\n", truth)

    (value,) = evaluate(table, truth, [get_metric("rmse")], seed=1).values

    assert (value.value, value.error) == (None, "not_finite")


# ---- groups ----------------------------------------------------------------------------------
def test_groups_have_values_and_small_ones_are_merged() -> None:
    sizes = {"nord": 3, "ost": 2, "süd": 1, "west": 4}
    rows = [(f"{name}{n}", name) for name, size in sizes.items() for n in range(size)]
    truth = truth_of(
        "id,class,region\n" + "".join(f"{i},cat,{name}\n" for i, name in rows),
        LABEL,
        group_columns=["region"],
    )
    table = predictions(
        "id,class\n"
        + "".join(f"{i},{'dog' if name in {'ost', 'west'} else 'cat'}\n" for i, name in rows),
        truth,
    )

    result = evaluate(table, truth, [ACCURACY], seed=1, smallest_group=3)

    assert [(g.group, g.n, g.value, g.error) for g in result.groups] == [
        ("nord", 3, 1.0, None),
        ("west", 4, 0.0, None),
        (None, 3, pytest.approx(1 / 3), None),
    ]


def test_merged_group_that_is_still_too_small_has_no_value() -> None:
    truth = truth_of("id,class,g\na,cat,x\nb,dog,y\n", LABEL, group_columns=["g"])
    table = predictions("id,class\na,cat\nb,dog\n", truth)

    (group,) = evaluate(table, truth, [ACCURACY], seed=1, smallest_group=3).groups

    assert (group.group, group.n, group.value, group.error) == (None, 2, None, "group_too_small")


def test_each_column_has_its_groups_and_they_are_the_same_in_each_part() -> None:
    rows = [
        (f"{part}{at}", "cat", "ost" if at < east else "west", "alt" if at % 2 else "jung", part)
        for part, east in (("public", 4), ("private", 1))
        for at in range(8)
    ]
    truth = truth_of(
        "id,class,region,age,split\n" + "".join(",".join(row) + "\n" for row in rows),
        LABEL,
        split_column="split",
        group_columns=["region", "age"],
    )
    table = predictions(
        "id,class\n" + "".join(f"{row[0]},{'cat' if row[3] == 'alt' else 'dog'}\n" for row in rows),
        truth,
    )

    result = evaluate(table, truth, [ACCURACY], seed=None, smallest_group=3)

    # One row of "ost" in the hidden part is too few, and nothing else is left to merge it with.
    for part in (Split.PUBLIC, Split.PRIVATE):
        assert [(g.column, g.group, g.n, g.value) for g in result.groups if g.split is part] == [
            ("region", None, 8, 0.5),
            ("age", "alt", 4, 1.0),
            ("age", "jung", 4, 0.0),
        ]


def named(sizes: dict[str, int]) -> list[str]:
    return [name for name, size in sizes.items() for _case in range(size)]


@pytest.mark.parametrize(
    ("sizes", "names", "merged"),
    [
        ({"a": 3, "b": 4}, ("a", "b"), ()),
        # One group that is too small would be known by subtraction: the next one joins it.
        ({"a": 1, "b": 4, "c": 5}, ("c", None), ("a", "b")),
        ({"a": 1, "b": 2, "c": 5}, ("c", None), ("a", "b")),
        ({"a": 1, "b": 1, "c": 5, "d": 3}, ("c", None), ("a", "b", "d")),
        ({"": 3, "b": 4}, ("b", None), ()),
        ({"": 1, "b": 4, "c": 3}, ("b", None), ("c",)),
        ({"a": 1, "b": 4}, (None,), ("a", "b")),
    ],
)
def test_what_is_left_over_is_never_too_small(sizes, names, merged) -> None:
    cases = named(sizes)

    found = grouping(cases, [np.arange(len(cases))], smallest=3)

    assert (found.names, found.merged) == (names, merged)
    left = {name: len(own) for name, own in found.members(np.arange(len(cases)))}
    assert sum(left.values()) == len(cases)
    assert all(size >= 3 for size in left.values())


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), min_size=1, max_size=60))
def test_every_group_and_every_rest_is_large_or_nothing_is_told(cases) -> None:
    values = [name for name, _part in cases]
    parts = [
        np.array([at for at, case in enumerate(cases) if case[1] is part], dtype=np.intp)
        for part in (True, False)
    ]

    found = grouping(values, parts, smallest=4)

    sizes = np.array([found.sizes(part) for part in parts])
    assert len(found.names) == 1 or sizes.min() >= 4
    assert set(found.merged) | (set(found.names) - {None}) == set(values)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ({"a": 6, "b": 6}, {"x": 6, "y": 6}, False),  # the same groups by other names
        ({"a": 6, "b": 6}, {"x": 7, "y": 5}, True),  # one case more
        ({"a": 8, "b": 4}, {"x": 4, "y": 4, "z": 4}, False),  # nested, nothing left over
        ({"a": 9, "b": 4}, {"x": 4, "y": 4, "z": 5}, True),  # x and y together are all but one
        ({"a": 12}, {"x": 6, "y": 6}, False),
    ],
)
def test_columns_that_differ_by_few_cases_are_found(one, other, differs) -> None:
    part = np.arange(sum(one.values()))
    first, second = (grouping(named(sizes), [part], smallest=3) for sizes in (one, other))

    assert differ_by_few(first, second, [part], smallest=3) is differs
    assert differ_by_few(second, first, [part], smallest=3) is differs


def test_columns_that_cross_tell_nothing_about_few_cases() -> None:
    part = np.arange(40)
    first = grouping(["a", "b"] * 20, [part], smallest=10)
    second = grouping(named({"x": 20, "y": 20}), [part], smallest=10)

    assert not differ_by_few(first, second, [part], smallest=10)


# ---- what does not belong together -----------------------------------------------------------
@pytest.mark.parametrize(
    ("ids", "values", "code"),
    [
        (("a",), ("cat",), "ids_do_not_match"),
        (("a", "a"), ("cat", "dog"), "ids_do_not_match"),
        (("a", "c"), ("cat", "dog"), "ids_do_not_match"),
        (("a", "b" * 100_000), ("cat", "dog"), "ids_do_not_match"),
        (("a", "b"), ("cat",), "ids_do_not_match"),
        ((), (), "ids_do_not_match"),
        (("a", "b"), ("cat", "fish"), "unknown_label"),
    ],
)
def test_table_that_was_not_checked_is_refused(
    ids: tuple[str, ...], values: tuple[str, ...], code: str
) -> None:
    truth = truth_of("id,class\na,cat\nb,dog\n", LABEL)

    with pytest.raises(EvaluationError) as raised:
        evaluate(PredictionTable(ids=ids, values=values), truth, [ACCURACY], seed=1)

    assert raised.value.code == code


def test_metric_of_another_kind_is_refused() -> None:
    truth = truth_of("id,class\na,cat\nb,dog\n", LABEL)
    table = predictions("id,class\na,cat\nb,dog\n", truth)

    with pytest.raises(EvaluationError) as raised:
        evaluate(table, truth, [get_metric("rmse")], seed=1)

    assert raised.value.code == "wrong_kind"


@pytest.mark.parametrize(
    ("fmt", "ids", "values", "splits", "code"),
    [
        (LABEL, (), (), None, "no_rows"),
        (LABEL, ("a", "b"), ("cat",), None, "different_lengths"),
        (LABEL, ("a", ""), ("cat", "cat"), None, "id_empty"),
        (LABEL, ("a", "a"), ("cat", "cat"), None, "id_duplicate"),
        (LABEL, ("a\N{COMBINING DIAERESIS}",), ("cat",), None, "id_not_normalised"),
        (LABEL, ("a",), ("fish",), None, "unknown_label"),
        (NUMBER, ("a",), ("x",), None, "not_finite"),
        (NUMBER, ("a",), (float("inf"),), None, "not_finite"),
        (NUMBER, ("a",), (5000.0,), None, "out_of_range"),
        (PROBABILITY, ("a",), (0.5,), None, "not_binary"),
        (LABEL, ("a", "b"), ("cat", "cat"), ("public", "secret"), "unknown_split"),
        (LABEL, ("a", "b"), ("cat", "cat"), ("public", "public"), "empty_split"),
        (LABEL, ("a", "b"), ("cat", "cat"), ("public",), "different_lengths"),
    ],
)
def test_truth_that_cannot_be_used_is_refused(fmt, ids, values, splits, code) -> None:
    table = PredictionTable(ids=ids, values=values, texts={"split": splits} if splits else {})

    with pytest.raises(TruthError) as raised:
        build_truth(table, fmt, split_column="split" if splits else None)

    assert raised.value.code == code
    assert str(raised.value) == code
