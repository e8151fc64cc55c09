"""The one strict reader of prediction files: check page, hand-in, evaluation, command line.

A file is read once. Everything that is wrong with it is found in that pass and grouped, with the
physical lines an editor shows. Nothing is repaired silently: what the reader may choose by itself
(encoding, separator, decimal comma) must hold for the whole file and is said in a note. No file
makes it raise, and no file makes it slow.
"""

from __future__ import annotations

import csv
import difflib
import functools
import io
import itertools
import math
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from scoring.compute.decoding import UTF_8, decode, read_capped, read_text
from scoring.compute.plain import has_exactly, read_columns
from scoring.compute.schema import (
    BAR,
    MOST_ENTRIES,
    SUM_SLACK,
    SUM_TOLERANCE,
    FileCheck,
    Parameter,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Problem,
    ProblemKey,
    ReaderLimits,
    Severity,
    is_normalised,
)

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

type Lines = npt.NDArray[np.int64]

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
CHUNK: Final = 5000  # rows looked at together: large enough for C speed, small enough for memory
HEADER_LENGTH: Final = 100_000  # characters in which 64 column names have room
LISTED: Final = 5  # ids named in a problem
LISTED_LABELS: Final = 20
SIMILAR_LENGTH: Final = 64  # characters compared for "did you mean"; difflib is quadratic
SIMILAR_CHOICES: Final = 200
SIMILAR_TEXTS: Final = 50  # texts of one column for which a similar one is searched
SEARCHED_IDS: Final = 100_000

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
# By decimal sign: numbers that have it, and numbers that may be written in a file with it.
SIGNED: Final = {
    ".": re.compile(r"[+-]?(?:[0-9]++\.[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"),
    ",": re.compile(r"[+-]?(?:[0-9]++,[0-9]*+|,[0-9]++)(?:[eE][+-]?[0-9]++)?"),
}
ALLOWED: Final = {
    ".": NUMBER,
    ",": re.compile(r"[+-]?(?:[0-9]++,?[0-9]*+|,[0-9]++)(?:[eE][+-]?[0-9]++)?"),
}
# Separators of thousands, which cannot be read (1.234 may be either) but can be guessed.
GROUPED_NUMBER: Final = re.compile(
    r"(?P<whole>[+-]?[0-9]{1,3}(?P<group>[., '\u2019\u00a0\u202f])[0-9]{3}"
    r"(?:(?P=group)[0-9]{3})*)"
    r"(?:(?P<sign>[.,])(?P<part>[0-9]+))?"
)
# float() also takes "1_000", " 1 ", "nan" and digits of other scripts; with these characters alone
# it takes exactly what NUMBER does.
NUMBER_BYTES: Final = b"0123456789+-eE"
MISSING_WORDS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "nil"})
INFINITE_WORDS: Final = frozenset({"inf", "infinity", "infinite"})
LONGEST_WORD: Final = 1 + max(map(len, MISSING_WORDS | INFINITE_WORDS))
_WORDS: Final = dict.fromkeys(MISSING_WORDS, ProblemKey.VALUE_MISSING) | dict.fromkeys(
    INFINITE_WORDS, ProblemKey.NOT_FINITE
)
LINE_END: Final = re.compile(r"\r\n|\r|\n")
DEFAULT_LIMITS: Final = ReaderLimits()


def read_predictions(
    stream: BinaryIO,
    fmt: PredictionFormat,
    *,
    expected_ids: Sequence[str] | None,
    limits: ReaderLimits = DEFAULT_LIMITS,
) -> FileCheck:
    """Check a prediction file completely and return its content if nothing is wrong.

    Without `expected_ids` the file is checked for everything but missing and unknown ids and the
    number of rows. Only errors of the stream itself are raised.
    """
    data = read_capped(stream, limits.size_bytes)
    return read_plain(data, fmt, expected_ids, limits) or read_strictly(
        data, fmt, expected_ids, limits
    )


def read_plain(
    data: bytes, fmt: PredictionFormat, expected_ids: Sequence[str] | None, limits: ReaderLimits
) -> FileCheck | None:
    """Return the check of a file about which nothing is to be said, None for any other."""
    columns = read_columns(data, fmt, limits)
    if columns is None or not has_exactly(columns, expected_ids):
        return None
    report = _Report(limits)
    names = data[: data.index(b"\n")].decode().removesuffix("\r").split(",")
    return FileCheck(
        ok=True,
        rows=len(columns.ids),
        columns=tuple(map(report.cut, names)),
        encoding=UTF_8,
        delimiter=",",
        decimal="." if fmt.is_numeric else None,
        problems=(),
        table=PredictionTable(columns=columns),
    )


