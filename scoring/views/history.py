"""The chair after the closing: released versions of an assessment, reopening, returning to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import reopening as actions
from scoring.forms.assessment import LateReopenForm, ReturnForm
from scoring.models import Assignment, Jury
from scoring.queries import board
from scoring.queries import reopening as queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest

_ASSIGNMENTS = Assignment.objects.select_related(
    "seat__jury__challenge__competition", "submission__entry", "assessment"
)


def _assignment(
    request: UserRequest, permission: str, code: str, submission_code: str, letter: str
) -> Assignment:
    """Return the assignment of the juror with this letter: names stand on no page of the board."""
    jury = get_permitted(
        Jury.objects.select_related("challenge"),
        "scoring.view_board",
        request.user,
        challenge__code=code,
    )
    seat = next((pk for pk, name in board.letters(jury).items() if name == letter), None)
    if seat is None:
        raise Http404
    return get_permitted(
        _ASSIGNMENTS.all(),
        permission,
        request.user,
        seat=seat,
        seat__jury=jury,
        submission__code=submission_code,
        assessment__isnull=False,
    )


def _common(assignment: Assignment, letter: str) -> dict[str, Any]:
    challenge = assignment.seat.jury.challenge
    return {
        "jury": assignment.seat.jury,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "assignment": assignment,
        "submission": assignment.submission,
        "pseudonym": assignment.submission.entry.jury_pseudonym,
        "letter": letter,
    }


@require_safe
@login_required
def assessment_history(
    request: UserRequest, code: str, submission_code: str, letter: str
) -> HttpResponse:
    """Show the versions that a juror has released, and one of them beside the newest (Q-19)."""
    assignment = _assignment(request, "scoring.read_versions", code, submission_code, letter)
    return _history(request, assignment, letter, request.GET.get("number", ""))


def _history(
    request: UserRequest,
    assignment: Assignment,
    letter: str,
    number: str,
    form: ReturnForm | None = None,
    refused: DomainError | None = None,
) -> HttpResponse:
    assessment = assignment.assessment
    rubric = rubric_queries.of(assignment.seat.jury.challenge)
    criteria = list(rubric.criteria.all()) if rubric is not None else []
    versions = queries.shown_versions(assessment)
    chosen = next((row for row in versions if str(row.number) == number), None)
    if number and chosen is None:
        raise Http404
    can_change = request.user.has_perm("scoring.unlock_assessment", assignment)
    counts = chosen is not None and chosen.number == assessment.version and not assessment.is_draft
    status = 200
    if refused is not None:
        status = refused.status
    elif form is not None:
        status = 422
    return render(
        request,
        "scoring/jury/assessment_history.html",
        {
            **_common(assignment, letter),
            "criteria": criteria,
            "lines": queries.version_lines(assessment, versions, criteria),
            "chosen": chosen,
            "fields": [] if chosen is None else queries.beside(chosen, versions[0], criteria),
            "counts": counts,
            "reopenings": assessment.reopenings.select_related("seal"),
            "is_reopened": assessment.is_draft,
            "can_unlock": can_change and not assessment.is_draft,
            "form": form or ReturnForm(initial={"version": assessment.version})
            if can_change and chosen is not None and not counts
            else None,
            "refused": refused,
            "has_errors": status != 200,
        },
        status=status,
    )


@require_POST
@login_required
def assessment_return(
    request: UserRequest, code: str, submission_code: str, letter: str
) -> HttpResponse:
    """Let an earlier version count, with a reason."""
    assignment = _assignment(request, "scoring.unlock_assessment", code, submission_code, letter)
    number = request.POST.get("number", "")
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _history(request, assignment, letter, number, form)
    try:
        actions.return_to(
            assignment.assessment,
            number=int(number) if number.isdecimal() and len(number) < 9 else 0,
            version=form.cleaned_data["version"],
            by=request.user,
            reason=form.cleaned_data["reason"],
        )
    except DomainError as error:
        return _history(request, assignment, letter, number, form, error)
    messages.success(request, _("The earlier version counts and is locked. The jury is told."))
    return redirect(reverse("scoring:assessment-history", args=[code, submission_code, letter]))


@require_http_methods(["GET", "POST"])
@login_required
def assessment_unlock(
    request: UserRequest, code: str, submission_code: str, letter: str
) -> HttpResponse:
    """Give a locked assessment back to its juror, with a reason that the jury reads."""
    assignment = _assignment(request, "scoring.unlock_assessment", code, submission_code, letter)
    form = LateReopenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.unlock(assignment.assessment, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The assessment is reopened. Juror and jury are told."))
        return redirect(reverse("scoring:assessment-history", args=[code, submission_code, letter]))
    return render(
        request,
        "scoring/jury/assessment_unlock.html",
        {**_common(assignment, letter), "form": form},
        status=422 if request.method == "POST" else 200,
    )
