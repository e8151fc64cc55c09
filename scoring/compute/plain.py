"""The fast way through a flawless prediction file: whole columns at a time, no text objects.

`read_columns` takes the files that most participants hand in: UTF-8 without a mark, the expected
header, commas, no quotes, every row complete, every value allowed. For any other file it returns
None, and the strict reader (`scoring.compute.predictions`) finds out what is wrong with it; it
never decides itself that a file is bad. What it accepts, the strict reader would accept with the
same content: a property test holds both against each other.

Ids stay bytes: UTF-8 sorts them as their characters do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

from scoring.compute.schema import (
    SUM_SLACK,
    SUM_TOLERANCE,
    Columns,
    PredictionFormat,
    PredictionKind,
    ReaderLimits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    type Bytes = npt.NDArray[np.bytes_]
    type Places = npt.NDArray[np.int64]

COMMA: Final = ord(",")
LINE_FEED: Final = ord("\n")
BLOCK: Final = 16_000_000  # bytes looked at together: bounds the arrays of places
WIDEST: Final = 4  # bytes that a column may take as an array, for each byte of its block
SLACK: Final = 4096  # bytes that it may take in any case
NUMERALS: Final = np.isin(np.arange(256), [0, *b"0123456789+-.eE"])  # and the filling behind


def read_columns(data: bytes, fmt: PredictionFormat, limits: ReaderLimits) -> Columns | None:
    """Return the columns of a flawless file, None if the strict reader has to look at it.

    Whether ids are repeated, missing or unknown is not looked at; the shapes are (rows,), of a
    distribution (rows × labels).
    """
    end = data.find(b"\n")
    header = data[: max(end, 0)].removesuffix(b"\r")
    names = header.decode(errors="replace").split(",")
    if (
        fmt.is_list
        or len(data) > limits.size_bytes
        or len(names) > limits.columns
        or sorted(names) != sorted(fmt.columns)
        or b'"' in data
        or b"\x00" in data
        or any("\x00" in label for label in fmt.labels)
        or not _is_utf_8(data)
    ):
        return None
    readers: dict[str, Callable[[Bytes], npt.NDArray[Any] | None]] = {
        fmt.id_column: _ids,
        **dict.fromkeys(fmt.value_columns, _numbers(fmt) if fmt.is_numeric else _codes(fmt)),
        **dict.fromkeys(fmt.text_columns, _texts),
    }
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in names}
    start, rows = end + 1, 0
    while start < len(data):
        stop = data.rfind(b"\n", start, start + BLOCK) + 1
        block = data[start : stop or len(data)]
        start += len(block)
        cells = _cells(block, len(names), limits)
        if cells is None:
            return None
        rows += len(cells[0])
        for name, column in zip(names, cells, strict=True):
            part = readers[name](column)
            if part is None:
                return None
            parts[name].append(part)
    if not 0 < rows <= limits.rows:
        return None
    found = {
        name: part[0] if len(part) == 1 else np.concatenate(part) for name, part in parts.items()
    }
    values = [found[name] for name in fmt.value_columns]
    if fmt.kind is PredictionKind.DISTRIBUTION:
        shares = np.column_stack(values)
        if (np.abs(shares.sum(axis=1) - 1) > SUM_TOLERANCE + SUM_SLACK).any():
            return None
        values = [shares]
    return Columns(
        ids=found[fmt.id_column],
        cells=values[0],
        labels=() if fmt.is_numeric else fmt.labels,
        texts={name: found[name] for name in fmt.text_columns},
    )


def _is_utf_8(data: bytes) -> bool:
    """Say whether a file is UTF-8; a mark at its beginning shows in the header."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cells(block: bytes, width: int, limits: ReaderLimits) -> list[Bytes] | None:
    """Cut lines into columns of bytes; None if a line is not `width` cells, or far too long."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            return None
    if not block.endswith(b"\n"):
        block += b"\n"
    # The longest cell may begin in the last line: its window needs room behind.
    text = np.frombuffer(block + bytes(limits.field_length), dtype=np.uint8)
    places = text[: len(block)]
    ends = np.flatnonzero(places == LINE_FEED)
    commas = np.flatnonzero(places == COMMA)
    if len(commas) != len(ends) * (width - 1):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    inner = [commas[at :: width - 1] for at in range(width - 1)]
    if ((inner[0] < starts) | (inner[-1] > ends)).any():
        return None
    begins, stops = [starts, *(place + 1 for place in inner)], [*inner, ends]
    columns = []
    for begin, stop in zip(begins, stops, strict=True):
        column = _column(text, begin, stop - begin, limits.field_length)
        if column is None:
            return None
        columns.append(column)
    return columns


def _column(
    text: npt.NDArray[np.uint8], begins: Places, lengths: Places, longest: int
) -> Bytes | None:
    """Copy cells of any length side by side; None if one is so long that they would take much."""
    width = max(1, int(lengths.max()))
    if width > longest or width * len(begins) > WIDEST * len(text) + SLACK:
        return None
    cells = np.lib.stride_tricks.sliding_window_view(text, width)[begins]
    if int(lengths.min()) < width:
        cells[np.arange(width) >= lengths[:, None]] = 0
    return cells.view(f"S{width}")[:, 0]


def _ids(column: Bytes) -> Bytes | None:
    """Return ids that are there, and of characters that have one form only."""
    raw = column.view(np.uint8)
    return column if raw.max() < 128 and (column != b"").all() else None


def _texts(column: Bytes) -> Bytes:
    """Return texts as they are."""
    return column


def _codes(fmt: PredictionFormat) -> Callable[[Bytes], npt.NDArray[np.int64] | None]:
    """Return what turns labels into their places in the format's list."""
    labels = np.array([label.encode() for label in fmt.labels])
    order = np.argsort(labels)
    ordered = labels[order]

    def read(column: Bytes) -> npt.NDArray[np.int64] | None:
        at = np.minimum(np.searchsorted(ordered, column), len(ordered) - 1)
        return order[at] if (ordered[at] == column).all() else None

    return read


