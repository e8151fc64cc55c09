"""Two files and a list of metrics: the whole evaluation without a competition.

The same strict reader and the same metrics as for a benchmark; only the format, which a benchmark
declares, is found out from the metrics and the file of the truth.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from scoring.compute.evaluate import evaluate
from scoring.compute.predictions import column_names, distinct_texts, read_predictions
from scoring.compute.schema import (
    BAR,
    MAX_LABELS,
    MAX_LABELS_OF,
    SHARE_PREFIX,
    EvaluationResult,
    PredictionFormat,
    PredictionKind,
    Problem,
    ReaderLimits,
)
from scoring.compute.truth import TruthError, build_truth, truth_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scoring.compute.metrics import Metric

SEED: Final = 1


class ComparisonError(ValueError):
    """The files cannot be compared; `code` is the key of the sentence, `problems` the findings.

    Codes: predictions, truth (both with problems), no_target, no_labels, too_many_labels, names,
    and the codes of TruthError.
    """

    def __init__(self, code: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two files are to be compared; what is None is found out or not there.

    All metrics are of one kind. `labels` are in order, for metrics to which it matters.
    """

    metrics: tuple[Metric, ...]
    id_column: str = "id"
    target: str | None = None
    groups: tuple[str, ...] = ()
    split: str | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len({metric.kind for metric in self.metrics}) != 1:
            raise ValueError("The metrics need one kind of predictions.")
        named = [self.id_column, self.target, *self.groups, self.split]
        given = [name for name in named if name is not None]
        if not all(given) or len(set(given)) != len(given):
            raise ValueError("Each column has a name and a part of its own.")

    @property
    def kind(self) -> PredictionKind:
        """What a prediction is."""
        return self.metrics[0].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came out, by which format, and how the file of predictions was read."""

    format: PredictionFormat
    result: EvaluationResult
    notes: tuple[Problem, ...]


def compare(
    predictions: bytes, truth: bytes, wanted: Comparison, *, limits: ReaderLimits
) -> Compared:
    """Measure predictions against a truth, both as they stand in their files.

    The truth may have further columns, which are not looked at; the predictions may not.

    Raises:
        ComparisonError: a file cannot be used.

    """
    # The truth holds the same ids, a prediction and a few columns more.
    wide = replace(limits, size_bytes=2 * limits.size_bytes)
    known = [name for name in (wanted.id_column, *wanted.groups, wanted.split) if name is not None]
    names = column_names(io.BytesIO(truth), known=known, limits=wide)
    target = wanted.target or _only_other(names, known)
    fmt = _format(predictions, truth, wanted, target, limits=limits, wide=wide)
    extra = tuple(dict.fromkeys(n for n in names if n not in {wanted.id_column, target}))
    own_columns = tuple(name for name in known[1:] if name not in extra)
    checked = read_predictions(
        io.BytesIO(truth),
        replace(truth_format(fmt), text_columns=(*extra, *own_columns)),
        expected_ids=None,
        limits=wide,
    )
    if checked.table is None:
        raise ComparisonError("truth", checked.errors)
    try:
        prepared = build_truth(
            checked.table, fmt, split_column=wanted.split, group_columns=wanted.groups
        )
    except TruthError as error:
        raise ComparisonError(error.code) from None
    check = read_predictions(
        io.BytesIO(predictions), fmt, expected_ids=prepared.expected_ids(), limits=limits
    )
    if check.table is None:
        raise ComparisonError("predictions", check.errors)
    result = evaluate(check.table, prepared, wanted.metrics, seed=SEED)
    return Compared(format=fmt, result=result, notes=check.notes)


def _only_other(names: Iterable[str], known: Sequence[str]) -> str:
    """Return the one column that has no part yet."""
    others = [name for name in names if name not in known]
    if len(others) != 1 or not others[0]:
        raise ComparisonError("no_target")
    return others[0]


def _format(
    predictions: bytes,
    truth: bytes,
    wanted: Comparison,
    target: str,
    *,
    limits: ReaderLimits,
    wide: ReaderLimits,
) -> PredictionFormat:
    """Return the format of the predictions."""
    kind = wanted.kind
    labels = wanted.labels or ()
    if wanted.labels is None and kind is PredictionKind.DISTRIBUTION:
        known = [wanted.id_column]
        names = column_names(io.BytesIO(predictions), known=known, limits=limits)
        shares = [name for name in names if name.startswith(SHARE_PREFIX)]
        labels = tuple(dict.fromkeys(name.removeprefix(SHARE_PREFIX) for name in shares))
    elif wanted.labels is None and kind in {PredictionKind.LABEL, PredictionKind.LABELS}:
        texts = distinct_texts(
            io.BytesIO(truth), id_column=wanted.id_column, column=target, limits=wide
        )
        if kind is PredictionKind.LABELS:
            texts = {entry for text in texts for entry in text.split(BAR)}
        labels = tuple(sorted(texts - {""}, key=_natural))
    if len(labels) > MAX_LABELS_OF.get(kind.value, MAX_LABELS):
        raise ComparisonError("too_many_labels")
    if not labels and kind not in {
        PredictionKind.NUMBER,
        PredictionKind.PROBABILITY,
        PredictionKind.RANKING,
    }:
        raise ComparisonError("no_labels")
    try:
        return PredictionFormat(
            id_column=wanted.id_column, target_column=target, kind=kind, labels=labels
        )
    except ValueError:
        raise ComparisonError("names") from None


def _natural(label: str) -> tuple[bool, float, str]:
    """Return the place of a label in an order: numbers by size, then words by letter."""
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label
