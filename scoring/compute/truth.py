"""The hidden ground truth, prepared once so that an evaluation only has to look things up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.compute.plain import KnownIds, as_bytes
from scoring.compute.schema import (
    BAR,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Split,
    is_normalised,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

NEGATIVE: Final = "0"
POSITIVE: Final = "1"


class TruthError(ValueError):
    """The ground truth cannot be used; `code` is the key of the sentence for the office.

    Codes: no_rows, different_lengths, id_empty, id_duplicate, id_not_normalised, unknown_label,
    not_binary, not_finite, out_of_range, no_relevant, unknown_split, empty_split.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Ground truth in the order of its sorted ids (UTF-8); every array has the shape (cases,).

    `values` are codes into `labels` for the kinds `label` and `distribution`, zeros and ones for
    probabilities, whether each label applies (cases × labels) for `labels`, the number of relevant
    items for `ranking`, which `relevant` names, and numbers otherwise. `splits` maps each part to
    the positions of its cases; `groups` holds for each group column the group of each case.
    """

    format: PredictionFormat
    ids: npt.NDArray[np.bytes_]
    values: npt.NDArray[np.int64] | npt.NDArray[np.float64] | npt.NDArray[np.bool_]
    codes: Mapping[str, int]
    splits: Mapping[Split, npt.NDArray[np.intp]]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relevant: tuple[frozenset[str], ...] | None = None

    @property
    def cases(self) -> int:
        """The number of cases over all splits."""
        return len(self.ids)

    def expected_ids(self) -> KnownIds:
        """Return the ids a prediction file must have, for the strict reader."""
        return KnownIds(self.ids)


def truth_format(
    fmt: PredictionFormat, *, split_column: str | None = None, group_columns: Sequence[str] = ()
) -> PredictionFormat:
    """Return the format of the ground truth file that belongs to a prediction format.

    The same strict reader reads it. Where predictions are probabilities, the truth is the label
    1 (the positive class) or 0; where there is one for each label, it is the label; where
    predictions are ranked lists, it is the list of relevant items, in any order.
    """
    extra = (*([] if split_column is None else [split_column]), *group_columns)
    if fmt.kind is PredictionKind.PROBABILITY:
        labels = (NEGATIVE, POSITIVE)
        return replace(fmt, kind=PredictionKind.LABEL, labels=labels, text_columns=extra)
    if fmt.kind is PredictionKind.DISTRIBUTION:
        return replace(fmt, kind=PredictionKind.LABEL, text_columns=extra)
    return replace(fmt, text_columns=extra)


def build_truth(
    table: PredictionTable,
    fmt: PredictionFormat,
    *,
    split_column: str | None = None,
    group_columns: Sequence[str] = (),
) -> Truth:
    """Prepare the content of a ground truth file; `fmt` is the format of the predictions.

    Without a split column all cases form the split `all`; with one, each case is `public` or
    `private` and both occur. TruthError says what is wrong; a label it has never been told.
    """
    if not len(table):
        raise TruthError("no_rows")
    splits = None if split_column is None else _texts(table, split_column)
    groups = {column: table.texts[column] for column in group_columns}
    codes = {label: code for code, label in enumerate(fmt.labels)}
    values = _values(table, fmt, codes)
    columns = (values, splits, *groups.values())
    if any(part is not None and len(part) != len(table) for part in columns):
        raise TruthError("different_lengths")
    ids, order = in_order(table)
    _check_ids(table, ids)
    return Truth(
        format=fmt,
        ids=ids,
        values=values[order],
        codes=codes,
        splits=_splits(None if splits is None else splits[order], cases=len(ids)),
        groups={
            column: tuple(np.array(names, dtype=object)[order].tolist())
            for column, names in groups.items()
        },
        relevant=tuple(
            frozenset(entries_of(cell))
            for cell in np.array(table.values, dtype=object)[order].tolist()
        )
        if fmt.kind is PredictionKind.RANKING
        else None,
    )


def in_order(
    table: PredictionTable,
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.intp] | slice]:
    """Return the ids as sorted bytes, and what sorts the rows so."""
    if table.columns is not None:
        return table.columns.sorted_ids, table.columns.order
    ids = as_bytes(table.ids)
    order = ids.argsort(kind="stable")
    return ids[order], order


def _check_ids(table: PredictionTable, ids: npt.NDArray[np.bytes_]) -> None:
    """Refuse ids that could not be matched one to one; `ids` are the sorted ones."""
    if table.columns is None:  # else the reader has seen that they are there, and plain
        if "" in table.ids:
            raise TruthError("id_empty")
        if not all(map(is_normalised, table.ids)):
            raise TruthError("id_not_normalised")
    if (ids[1:] == ids[:-1]).any():
        raise TruthError("id_duplicate")


def _texts(table: PredictionTable, name: str) -> npt.NDArray[np.bytes_]:
    """Return a further column as bytes."""
    return as_bytes(table.texts[name]) if table.columns is None else table.columns.texts[name]


def entries_of(cell: object) -> list[str]:
    """Return the entries of a list as it stands in a file; none for an empty cell."""
    return str(cell).split(BAR) if cell else []


def flags_of(cells: Sequence[object], codes: Mapping[str, int]) -> npt.NDArray[np.bool_]:
    """Return which labels each list names: (cases × labels). KeyError for an unknown one."""
    flags = np.zeros((len(cells), len(codes)), dtype=np.bool_)
    for row, cell in zip(flags, cells, strict=True):
        row[[codes[entry] for entry in entries_of(cell)]] = True
    return flags


def _values(
    table: PredictionTable, fmt: PredictionFormat, codes: Mapping[str, int]
) -> npt.NDArray[np.int64] | npt.NDArray[np.float64] | npt.NDArray[np.bool_]:
    """Return the target column in the form that metrics take."""
    columns = table.columns
    if columns is not None and columns.labels == fmt.labels and columns.labels:
        return columns.cells
    if columns is not None and fmt.kind is PredictionKind.NUMBER:
        return columns.cells
    values = table.values
    try:
        if fmt.kind is PredictionKind.LABELS:
            return flags_of(values, codes)
        if fmt.kind in {PredictionKind.LABEL, PredictionKind.DISTRIBUTION}:
            return np.array([codes[str(value)] for value in values], dtype=np.int64)
    except KeyError:
        raise TruthError("unknown_label") from None
    if fmt.kind is PredictionKind.RANKING:
        counts = np.array([len(set(entries_of(value))) for value in values], dtype=np.int64)
        if not counts.all():
            raise TruthError("no_relevant")
        return counts
    try:
        numbers = np.array([float(str(value)) for value in values])
    except ValueError:
        raise TruthError("not_finite") from None
    if not np.isfinite(numbers).all():
        raise TruthError("not_finite")
    if fmt.kind is PredictionKind.PROBABILITY and not np.isin(numbers, (0.0, 1.0)).all():
        raise TruthError("not_binary")
    if (numbers < fmt.lowest).any() or (numbers > fmt.highest).any():
        raise TruthError("out_of_range")
    return numbers


def _splits(
    names: npt.NDArray[np.bytes_] | None, *, cases: int
) -> Mapping[Split, npt.NDArray[np.intp]]:
    """Return the positions of each split's cases among the sorted ids."""
    if names is None:
        return {Split.ALL: np.arange(cases)}
    masks = {split: names == split.encode() for split in (Split.PUBLIC, Split.PRIVATE)}
    if not (masks[Split.PUBLIC] | masks[Split.PRIVATE]).all():
        raise TruthError("unknown_split")
    splits = {split: np.flatnonzero(mask) for split, mask in masks.items()}
    if not all(positions.size for positions in splits.values()):
        raise TruthError("empty_split")
    return splits
