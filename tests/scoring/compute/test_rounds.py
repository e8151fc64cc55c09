"""How far a published rule reaches, and who ranks behind the final."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.compute.rounds import above, behind, least_place, lines

ROWS = [
    (1, Decimal("91.00")),
    (2, Decimal("80.00")),
    (2, Decimal("80.00")),
    (4, Decimal("79.99")),
    (None, None),
]


@pytest.mark.parametrize(
    ("rule", "threshold", "expected"),
    [
        ("places", 1, 1),
        ("places", 2, 2),
        ("places", 3, 2),
        ("places", 4, 4),
        ("places", 99, 4),
        ("points", 92, 0),
        ("points", 91, 1),
        ("points", 80, 2),
        ("points", 79, 4),
    ],
)
def test_published_rule_reaches_down_to_a_rank(rule, threshold, expected):
    assert least_place(ROWS, rule, threshold) == expected


@pytest.mark.parametrize(
    ("least", "expected"),
    [(1, [(1, 1), (2, 3), (4, 4)]), (2, [(2, 3), (4, 4)]), (4, [(4, 4)]), (5, [])],
)
def test_line_is_never_drawn_between_equals(least, expected):
    assert lines([rank for rank, _points in ROWS], least) == expected


def test_those_above_a_line_are_the_best_first():
    ranks = {"e": None, "d": 4, "c": 2, "b": 2, "a": 1}

    assert [above(ranks, place) for place in (1, 2, 3, 4)] == [
        ["a"],
        ["a", "c", "b"],
        ["a", "c", "b"],
        ["a", "c", "b", "d"],
    ]


def test_those_who_were_cut_rank_behind_every_ranked_finalist():
    assert behind([2, 1, None], [1, 2, 2, None]) == [3, 4, 4, None]
