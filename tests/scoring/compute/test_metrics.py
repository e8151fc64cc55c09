"""Every metric against its definition and against scikit-learn."""

from __future__ import annotations

import functools
import math
import pathlib
import subprocess
import sys
import textwrap
import types
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from scoring.compute.metrics import (
    METRICS,
    Metric,
    MetricError,
    UnknownMetric,
    get_metric,
    metrics_for,
)
from scoring.compute.metrics.base import confusion_matrix
from scoring.compute.schema import Direction, PredictionKind

type Values = npt.NDArray[np.float64]

REFERENCES: dict[str, Callable[[Values, Values], float]] = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "brier": reference.brier_score_loss,
    "f1_macro": lambda t, p: reference.f1_score(t, p, average="macro"),
    "log_loss": lambda t, p: reference.log_loss(t, p, labels=[0, 1]),
    "mae": reference.mean_absolute_error,
    "mcc": reference.matthews_corrcoef,
    "rmse": reference.root_mean_squared_error,
    "roc_auc": reference.roc_auc_score,
}
LABEL_METRICS = [metric.key for metric in metrics_for(PredictionKind.LABEL)]
NUMBER_METRICS = [metric.key for metric in metrics_for(PredictionKind.NUMBER)]
PROBABILITY_METRICS = [metric.key for metric in metrics_for(PredictionKind.PROBABILITY)]