def read_strictly(
    data: bytes, fmt: PredictionFormat, expected_ids: Sequence[str] | None, limits: ReaderLimits
) -> FileCheck:
    """Look at every cell of a file by itself, and find all that is wrong."""
    decoded = decode(data, limits)
    if isinstance(decoded, Problem):
        return _refused([decoded])
    report = _Report(limits, list(decoded.notes))
    header = _read_header(decoded.text, fmt, expected_ids, report)
    if header is None:
        return _refused(report.in_order(), encoding=decoded.encoding)

    rows = _read_rows(decoded.lines(), header, fmt, report)
    decimal, numbers = _check_values(rows, fmt, report)
    _check_ids(rows, fmt, expected_ids, report)
    problems = report.in_order()
    ok = all(problem.severity is Severity.NOTE for problem in problems)
    return FileCheck(
        ok=ok,
        rows=rows.count,
        columns=tuple(report.cut(name) for name in header.names),
        encoding=decoded.encoding,
        delimiter=header.delimiter,
        decimal=decimal,
        problems=problems,
        table=_table(rows, numbers, fmt) if ok else None,
    )


def _refused(problems: Sequence[Problem], *, encoding: str | None = None) -> FileCheck:
    """Return the check of a file whose rows were not looked at."""
    return FileCheck(
        ok=False,
        rows=0,
        columns=(),
        encoding=encoding,
        delimiter=None,
        decimal=None,
        problems=tuple(problems),
        table=None,
    )


def _table(
    rows: _Rows, numbers: npt.NDArray[np.float64] | None, fmt: PredictionFormat
) -> PredictionTable:
    """Put the content together, once every check has passed."""
    values: tuple[str, ...] | tuple[float, ...] | tuple[tuple[float, ...], ...]
    if numbers is None:
        values = tuple(rows.cells[fmt.target_column])
    elif numbers.ndim == 1:
        values = tuple(numbers.tolist())
    else:
        values = tuple(map(tuple, numbers.tolist()))
    return PredictionTable(
        ids=tuple(rows.cells[fmt.id_column]),
        values=values,
        texts={name: tuple(rows.cells[name]) for name in fmt.text_columns},
    )


@dataclass(slots=True)
class _Report:
    """Collects problems and cuts what they quote to the limits."""

    limits: ReaderLimits
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        key: ProblemKey,
        *,
        lines: Sequence[int] | Lines = (),
        column: str | None = None,
        total: int | None = None,
        value: str | None = None,
        values: Iterable[str] = (),
        params: Mapping[str, Parameter] | None = None,
        suggestion: Mapping[str, Parameter] | None = None,
        guess: Callable[[str], str | None] | None = None,
    ) -> None:
        """Record one group of findings; `total` defaults to the number of lines.

        `values` are what stands in the lines, and the first is the `value`; `guess` says what
        may have been meant by one.
        """
        quoted = list(itertools.islice(values, self.limits.lines_kept))
        if value is None and quoted and len(lines):
            value = quoted[0]
        guesses = list(map(functools.cache(guess), quoted)) if guess is not None else []
        self.problems.append(
            Problem(
                key=key,
                column=None if column is None else self.cut(column),
                lines=tuple(int(line) for line in lines[: self.limits.lines_kept]),
                total=(len(lines) or 1) if total is None else total,
                value=None if value is None else self.cut(value),
                params=params or {},
                suggestion={
                    name: self.cut(text) if isinstance(text, str) else text
                    for name, text in (suggestion or {}).items()
                },
                values=self.cut_all(quoted, len(quoted)),
                suggestions=self.cut_all((text or "" for text in guesses), len(guesses))
                if any(guesses)
                else (),
            )
        )

    def cut(self, text: str) -> str:
        """Shorten a quotation and show what is invisible in it.

        An ellipsis shows that something was left out. Control characters and marks that turn the
        direction of writing appear by their number, so that no quotation can disguise itself.
        """
        longest = self.limits.value_length
        if len(text) > longest:
            text = text[: longest - 1] + "…"
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in text)

    def cut_all(self, texts: Iterable[str], count: int) -> tuple[str, ...]:
        """Shorten the first few of many quotations."""
        return tuple(self.cut(text) for text in itertools.islice(texts, count))

    def in_order(self) -> tuple[Problem, ...]:
        """Return errors before notes, each by code."""
        return tuple(sorted(self.problems, key=lambda p: (p.severity is Severity.NOTE, p.code)))


# ---- header ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Header:
    """The first record, and where each expected column stands that is there exactly once."""

    names: tuple[str, ...]
    delimiter: str
    positions: Mapping[str, int]


