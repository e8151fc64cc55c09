"""What a metric is: a definition in words, a range, a function, and an honest interval."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from scoring.compute.metrics.intervals import confusion_bootstrap, mean_interval
from scoring.compute.schema import MAX_LABELS, Direction, Interval, PredictionKind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Codes = npt.NDArray[np.int64]

CLASSES_AT_LEAST: Final = 2


class MetricError(ValueError):
    """A metric has no finite value on these cases; `code` is the key of the sentence.

    Codes: no_cases, different_lengths, one_class, not_binary, not_finite, too_many_classes.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(ABC):
    """A published figure of merit.

    `name` and `definition` are English and marked for translation; `lowest` and `highest` bound
    the value (infinite where there is no bound); `digits` is how many are published by default.
    """

    key: str
    name: str
    definition: str
    direction: Direction
    lowest: float
    highest: float
    digits: int
    kind: ClassVar[PredictionKind]

    def compute(self, truth: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
        """Return the value on these cases; MetricError where it is not defined or not finite."""
        return self.measure(truth, predicted, seed=None)[0]

    def measure(
        self, truth: npt.ArrayLike, predicted: npt.ArrayLike, *, seed: int | None
    ) -> tuple[float, Interval | None]:
        """Return the value, and its 95 % interval unless the seed is None."""
        correct, given = np.asarray(truth), np.asarray(predicted)
        if correct.ndim != 1 or correct.shape != given.shape:
            raise MetricError("different_lengths")
        if not correct.size:
            raise MetricError("no_cases")
        # What overflows becomes infinite here and an error below.
        with np.errstate(over="ignore", invalid="ignore"):
            value, interval = self._measure(correct, given, seed)
        if not np.isfinite(value):
            raise MetricError("not_finite")
        if interval is not None and not np.isfinite([interval.low, interval.high]).all():
            interval = None
        return value, interval

    @abstractmethod
    def _measure(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic], seed: int | None
    ) -> tuple[float, Interval | None]:
        """Return value and interval of columns that fit each other and are not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMetric(Metric):
    """A metric of the confusion matrix.

    `of_confusion` takes counts of shape (…, classes, classes), rows the truth, columns the
    predictions, at least one case each, and returns shape (…): so one call serves a value and a
    thousand resamples. `interval_of` replaces the bootstrap where an exact formula exists.
    """

    of_confusion: Callable[[Array], Array]
    interval_of: Callable[[Array], Interval] | None = None
    kind: ClassVar[PredictionKind] = PredictionKind.LABEL

    def _measure(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic], seed: int | None
    ) -> tuple[float, Interval | None]:
        matrix = confusion_matrix(truth, predicted)
        value = float(self.of_confusion(matrix))
        if seed is None:
            return value, None
        if self.interval_of is not None:
            return value, self.interval_of(matrix)
        return value, confusion_bootstrap(self.of_confusion, matrix, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossMetric(Metric):
    """A mean of one loss per case, transformed at the end if need be (a root, for instance).

    `loss` takes truth and prediction of shape (cases,) and returns the losses; `finish` is
    monotonically increasing.
    """

    loss: Callable[[Array, Array], Array]
    finish: Callable[[float], float] = float

    def _measure(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic], seed: int | None
    ) -> tuple[float, Interval | None]:
        losses = self.loss(*self._numbers(truth, predicted))
        interval = None if seed is None else mean_interval(losses, finish=self.finish)
        return self.finish(float(losses.mean())), interval

    def _numbers(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic]
    ) -> tuple[Array, Array]:
        return truth.astype(np.float64), predicted.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberMetric(LossMetric):
    """A mean loss of numbers."""

    kind: ClassVar[PredictionKind] = PredictionKind.NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilityMetric(LossMetric):
    """A mean loss of probabilities of the positive class; the truth is 0 or 1."""

    kind: ClassVar[PredictionKind] = PredictionKind.PROBABILITY

    def _numbers(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic]
    ) -> tuple[Array, Array]:
        return binary(truth), predicted.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMetric(Metric):
    """A metric of how scores order the two classes; the truth is 0 or 1."""

    of_scores: Callable[[Array, Array], float]
    interval_of: Callable[[Array, Array], Interval | None]
    kind: ClassVar[PredictionKind] = PredictionKind.PROBABILITY

    def _measure(
        self, truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic], seed: int | None
    ) -> tuple[float, Interval | None]:
        positive, scores = binary(truth), predicted.astype(np.float64)
        if len(np.unique(positive)) < CLASSES_AT_LEAST:
            raise MetricError("one_class")
        interval = None if seed is None else self.interval_of(positive, scores)
        return self.of_scores(positive, scores), interval


def binary(truth: npt.NDArray[np.generic]) -> Array:
    """Return a truth of zeros and ones as floats; MetricError for anything else."""
    numbers = truth.astype(np.float64)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise MetricError("not_binary")
    return numbers


def confusion_matrix(truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic]) -> Array:
    """Count pairs of labels: (classes × classes), rows the truth, columns the predictions.

    Codes 0 … 999 (what an evaluation passes) are counted directly; any other labels are sorted
    first. Counts are floats, so that products of them cannot overflow.
    """
    correct, given, classes = _codes(truth, predicted)
    if classes > MAX_LABELS:
        raise MetricError("too_many_classes")
    counts = np.bincount(correct * classes + given, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


def _codes(
    truth: npt.NDArray[np.generic], predicted: npt.NDArray[np.generic]
) -> tuple[Codes, Codes, int]:
    """Return both columns as codes from 0, and the number of classes."""
    if truth.dtype.kind in "iu" and predicted.dtype.kind in "iu":
        correct, given = truth.astype(np.int64), predicted.astype(np.int64)
        smallest = min(int(correct.min()), int(given.min()))
        largest = max(int(correct.max()), int(given.max()))
        if smallest >= 0 and largest < MAX_LABELS:
            return correct, given, largest + 1
    labels, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    return codes[: len(truth)], codes[len(truth) :], len(labels)
