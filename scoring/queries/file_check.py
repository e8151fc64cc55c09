"""Reads for the open check of a prediction file: whether there is one, and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import number_words
from core.tables import plain_csv
from scoring import problems
from scoring.compute.schema import PredictionKind
from scoring.formats import benchmark_format, sample_table
from scoring.problems import figure

if TYPE_CHECKING:
    from competition.models import Challenge
    from scoring.compute.schema import FileCheck
    from scoring.models import Benchmark

SAMPLE_ROWS: Final = 3
LABELS_SHOWN: Final = 20
COLUMNS_SHOWN: Final = 8
ENCODINGS: Final = {"utf-8": "UTF-8", "windows-1252": "Windows-1252"}
LIST_HEADER: Final = ("code", "line", "column", "value", "suggestion", "first_line", "problem")


def checkable(challenge: Challenge) -> Benchmark | None:
    """Return the benchmark whose format anyone may check a file against; None if there is none.

    The statement must be public: before that its ids are nobody's business.
    """
    if not (challenge.wants_predictions and challenge.is_public):
        return None
    if challenge.competition.published_at is None:
        return None
    benchmark: Benchmark | None = getattr(challenge, "benchmark", None)
    return benchmark if benchmark is not None and benchmark.expected_ids else None


def url_of(challenge: Challenge) -> str:
    """Return the page of the check."""
    return reverse("scoring:file-check", args=[challenge.competition.slug, challenge.code])


def sample_lines(benchmark: Benchmark) -> list[str]:
    """Return the first lines of a file that is right."""
    fmt = benchmark_format(benchmark)
    return plain_csv(*sample_table(fmt, benchmark.expected_ids[:SAMPLE_ROWS])).splitlines()


def columns(benchmark: Benchmark) -> list[str]:
    """Return the columns of a file, the id first; many are cut short."""
    names = list(benchmark_format(benchmark).columns)
    return names if len(names) <= COLUMNS_SHOWN else [*names[:COLUMNS_SHOWN], "…"]


def allowed_words(benchmark: Benchmark) -> str:
    """Say which values the target column may hold."""
    fmt = benchmark_format(benchmark)
    if fmt.kind is PredictionKind.DISTRIBUTION:
        return _("numbers from 0 to 1 that add up to 1 in each row")
    if fmt.kind is PredictionKind.RANKING and not fmt.labels:
        return _("a list with bars between the entries, the best first: a|b|c")
    if fmt.labels:
        listed = _labels_words(fmt.labels)
        if not fmt.is_list:
            return listed
        if fmt.kind is PredictionKind.RANKING:
            return _("a list, the best first, with bars between: %(labels)s") % {"labels": listed}
        return _("any number of them, with bars between: %(labels)s") % {"labels": listed}
    if fmt.kind is PredictionKind.PROBABILITY:
        return _("numbers from 0 to 1")
    if fmt.minimum is None and fmt.maximum is None:
        return _("numbers")
    if fmt.minimum is None:
        return _("numbers up to %(maximum)s") % {"maximum": figure(fmt.highest)}
    if fmt.maximum is None:
        return _("numbers from %(minimum)s") % {"minimum": figure(fmt.lowest)}
    return _("numbers from %(minimum)s to %(maximum)s") % {
        "minimum": figure(fmt.lowest),
        "maximum": figure(fmt.highest),
    }


def _labels_words(labels: tuple[str, ...]) -> str:
    shown = ", ".join(labels[:LABELS_SHOWN])
    more = len(labels) - LABELS_SHOWN
    if more <= 0:
        return shown
    words = ngettext("%(list)s and %(count)s more", "%(list)s and %(count)s more", more)
    return words % {"list": shown, "count": number_words(more)}


def detected(check: FileCheck, benchmark: Benchmark) -> list[dict[str, Any]]:
    """Return how the file was read, as facts; nothing of what could not be told."""
    delimiters = {",": _("comma ,"), ";": _("semicolon ;"), "\t": _("tab")}
    decimals = {",": _("comma, as in 0,97"), ".": _("point, as in 0.97")}
    facts: list[dict[str, Any]] = []
    if check.encoding is not None:
        note = "" if check.encoding == "utf-8" else _("Read that way. UTF-8 is safer. E01")
        facts.append({"label": _("Encoding"), "value": ENCODINGS[check.encoding], "note": note})
    if check.delimiter is not None:
        value = delimiters[check.delimiter]
        facts.append({"label": _("Separator"), "value": value, "note": _("In order. E02")})
    if check.decimal is not None:
        facts.append({"label": _("Decimal sign"), "value": decimals[check.decimal]})
    if check.columns:
        facts.append({"label": _("Columns"), "value": ", ".join(check.columns)})
    if check.delimiter is not None:
        expected = number_words(len(benchmark.expected_ids))
        note = _("Expected: %(count)s") % {"count": expected}
        facts.append({"label": _("Rows"), "value": number_words(check.rows), "note": note})
    return facts


def list_rows(check: FileCheck) -> Iterator[tuple[object, ...]]:
    """Yield one row for each line of each error, in the order of the page."""
    for problem in check.errors:
        words = problems.title(problem)
        column = problem.column or ""
        if not problem.lines and not problem.values:
            yield problem.code, "", column, problem.value or "", "", "", words
            continue
        firsts = problems.first_lines(problem)
        listed = max(len(problem.lines), len(problem.values))
        for at in range(listed):
            yield (
                problem.code,
                problem.lines[at] if at < len(problem.lines) else "",
                column,
                problem.values[at] if at < len(problem.values) else "",
                problem.suggestions[at] if at < len(problem.suggestions) else "",
                firsts[at] if at < len(firsts) else "",
                words,
            )
        if (more := problem.total - listed) > 0:
            words = ngettext("and %(shown)s more", "and %(shown)s more", more)
            yield problem.code, "", column, "", "", "", words % {"shown": number_words(more)}
