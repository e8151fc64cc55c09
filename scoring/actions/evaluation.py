"""Machine runs: enqueue, run in a process of its own, repeat what was lost, never charge a fault.

The row is the truth: state, attempt, lease and heartbeat. A task in the queue only wakes a worker;
it may come twice, late or never (FA-2 to FA-5). A result is stored by whoever still holds the
lease of the attempt, and no transaction is open while anything is computed.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import audit, clock, transitions
from core.exceptions import DomainError, IllegalTransition
from core.queue import enqueue_on_commit, waiting_arguments
from scoring import isolation
from scoring.actions import leaderboard
from scoring.emails import evaluation as emails
from scoring.models import Benchmark, Evaluation, EvaluationDetail, GroupScore, MetricScore
from scoring.queries import evaluation as queries
from scoring.queries.evaluation import EVALUATED_STATES
from scoring.queries.metrics import metric_card
from scoring.states import EvaluationState, Split
from scoring.validators import file_report
from submissions import reports
from submissions.actions import submission as submission_actions
from submissions.extensions import FileProblem, FileReport
from submissions.models import Submission
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from scoring.protocol import Answer, GroupOutcome, Question, Value

# Longer than a writer may wait for a locked database, so that a late heartbeat loses nothing.
LEASE: Final = dt.timedelta(seconds=60)
# A row that has waited this long without a task has lost its wake-up.
PATIENCE: Final = dt.timedelta(seconds=30)
# Between two tries to store a result while the database is away or locked.
PAUSE: Final = 1.0
_TASK: Final = "scoring.tasks.evaluate"
_ABSURD: Final = 1e12
NOT_PRINTABLE: Final = "not_finite"  # as metrics call it
_log = logging.getLogger(__name__)


@transaction.atomic
def enqueue(submission: Submission, *, now: dt.datetime | None = None) -> Evaluation | None:
    """Let a handed-in version be evaluated once per version of the benchmark; safe to repeat.

    Returns None where there is nothing to evaluate: no prediction file, no benchmark with labels,
    or a version that is not in any more.
    """
    moment = now or clock.now()
    benchmark = queries.benchmark_in_force(submission.entry.challenge)
    if (
        benchmark is None
        or submission.state != SubmissionState.HANDED_IN
        or submission.file(FileKind.PREDICTIONS) is None
    ):
        return None
    evaluation, created = Evaluation.objects.get_or_create(
        submission=submission,
        benchmark_version=benchmark.version,
        repeat=0,
        defaults={"benchmark": benchmark, "queued_at": moment},
    )
    if created:
        audit.record(
            "evaluation.created",
            target=evaluation,
            by=None,
            data={"benchmark_version": benchmark.version},
            now=moment,
        )
        wake(evaluation)
    return evaluation


def wake(evaluation: Evaluation) -> None:
    """Let a worker know, after the commit, that one more run waits."""
    enqueue_on_commit(_TASK, evaluation_id=evaluation.pk)


def run_next(*, worker: str = "") -> Evaluation | None:
    """Evaluate the file whose turn it is, by fair order between teams; None if none waits."""
    while order := queries.in_order():
        # Whoever was faster has taken it, and it is the turn of another team now.
        if (claim := _claim(order[0], worker=worker or _own_name())) is not None:
            return _carry_out(claim)
    return None


def run(evaluation_id: int, *, worker: str = "") -> Evaluation | None:
    """Evaluate one file; returns None if the run was not waiting (it came twice, or is done).

    A fault of ours puts the run back into the queue, at most MAX_ATTEMPTS times.
    """
    claim = _claim(evaluation_id, worker=worker or _own_name())
    return _carry_out(claim) if claim is not None else None


def _own_name() -> str:
    return f"{platform.node()}:{os.getpid()}"


def _carry_out(claim: _Claim) -> Evaluation | None:
    evaluation = claim.evaluation
    try:
        answer = isolation.run(
            claim.question, timeout=settings.EVALUATION_TIMEOUT, beat=_heartbeat(claim)
        )
        keep_result(claim, answer)
    except isolation.EvaluationFault as fault:
        _log.warning("Evaluation %s, attempt %s: %s", evaluation.code, claim.attempt, fault.fault)
        _fault(evaluation.pk, attempt=claim.attempt, detail=str(fault))
    except _LeaseLost:
        _log.warning("Evaluation %s, attempt %s: lease lost", evaluation.code, claim.attempt)
        return None
    evaluation.refresh_from_db()
    challenge = evaluation.submission.entry.challenge
    if evaluation.state == EvaluationState.SUCCEEDED and challenge.state in EVALUATED_STATES:
        leaderboard.refresh_after_run(challenge)
    return evaluation


@transaction.atomic
def rerun(
    evaluation: Evaluation, *, by: User, reason: str = "", now: dt.datetime | None = None
) -> Evaluation:
    """Put a run that a fault of ours or the office has ended into the queue, with fresh attempts.

    A try that was given back stays so whatever comes out.

    Raises:
        IllegalTransition: the run ended otherwise, or goes on.
        DomainError: the version has been evaluated by a newer benchmark, or waits for that.

    """
    moment = now or clock.now()
    if evaluation.state not in {EvaluationState.INTERNAL_ERROR, EvaluationState.CANCELLED}:
        raise IllegalTransition(evaluation, evaluation.state, EvaluationState.QUEUED)
    runs = Evaluation.objects.filter(submission=evaluation.submission_id)
    if runs.filter(benchmark_version__gt=evaluation.benchmark_version).exists():
        raise DomainError("newer_run", _("There is a newer evaluation of this version."))
    transitions.move(
        evaluation,
        to=EvaluationState.QUEUED,
        by=by,
        now=moment,
        reason=reason,
        attempt=0,
        queued_at=moment,
        finished_at=None,
        cancel_reason="",
    )
    wake(evaluation)
    return evaluation


# ---- repairs, called by the sweep --------------------------------------------------------------
def requeue_lost(now: dt.datetime | None = None) -> int:
    """Give runs whose worker has vanished to another one; return how many."""
    moment = now or clock.now()
    lost = list(Evaluation.objects.lost(moment).values_list("pk", "attempt"))
    return sum(
        _fault(pk, attempt=attempt, detail="lease ended", lost_at=moment) for pk, attempt in lost
    )


def enqueue_missing(now: dt.datetime | None = None) -> int:
    """Create the runs that a lost signal, or a new version of a benchmark, left out."""
    moment = now or clock.now()
    return sum(
        enqueue(submission, now=moment) is not None for submission in queries.not_evaluated()
    )


def wake_waiting(now: dt.datetime | None = None) -> int:
    """Enqueue as many tasks as runs wait longer than tasks do; return how many were missing.

    Whichever task comes takes the run whose turn it is, so only their number counts.
    """
    moment = now or clock.now()
    waiting = Evaluation.objects.waiting().filter(queued_at__lte=moment - PATIENCE)
    keys = list(waiting.values_list("pk", flat=True))
    forgotten = keys[len(waiting_arguments(_TASK)) :] if keys else []
    for pk in forgotten:
        enqueue_on_commit(_TASK, evaluation_id=pk)
    return len(forgotten)


# ---- one run -----------------------------------------------------------------------------------
class _LeaseLost(Exception):
    """Somebody else has taken the run over; whatever we compute is of no interest."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A run that this worker holds, and what it asks."""

    evaluation: Evaluation
    attempt: int
    # The metrics without which there is no result.
    counting: tuple[str, ...]
    question: Question


