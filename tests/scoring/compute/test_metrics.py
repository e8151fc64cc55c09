"""Every metric against its definition and against scikit-learn."""

from __future__ import annotations

import math
import pathlib
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from scoring.compute.metrics import (
    FAMILIES,
    METRICS,
    MetricError,
    UnknownMetric,
    get_metric,
    metrics_for,
)
from scoring.compute.metrics.base import confusion_matrix
from scoring.compute.schema import Direction, PredictionFormat, PredictionKind
from tests.scoring.compute.making import random_columns

# Each metric is asked many things, so each thing less often.
few = settings(max_examples=30)
very_few = settings(max_examples=8)

ROOT = pathlib.Path(__file__).parents[3]

type Values = npt.NDArray[np.float64]
type Reference = Callable[[Values, Values], float]


def quiet(function: Callable[..., object], *args: object, **options: object) -> float:
    """Ask scikit-learn or scipy, which warn about classes that are predicted only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(function(*args, **options))  # type: ignore[arg-type]


def averaged(function: Callable[..., object], average: str) -> Reference:
    return lambda t, p: quiet(function, t, p, average=average, zero_division=0)


def smape(truth: Values, predicted: Values) -> float:
    shares = [
        0 if t == p == 0 else 2 * abs(p - t) / (abs(t) + abs(p))
        for t, p in zip(truth.tolist(), predicted.tolist(), strict=True)
    ]
    return sum(shares) / len(shares)


def calibration_error(truth: Values, predicted: Values) -> float:
    """Weigh the bins of scikit-learn's calibration curve, which leaves out the empty ones."""
    happened, stated = calibration_curve(truth, predicted, n_bins=10)
    inner = np.linspace(0, 1, 11)[1:-1]
    sizes = np.unique(np.searchsorted(inner, predicted), return_counts=True)[1]
    return float(sizes @ abs(happened - stated) / len(truth))


def several(function: Callable[..., object], **options: object) -> Reference:
    """Ask about the probabilities of three classes."""
    return lambda t, p: quiet(function, t, p, labels=[0, 1, 2], **options)


def ovr(truth: Values, predicted: Values) -> float:
    return quiet(reference.roc_auc_score, truth, predicted, multi_class="ovr")


def calibration_of_classes(truth: Values, predicted: Values) -> float:
    named = predicted.argmax(axis=1)
    return calibration_error((named == truth).astype(float), predicted.max(axis=1))


def labels(function: Callable[..., object], average: str) -> Reference:
    zero = 1.0 if average == "samples" else 0.0
    return lambda t, p: quiet(function, t, p, average=average, zero_division=zero)


def ndcg(places: int) -> Reference:
    """Divide scikit-learn's gain of each list by that of the best list."""

    def gain(row: Values) -> float:
        padded = np.r_[row, 0, 0].astype(float)
        order = np.arange(len(padded), 0, -1)
        return float(reference.dcg_score([padded], [order], k=places))

    def value(relevant: Values, hits: Values) -> float:
        pairs = zip(relevant.tolist(), hits, strict=True)
        return sum(gain(row) / gain(np.ones(count)) for count, row in pairs) / len(hits)

    return value


def mean_average_precision(places: int) -> Reference:
    """Write the definition out, list by list."""

    def value(relevant: Values, hits: Values) -> float:
        total = 0.0
        for number, row in zip(relevant.tolist(), hits.tolist(), strict=True):
            shown = row[:places]
            precisions = [sum(shown[: at + 1]) / (at + 1) for at, hit in enumerate(shown) if hit]
            total += sum(precisions) / min(number, places)
        return total / len(hits)

    return value


def mrr(relevant: Values, hits: Values) -> float:
    """With one relevant item the label ranking average precision is the reciprocal rank."""
    total = 0.0
    for row in hits:
        if row.any():
            first = np.zeros((1, len(row)))
            first[0, row.argmax()] = 1
            scores = np.arange(len(row), 0, -1)[None]
            total += reference.label_ranking_average_precision_score(first, scores)
    return total / len(hits)


