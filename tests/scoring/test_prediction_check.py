"""The strict reader's findings in words, for every code, and the check at upload."""

from __future__ import annotations

import io
import json

import pytest
from django.utils import translation

from scoring import problems, validators
from scoring.compute.predictions import read_predictions
from scoring.compute.schema import (
    CODES,
    PredictionFormat,
    PredictionKind,
    Problem,
    ProblemKey,
    ReaderLimits,
)
from submissions.extensions import prediction_checks
from tests import factories
from tests.factories import TRUTH, measured_challenge, predictions

K = ProblemKey
NUMBERS = PredictionFormat(
    id_column="id", target_column="prob", kind=PredictionKind.NUMBER, minimum=0.0, maximum=1.0
)
LABELS = PredictionFormat(
    id_column="id",
    target_column="ziffer",
    kind=PredictionKind.LABEL,
    labels=tuple("0123456789"),
)
LIST = PredictionFormat(id_column="id", target_column="arten", kind=PredictionKind.RANKING)
SHARES = PredictionFormat(
    id_column="id", target_column="art", kind=PredictionKind.DISTRIBUTION, labels=("a", "b")
)
IDS = [f"d-{at:04}" for at in range(1, 13)]


def numbers(*values):
    return "\n".join(["id,prob", *(f"{name},{value}" for name, value in zip(IDS, values))])  # noqa: B905


# One file for each finding; it may have others too.
FILES: dict[ProblemKey, tuple[bytes | str, PredictionFormat]] = {
    K.READ_AS_WINDOWS_1252: ("id,prob\nd-0001,0.5\n# ä\n".encode("windows-1252"), NUMBERS),
    K.UTF_16: ("id,prob\nd-0001,0.5\n".encode("utf-16"), NUMBERS),
    K.NUL_BYTES: (b"id,prob\nd-0001,0.5\x00\n", NUMBERS),
    K.UNKNOWN_ENCODING: (b"id,prob\nd-0001,\x81\x8d\n", NUMBERS),
    K.DELIMITER_DETECTED: ("id;prob\nd-0001;0.5\n", NUMBERS),
    K.QUOTING: ('id,prob\nd-0001,"0.5\n', NUMBERS),
    K.ROW_WIDTH: ("id,prob\nd-0001,0,83\n", NUMBERS),
    K.BLANK_LINE: ("id,prob\nd-0001,0.5\n\nd-0002,0.5\n", NUMBERS),
    K.BYTE_ORDER_MARK: (b"\xef\xbb\xbfid,prob\nd-0001,0.5\n", NUMBERS),
    K.HEADER_MISSING: ("d-0001,0.5\nd-0002,0.5\n", NUMBERS),
    K.COLUMN_MISSING: ("id,probability\nd-0001,0.5\n", NUMBERS),
    K.COLUMN_UNKNOWN: ("id,prob,note\nd-0001,0.5,x\n", NUMBERS),
    K.COLUMN_DUPLICATE: ("id,prob,prob\nd-0001,0.5,0.5\n", NUMBERS),
    K.IDS_MISSING: ("id,prob\nd-0001,0.5\n", NUMBERS),
    K.ID_UNKNOWN: ("id,prob\n0001,0.5\n", NUMBERS),
    K.ID_EMPTY: ("id,prob\n,0.5\n", NUMBERS),
    K.ID_NOT_NORMALISED: ("id,prob\nu\u0308ber,0.5\n", NUMBERS),
    K.ID_DUPLICATE: ("id,prob\nd-0001,0.5\nd-0001,0.5\n", NUMBERS),
    K.DECIMAL_COMMA_READ: ("id;prob\nd-0001;0,5\n", NUMBERS),
    K.DECIMAL_COMMA: (
        "id;prob\nd-0001;0.5\nd-0002;0,83\nd-0003;0,84\nd-0004;0.5\n",
        NUMBERS,
    ),
    K.DECIMAL_POINT: ("id;prob\nd-0001;0,5\nd-0002;0.83\nd-0003;0,84\n", NUMBERS),
    K.VALUE_MISSING: ("id,prob\nd-0001,NA\n", NUMBERS),
    K.NOT_FINITE: ("id,prob\nd-0001,inf\n", NUMBERS),
    K.NOT_A_NUMBER: ("id,prob\nd-0001,viel\n", NUMBERS),
    K.OUT_OF_RANGE: ("id,prob\nd-0001,98.2\n", NUMBERS),
    K.LABEL_UNKNOWN: ("id,ziffer\nd-0001,O\n", LABELS),
    K.ROW_COUNT: ("id,prob\nd-0001,0.5\n", NUMBERS),
    K.TOO_MANY_BYTES: ("id,prob\n" + "x" * 5_000, NUMBERS),
    K.TOO_MANY_ROWS: ("id,prob\n" + "d-0001,0.5\n" * 40, NUMBERS),
    K.TOO_MANY_COLUMNS: (",".join(f"c{at}" for at in range(100)) + "\n1\n", NUMBERS),
    K.FIELD_TOO_LONG: ("id,prob\n" + "y" * 1_500 + ",0.5\n", NUMBERS),
    K.EMPTY: ("", NUMBERS),
    K.NO_ROWS: ("id,prob\n", NUMBERS),
    K.NOT_A_CSV_FILE: (b"%PDF-1.7\n", NUMBERS),
    K.SPREADSHEET: (b"PK\x03\x04[Content_Types].xml", NUMBERS),
    K.LIST_TOO_LONG: ("id,arten\nd-0001," + "|".join(map(str, range(101))) + "\n", LIST),
    K.LIST_MALFORMED: ("id,arten\nd-0001,a||b\n", LIST),
    K.SHARES_SUM: ("id,p_a,p_b\nd-0001,0.5,0.4\n", SHARES),
}


