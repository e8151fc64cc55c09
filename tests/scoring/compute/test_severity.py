"""Strictness and adjusted scores: the test vectors of X-14 to X-16 and the model's properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from scoring.compute import severity
from scoring.compute.severity import (
    NotConnected,
    Totals,
    adjust,
    bridges,
    rank_chances,
    ridge,
    unpenalised,
    variances,
)

MISSING = np.nan
# jurors × submissions A, B, C.
VECTOR = np.array([[60, MISSING, 54], [70, 68, MISSING], [MISSING, 77, 75]], dtype=float)
# Shrout and Fleiss 1979: 6 submissions, 4 jurors.
COMPLETE = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], dtype=float
)


def panel(seed, *, submissions=40, jurors=8, each=3, quality=0.8, strictness=0.6, noise=0.8):
    """Draw a panel with a known truth: every submission is seen by `each` jurors."""
    chance = np.random.default_rng(seed)
    truth = chance.normal(0, quality, submissions)
    strict = chance.normal(0, strictness, jurors)
    table = truth + strict[:, None] + chance.normal(0, noise, (jurors, submissions))
    for at in range(submissions):
        # In turn, so that every two jurors meet sooner or later.
        seen = {(at + step * (1 + at // jurors)) % jurors for step in range(each)}
        table[[j for j in range(jurors) if j not in seen], at] = MISSING
    return truth, table


def test_unpenalised_model_gives_the_worked_example():
    quality, severity = unpenalised(Totals.of(VECTOR))

    assert quality == pytest.approx([70, 67 + 1 / 3, 64 + 2 / 3])
    assert severity == pytest.approx([-10 - 1 / 3, 1 / 3, 10])


def test_ridge_gives_the_worked_example():
    adjusted, severity = ridge(Totals.of(VECTOR), for_submissions=1, for_jurors=1)

    assert adjusted == pytest.approx([67.75, 68.625, 65.625])
    assert severity == pytest.approx([-6.4583333, 0.5416667, 5.9166667])


def test_ridge_equals_a_least_squares_fit_with_extra_rows():
    """The same model written down as one long regression."""
    _truth, table = panel(3, submissions=9, jurors=5)
    totals = Totals.of(table)
    n, s, j = len(totals.value), totals.submissions, totals.jurors
    design = np.zeros((n + s + j, 1 + s + j))
    design[:n, 0] = 1
    design[np.arange(n), 1 + totals.submission] = 1
    design[np.arange(n), 1 + s + totals.juror] = 1
    design[n : n + s, 1 : 1 + s] = np.sqrt(0.7) * np.eye(s)
    design[n + s :, 1 + s :] = np.sqrt(1.9) * np.eye(j)
    beta = np.linalg.lstsq(design, np.concatenate([totals.value, np.zeros(s + j)]))[0]

    adjusted, severity = ridge(totals, for_submissions=0.7, for_jurors=1.9)

    assert adjusted == pytest.approx(beta[0] + beta[1 : 1 + s] + beta[1 + s :].mean())
    assert severity == pytest.approx(beta[1 + s :] - beta[1 + s :].mean())


def test_variances_of_a_complete_table_are_those_of_the_two_way_analysis():
    """X-15: (MS_S − MS_E) / J and (MS_J − MS_E) / S, with the mean squares of X-30."""
    found = variances(Totals.of(COMPLETE))

    assert (found.submissions, found.jurors, found.error, found.freedom) == (
        pytest.approx((11.2416667 - 1.0194444) / 4),
        pytest.approx((32.4861111 - 1.0194444) / 6),
        pytest.approx(1.0194444),
        15,
    )


def test_variances_need_marks_to_spare():
    assert variances(Totals.of(VECTOR[:2, :2])) is None
    assert adjust(Totals.of(VECTOR[:2, :2])) is None


def test_complete_table_keeps_the_order_of_the_means():
    found = adjust(Totals.of(COMPLETE))

    means = COMPLETE.mean(axis=0)
    assert np.array_equal(np.argsort(found.adjusted), np.argsort(means))
    assert found.severity.sum() == pytest.approx(0, abs=1e-9)


def test_constant_added_by_one_juror_leaves_the_unpenalised_scores_in_place():
    _truth, table = panel(5)
    shifted = table.copy()
    shifted[2] += 7

    quality, severity = unpenalised(Totals.of(table))
    after, moved = unpenalised(Totals.of(shifted))

    assert after - after.mean() == pytest.approx(quality - quality.mean())
    assert moved[2] - severity[2] == pytest.approx(7 * (1 - 1 / 8))


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(8)), st.permutations(range(12)))
def test_names_do_not_matter(jurors, submissions):
    _truth, table = panel(7, submissions=12)

    found = adjust(Totals.of(table))
    turned = adjust(Totals.of(table[np.ix_(jurors, submissions)]))

    assert turned.adjusted == pytest.approx(found.adjusted[list(submissions)])
    assert turned.severity == pytest.approx(found.severity[list(jurors)])
    assert turned.adjusted_se == pytest.approx(found.adjusted_se[list(submissions)])


def design(*pairs):
    table = np.full((4, 3), MISSING)
    for submission, juror in pairs:
        table[juror, submission] = 50 + 3 * submission + juror
    return Totals.of(table)


def test_design_in_two_parts_is_refused_and_one_pair_joins_them():
    """X-16."""
    parts = [(0, 0), (0, 1), (1, 1), (1, 0), (2, 2), (2, 3)]

    with pytest.raises(NotConnected) as caught:
        unpenalised(design(*parts))

    assert caught.value.groups == 2
    joined = design(*parts, (2, 1))
    assert (joined.groups(), bridges(joined)) == (1, [(2, 1), (2, 2), (2, 3)])


def test_design_without_a_weak_spot_has_no_bridge():
    assert bridges(Totals.of(COMPLETE)) == []


def test_jurors_of_equal_strictness_change_nothing():
    """Marks without any difference between jurors: no adjustment."""
    table = np.tile([60.0, 70.0, 80.0], (3, 1)) + np.array([[1, -1, 0], [-1, 0, 1], [0, 1, -1]])

    found = adjust(Totals.of(table))

    assert found.variances.jurors == 0
    assert found.severity == pytest.approx([0, 0, 0])


def test_scores_that_do_not_separate_leave_every_rank_open():
    table = np.array([[60.0, 60, 60], [70, 70, 70], [80, 80, 80]])
    table += np.array([[1, -1, 0], [-1, 0, 1], [0, 1, -1]])

    found = adjust(Totals.of(table))
    chances = rank_chances(found, k=1, seed=1)

    assert found.adjusted == pytest.approx([70, 70, 70])
    assert (chances.low.tolist(), chances.high.tolist()) == ([1, 1, 1], [3, 3, 3])
    assert chances.first == pytest.approx([1 / 3] * 3)


def test_marks_without_error_have_one_rank():
    table = np.add.outer([0.0, -5, 5], [60.0, 70, 65])

    chances = rank_chances(adjust(Totals.of(table)), k=2, seed=1)

    assert (chances.low.tolist(), chances.high.tolist()) == ([3, 1, 2], [3, 1, 2])
    assert chances.top.tolist() == [0, 1, 1]


def test_chances_repeat_with_their_seed_and_add_up():
    found = adjust(Totals.of(COMPLETE))

    first, second = (rank_chances(found, k=3, seed=1) for _ in range(2))
    other = rank_chances(found, k=3, seed=2)

    assert np.array_equal(first.top, second.top)
    assert not np.array_equal(first.top, other.top)
    assert (first.first.sum(), first.top.sum()) == (pytest.approx(1), pytest.approx(3))
    assert (first.low <= first.high).all()


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any), min_size=1, max_size=3
    ),
    st.sampled_from([0.5, 0.9, 1.0]),
)
def test_interval_is_the_shortest_run_of_ranks_with_enough_draws(rows, level):
    for row in rows:
        need = math.ceil(level * sum(row))
        low, high = severity._shortest(np.array([row]), need=need)

        first, last = int(low[0]), int(high[0])
        assert sum(row[first - 1 : last]) >= need
        for start in range(5):
            for end in range(start, 5):
                held = sum(row[start : end + 1])
                shorter = end - start < last - first
                fuller = end - start == last - first and held > sum(row[first - 1 : last])
                assert held < need or not (shorter or fuller)


def test_what_stands_beside_the_points_of_the_jury_moves_the_chances():
    found = adjust(Totals.of(COMPLETE))
    n = len(found.adjusted)
    alone = rank_chances(found, k=1, seed=1)
    nothing = rank_chances(found, k=1, seed=1, beside=(1.0, np.zeros(n)))
    # A hundred points ahead by what is known without error: nobody comes near.
    ahead = np.zeros(n)
    ahead[-1] = 100.0
    told = rank_chances(found, k=1, seed=1, beside=(0.5, ahead))
    out = np.zeros(n)
    out[0] = np.nan
    without = rank_chances(found, k=1, seed=1, beside=(1.0, out))

    np.testing.assert_array_equal(nothing.low, alone.low)
    np.testing.assert_array_equal(nothing.first, alone.first)
    assert (told.low[-1], told.high[-1], told.first[-1]) == (1, 1, 1.0)
    assert (without.low[0], without.high[0], without.first[0]) == (0, 0, 0.0)
    assert without.first.sum() == pytest.approx(1)
    assert without.high.max() == n - 1


def test_draws_have_the_spread_that_the_standard_errors_say():
    """In a complete table the difference of two submissions is free of the jurors."""
    found = adjust(Totals.of(COMPLETE))
    root = found.root
    covariance = found.error * np.linalg.inv(root @ root.T)

    gap = covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2]
    shrinkage = found.variances.submissions / (found.variances.submissions + found.error / 4)

    assert gap == pytest.approx(2 * shrinkage * found.error / 4)


def test_adjusted_score_is_closer_to_the_truth_than_the_mean_where_jurors_differ():
    """X-17, on panels where each submission has three of eight jurors."""
    gains = []
    for seed in range(8):
        truth, table = panel(seed)
        raw = kendalltau(np.nanmean(table, axis=0), truth).statistic
        gains.append(kendalltau(adjust(Totals.of(table)).adjusted, truth).statistic - raw)

    assert np.mean(gains) > 0.01
