"""What a metric hides, in words: which class is taken for which, how far stated shares hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.display import number_words, share_words
from scoring.compute.schema import DetailKind
from scoring.models import EvaluationDetail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.models import Evaluation
    from scoring.states import Split


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """The cases of one class, and what they are taken for; None: fewer than are told."""

    at: int  # the column of the class itself
    label: str
    cases: int
    cells: tuple[int | None, ...]

    @property
    def right(self) -> int | None:
        """Return how many are recognised."""
        return self.cells[self.at]

    def share(self, cell: int | None) -> float | None:
        """Return which part of the cases a cell is."""
        return None if cell is None else cell / self.cases


@dataclass(frozen=True, slots=True)
class Confusion:
    """Which class is taken for which, with rounded counts."""

    smallest: int
    step: int
    labels: tuple[str, ...]
    merged: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]

    def words(self, cell: int | None) -> str:
        """Write a cell."""
        return f"< {self.smallest}" if cell is None else number_words(cell)

    @property
    def takeaway(self) -> str:
        """Say what is mistaken most often, else what is recognised least often."""
        mistaken = [
            (cell / row.cases, row, self.labels[at], cell)
            for row in self.rows
            for at, cell in enumerate(row.cells)
            if cell and at != row.at
        ]
        if mistaken:
            _share, row, other, cell = max(mistaken, key=lambda found: found[0])
            return _(
                "Most often mistaken: of about %(cases)s cases of “%(label)s”, about %(count)s are "
                "taken for “%(other)s”."
            ) % {
                "cases": number_words(row.cases),
                "label": row.label,
                "count": number_words(cell),
                "other": other,
            }
        none = _("No class is taken for another one in %(smallest)s cases or more.") % {
            "smallest": number_words(self.smallest)
        }
        shares = {row.share(row.right) or 0.0 for row in self.rows}
        if len(shares) == 1:
            return none
        row = min(self.rows, key=lambda row: row.share(row.right) or 0.0)
        least = _(
            "Least often recognised is “%(label)s”: in about %(count)s of about %(cases)s cases."
        ) % {
            "label": row.label,
            "count": self.words(row.right),
            "cases": number_words(row.cases),
        }
        return f"{none} {least}"


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Cases with about the same prediction, and in which part of them it was right."""

    low: float
    high: float
    cases: int
    stated: float
    observed: float
    bottom: float
    top: float
    gap: float

    @property
    def is_off(self) -> bool:
        """Say whether chance and rounding do not explain the distance."""
        return not self.bottom <= self.stated <= self.top

    @property
    def span(self) -> str:
        """Write from which prediction to which the cases go."""
        return f"{number_words(self.low, 1)} – {number_words(self.high, 1)}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far predicted probabilities hold."""

    smallest: int
    step: int
    of_classes: bool
    bins: tuple[CalibrationBin, ...]

    @property
    def error(self) -> float:
        """Return the calibration error of what is shown."""
        return sum(found.gap for found in self.bins)

    @property
    def takeaway(self) -> str:
        """Say where predictions are farthest from what happens."""
        off = [found for found in self.bins if found.is_off]
        if not off:
            return _(
                "The predicted probabilities hold: what happens lies within the uncertainty of "
                "each bin."
            )
        worst = max(off, key=lambda found: abs(found.observed - found.stated))
        values = {
            "stated": share_words(worst.stated, 0),
            "observed": share_words(worst.observed, 0),
            "cases": number_words(worst.cases),
        }
        if worst.stated > worst.observed:
            return (
                _(
                    "Predicted too high: where it says %(stated)s on average, about %(observed)s "
                    "turn out so (about %(cases)s cases)."
                )
                % values
            )
        return (
            _(
                "Predicted too low: where it says %(stated)s on average, about %(observed)s turn "
                "out so (about %(cases)s cases)."
            )
            % values
        )


@dataclass(frozen=True, slots=True)
class ErrorBin:
    """Cases with about the same predicted number."""

    cases: int
    predicted: float
    bias: float
    absolute: float


@dataclass(frozen=True, slots=True)
class Errors:
    """How far predicted numbers are off; an error above 0 is too high."""

    smallest: int
    step: int
    unit: float
    cases: int
    quantiles: tuple[tuple[float, float], ...]
    bins: tuple[ErrorBin, ...]

    @property
    def digits(self) -> int:
        """Return with how many digits errors are written."""
        return decimals(self.unit)

    def words(self, value: float) -> str:
        """Write an error with the digits that it has, and a sign where it is above 0."""
        figure = number_words(value + 0.0, self.digits)
        return f"+{figure}" if value > 0 else figure

    @property
    def takeaway(self) -> str:
        """Say whether the errors lean to one side, and where they are largest."""
        worst = max(self.bins, key=lambda found: found.absolute)
        where = _(
            "Largest where about %(predicted)s is predicted: %(size)s on average "
            "(about %(cases)s cases)."
        ) % {
            "predicted": number_words(worst.predicted, self.digits),
            "size": number_words(worst.absolute, self.digits),
            "cases": number_words(worst.cases),
        }
        whole = sum(found.bias * found.cases for found in self.bins) / sum(
            found.cases for found in self.bins
        )
        values = {"size": number_words(abs(whole), self.digits)}
        if abs(whole) < self.unit:
            lean = _("On average the predictions are neither too high nor too low.")
        elif whole > 0:
            lean = _("On average the predictions are %(size)s too high.") % values
        else:
            lean = _("On average the predictions are %(size)s too low.") % values
        return f"{lean} {where}" if len(self.bins) > 1 else lean


