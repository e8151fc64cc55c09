"""A team's own result: before the publication confidential, and afterwards its feedback letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import final_boards
from scoring.actions import publication as actions
from scoring.forms.publication import ObjectionForm
from scoring.queries import letters
from scoring.queries import results as queries
from scoring.queries import rubric as rubric_queries
from submissions.models import Submission

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from scoring.queries.results import Result, ResultLine

_SUBMISSIONS = Submission.objects.select_related(
    "entry__team", "entry__challenge__competition", "entry__challenge__decision"
)


def find(request: UserRequest, code: str, permission: str) -> tuple[Submission, Result, ResultLine]:
    """Return the version with its line of the result; 404 for all but its team, once told."""
    submission = get_permitted(_SUBMISSIONS.all(), permission, request.user, code=code)
    decision = queries.decision_of(submission.entry.challenge)
    if decision is None:
        raise Http404
    result = queries.result(decision, final_boards.of_decision(decision))
    line = next((row for row in result.lines if row.submission == code), None)
    if line is None:
        raise Http404
    return submission, result, line


def _context(
    request: UserRequest, submission: Submission, result: Result, line: ResultLine
) -> dict[str, Any]:
    challenge = submission.entry.challenge
    now = clock.now()
    objections = list(result.decision.objections.filter(entry=submission.entry_id))
    return {
        "submission": submission,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "team": submission.entry.team,
        "decision": result.decision,
        "result": result,
        "line": line,
        "steps": queries.steps(result, line),
        "awards": queries.awards_of(result.decision, submission.entry),
        "feedback": queries.feedback(submission),
        "explanation": rubric_queries.explain(result.rubric),
        "objections": objections,
        "may_object": request.user.has_perm("scoring.object", submission)
        and not any(row.is_open for row in objections),
        "is_open": result.decision.published_at is None
        and result.decision.is_open_to_objections(now),
        "has_period": result.decision.objections_until != result.decision.told_at,
    }


@require_safe
@login_required
def team_result(request: UserRequest, code: str) -> HttpResponse:
    """Show a team its own result: marks, remarks, rank, awards, and how it was computed."""
    submission, result, line = find(request, code, "scoring.read_own_result")
    return render(
        request, "scoring/team/team_result.html", _context(request, submission, result, line)
    )


@require_safe
@login_required
def result_pdf(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the feedback letter as a document in the language of the page."""
    submission, result, line = find(request, code, "scoring.read_own_result")
    content = letters.letter(submission, result, line, now=clock.now())
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{code}-result.pdf"'
    return response


@require_safe
@login_required
def certificate_pdf(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the certificate, once the result is public."""
    submission, result, _line = find(request, code, "scoring.read_own_result")
    if result.decision.published_at is None:
        raise Http404
    content = letters.certificate(submission, result)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{code}-certificate.pdf"'
    return response


@require_http_methods(["GET", "POST"])
@login_required
def objection_create(request: UserRequest, code: str) -> HttpResponse:
    """Let a captain object to the team's result, as long as the period runs."""
    submission, result, line = find(request, code, "scoring.object")
    context = _context(request, submission, result, line)
    if not context["may_object"]:
        raise Http404
    form = ObjectionForm(request.POST or None)
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.raise_objection(submission, by=request.user, text=form.cleaned_data["text"])
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("Your objection has arrived. The office answers it."))
            return redirect("scoring:team-result", code)
    has_errors = bool(form.errors) or problem is not None
    return render(
        request,
        "scoring/team/objection_create.html",
        {**context, "form": form, "problem": problem, "has_errors": has_errors},
        status=(problem.status if problem is not None else 422) if has_errors else 200,
    )
