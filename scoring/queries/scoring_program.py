"""Reads about scoring programs: which one computes the values of a benchmark, if any does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.models import ScoringProgram

if TYPE_CHECKING:
    from scoring.models import Benchmark


def in_force(benchmark: Benchmark, version: int | None = None) -> ScoringProgram | None:
    """Return the program by which a version of a benchmark is measured; None if by us."""
    latest = ScoringProgram.objects.filter(
        benchmark=benchmark,
        benchmark_version__lte=benchmark.version if version is None else version,
    ).first()
    return latest if latest is not None and latest.key else None