@dataclass(frozen=True, slots=True)
class Details:
    """What is told about one part of the ground truth."""

    confusion: Confusion | None = None
    calibration: Calibration | None = None
    errors: Errors | None = None

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return any((self.confusion, self.calibration, self.errors))


def decimals(unit: float) -> int:
    """Return how many digits behind the point a multiple of the unit needs, at most 12."""
    digits, scaled = 0, unit
    while digits < 12 and abs(scaled - round(scaled)) > 1e-9:
        digits += 1
        scaled = unit * 10**digits
    return digits


def of_evaluation(evaluation: Evaluation, split: Split) -> Details:
    """Return what is told about one part; who may read it is for the caller to decide."""
    rows = EvaluationDetail.objects.filter(evaluation=evaluation, split=split)
    found = dict(rows.values_list("kind", "content"))
    confusion = found.get(DetailKind.CONFUSION)
    calibration = found.get(DetailKind.CALIBRATION)
    errors = found.get(DetailKind.ERRORS)
    return Details(
        confusion=_confusion(confusion) if confusion else None,
        calibration=_calibration(calibration, of_classes=confusion is not None)
        if calibration
        else None,
        errors=_errors(errors) if errors else None,
    )


def _confusion(content: Mapping[str, Any]) -> Confusion:
    labels = [*content["labels"]]
    if content["merged"]:
        labels.append(pgettext("classes", "others"))
    return Confusion(
        smallest=content["smallest"],
        step=content["step"],
        labels=tuple(labels),
        merged=tuple(content["merged"]),
        rows=tuple(
            ConfusionRow(row["at"], labels[row["at"]], row["n"], tuple(row["cells"]))
            for row in content["rows"]
        ),
    )


def _calibration(content: Mapping[str, Any], *, of_classes: bool) -> Calibration:
    return Calibration(
        smallest=content["smallest"],
        step=content["step"],
        of_classes=of_classes,
        bins=tuple(
            CalibrationBin(
                low=found["low"],
                high=found["high"],
                cases=found["n"],
                stated=found["stated"],
                observed=found["observed"],
                bottom=found["from"],
                top=found["to"],
                gap=found["gap"],
            )
            for found in content["bins"]
        ),
    )


def _errors(content: Mapping[str, Any]) -> Errors:
    return Errors(
        smallest=content["smallest"],
        step=content["step"],
        unit=content["unit"],
        cases=content["n"],
        quantiles=tuple((found["share"], found["value"]) for found in content["quantiles"]),
        bins=tuple(
            ErrorBin(found["n"], found["predicted"], found["bias"], found["absolute"])
            for found in content["bins"]
        ),
    )


def table(
    evaluation: Evaluation, split: Split, kind: DetailKind
) -> tuple[list[str], list[list[Any]]] | None:
    """Return head and rows of one detail for programs; an empty cell is one that is not told."""
    found = of_evaluation(evaluation, split)
    if kind is DetailKind.CONFUSION and found.confusion:
        return confusion_table(found.confusion)
    if kind is DetailKind.CALIBRATION and found.calibration:
        return (
            ["from", "to", "cases", "predicted", "observed", "low", "high", "error_part"],
            [
                [
                    row.low,
                    row.high,
                    row.cases,
                    row.stated,
                    round(row.observed, 4),
                    row.bottom,
                    row.top,
                    round(row.gap, 6),
                ]
                for row in found.calibration.bins
            ],
        )
    if kind is DetailKind.ERRORS and found.errors:
        return (
            ["predicted", "cases", "mean_error", "mean_absolute_error"],
            [[row.predicted, row.cases, row.bias, row.absolute] for row in found.errors.bins],
        )
    return None


def confusion_table(found: Confusion) -> tuple[list[str], list[list[Any]]]:
    """Return head and rows of a confusion matrix, one row for each pair of classes."""
    return (
        ["true", "predicted", "cases", "cases_of_the_class"],
        [
            [row.label, label, "" if cell is None else cell, row.cases]
            for row in found.rows
            for label, cell in zip(found.labels, row.cells, strict=True)
        ],
    )
