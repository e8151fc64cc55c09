"""What a single figure hides: confusion matrix, calibration, and the errors of numbers.

Everything here leaves the evaluation process, so it is made coarse before it does (`Rule`): a team
may hand in again and again and compare what it is shown. Cases that come in fewer than `smallest`
are merged or left out, counts are rounded to `step`, and no figure is about fewer than `smallest`
cases. What is rounded away is less than what so few cases can tell anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.compute.evaluate import in_order_of
from scoring.compute.metrics.intervals import wilson
from scoring.compute.schema import SMALLEST_GROUP, Detail, DetailKind, PredictionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from scoring.compute.schema import PredictionTable
    from scoring.compute.truth import Truth

    type Array = npt.NDArray[np.float64]
    type Codes = npt.NDArray[np.int64]

STEP: Final = 5
CLASSES: Final = 20  # more fit on no page; the rarer ones are merged
BINS: Final = 10  # of equal width, as in the expected calibration error
SHARES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
PARTS: Final = 8  # of the predicted numbers, with about as many cases each
# A figure is rounded to no less than this part of the usual error, so that one of twice
# `smallest` cases moves it by about as much.
FINENESS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How coarse details are; published beside every figure, and stored with it."""

    smallest: int = SMALLEST_GROUP
    step: int = STEP

    def count(self, cases: int) -> int:
        """Round a number of cases half up to the step."""
        return (2 * int(cases) + self.step) // (2 * self.step) * self.step

    def cell(self, cases: int) -> int | None:
        """Round a cell; None if it holds fewer than the smallest number of cases, or none."""
        return None if cases < self.smallest else self.count(cases)


def details(table: PredictionTable, truth: Truth, *, rule: Rule | None = None) -> list[Detail]:
    """Return what can be told about predictions of this kind, for each part of the truth.

    EvaluationError if predictions and truth do not belong together. Kinds without details, and
    parts that are too small for any, yield nothing.
    """
    if truth.format.kind not in _KINDS:
        return []
    predicted = in_order_of(truth, table)
    return [
        Detail(split=split.value, kind=kind, content=content)
        for split, positions in truth.splits.items()
        for kind, content in _of_part(truth, predicted, positions, rule or Rule())
        if content is not None
    ]


_KINDS: Final = frozenset(
    {
        PredictionKind.LABEL,
        PredictionKind.PROBABILITY,
        PredictionKind.DISTRIBUTION,
        PredictionKind.NUMBER,
    }
)


def _of_part(
    truth: Truth, predicted: npt.NDArray[Any], positions: npt.NDArray[np.intp], rule: Rule
) -> Iterator[tuple[DetailKind, dict[str, Any] | None]]:
    right, given = truth.values[positions], predicted[positions]
    match truth.format.kind:
        case PredictionKind.LABEL:
            yield DetailKind.CONFUSION, confusion(right, given, truth.format.labels, rule)  # type: ignore[arg-type]
        case PredictionKind.PROBABILITY:
            yield DetailKind.CALIBRATION, calibration(right.astype(np.float64), given, rule)
        case PredictionKind.DISTRIBUTION:
            named = given.argmax(axis=1)
            yield DetailKind.CONFUSION, confusion(right, named, truth.format.labels, rule)  # type: ignore[arg-type]
            stated = given[np.arange(len(named)), named]
            hits = (named == right).astype(np.float64)
            yield DetailKind.CALIBRATION, calibration(hits, stated, rule)
        case PredictionKind.NUMBER:
            yield DetailKind.ERRORS, errors(right.astype(np.float64), given, rule)


def confusion(
    truth: Codes, predicted: Codes, labels: tuple[str, ...], rule: Rule
) -> dict[str, Any] | None:
    """Count which class is taken for which; None if no class has enough cases.

    Both columns hold codes into `labels`: (cases,). Of the content, `labels` are the classes shown,
    `merged` those that make up a last one together (fewer than `smallest` cases, or beyond the
    most frequent ones), and `rows` has one line per class shown: cases `n`, and `cells` in the
    order of the columns, None for "fewer than `smallest`".
    """
    sizes = np.bincount(truth, minlength=len(labels))
    frequent = np.argsort(-sizes, kind="stable")[:CLASSES]
    shown = sorted(int(code) for code in frequent if sizes[code] >= rule.smallest)
    if not shown:
        return None
    # Every other class becomes one more, the last.
    place = np.full(len(labels), len(shown), dtype=np.int64)
    place[shown] = np.arange(len(shown))
    width = len(shown) + 1
    flat = place[truth] * width + place[predicted]
    table = np.bincount(flat, minlength=width * width).reshape(width, width)
    merged = [label for code, label in enumerate(labels) if code not in shown]
    columns = len(shown) + bool(merged)
    lines = [at for at in range(columns) if table[at].sum() >= rule.smallest]
    return {
        **_told(rule),
        "labels": [labels[code] for code in shown],
        "merged": merged,
        "rows": [
            {
                "at": at,
                "n": rule.count(int(table[at].sum())),
                "cells": [rule.cell(int(cases)) for cases in table[at, :columns]],
            }
            for at in lines
        ],
    }


