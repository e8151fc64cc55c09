"""A machine run as its team sees it; the office sees it without what names the submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.access import get_permitted, get_visible
from core.tables import csv_response
from scoring.actions import evaluation_control as control
from scoring.compute.schema import DetailKind
from scoring.models import Evaluation
from scoring.queries import details as detail_queries
from scoring.queries import evaluation_page as queries
from scoring.queries import groups, leaderboard, metric_history, scoring_program
from scoring.states import EvaluationState, Split
from submissions import deadlines
from submissions.queries import tries

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from core.charts import Figure
    from scoring.queries.evaluation_page import EvaluationPage

# ?part=hidden: what lies open with the results.
HIDDEN = "hidden"


@require_safe
@login_required
def evaluation_show(request: HttpRequest, code: str) -> HttpResponse:
    """Show state, steps, the reader's report and the values of the public part (S-11)."""
    rows = Evaluation.objects.select_related(
        "benchmark",
        "submission__entry__team",
        "submission__entry__challenge__competition",
        "submission__entry__challenge__agency",
    ).prefetch_related("submission__files", "submission__entry__challenge__phases")
    evaluation = get_visible(rows, request.user, code=code)
    submission = evaluation.submission
    challenge = submission.entry.challenge
    now = clock.now()
    page = queries.page_of(evaluation)
    context = {
        "page": page,
        "evaluation": evaluation,
        "submission": submission,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "team": submission.entry.team,
        "is_team": request.user.has_perm("submissions.view_submission", submission),
        "is_office": request.user.has_perm("competition.organise", challenge),
        "tries": tries(submission.entry, now),
        "file": submission.predictions,
        "is_by_program": scoring_program.in_force(
            evaluation.benchmark, evaluation.benchmark_version
        )
        is not None,
        "may_cancel": request.user.has_perm("scoring.cancel_own_evaluation", evaluation)
        and deadlines.refusal(challenge, now) is None,
        "now": now,
    }
    if request.headers.get("HX-Request"):
        response = render(request, "scoring/team/evaluation_show.html#now", context)
        if not page.is_waiting:
            # The values are there: the whole page is another one now.
            response["HX-Refresh"] = "true"
        return response
    part = _part(request, evaluation)
    return render(
        request,
        "scoring/team/evaluation_show.html",
        {
            **context,
            # Where public values move in steps, all of these would tell more than the steps do.
            "details": [] if page.moves_in_steps else _details(evaluation, part),
            "groups": [] if page.moves_in_steps else _groups(evaluation, part),
            "history": None if page.moves_in_steps else _history(page),
            "is_hidden_part": part == Split.PRIVATE,
            "has_hidden_part": request.user.has_perm("scoring.view_results", challenge),
        },
    )


def _part(request: HttpRequest, evaluation: Evaluation) -> Split:
    """Return the part of the ground truth that is asked for; the hidden one after the results.

    Raises:
        Http404: it is asked for too early.

    """
    if request.GET.get("part") != HIDDEN:
        return Split.PUBLIC
    if not request.user.has_perm("scoring.view_results", evaluation.submission.entry.challenge):
        raise Http404
    return Split.PRIVATE


def _details(evaluation: Evaluation, part: Split) -> list[Figure]:
    """Return the drawings of what the values hide."""
    from scoring import detail_figures  # noqa: PLC0415  (charts are heavy)

    found = detail_queries.of_evaluation(evaluation, part)
    query = f"?part={HIDDEN}" if part == Split.PRIVATE else ""

    def address(kind: str) -> str:
        return reverse("scoring:evaluation-detail-csv", args=[evaluation.code, kind]) + query

    return detail_figures.of_details(found, address) if found else []


def _groups(evaluation: Evaluation, part: Split) -> list[Figure]:
    """Return the drawings of the values of groups, one for each column."""
    from scoring import group_figures  # noqa: PLC0415  (charts are heavy)

    query = f"?part={HIDDEN}" if part == Split.PRIVATE else ""
    url = reverse("scoring:evaluation-detail-csv", args=[evaluation.code, "groups"]) + query
    return [
        group_figures.group_values(column, csv_url=url)
        for column in groups.of_evaluation(evaluation, part)
    ]


def _history(page: EvaluationPage) -> Figure | None:
    """Return the drawing of the team's versions, once there are two to compare."""
    from scoring import history_figures  # noqa: PLC0415  (charts are heavy)

    counting = page.counting.evaluation if page.counting else None
    found = metric_history.history(page.evaluation, counting=counting)
    if len(found.rows) < 2 or not found.valued:
        return None
    url = reverse("scoring:evaluation-detail-csv", args=[page.evaluation.code, "history"])
    return history_figures.metric_history(found, csv_url=url)


@require_safe
@login_required
def evaluation_detail_csv(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Hand out what one detail of an evaluation is drawn from."""
    rows = Evaluation.objects.select_related(
        "benchmark", "submission__entry__challenge__competition"
    )
    evaluation = get_visible(rows, request.user, code=code)
    table = None
    if leaderboard.step_in_force(evaluation.submission.entry.challenge) is not None:
        raise Http404
    if kind == "history":
        counting = queries.counting_of(evaluation.submission.entry)
        table = metric_history.table(
            metric_history.history(evaluation, counting=counting.evaluation if counting else None)
        )
    elif kind == "groups" and evaluation.state == EvaluationState.SUCCEEDED:
        table = groups.table(evaluation, _part(request, evaluation))
    elif kind in set(DetailKind) and evaluation.state == EvaluationState.SUCCEEDED:
        table = detail_queries.table(evaluation, _part(request, evaluation), DetailKind(kind))
    if table is None:
        raise Http404
    return csv_response(f"{evaluation.code}-{kind}.csv", *table)


@require_POST
@login_required
def evaluation_cancel_own(request: HttpRequest, code: str) -> HttpResponse:
    """End a run of one's own team that has not begun; it costs no try."""
    rows = Evaluation.objects.select_related("submission__entry__challenge__competition")
    run = get_permitted(rows, "scoring.cancel_own_evaluation", request.user, code=code)
    control.cancel_own(run, by=request.user)  # type: ignore[arg-type]  # signed in, see permission
    messages.success(
        request,
        _("The evaluation of version %(number)s is cancelled. It costs no try.")
        % {"number": run.submission.number},
    )
    return redirect("scoring:evaluation-show", run.code)
