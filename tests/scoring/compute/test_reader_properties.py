"""The reader never raises, reads back what csv writes, and does not care for the order of rows."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.compute.predictions import read_predictions
from scoring.compute.schema import (
    FileCheck,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Severity,
)

LABELS = ("cat", "dog", "übrig", "a;b", 'with "quotes"', "two\nlines")
FORMATS = {
    "label": PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.LABEL, labels=LABELS
    ),
    "number": PredictionFormat(id_column="id", target_column="y", kind=PredictionKind.NUMBER),
    "probability": PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.PROBABILITY
    ),
}
formats = st.sampled_from(sorted(FORMATS)).map(FORMATS.__getitem__)
# Any text that a file can hold: no NUL, no half of a surrogate pair.
ids = (
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: text and "\0" not in text)
)


def read(data: bytes, fmt: PredictionFormat, expected: Sequence[str] | None = None) -> FileCheck:
    return read_predictions(io.BytesIO(data), fmt, expected_ids=expected)


def csv_file(
    rows: Sequence[tuple[str, ...]],
    *,
    columns: tuple[str, ...] = ("id", "y"),
    delimiter: str = ",",
    end: str = "\n",
    encoding: str = "utf-8",
) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL, strict=True
    )
    writer.writerows([columns, *rows])
    return stream.getvalue().encode(encoding)


def check_is_consistent(check: FileCheck) -> None:
    has_error = any(problem.severity is Severity.ERROR for problem in check.problems)
    assert check.ok == (not has_error) == (check.table is not None)
    for problem in check.problems:
        assert len(problem.lines) <= 20
        assert list(problem.lines) == sorted(problem.lines)
        assert problem.total >= max(len(problem.lines), 1)
        assert all(line >= 1 for line in problem.lines)


@given(st.binary(), formats, st.none() | st.lists(st.text(max_size=3), unique=True))
def test_no_bytes_make_it_raise(
    data: bytes, fmt: PredictionFormat, expected: Sequence[str] | None
) -> None:
    check_is_consistent(read(data, fmt, expected))


@settings(max_examples=300)
@given(
    st.text(st.sampled_from('idy,;\t"\n\r 0123.e-+aä\x85\u2028')),
    formats,
    st.none() | st.just(("a", "1")),
)
def test_no_nearly_right_file_makes_it_raise(
    body: str, fmt: PredictionFormat, expected: Sequence[str] | None
) -> None:
    check_is_consistent(read(("id,y\n" + body).encode(), fmt, expected))


@given(
    st.lists(st.tuples(ids, st.sampled_from(LABELS)), min_size=1, unique_by=lambda row: row[0]),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_labels_come_back_as_csv_wrote_them(
    rows: list[tuple[str, str]], delimiter: str, end: str, mark: bool
) -> None:
    data = csv_file(rows, delimiter=delimiter, end=end, encoding="utf-8-sig" if mark else "utf-8")

    check = read(data, FORMATS["label"], [name for name, _ in rows])

    assert check.errors == ()
    assert check.delimiter == delimiter
    assert check.table == PredictionTable(
        ids=tuple(name for name, _ in rows), values=tuple(label for _, label in rows)
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.booleans())
def test_numbers_come_back_bit_by_bit_with_either_decimal_sign(
    numbers: list[float], comma: bool
) -> None:
    texts = [repr(number).replace(".", "," if comma else ".") for number in numbers]
    rows = [(f"r{at}", text) for at, text in enumerate(texts)]

    check = read(csv_file(rows, delimiter=";"), FORMATS["number"])

    assert check.table is not None
    assert check.table.values == tuple(numbers)


@given(
    st.dictionaries(ids, st.floats(0, 1), min_size=1),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_order_of_rows_and_columns_changes_nothing_but_the_order(
    table: dict[str, float], random: Random, swap: bool
) -> None:
    rows = [(name, repr(value)) for name, value in table.items()]
    random.shuffle(rows)
    columns = ("id", "y")
    if swap:
        rows, columns = [row[::-1] for row in rows], ("y", "id")

    check = read(csv_file(rows, columns=columns), FORMATS["probability"], list(table))

    assert check.table is not None
    assert dict(zip(check.table.ids, check.table.values, strict=True)) == table


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.sets(st.text(st.sampled_from("abc"), min_size=1, max_size=2), min_size=1),
    st.sets(st.text(st.sampled_from("abc"), min_size=1, max_size=2), min_size=1),
)
def test_file_is_complete_exactly_when_its_ids_are_the_expected_ones(
    there: set[str], expected: set[str]
) -> None:
    rows = [(name, "cat") for name in sorted(there)]

    check = read(csv_file(rows), FORMATS["label"], sorted(expected))

    codes = {problem.code for problem in check.problems}
    assert codes == (
        ({"E05"} if expected - there else set())
        | ({"E06"} if there - expected else set())
        | ({"E11"} if len(there) != len(expected) else set())
    )
    totals = {problem.code: problem.total for problem in check.problems}
    assert totals.get("E05", 0) == len(expected - there)
    assert totals.get("E06", 0) == len(there - expected)


@given(
    st.lists(st.sampled_from(["a", 'b"b', "c\nc", "d\r\nd", "e\n\ne", "", "f\rf"]), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_line_of_a_problem_is_where_its_row_begins(cells: list[str], end: str) -> None:
    rows = [(cell, "cat") for cell in cells]
    data = csv_file([*rows, ("last", "fish")], end=end)

    check = read(data, FORMATS["label"])

    before = data[: data.index(b'"last"')].decode()
    expected = 1 + len(io.StringIO(before, newline="").readlines())
    (problem,) = (p for p in check.problems if p.code == "E10")
    assert problem.lines == (expected,)
