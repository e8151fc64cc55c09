"""Repairs and proofs of the judging side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from competition.models import Challenge
from core.audit import canonical
from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from scoring.actions import evaluation, leaderboard
from scoring.models import (
    Benchmark,
    Evaluation,
    Freeze,
    LeaderboardRow,
    LeaderboardSnapshot,
    Rubric,
)
from scoring.queries.benchmark import content_of
from scoring.queries.evaluation import EVALUATED_STATES, SUPERSEDED
from scoring.states import BoardKind, EvaluationState
from submissions.states import SubmissionState

if TYPE_CHECKING:
    from django.db.models import QuerySet

# How long a board may lag behind its evaluations before somebody should look.
LAG: Final = dt.timedelta(minutes=3)


def refresh_boards(now: dt.datetime) -> int:
    """Renew provisional boards whose inputs have changed; return how many were stored."""
    renewed = 0
    for challenge in _measured().filter(state__in=EVALUATED_STATES):
        before = LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
        if (
            before is None
            and not Evaluation.objects.filter(benchmark__challenge=challenge).exists()
        ):
            continue
        after = leaderboard.refresh(challenge, BoardKind.PUBLIC, now=now)
        renewed += after is not None and (before is None or after.pk != before.pk)
    return renewed


def _measured() -> QuerySet[Challenge]:
    return Challenge.objects.filter(
        wants_predictions=True, benchmark__truths__isnull=False
    ).distinct()


sweep_steps.register(
    SweepStep("lost", "Evaluations taken back from vanished workers", evaluation.requeue_lost, 10)
)
sweep_steps.register(
    SweepStep("missing", "Evaluations created that were missing", evaluation.enqueue_missing, 20)
)
sweep_steps.register(
    SweepStep("forgotten", "Evaluations put into the queue again", evaluation.wake_waiting, 30)
)
sweep_steps.register(SweepStep("boards", "Leaderboards renewed", refresh_boards, 40))


# ---- proofs ------------------------------------------------------------------------------------
_ROW: Final = (
    "position",
    "rank",
    "entry_id",
    "submission_id",
    "name",
    "score",
    "columns",
    "is_baseline",
    "note",
)


def boards_that_differ() -> Iterator[str]:
    """Yield boards that are not what a computation from the stored rows gives."""
    for challenge in _measured():
        for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE):
            snapshot = LeaderboardSnapshot.objects.latest_of(challenge.pk, kind)
            if snapshot is not None:
                yield from _differences(challenge, kind, snapshot)


def _differences(challenge: Challenge, kind: str, snapshot: LeaderboardSnapshot) -> Iterator[str]:
    computed = leaderboard.compute(challenge, kind)
    name = f"Board {snapshot.code} of {challenge.code}"
    if computed.inputs_sha256 != snapshot.inputs_sha256:
        if _is_overdue(challenge, snapshot):
            yield f"{name} was not renewed although its inputs have changed."
        return
    stored = LeaderboardRow.objects.filter(snapshot=snapshot)
    expected = leaderboard.stored_rows(computed, snapshot)
    if [_values(row) for row in stored] != [_values(row) for row in expected]:
        yield f"{name} differs from its recomputation."
    if canonical(snapshot.header) != canonical(computed.header):
        yield f"The header of {name} differs from its recomputation."


def _values(row: LeaderboardRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _ROW)


def _is_overdue(challenge: Challenge, snapshot: LeaderboardSnapshot) -> bool:
    last = Evaluation.objects.filter(
        benchmark__challenge=challenge, state=EvaluationState.SUCCEEDED
    ).aggregate(at=Max("finished_at"))["at"]
    return challenge.state in EVALUATED_STATES and (
        last is not None and last - snapshot.computed_at > LAG
    )


def boards_shown_against_a_freeze() -> Iterator[str]:
    """Yield provisional boards that are public while a freeze keeps them back, or the reverse."""
    frozen = Freeze.objects.open().filter(
        challenge=OuterRef("challenge"), starts_at__lte=OuterRef("computed_at")
    )
    boards = LeaderboardSnapshot.objects.filter(kind=BoardKind.PUBLIC)
    for code in boards.public().filter(Exists(frozen)).values_list("code", flat=True):
        yield f"Board {code} is public although it was made during a freeze."
    for code in boards.restricted().exclude(Exists(frozen)).values_list("code", flat=True):
        yield f"Board {code} is kept back although no freeze is in force."


def evaluations_without_values() -> Iterator[str]:
    """Yield finished evaluations that lack their values, and unfinished ones that have some."""
    rows = Evaluation.objects.annotate(values=Count("scores"))
    for code in rows.filter(state=EvaluationState.SUCCEEDED, values=0).values_list(
        "code", flat=True
    ):
        yield f"Evaluation {code} has succeeded without a value."
    others = rows.exclude(state=EvaluationState.SUCCEEDED).filter(values__gt=0)
    for code in others.values_list("code", flat=True):
        yield f"Evaluation {code} has values although it has not succeeded."


def charged_faults() -> Iterator[str]:
    """Yield versions that cost a try although the platform or the file was at fault."""
    faults = Evaluation.objects.filter(
        state__in=EvaluationState.final() - {EvaluationState.SUCCEEDED},
        submission__costs_a_try=True,
    ).exclude(submission__evaluations__state=EvaluationState.SUCCEEDED)
    # Who withdraws a version has used its try, whether or not it was evaluated by then.
    withdrawn = Q(state=EvaluationState.CANCELLED, submission__state=SubmissionState.WITHDRAWN)
    faults = faults.exclude(withdrawn)
    for code in faults.exclude(error__startswith=SUPERSEDED).values_list("code", flat=True):
        yield f"Evaluation {code} ended in a fault, and its version costs a try all the same."


def benchmarks_that_changed_silently() -> Iterator[str]:
    """Yield benchmarks that are not what their newest version says."""
    for benchmark in Benchmark.objects.select_related("challenge").prefetch_related(
        "truths", "versions"
    ):
        newest = max(benchmark.versions.all(), key=lambda version: version.number, default=None)
        if newest is None or newest.number != benchmark.version:
            yield f"The version {benchmark.version} of {benchmark.challenge.code} is not kept."
        elif newest.content != content_of(benchmark) or newest.truth_id != getattr(
            benchmark.truth, "pk", None
        ):
            yield f"The benchmark of {benchmark.challenge.code} differs from its newest version."


def benchmarks_without_labels() -> Iterator[str]:
    """Yield benchmarks whose labels lack a row, or have another number of ids."""
    for benchmark in Benchmark.objects.select_related("challenge").prefetch_related("truths"):
        truth = benchmark.truth
        if truth is None:
            yield f"The benchmark of {benchmark.challenge.code} has no labels."
        elif truth.rows != len(benchmark.expected_ids):
            yield f"The benchmark of {benchmark.challenge.code} expects other ids than it has."


def rubrics_not_100() -> Iterator[str]:
    """Yield frozen rubrics whose weights do not add up to exactly 100."""
    frozen = Rubric.objects.filter(frozen_at__isnull=False).annotate(total=Sum("criteria__weight"))
    for rubric in frozen.select_related("challenge"):
        if rubric.total != Decimal(100):
            yield f"The weights of {rubric.challenge.code} add up to {rubric.total.normalize():f}."


for _key, _label, _violations in (
    ("boards", "Stored leaderboards equal their recomputation", boards_that_differ),
    ("freezes", "Freezes keep back exactly what they should", boards_shown_against_a_freeze),
    ("values", "Evaluations have values exactly when they succeeded", evaluations_without_values),
    ("faults", "No fault of ours costs a try", charged_faults),
    ("labels", "Benchmarks have labels for exactly their ids", benchmarks_without_labels),
    ("versions", "Benchmarks are what their newest version says", benchmarks_that_changed_silently),
    ("weights", "Weights of published rubrics add up to 100", rubrics_not_100),
):
    invariants.register(Invariant(_key, _label, _violations, 50))
