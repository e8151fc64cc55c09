"""Agreement: published test vectors (X-29 to X-32) and slow definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from scoring.compute.agreement import (
    generalizability,
    intraclass_correlations,
    kendall_w,
    krippendorff_alpha,
)
from scoring.compute.support import fit_with_others

N = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
    ]
)
SHROUT_FLEISS = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], dtype=float
)
TIES = np.array([[90, 85, 85, 60], [70, 80, 65, 50], [88, 77, 77, 77]], dtype=float)


@pytest.mark.parametrize(
    ("level", "alpha"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_the_published_example(level, alpha):
    assert krippendorff_alpha(KRIPPENDORFF, level) == pytest.approx(alpha, abs=5e-4)


def slow_alpha(table):
    """Compute alpha for numbers pair by pair, as it is defined."""
    units = [[x for x in column if not np.isnan(x)] for column in table.T]
    units = [unit for unit in units if len(unit) > 1]
    flat = [x for unit in units for x in unit]
    observed = sum(
        sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in units
    ) / len(flat)
    expected = sum((a - b) ** 2 for a in flat for b in flat) / (len(flat) * (len(flat) - 1))
    return 1 - observed / expected


@pytest.mark.parametrize("seed", range(4))
def test_alpha_equals_its_definition_with_gaps(seed):
    chance = np.random.default_rng(seed)
    table = chance.normal(50, 9, (4, 9))
    table[chance.random(table.shape) < 0.3] = N

    assert krippendorff_alpha(table, "interval") == pytest.approx(slow_alpha(table))


@pytest.mark.parametrize("level", ["ordinal", "interval"])
@pytest.mark.parametrize(
    "table", [np.full((3, 4), 5.0), np.array([[1.0, N], [N, 2.0]]), np.full((2, 2), N)]
)
def test_alpha_is_undefined_without_pairs_or_variation(level, table):
    assert krippendorff_alpha(table, level) is None


def test_six_correlations_of_the_published_table():
    found = intraclass_correlations(SHROUT_FLEISS)

    assert {key: round(value, 2) for key, value in found.items()} == {
        "ICC(1,1)": 0.17,
        "ICC(A,1)": 0.29,
        "ICC(C,1)": 0.71,
        "ICC(1,k)": 0.44,
        "ICC(A,k)": 0.62,
        "ICC(C,k)": 0.91,
    }


@pytest.mark.parametrize("table", [KRIPPENDORFF, SHROUT_FLEISS[:1], np.full((3, 4), 5.0)])
def test_correlations_need_a_complete_table_that_varies(table):
    assert intraclass_correlations(table) is None


def test_concordance_of_the_worked_example_with_ties():
    found = kendall_w(TIES)

    assert (found.w, found.chi_squared, found.p) == (
        pytest.approx(0.7067, abs=5e-5), pytest.approx(6.36), pytest.approx(0.0954, abs=5e-5),
    )  # fmt: skip


def test_concordance_has_friedman_s_test():
    statistic, p = friedmanchisquare(*SHROUT_FLEISS.T)

    found = kendall_w(SHROUT_FLEISS)

    assert (found.chi_squared, found.p) == (pytest.approx(statistic), pytest.approx(p))


@pytest.mark.parametrize(
    ("table", "w"),
    [(np.array([[3.0, 2, 1], [30, 20, 10]]), 1), (np.array([[3.0, 2, 1], [1, 2, 3]]), 0)],
)
def test_concordance_is_one_for_the_same_order_and_zero_for_the_opposite(table, w):
    assert kendall_w(table).w == pytest.approx(w)


@pytest.mark.parametrize("table", [KRIPPENDORFF, TIES[:1], np.full((3, 4), 5.0)])
def test_concordance_needs_two_jurors_a_complete_table_and_an_order(table):
    assert kendall_w(table) is None


def test_generalizability_of_the_worked_example():
    assert generalizability(0.64, 0.36, 0.64, 3) == pytest.approx(0.6575, abs=5e-5)
    assert generalizability(0, 0, 0, 3) is None


def test_fit_leaves_the_juror_out_of_the_others():
    """X-36 c, X-51."""
    assert fit_with_others(TIES) == pytest.approx([0.9487, 0.6325, 0.7746], abs=5e-5)


def test_fit_needs_three_shared_submissions_and_spread():
    table = np.array([[1.0, 2, N, N], [1, 2, 3, 3], [5, 5, 5, 5]])

    assert fit_with_others(table)[0] is None
    assert fit_with_others(table)[2] is None
