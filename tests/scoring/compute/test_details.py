"""What is told beside the values: right, and too coarse to tell about a single case."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.details import Rule, calibration, confusion, details, errors
from scoring.compute.metrics import get_metric
from scoring.compute.schema import DetailKind, PredictionFormat, PredictionKind, PredictionTable
from scoring.compute.truth import build_truth

LABELS = ("a", "b", "c", "d")
# As if nothing had to be hidden.
EXACT = Rule(smallest=1, step=1)


def columns(*counts: tuple[int, int, int]) -> tuple[Any, Any]:
    """Return columns with so many cases of (true, predicted, cases)."""
    truth = np.concatenate([np.full(n, right) for right, _named, n in counts])
    return truth, np.concatenate([np.full(n, named) for _right, named, n in counts])


def test_confusion_rounds_counts_and_leaves_small_cells_untold() -> None:
    truth, predicted = columns((0, 0, 33), (0, 1, 12), (0, 2, 9), (1, 1, 48), (2, 2, 9), (3, 3, 4))

    assert confusion(truth, predicted, LABELS, Rule()) == {
        "smallest": 10,
        "step": 5,
        "labels": ["a", "b"],
        "merged": ["c", "d"],
        "rows": [
            {"at": 0, "n": 55, "cells": [35, 10, None]},
            {"at": 1, "n": 50, "cells": [None, 50, None]},
            # Nine of c and four of d, taken together.
            {"at": 2, "n": 15, "cells": [None, None, 15]},
        ],
    }


def test_confusion_merges_all_but_the_most_frequent_classes() -> None:
    labels = tuple(f"{number:02}" for number in range(30))
    truth = np.repeat(np.arange(30), np.arange(20, 50))

    found = confusion(truth, truth, labels, Rule())

    assert found is not None
    assert (found["labels"], found["merged"]) == (list(labels[10:]), list(labels[:10]))


def test_classes_too_small_even_together_are_not_told() -> None:
    found = confusion(*columns((0, 0, 20), (1, 1, 4)), LABELS, Rule())

    assert found is not None
    assert [row["at"] for row in found["rows"]] == [0]
    assert confusion(*columns((0, 0, 9), (1, 1, 9)), LABELS, Rule()) is None


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=40, max_size=120))
def test_no_cell_tells_of_fewer_than_the_smallest_number(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = (np.array(column) for column in zip(*pairs, strict=True))

    found = confusion(truth, predicted, LABELS, Rule())

    told = [cell for row in (found or {"rows": []})["rows"] for cell in row["cells"]]
    assert {cell for cell in told if cell is not None and (cell < 10 or cell % 5)} == set()


def test_one_case_more_or_less_is_seen_in_one_of_five_steps_at_most() -> None:
    shown = [Rule().cell(cases) for cases in range(10, 110)]

    assert sum(one != other for one, other in pairwise(shown)) <= 20


def test_calibration_compares_what_is_stated_with_what_happens() -> None:
    stated = np.r_[np.full(40, 0.15), np.full(60, 0.85)]
    right = np.r_[np.ones(10), np.zeros(30), np.ones(30), np.zeros(30)]

    found = calibration(right, stated, Rule())

    assert found is not None
    shown = [(row["low"], row["high"], row["n"], row["stated"]) for row in found["bins"]]
    assert shown == [(0.0, 0.2, 40, 0.15), (0.2, 1.0, 60, 0.85)]
    assert [row["observed"] for row in found["bins"]] == [0.25, 0.5]
    assert [row["from"] <= row["stated"] <= row["to"] for row in found["bins"]] == [True, False]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_parts_of_the_error_add_up_to_the_metric_where_nothing_is_rounded(
    cases: list[tuple[float, bool]],
) -> None:
    stated, right = (np.array(column, dtype=float) for column in zip(*cases, strict=True))
    # Two in each bin, so that none is merged; and two digits, as told.
    stated, right = np.round(np.r_[stated, stated], 2), np.r_[right, right]
    of_bin = np.searchsorted(np.linspace(0, 1, 11)[1:-1], stated)
    means = np.array([stated[of_bin == at].mean() for at in of_bin])

    found = calibration(right, np.round(means, 2), EXACT)

    assert found is not None
    expected = get_metric("calibration_error").compute(right, np.round(means, 2))
    assert sum(row["gap"] for row in found["bins"]) == pytest.approx(expected, abs=0.006)


def test_too_few_cases_tell_nothing() -> None:
    nineteen = np.linspace(0.0, 1.0, 19)

    assert calibration(np.ones(19), nineteen, Rule()) is None
    assert errors(nineteen, nineteen, Rule()) is None


def test_errors_lean_and_grow_as_they_do() -> None:
    truth = np.arange(200.0)
    predicted = truth + np.where(truth < 100, 2.0, np.where(truth % 2, 10.0, -10.0))

    found = errors(truth, predicted, Rule())

    assert found is not None
    assert (found["n"], found["unit"]) == (200, 0.5)
    assert [row["share"] for row in found["quantiles"]] == [0.1, 0.25, 0.5, 0.75, 0.9]
    assert [row["value"] for row in found["quantiles"]] == [-10.0, -4.0, 2.0, 5.0, 10.0]
    first, last = found["bins"][0], found["bins"][-1]
    assert (first["bias"], first["absolute"], last["absolute"]) == (2.0, 2.0, 10.0)


def test_one_true_number_cannot_be_read_off_by_moving_one_prediction() -> None:
    """A prediction far off all others, or in their middle, is not what is told."""
    random = np.random.default_rng(1)
    truth = random.normal(50, 10, 400)
    aside = np.where(np.arange(400) % 2, 1e6, -1e6)
    aside[7] = truth[7] + 3.0  # the median error is the one of this case

    found = errors(truth, aside, Rule())
    far = errors(truth, np.r_[1e9, truth[1:] + random.normal(0, 1, 399)], Rule())

    assert found is not None
    assert far is not None
    assert abs(found["quantiles"][2]["value"]) < 1e6
    assert found["quantiles"][2]["value"] != pytest.approx(3.0, abs=1.0)
    assert max(abs(row["value"]) for row in far["quantiles"]) < 1e8
    assert all(row["n"] >= 20 for part in (found, far) for row in part["bins"])


def test_perfect_and_overflowing_numbers_do_no_harm() -> None:
    truth = np.linspace(-1.0, 1.0, 100)

    perfect = errors(truth, truth, Rule())

    assert perfect is not None
    assert {row["absolute"] for row in perfect["bins"]} == {0.0}
    assert errors(np.full(100, -1.7e308), np.full(100, 1.7e308), Rule()) is None


@pytest.mark.parametrize(
    ("kind", "values", "kinds"),
    [
        (PredictionKind.LABEL, ("a", "b"), {DetailKind.CONFUSION}),
        (PredictionKind.PROBABILITY, (0.2, 0.7), {DetailKind.CALIBRATION}),
        (PredictionKind.NUMBER, (1.0, 2.0), {DetailKind.ERRORS}),
        (
            PredictionKind.DISTRIBUTION,
            ((0.7, 0.3), (0.2, 0.8)),
            {DetailKind.CONFUSION, DetailKind.CALIBRATION},
        ),
        (PredictionKind.LABELS, ("a", "a|b"), set()),
        (PredictionKind.RANKING, ("a", "a|b"), set()),
    ],
)
def test_each_kind_of_prediction_has_its_details_for_each_part(
    kind: PredictionKind, values: tuple[Any, ...], kinds: set[DetailKind]
) -> None:
    plain = {PredictionKind.NUMBER, PredictionKind.PROBABILITY}
    labels = () if kind in plain else ("a", "b")
    fmt = PredictionFormat(id_column="id", target_column="x", kind=kind, labels=labels)
    right = {
        PredictionKind.PROBABILITY: ("0", "1"),
        PredictionKind.NUMBER: (1.0, 2.5),
    }.get(kind, ("a", "b"))
    ids = tuple(f"{number:03}" for number in range(120))
    parts = tuple("public" if number < 60 else "private" for number in range(120))
    truth = build_truth(
        PredictionTable(ids=ids, values=right * 60, texts={"part": parts}),
        fmt,
        split_column="part",
    )

    found = details(PredictionTable(ids=ids, values=values * 60), truth)

    assert {(row.split, row.kind) for row in found} == {
        (part, name) for part in ("public", "private") for name in kinds
    }
