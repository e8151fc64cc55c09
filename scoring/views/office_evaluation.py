"""The office watches the queue of a challenge, ends runs, and has versions evaluated anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.models import Challenge
from core import clock
from core.access import get_permitted
from core.display import number_words
from scoring.actions import evaluation as actions
from scoring.actions import evaluation_control as control
from scoring.forms.evaluation import ReasonForm
from scoring.models import Evaluation
from scoring.queries import evaluation as queries
from scoring.states import EvaluationState

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

PER_PAGE: Final = 50


@require_safe
@login_required
def evaluation_list(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """List the runs of one challenge with state, attempts and, for faults, where they happened."""
    challenge = _challenge(request, slug, code)
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
            "can_repeat": queries.benchmark_in_force(challenge) is not None
            and queries.repeatable(challenge).exists(),
            "page": Paginator(runs, PER_PAGE).get_page(request.GET.get("page")),
            "now": clock.now(),
        },
    )


@require_POST
@login_required
def evaluation_rerun(request: HttpRequest, slug: str, code: str, evaluation: str) -> HttpResponse:
    """Start a run again that ended in a fault of ours, or was cancelled."""
    run = _run(request, "scoring.rerun_evaluation", slug, code, evaluation)
    actions.rerun(run, by=request.user)  # type: ignore[arg-type]  # signed in, see the permission
    messages.success(
        request, _("Evaluation %(code)s waits in the queue again.") % {"code": run.code}
    )
    return redirect("scoring:evaluation-list", slug, code)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def evaluation_cancel(request: HttpRequest, slug: str, code: str, evaluation: str) -> HttpResponse:
    """End a run that waits or goes on, after asking for the reason."""
    run = _run(request, "scoring.cancel_evaluation", slug, code, evaluation)

    def act(reason: str) -> str:
        control.cancel(run, by=request.user, reason=reason)  # type: ignore[arg-type]  # signed in
        return _("Evaluation %(code)s is cancelled. The team has been told.") % {"code": run.code}

    return _ask(
        request,
        run.submission.entry.challenge,
        act,
        title=_("Cancel evaluation %(code)s?") % {"code": run.code},
        text=_(
            "The submission stays in and its try is given back. The team reads your reason. "
            "You can start the evaluation again later."
        ),
        submit=_("Cancel the evaluation"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def evaluation_repeat(request: HttpRequest, slug: str, code: str, evaluation: str) -> HttpResponse:
    """Have one version evaluated anew, after asking for the reason."""
    run = _run(request, "scoring.repeat_evaluation", slug, code, evaluation)

    def act(reason: str) -> str:
        new = control.repeat(run, by=request.user, reason=reason)  # type: ignore[arg-type]  # signed in
        return _("Evaluation %(code)s waits in the queue.") % {"code": new.code}

    return _ask(
        request,
        run.submission.entry.challenge,
        act,
        title=_("Evaluate anew what %(code)s has evaluated?") % {"code": run.code},
        text=_(
            "The same file is evaluated once more by the benchmark in force. The result that is "
            "there stays on record, and on the leaderboard until the new one is there."
        ),
        submit=_("Evaluate anew"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def evaluation_repeat_all(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Have everything evaluated anew, after asking for the reason."""
    challenge = _challenge(request, slug, code)
    count = queries.repeatable(challenge).count()

    def act(reason: str) -> str:
        number = control.repeat_all(challenge, by=request.user, reason=reason)  # type: ignore[arg-type]  # signed in
        return ngettext(
            "%(count)s version is evaluated anew.", "%(count)s versions are evaluated anew.", number
        ) % {"count": number_words(number)}

    return _ask(
        request,
        challenge,
        act,
        title=_("Evaluate everything anew?"),
        text=ngettext(
            "%(count)s version is evaluated once more in the background, after those that wait for "
            "their first result. Until the last one has ended, the leaderboard stays as it is.",
            "%(count)s versions are evaluated once more in the background, after those that wait "
            "for their first result. Until the last one has ended, the leaderboard stays as it is.",
            count,
        )
        % {"count": number_words(count)},
        submit=_("Evaluate everything anew"),
    )


def _challenge(request: HttpRequest, slug: str, code: str) -> Challenge:
    return get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "scoring.manage_evaluations",
        request.user,
        competition__slug=slug,
        code=code,
    )


def _run(
    request: HttpRequest, permission: str, slug: str, code: str, evaluation: str
) -> Evaluation:
    return get_permitted(
        Evaluation.objects.select_related("submission__entry__challenge__competition"),
        permission,
        request.user,
        submission__entry__challenge__competition__slug=slug,
        submission__entry__challenge__code=code,
        code=evaluation,
    )


def _ask(
    request: HttpRequest,
    challenge: Challenge,
    act: Callable[[str], str],
    *,
    title: str,
    text: str,
    submit: str,
) -> HttpResponse:
    """Ask for a reason, then act and say what was done."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        messages.success(request, act(form.cleaned_data["reason"]))
        return redirect("scoring:evaluation-list", challenge.competition.slug, challenge.code)
    return render(
        request,
        "scoring/office/evaluation_ask.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "form": form,
            "title": title,
            "text": text,
            "submit": submit,
        },
        status=422 if request.method == "POST" else 200,
    )
