"""Confidence intervals: reproducible, inside the range, and as wide as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute.metrics import METRICS, get_metric, metrics_for
from scoring.compute.metrics.base import confusion_matrix
from scoring.compute.metrics.intervals import confusion_bootstrap, mean_interval, wilson
from scoring.compute.schema import Interval, PredictionKind
from tests.scoring.compute.making import random_columns

BOOTSTRAPPED = [
    metric.key for metric in metrics_for(PredictionKind.LABEL) if metric.key != "accuracy"
]


def sample(key: str, cases: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make cases of which about 80 % are right, or any where that is hard to say."""
    kind = METRICS[key].kind
    if kind not in {PredictionKind.LABEL, PredictionKind.NUMBER, PredictionKind.PROBABILITY}:
        return random_columns(kind, seed, cases)
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, cases)
    truth[:4] = (0, 1, 0, 1)
    predicted = np.where(random.random(cases) < 0.8, truth, 1 - truth)
    if kind is PredictionKind.LABEL:
        return truth, predicted
    # Relative errors need a truth that is not 0.
    shift = 1 if kind is PredictionKind.NUMBER else 0
    return truth + shift, shift + 0.5 * predicted + 0.5 * random.random(cases)


@pytest.mark.parametrize(
    ("successes", "cases", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_equals_published_figures(
    successes: int, cases: int, low: float, high: float
) -> None:
    interval = wilson(successes, cases)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_share_and_stays_in_range(counts: tuple[int, int]) -> None:
    successes, cases = counts

    interval = wilson(successes, cases)

    assert 0 <= interval.low <= successes / cases + 1e-12
    assert successes / cases - 1e-12 <= interval.high <= 1


@pytest.mark.parametrize("key", sorted(METRICS))
def test_interval_surrounds_the_value_and_stays_in_range(key: str) -> None:
    metric = get_metric(key)

    value, interval = metric.measure(*sample(key, 500), seed=7)

    assert interval is not None
    assert metric.lowest <= interval.low < value < interval.high <= metric.highest
    assert interval.level == 0.95


@pytest.mark.parametrize("key", sorted(METRICS))
def test_same_seed_gives_the_same_interval(key: str) -> None:
    metric = get_metric(key)

    assert metric.measure(*sample(key, 200), seed=7) == metric.measure(*sample(key, 200), seed=7)


@pytest.mark.parametrize("key", sorted(METRICS))
def test_four_times_the_cases_halve_the_interval(key: str) -> None:
    metric = get_metric(key)
    _, few = metric.measure(*sample(key, 1000), seed=7)
    _, many = metric.measure(*sample(key, 4000), seed=7)

    assert few is not None
    assert many is not None
    # A spread that is taken from twenty values is known to a sixth only.
    rel = 0.6 if few.method == "jackknife" else 0.2
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(2, rel=rel)


@pytest.mark.parametrize("key", BOOTSTRAPPED)
def test_bootstrap_names_seed_and_draws(key: str) -> None:
    _, interval = get_metric(key).measure(*sample(key, 100), seed=7)

    assert interval is not None
    assert (interval.method, interval.seed, interval.draws) == ("bootstrap", 7, 1000)


def test_multinomial_bootstrap_equals_the_bootstrap_of_rows() -> None:
    truth, predicted = sample("mcc", 150)
    metric = get_metric("mcc")
    random = np.random.default_rng(1)
    values = [
        metric.compute(truth[rows], predicted[rows])
        for rows in (random.integers(0, 150, 150) for _ in range(1000))
    ]

    _, interval = metric.measure(truth, predicted, seed=7)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(
        np.quantile(values, (0.025, 0.975)), abs=0.03
    )


@pytest.mark.parametrize("key", ["average_precision", "r2", "medae", "pearson", "spearman"])
def test_intervals_of_whole_metrics_agree_with_the_bootstrap_of_rows(key: str) -> None:
    truth, predicted = sample(key, 300)
    metric = get_metric(key)
    random = np.random.default_rng(1)
    values = [
        metric.compute(truth[rows], predicted[rows])
        for rows in (random.integers(0, 300, 300) for _ in range(200))
    ]

    _, interval = metric.measure(truth, predicted, seed=7)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(
        np.quantile(values, (0.025, 0.975)), abs=0.04
    )


@pytest.mark.parametrize(
    ("key", "cases"), [("average_precision", 39), ("r2", 39), ("medae", 5), ("pearson", 3)]
)
def test_too_few_cases_have_no_interval_of_the_whole(key: str, cases: int) -> None:
    truth, predicted = sample(key, 100)

    assert get_metric(key).measure(truth[:cases], predicted[:cases], seed=1)[1] is None


def test_perfect_correlation_has_an_interval_without_width() -> None:
    numbers = np.arange(10.0)

    assert get_metric("pearson").measure(numbers, numbers, seed=1)[1] == Interval(
        low=1.0, high=1.0, level=0.95, method="fisher"
    )


def test_delong_interval_agrees_with_the_bootstrap_of_rows() -> None:
    truth, predicted = sample("roc_auc", 300)
    metric = get_metric("roc_auc")
    random = np.random.default_rng(1)
    values = [
        metric.compute(truth[rows], predicted[rows])
        for rows in (random.integers(0, 300, 300) for _ in range(500))
    ]

    _, interval = metric.measure(truth, predicted, seed=7)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(
        np.quantile(values, (0.025, 0.975)), abs=0.01
    )


@pytest.mark.parametrize("key", ["rmse", "mae", "brier", "log_loss"])
def test_single_case_has_no_interval(key: str) -> None:
    assert get_metric(key).measure([1], [0.5], seed=1)[1] is None


def test_auc_of_one_case_per_class_has_no_interval() -> None:
    assert get_metric("roc_auc").measure([0, 1], [0.1, 0.5], seed=1) == (1.0, None)


def test_interval_of_equal_losses_has_no_width() -> None:
    assert mean_interval(np.array([2.0, 2.0, 2.0])) == Interval(
        low=2.0, high=2.0, level=0.95, method="normal"
    )


def test_perfect_predictions_have_a_bootstrap_interval_without_width() -> None:
    truth = np.array([0, 1, 2] * 10)

    assert get_metric("f1_macro").measure(truth, truth, seed=3)[1] == Interval(
        low=1.0, high=1.0, level=0.95, method="bootstrap", seed=3, draws=1000
    )


def test_many_classes_have_no_bootstrap() -> None:
    labels = np.arange(300)

    assert get_metric("mcc").measure(labels, labels, seed=1) == (pytest.approx(1.0), None)


def test_portions_of_draws_do_not_change_their_number() -> None:
    labels = np.arange(200).repeat(5)
    matrix = confusion_matrix(labels, np.roll(labels, 3))
    drawn: list[int] = []

    def count(confusion: np.ndarray) -> np.ndarray:
        drawn.append(len(confusion))
        return confusion[..., 0, 0]

    confusion_bootstrap(count, matrix, seed=1, draws=130)

    assert sum(drawn) == 130
    assert max(drawn) * matrix.size <= 2_000_000
