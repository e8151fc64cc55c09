"""Repairs and proofs of the judging side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from competition.models import Challenge
from core.audit import canonical
from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from scoring.actions import evaluation, leaderboard, likeness
from scoring.code_version import code_version
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
sweep_steps.register(
    SweepStep("fingerprints", "Files made comparable", likeness.make_fingerprints, 45)
)


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
    """Yield boards, also of the past, that are not what a computation from stored rows gives."""
    for challenge in _measured():
        for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE):
            yield from _lag(challenge, kind)
            for snapshot in _boards(challenge, kind):
                computed, is_named = leaderboard.recompute(snapshot)
                yield from _differences(snapshot, computed, is_named=is_named)


def boards_without_inputs() -> Iterator[str]:
    """Yield boards whose inputs cannot be rebuilt, so that nothing is proven of them."""
    for challenge in _measured():
        for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE):
            for snapshot in _boards(challenge, kind).filter(code_version=""):
                computed, _is_named = leaderboard.recompute(snapshot)
                if computed.inputs_sha256 != snapshot.inputs_sha256:
                    yield (
                        f"Board {snapshot.code} of {challenge.code} was stored before boards named "
                        "the evaluations they rest on, and what counted then is not known any more."
                    )


def _boards(challenge: Challenge, kind: str) -> QuerySet[LeaderboardSnapshot]:
    return LeaderboardSnapshot.objects.of(challenge.pk, kind).select_related("challenge")


def _lag(challenge: Challenge, kind: str) -> Iterator[str]:
    newest = LeaderboardSnapshot.objects.latest_of(challenge.pk, kind)
    if newest is None or not _is_overdue(challenge, newest):
        return
    if leaderboard.compute(challenge, kind).inputs_sha256 != newest.inputs_sha256:
        yield (
            f"Board {newest.code} of {challenge.code} was not renewed although its inputs have "
            "changed."
        )


def _differences(
    snapshot: LeaderboardSnapshot, computed: leaderboard.Computed, *, is_named: bool
) -> Iterator[str]:
    name = f"Board {snapshot.code} of {snapshot.challenge.code}"
    code = snapshot.code_version
    other = f" It was computed by other code: {code}." if code not in {"", code_version()} else ""
    if computed.inputs_sha256 != snapshot.inputs_sha256:
        if is_named and snapshot.code_version:
            yield f"{name} rests on values that are not what they were.{other}"
        return
    stored, expected = (
        [_values(row, is_named=is_named) for row in rows]
        for rows in (
            LeaderboardRow.objects.filter(snapshot=snapshot),
            leaderboard.stored_rows(computed, snapshot),
        )
    )
    if stored != expected:
        yield f"{name} differs from its recomputation.{other}"
    if _facts(snapshot.header) != _facts(computed.header):
        yield f"The header of {name} differs from its recomputation.{other}"


def _values(row: LeaderboardRow, *, is_named: bool) -> tuple[object, ...]:
    if not is_named:
        row.columns = {key: value for key, value in row.columns.items() if key != "evaluation"}
    return tuple(getattr(row, name) for name in _ROW)


def _facts(header: Mapping[str, Any]) -> str:
    """Return what a header says, without sentences that a later release may word otherwise."""
    cards = [[card["key"], card["higher_is_better"]] for card in header["metrics"]]
    rule = {key: header["rule"][key] for key in ("key", "version")}
    worded = {"metrics": cards, "rule": rule, "ties": ""}
    return canonical({**header, **worded})


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


invariants.register(
    Invariant(
        "boards",
        "Stored leaderboards equal their recomputation",
        boards_that_differ,
        50,
        unproven=boards_without_inputs,
    )
)
for _key, _label, _violations in (
    ("freezes", "Freezes keep back exactly what they should", boards_shown_against_a_freeze),
    ("values", "Evaluations have values exactly when they succeeded", evaluations_without_values),
    ("faults", "No fault of ours costs a try", charged_faults),
    ("labels", "Benchmarks have labels for exactly their ids", benchmarks_without_labels),
    ("versions", "Benchmarks are what their newest version says", benchmarks_that_changed_silently),
    ("weights", "Weights of published rubrics add up to 100", rubrics_not_100),
):
    invariants.register(Invariant(_key, _label, _violations, 50))
