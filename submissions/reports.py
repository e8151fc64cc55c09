"""Reports about uploaded files: how they are stored, and how a page reads them again.

A report is written once, in every language of the product, when the file arrives. So the page shows
what was found then, in the language of the reader, without reading the file again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import translation

if TYPE_CHECKING:
    from submissions.extensions import FileProblem, FileReport

PROBLEMS_KEPT: Final = 50
LINES_KEPT: Final = 20
LINES_QUOTED: Final = 5  # with what stands in them; the other lines are numbers


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
    # A check that says nothing of each line says it of the first.
    values = problem.values or [problem.value] * bool(problem.value)
    suggestions = problem.suggestions or [problem.suggestion] * bool(problem.suggestion)
    return {
        "title": str(problem.title),
        "code": problem.code,
        "advice": str(problem.advice),
        "column": problem.column,
        "lines": [int(line) for line in problem.lines[:LINES_KEPT]],
        "total": problem.total,
        "value": problem.value,
        "suggestion": problem.suggestion,
        "values": list(values[:LINES_QUOTED]),
        "suggestions": list(suggestions[:LINES_QUOTED]),
        "first_lines": [int(line) for line in problem.first_lines[:LINES_QUOTED]],
    }


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a file, what stands there, and what may have been meant."""

    line: int
    value: str
    suggestion: str
    first_line: int | None


@dataclass(frozen=True, slots=True)
class ProblemInWords:
    """One group of equal problems: some lines quoted, the others by their numbers."""

    title: str
    code: str
    advice: str
    column: str
    where: str
    more: int
    total: int
    value: str
    suggestion: str
    findings: tuple[Finding, ...]
    further: str

    @property
    def has_suggestions(self) -> bool:
        """Whether anything may have been meant in the quoted lines."""
        return any(finding.suggestion for finding in self.findings)

    @property
    def has_first_lines(self) -> bool:
        """Whether the quoted lines repeat what stands further above."""
        return any(finding.first_line for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ReportInWords:
    """A stored report in the language of the page."""

    ok: bool
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[ProblemInWords, ...]


def words_now(report: FileReport) -> ReportInWords:
    """Return a report that is not stored in the active language."""
    return ReportInWords(
        ok=report.ok,
        sentences=tuple(map(str, report.sentences)),
        notes=tuple(map(str, report.notes)),
        problems=tuple(_problem(_stored_problem(problem)) for problem in report.problems),
    )


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
    findings = _findings(
        lines, fields.pop("values"), fields.pop("suggestions"), fields.pop("first_lines")
    )
    return ProblemInWords(
        **fields,
        where=line_ranges(lines),
        more=more,
        findings=findings,
        further=line_ranges(lines[len(findings) :]),
    )


def _findings(
    lines: list[int], values: list[str], suggestions: list[str], first_lines: list[int]
) -> tuple[Finding, ...]:
    """Return the lines of which is known what stands in them."""
    if not lines or not values:
        return ()
    quoted = zip_longest(lines[: len(values)], values, suggestions, first_lines)
    return tuple(
        Finding(line, value or "", suggestion or "", first_line)
        for line, value, suggestion, first_line in quoted
    )


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
