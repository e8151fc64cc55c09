"""Files that are alike: copies are found, honest ones and those that must be equal are not."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.compute.likeness import FEWEST, SAMPLE, alike, fingerprint

ROWS, LABELS, SEED = 1_500, 4, 7
IDS = [f"r{at:04}" for at in range(ROWS)]
TRUTH = np.random.default_rng(1).integers(0, LABELS, ROWS)


def model(accuracy: float, seed: int) -> np.ndarray:
    """Predict right with this probability, else any other label."""
    chance = np.random.default_rng(seed)
    wrong = (TRUTH + chance.integers(1, LABELS, ROWS)) % LABELS
    return np.where(chance.random(ROWS) < accuracy, TRUTH, wrong)


def copied(predictions: np.ndarray, changed: float, seed: int) -> np.ndarray:
    """Change a share of somebody's predictions."""
    chance = np.random.default_rng(seed)
    other = chance.integers(0, LABELS, ROWS)
    return np.where(chance.random(ROWS) < changed, other, predictions)


def prints(*files: np.ndarray) -> list[bytes]:
    return [fingerprint(IDS, [f"label {x}" for x in file], seed=SEED) for file in files]


def accuracies(*files: np.ndarray) -> list[float]:
    return [float((file == TRUTH).mean()) for file in files]


@pytest.mark.parametrize("knows_accuracy", [True, False])
def test_copy_with_some_changes_is_found_among_honest_files(knows_accuracy):
    files = [model(0.8, 2), model(0.8, 3), model(0.6, 4), model(0.9, 5)]
    files.append(copied(files[2], 0.03, 6))
    known = accuracies(*files) if knows_accuracy else [None] * len(files)

    (pair,) = alike(prints(*files), known, labels=LABELS)

    assert (pair.first, pair.second) == (2, 4)
    assert pair.share == pytest.approx(float((files[2] == files[4]).mean()), abs=0.001)
    assert pair.excess > 0.9


def test_whoever_is_nearly_always_right_agrees_with_everybody_and_is_not_reported():
    best = model(0.99, 2)
    weaker = np.where(np.random.default_rng(3).random(ROWS) < 0.1, (TRUTH + 1) % LABELS, best)

    assert alike(prints(best, weaker), accuracies(best, weaker), labels=LABELS) == []


def test_good_files_agree_and_are_not_reported():
    files = [model(0.97, 2), model(0.97, 3), model(0.995, 4), model(0.995, 5)]

    assert alike(prints(*files), accuracies(*files), labels=LABELS) == []


def test_two_files_that_say_the_same_everywhere_are_explained_by_chance():
    constant = np.zeros(ROWS, dtype=int)

    assert alike(prints(constant, constant), [None, None], labels=LABELS) == []


def test_numbers_are_alike_to_three_digits():
    chance = np.random.default_rng(3)
    numbers = chance.normal(100, 20, ROWS)
    files = [numbers, numbers + 1e-6, chance.normal(100, 20, ROWS)]

    found = alike(
        [fingerprint(IDS, file.tolist(), seed=SEED) for file in files], [None] * 3, labels=0
    )

    assert [(pair.first, pair.second) for pair in found] == [(0, 1)]


def test_fingerprint_depends_on_neither_the_order_nor_what_is_not_sampled():
    ids = [f"r{at}" for at in range(SAMPLE + 500)]
    values = [f"v{at % 7}" for at in range(SAMPLE + 500)]

    first = fingerprint(ids, values, seed=SEED)
    turned = fingerprint(ids[::-1], values[::-1], seed=SEED)

    assert (len(first), turned) == (2 * SAMPLE, first)
    assert fingerprint(ids, values, seed=SEED + 1) != first


def test_few_rows_and_files_of_another_length_say_nothing():
    short = fingerprint(IDS[: FEWEST - 1], ["a", "b"] * FEWEST, seed=SEED)
    whole = prints(TRUTH)[0]

    assert alike([short, short], [None, None]) == []
    assert alike([whole, short], [None, None]) == []
    assert alike([], []) == []