def _claim(evaluation_id: int, *, worker: str) -> _Claim | None:
    """Take a run that waits, and write down what it asks; None if that cannot be done."""
    from scoring import frames  # noqa: PLC0415  (heavy)

    taken = _take(evaluation_id, worker=worker)
    if taken is None:
        return None
    evaluation, benchmark = taken
    try:
        file = evaluation.submission.file(FileKind.PREDICTIONS)
        truth = benchmark.truth
        assert file is not None  # noqa: S101  (enqueue() asked for both; rows are never deleted)
        assert truth is not None  # noqa: S101
        question = frames.question(benchmark, truth, file)
    except (OperationalError, InterfaceError):
        # Of the database, not of this run: its lease will end.
        raise
    except Exception as error:  # noqa: BLE001  (it would be the next for ever, and hold up all)
        _log.exception("Evaluation %s cannot be begun.", evaluation.code)
        detail = f"not begun: {type(error).__qualname__}"
        _fault(evaluation.pk, attempt=evaluation.attempt, detail=detail)
        return None
    counting = tuple(weight.key for weight in benchmark.weights)
    return _Claim(evaluation, evaluation.attempt, counting, question)


@transaction.atomic
def _take(evaluation_id: int, *, worker: str) -> tuple[Evaluation, Benchmark] | None:
    moment = clock.now()
    evaluation = Evaluation.objects.select_for_update(no_key=True).filter(pk=evaluation_id).first()
    if evaluation is None or evaluation.state != EvaluationState.QUEUED:
        return None
    if evaluation.submission.state == SubmissionState.WITHDRAWN:
        # Nobody would ever see the result. As for every withdrawn version, its try stays used.
        transitions.move(
            evaluation,
            to=EvaluationState.CANCELLED,
            by=None,
            now=moment,
            reason="withdrawn",
            finished_at=moment,
        )
        return None
    benchmark = Benchmark.objects.get(pk=evaluation.benchmark_id)
    if evaluation.benchmark_version != benchmark.version and _is_superseded(evaluation, benchmark):
        transitions.move(
            evaluation,
            to=EvaluationState.INTERNAL_ERROR,
            by=None,
            now=moment,
            reason=queries.SUPERSEDED,
            finished_at=moment,
            error=f"{queries.SUPERSEDED} by a newer version of the benchmark",
        )
        return None
    attempt = evaluation.attempt + 1
    transitions.move(
        evaluation,
        to=EvaluationState.RUNNING,
        by=None,
        now=moment,
        data={"attempt": attempt},
        attempt=attempt,
        benchmark_version=benchmark.version,
        worker=worker[:80],
        started_at=moment,
        heartbeat_at=moment,
        lease_until=moment + LEASE,
    )
    return evaluation, benchmark


