"""What the strict reader accepts, what it refuses, and what it says (validator codes E01-E15)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from scoring.compute.predictions import read_predictions
from scoring.compute.schema import (
    CODES,
    FileCheck,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Problem,
    ProblemKey,
    Severity,
)
from tests.scoring.compute.making import LABEL, NUMBER, PROBABILITY, keys, read


def only(check: FileCheck) -> Problem:
    (problem,) = check.problems
    return problem


# ---- accepted --------------------------------------------------------------------------------
def test_plain_file_is_accepted_without_a_word() -> None:
    check = read("id,p\na,0.25\nb,1e-3\n", PROBABILITY, ["a", "b"])

    assert (check.ok, check.rows, check.columns) == (True, 2, ("id", "p"))
    assert (check.encoding, check.delimiter, check.decimal) == ("utf-8", ",", ".")
    assert check.problems == ()
    assert check.table == PredictionTable(ids=("a", "b"), values=(0.25, 0.001))


def test_order_of_columns_and_rows_does_not_matter() -> None:
    check = read("p,id\n0.5,b\n0.25,a\n", PROBABILITY, ["a", "b"])

    assert check.table == PredictionTable(ids=("b", "a"), values=(0.5, 0.25))


def test_last_line_needs_no_end_and_blank_lines_may_follow() -> None:
    without_end = read("id,p\na,1", PROBABILITY, ["a"])
    blank_end = read("id,p\na,1\n\n\r\n", PROBABILITY, ["a"])

    assert [without_end.ok, blank_end.ok] == [True, True]
    assert blank_end.rows == 1


def test_ids_stay_text() -> None:
    ids = ["007", "7", "NA", "null", "9007199254740993", "1e5", "-"]
    check = read("id,class\n" + "".join(f"{name},cat\n" for name in ids), LABEL, ids)

    assert check.table is not None
    assert check.table.ids == tuple(ids)


def test_labels_stay_text() -> None:
    fmt = PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.LABEL, labels=("0", "00", "NA")
    )

    check = read("id,y\na,0\nb,00\nc,NA\n", fmt)

    assert check.table is not None
    assert check.table.values == ("0", "00", "NA")


def test_quoted_cells_are_read() -> None:
    check = read('"id","class"\n"a ""1"", b","cat"\n', LABEL, ['a "1", b'])

    assert check.ok


def test_text_columns_are_returned_as_text() -> None:
    fmt = PredictionFormat(
        id_column="id",
        target_column="y",
        kind=PredictionKind.NUMBER,
        text_columns=("split", "region"),
    )

    check = read("region,id,split,y\nnord,a,public,3\n01,b,private,4\n", fmt)

    assert check.table == PredictionTable(
        ids=("a", "b"),
        values=(3.0, 4.0),
        texts={"split": ("public", "private"), "region": ("nord", "01")},
    )


@pytest.mark.parametrize("text", ["1", "+1", "-1.5", ".5", "5.", "1E2", "1e+2", "1e-2", "00012"])
def test_numbers_are_read_as_python_reads_them(text: str) -> None:
    check = read(f"id,value\na,{text}\n", NUMBER)

    assert check.table is not None
    assert check.table.values == (float(text),)


# ---- E01 encoding ----------------------------------------------------------------------------
def test_windows_1252_is_read_and_noted_with_its_first_line() -> None:
    check = read("id,class\na,cat\nMüll,dog\n".encode("cp1252"), LABEL, ["a", "Müll"])

    assert (check.ok, check.encoding) == (True, "windows-1252")
    assert only(check) == Problem(key=ProblemKey.READ_AS_WINDOWS_1252, lines=(3,))
    assert (only(check).code, only(check).severity) == ("E01", Severity.NOTE)


def test_utf_16_is_refused() -> None:
    check = read("id,p\na,1\n".encode("utf-16"), PROBABILITY)

    assert keys(check) == [ProblemKey.UTF_16]
    assert not check.ok


def test_nul_bytes_are_refused_with_their_line() -> None:
    check = read(b"id,p\na,1\nb\x00,\x001\n", PROBABILITY)

    assert only(check) == Problem(key=ProblemKey.NUL_BYTES, lines=(3,), total=2)


def test_bytes_of_no_known_encoding_are_refused_with_their_line() -> None:
    check = read(b"id,p\r\na,1\r\n\x81\xff,1\r\n", PROBABILITY)

    assert only(check) == Problem(key=ProblemKey.UNKNOWN_ENCODING, lines=(3,))


# ---- E02 separator and structure -------------------------------------------------------------
@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab")])
def test_other_separators_are_detected_and_noted(delimiter: str, name: str) -> None:
    check = read(f"id{delimiter}class\na{delimiter}cat\n", LABEL, ["a"])

    assert (check.ok, check.delimiter) == (True, delimiter)
    assert only(check).params == {"delimiter": name}
    assert only(check).code == "E02"


def test_file_of_german_excel_is_read_and_everything_is_said() -> None:
    data = b"\xef\xbb\xbf" + "id;p\r\nä;0,25\r\nb;1\r\n".encode()

    check = read(data, PROBABILITY, ["ä", "b"])

    assert (check.ok, check.delimiter, check.decimal) == (True, ";", ",")
    assert keys(check) == [
        ProblemKey.DELIMITER_DETECTED,
        ProblemKey.BYTE_ORDER_MARK,
        ProblemKey.DECIMAL_COMMA_READ,
    ]
    assert check.table == PredictionTable(ids=("ä", "b"), values=(0.25, 1.0))


def test_separator_that_changes_inside_the_file_is_refused() -> None:
    check = read("id;class\na;cat\nb,dog\n", LABEL, ["a", "b"])

    (problem,) = check.errors
    assert (problem.key, problem.lines) == (ProblemKey.ROW_WIDTH, (3,))
    assert problem.params == {"expected": 2, "found": 1}
    assert problem.suggestion == {"cause": "delimiter", "delimiter": "comma"}


def test_row_with_another_width_is_refused_not_shifted() -> None:
    check = read("id,value\na,1,9\nb,2\nc,3,9\n", NUMBER, ["a", "b", "c"])

    problem = only(check)
    assert (problem.code, problem.lines, problem.total) == ("E02", (2, 4), 2)
    assert (problem.value, problem.params) == ("a,1,9", {"expected": 2, "found": 3})
    assert problem.suggestion == {"cause": "decimal_comma"}


def test_wider_row_of_labels_is_not_blamed_on_decimals() -> None:
    problem = only(read("id,class\na,cat,dog\n", LABEL))

    assert problem.suggestion == {}


def test_blank_lines_between_rows_are_refused() -> None:
    check = read("id,class\na,cat\n\n\nb,dog\n", LABEL, ["a", "b"])

    assert only(check) == Problem(key=ProblemKey.BLANK_LINE, lines=(3, 4), total=2)


def test_quote_that_is_never_closed_is_refused_where_it_opens() -> None:
    check = read('id,class\na,cat\nb,"dog\nc,cat\n', LABEL, ["a", "b", "c"])

    assert (only(check).key, only(check).lines) == (ProblemKey.QUOTING, (3,))


def test_quote_that_is_never_closed_in_a_long_file_is_still_called_that() -> None:
    check = read('id,class\nb,"dog\n' + "c,cat\n" * 100_000, LABEL)

    assert (only(check).key, only(check).lines) == (ProblemKey.QUOTING, (2,))


def test_text_after_a_closing_quote_is_refused() -> None:
    check = read('id,class\n"a"b,cat\n', LABEL)

    assert (only(check).key, only(check).lines) == (ProblemKey.QUOTING, (2,))


def test_broken_quotes_in_the_header_are_refused() -> None:
    assert only(read('"id"x,"class"y\na,cat\n', LABEL)).key == ProblemKey.QUOTING


# ---- E03 byte-order mark ---------------------------------------------------------------------
def test_byte_order_mark_is_noted_and_no_part_of_the_first_column() -> None:
    check = read(b"\xef\xbb\xbfid,class\na,cat\n", LABEL, ["a"])

    assert (check.ok, check.columns) == (True, ("id", "class"))
    assert only(check).code == "E03"


# ---- E04 columns -----------------------------------------------------------------------------
def test_columns_are_compared_exactly_with_a_guess() -> None:
    check = read("ID, p\na,1\n", PROBABILITY, ["a"])

    assert [(p.key, p.column, dict(p.suggestion)) for p in check.problems] == [
        (ProblemKey.COLUMN_MISSING, "id", {"column": "ID"}),
        (ProblemKey.COLUMN_MISSING, "p", {"column": " p"}),
        (ProblemKey.COLUMN_UNKNOWN, "ID", {"column": "id"}),
    ]
    assert check.problems[2].params == {"columns": ("id", "p"), "unknown": ("ID", " p")}
    assert check.problems[2].total == 2


def test_misspelt_column_is_guessed() -> None:
    fmt = PredictionFormat(
        id_column="id", target_column="probability", kind=PredictionKind.PROBABILITY
    )

    check = read("id,probabilty\na,1\n", fmt)

    assert check.problems[0].suggestion == {"column": "probabilty"}


def test_further_column_is_refused_and_the_rows_are_checked_all_the_same() -> None:
    check = read(",id,p\n0,a,1\n1,a,2\n", PROBABILITY, ["a"])

    assert keys(check) == [
        ProblemKey.COLUMN_UNKNOWN,
        ProblemKey.ID_DUPLICATE,
        ProblemKey.OUT_OF_RANGE,
        ProblemKey.ROW_COUNT,
    ]


def test_repeated_column_is_refused() -> None:
    check = read("id,p,p\na,1,1\n", PROBABILITY, ["a"])

    assert (only(check).key, only(check).column) == (ProblemKey.COLUMN_DUPLICATE, "p")


def test_missing_header_is_told_from_a_wrong_one() -> None:
    by_id = read("a,cat\nb,dog\n", LABEL, ["a", "b"])
    by_number = read("a,0.5\nb,0.7\n", PROBABILITY)
    blank = read("\nid,p\na,1\n", PROBABILITY)

    assert [keys(by_id), keys(by_number), keys(blank)] == [[ProblemKey.HEADER_MISSING]] * 3


# ---- E05 to E07 ids --------------------------------------------------------------------------
def test_missing_ids_are_counted_and_the_first_five_named() -> None:
    ids = [f"c{n:02d}" for n in range(20)]

    check = read("id,class\nc07,cat\n", LABEL, ids)

    assert keys(check) == [ProblemKey.IDS_MISSING, ProblemKey.ROW_COUNT]
    assert check.problems[0].total == 19
    assert check.problems[0].params == {"ids": ("c00", "c01", "c02", "c03", "c04")}
    assert check.problems[1].params == {"expected": 20, "found": 1}


def test_missing_ids_are_not_guessed_from_rows_that_could_not_be_read() -> None:
    check = read("id,class\na,cat,x\nb,dog\n", LABEL, ["a", "b"])

    assert keys(check) == [ProblemKey.ROW_WIDTH]


def test_unknown_ids_are_reported_with_their_lines() -> None:
    check = read("id,class\nx,cat\na,cat\ny,dog\n", LABEL, ["a", "b", "c"])

    assert [p.code for p in check.problems] == ["E05", "E06"]
    assert check.problems[1].lines == (2, 4)
    assert check.problems[1].params == {"ids": ("x", "y")}


@pytest.mark.parametrize(
    ("written", "expected", "cause"),
    [
        ("7", "007", "leading_zeros"),
        ("7.0", "7", "decimals"),
        (" a1", "a1", "spaces"),
        ("A1", "a1", "case"),
    ],
)
def test_slips_of_tools_with_ids_are_named(written: str, expected: str, cause: str) -> None:
    check = read(f"id,class\n{written},cat\n", LABEL, [expected])

    assert check.problems[1].key == ProblemKey.ID_UNKNOWN
    assert check.problems[1].suggestion == {"id": expected, "cause": cause}


def test_repeated_ids_name_both_lines() -> None:
    check = read("id,class\na,cat\nb,cat\na,dog\nb,dog\na,cat\n", LABEL)

    problem = only(check)
    assert (problem.code, problem.value, problem.total) == ("E07", "a", 3)
    assert problem.lines == (4, 5, 6)
    assert problem.params == {"first_lines": (2, 3, 2)}


def test_empty_ids_are_refused_once() -> None:
    check = read("id,class\n,cat\n,dog\n", LABEL)

    assert only(check) == Problem(key=ProblemKey.ID_EMPTY, column="id", lines=(2, 3), total=2)


def test_ids_must_be_in_the_normal_form() -> None:
    decomposed, composed = "a\N{COMBINING DIAERESIS}", "ä"

    known = read(f"id,class\n{decomposed},cat\n", LABEL, [composed])
    unknown = read(f"id,class\n{decomposed},cat\n", LABEL)

    assert keys(known) == [ProblemKey.IDS_MISSING, ProblemKey.ID_NOT_NORMALISED]
    assert keys(unknown) == [ProblemKey.ID_NOT_NORMALISED]
    assert unknown.problems[0].suggestion == {"id": composed}


# ---- E08 numbers -----------------------------------------------------------------------------
def test_decimal_comma_in_part_of_the_file_is_refused_by_name() -> None:
    check = read("id;p\na;0,83\nb;0.5\nc;0,9\nd;1.0\n", PROBABILITY)

    (problem,) = check.errors
    assert (problem.code, problem.key) == ("E08", ProblemKey.DECIMAL_COMMA)
    assert (problem.lines, problem.values) == ((2, 4), ("0,83", "0,9"))
    assert (problem.suggestion, problem.suggestions) == ({"value": "0.83"}, ("0.83", "0.9"))
    assert problem.params == {"other_line": 3}


def test_decimal_point_among_commas_is_the_fault() -> None:
    check = read("id;p\na;0,83\nb;0,5\nc;0.9\nd;1\n", PROBABILITY)

    (problem,) = check.errors
    assert (problem.code, problem.key) == ("E08", ProblemKey.DECIMAL_POINT)
    assert (problem.lines, problem.values, problem.suggestions) == ((4,), ("0.9",), ("0,9",))
    assert problem.params == {"other_line": 2}
    assert check.decimal == ","


def test_whole_numbers_go_with_either_decimal_sign() -> None:
    check = read("id;value\na;3\nb;0,5\n", NUMBER)

    assert check.table is not None
    assert check.table.values == (3.0, 0.5)


def test_quoted_decimal_comma_is_read_in_a_file_with_commas() -> None:
    check = read('id,p\na,"0,25"\n', PROBABILITY)

    assert (check.ok, check.delimiter, check.decimal) == (True, ",", ",")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ProblemKey.VALUE_MISSING),
        ("NaN", ProblemKey.VALUE_MISSING),
        ("NA", ProblemKey.VALUE_MISSING),
        ("null", ProblemKey.VALUE_MISSING),
        ("inf", ProblemKey.NOT_FINITE),
        ("-Infinity", ProblemKey.NOT_FINITE),
        ("1e400", ProblemKey.NOT_FINITE),
        ("1_000", ProblemKey.NOT_A_NUMBER),
        ("0x10", ProblemKey.NOT_A_NUMBER),
        ("٣", ProblemKey.NOT_A_NUMBER),
        ("1.2.3", ProblemKey.NOT_A_NUMBER),
        ("e5", ProblemKey.NOT_A_NUMBER),
        ("+-1", ProblemKey.NOT_A_NUMBER),
        ("0.5 %", ProblemKey.NOT_A_NUMBER),
    ],
)
def test_what_is_no_finite_number_is_refused(text: str, key: ProblemKey) -> None:
    problem = only(read(f"id,value\na,1\nb,{text}\n", NUMBER))

    assert (problem.code, problem.key, problem.column) == ("E08", key, "value")
    assert (problem.lines, problem.value) == ((3,), text)


def test_spaces_around_a_number_are_refused_with_the_number() -> None:
    problem = only(read("id,value\na, 0.5\n", NUMBER))

    assert (problem.key, problem.suggestion) == (ProblemKey.NOT_A_NUMBER, {"value": "0.5"})


def test_thousands_separators_are_not_guessed() -> None:
    check = read("id;value\na;1.234,5\nb;0,5\n", NUMBER)

    (problem,) = check.errors
    assert (problem.key, problem.value) == (ProblemKey.NOT_A_NUMBER, "1.234,5")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1.234,5", "1234,5"),
        ("-12.345.678", "-12345678"),
        ("1 234,5", "1234,5"),
        ("1,234.5", "1234,5"),
        ("1.23.456", None),
        ("12 apples", None),
    ],
)
def test_number_with_separators_of_thousands_is_suggested(written: str, meant: str | None) -> None:
    check = read(f'id;value\na;"{written}"\nb;0,5\nc;0,5\n', NUMBER)

    (problem,) = check.errors
    assert (problem.key, problem.suggestion.get("value")) == (ProblemKey.NOT_A_NUMBER, meant)


def test_values_in_per_cent_are_suggested_as_shares() -> None:
    check = read("id;p\na;98,2\nb;71\nc;0,5\n", PROBABILITY)

    (problem,) = check.errors
    assert (problem.key, problem.suggestion) == (ProblemKey.OUT_OF_RANGE, {"cause": "percent"})
    assert (problem.values, problem.suggestions) == (("98,2", "71"), ("0,982", "0,71"))


def test_values_beyond_per_cent_are_not_guessed() -> None:
    (problem,) = read("id;p\na;98,2\nb;171\n", PROBABILITY).errors

    assert (problem.suggestion, problem.suggestions) == ({}, ())


# ---- E09 to E11 ------------------------------------------------------------------------------
def test_numbers_outside_the_range_are_refused() -> None:
    problem = only(read("id,value\na,-10\nb,1000\nc,-10.01\nd,1001\n", NUMBER))

    assert (problem.code, problem.lines, problem.value) == ("E09", (4, 5), "-10.01")
    assert problem.params == {"minimum": -10, "maximum": 1000}


def test_open_range_is_told_as_open() -> None:
    fmt = PredictionFormat(id_column="i", target_column="v", kind=PredictionKind.NUMBER, minimum=0)

    assert (fmt.lowest, fmt.highest) == (0, float("inf"))


def test_probabilities_are_between_0_and_1() -> None:
    problem = only(read("id,p\na,0\nb,1\nc,1.0001\nd,-0.1\n", PROBABILITY))

    assert (problem.lines, problem.params) == ((4, 5), {"minimum": 0.0, "maximum": 1.0})


def test_unknown_labels_are_refused_with_the_list_and_a_guess() -> None:
    problem = only(read("id,class\na,Cat\nb,dog\nc,\n", LABEL))

    assert (problem.code, problem.lines, problem.value) == ("E10", (2, 4), "Cat")
    assert problem.params == {"labels": ("cat", "dog"), "label_count": 2}
    assert problem.suggestion == {"value": "cat"}


def test_label_written_as_a_decimal_is_guessed() -> None:
    fmt = PredictionFormat(
        id_column="id", target_column="y", kind=PredictionKind.LABEL, labels=("0", "1")
    )

    assert only(read("id,y\na,1.0\n", fmt)).suggestion == {"value": "1"}


# ---- E12, E13 --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limits", "key", "maximum"),
    [
        ({"size_bytes": 20}, ProblemKey.TOO_MANY_BYTES, 20),
        ({"rows": 2}, ProblemKey.TOO_MANY_ROWS, 2),
        ({"columns": 1}, ProblemKey.TOO_MANY_COLUMNS, 1),
        ({"field_length": 4}, ProblemKey.FIELD_TOO_LONG, 4),  # in the header
        ({"field_length": 5}, ProblemKey.FIELD_TOO_LONG, 5),  # in a row
    ],
)
def test_each_cap_is_named_when_it_is_met(
    limits: dict[str, int], key: ProblemKey, maximum: int
) -> None:
    content = "id,class\nabcdef,cat\nb,dog\nc,dog\n"

    check = read(content, LABEL, **limits)

    assert (only(check).code, only(check).key) == ("E12", key)
    assert only(check).params["maximum"] == maximum


def test_file_exactly_at_the_caps_is_accepted() -> None:
    content = "id,class\na,cat\nb,dog\n"

    check = read(content, LABEL, size_bytes=len(content), rows=2, columns=2, field_length=5)

    assert check.ok


def test_stream_that_hands_out_single_bytes_is_read_to_the_end() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 1))

    assert read_predictions(Slow(b"id,class\na,cat\n"), LABEL, expected_ids=["a"]).ok


@pytest.mark.parametrize("content", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_empty_files_are_called_empty(content: bytes) -> None:
    assert keys(read(content, LABEL, ["a"])) == [ProblemKey.EMPTY]


def test_file_without_rows_is_told_from_an_empty_one() -> None:
    assert keys(read("id,class\n", LABEL, ["a"])) == [ProblemKey.NO_ROWS]


# ---- lines and quotations --------------------------------------------------------------------
def test_lines_are_those_of_an_editor() -> None:
    content = 'id,class\r\n"a\r\nb",cat\r\n"c\nd\n\ne",dog\nf,fish\n"g\rh",fish\ri,fish'

    problem = only(read(content, LABEL))

    assert (problem.key, problem.lines) == (ProblemKey.LABEL_UNKNOWN, (8, 9, 11))


def test_lines_stay_right_beyond_the_first_chunk() -> None:
    rows = ["ok,cat\n".replace("ok", str(n)) for n in range(12_000)]
    rows[7_000] = '"x\ny",cat\n'
    rows[11_999] = "last,fish\n"

    problem = only(read("id,class\n" + "".join(rows), LABEL))

    assert problem.lines == (12_002,)


def test_header_over_several_lines_counts_them() -> None:
    check = read('id,class,"more\nwords"\na,fish,\n', LABEL)

    assert check.problems[1].lines == (3,)


def test_first_twenty_lines_are_kept_and_all_are_counted() -> None:
    check = read("id,class\n" + "".join(f"{n},fish\n" for n in range(5000)), LABEL)
    everything = read(
        "id,class\n" + "".join(f"{n},fish\n" for n in range(5000)), LABEL, lines_kept=10_000
    )

    assert only(check).lines == tuple(range(2, 22))
    assert only(check).total == 5000
    assert only(everything).lines == tuple(range(2, 5002))


def test_every_line_is_quoted_with_what_may_have_been_meant() -> None:
    check = read("id,class\na,Cat\nb,dogs\nc,whale\n", LABEL)

    problem = only(check)
    assert (problem.lines, problem.values) == ((2, 3, 4), ("Cat", "dogs", "whale"))
    assert problem.suggestions == ("cat", "dog", "")


def test_all_lines_are_kept_on_demand() -> None:
    check = read("id,class\n" + "007,whale\n" * 50, LABEL, ["7", "8"], lines_kept=100)

    unknown, duplicate, label = [p for p in check.problems if p.lines]
    assert [len(p.lines) for p in (unknown, duplicate, label)] == [50, 49, 50]
    assert unknown.suggestions == ("7",) * 50
    assert len(duplicate.params["first_lines"]) == 49


def test_what_is_invisible_in_a_quotation_is_shown() -> None:
    check = read("id,class\na,\u202ecat\nb,\ufeffdog\nc,ca\x07t\n", LABEL)

    assert only(check).values == ("[U+202E]cat", "[U+FEFF]dog", "ca[U+0007]t")


def test_quotations_are_cut() -> None:
    problem = only(read(f"id,class\na,{'x' * 500}\n", LABEL))

    assert problem.value == "x" * 79 + "…"


def test_all_problems_are_found_in_one_pass_and_ordered_errors_first() -> None:
    content = "id;p\n7;1e400\nb;nan\nb;0,5\n\nc;1.5\nd;0.1;2\n"

    check = read(content, PROBABILITY, ["007", "b", "c"])

    assert [(p.severity.value, p.code) for p in check.problems] == [
        ("error", "E02"),
        ("error", "E02"),
        ("error", "E06"),
        ("error", "E07"),
        ("error", "E08"),
        ("error", "E08"),
        ("error", "E08"),
        ("error", "E09"),
        ("error", "E11"),
        ("note", "E02"),
    ]
    assert check.errors + check.notes == check.problems
    assert (check.ok, check.table) == (False, None)


def test_every_key_has_a_code_and_all_codes_are_in_use() -> None:
    assert set(CODES) == set(ProblemKey)
    assert set(CODES.values()) == {f"E{n:02d}" for n in range(1, 18)}


# ---- formats ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "settings",
    [
        {"target_column": "id", "kind": PredictionKind.NUMBER},
        {"target_column": "", "kind": PredictionKind.NUMBER},
        {"target_column": "y", "kind": PredictionKind.LABEL},
        {"target_column": "y", "kind": PredictionKind.LABEL, "labels": ("a", "a")},
        {"target_column": "y", "kind": PredictionKind.NUMBER, "labels": ("a",)},
        {"target_column": "y", "kind": PredictionKind.PROBABILITY, "maximum": 2.0},
        {"target_column": "y", "kind": PredictionKind.NUMBER, "minimum": 2.0, "maximum": 1.0},
        {"target_column": "y", "kind": PredictionKind.NUMBER, "text_columns": ("y",)},
        {
            "target_column": "y",
            "kind": PredictionKind.LABEL,
            "labels": tuple(map(str, range(1001))),
        },
    ],
)
def test_format_that_contradicts_itself_cannot_be_made(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        PredictionFormat(id_column="id", **settings)


# ---- several values a case -------------------------------------------------------------------
SHARES = PredictionFormat(
    id_column="id",
    target_column="class",
    kind=PredictionKind.DISTRIBUTION,
    labels=("cat", "dog"),
)
TAGS = PredictionFormat(
    id_column="id", target_column="tags", kind=PredictionKind.LABELS, labels=("a", "b", "c d")
)
RANKED = PredictionFormat(id_column="id", target_column="items", kind=PredictionKind.RANKING)


def test_probabilities_of_classes_are_read_in_the_order_of_the_labels() -> None:
    check = read("p_dog;id;p_cat\n0,25;x;0,75\n", SHARES, ["x"])

    assert check.table is not None
    assert (check.table.values, check.decimal) == (((0.75, 0.25),), ",")
    assert keys(check) == [ProblemKey.DELIMITER_DETECTED, ProblemKey.DECIMAL_COMMA_READ]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("0.5,0.5009", []),
        ("0.5,0.502", [ProblemKey.SHARES_SUM]),
        ("0,0", [ProblemKey.SHARES_SUM]),
        ("1.5,-0.5", [ProblemKey.OUT_OF_RANGE, ProblemKey.OUT_OF_RANGE]),
        ("nan,1", [ProblemKey.VALUE_MISSING]),
        ("inf,1", [ProblemKey.NOT_FINITE]),
    ],
)
def test_probabilities_of_a_case_add_up_to_one(row: str, found: list[ProblemKey]) -> None:
    assert keys(read(f"id,p_cat,p_dog\nx,{row}\n", SHARES, ["x"])) == found


def test_sum_is_quoted_with_its_line() -> None:
    check = read("id,p_cat,p_dog\nx,0.5,0.5\ny,0.5,0.4\n", SHARES)

    (problem,) = check.problems
    assert (problem.lines, problem.value, problem.code) == ((3,), "0.9", "E17")


def test_column_of_a_class_is_needed() -> None:
    check = read("id,p_cat,class\nx,1,dog\n", SHARES)

    assert keys(check) == [ProblemKey.COLUMN_MISSING, ProblemKey.COLUMN_UNKNOWN]


@pytest.mark.parametrize(
    ("cell", "fmt", "found"),
    [
        ("a|c d", TAGS, []),
        ("", TAGS, []),
        ("a|z", TAGS, [ProblemKey.LABEL_UNKNOWN]),
        ("a| b", TAGS, [ProblemKey.LABEL_UNKNOWN]),
        ("a|a", TAGS, [ProblemKey.LIST_MALFORMED]),
        ("a||b", TAGS, [ProblemKey.LIST_MALFORMED]),
        ("|", TAGS, [ProblemKey.LIST_MALFORMED]),
        ("q|r", RANKED, []),
        ("", RANKED, [ProblemKey.VALUE_MISSING]),
        ("q|q", RANKED, [ProblemKey.LIST_MALFORMED]),
        ("q|", RANKED, [ProblemKey.LIST_MALFORMED]),
        ("q| r", RANKED, [ProblemKey.LIST_MALFORMED]),
        ("u\u0308", RANKED, [ProblemKey.LIST_MALFORMED]),
        ("|".join(map(str, range(100))), RANKED, []),
        ("|".join(map(str, range(101))), RANKED, [ProblemKey.LIST_TOO_LONG]),
    ],
)
def test_lists_have_bars_between_their_entries(
    cell: str, fmt: PredictionFormat, found: list[ProblemKey]
) -> None:
    check = read(f'id,{fmt.target_column}\nx,"{cell}"\n', fmt)

    assert keys(check) == found
    assert check.table is None or check.table.values == (cell,)


def test_unknown_entry_is_quoted_alone_with_what_was_meant() -> None:
    check = read("id,tags\nx,a\ny,b| a\nz,A\n", TAGS)

    (problem,) = check.problems
    assert (problem.lines, problem.values, problem.suggestions) == ((3, 4), (" a", "A"), ("a", "a"))


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": PredictionKind.LABELS, "labels": ()},
        {"kind": PredictionKind.LABELS, "labels": ("a|b",)},
        {"kind": PredictionKind.LABELS, "labels": ("a", "")},
        {"kind": PredictionKind.LABELS, "labels": tuple(map(str, range(101)))},
        {"kind": PredictionKind.DISTRIBUTION, "labels": ()},
        {"kind": PredictionKind.DISTRIBUTION, "labels": tuple(map(str, range(61)))},
        {"kind": PredictionKind.RANKING, "minimum": 0},
    ],
)
def test_format_of_several_values_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"abels|range"):
        PredictionFormat(id_column="id", target_column="y", **settings)
