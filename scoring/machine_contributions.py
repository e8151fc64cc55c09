"""The machine's parts of pages of lower apps: file check, publication checks, boards, results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from competition.extensions import (
    Contribution,
    Figure,
    Need,
    Place,
    PublicationCheck,
    Slot,
    freezers,
    publication_checks,
    slots,
)
from competition.states import ChallengeState
from core import clock, workers
from core.display import duration_words, number_words
from scoring.models import Evaluation
from scoring.queries import benchmark as benchmark_queries
from scoring.queries import evaluation as queries
from scoring.queries import evaluation_page, file_check, leaderboard
from scoring.states import BoardKind, Counts, EvaluationState
from scoring.validators import check_predictions
from submissions.extensions import (
    SubmissionPlace,
    SubmissionSlot,
    prediction_checks,
    submission_slots,
    waiting_filters,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from accounts.models import User
    from competition.models import Challenge, Competition
    from submissions.models import Submission

GROUP = gettext_lazy("Prediction files")
TOP_ROWS = 5

prediction_checks.register(check_predictions)
waiting_filters.register(queries.waiting)

for _key, _run, _blocking, _order in (
    ("benchmark", benchmark_queries.is_ready, True, 340),
    ("benchmark_baseline", benchmark_queries.baseline_scores, True, 345),
    ("benchmark_ids", benchmark_queries.ids_are_published, False, 350),
):
    publication_checks.register(
        PublicationCheck(key=_key, run=_run, blocking=_blocking, order=_order, group=GROUP)
    )


@freezers.register
def freeze_benchmark(challenge: Challenge, by: User) -> Mapping[str, Any]:
    """Let format, metrics and the hash of the labels enter the hash of the statement."""
    return benchmark_queries.frozen_content(challenge)


@freezers.register
def freeze_board_rules(challenge: Challenge, by: User) -> Mapping[str, Any]:
    """Let the rules of the leaderboards enter the hash of the statement, where some were set."""
    rules = leaderboard.rules_of(challenge).in_force
    return {"leaderboard": {"version": rules.number, **rules.content}} if rules.number else {}


# -- agency ----------------------------------------------------------------------------------------


def _benchmark_task(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if not challenge.wants_predictions:
        return None
    is_done = benchmark_queries.is_ready(challenge).passed
    is_begun = is_done or benchmark_queries.of_challenge(challenge) is not None
    return Contribution(
        "",
        {
            "key": "benchmark",
            "label": _("Benchmark for prediction files"),
            "url": benchmark_queries.edit_url(challenge),
            "status": _("Complete")
            if is_done
            else _("In progress")
            if is_begun
            else _("Not begun"),
            "is_done": is_done,
            # Labels may come later than the text that the office reviews.
            "is_later": True,
            "note": _("Format, correct answers, metrics"),
        },
    )


# -- public ----------------------------------------------------------------------------------------


def _has_board(challenge: Challenge) -> bool:
    if not challenge.wants_predictions or not challenge.is_public:
        return False
    benchmark = benchmark_queries.of_challenge(challenge)
    return benchmark is not None and benchmark.truth is not None


def board_url(challenge: Challenge) -> str:
    """Return the page of a challenge's leaderboard."""
    return reverse("scoring:leaderboard-show", args=[challenge.competition.slug, challenge.code])


