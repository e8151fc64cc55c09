"""The program of the evaluation process: JSON in, JSON out.

The only code of the product that reads ground truth. `scoring.isolation` runs it in a fresh process
for every file (`core.warm`); it limits itself before it reads anything, opens no database and
knows no key but those of the file storages. What goes wrong is told by its place in the code and
never by a message: a message could quote a label.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import resource
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from scoring.protocol import (
    TRUTH_SPLIT,
    Answer,
    GroupOutcome,
    Question,
    StoredAs,
    Value,
    truth_format_of,
    truth_groups_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scoring.compute.schema import GroupValue, MetricValue, PredictionTable


class DamagedFile(Exception):
    """A stored file is not what its row says."""


def load() -> None:
    """Load what every evaluation needs, and open nothing."""
    # Loaded by their first use; core.storage counts on what they prepare.
    settings.DATA_DIR  # noqa: B018
    for name in (
        "core.storage",
        "scoring.compute.details",
        "scoring.compute.predictions",
        "numpy.ma",  # by np.quantile
        "numpy.random",  # by intervals
    ):
        importlib.import_module(name)


def main() -> int:
    """Answer one question; the exit code is 1 and the place of the fault on stderr if we cannot."""
    question = Question.from_json(sys.stdin.read())
    _limit(question)
    try:
        answer = evaluate(question)
    except Exception as error:  # noqa: BLE001  (whatever it is, its message stays here)
        sys.stderr.write(place_of(error))
        return 1
    sys.stdout.write(answer.to_json())
    return 0


def evaluate(question: Question) -> Answer:
    """Read both files, compare them, and return a value for every metric and part."""
    from scoring.compute import evaluate as computing  # noqa: PLC0415  (heavy)
    from scoring.compute.details import Rule, details  # noqa: PLC0415  (heavy)
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (heavy)
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import SMALLEST_GROUP, ReaderLimits  # noqa: PLC0415  (with the others)
    from scoring.compute.truth import build_truth, truth_format  # noqa: PLC0415  (heavy)

    limits = ReaderLimits(size_bytes=question.size_limit)
    own_format = truth_format_of(question.format)
    named = dict(zip(truth_groups_of(question.truth_groups), question.truth_groups, strict=True))
    stored = read_predictions(
        _open("ground_truth", question.truth),
        truth_format(own_format, split_column=TRUTH_SPLIT, group_columns=tuple(named)),
        expected_ids=None,
        # Ours, with one more column than what was uploaded.
        limits=ReaderLimits(size_bytes=2 * question.size_limit),
    )
    if stored.table is None:
        raise DamagedFile
    truth = build_truth(
        stored.table,
        own_format,
        split_column=TRUTH_SPLIT,
        group_columns=[own for own, name in named.items() if name in question.groups],
    )
    check = read_predictions(
        _open("submissions", question.predictions),
        question.format,
        expected_ids=truth.expected_ids(),
        limits=limits,
    )
    if check.table is None:
        return Answer(check=check, values=())
    rule = Rule(smallest=max(SMALLEST_GROUP, question.smallest_group))
    found = tuple(details(check.table, truth, rule=rule))
    if question.program is not None:
        values = values_of_program(question, question.program, stored.table, check.table)
        return Answer(check=check, values=values, details=found)
    metrics = [get_metric(key) for key in question.metrics]
    result = computing.evaluate(
        check.table, truth, metrics, seed=question.seed, smallest_group=question.smallest_group
    )
    return Answer(
        check=check,
        details=found,
        values=tuple(Value(**_figures(value)) for value in result.values),
        groups=tuple(
            GroupOutcome(column=named[value.column], group=value.group or "", **_figures(value))
            for value in result.groups
        ),
    )


def _figures(value: MetricValue | GroupValue) -> dict[str, Any]:
    """Return what crosses the border of a value."""
    return {
        "metric": value.metric,
        "split": value.split.value,
        "rows": value.n,
        "value": value.value,
        "low": value.interval.low if value.interval else None,
        "high": value.interval.high if value.interval else None,
        "error": value.error,
    }


def values_of_program(
    question: Question, program: StoredAs, truth: PredictionTable, predicted: PredictionTable
) -> tuple[Value, ...]:
    """Let the organiser's program compare each part by itself, in a sandbox of its own.

    It gets two plain CSV files with the same ids in the same order, and has to name a value for
    each metric of the benchmark, within its range. It never learns which part it sees.

    Raises:
        ProgramFailed: it does not.

    """
    from core.sandbox import Limits  # noqa: PLC0415  (only where there is a program)
    from scoring import scoring_program  # noqa: PLC0415  (as above)
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import PredictionKind, Split  # noqa: PLC0415  (with it)

    fmt, archive = question.format, _open("ground_truth", program)
    is_wide = fmt.kind is PredictionKind.DISTRIBUTION
    header = (fmt.id_column, *(fmt.labels if is_wide else (fmt.target_column,)))
    of_id = dict(zip(predicted.ids, predicted.values, strict=True))
    rows = sorted(zip(truth.ids, truth.values, truth.texts[TRUTH_SPLIT], strict=True))
    parts = (Split.PUBLIC, Split.PRIVATE)
    limits = Limits(
        seconds=max(1.0, question.cpu_limit / len(parts) - 1),
        cpu_seconds=question.cpu_limit,
        memory=question.memory_limit,
        # No more than this process may write itself.
        file_size=min(Limits().file_size, 2 * question.size_limit),
    )
    found: list[Value] = []
    for split in parts:
        part = [(name, label) for name, label, of in rows if of == split.value]
        with tempfile.TemporaryDirectory(prefix="auslobung-scoring.") as folder:
            reference, predictions = Path(folder, "truth.csv"), Path(folder, "predictions.csv")
            _write(reference, (fmt.id_column, fmt.target_column), part)
            own = [
                (name, *(given if isinstance(given := of_id[name], tuple) else (given,)))
                for name, _label in part
            ]
            _write(predictions, header, own)
            archive.seek(0)
            scores = scoring_program.score(
                archive, reference=[reference], predictions=[predictions], limits=limits
            )
        for key in question.metrics:
            metric, value = get_metric(key), scores.values.get(key)
            if value is None or not metric.lowest <= value <= metric.highest:
                message = "A value is missing, or outside of the range of its metric."
                raise scoring_program.ProgramFailed(message)
            found.append(
                Value(
                    metric=key,
                    split=split.value,
                    rows=len(part),
                    value=value,
                    low=None,
                    high=None,
                    error=None,
                )
            )
    return tuple(found)


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a file that any reader of CSV understands."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def place_of(error: BaseException) -> str:
    """Say what kind of error happened where, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*lines, type(error).__qualname__])


def _limit(question: Question) -> None:
    """Bound memory, time and files; and leave no core dump, which would hold the labels."""
    memory, cpu = question.memory_limit, question.cpu_limit
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A file from an object store is spooled to disk first.
    largest = 2 * question.size_limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _open(alias: str, wanted: StoredAs) -> io.BytesIO:
    """Read a stored file whole and prove that it is the one that is meant."""
    from core import storage  # noqa: PLC0415  (needs the settings, and brings the S3 library)

    with storage.open_file(alias, wanted.key) as stream:
        data = stream.read()
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise DamagedFile
    return io.BytesIO(data)
