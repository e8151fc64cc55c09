"""Reading marks and rubrics as people write them: exactly, with all problems at once."""

from __future__ import annotations

from fractions import Fraction

import pytest

from scoring.compute.panel import PanelCriterion, PanelRubric, Scale
from scoring.compute.schema import Aggregation, Rounding
from scoring.compute.score_sheets import SheetError, plain_rubric, read_marks, read_rubric

HEADER = "Line 1: the header needs each of submission, juror, criterion, mark exactly once."
RUBRIC = """
scale = "percent"
aggregate = "criterion_first"
rounding = "per_criterion"
digits = 1

[[criterion]]
key = "use"
weight = 62.5
min = 0
max = 10

[[criterion]]
key = "skill"
weight = 37.5
min = 0.5
max = 5
"""


def marks(*lines, header="submission,juror,criterion,mark", rubric=None):
    return read_marks("\n".join([header, *lines]).encode(), rubric)


def problems(call, *arguments, **options):
    with pytest.raises(SheetError) as caught:
        call(*arguments, **options)
    return caught.value.problems


def test_rubric_is_read_to_the_last_digit():
    assert read_rubric(RUBRIC) == PanelRubric(
        criteria=(
            PanelCriterion(key="use", weight=Fraction("62.5"), low=Fraction(0), high=Fraction(10)),
            PanelCriterion(
                key="skill", weight=Fraction("37.5"), low=Fraction("0.5"), high=Fraction(5)
            ),
        ),
        scale=Scale.PERCENT,
        aggregation=Aggregation.CRITERION_FIRST,
        rounding=Rounding.PER_CRITERION,
        digits=1,
    )


def test_rubric_has_the_same_defaults_as_marks_without_one():
    named = read_rubric('[[criterion]]\nkey = "a"')

    assert named == PanelRubric(criteria=(PanelCriterion(key="a"),))
    assert named == plain_rubric(marks("S,J,a,1"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("digits = ", ["The rubric is not valid TOML: Invalid value (at end of document)."]),
        ("digits = 2", ["The rubric needs at least one [[criterion]]."]),
        (
            'scale = "stars"\nrounding = 1\ndigits = true\nround = "x"\n[[criterion]]\nkey = "a"',
            [
                "“round” is not a key of a rubric.",
                "scale: one of “percent”, “points” is needed.",
                "rounding: one of “at_end”, “per_criterion” is needed.",
                "digits: a whole number from 0 to 12 is needed.",
            ],
        ),
        (
            (
                '[[criterion]]\nkey = "a"\nweight = -1\nmin = 5\nmax = 5\nname = "A"\n'
                '[[criterion]]\nkey = "a"\nweight = "1"\n[[criterion]]\nweight = nan'
            ),
            [
                "Criterion “a”: “name” is not a key of a criterion.",
                "Criterion “a”: a weight is at least 0.",
                "Criterion “a”: max has to be above min.",
                "Criterion “a”: weight is no usable number.",
                "Criterion 3: key is missing.",
                "Criterion 3: weight is no usable number.",
                "The criterion “a” stands in the rubric more than once.",
            ],
        ),
        (
            'scale = "percent"\n[[criterion]]\nkey = "a"\nmin = 1',
            ["Criterion “a”: the scale “percent” needs min and max."],
        ),
        (
            '[[criterion]]\nkey = "a"\nweight = 0',
            ["At least one criterion needs a weight above 0."],
        ),
    ],
)
def test_rubric_that_does_not_fit_is_refused_with_every_problem(text, found):
    assert problems(read_rubric, text) == found


def test_empty_mark_and_absent_row_are_the_same_and_zero_is_a_mark():
    found = marks("S,J1,a,", "S,J2,a,0", "T,J1,a,1.50")

    assert found == {
        "S": {"J1": {}, "J2": {"a": Fraction(0)}},
        "T": {"J1": {"a": Fraction(3, 2)}},
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsubmission;juror;criterion;mark\r\nS;J;a;3,5\r\n",
        b"mark\tCriterion\tJUROR\tsubmission\tremark\n3.5\ta\tJ\tS\tgood\n\n",
        b'submission,juror,criterion,mark\n"S"," J ",a,"3,5"\n',
        b"\n submission , juror , criterion , mark \nS,J,a,+3.50",
    ],
)
def test_marks_are_read_as_spreadsheets_write_them(content):
    assert read_marks(content) == {"S": {"J": {"a": Fraction(7, 2)}}}


def test_names_in_windows_letters_are_read():
    assert read_marks("submission;juror;criterion;mark\nMüller;J;a;1".encode("cp1252")) == {
        "Müller": {"J": {"a": Fraction(1)}}
    }


def test_marks_are_refused_with_the_lines_of_every_problem():
    rubric = read_rubric('[[criterion]]\nkey = "a"\nmin = 0\nmax = 10')

    found = problems(
        marks,
        "S,J,a,1",
        "S,J,a,2",
        '"S",J2,a,eleven',
        "S,J3,b,1",
        "S,J4,a,11",
        "S,,a,1",
        "S,J5,a",
        "S,J6,a,1e3",
        'S,J7,a,"2,5"',
        "T,J7,a,2.5",
        rubric=rubric,
    )

    assert found == [
        "Line 3: J has marked S in a already, in line 2.",
        "Line 4: “eleven” is not a number.",
        "Line 5: the rubric has no criterion “b”.",
        "Line 6: 11 lies outside the scale of a.",
        "Line 7: submission, juror and criterion cannot be empty.",
        "Line 8: 3 columns instead of 4.",
        "Line 9: “1e3” is not a number.",
        "Line 11: “2.5” has another decimal sign than line 10.",
    ]


def test_line_is_the_one_in_an_editor_even_after_a_break_within_a_cell():
    found = problems(marks, '"S\nS",J,a,1', "S,J,a,x")

    assert found == ["Line 4: “x” is not a number."]


def test_many_problems_are_counted():
    found = problems(marks, *(f"S,J{at},a,x" for at in range(25)))

    assert (len(found), found[-1]) == (21, "5 more lines have problems.")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", [HEADER]),
        (b"submission,juror,criterion,mark,mark\nS,J,a,1,2", [HEADER]),
        (b"submission,juror,criterion,mark\n", ["The file has no marks."]),
        (b"submission,juror,criterion,mark\nS,J,a,\0", ["The file is not a text file."]),
        (b"\x81", ["The file is neither UTF-8 nor Windows-1252."]),
        (
            b'submission,juror,criterion,mark\n"S"x,J,a,1',
            ["Line 2: the row cannot be read (',' expected after '\"')."],
        ),
    ],
)
def test_file_that_is_no_table_of_marks_is_refused(content, found):
    assert problems(read_marks, content) == found
