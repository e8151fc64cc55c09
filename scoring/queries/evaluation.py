"""Reads about machine runs: what must be evaluated, the queue, one run as its team sees it."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext, ngettext

from competition.states import ChallengeState
from core import clock, workers
from core.display import number_words
from core.models import AuditEvent
from scoring.compute.exact import round_half_up
from scoring.compute.points import WEIGHTED, weighted
from scoring.compute.queueing import Waiting, fair_order
from scoring.models import Benchmark, Evaluation, GroundTruth, MetricScore
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import EvaluationState, Split
from submissions.models import Submission, SubmissionFile
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from competition.models import Challenge

# While something is evaluated: from the publication to the decision.
EVALUATED_STATES: Final = (ChallengeState.PUBLISHED, ChallengeState.CLOSED)
# How the error of a run begins that a newer version of the benchmark has made needless.
SUPERSEDED: Final = "superseded"
# What the file itself has led to goes before what we have not done yet or have failed to do.
RESULTS: Final = (EvaluationState.SUCCEEDED, EvaluationState.FAILED)
HAS_RESULT: Final = Case(When(state__in=RESULTS, then=0), default=1)
_REMEMBERED: Final = 20
_TYPICAL: Final = dt.timedelta(seconds=5)


def benchmark_in_force(challenge: Challenge) -> Benchmark | None:
    """Return what prediction files of the challenge are measured against now, if anything."""
    if not challenge.wants_predictions or challenge.state not in EVALUATED_STATES:
        return None
    benchmark = Benchmark.objects.filter(challenge=challenge).first()
    return benchmark if benchmark is not None and benchmark.truth is not None else None


def not_evaluated() -> QuerySet[Submission]:
    """Return handed-in versions with a file and without a run of the benchmark in force."""
    runs_in_force = Evaluation.objects.filter(
        submission=OuterRef("pk"),
        benchmark_version=OuterRef("entry__challenge__benchmark__version"),
    )
    # What waits at an older version is moved to the one in force when it starts.
    waiting = Evaluation.objects.filter(submission=OuterRef("pk"), state=EvaluationState.QUEUED)
    files = SubmissionFile.objects.filter(submission=OuterRef("pk"), kind=FileKind.PREDICTIONS)
    labels = GroundTruth.objects.filter(benchmark=OuterRef("entry__challenge__benchmark"))
    return (
        Submission.objects.filter(
            Exists(files),
            Exists(labels),
            state=SubmissionState.HANDED_IN,
            entry__challenge__wants_predictions=True,
            entry__challenge__state__in=EVALUATED_STATES,
        )
        .exclude(Exists(runs_in_force))
        .exclude(Exists(waiting))
        .select_related("entry__challenge")
        .order_by("-handed_in_at")
    )


def waiting(submissions: QuerySet[Submission]) -> QuerySet[Submission]:
    """Return those of the versions that wait for their first result, from the hand-in on."""
    runs = Evaluation.objects.filter(submission=OuterRef("pk"))
    unfinished = Q(state__in=[EvaluationState.QUEUED, EvaluationState.RUNNING])
    return submissions.filter(
        Exists(runs.filter(unfinished)) | Q(pk__in=not_evaluated().order_by().values("pk"))
    ).exclude(Exists(runs.exclude(unfinished)))


def repeatable(challenge: Challenge) -> QuerySet[Submission]:
    """Return the versions that have a result, or a fault of ours, and that nothing runs for."""
    runs = Evaluation.objects.filter(submission=OuterRef("pk"))
    ended = runs.filter(state__in=EvaluationState.final() - {EvaluationState.CANCELLED})
    return Submission.objects.filter(
        Exists(ended), entry__challenge=challenge, state=SubmissionState.HANDED_IN
    ).exclude(Exists(runs.unfinished()))


def shown_repeats(challenge: Challenge) -> Q:
    """Return the condition for runs that boards and pages rest on.

    As long as versions are evaluated anew, results of this round are not shown, so that a board
    never mixes old and new.
    """
    pending = (
        Evaluation.objects.filter(submission__entry__challenge=challenge, repeat__gt=0)
        .unfinished()
        .aggregate(first=Min("repeat"))["first"]
    )
    return Q() if pending is None else Q(repeat__lt=pending)


# ---- the queue -------------------------------------------------------------------------------
def in_order(now: dt.datetime | None = None) -> list[int]:
    """Return the keys of all waiting runs in the order in which they will start."""
    ended = Evaluation.objects.filter(
        submission=OuterRef("submission"), state__in=EvaluationState.final()
    )
    team, competition = "submission__entry__team", "submission__entry__challenge__competition"
    rows = (
        Evaluation.objects.filter(state=EvaluationState.QUEUED)
        .order_by()
        .annotate(is_repetition=Exists(ended))
        .values_list("pk", team, competition, "queued_at", "attempt", "is_repetition")
    )
    waiting = [
        Waiting(
            key=key,
            team=team_key,
            competition=competition_key,
            since=since,
            attempts=attempts,
            is_repetition=is_repetition,
        )
        for key, team_key, competition_key, since, attempts, is_repetition in rows
    ]
    if not waiting:
        return []
    # Whoever was served before anything that waits came has no later turn for it.
    begun = (
        Evaluation.objects.filter(started_at__gt=min(item.since for item in waiting))
        .order_by()
        .values_list(team, competition)
        .annotate(last=Max("started_at"))
    )
    teams_served: dict[int, dt.datetime] = {}
    competitions_served: dict[int, dt.datetime] = {}
    for team_key, competition_key, last in begun:
        teams_served[team_key] = last
        competitions_served[competition_key] = max(
            last, competitions_served.get(competition_key, last)
        )
    return fair_order(
        waiting,
        teams_served=teams_served,
        competitions_served=competitions_served,
        now=now or clock.now(),
    )


def place_in_queue(evaluation: Evaluation) -> int:
    """Return 1 for the run that starts next, and for one that has just begun."""
    order = in_order()
    return order.index(evaluation.pk) + 1 if evaluation.pk in order else 1


def typical_duration(evaluation: Evaluation | None = None) -> dt.timedelta:
    """Return the median of the latest runs, of the same challenge if it has any."""
    finished = Evaluation.objects.filter(
        state=EvaluationState.SUCCEEDED, started_at__isnull=False
    ).order_by("-finished_at")
    own = finished.filter(benchmark=evaluation.benchmark_id) if evaluation else finished.none()
    for source in (own, finished):
        times = source.values_list("started_at", "finished_at")[:_REMEMBERED]
        seconds = [(end - start).total_seconds() for start, end in times if start and end]
        if seconds:
            return dt.timedelta(seconds=statistics.median(seconds))
    return _TYPICAL


def time_to_wait(evaluation: Evaluation, place: int, processes: int = 0) -> dt.timedelta:
    """Return the likely time until the result is there; without `processes` as many as are set."""
    running = Evaluation.objects.filter(state=EvaluationState.RUNNING).count()
    rounds = math.ceil((place + running) / (processes or max(1, settings.EVALUATION_WORKERS)))
    return rounds * typical_duration(evaluation)


def about_words(duration: dt.timedelta) -> str:
    """Write a guess: in steps of five seconds below a minute, then in minutes."""
    seconds = max(duration.total_seconds(), 1)
    if seconds <= 55:
        steps = 5 * math.ceil(seconds / 5)
        return gettext("about %(seconds)s s") % {"seconds": steps}
    minutes = math.ceil(seconds / 60)
    words = ngettext("about %(count)s minute", "about %(count)s minutes", minutes)
    return words % {"count": number_words(minutes)}


# ---- one run ---------------------------------------------------------------------------------
def latest_of(submission: Submission) -> Evaluation | None:
    """Return the run of a version that counts: by the newest benchmark, and with a result."""
    return (
        Evaluation.objects.filter(submission=submission)
        .select_related("benchmark")
        .order_by("-benchmark_version", HAS_RESULT, "-repeat")
        .first()
    )


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A metric's value on the public part, rounded as it is published."""

    card: MetricCard
    value: str
    low: str
    high: str
    rows: int
    counts: bool

    @property
    def figure(self) -> str:
        """Return the value in words."""
        return self.card.figure(self.value)

    @property
    def interval(self) -> str:
        """Return the interval in words."""
        return self.card.interval(self.low, self.high)