def _is_superseded(evaluation: Evaluation, benchmark: Benchmark) -> bool:
    """Say whether the same file has a run with the benchmark in force already."""
    others = Evaluation.objects.filter(submission=evaluation.submission_id)
    return others.filter(benchmark_version=benchmark.version).exists()


def _heartbeat(claim: _Claim) -> Callable[[], None]:
    def beat() -> None:
        moment = clock.now()
        own = Evaluation.objects.filter(
            pk=claim.evaluation.pk, state=EvaluationState.RUNNING, attempt=claim.attempt
        )
        try:
            still_ours = own.update(heartbeat_at=moment, lease_until=moment + LEASE)
        except (OperationalError, InterfaceError):
            # Locked, or restarted: the lease is long enough for the next beat.
            _let_go()
            return
        if not still_ours:
            raise _LeaseLost

    return beat


def keep_result(claim: _Claim, answer: Answer) -> None:
    """Store the outcome; a database that is away or locked is asked again while the lease runs."""
    ends_at = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            _store(claim, answer)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > ends_at:
                raise
            _let_go()
            time.sleep(PAUSE)
        else:
            return


def _let_go() -> None:
    """Drop a connection that may be broken; the next query makes a new one."""
    if not connection.in_atomic_block:
        connection.close()


@transaction.atomic
def _store(claim: _Claim, answer: Answer) -> None:
    """Keep the outcome, if the attempt is still ours."""
    evaluation = _held(claim.evaluation.pk, attempt=claim.attempt)
    if evaluation is None:
        return
    moment = clock.now()
    # Undefined on one part is undefined: which part it was would tell where rows belong.
    undefined = {value.metric for value in answer.values if not _is_printable(value.value)}
    lacking = [key for key in claim.counting if key in undefined]
    report = file_report(answer.check)
    if not answer.check.ok or lacking:
        if answer.check.ok:
            report = _not_measurable(report, lacking[0])
        # First the row of the entry, then the head of the audit log: the order in which a team
        # that hands in locks them, else the two could wait for each other.
        submission_actions.give_back_try(
            evaluation.submission, reason="evaluation.failed", now=moment
        )
        transitions.move(
            evaluation,
            to=EvaluationState.FAILED,
            by=None,
            now=moment,
            finished_at=moment,
            lease_until=None,
            report=reports.stored([report]),
        )
        emails.not_measurable(evaluation, now=moment)
        return
    MetricScore.objects.bulk_create(
        _score(evaluation, value) for value in answer.values if value.metric not in undefined
    )
    GroupScore.objects.bulk_create(
        _group_score(evaluation, group) for group in answer.groups if group.metric not in undefined
    )
    EvaluationDetail.objects.bulk_create(
        EvaluationDetail(
            evaluation=evaluation,
            split=Split(detail.split),
            kind=detail.kind,
            content=detail.content,
        )
        for detail in answer.details
    )
    transitions.move(
        evaluation,
        to=EvaluationState.SUCCEEDED,
        by=None,
        now=moment,
        finished_at=moment,
        lease_until=None,
        error="",
        report=reports.stored([report]),
    )


