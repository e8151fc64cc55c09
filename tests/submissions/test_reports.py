from __future__ import annotations

import json

import pytest
from django.utils import translation
from django.utils.functional import lazy
from django.utils.translation import get_language

from submissions import reports
from submissions.extensions import FileProblem, FileReport

language = lazy(lambda word: f"{word} in {get_language()}", str)


def test_report_is_said_in_the_language_of_the_reader():
    stored = reports.stored(
        [
            FileReport(
                ok=False,
                sentences=[language("sentence")],
                notes=[language("note")],
                problems=[FileProblem(title=language("title"), advice=language("advice"))],
                summary={"rows": 3},
            )
        ]
    )

    with translation.override("en"):
        words = reports.in_words(json.loads(json.dumps(stored)))

    assert words is not None
    assert (words.ok, words.sentences, words.notes) == (
        False,
        ("sentence in en",),
        ("note in en",),
    )
    assert (words.problems[0].title, words.problems[0].advice) == ("title in en", "advice in en")


def test_all_checks_must_agree():
    stored = reports.stored([FileReport(ok=True, summary={"a": 1}), FileReport(ok=False)])

    assert (stored["ok"], stored["summary"]) == (False, {"a": 1})


def test_without_a_check_there_is_no_report():
    assert reports.stored([]) == {}
    assert reports.in_words({}) is None


def test_report_stays_small():
    problem = FileProblem(title="t", lines=range(2, 5_000), total=4_998)
    stored = reports.stored([FileReport(ok=False, problems=[problem] * 500)])

    words = reports.in_words(stored)

    assert words is not None
    assert len(words.problems) == reports.PROBLEMS_KEPT
    assert (words.problems[0].where, words.problems[0].more) == ("2–21", 4_978)


def test_problem_of_the_whole_file_has_no_lines():
    words = reports.in_words(reports.stored([FileReport(ok=False, problems=[FileProblem("t")])]))

    assert words is not None
    assert (words.problems[0].where, words.problems[0].more) == ("", 0)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], ""),
        ([5], "5"),
        ([58, 59, 60, 112], "58–60, 112"),
        ([3, 1, 2, 2], "1–3"),
        ([1, 3, 5], "1, 3, 5"),
    ],
)
def test_line_ranges(lines, words):
    assert reports.line_ranges(lines) == words


def test_first_lines_are_quoted_and_the_others_numbered():
    problem = FileProblem(
        title="t",
        lines=range(2, 9),
        total=900,
        values=[f"v{line}" for line in range(2, 9)],
        suggestions=["a", "", "c", "", "", "", ""],
        first_lines=[1] * 7,
    )

    words = reports.words_now(FileReport(ok=False, problems=[problem]))

    (shown,) = words.problems
    assert shown.findings == tuple(
        reports.Finding(line, f"v{line}", suggestion, 1)
        for line, suggestion in [(2, "a"), (3, ""), (4, "c"), (5, ""), (6, "")]
    )
    assert (shown.further, shown.more) == ("7–8", 893)
    assert (shown.has_suggestions, shown.has_first_lines) == (True, True)


def test_what_was_said_of_the_first_line_alone_is_said_of_it():
    problem = FileProblem(title="t", lines=[4, 5], total=2, value="x", suggestion="7")

    (shown,) = reports.words_now(FileReport(ok=False, problems=[problem])).problems

    assert shown.findings == (reports.Finding(4, "x", "7", None),)
    assert shown.further == "5"


def test_what_has_no_line_is_quoted_nowhere():
    problem = FileProblem(title="t", total=3, values=["a", "b", "c"])

    (shown,) = reports.words_now(FileReport(ok=False, problems=[problem])).problems

    assert (shown.findings, shown.further, shown.has_suggestions) == ((), "", False)