def calibration(right: Array, stated: Array, rule: Rule) -> dict[str, Any] | None:
    """Compare predicted probabilities with how often it happens; None if there are too few cases.

    `right` holds zeros and ones, `stated` probabilities: (cases,). Each of the `bins` has at least
    twice the smallest number of cases (neighbours of equal width are merged until they do), from
    above `low` to `high`: cases `n`, mean prediction `stated` with two digits, share `observed`
    with a 95 % interval that also covers the rounding (`from`, `to`), and what it adds to the
    calibration error, `gap`, computed from these.
    """
    if len(right) < 2 * rule.smallest:
        return None
    inner = np.linspace(0.0, 1.0, BINS + 1)[1:-1]
    # As in the metric: each takes its upper end.
    of_bin = np.searchsorted(inner, stated)
    sizes = np.bincount(of_bin, minlength=BINS)
    found = []
    total = sum(rule.count(int(sizes[low:high].sum())) for low, high in _merged(sizes, rule))
    for low, high in _merged(sizes, rule):
        inside = (of_bin >= low) & (of_bin < high)
        n = rule.count(int(inside.sum()))
        mean = round(float(stated[inside].mean()), 2)
        happened = rule.count(int(right[inside].sum()))
        observed = happened / n
        # Chance, and what the rounding hides.
        bottom = wilson(max(happened - rule.step / 2, 0), n)
        top = wilson(min(happened + rule.step / 2, n), n)
        found.append(
            {
                "low": low / BINS,
                "high": high / BINS,
                "n": n,
                "stated": mean,
                "observed": observed,
                "from": round(bottom.low, 4),
                "to": round(top.high, 4),
                "gap": abs(observed - mean) * n / total,
            }
        )
    return {**_told(rule), "n": total, "bins": found}


def errors(truth: Array, predicted: Array, rule: Rule) -> dict[str, Any] | None:
    """Describe how far predicted numbers are off; None if there are too few cases.

    Both columns are numbers: (cases,); an error is predicted minus true, above 0 too high. Each
    of the `quantiles` (there from ten times the smallest number of cases on) is the mean of the
    `smallest` errors around it; `bins` are parts of the predictions with at least twice as many
    cases `n`: mean prediction, mean error `bias`, and mean size of the error `absolute`. All are
    rounded to `unit`.
    """
    cases = len(truth)
    if cases < 2 * rule.smallest:
        return None
    # What overflows says nothing, and the metrics say so.
    with np.errstate(over="ignore", invalid="ignore"):
        off = predicted - truth
        spread = float(np.abs(off - np.median(off)).mean())
        usual = float(np.abs(off).mean())
    if not np.isfinite([spread, usual]).all():
        return None
    unit = _unit(max(spread, usual))
    ordered = np.sort(off)
    quantiles = []
    if cases >= 10 * rule.smallest:
        half = rule.smallest // 2
        for share in SHARES:
            middle = min(max(round(share * (cases - 1)), half), cases - half)
            around = ordered[middle - half : middle + half]
            quantiles.append({"share": share, "value": _rounded(around.mean(), unit)})
    parts = min(PARTS, cases // (2 * rule.smallest))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, parts + 1)[1:-1]))
    of_bin = np.searchsorted(edges, predicted)
    sizes = np.bincount(of_bin, minlength=len(edges) + 1)
    bins = []
    for low, high in _merged(sizes, rule):
        inside = (of_bin >= low) & (of_bin < high)
        bins.append(
            {
                "n": rule.count(int(inside.sum())),
                "predicted": _rounded(predicted[inside].mean(), unit),
                "bias": _rounded(off[inside].mean(), unit),
                "absolute": _rounded(np.abs(off[inside]).mean(), unit),
            }
        )
    return {
        **_told(rule),
        "n": rule.count(cases),
        "unit": unit,
        "quantiles": quantiles,
        "bins": bins,
    }


def _told(rule: Rule) -> dict[str, int]:
    return {"smallest": rule.smallest, "step": rule.step}


def _merged(sizes: npt.NDArray[np.intp], rule: Rule) -> list[tuple[int, int]]:
    """Return half-open runs of bins that hold at least twice the smallest number of cases each."""
    cuts, held = [0], 0
    for at, size in enumerate(sizes.tolist(), start=1):
        held += size
        if held >= 2 * rule.smallest:
            cuts.append(at)
            held = 0
    # What is left at the end joins the last one.
    cuts[-1] = len(sizes)
    return list(pairwise(cuts)) if len(cuts) > 1 else []


def _unit(spread: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least the given spread over `FINENESS`."""
    if spread <= 0:
        return 0.0
    least = spread / FINENESS
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least))


def _rounded(value: float, unit: float) -> float:
    if not unit:
        return float(value)
    # Without the tail that a division by a power of ten leaves.
    return float(f"{round(float(value) / unit) * unit:.12g}")