REFERENCES: dict[str, Reference] = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": lambda t, p: quiet(reference.balanced_accuracy_score, t, p),
    **{
        f"{name}_{average}": averaged(function, average)
        for name, function in (
            ("precision", reference.precision_score),
            ("recall", reference.recall_score),
            ("f1", reference.f1_score),
        )
        for average in ("macro", "micro", "weighted")
    },
    "mcc": lambda t, p: quiet(reference.matthews_corrcoef, t, p),
    "kappa": lambda t, p: kappa(t, p, weights=None),
    "kappa_quadratic": lambda t, p: kappa(t, p, weights="quadratic"),
    "mae": reference.mean_absolute_error,
    "mape": reference.mean_absolute_percentage_error,
    "medae": reference.median_absolute_error,
    "pearson": lambda t, p: quiet(lambda: stats.pearsonr(t, p).statistic),
    "quantile_loss@0.1": lambda t, p: reference.mean_pinball_loss(t, p, alpha=0.1),
    "quantile_loss@0.5": lambda t, p: reference.mean_pinball_loss(t, p, alpha=0.5),
    "quantile_loss@0.9": lambda t, p: reference.mean_pinball_loss(t, p, alpha=0.9),
    "r2": lambda t, p: quiet(reference.r2_score, t, p, force_finite=False),
    "rmse": reference.root_mean_squared_error,
    "smape": smape,
    "spearman": lambda t, p: quiet(lambda: stats.spearmanr(t, p).statistic),
    "average_precision": reference.average_precision_score,
    "brier": lambda t, p: quiet(reference.brier_score_loss, t, p, labels=[0, 1]),
    "calibration_error": calibration_error,
    "log_loss": lambda t, p: quiet(reference.log_loss, t, p, labels=[0, 1]),
    "roc_auc": reference.roc_auc_score,
    "brier_classes": several(reference.brier_score_loss, scale_by_half=False),
    "calibration_error_classes": calibration_of_classes,
    "log_loss_classes": several(reference.log_loss),
    "roc_auc_ovr": ovr,
    "top_accuracy@1": several(reference.top_k_accuracy_score, k=1),
    "top_accuracy@3": several(reference.top_k_accuracy_score, k=3),
    "top_accuracy@5": several(reference.top_k_accuracy_score, k=5),
    "labels_exact": reference.accuracy_score,
    "labels_f1_cases": labels(reference.f1_score, "samples"),
    "labels_f1_macro": lambda t, p: averaged(reference.f1_score, "macro")(*occurring(t, p)),
    "labels_f1_micro": labels(reference.f1_score, "micro"),
    "labels_f1_weighted": labels(reference.f1_score, "weighted"),
    "labels_hamming": reference.hamming_loss,
    "labels_jaccard": labels(reference.jaccard_score, "samples"),
    "map@5": mean_average_precision(5),
    "map@10": mean_average_precision(10),
    "mrr": mrr,
    "ndcg@5": ndcg(5),
    "ndcg@10": ndcg(10),
}
OF_CLASS: dict[str, Callable[..., object]] = {
    "f1_of": reference.f1_score,
    "precision_of": reference.precision_score,
    "recall_of": reference.recall_score,
}
KEYS = {kind: [metric.key for metric in metrics_for(kind)] for kind in PredictionKind}
LABEL_METRICS = KEYS[PredictionKind.LABEL]
NUMBER_METRICS = KEYS[PredictionKind.NUMBER]
PROBABILITY_METRICS = KEYS[PredictionKind.PROBABILITY]


def kappa(truth: Values, predicted: Values, *, weights: str | None) -> float:
    """Scikit-learn has no value where both name one and the same class only: 0 for us."""
    value = quiet(reference.cohen_kappa_score, truth, predicted, weights=weights)
    return 0.0 if math.isnan(value) else value


