"""The only bridge between stored rows and files on one side and frames on the other.

Reads for computations go through here: querysets become DataFrames with the column names of
`scoring.compute.schema`, results become plain rows again. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import connections
from django.db.models import Count, StringAgg, TextField, Value
from django.db.models.functions import Cast

from core import storage
from scoring.compute.metrics import get_metric
from scoring.compute.points import DIGITS, WEIGHTED
from scoring.compute.predictions import read_predictions as read_strictly
from scoring.compute.schema import (
    BASELINE,
    CRITERION,
    JUROR,
    MARK,
    SUBMISSION,
    Direction,
    FileCheck,
    MetricRanking,
    RankedMetric,
)
from scoring.formats import benchmark_format
from scoring.models import Assessment, Criterion, CriterionScore, JurySeat, MetricScore
from scoring.protocol import Question, StoredAs
from scoring.queries import scoring_program
from scoring.validators import reader_limits

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from competition.models import Challenge
    from scoring.models import Benchmark, GroundTruth
    from submissions.models import SubmissionFile

    type Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
    type Stored = tuple[float, float | None, float | None, int]

# Intervals are drawn with a published seed, so that anyone gets the same ones.
INTERVAL_SEED = 1

__all__ = [
    "MetricScores",
    "benchmark_format",
    "integer_columns",
    "jury_marks",
    "metric_ranking",
    "metric_scores",
    "question",
    "read_predictions",
]


# ---- columns -------------------------------------------------------------------------------------
def integer_columns(rows: QuerySet[Any], *names: str) -> list[Integers]:
    """Return the named integer fields of all rows, one array a field, no value missing.

    The database joins each column to one text, which numpy reads in one go: several times faster
    than rows of tuples (G-3), on Django's own connection, so that it sees the open transaction.
    All columns come out of one scan, so that the same place in each belongs to the same row; the
    order of the rows is the database's. It skips missing values, which would shift their column, so
    the number of rows is compared.

    Raises:
        ValueError: a value is missing in one of the columns.

    """
    comma = Value(",")
    # SQLite joins numbers as they are; a cast would cost a quarter of the time.
    joins_numbers = connections[rows.db].vendor == "sqlite"
    found = rows.order_by().aggregate(
        rows=Count("*"),
        **{
            f"column_{at}": StringAgg(
                name if joins_numbers else Cast(name, TextField()),
                delimiter=comma,
                output_field=TextField(),
            )
            for at, name in enumerate(names)
        },
    )
    columns: list[Integers] = [
        np.fromstring(found[f"column_{at}"] or "", dtype=np.int64, sep=",")
        for at in range(len(names))
    ]
    if any(len(column) != found["rows"] for column in columns):
        message = f"A value of {', '.join(names)} is missing."
        raise ValueError(message)
    return columns


# ---- the machine's part ----------------------------------------------------------------------
def read_predictions(file: SubmissionFile, benchmark: Benchmark) -> FileCheck:
    """Read a stored prediction file with the strict reader."""
    with storage.open_file(storage.SUBMISSIONS, file.key) as stream:
        return read_strictly(
            stream,  # type: ignore[arg-type]  # an open binary file
            benchmark_format(benchmark),
            expected_ids=benchmark.expected_ids,
            limits=reader_limits(),
        )


def question(benchmark: Benchmark, truth: GroundTruth, file: SubmissionFile) -> Question:
    """Return what the evaluation process is asked; it reads both files by itself."""
    program = scoring_program.in_force(benchmark)
    return Question(
        predictions=StoredAs(key=file.key, sha256=file.sha256),
        truth=StoredAs(key=truth.key, sha256=truth.sha256),
        format=benchmark_format(benchmark),
        metrics=tuple(benchmark.metrics),
        seed=INTERVAL_SEED,
        size_limit=settings.UPLOAD_MAX_BYTES,
        memory_limit=settings.EVALUATION_MEMORY_BYTES,
        cpu_limit=max(1, int(settings.EVALUATION_TIMEOUT)),
        program=StoredAs(key=program.key, sha256=program.sha256) if program else None,
        truth_groups=tuple(truth.group_columns),
        groups=tuple(benchmark.group_columns),
        smallest_group=benchmark.smallest_group,
    )


def metric_ranking(benchmark: Benchmark, last_steps: tuple[str, ...] = ()) -> MetricRanking:
    """Return by what a leaderboard ranks: a metric, or the points of several.

    The others and the last steps break ties; where points rank, each metric by itself does, in the
    published order.
    """
    ranked = tuple(
        RankedMetric(key=one.key, direction=get_metric(one.key).direction, digits=one.digits)
        for one in benchmark.settings
    )
    if not benchmark.is_weighted:
        return MetricRanking(metric=ranked[0], tie_chain=ranked[1:], last_steps=last_steps)
    points = RankedMetric(key=WEIGHTED, direction=Direction.HIGHER, digits=DIGITS)
    return MetricRanking(
        metric=points, tie_chain=ranked, last_steps=last_steps, weights=benchmark.weights
    )


@dataclass(frozen=True, slots=True)
class MetricScores:
    """The scores of one part of the ground truth: as a frame to rank, and as stored."""

    table: pd.DataFrame
    # By submission and metric: value, both ends of the interval, number of rows.
    stored: Mapping[int, Mapping[str, Stored]]

    def of(self, submission: int) -> dict[str, Stored]:
        """Return value, interval and number of rows per metric, for the hash of the inputs."""
        return dict(self.stored.get(submission, {}))

    def interval(self, submission: int, metric: str) -> tuple[float, float] | None:
        """Return both ends of the confidence interval, None where there is none."""
        _value, low, high, _rows = self.stored[submission][metric]
        return None if low is None or high is None else (low, high)

    @property
    def rows(self) -> int | None:
        """Return on how many rows of the ground truth the values rest."""
        first = next(iter(self.stored.values()), {})
        return next((rows for _value, _low, _high, rows in first.values()), None)


def metric_scores(
    submissions: Sequence[int],
    scored: Mapping[int, int],
    *,
    split: str,
    metrics: Sequence[str],
    baselines: Collection[int],
) -> MetricScores:
    """Return one row per submission with one column per metric; what is missing is never 0.

    `scored` maps the submissions that have a value to the run that counts.
    """
    by_run = {run: submission for submission, run in scored.items()}
    stored: dict[int, dict[str, Stored]] = {}
    for run, metric, value, low, high, rows in (
        MetricScore.objects.filter(evaluation__in=by_run, split=split, metric__in=metrics)
        .order_by("pk")
        .values_list("evaluation", "metric", "value", "low", "high", "rows")
    ):
        stored.setdefault(by_run[run], {})[metric] = (value, low, high, rows)
    columns: dict[str, Any] = {SUBMISSION: list(submissions)}
    for metric in metrics:
        found = (stored.get(submission, {}).get(metric) for submission in submissions)
        values = [None if score is None else score[0] for score in found]
        columns[metric] = pd.array(values, dtype="Float64").to_numpy(
            "float64", na_value=float("nan")
        )
    columns[BASELINE] = [submission in baselines for submission in submissions]
    return MetricScores(table=pd.DataFrame(columns), stored=stored)


# ---- the jury's part -------------------------------------------------------------------------
def jury_marks(challenge: Challenge) -> pd.DataFrame:
    """Return the marks that count: rows × (SUBMISSION, JUROR, CRITERION, MARK in hundredths).

    Released or locked assessments of unrecused jurors on submissions in the running; jurors are
    named by the code of their seat. Answers "cannot judge" have no row: missing is never 0.
    """
    rows = CriterionScore.objects.filter(
        assessment__in=Assessment.objects.filter(
            assignment__seat__jury__challenge=challenge
        ).counted(),
        mark_hundredths__isnull=False,
    )
    submissions, seats, positions, marks = integer_columns(
        rows,
        "assessment__assignment__submission",
        "assessment__assignment__seat",
        "criterion__position",
        "mark_hundredths",
    )
    codes = dict(JurySeat.objects.filter(jury__challenge=challenge).values_list("pk", "code"))
    keys = {criterion.position: criterion.key for criterion in _criteria(challenge)}
    frame = pd.DataFrame(
        {
            SUBMISSION: submissions,
            JUROR: pd.Series(seats).map(codes),
            CRITERION: pd.Series(positions).map(keys),
            MARK: marks,
        }
    )
    return frame.sort_values([SUBMISSION, JUROR, CRITERION], ignore_index=True)


def _criteria(challenge: Challenge) -> list[Criterion]:
    return list(Criterion.objects.filter(rubric__challenge=challenge).order_by("position"))
