"""An invited person reads what is expected and answers. Nothing of the jury is seen here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.states import PhaseKind
from core import clock
from core.access import get_permitted, get_visible
from scoring.actions import invitation as actions
from scoring.actions.jury import SeatRefused
from scoring.forms.invitation import AcceptForm, DeclineForm
from scoring.models import JuryInvitation
from scoring.models.invitation import MINUTES_PER_SUBMISSION
from scoring.queries import expertise
from scoring.states import InvitationState

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest

_INVITATIONS = JuryInvitation.objects.select_related(
    "user", "jury__challenge__competition", "jury__challenge__agency"
).prefetch_related("jury__challenge__phases")
_TOLD = (PhaseKind.SUBMISSION, PhaseKind.ASSESSMENT, PhaseKind.DELIBERATION)


def _answerable(request: UserRequest, code: str) -> JuryInvitation:
    """Return the person's own invitation if it waits for an answer, else 404."""
    return get_permitted(_INVITATIONS.all(), "scoring.answer_invitation", request.user, code=code)


def _common(invitation: JuryInvitation) -> dict[str, Any]:
    challenge = invitation.jury.challenge
    return {
        "invitation": invitation,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
    }


@require_safe
@login_required
def seat_answer(request: UserRequest, code: str) -> HttpResponse:
    """Show what is expected; whoever has accepted goes on to the jury."""
    invitation = get_visible(_INVITATIONS.all(), request.user, code=code)
    if invitation.state == InvitationState.ACCEPTED:
        return redirect("scoring:jury-list")
    return _page(request, invitation)


def _page(
    request: UserRequest,
    invitation: JuryInvitation,
    *,
    form: AcceptForm | None = None,
    refusal: SeatRefused | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "scoring/jury/seat_answer.html",
        {
            **_common(invitation),
            "can_answer": request.user.has_perm("scoring.answer_invitation", invitation),
            "phases": [
                phase for phase in invitation.jury.challenge.phases.all() if phase.kind in _TOLD
            ],
            "minutes": MINUTES_PER_SUBMISSION,
            "now": clock.now(),
            "form": form
            or AcceptForm(
                initial={
                    "organisation": invitation.organisation,
                    "field": invitation.field,
                    "tags": invitation.tags,
                },
                expertise=expertise.fields_of(invitation.jury.challenge),
            ),
            "refusal": refusal,
            "has_errors": status != 200,
        },
        status=status,
    )


@require_POST
@login_required
def seat_accept(request: UserRequest, code: str) -> HttpResponse:
    """Take the seat and go on to the declaration of conflicts."""
    invitation = _answerable(request, code)
    fields = expertise.fields_of(invitation.jury.challenge)
    form = AcceptForm(request.POST, expertise=fields)
    if not form.is_valid():
        return _page(request, invitation, form=form, status=422)
    try:
        actions.accept(
            invitation,
            by=request.user,
            # Without the fields of the form, what the office wrote stays.
            **(form.cleaned_data if "organisation" in request.POST else {}),
        )
    except SeatRefused as error:
        return _page(request, invitation, form=form, refusal=error, status=422)
    messages.success(request, _("Thank you. You are a member of the jury now."))
    return redirect("scoring:jury-declare", invitation.jury.challenge.code)


@require_http_methods(["GET", "POST"])
@login_required
def seat_decline(request: UserRequest, code: str) -> HttpResponse:
    """Say no, with a reason."""
    invitation = _answerable(request, code)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.decline(invitation, by=request.user, **form.cleaned_data)
        messages.success(
            request, _("Thank you for your answer. The competition office asks somebody else.")
        )
        return redirect("scoring:seat-answer", code)
    return render(
        request,
        "scoring/jury/seat_decline.html",
        {**_common(invitation), "form": form},
        status=422 if request.method == "POST" else 200,
    )