def occurring(truth: Values, predicted: Values) -> tuple[Values, Values]:
    """Keep the labels that either side names; one without any, so that there is a column."""
    named = truth.any(axis=0) | predicted.any(axis=0)
    return (truth[:, named], predicted[:, named]) if named.any() else (truth, predicted)


def by_reference(key: str, truth: Values, predicted: Values) -> float:
    return float(REFERENCES[key](truth, predicted))


def columns(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[Values, Values]]:
    """Draw two columns of one length."""
    pairs = st.lists(st.tuples(values, values), min_size=1, max_size=60)
    return pairs.map(lambda rows: (np.array([a for a, _ in rows]), np.array([b for _, b in rows])))


def perfect_columns(kind: PredictionKind, seed: int) -> tuple[Values, Values]:
    """Draw a truth and the best possible predictions of it."""
    truth, predicted = random_columns(kind, seed)
    if kind is PredictionKind.DISTRIBUTION:
        return truth, np.eye(3)[truth.astype(int)]
    if kind is PredictionKind.RANKING:
        return truth, np.arange(predicted.shape[1] + 3) < truth[:, None]
    return truth, truth


# ---- registry --------------------------------------------------------------------------------
def test_registry_holds_these_metrics() -> None:
    assert sorted(METRICS) == sorted(key for key in REFERENCES if "@" not in key)
    assert {*FAMILIES} == {
        key.partition("@")[0] for key in [*REFERENCES, *OF_CLASS] if key not in METRICS
    }


@pytest.mark.parametrize("key", sorted(REFERENCES))
def test_metric_says_what_it_is(key: str) -> None:
    metric = get_metric(key)

    assert metric.key == key
    assert metric.lowest < metric.highest
    assert metric.digits > 0
    assert metric.name[0].isupper()
    assert not metric.name.endswith(".")
    assert metric.definition.endswith(".")
    assert metric.edges.endswith(".")
    assert metric.formula


@pytest.mark.parametrize(
    "key",
    [
        "luck", "", "@", "luck@3", "accuracy@3", "ndcg", "ndcg@", "ndcg@0", "ndcg@03", "ndcg@-1",
        "ndcg@101", "ndcg@1.0", "ndcg@٣", "ndcg@3@3", "quantile_loss@0.90", "quantile_loss@.9",
        "quantile_loss@1.0", "quantile_loss@0", "quantile_loss@9e-1", "quantile_loss@nan", "f1_of@",
    ],
)  # fmt: skip
def test_unknown_metric_is_an_error_of_its_own(key: str) -> None:
    with pytest.raises(UnknownMetric):
        get_metric(key)


def test_parameter_of_a_family_stands_behind_the_at() -> None:
    metric = get_metric("quantile_loss@0.05")

    assert (metric.key, metric.parameter) == ("quantile_loss@0.05", "0.05")
    assert metric.name % {"parameter": metric.parameter} == "Quantile loss (0.05)"
    assert metric.compute([1], [0]) == pytest.approx(0.05)


