"""What a metric is: a definition in words, a range, a function, and an honest interval."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.compute.metrics.intervals import confusion_bootstrap, group_jackknife, mean_interval
from scoring.compute.schema import (
    MAX_LABELS,
    Direction,
    Interval,
    PredictionFormat,
    PredictionKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Codes = npt.NDArray[np.int64]
type Column = npt.NDArray[Any]

CLASSES_AT_LEAST: Final = 2
TABLE: Final = 2  # dimensions of what has several values a case
TABLES: Final = {
    PredictionKind.DISTRIBUTION: (1, TABLE),
    PredictionKind.LABELS: (TABLE, TABLE),
    PredictionKind.RANKING: (1, TABLE),
}


class MetricError(ValueError):
    """A metric has no finite value on these cases; `code` is the key of the sentence.

    Codes: no_cases, different_lengths, one_class, not_binary, not_finite, too_many_classes,
    class_missing, constant, zero_truth.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(ABC):
    """A published figure of merit.

    `name`, `definition` and `edges` (what happens in odd cases) are English and marked for
    translation; in all of them `%(parameter)s` is what stands behind the @ of the key. `lowest`
    and `highest` bound the value (infinite where there is no bound); `digits` is how many are
    published by default; `kind` is what a prediction file has to hold.
    """

    key: str
    name: str
    definition: str
    formula: str
    edges: str
    direction: Direction
    lowest: float
    highest: float
    digits: int = 4
    kind: PredictionKind
    parameter: str = ""

    def compute(self, truth: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
        """Return the value on these cases; MetricError where it is not defined or not finite."""
        return self.measure(truth, predicted, seed=None)[0]

    def measure(
        self, truth: npt.ArrayLike, predicted: npt.ArrayLike, *, seed: int | None
    ) -> tuple[float, Interval | None]:
        """Return the value, and its 95 % interval unless the seed is None.

        What the two columns hold depends on the kind: labels or their codes; numbers; zeros and
        ones with probabilities; codes with one probability for each class (cases × classes);
        which labels apply (both cases × labels); or how many items are relevant, with the hits of
        the ranked list (cases × places).
        """
        correct, given = np.asarray(truth), np.asarray(predicted)
        if len(correct) != len(given) or (correct.ndim, given.ndim) != TABLES.get(
            self.kind, (1, 1)
        ):
            raise MetricError("different_lengths")
        if not correct.size or not given.size:
            raise MetricError("no_cases")
        # What overflows becomes infinite here and an error below.
        with np.errstate(over="ignore", invalid="ignore"):
            value, interval = self._measure(*self._typed(correct, given), seed)
        if not np.isfinite(value):
            raise MetricError("not_finite")
        if interval is not None and not np.isfinite([interval.low, interval.high]).all():
            interval = None
        return value, interval

    def bound(self, fmt: PredictionFormat) -> Metric:
        """Return the metric for files of this format, where labels have become codes.

        Raises:
            MetricError: class_missing, if it is about a label that the format does not have.

        """
        del fmt
        return self

    def _typed(self, truth: Column, predicted: Column) -> tuple[Column, Column]:
        """Return both columns in the types that functions of this kind take."""
        match self.kind:
            case PredictionKind.NUMBER:
                return truth.astype(np.float64), predicted.astype(np.float64)
            case PredictionKind.PROBABILITY:
                return binary(truth), predicted.astype(np.float64)
            case PredictionKind.DISTRIBUTION:
                return truth.astype(np.int64), predicted.astype(np.float64)
            case PredictionKind.LABELS:
                if truth.shape != predicted.shape:
                    raise MetricError("different_lengths")
                return truth.astype(np.bool_), predicted.astype(np.bool_)
            case PredictionKind.RANKING:
                return truth.astype(np.int64), predicted.astype(np.bool_)
            case _:
                return truth, predicted

    @abstractmethod
    def _measure(
        self, truth: Column, predicted: Column, seed: int | None
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
    kind: PredictionKind = PredictionKind.LABEL

    def _measure(
        self, truth: Column, predicted: Column, seed: int | None
    ) -> tuple[float, Interval | None]:
        matrix = self._matrix(truth, predicted)
        value = float(self.of_confusion(matrix))
        if seed is None:
            return value, None
        if self.interval_of is not None:
            return value, self.interval_of(matrix)
        return value, confusion_bootstrap(self.of_confusion, matrix, seed=seed)

    def _matrix(self, truth: Column, predicted: Column) -> Array:
        return confusion_matrix(truth, predicted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMetric(LabelMetric):
    """A metric of one class against all others: its matrix is 2 × 2, the class last.

    `parameter` is the label; `code` what stands for it once the metric is bound to a format.
    """

    code: int | None = None

    def bound(self, fmt: PredictionFormat) -> Metric:
        """Return the metric with the code of its label."""
        if self.parameter not in fmt.labels:
            raise MetricError("class_missing")
        return replace(self, code=fmt.labels.index(self.parameter))

    def _matrix(self, truth: Column, predicted: Column) -> Array:
        wanted: str | int = self.parameter if self.code is None else self.code
        correct, given = truth == wanted, predicted == wanted
        if not correct.any():
            raise MetricError("class_missing")
        pairs = 2 * correct.astype(np.int64) + given
        return np.bincount(pairs, minlength=4).reshape(2, 2).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMetric(Metric):
    """A mean of one value per case, transformed at the end if need be (a root, for instance).

    `of_cases` takes both columns and returns shape (cases,), nothing below 0; `finish` is
    monotonically increasing.
    """

    of_cases: Callable[[Column, Column], Array]
    finish: Callable[[float], float] = float

    def _measure(
        self, truth: Column, predicted: Column, seed: int | None
    ) -> tuple[float, Interval | None]:
        values = self.of_cases(truth, predicted)
        interval = (
            None
            if seed is None
            else mean_interval(values, finish=self.finish, highest=self.highest)
        )
        return self.finish(float(values.mean())), interval


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMetric(Metric):
    """A metric of all cases together, such as a correlation.

    `of_all` takes both columns and returns the value. Without an `interval_of` the interval comes
    from leaving out a twentieth of the cases at a time.
    """

    of_all: Callable[[Column, Column], float]
    interval_of: Callable[[Column, Column], Interval | None] | None = None

    def _measure(
        self, truth: Column, predicted: Column, seed: int | None
    ) -> tuple[float, Interval | None]:
        value = self.of_all(truth, predicted)
        if seed is None:
            return value, None
        if self.interval_of is not None:
            return value, self.interval_of(truth, predicted)
        return value, group_jackknife(
            lambda kept: self.of_all(truth[kept], predicted[kept]),
            cases=len(truth),
            value=value,
            seed=seed,
            lowest=self.lowest,
            highest=self.highest,
        )


class Parameter(StrEnum):
    """What may stand behind the @ of a key."""

    PLACES = "places"  # a whole number of at least 1, such as ndcg@10
    QUANTILE = "quantile"  # between 0 and 1, such as quantile_loss@0.9
    LABEL = "label"  # a label as the file has it, such as f1_of@cat


MOST_PLACES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Metrics that differ in one parameter: `key@parameter`.

    `metric` is one of them; the others follow by `made_for`, which returns what changes with the
    parameter (the function, mostly). `usual` are parameters to offer.
    """

    metric: Metric
    takes: Parameter
    usual: tuple[str, ...] = ()
    made_for: Callable[[str], dict[str, Any]] = lambda parameter: {}

    @property
    def key(self) -> str:
        """The key in front of the @."""
        return self.metric.key

    def at(self, parameter: str) -> Metric:
        """Return the metric with this parameter; ValueError if it cannot have it.

        A number has one spelling only: 0.9, not 0.90.
        """
        if not _fits(parameter, self.takes):
            raise ValueError(parameter)
        return replace(
            self.metric,
            key=f"{self.key}@{parameter}",
            parameter=parameter,
            **self.made_for(parameter),
        )


def _fits(parameter: str, takes: Parameter) -> bool:
    """Tell whether a text is a parameter in its one spelling."""
    if takes is Parameter.LABEL:
        return bool(parameter)
    if not parameter.isascii() or not parameter.replace(".", "", 1).isdigit():
        return False
    if takes is Parameter.PLACES:
        return (
            parameter == parameter.lstrip("0")
            and "." not in parameter
            and (len(parameter) <= len(str(MOST_PLACES)) and int(parameter) <= MOST_PLACES)
        )
    return parameter == repr(float(parameter)) and 0 < float(parameter) < 1


def binary(truth: Column) -> Array:
    """Return a truth of zeros and ones as floats; MetricError for anything else."""
    numbers = truth.astype(np.float64)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise MetricError("not_binary")
    return numbers


def need_both_classes(truth: Array) -> None:
    """Refuse a truth of zeros and ones in which one of them does not occur."""
    if truth.min() == truth.max():
        raise MetricError("one_class")


def confusion_matrix(truth: Column, predicted: Column) -> Array:
    """Count pairs of labels: (classes × classes), rows the truth, columns the predictions.

    Codes 0 … 999 (what an evaluation passes) are counted directly; any other labels are sorted
    first. Counts are floats, so that products of them cannot overflow.
    """
    correct, given, classes = _codes(truth, predicted)
    if classes > MAX_LABELS:
        raise MetricError("too_many_classes")
    counts = np.bincount(correct * classes + given, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


def _codes(truth: Column, predicted: Column) -> tuple[Codes, Codes, int]:
    """Return both columns as codes from 0, and the number of classes."""
    if truth.dtype.kind in "iu" and predicted.dtype.kind in "iu":
        correct, given = truth.astype(np.int64), predicted.astype(np.int64)
        smallest = min(int(correct.min()), int(given.min()))
        largest = max(int(correct.max()), int(given.max()))
        if smallest >= 0 and largest < MAX_LABELS:
            return correct, given, largest + 1
    labels, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    return codes[: len(truth)], codes[len(truth) :], len(labels)