def check_of(content, fmt):
    data = content if isinstance(content, bytes) else content.encode()
    limits = ReaderLimits(size_bytes=4_000, rows=30)
    return read_predictions(io.BytesIO(data), fmt, expected_ids=IDS, limits=limits)


def problem_of(key):
    check = check_of(*FILES[key])
    (problem,) = [found for found in check.problems if found.key is key]
    return problem


def test_every_finding_of_the_reader_is_tried_here():
    assert FILES.keys() == set(ProblemKey)
    assert set(CODES.values()) == {f"E{number:02}" for number in range(1, 18)}


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("key", list(ProblemKey))
def test_every_finding_has_a_sentence_and_what_to_do(key, language):
    problem = problem_of(key)

    with translation.override(language):
        title, advice = problems.title(problem), problems.advice(problem)

    assert title.endswith(".")
    assert "%(" not in title + advice
    if problem in problems.errors([problem]):
        assert advice


def test_every_finding_is_translated():
    with translation.override("de"):
        german = {key: problems.title(problem_of(key)) for key in ProblemKey}
    with translation.override("en"):
        english = {key: problems.title(problem_of(key)) for key in ProblemKey}

    assert [key for key in ProblemKey if german[key] == english[key]] == []


def test_a_line_reads_as_a_person_would_say_it():
    """The form of J-58."""
    problem = Problem(
        key=K.DECIMAL_COMMA,
        column="prob",
        lines=(4_711, 4_712),
        total=12_000,
        value="0,83",
        suggestion={"value": "0.83"},
    )

    with translation.override("de"):
        assert problems.sentence(problem) == (
            "Zeile 4\u202f711, Spalte „prob“: „0,83“ ist keine Zahl. Meinten Sie 0.83? "
            "(11\u202f999 weitere Zeilen gleich)"
        )
    with translation.override("en"):
        assert problems.sentence(problem) == (
            "Line 4,711, column “prob”: “0,83” is not a number. Did you mean 0.83? "
            "(11,999 more lines alike)"
        )


def test_german_decimal_commas_are_explained():
    split, mixed = problem_of(K.ROW_WIDTH), problem_of(K.DECIMAL_COMMA)

    with translation.override("en"):
        assert problems.advice(split).startswith("A decimal comma seems to split a number")
        assert problems.advice(mixed) == (
            "The file mixes decimal commas and decimal points: the first comma is in line 3, the "
            "first point in line 2. Write one of them."
        )
    assert (problems.suggestion(mixed), mixed.lines, mixed.total) == ("0.83", (3, 4), 2)