def _read_header(
    text: str,
    fmt: PredictionFormat,
    expected_ids: Sequence[str] | None,
    report: _Report,
) -> _Header | None:
    """Find separator and columns before anything else sees the file; None if rows are hopeless."""
    end = LINE_END.search(text)
    length = end.start() if end else len(text)
    if length > HEADER_LENGTH:
        found = 1 + max(text.count(delimiter, 0, length) for delimiter in DELIMITERS)
        _too_wide_or_long(found, text[:length], report)
        return None
    head = text[: 2 * HEADER_LENGTH]
    candidates = {d: names for d in DELIMITERS if (names := _first_record(head, d)) is not None}
    if not candidates:
        report.add(ProblemKey.QUOTING, lines=(1,), value=text[:length])
        return None
    # Most expected names win, then the most fields, then the comma.
    delimiter = max(
        candidates,
        key=lambda d: (len(set(candidates[d]) & set(fmt.columns)), len(candidates[d])),
    )
    names = candidates[delimiter]
    longest = max(names, key=len, default="")
    if len(names) > report.limits.columns or len(longest) > report.limits.field_length:
        _too_wide_or_long(len(names), longest, report)
        return None
    if not names or _looks_like_data(names, fmt, expected_ids):
        report.add(ProblemKey.HEADER_MISSING, lines=(1,), params={"columns": fmt.columns})
        return None
    if delimiter != ",":
        params = {"delimiter": DELIMITERS[delimiter]}
        report.add(ProblemKey.DELIMITER_DETECTED, lines=(1,), params=params)
    _check_columns(names, fmt, report)
    return _Header(
        names=tuple(names),
        delimiter=delimiter,
        positions={name: names.index(name) for name in fmt.columns if names.count(name) == 1},
    )


def _first_record(head: str, delimiter: str) -> list[str] | None:
    """Parse the first record with one separator; None if its quotes are broken."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True)
    try:
        return next(reader, [])
    except csv.Error:
        return None


def _too_wide_or_long(found: int, first: str, report: _Report) -> None:
    """Refuse a header by the cap it breaks."""
    limits = report.limits
    if found > limits.columns:
        params: dict[str, Parameter] = {"maximum": limits.columns, "found": found}
        report.add(ProblemKey.TOO_MANY_COLUMNS, lines=(1,), params=params)
    else:
        params = {"maximum": limits.field_length}
        report.add(ProblemKey.FIELD_TOO_LONG, lines=(1,), value=first, params=params)


def _looks_like_data(
    names: list[str], fmt: PredictionFormat, expected_ids: Sequence[str] | None
) -> bool:
    """Tell whether the first line is a row, so that the header was left out."""
    if not set(names).isdisjoint(fmt.columns):
        return False
    if expected_ids is not None and not set(names).isdisjoint(expected_ids):
        return True
    return fmt.is_numeric and any(NUMBER.fullmatch(n) for n in names)


def _check_columns(names: list[str], fmt: PredictionFormat, report: _Report) -> None:
    """Report every missing, unknown and repeated column with a guess of what was meant."""
    columns = fmt.columns
    params: dict[str, Parameter] = {"columns": columns}
    missing = [name for name in columns if name not in names]
    unknown = [name for name in dict.fromkeys(names) if name not in columns]
    duplicates = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    for name in missing:
        guess = _similar(name, unknown)
        report.add(
            ProblemKey.COLUMN_MISSING,
            column=name,
            lines=(1,),
            params=params,
            suggestion={"column": guess} if guess is not None else None,
        )
    if unknown:
        guess = _similar(unknown[0], missing)
        report.add(
            ProblemKey.COLUMN_UNKNOWN,
            column=unknown[0],
            lines=(1,),
            total=len(unknown),
            value=unknown[0],
            params=params | {"unknown": report.cut_all(unknown, LISTED_LABELS)},
            suggestion={"column": guess} if guess is not None else None,
        )
    if duplicates:
        report.add(
            ProblemKey.COLUMN_DUPLICATE,
            column=duplicates[0],
            lines=(1,),
            total=len(duplicates),
            value=duplicates[0],
            params=params | {"duplicates": report.cut_all(duplicates, LISTED_LABELS)},
        )


def _similar(text: str, choices: Sequence[str]) -> str | None:
    """Return the choice that was probably meant, or None."""
    return _Similar(choices)(text)


class _Similar:
    """Finds the choice that was probably meant; cheap whatever the texts are."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.by_fold: dict[str, str] = {}
        for choice in choices:
            self.by_fold.setdefault(self.folded(choice), choice)
        self.searches_left = SIMILAR_TEXTS if len(choices) <= SIMILAR_CHOICES else 0

    @staticmethod
    def folded(text: str) -> str:
        """Return a text without what is easily mistaken."""
        text = unicodedata.normalize("NFC", text[:SIMILAR_LENGTH]).strip().strip("\ufeff")
        return text.casefold().removesuffix(".0")

    def __call__(self, text: str) -> str | None:
        """Return the choice that differs least, or None."""
        folded = self.folded(text)
        if folded in self.by_fold:
            return self.by_fold[folded]
        if self.searches_left <= 0:
            return None
        self.searches_left -= 1
        close = difflib.get_close_matches(folded, self.by_fold, n=1)
        return self.by_fold[close[0]] if close else None