def _leaderboard_tab(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if not _has_board(challenge):
        return None
    url = board_url(challenge)
    return Contribution("", {"label": _("Leaderboard"), "url": url, "current": request.path == url})


def _file_check(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if file_check.checkable(challenge) is None:
        return None
    return Contribution("scoring/public/_check_link.html", {"url": file_check.url_of(challenge)})


def _what_counts(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Say which version stands on the leaderboard, where it is another than the jury reads."""
    if not _has_board(challenge):
        return None
    rules = leaderboard.rules_of(challenge)
    if rules.in_force.counts == Counts.CHOSEN:
        return None
    return Contribution(
        "scoring/public/_what_counts.html",
        {"text": rules.counts, "url": f"{board_url(challenge)}#method"},
    )


def _check_at_upload(
    request: HttpRequest, submission: Submission
) -> tuple[str, dict[str, Any]] | None:
    part = _file_check(request, submission.entry.challenge)
    return None if part is None else (part.template, dict(part.context))


def _top_rows(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if challenge.state == ChallengeState.CONCLUDED:
        return None  # the result stands on the page; a provisional board beside it would confuse
    snapshot = leaderboard.latest(challenge, BoardKind.PUBLIC) if _has_board(challenge) else None
    if snapshot is None:
        return None
    board = leaderboard.board(snapshot, request.user)
    rows = board.scored[:TOP_ROWS]
    if not rows:
        return None
    own = board.own
    return Contribution(
        "scoring/public/_challenge_board.html",
        {
            "board": board,
            "freezes": leaderboard.freezes(challenge, clock.now()),
            "rows": rows,
            "pinned": own if own is not None and own not in rows else None,
            "url": board_url(challenge),
            "csv_url": reverse(
                "scoring:leaderboard-csv", args=[challenge.competition.slug, challenge.code]
            ),
        },
    )


# -- office ----------------------------------------------------------------------------------------


def _office_summary(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if not _has_board(challenge):
        return None
    return Contribution(
        "scoring/office/_evaluation_summary.html",
        {
            "queue": queries.office_queue(challenge),
            "url": reverse(
                "scoring:evaluation-list", args=[challenge.competition.slug, challenge.code]
            ),
            "board_url": reverse(
                "scoring:leaderboard-manage", args=[challenge.competition.slug, challenge.code]
            ),
        },
    )


def _of_competition(competition: Competition) -> Any:
    return Evaluation.objects.filter(submission__entry__challenge__competition=competition)


def _office_needs(request: HttpRequest, competition: Competition) -> Contribution:
    """Tell the cockpit which evaluations ended in a fault of ours."""
    faults = (
        _of_competition(competition)
        .filter(state=EvaluationState.INTERNAL_ERROR)
        .exclude(error__startswith=queries.SUPERSEDED)
        .select_related("submission__entry__challenge__competition")
    )
    by_challenge: dict[Any, list[Evaluation]] = {}
    for run in faults:
        by_challenge.setdefault(run.submission.entry.challenge, []).append(run)
    items = [
        Need(
            label=ngettext(
                "%(count)s evaluation failed on our side",
                "%(count)s evaluations failed on our side",
                len(runs),
            )
            % {"count": number_words(len(runs))},
            url=reverse("scoring:evaluation-list", args=[competition.slug, challenge.code]),
            note=str(challenge.title),
            since=min(run.finished_at for run in runs if run.finished_at),
            is_urgent=True,
        )
        for challenge, runs in by_challenge.items()
    ]
    standing = workers.standing()
    waiting = _of_competition(competition).waiting()
    if standing.is_still and (oldest := waiting.select_related("submission__entry").first()):
        items.append(
            Need(
                label=_("The evaluation stands still, and files wait"),
                url=reverse(
                    "scoring:evaluation-list",
                    args=[competition.slug, oldest.submission.entry.challenge.code],
                ),
                note=_("Please tell whoever operates this service."),
                since=oldest.queued_at,
                is_urgent=True,
            )
        )
    return Contribution("", {"items": items})


def _office_health(request: HttpRequest, competition: Competition) -> Contribution | None:
    """Tell the cockpit how the queue stands."""
    waiting = _of_competition(competition).waiting()
    oldest = waiting.first()
    note = (
        _("the oldest for %(duration)s")
        % {"duration": duration_words(clock.now() - oldest.queued_at)}
        if oldest
        else ""
    )
    figure = Figure(
        value=number_words(waiting.count()), label=_("Evaluations that wait"), note=note
    )
    return Contribution("", {"items": [figure]})


slots.register(Slot("benchmark_task", Place.AGENCY_TASKS, _benchmark_task, order=30))
slots.register(Slot("file_check", Place.CHALLENGE_ASIDE, _file_check, order=50))
slots.register(Slot("what_counts", Place.CHALLENGE_ASIDE, _what_counts, order=60))
slots.register(Slot("leaderboard_tab", Place.CHALLENGE_TABS, _leaderboard_tab, order=40))
slots.register(Slot("leaderboard_top", Place.CHALLENGE_MAIN, _top_rows, order=60))
slots.register(Slot("evaluations", Place.OFFICE_CHALLENGE, _office_summary, order=30))
slots.register(Slot("evaluation_needs", Place.OFFICE_NEEDS, _office_needs, order=30))
slots.register(Slot("evaluation_health", Place.OFFICE_HEALTH, _office_health, order=30))


# -- teams -----------------------------------------------------------------------------------------


def _submission_result(
    request: HttpRequest, submission: Submission
) -> tuple[str, dict[str, Any]] | None:
    evaluation = queries.latest_of(submission)
    if evaluation is None:
        return None
    page = evaluation_page.page_of(evaluation)
    rules = leaderboard.rules_of(submission.entry.challenge)
    return (
        "scoring/team/_submission_result.html",
        {
            # The page says which version the jury reads; the leaderboard may take another.
            "what_counts": "" if rules.in_force.counts == Counts.CHOSEN else rules.counts,
            "evaluation": evaluation,
            "headline": page.headline,
            "explanation": page.explanation,
            "tone": page.tone,
            "values": page.values if page.is_own_values else (),
            "url": reverse("scoring:evaluation-show", args=[evaluation.code]),
            "board_url": board_url(submission.entry.challenge),
        },
    )


submission_slots.register(
    SubmissionSlot("file_check", SubmissionPlace.PREDICTIONS_UPLOAD, _check_at_upload)
)
submission_slots.register(
    SubmissionSlot("evaluation", SubmissionPlace.SUBMISSION_RESULT, _submission_result, order=20)
)
