"""The chair's desk until the assessments are closed: progress, gaps, reopening, closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.states import PhaseKind
from core import clock
from core.access import get_permitted, get_visible
from core.exceptions import Incomplete
from scoring.actions import assessment as assessment_actions
from scoring.actions import jury as jury_actions
from scoring.forms.assessment import ReopenForm
from scoring.forms.jury import CloseForm
from scoring.models import Assignment, CriterionScore, Jury, JurySeat
from scoring.queries import invitation as invitation_queries
from scoring.queries import jury as queries
from scoring.states import JuryState

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from accounts.views.person import UserRequest
    from scoring.models import Rubric

# Released assessments that a page lists; of a larger jury one juror's at a time.
MOST_LISTED = 60

_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency"
).prefetch_related("challenge__phases")


def _posted(request: UserRequest) -> QueryDict | None:
    """Return what was sent; an empty answer is one, too."""
    return request.POST if request.method == "POST" else None


def _common(jury: Jury) -> dict[str, Any]:
    return {
        "jury": jury,
        "challenge": jury.challenge,
        "competition": jury.challenge.competition,
        "brand_note": jury.challenge.competition.name,
    }


def _ends_first_round(jury: Jury, rubric: Rubric | None) -> bool:
    """Say whether closing leads to the cut."""
    return rubric is not None and rubric.has_final and not jury.is_final


@require_safe
@login_required
def jury_progress(request: UserRequest, code: str) -> HttpResponse:
    """Show the chair how far the jurors are; of entries in conflict with the chair, nothing."""
    seat = get_visible(
        JurySeat.objects.select_related("jury__challenge__competition"),
        request.user,
        jury__challenge__code=code,
    )
    jury = get_permitted(_JURIES.all(), "scoring.view_progress", request.user, pk=seat.jury_id)
    roll = queries.Roll(jury)
    hidden = queries.barred_entries(seat, roll)
    is_assessing = jury.state == JuryState.ASSESSING
    # What a deputy has to settle is what the chair may know nothing of.
    entries = {submission.entry_id for submission in roll.submissions}
    not_mine = hidden if seat.is_chair else entries - queries.for_the_deputy(seat, roll)
    rows = queries.progress(roll, roll.seats, hidden=hidden)
    chosen = request.GET.get("juror", "")
    released = (
        queries.released_of(
            jury, hidden=not_mine, juror=chosen, most=None if chosen else MOST_LISTED + 1
        )
        if is_assessing
        else []
    )
    return render(
        request,
        "scoring/jury/jury_progress.html",
        {
            **_common(jury),
            "seat": seat,
            "rows": rows,
            "sum": queries.totals(rows),
            "phase": jury.challenge.phase(PhaseKind.ASSESSMENT),
            "now": clock.now(),
            "is_assessing": is_assessing,
            "ends_first_round": _ends_first_round(jury, roll.rubric),
            "declined": invitation_queries.declined(jury) if seat.is_chair else [],
            "gaps": queries.gaps_before_close(roll, hidden=hidden) if is_assessing else [],
            "abstentions": queries.open_abstentions(jury, hidden=not_mine) if is_assessing else [],
            "released": released,
            "are_many": not chosen and len(released) > MOST_LISTED,
            "chosen": chosen,
        },
    )


@require_http_methods(["GET", "POST"])
@login_required
def assessment_reopen(
    request: UserRequest, code: str, seat_code: str, submission_code: str
) -> HttpResponse:
    """Give a released assessment back to its juror, with a reason."""
    assignment = get_permitted(
        Assignment.objects.select_related(
            "seat__user", "seat__jury__challenge__competition", "submission__entry", "assessment"
        ),
        "scoring.chair_assignment",
        request.user,
        seat__jury__challenge__code=code,
        seat__code=seat_code,
        submission__code=submission_code,
        assessment__isnull=False,
    )
    form = ReopenForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        assessment_actions.reopen(
            assignment.assessment,
            by=request.user,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("The assessment is reopened. The juror gets a message."))
        return redirect("scoring:jury-progress", code)
    return render(
        request,
        "scoring/jury/assessment_reopen.html",
        {**_common(assignment.seat.jury), "assignment": assignment, "form": form},
        status=422 if request.method == "POST" else 200,
    )


@require_POST
@login_required
def abstention_accept(request: UserRequest, code: str) -> HttpResponse:
    """Accept that a juror cannot judge a criterion."""
    jury = get_permitted(_JURIES.all(), "scoring.lead_jury", request.user, challenge__code=code)
    wanted = request.POST.get("score", "")
    score = _open_score(jury, int(wanted)) if wanted.isdecimal() else None
    if score is None or not request.user.has_perm(
        "scoring.chair_assignment", score.assessment.assignment
    ):
        raise Http404
    assessment_actions.accept_abstention(score, by=request.user)
    messages.success(request, _("Accepted. The criterion stays missing and is never 0."))
    return redirect("scoring:jury-progress", code)


def _open_score(jury: Jury, key: int) -> CriterionScore | None:
    return next((score for score in queries.open_abstentions(jury) if score.pk == key), None)


@require_http_methods(["GET", "POST"])
@login_required
def jury_close(request: UserRequest, code: str) -> HttpResponse:
    """Close the assessments: chair when everything is released, office also with a reason."""
    jury = get_permitted(_JURIES.all(), "scoring.close_jury", request.user, challenge__code=code)
    is_office = request.user.has_perm("scoring.manage_jury", jury)
    seat = JurySeat.objects.visible_to(request.user).filter(jury=jury).first()
    hidden = set() if is_office or seat is None else queries.barred_entries(seat)
    roll = queries.Roll(jury)
    gaps = queries.gaps_before_close(roll, hidden=hidden)
    form = CloseForm(_posted(request), needs_reason=is_office and bool(gaps))
    refusal: Incomplete | None = None
    back = (
        reverse("scoring:jury-manage", args=[jury.challenge.competition.slug, code])
        if is_office
        else reverse("scoring:jury-progress", args=[code])
    )
    # A form without fields is bound by an empty dictionary as well.
    if request.method == "POST" and (not form.fields or form.is_valid()):
        try:
            jury_actions.close(
                jury,
                by=request.user,
                reason=form.cleaned_data["reason"] if form.fields else "",
            )
        except Incomplete as error:
            refusal = error
        else:
            messages.success(
                request,
                _("The first round is closed and locked. The chair makes the cut.")
                if jury.state == JuryState.CUTTING
                else _("The assessments are closed and locked."),
            )
            return redirect(back)
    return render(
        request,
        "scoring/jury/jury_close.html",
        {
            **_common(jury),
            "form": form,
            "gaps": gaps,
            "is_office": is_office,
            "ends_first_round": _ends_first_round(jury, roll.rubric),
            "back": back,
            "refusal": refusal,
            "has_errors": refusal is not None,
        },
        status=422 if request.method == "POST" else 200,
    )
