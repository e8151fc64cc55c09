"""The program of the evaluation process: JSON in, JSON out.

The only code of the product that reads ground truth. `scoring.isolation` runs it in a fresh process
for every file (`core.warm`); it limits itself before it reads anything, opens no database and
knows no key but those of the file storages. What goes wrong is told by its place in the code and
never by a message: a message could quote a label.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import resource
import sys
import traceback

from django.conf import settings

from scoring.protocol import (
    TRUTH_SPLIT,
    Answer,
    Question,
    StoredAs,
    Value,
    truth_format_of,
)


class DamagedFile(Exception):
    """A stored file is not what its row says."""


def load() -> None:
    """Load what every evaluation needs, and open nothing."""
    # Loaded by their first use; core.storage counts on what they prepare.
    settings.DATA_DIR  # noqa: B018
    for name in ("core.storage", "scoring.compute.evaluate", "scoring.compute.predictions"):
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
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (heavy)
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import ReaderLimits  # noqa: PLC0415  (with the others)
    from scoring.compute.truth import build_truth, truth_format  # noqa: PLC0415  (heavy)

    limits = ReaderLimits(size_bytes=question.size_limit)
    own_format = truth_format_of(question.format)
    stored = read_predictions(
        _open("ground_truth", question.truth),
        truth_format(own_format, split_column=TRUTH_SPLIT),
        expected_ids=None,
        # Ours, with one more column than what was uploaded.
        limits=ReaderLimits(size_bytes=2 * question.size_limit),
    )
    if stored.table is None:
        raise DamagedFile
    truth = build_truth(stored.table, own_format, split_column=TRUTH_SPLIT)
    check = read_predictions(
        _open("submissions", question.predictions),
        question.format,
        expected_ids=truth.expected_ids(),
        limits=limits,
    )
    if check.table is None:
        return Answer(check=check, values=())
    metrics = [get_metric(key) for key in question.metrics]
    result = computing.evaluate(check.table, truth, metrics, seed=question.seed)
    return Answer(
        check=check,
        values=tuple(
            Value(
                metric=value.metric,
                split=value.split.value,
                rows=value.n,
                value=value.value,
                low=value.interval.low if value.interval else None,
                high=value.interval.high if value.interval else None,
                error=value.error,
            )
            for value in result.values
        ),
    )


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