# ---- rows ------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Rows:
    """The wanted columns as text, and the physical line of every row."""

    cells: dict[str, list[str]]
    line_parts: list[Lines] = field(default_factory=list)
    count: int = 0  # records that are not blank, of the right width or not
    ended: bool = True  # the end of the file was reached
    intact: bool = True  # every record up to there is a row

    def lines(self) -> Lines:
        """Return the line on which each row begins."""
        return np.concatenate([np.empty(0, np.int64), *self.line_parts])


@dataclass(slots=True)
class _Faults:
    """Records that are no rows: of another width, or blank between rows."""

    width: int
    kept: int  # how many records are quoted
    lines: list[int] = field(default_factory=list)
    records: list[list[str]] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    blank_so_far: list[int] = field(default_factory=list)  # harmless if nothing follows

    @property
    def count(self) -> int:
        """Return how many records were no rows, blank lines at the end included."""
        return len(self.lines) + len(self.blank) + len(self.blank_so_far)

    def sift(self, records: list[list[str]], lines: Lines) -> tuple[list[list[str]], Lines]:
        """Return the records of the right width with their lines; remember the others."""
        if not self.blank_so_far and set(map(len, records)) == {self.width}:
            return records, lines
        kept: list[int] = []
        for at, record in enumerate(records):
            if not record:
                self.blank_so_far.append(int(lines[at]))
                continue
            self.blank += self.blank_so_far
            self.blank_so_far.clear()
            if len(record) == self.width:
                kept.append(at)
            else:
                if len(self.records) < self.kept:
                    self.records.append(record)
                self.lines.append(int(lines[at]))
        return [records[at] for at in kept], lines[kept]


