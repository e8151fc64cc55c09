"""`manage.py rank`: marks and rubric from files, answer on standard output, no database."""

from __future__ import annotations

import hashlib
import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

MARKS = """submission,juror,criterion,mark
A,J1,use,4
A,J1,skill,7
A,J2,use,3
A,J2,skill,8
B,J1,use,5
B,J1,skill,5
B,J2,use,4
B,J2,skill,
C,J1,use,2
C,J2,use,2
C,J1,skill,6
C,J2,skill,6
D,J2,use,
"""
RUBRIC = """
scale = "percent"
digits = 1
[[criterion]]
key = "use"
weight = 60
min = 1
max = 5
[[criterion]]
key = "skill"
weight = 40
min = 0
max = 10
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "marks.csv").write_text(MARKS, encoding="utf-8")
    (tmp_path / "rubric.toml").write_text(RUBRIC, encoding="utf-8")
    return tmp_path


def rank(files, *options, marks="marks.csv"):
    out, notes = io.StringIO(), io.StringIO()
    call_command("rank", str(files / marks), *options, stdout=out, stderr=notes)
    return out.getvalue(), notes.getvalue()


def ranked(files, *options):
    answer, _notes = rank(files, "--json", *options)
    rows = json.loads(answer)["rows"]
    return [(row["rank"], row["submission"], row["score"]) for row in rows]


def test_marks_alone_are_points_of_weight_one(files):
    assert ranked(files) == [
        (1, "A", "11.00"), (2, "C", "8.00"), (3, "B", "7.00"), (None, "D", None),
    ]  # fmt: skip


def test_rubric_rescales_and_missing_is_missing(files):
    """B: J1 100 % of use and half of skill makes 80; J2 three quarters of use alone makes 75."""
    assert ranked(files, "--rubric", str(files / "rubric.toml")) == [
        (1, "B", "77.5"), (2, "A", "67.5"), (3, "C", "39.0"), (None, "D", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "scores"),
    [
        ("weighted-mean", [(1, "A", "11"), (2, "C", "8"), (3, "B", "7"), (None, "D", None)]),
        ("median", [(1, "A", "11"), (2, "C", "8"), (3, "B", "7"), (None, "D", None)]),
        ("trimmed-mean", [(1, "A", "11"), (2, "C", "8"), (3, "B", "7"), (None, "D", None)]),
        ("rank-sum", [(1, "A", "2"), (2, "B", "5"), (2, "C", "5"), (None, "D", None)]),
    ],
)
def test_method_and_digits_are_chosen(files, method, scores):
    assert ranked(files, "--method", method, "--digits", "0") == scores


def test_digits_replace_those_of_the_rubric(files):
    rows = ranked(files, "--rubric", str(files / "rubric.toml"), "--digits", "3")

    assert rows[0] == (1, "B", "77.500")


def test_json_tells_rule_inputs_notes_and_rows(files):
    answer, notes = rank(files, "--json")

    assert json.loads(answer) == {
        "method": "weighted-mean",
        "rubric": {
            "scale": "points",
            "aggregate": "juror_first",
            "rounding": "at_end",
            "digits": 2,
            "criterion": [
                {"key": "skill", "weight": "1", "min": None, "max": None},
                {"key": "use", "weight": "1", "min": None, "max": None},
            ],
        },
        "inputs": {
            "marks_sha256": hashlib.sha256(MARKS.encode()).hexdigest(),
            "rubric_sha256": None,
        },
        "notes": [
            "1 without any counted mark: no score and no rank.",
            (
                "1 sheet lacks a mark. Points are added without rescaling, so its total holds "
                'fewer criteria than the others; aggregate = "criterion_first" leaves a missing '
                "mark out of the mean of its criterion instead."
            ),
        ],
        "rows": [
            line(1, "A", "11.00", 2, "11.00", "11.00", "0.00", "11.00", "11.00"),
            line(2, "C", "8.00", 2, "8.00", "8.00", "0.00", "8.00", "8.00"),
            line(3, "B", "7.00", 2, "7.00", "7.00", "4.24", "4.00", "10.00"),
            line(None, "D", None, 0, None, None, None, None, None),
        ],
    }
    assert notes == ""


def line(rank, submission, score, jurors, mean, median, sd, lowest, highest):
    return {
        "submission": submission, "rank": rank, "tied": False, "score": score, "jurors": jurors,
        "mean": mean, "median": median, "sd": sd, "lowest": lowest, "highest": highest,
    }  # fmt: skip


def test_support_has_its_figures_and_is_the_same_twice(files):
    (files / "panel.csv").write_text(
        "submission,juror,criterion,mark\n"
        + "".join(
            f"S{s},J{j},total,{mark}\n"
            for s, row in enumerate([[90, 70, 88], [85, 80, 77], [85, 65, 77], [60, 50, 77]])
            for j, mark in enumerate(row, start=1)
        ),
        encoding="utf-8",
    )

    answer, _notes = rank(files, "--json", "--support", marks="panel.csv")
    again, _notes = rank(files, "--json", "--support", marks="panel.csv")

    found = json.loads(answer)["support"]
    assert answer == again
    assert {
        "severity", "adjusted", "rank_interval", "alpha", "icc", "kendall_w", "leave_one_out",
    } <= set(found)  # fmt: skip
    assert (found["seed"], found["draws"], found["top"]) == (1, 4000, 3)
    assert found["kendall_w"] == pytest.approx(0.7067, abs=5e-5)
    assert list(found["adjusted"]) == ["S0", "S1", "S2", "S3"]
    assert sum(float(value) for value in found["severity"].values()) == pytest.approx(0, abs=0.02)
    assert [row["juror"] for row in found["leave_one_out"]] == ["J1", "J2", "J3"]
    assert "support" not in json.loads(rank(files, "--json", marks="panel.csv")[0])


def test_table_is_for_people_and_notes_go_to_standard_error(files):
    answer, notes = rank(files)

    assert answer.splitlines()[:3] == [
        "rank  submission  score  jurors   mean  median    sd  lowest  highest",
        "   1  A           11.00       2  11.00   11.00  0.00   11.00    11.00",
        "   2  C            8.00       2   8.00    8.00  0.00    8.00     8.00",
    ]
    assert notes.startswith("1 without any counted mark")


@pytest.mark.parametrize("marks", [MARKS, "submission,juror,criterion,mark\nA,J,a,1\n"])
def test_support_for_people_says_what_is_missing(files, marks):
    (files / "marks.csv").write_text(marks, encoding="utf-8")

    answer, _notes = (
        rank(files, "--support", "--rubric", str(files / "rubric.toml"))
        if (marks is MARKS)
        else rank(files, "--support")
    )

    assert "Only the ranking above is official." in answer
    assert ("There are too few marks for an estimate." in answer) == (marks is not MARKS)


def test_marks_may_come_from_standard_input(files, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MARKS.encode())))
    out = io.StringIO()

    call_command("rank", "-", "--json", stdout=out)

    assert json.loads(out.getvalue())["rows"][0]["submission"] == "A"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.csv"], 2, "missing.csv cannot be read: No such file or directory."),
        (["marks.csv", "--rubric", "missing.toml"], 2, "missing.toml cannot be read"),
        (["marks.csv", "--digits", "13"], 2, "--digits: 0 to 12."),
        (["rubric.toml"], 3, "Line 2: the header needs each of submission"),
        (["marks.csv", "--rubric", "marks.csv"], 3, "The rubric is not valid TOML"),
        (["marks.csv", "--rubric", "narrow.toml"], 3, "Line 2: the rubric has no criterion “use”."),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_own_exit_code(
    files, monkeypatch, arguments, code, words
):
    monkeypatch.chdir(files)
    (files / "narrow.toml").write_text('[[criterion]]\nkey = "skill"\n', encoding="utf-8")

    with pytest.raises(CommandError) as caught:
        call_command("rank", *arguments)

    assert caught.value.returncode == code
    assert words in str(caught.value)
