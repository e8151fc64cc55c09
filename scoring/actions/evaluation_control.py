"""What people decide about machine runs: end one, have one or all evaluated anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from core import audit, clock, transitions
from core.codes import assign_code
from core.exceptions import DomainError, IllegalTransition
from scoring.actions import evaluation as actions
from scoring.emails import evaluation as emails
from scoring.models import Evaluation
from scoring.queries import evaluation as queries
from scoring.states import EvaluationState
from submissions import deadlines
from submissions.actions import submission as submission_actions
from submissions.states import SubmissionState

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User
    from scoring.models import Benchmark

# So many tasks are enqueued at once; the sweep adds the others.
_WOKEN: Final = 50


@transaction.atomic
def cancel_own(evaluation: Evaluation, *, by: User, now: dt.datetime | None = None) -> Evaluation:
    """End a run that a team no longer wants before it has begun; it costs no try.

    Raises:
        PhaseClosed: the deadline has passed; no other version could take its place.
        IllegalTransition: it has begun, has ended, or the office has asked for it.

    """
    moment = now or clock.of_database()
    deadlines.open_window(evaluation.submission.entry.challenge, moment)
    _lock(evaluation)
    if evaluation.state != EvaluationState.QUEUED or evaluation.repeat:
        raise IllegalTransition(evaluation, evaluation.state, EvaluationState.CANCELLED)
    return _cancel(evaluation, by=by, reason="", now=moment)


@transaction.atomic
def cancel(
    evaluation: Evaluation, *, by: User, reason: str, now: dt.datetime | None = None
) -> Evaluation:
    """End a run for the office, also one that is being carried out; the team reads the reason.

    What a worker still computes is dropped: its next heartbeat finds that the run is not its own.

    Raises:
        IllegalTransition: it has ended.

    """
    moment = now or clock.now()
    _lock(evaluation)
    if evaluation.is_final:
        raise IllegalTransition(evaluation, evaluation.state, EvaluationState.CANCELLED)
    _cancel(evaluation, by=by, reason=reason, now=moment)
    if not evaluation.repeat:
        # Of one that only repeats a result the team knows nothing, and nothing of it has changed.
        emails.cancelled(evaluation, now=moment)
    return evaluation


def _lock(evaluation: Evaluation) -> None:
    """Let nobody else change the run, and read it afresh."""
    Evaluation.objects.select_for_update(no_key=True).get(pk=evaluation.pk)
    evaluation.refresh_from_db()


def _cancel(evaluation: Evaluation, *, by: User, reason: str, now: dt.datetime) -> Evaluation:
    runs = Evaluation.objects.filter(submission=evaluation.submission_id)
    if not runs.filter(state=EvaluationState.SUCCEEDED).exists():
        # Before the state, for the order of locks (see `actions.evaluation`).
        submission_actions.give_back_try(
            evaluation.submission, by=by, reason="evaluation.cancelled", now=now
        )
    transitions.move(
        evaluation,
        to=EvaluationState.CANCELLED,
        by=by,
        now=now,
        reason=reason,
        finished_at=now,
        lease_until=None,
        cancel_reason=reason[:500],
    )
    return evaluation


@transaction.atomic
def repeat(
    evaluation: Evaluation, *, by: User, reason: str, now: dt.datetime | None = None
) -> Evaluation:
    """Have a version evaluated anew by the benchmark in force; the run that is there stays.

    Raises:
        DomainError: nothing is evaluated any more, the version is not in, or a run of it goes on.

    """
    challenge = evaluation.submission.entry.challenge
    benchmark = _locked_benchmark(challenge)
    runs = Evaluation.objects.filter(submission=evaluation.submission_id)
    if (
        evaluation.submission.state != SubmissionState.HANDED_IN
        or not evaluation.is_final
        or runs.unfinished().exists()
    ):
        raise DomainError(
            "evaluation_goes_on",
            _("This version is being evaluated already, or is not in the competition any more."),
        )
    (created,) = _create(challenge, benchmark, [evaluation.submission_id], by, reason, now)
    return created


@transaction.atomic
def repeat_all(
    challenge: Challenge, *, by: User, reason: str, now: dt.datetime | None = None
) -> int:
    """Have every version that has a result evaluated anew; return how many that are.

    The board stays as it is until the last of them has ended.

    Raises:
        DomainError: nothing is evaluated any more.

    """
    benchmark = _locked_benchmark(challenge)
    wanted = queries.repeatable(challenge).order_by("pk").values_list("pk", flat=True)
    return len(_create(challenge, benchmark, list(wanted), by, reason, now))


def _locked_benchmark(challenge: Challenge) -> Benchmark:
    """Let two who ask at once ask one after the other; return what is measured against."""
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    benchmark = queries.benchmark_in_force(locked)
    if benchmark is None:
        raise DomainError(
            "nothing_is_evaluated",
            _("Nothing is evaluated any more: the jury has decided, or there is no benchmark."),
        )
    return benchmark


def _create(
    challenge: Challenge,
    benchmark: Benchmark,
    submissions: list[int],
    by: User,
    reason: str,
    now: dt.datetime | None,
) -> list[Evaluation]:
    if not submissions:
        return []
    moment = now or clock.now()
    of_challenge = Evaluation.objects.filter(benchmark=benchmark)
    last = of_challenge.aggregate(last=Max("repeat"))["last"] or 0
    rows = [
        Evaluation(
            submission_id=submission,
            benchmark=benchmark,
            benchmark_version=benchmark.version,
            repeat=last + 1,
            queued_at=moment,
        )
        for submission in submissions
    ]
    for row in rows:
        assign_code(row, "E")
    created = Evaluation.objects.bulk_create(rows, batch_size=500)
    audit.record(
        "benchmark.evaluated_anew",
        target=benchmark,
        by=by,
        reason=reason,
        data={
            "challenge": challenge.code,
            "benchmark_version": benchmark.version,
            "repeat": last + 1,
            "evaluations": [row.code for row in created],
        },
        now=moment,
    )
    for row in created[:_WOKEN]:
        actions.wake(row)
    return created
