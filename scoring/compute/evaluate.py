"""One prediction file against the ground truth: a value per metric, split and group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.compute.groups import grouping
from scoring.compute.metrics import Metric, MetricError
from scoring.compute.schema import (
    SMALLEST_GROUP,
    EvaluationResult,
    GroupValue,
    Interval,
    MetricValue,
    PredictionKind,
    PredictionTable,
)
from scoring.compute.truth import entries_of, flags_of, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scoring.compute.truth import Truth

    type Predicted = npt.NDArray[np.int64] | npt.NDArray[np.float64] | npt.NDArray[np.bool_]

GROUP_TOO_SMALL: Final = "group_too_small"


class EvaluationError(ValueError):
    """Predictions and truth do not belong together; `code` is the key of the sentence.

    The strict reader finds all of this earlier and with line numbers. Codes: ids_do_not_match,
    unknown_label, wrong_kind.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def evaluate(
    table: PredictionTable,
    truth: Truth,
    metrics: Sequence[Metric],
    *,
    seed: int | None,
    smallest_group: int = SMALLEST_GROUP,
) -> EvaluationResult:
    """Compute each metric on each split of the truth, and on each group of each column within it.

    Without a seed there are no intervals.

    A metric that has no finite value on some cases yields a value of None with the code of the
    reason. Groups below `smallest_group` cases are merged (`scoring.compute.groups`); what is still
    too small has no value.
    """
    if any(metric.kind is not truth.format.kind for metric in metrics):
        raise EvaluationError("wrong_kind")
    predicted = in_order_of(truth, table)
    columns = {
        column: grouping(names, truth.splits.values(), smallest=smallest_group)
        for column, names in truth.groups.items()
    }
    values: list[MetricValue] = []
    groups: list[GroupValue] = []
    for split, positions in truth.splits.items():
        for metric in metrics:
            value, interval, error = _measure(metric, truth, predicted, positions, seed)
            values.append(
                MetricValue(
                    metric=metric.key,
                    split=split,
                    n=len(positions),
                    value=value,
                    interval=interval,
                    error=error,
                )
            )
        for column, own in columns.items():
            for group, members in own.members(positions):
                for metric in metrics:
                    value, interval, error = None, None, GROUP_TOO_SMALL
                    if len(members) >= smallest_group:
                        value, interval, error = _measure(metric, truth, predicted, members, seed)
                    groups.append(
                        GroupValue(
                            metric=metric.key,
                            split=split,
                            column=column,
                            group=group,
                            n=len(members),
                            value=value,
                            interval=interval,
                            error=error,
                        )
                    )
    return EvaluationResult(n=truth.cases, values=tuple(values), groups=tuple(groups))


def in_order_of(truth: Truth, table: PredictionTable) -> Predicted:
    """Return the predictions in the order of the sorted truth, matched one to one (TH-43)."""
    columns, kind = table.columns, truth.format.kind
    if columns is None and len(table.values) != truth.cases:
        raise EvaluationError("ids_do_not_match")
    ids, order = in_order(table)
    # Equal sorted columns of ids mean: none missing, none unknown, none twice.
    if not np.array_equal(ids, truth.ids):
        raise EvaluationError("ids_do_not_match")
    labels = truth.format.labels if kind is PredictionKind.LABEL else ()
    if columns is not None and columns.labels == labels:
        return columns.cells[order]
    try:
        if kind is PredictionKind.LABEL:
            codes = [truth.codes[str(value)] for value in table.values]
            return np.array(codes, dtype=np.int64)[order]
        if kind is PredictionKind.LABELS:
            return flags_of(table.values, truth.codes)[order]
    except KeyError:
        raise EvaluationError("unknown_label") from None
    if truth.relevant is not None:
        return _hits(truth.relevant, np.array(table.values, dtype=object)[order].tolist())
    return np.array(table.values, dtype=np.float64)[order]


def _hits(relevant: Sequence[frozenset[str]], cells: Sequence[object]) -> npt.NDArray[np.bool_]:
    """Return which places of each list hold a relevant item: (cases × places)."""
    lists = [entries_of(cell) for cell in cells]
    hits = np.zeros((len(lists), max(map(len, lists))), dtype=np.bool_)
    for row, wanted, entries in zip(hits, relevant, lists, strict=True):
        row[: len(entries)] = [entry in wanted for entry in entries]
    return hits


def _measure(
    metric: Metric,
    truth: Truth,
    predicted: Predicted,
    positions: npt.NDArray[np.intp],
    seed: int | None,
) -> tuple[float | None, Interval | None, str | None]:
    """Return value, interval and error code of one metric on some cases."""
    try:
        bound = metric.bound(truth.format)
        value, interval = bound.measure(truth.values[positions], predicted[positions], seed=seed)
    except MetricError as error:
        return None, None, error.code
    return value, interval, None