def _numbers(fmt: PredictionFormat) -> Callable[[Bytes], npt.NDArray[np.float64] | None]:
    """Return what reads numbers within the range of the format."""

    def read(column: Bytes) -> npt.NDArray[np.float64] | None:
        # With these characters alone, numpy takes what the strict reader does.
        if not NUMERALS[column.view(np.uint8)].all():
            return None
        try:
            numbers = column.astype(np.float64)
        except ValueError:
            return None
        is_allowed = np.isfinite(numbers) & (numbers >= fmt.lowest) & (numbers <= fmt.highest)
        return numbers if is_allowed.all() else None

    return read


def as_bytes(ids: Iterable[str]) -> Bytes:
    """Return ids as an array of bytes."""
    return np.array([name.encode() for name in ids], dtype=np.bytes_)


class KnownIds(Sequence[str]):
    """The ids a file must have, sorted and distinct, as bytes that need no decoding to compare."""

    def __init__(self, array: Bytes) -> None:
        self.array = array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.array)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> KnownIds: ...
    def __getitem__(self, at: int | slice) -> str | KnownIds:
        """Return one as text, or several."""
        return KnownIds(self.array[at]) if isinstance(at, slice) else str(self.array[at].decode())

    def __iter__(self) -> Iterator[str]:
        """Yield them as texts."""
        return (name.decode() for name in self.array.tolist())


def has_exactly(columns: Columns, expected: Sequence[str] | None) -> bool:
    """Say whether a file has each expected id once and no other; without any, each of its own."""
    if expected is None or isinstance(expected, KnownIds):
        ids = columns.sorted_ids
        if expected is None:
            return not (ids[1:] == ids[:-1]).any()
        return np.array_equal(ids, expected.array)
    ids = columns.ids
    return len(ids) == len(expected) == len(wanted := {name.encode() for name in expected}) and (
        set(ids.tolist()) == wanted
    )
