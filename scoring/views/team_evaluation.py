"""A machine run as its team sees it; the office sees it without what names the submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.access import get_permitted, get_visible
from scoring.actions import evaluation_control as control
from scoring.models import Evaluation
from scoring.queries import evaluation_page as queries
from scoring.queries import scoring_program
from submissions import deadlines
from submissions.queries import tries

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


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
    return render(request, "scoring/team/evaluation_show.html", context)


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
