"""From a stored benchmark to the format that the strict reader takes; light, for the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scoring.compute.schema import BAR, PredictionFormat, PredictionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.models import Benchmark

SAMPLE_ENTRIES: Final = 3
SAMPLE_ITEMS: Final = ("first", "second", "third")  # where nothing says which items there are


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


def sample_cells(fmt: PredictionFormat) -> tuple[str, ...]:
    """Return what each row of the sample file holds beside the id: it predicts nothing."""
    match fmt.kind:
        case PredictionKind.LABEL | PredictionKind.LABELS:
            return (fmt.labels[0],)
        case PredictionKind.PROBABILITY:
            return ("0.5",)
        case PredictionKind.DISTRIBUTION:
            return (f"{1 / len(fmt.labels):.6g}",) * len(fmt.labels)
        case PredictionKind.RANKING:
            return (BAR.join(fmt.labels[:SAMPLE_ENTRIES] or SAMPLE_ITEMS),)
        case _:
            return (f"{min(max(0.0, fmt.lowest), fmt.highest):g}",)


def sample_table(
    fmt: PredictionFormat, ids: Sequence[str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows of a prediction file that passes the check and predicts nothing."""
    cells = sample_cells(fmt)
    return (fmt.id_column, *fmt.value_columns), [(name, *cells) for name in ids]
