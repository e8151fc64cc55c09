"""The rules of the leaderboards, for the agency before the publication and the office later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition.models import Challenge
from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import board_rules as actions
from scoring.forms.leaderboard import RulesForm
from scoring.queries import leaderboard as queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rules_edit(request: UserRequest, code: str) -> HttpResponse:
    """Show by which rules boards are made, and let those who may change them do so."""
    rows = Challenge.objects.select_related("competition", "agency")
    challenge = get_permitted(rows, "scoring.view_benchmark", request.user, code=code)
    known = queries.rules_of(challenge)
    status = 200
    form = None
    if request.method == "POST":
        get_permitted(rows, "scoring.change_benchmark", request.user, code=code)
        form = RulesForm(request.POST, needs_reason=challenge.is_public)
        status = 422
        if form.is_valid():
            try:
                saved = actions.save(challenge, by=request.user, **form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                is_new = saved.number != known.in_force.number
                messages.success(request, _("Saved.") if is_new else _("Nothing has changed."))
                return redirect("scoring:rules-edit", code)
    elif request.user.has_perm("scoring.change_benchmark", challenge):
        form = RulesForm(
            initial={**known.in_force.content, "step": known.in_force.ladder_step},
            needs_reason=challenge.is_public,
        )
    return render(
        request,
        "scoring/agency/rules_edit.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.agency.name,
            "rules": known,
            "form": form,
        },
        status=status,
    )