def _read_rows(
    lines: Iterable[str], header: _Header, fmt: PredictionFormat, report: _Report
) -> _Rows:
    """Read all records, keep the cells of the wanted columns, report what is no row."""
    rows = _Rows({name: [] for name in header.positions})
    faults = _Faults(width=len(header.names), kept=report.limits.lines_kept)
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    next(reader)  # the header, already parsed
    for chunk in _chunks(reader):
        records, starts = faults.sift(chunk.records, chunk.lines)
        rows.count += len(records)
        if rows.count + faults.count > report.limits.rows:
            report.add(ProblemKey.TOO_MANY_ROWS, params={"maximum": report.limits.rows})
            rows.ended = False
        elif records:
            rows.line_parts.append(starts)
            columns = list(zip(*records, strict=True))
            for name, at in header.positions.items():
                rows.cells[name].extend(columns[at])
                rows.ended &= _fits(name, columns[at], starts, report)
        if chunk.fault is not None:
            report.add(
                chunk.fault, lines=(chunk.end,), params={"maximum": report.limits.field_length}
            )
            rows.ended = False
        if not rows.ended:
            break
    rows.count += len(faults.lines)
    rows.intact = rows.ended and not faults.lines
    _report_faults(faults, header, fmt, report)
    if rows.ended and not rows.count:
        report.add(ProblemKey.NO_ROWS)
    return rows


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some records with their lines, the line after them, and what is wrong with the next one."""

    records: list[list[str]]
    lines: Lines
    end: int
    fault: ProblemKey | None


def _chunks(reader: Reader) -> Iterator[_Chunk]:
    """Yield the records in portions; the last one may end with a fault."""
    while True:
        before = reader.line_num
        records: list[list[str]] = []
        fault: ProblemKey | None = None
        try:
            for record in itertools.islice(reader, CHUNK):
                records.append(record)  # noqa: PERF402  (keeps what came before an error)
        except csv.Error as error:
            fault = _fault(error)
        starts = _start_lines(records, before, reader.line_num)
        if fault is ProblemKey.FIELD_TOO_LONG and reader.line_num > starts[-1]:
            fault = ProblemKey.QUOTING  # a cell over many lines: its quotes were never closed
        yield _Chunk(records, starts[:-1], int(starts[-1]), fault)
        if fault is not None or len(records) < CHUNK:
            return


def _fault(error: csv.Error) -> ProblemKey:
    """Translate what made the csv module stop: an endless cell, or broken quotes."""
    return ProblemKey.FIELD_TOO_LONG if "field limit" in str(error) else ProblemKey.QUOTING


def _start_lines(records: list[list[str]], before: int, after: int) -> Lines:
    """Return the physical line of each record, and of the one that would come next."""
    if after - before == len(records):
        return np.arange(before + 1, after + 2)
    spans = [1 + sum(map(_line_ends, record)) for record in records]
    return before + 1 + np.cumsum([0, *spans])


def _line_ends(cell: str) -> int:
    """Count the physical lines that end inside a cell."""
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


def _fits(name: str, column: Sequence[str], lines: Lines, report: _Report) -> bool:
    """Report the first over-long cell of a column; it ends the reading."""
    maximum = report.limits.field_length
    longest = max(column, key=len)
    if len(longest) <= maximum:
        return True
    at = column.index(longest)
    report.add(
        ProblemKey.FIELD_TOO_LONG,
        column=name,
        lines=lines[at : at + 1],
        value=longest,
        params={"maximum": maximum, "found": len(longest)},
    )
    return False


def _report_faults(
    faults: _Faults, header: _Header, fmt: PredictionFormat, report: _Report
) -> None:
    """Report rows of another width and blank lines, each as one group."""
    if faults.lines:
        report.add(
            ProblemKey.ROW_WIDTH,
            lines=faults.lines,
            values=map(header.delimiter.join, faults.records),
            params={"expected": faults.width, "found": len(faults.records[0])},
            suggestion=_width_cause(faults, header.delimiter, fmt),
        )
    if faults.blank:
        report.add(ProblemKey.BLANK_LINE, lines=faults.blank)


def _width_cause(
    faults: _Faults, delimiter: str, fmt: PredictionFormat
) -> Mapping[str, Parameter] | None:
    """Return why the first of the rows has another width, if it can be told."""
    first = faults.records[0]
    if len(first) == 1 != faults.width:
        for other, name in DELIMITERS.items():
            if other != delimiter and first[0].count(other) == faults.width - 1:
                return {"cause": "delimiter", "delimiter": name}
    if delimiter == "," and fmt.is_numeric and len(first) == faults.width + 1:
        return {"cause": "decimal_comma"}
    return None


# ---- values ----------------------------------------------------------------------------------
def _check_values(
    rows: _Rows, fmt: PredictionFormat, report: _Report
) -> tuple[str | None, npt.NDArray[np.float64] | None]:
    """Check the prediction; return the decimal sign and the numbers, if it has any.

    Numbers of one column have the shape (rows,), those of several (rows, columns).
    """
    columns = [rows.cells.get(name) for name in fmt.value_columns]
    texts = [column for column in columns if column]
    if not texts:
        return None, None
    lines = rows.lines()
    if fmt.is_list:
        _check_lists(texts[0], lines, fmt, report)
        return None, None
    if not fmt.is_numeric:
        _check_labels(texts[0], lines, fmt, report)
        return None, None
    decimal = _decimal_sign([text for column in texts for text in column])
    if decimal == ",":
        single = fmt.target_column if len(texts) == 1 else None
        report.add(ProblemKey.DECIMAL_COMMA_READ, column=single)
    numbers = [
        _check_numbers(name, column, decimal, lines, fmt, report)
        for name, column in zip(fmt.value_columns, columns, strict=True)
        if column
    ]
    if fmt.kind is not PredictionKind.DISTRIBUTION:
        return decimal, numbers[0]
    shares = np.column_stack(numbers)
    if len(numbers) == len(columns):
        _check_sums(shares, lines, report)
    return decimal, shares


def _check_numbers(
    column: str,
    texts: list[str],
    decimal: str,
    lines: Lines,
    fmt: PredictionFormat,
    report: _Report,
) -> npt.NDArray[np.float64]:
    """Return a column as floats and report what is none or lies outside the range."""
    numbers = _parse_numbers(column, texts, decimal, lines, report)
    outside = (numbers < fmt.lowest) | (numbers > fmt.highest)
    found = np.flatnonzero(outside & np.isfinite(numbers))
    if found.size:
        report.add(
            ProblemKey.OUT_OF_RANGE,
            column=column,
            lines=lines[found],
            values=(texts[at] for at in found),
            params={
                "minimum": fmt.lowest if math.isfinite(fmt.lowest) else None,
                "maximum": fmt.highest if math.isfinite(fmt.highest) else None,
            },
            **_per_cent(numbers[found], decimal, fmt),
        )
    return numbers


def _check_sums(shares: npt.NDArray[np.float64], lines: Lines, report: _Report) -> None:
    """Report cases whose probabilities do not add up to 1; others are reported already."""
    with np.errstate(over="ignore", invalid="ignore"):
        sums = shares.sum(axis=1)
        usable = np.isfinite(sums) & ((shares >= 0) & (shares <= 1)).all(axis=1)
        found = np.flatnonzero(usable & (np.abs(sums - 1) > SUM_TOLERANCE + SUM_SLACK))
    if found.size:
        report.add(
            ProblemKey.SHARES_SUM,
            lines=lines[found],
            values=(f"{sums[at]:.6g}" for at in found),
            params={"tolerance": SUM_TOLERANCE},
        )


def _check_lists(texts: list[str], lines: Lines, fmt: PredictionFormat, report: _Report) -> None:
    """Report lists that are none, are too long, or name something unknown."""
    allowed = frozenset(fmt.labels)
    found: dict[ProblemKey, list[int]] = {}
    strange: dict[str, str] = {}  # the first unknown entry of a text
    faults = {text: _list_fault(text, allowed, fmt, strange) for text in set(texts)}
    for at, text in enumerate(texts):
        fault = faults[text]
        if fault is not None:
            found.setdefault(fault, []).append(at)
    similar = functools.cache(_Similar(fmt.labels))
    for key, places in found.items():
        is_unknown = key is ProblemKey.LABEL_UNKNOWN
        first = strange.get(texts[places[0]], "")
        meant = similar(first) if is_unknown else None
        params: dict[str, Parameter] = {"maximum": MOST_ENTRIES}
        if is_unknown:
            params = {
                "labels": report.cut_all(fmt.labels, LISTED_LABELS),
                "label_count": len(fmt.labels),
            }
        report.add(
            key,
            column=fmt.target_column,
            lines=lines[places],
            values=(strange.get(texts[at], texts[at]) for at in places),
            params=params,
            suggestion={"value": meant} if meant is not None else None,
            guess=similar if is_unknown else None,
        )


def _list_fault(
    text: str, allowed: frozenset[str], fmt: PredictionFormat, strange: dict[str, str]
) -> ProblemKey | None:
    """Say what is wrong with a list; an entry that is unknown is noted."""
    if not text:
        return ProblemKey.VALUE_MISSING if fmt.kind is PredictionKind.RANKING else None
    entries = text.split(BAR)
    if len(entries) > MOST_ENTRIES:
        return ProblemKey.LIST_TOO_LONG
    distinct = set(entries)
    if allowed and not distinct <= allowed and "" not in distinct:
        strange[text] = next(entry for entry in entries if entry not in allowed)
        return ProblemKey.LABEL_UNKNOWN
    is_plain = all(entry and entry == entry.strip() and is_normalised(entry) for entry in entries)
    if len(distinct) != len(entries) or not (is_plain or allowed):
        return ProblemKey.LIST_MALFORMED
    return None if "" not in distinct else ProblemKey.LIST_MALFORMED


def _per_cent(
    outside: npt.NDArray[np.float64], decimal: str, fmt: PredictionFormat
) -> dict[str, Any]:
    """Return the guess that numbers were written as per cent, where shares are asked for."""
    if (fmt.lowest, fmt.highest) != (0, 1) or bool(((outside < 0) | (outside > 100)).any()):
        return {}

    def share(text: str) -> str:
        return f"{Decimal(text.replace(',', '.')) / 100:f}".replace(".", decimal)

    return {"guess": share, "suggestion": {"cause": "percent"}}


def _check_labels(texts: list[str], lines: Lines, fmt: PredictionFormat, report: _Report) -> None:
    """Report labels outside the published set."""
    unknown = set(texts) - set(fmt.labels)
    if not unknown:
        return
    found = [at for at, text in enumerate(texts) if text in unknown]
    similar = functools.cache(_Similar(fmt.labels))
    meant = similar(texts[found[0]])
    report.add(
        ProblemKey.LABEL_UNKNOWN,
        column=fmt.target_column,
        lines=lines[found],
        values=(texts[at] for at in found),
        params={
            "labels": report.cut_all(fmt.labels, LISTED_LABELS),
            "label_count": len(fmt.labels),
        },
        suggestion={"value": meant} if meant is not None else None,
        guess=similar,
    )


def _decimal_sign(texts: list[str]) -> str:
    """Return the decimal sign that more numbers have; the point where both are as frequent."""
    if not any("," in text and SIGNED[","].fullmatch(text) for text in texts):
        return "."
    commas, points = (
        sum(sign in text and SIGNED[sign].fullmatch(text) is not None for text in texts)
        for sign in ",."
    )
    return "," if commas > points else "."


def _parse_numbers(
    column: str, texts: list[str], decimal: str, lines: Lines, report: _Report
) -> npt.NDArray[np.float64]:
    """Return the column as floats (NaN where it is none) and report, by kind, what is none."""
    numbers = _parse_plain(texts, decimal)
    if numbers is not None and bool(np.isfinite(numbers).all()):
        return numbers
    is_number = ALLOWED[decimal].fullmatch
    numbers = np.array(
        [float(text.replace(",", ".")) if is_number(text) else math.nan for text in texts]
    )
    # What parses but is not finite lies beyond the floats.
    found_huge = np.flatnonzero(np.isinf(numbers)).tolist()
    faults: dict[ProblemKey, list[int]] = {ProblemKey.NOT_FINITE: found_huge} if found_huge else {}
    for at in np.flatnonzero(np.isnan(numbers)).tolist():
        key = _number_fault(texts[at], decimal)
        if key in faults:
            faults[key].append(at)
        else:
            faults[key] = [at]
    if found_huge:
        found_huge.sort()  # words such as "inf" came behind
    for key, found in faults.items():
        guess = functools.partial(_meant_number, key=key, decimal=decimal)
        meant = guess(texts[found[0]])
        report.add(
            key,
            column=column,
            lines=lines[found],
            values=(texts[at] for at in found),
            params=_other_line(key, texts, lines),
            suggestion={"value": meant} if meant is not None else None,
            guess=guess,
        )
    return numbers


def _other_line(key: ProblemKey, texts: list[str], lines: Lines) -> Mapping[str, Parameter] | None:
    """Return the first line with the decimal sign of the rest of the file, where both occur."""
    if key not in {ProblemKey.DECIMAL_COMMA, ProblemKey.DECIMAL_POINT}:
        return None
    sign = "." if key is ProblemKey.DECIMAL_COMMA else ","
    found = (at for at, text in enumerate(texts) if sign in text and SIGNED[sign].fullmatch(text))
    first = next(found, None)
    return {"other_line": None if first is None else int(lines[first])}


def _parse_plain(texts: list[str], decimal: str) -> npt.NDArray[np.float64] | None:
    """Parse a column of flawless numbers at the speed of C; None if it has any flaw."""
    sign = decimal.encode()
    if "".join(texts).encode().translate(None, NUMBER_BYTES + sign):
        return None
    if decimal == ",":
        if any("." in text for text in texts):
            return None
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(list(map(float, texts)))
    except ValueError:
        return None


def _number_fault(text: str, decimal: str) -> ProblemKey:
    """Say in which way a text is no number of a file with this decimal sign."""
    word = text.strip()
    if len(word) <= LONGEST_WORD:
        known = _WORDS.get(word.casefold().lstrip("+-"))
        if known is not None:
            return known
    if decimal == "." and "," in word and SIGNED[","].fullmatch(word):
        return ProblemKey.DECIMAL_COMMA
    if decimal == "," and "." in word and SIGNED["."].fullmatch(word):
        return ProblemKey.DECIMAL_POINT
    return ProblemKey.NOT_A_NUMBER


def _meant_number(text: str, key: ProblemKey, decimal: str) -> str | None:
    """Return the number that a text becomes by mending spaces, decimal sign or thousands."""
    meant = text.strip()
    if key in {ProblemKey.DECIMAL_COMMA, ProblemKey.DECIMAL_POINT}:
        meant = meant.replace("," if decimal == "." else ".", decimal)
    elif grouped := GROUPED_NUMBER.fullmatch(meant):
        whole, group, sign, part = grouped.group("whole", "group", "sign", "part")
        if sign == group:
            return None
        meant = whole.replace(group, "") + (decimal + part if part else "")
    plain = meant.replace(",", ".") if decimal == "," else meant
    return meant if meant != text and NUMBER.fullmatch(plain) else None


# ---- ids -------------------------------------------------------------------------------------
# Slips that tools make with ids; the names are parameters of the sentence.
SLIPS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("spaces", str.strip),
    ("leading_zeros", lambda text: text.lstrip("0")),
    ("decimals", lambda text: text.removesuffix(".0")),
    ("case", str.casefold),
)


def _check_ids(
    rows: _Rows, fmt: PredictionFormat, expected_ids: Sequence[str] | None, report: _Report
) -> None:
    """Report ids that are empty, repeated, unknown or missing, and a wrong number of rows."""
    if expected_ids is not None and rows.ended and 0 < rows.count != len(expected_ids):
        params: dict[str, Parameter] = {"expected": len(expected_ids), "found": rows.count}
        report.add(ProblemKey.ROW_COUNT, params=params)
    ids = rows.cells.get(fmt.id_column)
    if not ids:
        return
    column = fmt.id_column
    lines = rows.lines()
    distinct = set(ids)
    if len(distinct) != len(ids):
        _report_duplicates(ids, lines, column, report)
    if "" in distinct:
        found = [at for at, name in enumerate(ids) if not name]
        report.add(ProblemKey.ID_EMPTY, column=column, lines=lines[found])
    expected = distinct if expected_ids is None else set(expected_ids)
    # Ids without a list to compare with must at least be in the one form that compares.
    strange = distinct - expected if expected_ids is not None else distinct
    is_plain = "".join(strange).isascii()  # one look at all, since most ids are plain
    foreign = set() if is_plain else {name for name in strange if not is_normalised(name)}
    if foreign:
        found = [at for at, name in enumerate(ids) if name in foreign]
        report.add(
            ProblemKey.ID_NOT_NORMALISED,
            column=column,
            lines=lines[found],
            values=(ids[at] for at in found),
            suggestion={"id": unicodedata.normalize("NFC", ids[found[0]])},
        )
    missing = expected - distinct
    in_order = [name for name in expected_ids or () if name in missing]
    unknown = strange if expected_ids is not None else set()
    if foreign or "" in unknown:  # each copy of a large set takes its time
        unknown = unknown - foreign - {""}
    if unknown:
        found = [at for at, name in enumerate(ids) if name in unknown]
        meant = _MeantIds(in_order[:SEARCHED_IDS])
        report.add(
            ProblemKey.ID_UNKNOWN,
            column=column,
            lines=lines[found],
            values=(ids[at] for at in found),
            params={"ids": report.cut_all(_first_distinct(ids[at] for at in found), LISTED)},
            suggestion=meant.of(ids[found[0]]),
            guess=meant,
        )
    if missing and rows.intact:
        report.add(
            ProblemKey.IDS_MISSING,
            column=column,
            total=len(missing),
            values=in_order,
            params={"ids": report.cut_all(in_order, LISTED)},
        )


def _first_distinct(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text once."""
    seen: set[str] = set()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _report_duplicates(ids: list[str], lines: Lines, column: str, report: _Report) -> None:
    """Report the lines of repeated ids, each with the line where the id stood first."""
    first_at: dict[str, int] = {}
    repeated = [at for at, name in enumerate(ids) if name and first_at.setdefault(name, at) != at]
    if not repeated:
        return
    firsts = [first_at[ids[at]] for at in repeated[: report.limits.lines_kept]]
    report.add(
        ProblemKey.ID_DUPLICATE,
        column=column,
        lines=lines[repeated],
        values=(ids[at] for at in repeated),
        params={"first_lines": tuple(int(line) for line in lines[firsts])},
    )


