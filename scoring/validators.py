"""Checks that upload, hand-in and evaluation share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext

from core.display import number_words
from scoring import problems
from scoring.compute.schema import ReaderLimits
from scoring.formats import benchmark_format
from submissions.extensions import FileReport

if TYPE_CHECKING:
    from competition.models import Challenge
    from scoring.compute.schema import FileCheck
    from scoring.models import Benchmark


def reader_limits() -> ReaderLimits:
    """Return the caps of the reader in this installation."""
    return ReaderLimits(size_bytes=settings.UPLOAD_MAX_BYTES)


def check_predictions(challenge: Challenge, stream: Any) -> FileReport | None:
    """Check an uploaded prediction file; None while the challenge has no format to check by.

    Needs the published ids and no label: the web process could not read one.
    """
    benchmark: Benchmark | None = getattr(challenge, "benchmark", None)
    if not challenge.wants_predictions or benchmark is None or not benchmark.expected_ids:
        return None
    return file_report(read_file(benchmark, stream, reader_limits()))


def read_file(benchmark: Benchmark, stream: Any, limits: ReaderLimits) -> FileCheck:
    """Read a file as the benchmark wants it; no label is needed for that."""
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (heavy)

    fmt = benchmark_format(benchmark)
    return read_predictions(stream, fmt, expected_ids=benchmark.expected_ids, limits=limits)


def file_report(check: FileCheck) -> FileReport:
    """Put the findings of the strict reader into words."""
    summary = {
        "rows": check.rows,
        "columns": list(check.columns),
        "encoding": check.encoding,
        "delimiter": check.delimiter,
        "decimal": check.decimal,
    }
    return FileReport(
        ok=check.ok,
        sentences=[_lazy_outcome(check.ok, check.rows, len(check.columns), len(check.errors))],
        notes=[problems.lazy_title(note) for note in check.notes],
        problems=[problems.file_problem(problem) for problem in check.errors],
        summary=summary,
    )


def _outcome(ok: bool, rows: int, columns: int, kinds: int) -> str:  # noqa: FBT001  (lazy)
    if ok:
        words = ngettext(
            "%(rows)s row, %(columns)s columns, all ids found.",
            "%(rows)s rows, %(columns)s columns, all ids found.",
            rows,
        )
        return words % {"rows": number_words(rows), "columns": number_words(columns)}
    if not rows:
        return gettext("The file cannot be read.")
    words = ngettext(
        "%(kinds)s kind of error in a file with %(rows)s rows.",
        "%(kinds)s kinds of errors in a file with %(rows)s rows.",
        kinds,
    )
    return words % {"kinds": number_words(kinds), "rows": number_words(rows)}


_lazy_outcome = lazy(_outcome, str)
