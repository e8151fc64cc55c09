"""The office watches the queue of a challenge and starts runs again that ended in a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competition.models import Challenge
from core import clock
from core.access import get_permitted
from scoring.actions import evaluation as actions
from scoring.models import Evaluation
from scoring.queries import evaluation as queries
from scoring.states import EvaluationState

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PER_PAGE: Final = 50


@require_safe
@login_required
def evaluation_list(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """List the runs of one challenge with state, attempts and, for faults, where they happened."""
    challenge = get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "scoring.manage_evaluations",
        request.user,
        competition__slug=slug,
        code=code,
    )
    wanted = request.GET.get("state", "")
    runs = queries.of_challenge(challenge)
    if wanted in EvaluationState.values:
        runs = runs.filter(state=wanted)
    queue = queries.office_queue(challenge)
    return render(
        request,
        "scoring/office/evaluation_list.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "queue": queue,
            "states": [
                (state, queue.counts[state]) for state in EvaluationState if queue.counts[state]
            ],
            "wanted": wanted,
            "page": Paginator(runs, PER_PAGE).get_page(request.GET.get("page")),
            "now": clock.now(),
        },
    )


@require_POST
@login_required
def evaluation_rerun(request: HttpRequest, slug: str, code: str, evaluation: str) -> HttpResponse:
    """Start a run again that ended in a fault of ours."""
    run = get_permitted(
        Evaluation.objects.select_related("submission__entry__challenge__competition"),
        "scoring.rerun_evaluation",
        request.user,
        submission__entry__challenge__competition__slug=slug,
        submission__entry__challenge__code=code,
        code=evaluation,
    )
    actions.rerun(run, by=request.user)  # type: ignore[arg-type]  # signed in, see the permission
    messages.success(
        request, _("Evaluation %(code)s waits in the queue again.") % {"code": run.code}
    )
    return redirect("scoring:evaluation-list", slug, code)