def test_label_of_a_class_metric_may_hold_anything() -> None:
    assert get_metric("f1_of@a@b %").compute(["a@b %", "c"], ["a@b %", "c"]) == 1


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
        ("precision_macro", list("aaab"), list("aabb"), (1 + 1 / 2) / 2),
        ("recall_weighted", list("aaab"), list("aabb"), 3 / 4),
        ("precision_of@b", list("aaab"), list("aabb"), 1 / 2),
        ("kappa", list("aabb"), list("abbb"), 1 / 2),
        ("kappa", list("aaaa"), list("aaaa"), 0),
        ("kappa_quadratic", [0, 1, 2], [0, 1, 1], 2 / 3),
        ("medae", [0, 0, 0], [1, -2, 99], 2),
        ("mape", [10, 20], [11, 15], 0.175),
        ("smape", [0, 1], [0, 3], 0.5),
        ("r2", [1, 2, 3], [2, 2, 2], 0),
        ("pearson", [1, 2, 3], [3, 2, 1], -1),
        ("pearson", [1, 2, 3], [2, 2, 2], 0),
        ("spearman", [1, 2, 3], [1, 2, 900], 1),
        ("quantile_loss@0.9", [10, 10], [0, 20], 5),
        ("average_precision", [1, 0, 1], [0.9, 0.8, 0.7], (1 + 2 / 3) / 2),
        ("calibration_error", [1, 1, 0, 0], [0.75, 0.75, 0.75, 0.75], 0.25),
        ("calibration_error", [0, 0], [0.3, 0.1], 0.2),
        ("log_loss_classes", [0, 1], [[0.5, 0.5], [0, 1]], math.log(2) / 2),
        ("brier_classes", [0, 1], [[0, 1], [0, 1]], 1),
        ("top_accuracy@2", [0, 0], [[0.2, 0.3, 0.5], [0.4, 0.3, 0.3]], 0.5),
        ("roc_auc_ovr", [0, 1], [[0.9, 0.1], [0.2, 0.8]], 1),
        ("labels_jaccard", [[1, 1, 0], [0, 0, 0]], [[1, 0, 1], [0, 0, 0]], (1 / 3 + 1) / 2),
        ("labels_hamming", [[1, 1, 0]], [[1, 0, 1]], 2 / 3),
        ("labels_f1_micro", [[1, 1, 0]], [[1, 0, 1]], 1 / 2),
        ("map@3", [2], [[1, 0, 1]], (1 + 2 / 3) / 2),
        ("map@1", [2], [[1, 0, 1]], 1),
        ("ndcg@3", [1], [[0, 0, 1]], 1 / 2),
        ("mrr", [1, 1], [[0, 1], [0, 0]], 1 / 4),
    ],
)
def test_definition(key: str, truth: list[object], predicted: list[object], value: float) -> None:
    assert get_metric(key).compute(truth, predicted) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("key", LABEL_METRICS)
@few
@given(data=columns(st.sampled_from(["a", "b", "c", "7", "007"])))
def test_label_metrics_equal_scikit_learn(key: str, data: tuple[Values, Values]) -> None:
    assert get_metric(key).compute(*data) == pytest.approx(by_reference(key, *data), abs=1e-12)


@pytest.mark.parametrize("key", [key for key in LABEL_METRICS if key != "kappa_quadratic"])
@few
@given(data=columns(st.integers(0, 4)))
def test_codes_count_like_labels(key: str, data: tuple[Values, Values]) -> None:
    truth, predicted = data
    metric = get_metric(key)

    assert metric.compute(truth, predicted) == pytest.approx(
        metric.compute(truth.astype(str), predicted.astype(str)), abs=1e-12
    )


@pytest.mark.parametrize("name", sorted(OF_CLASS))
@few
@given(data=columns(st.sampled_from(["a", "b", "c"])), wanted=st.sampled_from("ab"))
def test_metrics_of_one_class_equal_scikit_learn(
    name: str, data: tuple[Values, Values], wanted: str
) -> None:
    metric = get_metric(f"{name}@{wanted}")
    fmt = PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.LABEL, labels=("c", "b", "a")
    )
    codes = [np.array([fmt.labels.index(label) for label in column]) for column in data]
    if wanted not in data[0]:
        with pytest.raises(MetricError, match="class_missing"):
            metric.compute(*data)
        return

    value = metric.compute(*data)

    binary = [column == wanted for column in data]
    assert value == pytest.approx(quiet(OF_CLASS[name], *binary, zero_division=0), abs=1e-12)
    assert metric.bound(fmt).compute(*codes) == value


def test_metric_of_a_class_that_the_format_does_not_have_cannot_be_bound() -> None:
    fmt = PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.LABEL, labels=("a", "b")
    )

    with pytest.raises(MetricError, match="class_missing"):
        get_metric("f1_of@z").bound(fmt)