def public_values(evaluation: Evaluation) -> list[ShownValue]:
    """Return the values of the public part; those of the hidden part stay where they are."""
    benchmark = evaluation.benchmark
    scores = {
        score.metric: score
        for score in MetricScore.objects.filter(evaluation=evaluation, split=Split.PUBLIC)
    }
    order = [key for key in benchmark.metrics if key in scores]
    order += [key for key in scores if key not in order]

    def text(key: str, value: float | None) -> str:
        return "" if value is None else str(round_half_up(value, benchmark.digits_of(key)))

    shown = [
        ShownValue(
            card=metric_card(key),
            value=text(key, scores[key].value),
            low=text(key, scores[key].low),
            high=text(key, scores[key].high),
            rows=scores[key].rows,
            counts=key == benchmark.ranked_by,
        )
        for key in order
    ]
    if not benchmark.is_weighted:
        return shown
    points = weighted({one.card.key: Decimal(one.value) for one in shown}, benchmark.weights)
    if points is None:  # an older version had other metrics
        return shown
    rows = shown[0].rows
    together = ShownValue(metric_card(WEIGHTED), str(points), "", "", rows=rows, counts=True)
    return [together, *shown]


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a run, from the audit log."""

    number: int
    started_at: dt.datetime
    ended_at: dt.datetime | None
    outcome: str  # a state of evaluations: running, succeeded, failed, queued or internal_error

    @property
    def seconds(self) -> int | None:
        """Return how long it took."""
        if self.ended_at is None:
            return None
        return max(round((self.ended_at - self.started_at).total_seconds()), 1)


def runs(evaluation: Evaluation) -> list[Run]:
    """Return the attempts of a run, the latest first."""
    events = AuditEvent.objects.filter(
        target_type=evaluation._meta.label_lower,
        target_key=str(evaluation.pk),
        action__startswith="evaluation.",
    ).order_by("sequence")
    found: list[Run] = []
    began: dt.datetime | None = None
    for event in events:
        state = event.action.partition(".")[2]
        if state == EvaluationState.RUNNING:
            began = event.at
        elif began is not None:
            found.append(Run(len(found) + 1, began, event.at, state))
            began = None
    if began is not None:
        found.append(Run(len(found) + 1, began, None, EvaluationState.RUNNING))
    return found[::-1]


# ---- the office --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class OfficeQueue:
    """How the queue of one challenge stands, and whether anybody works it off."""

    counts: dict[str, int]
    oldest: dt.datetime | None
    workers: workers.Standing

    @property
    def waiting(self) -> int:
        """Return how many runs wait."""
        return self.counts.get(EvaluationState.QUEUED, 0)


def office_queue(challenge: Challenge) -> OfficeQueue:
    """Return counts per state and since when the oldest waiting run waits."""
    rows = of_challenge(challenge).order_by().values_list("state", "queued_at")
    counts = dict.fromkeys(EvaluationState.values, 0)
    oldest: dt.datetime | None = None
    for state, queued_at in rows:
        counts[state] += 1
        if state == EvaluationState.QUEUED and (oldest is None or queued_at < oldest):
            oldest = queued_at
    return OfficeQueue(counts=counts, oldest=oldest, workers=workers.standing())


def of_challenge(challenge: Challenge) -> QuerySet[Evaluation]:
    """Return the runs of one challenge with the team's public name, the latest first."""
    return (
        Evaluation.objects.filter(submission__entry__challenge=challenge)
        .annotate(team=F("submission__entry__team__name"), number=F("submission__number"))
        .order_by("-queued_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class WholeQueue:
    """How the queue of the installation stands, for whoever runs it."""

    waiting: int
    running: int
    faults: int
    oldest: dt.datetime | None
    workers: workers.Standing


def whole_queue(now: dt.datetime | None = None) -> WholeQueue:
    """Return how many runs wait and are being carried out, and which ended in a fault of ours."""
    states = Evaluation.objects.order_by().values_list("state").annotate(runs=Count("pk"))
    counts = dict(states)
    superseded = Evaluation.objects.filter(
        state=EvaluationState.INTERNAL_ERROR, error__startswith=SUPERSEDED
    )
    return WholeQueue(
        waiting=counts.get(EvaluationState.QUEUED, 0),
        running=counts.get(EvaluationState.RUNNING, 0),
        faults=counts.get(EvaluationState.INTERNAL_ERROR, 0) - superseded.count(),
        oldest=Evaluation.objects.waiting().aggregate(at=Min("queued_at"))["at"],
        workers=workers.standing(now),
    )
