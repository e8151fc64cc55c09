"""The demo's data and models are what they claim to be."""

from __future__ import annotations

import pytest
from sklearn.metrics import accuracy_score

from scoring.compute import digits, simulation


def test_package_splits_all_digits_without_overlap() -> None:
    data = digits.package()

    ids = [set(data.training[digits.ID]), set(data.task[digits.ID])]
    assert (len(ids[0]), len(ids[1]), ids[0] & ids[1]) == (898, 899, set())
    assert list(data.task.columns) == [digits.ID, *digits.PIXELS]
    assert set(data.truth[digits.ID]) == ids[1]
    assert data.truth[digits.SPLIT].value_counts().to_dict() == {"public": 452, "private": 447}


def test_package_is_a_function_of_the_seed() -> None:
    first, second, other = digits.package(1), digits.package(1), digits.package(2)

    assert digits.csv_bytes(first.truth) == digits.csv_bytes(second.truth)
    assert digits.csv_bytes(first.truth) != digits.csv_bytes(other.truth)


@pytest.mark.parametrize(
    ("model", "at_least", "at_most"),
    [
        ("majority", 0.05, 0.15),
        ("nearest_centroid", 0.85, 0.95),
        ("naive_bayes", 0.70, 0.92),
        ("logistic_regression", 0.93, 0.98),
        ("k_nearest_neighbours", 0.96, 1.0),
        ("rbf_svm", 0.97, 1.0),
    ],
)
def test_models_are_really_trained(model: str, at_least: float, at_most: float) -> None:
    data = digits.package()

    answers = digits.predictions(model, data)

    accuracy = accuracy_score(data.truth[digits.LABEL], answers[digits.LABEL])
    assert at_least <= accuracy <= at_most


def test_simulated_marks_are_complete_on_the_scale_and_repeatable() -> None:
    arguments = {"quality": {"a": 4.2, "b": 2.0}, "jurors": ["x", "y", "z"], "criteria": ["k", "l"]}

    first = simulation.marks(**arguments)  # type: ignore[arg-type]
    second = simulation.marks(**arguments)  # type: ignore[arg-type]

    assert first == second
    assert len({(m.submission, m.juror, m.criterion) for m in first}) == 12
    assert {m.level for m in first} <= {1, 2, 3, 4, 5}
    mean = {name: sum(m.level for m in first if m.submission == name) / 6 for name in ("a", "b")}
    assert mean["a"] > mean["b"]