def test_a_separator_that_changes_is_named_with_its_line():
    content = "id;prob\nd-0001;0,5\nd-0002,0.5\nd-0003,0.5\n"

    (problem,) = [p for p in check_of(content, NUMBERS).errors if p.key is K.ROW_WIDTH]

    with translation.override("en"):
        assert problems.title(problem) == "A row has another number of columns: 1 instead of 2."
        assert problems.advice(problem) == (
            "The separator changes in line 3 to a comma. Use one in the whole file."
        )


def test_values_in_per_cent_are_called_that():
    (problem,) = [
        p for p in check_of(numbers("98.2", "0.5"), NUMBERS).errors if p.key is K.OUT_OF_RANGE
    ]

    with translation.override("en"):
        assert problems.advice(problem) == (
            "Allowed are values from 0 to 1. Your values look like per cent."
        )
        assert problems.suggestion(problem) == "0.982"


def test_equal_findings_are_grouped_with_the_first_twenty_lines():
    content = "id,prob\n" + "".join(f"x{at},0.5\n" for at in range(29))

    (problem,) = [
        found for found in check_of(content, NUMBERS).problems if found.key is K.ID_UNKNOWN
    ]

    assert (problem.total, problem.lines) == (29, tuple(range(2, 22)))
    with translation.override("en"):
        assert problems.title(problem) == "29 rows have an unknown id, the first is “x0”."


# ---- at upload -----------------------------------------------------------------------------------
def check_at_upload(challenge, content):
    (check,) = list(prediction_checks)
    return check(challenge, io.BytesIO(content))


@pytest.mark.django_db
def test_a_good_file_passes_at_upload():
    challenge = measured_challenge()

    report = check_at_upload(challenge, "\n".join(predictions()).encode())

    assert (report.ok, list(report.problems)) == (True, [])
    with translation.override("en"):
        assert [str(one) for one in report.sentences] == ["10 rows, 2 columns, all ids found."]
    assert report.summary["rows"] == 10


@pytest.mark.django_db
def test_a_bad_file_is_described_in_the_language_of_the_reader():
    challenge = measured_challenge()
    lines = predictions()
    lines[3] = "r03,Quokka"

    report = check_at_upload(challenge, "\n".join(lines).encode())

    (problem,) = report.problems
    assert (report.ok, problem.code, problem.lines) == (False, "E10", (4,))
    with translation.override("en"):
        assert str(problem.title) == "The label “Quokka” is unknown."
        assert str(problem.advice) == "Allowed: quokka, axolotl"
    with translation.override("de"):
        assert str(problem.title) == "Der Wert „Quokka“ steht nicht auf der Liste."
    assert problem.suggestion == "quokka"


@pytest.mark.django_db
def test_nothing_is_checked_where_there_is_no_benchmark_yet():
    wanted = factories.open_challenge(wants_predictions=True)
    not_wanted = factories.open_challenge()

    assert check_at_upload(wanted, b"id,x\n") is None
    assert check_at_upload(not_wanted, b"id,x\n") is None


@pytest.mark.django_db
def test_the_check_reads_no_ground_truth(settings):
    challenge = measured_challenge()
    # Whoever opened the storage of the labels now would fail.
    settings.STORAGES = {
        **settings.STORAGES,
        "ground_truth": {"BACKEND": "no.such.Storage"},
    }

    report = check_at_upload(challenge, "\n".join(predictions(wrong=10)).encode())

    assert report.ok


@pytest.mark.django_db
def test_a_report_quotes_the_file_and_what_is_published_only():
    challenge = measured_challenge()
    content = "id,animal\n" + "".join(f"{name},numbat\n" for name in list(TRUTH)[:5])

    report = check_at_upload(challenge, content.encode())

    text = json.dumps(
        [
            [str(found.title), str(found.advice), found.value, found.suggestion]
            for found in report.problems
        ]
    )
    for name, (label, part) in TRUTH.items():
        assert f"{name},{label}" not in text
        assert part not in text


@pytest.mark.django_db
@pytest.mark.parametrize("key", list(ProblemKey))
def test_no_file_breaks_the_check(key):
    challenge = measured_challenge()
    content = FILES[key][0]

    report = check_at_upload(challenge, content if isinstance(content, bytes) else content.encode())

    assert report is not None
    assert not report.ok
    assert isinstance(report, type(validators.file_report(check_of(*FILES[key]))))
