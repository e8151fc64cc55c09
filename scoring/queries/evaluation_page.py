"""One machine run as its team sees it: a sentence, steps with times, values, what counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, workers
from core.display import moment_words, number_words
from scoring.models import Evaluation, LeaderboardRow
from scoring.queries import evaluation as queries
from scoring.queries import leaderboard
from scoring.states import BoardKind, EvaluationState
from submissions import reports
from submissions.states import SubmissionState

if TYPE_CHECKING:
    from scoring.queries.evaluation import Run, ShownValue
    from submissions.models import Entry, Submission
    from submissions.reports import ReportInWords

S = EvaluationState
# Whoever is farther back need not look every few seconds.
NEAR: Final = 10
TONES: Final = {
    S.QUEUED: "accent",
    S.RUNNING: "accent",
    S.SUCCEEDED: "good",
    S.FAILED: "warn",
    # Calm, and not red: it is not the team's fault, and nothing is lost.
    S.INTERNAL_ERROR: "accent",
    S.CANCELLED: "accent",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run, for components/phases.html."""

    label: str
    detail: str
    state: str


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts for the team at the moment."""

    evaluation: Evaluation
    figure: str
    rank: int | None
    teams: int

    @property
    def submission(self) -> Submission:
        """Return the version that counts."""
        return self.evaluation.submission


@dataclass(frozen=True, slots=True)
class EvaluationPage:
    """Everything that the page of a run says."""

    evaluation: Evaluation
    headline: str
    explanation: str
    tone: str
    is_waiting: bool
    # Seconds until the page should look again; 0 where nothing more comes.
    look_again: int
    was_repeated: bool
    steps: tuple[Step, ...]
    runs: tuple[Run, ...]
    report: ReportInWords | None
    # Of this version, or of the one that counts as long as this one has none.
    values: tuple[ShownValue, ...]
    values_of: Submission | None
    counting: Counting | None
    newer: Evaluation | None
    # The public value moves in steps: nothing more precise is told.
    moves_in_steps: bool

    @property
    def is_own_values(self) -> bool:
        """Say whether the values are those of this very version."""
        return self.values_of is not None and self.values_of.pk == self.evaluation.submission_id


def page_of(evaluation: Evaluation) -> EvaluationPage:
    """Return what the page of a run says."""
    in_steps = leaderboard.step_in_force(evaluation.submission.entry.challenge) is not None
    counting = counting_of(evaluation.submission.entry, in_steps=in_steps)
    is_scored = evaluation.state == S.SUCCEEDED
    shown = evaluation if is_scored else counting.evaluation if counting else None
    values = tuple(values_shown(shown, in_steps=in_steps)) if shown else ()
    found = tuple(queries.runs(evaluation))
    place = queries.place_in_queue(evaluation) if evaluation.state == S.QUEUED else 0
    headline, explanation = _words(evaluation, values, counting, place)
    newer = Evaluation.objects.filter(
        Q(benchmark_version__gt=evaluation.benchmark_version)
        | Q(benchmark_version=evaluation.benchmark_version, repeat__gt=evaluation.repeat),
        submission=evaluation.submission_id,
    )
    return EvaluationPage(
        evaluation=evaluation,
        headline=headline,
        explanation=explanation,
        tone=TONES[EvaluationState(evaluation.state)],
        is_waiting=not evaluation.is_final,
        look_again=0 if evaluation.is_final else 3 if place <= NEAR else 15,
        was_repeated=any(run.outcome == S.QUEUED for run in found),
        steps=tuple(_steps(evaluation)),
        runs=found,
        report=reports.in_words(evaluation.report),
        values=values,
        values_of=shown.submission if shown else None,
        counting=counting,
        newer=newer.order_by("-benchmark_version", "-repeat").first(),
        moves_in_steps=in_steps,
    )


def values_shown(evaluation: Evaluation, *, in_steps: bool) -> list[ShownValue]:
    """Return the values of the public part, or where they move in steps only the public one."""
    found = queries.public_values(evaluation)
    if not in_steps:
        return found
    value = leaderboard.ladder_value(evaluation)
    return [replace(shown, value=value, low="", high="") for shown in found if shown.counts]


def counting_of(entry: Entry, *, in_steps: bool | None = None) -> Counting | None:
    """Return the version of a team that stands on the board by its rules.

    `in_steps` says whether public values move in steps, where that is known already.
    """
    if in_steps is None:
        in_steps = leaderboard.step_in_force(entry.challenge) is not None
    line = leaderboard.line_of(entry)
    if line is None or line.evaluation is None:
        return None
    rows_of_runs = Evaluation.objects.select_related("submission", "benchmark")
    evaluation = rows_of_runs.get(pk=line.evaluation)
    values = values_shown(evaluation, in_steps=in_steps)
    snapshot = leaderboard.latest(entry.challenge, BoardKind.PUBLIC)
    rows = LeaderboardRow.objects.filter(snapshot=snapshot) if snapshot else None
    own = rows.filter(entry=entry).first() if rows is not None else None
    return Counting(
        evaluation=evaluation,
        figure=values[0].figure if values else "",
        # Of another version, or of what a freeze keeps back, there is no rank to tell.
        rank=own.rank
        if own is not None and own.submission_id == evaluation.submission_id
        else None,
        teams=rows.filter(is_baseline=False).count() if rows is not None else 0,
    )


def _words(
    evaluation: Evaluation,
    values: tuple[ShownValue, ...],
    counting: Counting | None,
    place: int,
) -> tuple[str, str]:
    """Return the sentence that cannot be missed (S-40 to S-44), and one that explains it."""
    match EvaluationState(evaluation.state):
        case S.QUEUED:
            standing = workers.standing()
            if standing.is_still and standing.seen_at is not None:
                return (
                    _("Place %(place)s in the queue, which stands still at the moment")
                    % {"place": number_words(place)},
                    _(
                        "Our service for evaluations has not answered since %(moment)s. Nothing is "
                        "lost: it goes on by itself. You have handed in on time, also if the "
                        "evaluation ends later."
                    )
                    % {"moment": moment_words(standing.seen_at, "short")},
                )
            wait = queries.about_words(queries.time_to_wait(evaluation, place, standing.processes))
            return (
                _("Place %(place)s in the queue, %(wait)s")
                % {"place": number_words(place), "wait": wait},
                _(
                    "You may leave this page; the result stays here. You have handed in on time, "
                    "also if the evaluation ends later."
                ),
            )
        case S.RUNNING:
            return (
                _("Is being evaluated, step %(step)s of %(steps)s") % {"step": 2, "steps": 3},
                _("It usually takes %(duration)s.")
                % {"duration": _seconds(queries.typical_duration(evaluation))},
            )
        case S.SUCCEEDED:
            headline = _("Evaluated: %(value)s") % {"value": values[0].figure if values else "–"}
            if counting is not None and counting.evaluation.pk == evaluation.pk:
                return headline, _("This version counts.")
            if counting is not None:
                return headline, _("Version %(number)s counts.") % {
                    "number": counting.submission.number
                }
            return headline, _("No version of your team counts.")
        case S.FAILED:
            return (
                _("Prediction file could not be evaluated (does not count)"),
                _version_before(counting) or _("It costs no try. Hand in a corrected file."),
            )
        case S.INTERNAL_ERROR:
            return (
                _("Fault on our side – does not count"),
                _(
                    "We tried %(attempts)s times. The competition office has been told and starts "
                    "the evaluation again; you need not do anything. It costs no try."
                )
                % {"attempts": number_words(max(evaluation.attempt, 1))},
            )
        case S.CANCELLED:
            return _("Evaluation cancelled (does not count)"), _cancelled_words(evaluation)


def _cancelled_words(evaluation: Evaluation) -> str:
    if evaluation.submission.state == SubmissionState.WITHDRAWN:
        return _("The version was withdrawn before it was evaluated.")
    if evaluation.cancel_reason:
        return _("The competition office has ended it: “%(reason)s” It costs no try.") % {
            "reason": evaluation.cancel_reason
        }
    return _("Your team has ended it before it began. It costs no try.")


def _version_before(counting: Counting | None) -> str:
    if counting is None:
        return ""
    return _("It costs no try. Version %(number)s still counts.") % {
        "number": counting.submission.number
    }


def _seconds(duration: dt.timedelta) -> str:
    seconds = max(round(duration.total_seconds()), 1)
    words = ngettext("%(count)s second", "%(count)s seconds", seconds)
    return words % {"count": number_words(seconds)}


def _time(at: dt.datetime | None) -> str:
    return moment_words(at, "time") if at is not None else ""


def _steps(evaluation: Evaluation) -> list[Step]:
    """Return the steps of a run in their order, with times."""
    state = EvaluationState(evaluation.state)
    submission = evaluation.submission
    frozen = leaderboard.freezes(submission.entry.challenge, clock.now()).in_force
    received = Step(_("Received"), _time(submission.handed_in_at), "past")
    waiting_state = {S.QUEUED: "current"}.get(state, "past")
    waited = Step(
        _("Waiting for its turn"),
        _("since %(time)s") % {"time": _time(evaluation.queued_at)}
        if state == S.QUEUED
        else _("until %(time)s") % {"time": _time(evaluation.started_at)},
        waiting_state,
    )
    typical = _("usually takes %(duration)s") % {
        "duration": _seconds(queries.typical_duration(evaluation))
    }
    computing = {
        S.QUEUED: Step(_("Reading and comparing"), typical, "future"),
        S.RUNNING: Step(
            _("Reading and comparing"),
            _("since %(time)s") % {"time": _time(evaluation.started_at)},
            "current",
        ),
        S.SUCCEEDED: Step(
            _("Reading and comparing"),
            _("done at %(time)s") % {"time": _time(evaluation.finished_at)},
            "past",
        ),
        S.FAILED: Step(
            _("Reading and comparing"),
            _("stopped at %(time)s") % {"time": _time(evaluation.finished_at)},
            "current",
        ),
        S.INTERNAL_ERROR: Step(
            _("Reading and comparing"),
            _("stopped at %(time)s") % {"time": _time(evaluation.finished_at)},
            "current",
        ),
        S.CANCELLED: Step(
            _("Called off"),
            _("at %(time)s") % {"time": _time(evaluation.finished_at)},
            "current",
        ),
    }[state]
    if state == S.CANCELLED:
        # It may have been waiting only.
        begun = evaluation.started_at or evaluation.finished_at
        waited = Step(
            _("Waiting for its turn"), _("until %(time)s") % {"time": _time(begun)}, "past"
        )
    board = Step(
        _("Leaderboard renewed"),
        _("within seconds") if state != S.SUCCEEDED else _("done"),
        "past" if state == S.SUCCEEDED else "future",
    )
    if frozen is not None:
        board = Step(
            _("Public leaderboard stands still"),
            _("since %(moment)s") % {"moment": moment_words(frozen.starts_at, "short")},
            "future",
        )
    return [received, waited, computing, board]