def by_reference(key: str, truth: Values, predicted: Values) -> float:
    """Ask scikit-learn, which warns about classes that are predicted only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(REFERENCES[key](truth, predicted))


def columns(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[Values, Values]]:
    """Draw two columns of one length."""
    pairs = st.lists(st.tuples(values, values), min_size=1, max_size=60)
    return pairs.map(lambda rows: (np.array([a for a, _ in rows]), np.array([b for _, b in rows])))


# ---- registry --------------------------------------------------------------------------------
def test_registry_holds_these_metrics() -> None:
    assert list(METRICS) == sorted(REFERENCES)


@pytest.mark.parametrize("key", sorted(REFERENCES))
def test_metric_says_what_it_is(key: str) -> None:
    metric = get_metric(key)

    assert metric.key == key
    assert metric.lowest < metric.highest
    assert metric.digits > 0
    assert metric.name[0].isupper()
    assert not metric.name.endswith(".")
    assert metric.definition.endswith(".")


def test_unknown_metric_is_an_error_of_its_own() -> None:
    with pytest.raises(UnknownMetric):
        get_metric("luck")


def test_metrics_do_not_need_scikit_learn_or_scipy_to_run() -> None:
    code = (
        "import sys; import scoring.compute.ranking, scoring.compute.evaluate;"
        "import scoring.compute.predictions;"
        "print([name for name in ('django', 'sklearn', 'scipy') if name in sys.modules])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )

    assert loaded.stdout.strip() == "[]", loaded.stderr


# ---- values ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "truth", "predicted", "value"),
    [
        ("accuracy", list("aabb"), list("abbb"), 3 / 4),
        ("balanced_accuracy", list("aaab"), list("aabb"), (2 / 3 + 1) / 2),
        ("f1_macro", list("aaab"), list("aabb"), (4 / 5 + 2 / 3) / 2),
        ("mcc", list("aabb"), list("bbaa"), -1),
        ("mcc", list("aabb"), list("aaaa"), 0),
        ("rmse", [0, 0], [3, 4], math.sqrt(12.5)),
        ("mae", [0, 0], [3, -4], 3.5),
        ("brier", [0, 1], [0.5, 1], 0.125),
        ("log_loss", [0, 1], [0.5, 1], math.log(2) / 2),
        ("roc_auc", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75),
        ("roc_auc", [0, 1], [0.5, 0.5], 0.5),
    ],
)
def test_definition(key: str, truth: list[object], predicted: list[object], value: float) -> None:
    assert get_metric(key).compute(truth, predicted) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("key", LABEL_METRICS)
@given(data=columns(st.sampled_from(["a", "b", "c", "7", "007"])))
def test_label_metrics_equal_scikit_learn(key: str, data: tuple[Values, Values]) -> None:
    assert get_metric(key).compute(*data) == pytest.approx(by_reference(key, *data), abs=1e-12)


@pytest.mark.parametrize("key", LABEL_METRICS)
@given(data=columns(st.integers(0, 4)))
def test_codes_count_like_labels(key: str, data: tuple[Values, Values]) -> None:
    truth, predicted = data
    metric = get_metric(key)

    assert metric.compute(truth, predicted) == pytest.approx(
        metric.compute(truth.astype(str), predicted.astype(str)), abs=1e-12
    )


@pytest.mark.parametrize("key", NUMBER_METRICS)
@given(data=columns(st.floats(-1e6, 1e6)))
def test_number_metrics_equal_scikit_learn(key: str, data: tuple[Values, Values]) -> None:
    expected = by_reference(key, *data)

    assert get_metric(key).compute(*data) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("key", PROBABILITY_METRICS)
@given(
    rows=st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 0.25, 0.5, 1]) | st.floats(0, 1)), max_size=60
    )
)
def test_probability_metrics_equal_scikit_learn(key: str, rows: list[tuple[bool, float]]) -> None:
    rows = [*rows, (True, 0.5), (False, 0.25)]
    truth = np.array([float(positive) for positive, _ in rows])
    predicted = np.array([p for _, p in rows])

    value = get_metric(key).compute(truth, predicted)

    assert value == pytest.approx(by_reference(key, truth, predicted), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("key", sorted(REFERENCES))
@given(seed=st.integers(0, 2**32))
def test_order_of_cases_does_not_matter(key: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, 40)
    truth[:2] = (0, 1)
    predicted = random.integers(0, 2, 40) if key in LABEL_METRICS else random.random(40).round(2)
    order = random.permutation(40)
    metric = get_metric(key)

    shuffled = metric.compute(truth[order], predicted[order])

    assert shuffled == pytest.approx(metric.compute(truth, predicted), abs=1e-12)


@pytest.mark.parametrize("key", sorted(REFERENCES))
@given(seed=st.integers(0, 2**32))
def test_value_is_within_the_published_range_and_perfection_at_its_end(key: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.array([0, 1, *random.integers(0, 2, 30)])
    predicted = np.array([0, 1, *random.integers(0, 2, 30)])
    metric = get_metric(key)

    perfect = metric.compute(truth, truth)

    assert metric.lowest <= metric.compute(truth, predicted) <= metric.highest
    best = metric.highest if metric.direction is Direction.HIGHER else metric.lowest
    assert perfect == pytest.approx(best, abs=1e-12)


# ---- where there is no value -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "truth", "predicted", "code"),
    [
        ("accuracy", [], [], "no_cases"),
        ("accuracy", ["a"], ["a", "b"], "different_lengths"),
        ("accuracy", [["a"]], [["a"]], "different_lengths"),
        ("accuracy", list(range(0, 4000, 2)), list(range(1, 4000, 2)), "too_many_classes"),
        ("rmse", [0.0], [1e200], "not_finite"),
        ("rmse", [0.0], [math.nan], "not_finite"),
        ("mae", [-1.5e308], [1.5e308], "not_finite"),
        ("brier", [2], [0.5], "not_binary"),
        ("brier", [0, 1], [0.5, math.nan], "not_finite"),
        ("log_loss", [1], [math.nan], "not_finite"),
        ("roc_auc", [1, 1], [0.1, 0.9], "one_class"),
        ("roc_auc", [0.5, 1], [0.1, 0.9], "not_binary"),
    ],
)
def test_without_a_finite_value_there_is_an_error(
    key: str, truth: list[object], predicted: list[object], code: str
) -> None:
    with pytest.raises(MetricError) as raised:
        get_metric(key).compute(truth, predicted)

    assert raised.value.code == code


@pytest.mark.parametrize("key", NUMBER_METRICS + PROBABILITY_METRICS)
@given(rows=st.lists(st.tuples(st.booleans(), st.floats()), min_size=1))
def test_output_is_finite_or_an_error(key: str, rows: list[tuple[bool, float]]) -> None:
    truth, predicted = [float(positive) for positive, _ in rows], [p for _, p in rows]

    try:
        value, interval = get_metric(key).measure(truth, predicted, seed=1)
    except MetricError:
        return

    assert math.isfinite(value)
    assert interval is None or math.isfinite(interval.low + interval.high)


def test_confusion_matrix_has_the_truth_in_its_rows() -> None:
    truth, predicted = np.array(list("aab")), np.array(list("abb"))

    matrix = confusion_matrix(truth, predicted)

    assert matrix.tolist() == [[1, 1], [0, 1]]


# ---- documentation ---------------------------------------------------------------------------
@given(data=columns(st.sampled_from(["a", "b", "c"])))
def test_example_of_the_guide_is_a_metric(data: tuple[Values, Values]) -> None:
    truth, predicted = data
    if len(set(truth) | set(predicted)) == 1:
        return  # scikit-learn has no value for a single class

    value = example_of_the_guide().compute(truth, predicted)

    assert value == pytest.approx(reference.cohen_kappa_score(truth, predicted), abs=1e-12)


@functools.cache
def example_of_the_guide() -> Metric:
    """Import the first code block of docs/adding-a-metric.md as a module."""
    guide = (pathlib.Path(__file__).parents[3] / "docs" / "adding-a-metric.md").read_text()
    code = textwrap.dedent(guide.split("```python\n")[1].split("```")[0])
    module = types.ModuleType("kappa")
    exec(compile(code, "kappa.py", "exec"), module.__dict__)  # noqa: S102  (our own guide)
    assert module.METRIC.key == module.__name__
    assert isinstance(module.METRIC, Metric)
    return module.METRIC
