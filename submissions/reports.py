"""Reports about uploaded files: how they are stored, and how a page reads them again.

A report is written once, in every language of the product, when the file arrives. So the page shows
what was found then, in the language of the reader, without reading the file again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import translation

if TYPE_CHECKING:
    from submissions.extensions import FileProblem, FileReport

PROBLEMS_KEPT: Final = 50
LINES_KEPT: Final = 20


def stored(reports: Sequence[FileReport]) -> dict[str, Any]:
    """Return what is stored of the reports of all checks of one file; empty without a report."""
    if not reports:
        return {}
    words = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words[language] = {
                "sentences": [str(text) for report in reports for text in report.sentences],
                "notes": [str(text) for report in reports for text in report.notes],
                "problems": [
                    _stored_problem(problem) for report in reports for problem in report.problems
                ][:PROBLEMS_KEPT],
            }
    summary: dict[str, Any] = {}
    for report in reports:
        summary |= report.summary
    return {"ok": all(report.ok for report in reports), "summary": summary, "words": words}


def _stored_problem(problem: FileProblem) -> dict[str, Any]:
    return {
        "title": str(problem.title),
        "code": problem.code,
        "advice": str(problem.advice),
        "column": problem.column,
        "lines": [int(line) for line in problem.lines[:LINES_KEPT]],
        "total": problem.total,
        "value": problem.value,
        "suggestion": problem.suggestion,
    }


@dataclass(frozen=True, slots=True)
class ProblemInWords:
    """One row of the table of problems."""

    title: str
    code: str
    advice: str
    column: str
    where: str
    more: int
    total: int
    value: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class ReportInWords:
    """A stored report in the language of the page."""

    ok: bool
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[ProblemInWords, ...]


def in_words(report: dict[str, Any]) -> ReportInWords | None:
    """Return a stored report in the active language; None if the file was not checked."""
    if not report:
        return None
    language = translation.get_language() or settings.LANGUAGE_CODE
    words = report["words"].get(language) or report["words"][settings.LANGUAGE_CODE]
    return ReportInWords(
        ok=report["ok"],
        sentences=tuple(words["sentences"]),
        notes=tuple(words["notes"]),
        problems=tuple(_problem(problem) for problem in words["problems"]),
    )


def _problem(stored_problem: dict[str, Any]) -> ProblemInWords:
    fields = dict(stored_problem)
    lines = fields.pop("lines")
    # A finding about the whole file has no lines, so there are no further ones either.
    more = max(fields["total"] - len(lines), 0) if lines else 0
    return ProblemInWords(**fields, where=line_ranges(lines), more=more)


def line_ranges(lines: Iterable[int]) -> str:
    """Write line numbers with runs joined: 58–60, 112."""
    ordered = sorted(set(lines))
    if not ordered:
        return ""
    runs = [[ordered[0], ordered[0]]]
    for before, line in pairwise(ordered):
        if line == before + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
