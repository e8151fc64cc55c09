"""From a stored benchmark to the format that the strict reader takes; light, for the web."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.compute.schema import PredictionFormat, PredictionKind

if TYPE_CHECKING:
    from scoring.models import Benchmark


def benchmark_format(benchmark: Benchmark) -> PredictionFormat:
    """Return what a prediction file of the challenge must look like."""
    return PredictionFormat(
        id_column=benchmark.id_column,
        target_column=benchmark.target_column,
        kind=PredictionKind(benchmark.target_kind),
        labels=tuple(benchmark.labels),
        minimum=benchmark.minimum,
        maximum=benchmark.maximum,
    )


def sample_value(fmt: PredictionFormat) -> str:
    """Return a value that the format accepts, for the sample file: it predicts nothing."""
    if fmt.kind is PredictionKind.LABEL:
        return fmt.labels[0]
    if fmt.kind is PredictionKind.PROBABILITY:
        return "0.5"
    return f"{min(max(0.0, fmt.lowest), fmt.highest):g}"