def _is_printable(value: float | None) -> bool:
    """Say whether a value can stand on a board: there, finite, and not absurdly large."""
    return value is not None and abs(value) < _ABSURD


def _score(evaluation: Evaluation, value: Value) -> MetricScore:
    assert value.value is not None  # noqa: S101  (undefined metrics are left out)
    return MetricScore(
        evaluation=evaluation,
        metric=value.metric,
        split=Split(value.split),
        value=value.value,
        low=value.low,
        high=value.high,
        rows=value.rows,
    )


def _group_score(evaluation: Evaluation, group: GroupOutcome) -> GroupScore:
    """Return the row of a group; one without a value that could be printed says why."""
    has_value = _is_printable(group.value)
    return GroupScore(
        evaluation=evaluation,
        metric=group.metric,
        split=Split(group.split),
        column=group.column,
        group=group.group,
        rows=group.rows,
        value=group.value if has_value else None,
        low=group.low if has_value else None,
        high=group.high if has_value else None,
        error="" if has_value else group.error or NOT_PRINTABLE,
    )


def _not_measurable(report: FileReport, metric: str) -> FileReport:
    """Say that a metric that counts has no value, in the same words for either part."""
    problem = FileProblem(title=_lazy_undefined(metric), advice=_lazy_undefined_advice())
    return FileReport(
        ok=False,
        sentences=report.sentences,
        notes=report.notes,
        problems=[problem],
        summary=report.summary,
    )


def _undefined(metric: str) -> str:
    return gettext("The metric “%(metric)s” has no finite value for these predictions.") % {
        "metric": metric_card(metric).label
    }


def _undefined_advice() -> str:
    return gettext("Check whether some predictions are extremely large or all are the same.")


@transaction.atomic
def _fault(pk: int, *, attempt: int, detail: str, lost_at: dt.datetime | None = None) -> bool:
    """Repeat a run that we failed, or end it honestly; return whether anything was done.

    With `lost_at` only if the lease has ended by then: the worker may have come back.
    """
    evaluation = _held(pk, attempt=attempt)
    if evaluation is None:
        return False
    if lost_at is not None and (evaluation.lease_until or lost_at) > lost_at:
        return False
    moment = clock.now()
    changes: dict[str, Any] = {"lease_until": None, "error": detail[:4_000]}
    if attempt < Evaluation.MAX_ATTEMPTS:
        transitions.move(
            evaluation,
            to=EvaluationState.QUEUED,
            by=None,
            now=moment,
            data={"attempt": attempt},
            **changes,
        )
        # No sooner than others: a file that brings every attempt down must not hold them up.
        wake(evaluation)
        return True
    # Before the state, for the order of locks (see `_store`).
    submission_actions.give_back_try(evaluation.submission, reason="evaluation.fault", now=moment)
    transitions.move(
        evaluation,
        to=EvaluationState.INTERNAL_ERROR,
        by=None,
        now=moment,
        data={"attempt": attempt},
        finished_at=moment,
        **changes,
    )
    emails.fault(evaluation, now=moment)
    return True


def _held(pk: int, *, attempt: int) -> Evaluation | None:
    """Lock the run and return it if it is still the given attempt that runs."""
    evaluation = Evaluation.objects.select_for_update(no_key=True).get(pk=pk)
    is_ours = evaluation.state == EvaluationState.RUNNING and evaluation.attempt == attempt
    return evaluation if is_ours else None


_lazy_undefined = lazy(_undefined, str)
_lazy_undefined_advice = lazy(_undefined_advice, str)