@pytest.mark.parametrize("key", NUMBER_METRICS)
@few
@given(data=columns(st.integers(-50, 50)), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_number_metrics_equal_scikit_learn(
    key: str, data: tuple[Values, Values], scale: float
) -> None:
    truth, predicted = (column * scale for column in data)
    is_constant = len(set(truth)) == 1
    if (is_constant and key in {"r2", "pearson", "spearman"}) or (key == "mape" and 0 in truth):
        with pytest.raises(MetricError, match=r"^(constant|zero_truth)$"):
            get_metric(key).compute(truth, predicted)
        return

    value = get_metric(key).compute(truth, predicted)

    expected = by_reference(key, truth, predicted)
    if key in {"pearson", "spearman"} and len(set(predicted)) == 1:
        expected = 0.0  # undefined for scipy
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("key", PROBABILITY_METRICS)
@few
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


@pytest.mark.parametrize(
    "key",
    [
        key
        for kind in (PredictionKind.DISTRIBUTION, PredictionKind.LABELS, PredictionKind.RANKING)
        for key in KEYS[kind]
    ],
)
@few
@given(seed=st.integers(0, 2**32), cases=st.integers(1, 20))
def test_metrics_of_tables_equal_scikit_learn(key: str, seed: int, cases: int) -> None:
    data = random_columns(get_metric(key).kind, seed, cases)

    value = get_metric(key).compute(*data)

    assert value == pytest.approx(by_reference(key, *data), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("key", sorted(REFERENCES))
@very_few
@given(seed=st.integers(0, 2**32))
def test_order_of_cases_does_not_matter(key: str, seed: int) -> None:
    metric = get_metric(key)
    truth, predicted = random_columns(metric.kind, seed)
    order = np.random.default_rng(seed).permutation(len(truth))

    shuffled = metric.compute(truth[order], predicted[order])

    assert shuffled == pytest.approx(metric.compute(truth, predicted), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("key", sorted(REFERENCES))
@very_few
@given(seed=st.integers(0, 2**32))
def test_value_is_within_the_published_range_and_perfection_at_its_end(key: str, seed: int) -> None:
    metric = get_metric(key)

    value, interval = metric.measure(*random_columns(metric.kind, seed), seed=seed)
    perfect = metric.compute(*perfect_columns(metric.kind, seed))

    assert metric.lowest <= value <= metric.highest
    assert interval is None or metric.lowest <= interval.low <= interval.high <= metric.highest
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
        ("average_precision", [0, 0], [0.1, 0.9], "one_class"),
        ("roc_auc_ovr", [0, 1], [[0.2, 0.3, 0.5], [0.4, 0.3, 0.3]], "class_missing"),
        ("roc_auc_ovr", [], [], "different_lengths"),
        ("log_loss_classes", [0], [0.5], "different_lengths"),
        ("labels_hamming", [[1, 0]], [[1]], "different_lengths"),
        ("labels_hamming", np.empty((0, 2)), np.empty((0, 2)), "no_cases"),
        ("mrr", [1], [[]], "no_cases"),
        ("f1_of@z", ["a"], ["a"], "class_missing"),
        ("r2", [2, 2], [1, 3], "constant"),
        ("pearson", [2], [1], "constant"),
        ("spearman", [2, 2], [1, 3], "constant"),
        ("mape", [0, 2], [1, 3], "zero_truth"),
        ("medae", [0.0, 1.0], [math.nan, 1.0], "not_finite"),
    ],
)
def test_without_a_finite_value_there_is_an_error(
    key: str, truth: list[object], predicted: list[object], code: str
) -> None:
    with pytest.raises(MetricError) as raised:
        get_metric(key).compute(truth, predicted)

    assert raised.value.code == code


@pytest.mark.parametrize("key", NUMBER_METRICS + PROBABILITY_METRICS)
@few
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
def test_example_of_the_guide_is_a_file_of_the_package() -> None:
    guide = (ROOT / "docs" / "adding-a-metric.md").read_text()
    code = textwrap.dedent(guide.split("```python\n")[1].split("```")[0])

    assert code == (ROOT / "scoring/compute/metrics/mrr.py").read_text()