class _MeantIds:
    """Finds the missing id that one well-known slip turns into a given text."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = missing
        self.by_slip: dict[str, dict[str, str]] = {}

    def of(self, text: str) -> Mapping[str, Parameter] | None:
        """Return the id that was meant, and by which slip it was changed."""
        for cause, slip in SLIPS:
            if cause not in self.by_slip:
                self.by_slip[cause] = {slip(name): name for name in reversed(self.missing)}
            name = self.by_slip[cause].get(slip(text))
            if name is not None:
                return {"id": name, "cause": cause}
        return None

    def __call__(self, text: str) -> str | None:
        """Return the id that was meant."""
        found = self.of(text)
        return None if found is None else str(found["id"])


# ---- looking ahead ---------------------------------------------------------------------------
def column_names(stream: BinaryIO, *, known: Sequence[str], limits: ReaderLimits) -> list[str]:
    """Return the columns of a file whose format is still to be found out; none if it is no table.

    `known` are columns it should have: they tell which separator is meant.
    """
    decoded = read_text(stream, limits)
    if isinstance(decoded, Problem):
        return []
    head = decoded.text[:HEADER_LENGTH]
    candidates = [names for d in DELIMITERS if (names := _first_record(head, d))]
    return max(candidates, key=lambda names: (len(set(names) & set(known)), len(names)), default=[])


def distinct_texts(
    stream: BinaryIO, *, id_column: str, column: str, limits: ReaderLimits
) -> set[str]:
    """Return what stands in a column, to find out the labels; faults are the strict reader's."""
    decoded = read_text(stream, limits)
    if isinstance(decoded, Problem):
        return set()
    fmt = PredictionFormat(id_column=id_column, target_column=column, kind=PredictionKind.RANKING)
    unheard = _Report(limits)
    header = _read_header(decoded.text, fmt, None, unheard)
    if header is None:
        return set()
    return set(_read_rows(decoded.lines(), header, fmt, unheard).cells.get(column, ()))
