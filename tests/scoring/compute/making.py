"""Short ways to make files, rubrics and marks; no database is needed below this folder."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.compute.predictions import read_predictions
from scoring.compute.schema import (
    CRITERION,
    JUROR,
    MARK,
    SUBMISSION,
    CriterionSettings,
    FileCheck,
    PredictionFormat,
    PredictionKind,
    ProblemKey,
    ReaderLimits,
)

type Values = npt.NDArray[np.float64]

PROBABILITY = PredictionFormat(id_column="id", target_column="p", kind=PredictionKind.PROBABILITY)
NUMBER = PredictionFormat(
    id_column="id", target_column="value", kind=PredictionKind.NUMBER, minimum=-10, maximum=1000
)
LABEL = PredictionFormat(
    id_column="id", target_column="class", kind=PredictionKind.LABEL, labels=("cat", "dog")
)


def read(
    content: str | bytes, fmt: PredictionFormat, ids: Sequence[str] | None = None, **limits: int
) -> FileCheck:
    """Read text or bytes as a prediction file."""
    data = content.encode() if isinstance(content, str) else content
    return read_predictions(io.BytesIO(data), fmt, expected_ids=ids, limits=ReaderLimits(**limits))


def keys(check: FileCheck) -> list[ProblemKey]:
    """Name what was found, in order."""
    return [problem.key for problem in check.problems]


def criterion(
    key: str, weight: str | int, low: int = 0, high: int = 10, *, required: bool = True
) -> CriterionSettings:
    """Make a criterion with its scale in whole points."""
    return CriterionSettings(
        key=key, weight=Decimal(weight), low=low * 100, high=high * 100, required=required
    )


def marks(sheets: Mapping[tuple[str, str], Mapping[str, float | None]]) -> pd.DataFrame:
    """Make rows of marks from {(submission, juror): {criterion: points or None}}."""
    rows = [
        (submission, juror, key, None if points is None else round(points * 100))
        for (submission, juror), sheet in sheets.items()
        for key, points in sheet.items()
    ]
    table = pd.DataFrame(rows, columns=[SUBMISSION, JUROR, CRITERION, MARK])
    return table.astype({MARK: "Int64"})


def random_columns(kind: PredictionKind, seed: int, cases: int = 40) -> tuple[Values, Values]:
    """Draw columns of a kind in which every metric of it is defined, with many ties."""
    random = np.random.default_rng(seed)
    if kind is PredictionKind.LABEL:
        return np.r_[0, 1, random.integers(0, 3, cases)], np.r_[0, 1, random.integers(0, 3, cases)]
    if kind is PredictionKind.NUMBER:
        whole = random.integers(1, 9, cases) * random.choice([-1, 1], cases)
        return np.r_[1.0, 2.0, whole], np.r_[2.0, 3.0, random.integers(-9, 9, cases)] / 1
    if kind is PredictionKind.PROBABILITY:
        return np.r_[0, 1, random.integers(0, 2, cases)], np.r_[
            0.5, 0.5, random.random(cases)
        ].round(1)
    if kind is PredictionKind.DISTRIBUTION:
        shares = random.integers(0, 4, (cases + 3, 3)) + 1.0
        return np.r_[0, 1, 2, random.integers(0, 3, cases)], shares / shares.sum(axis=1)[:, None]
    if kind is PredictionKind.LABELS:
        return random.random((cases, 4)) < 0.4, random.random((cases, 4)) < 0.4
    hits = random.random((cases, random.integers(1, 12))) < 0.3
    return hits.sum(axis=1) + random.integers(0, 3, cases) + (~hits.any(axis=1)), hits
