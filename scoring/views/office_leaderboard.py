"""The office's leaderboard: what the public sees, how it stands in truth, and the freeze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competition.models import Challenge
from core import clock
from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import freeze as actions
from scoring.forms.leaderboard import EndForm, FreezeForm
from scoring.queries import leaderboard as queries
from scoring.queries import likeness

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest


@require_safe
@login_required
def leaderboard_manage(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show both boards beside each other, and what is announced about a freeze."""
    return _page(request, _challenge(request, slug, code))


@require_POST
@login_required
def freeze_announce(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Announce from when on the public board stands still, or move what is announced."""
    challenge = _challenge(request, slug, code)
    form = FreezeForm(request.POST)
    if form.is_valid():
        try:
            actions.announce(
                challenge,
                by=request.user,
                at=form.cleaned_data["at"],
                reason=form.cleaned_data["reason"],
            )
        except actions.FreezeRefused as refusal:
            form.add_error("at", str(refusal))
        else:
            messages.success(request, _("The freeze is announced on the public leaderboard."))
            return redirect("scoring:leaderboard-manage", slug, code)
    return _page(request, challenge, form=form)


@require_POST
@login_required
def freeze_end(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Drop an announcement, or lift the freeze: everything computed meanwhile is public."""
    challenge = _challenge(request, slug, code)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, challenge, end=form)
    try:
        ended = actions.end(challenge, by=request.user, reason=form.cleaned_data["end_reason"])
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("The freeze is lifted. The newest leaderboard is public.")
            if ended.took_effect
            else _("The announcement is dropped. The public leaderboard goes on."),
        )
    return redirect("scoring:leaderboard-manage", slug, code)


def _challenge(request: UserRequest, slug: str, code: str) -> Challenge:
    return get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "scoring.manage_evaluations",
        request.user,
        competition__slug=slug,
        code=code,
    )


def _page(
    request: UserRequest,
    challenge: Challenge,
    *,
    form: FreezeForm | None = None,
    end: EndForm | None = None,
) -> HttpResponse:
    freezes = queries.freezes(challenge, clock.now())
    # A move starts from what is announced.
    initial = {"at": freezes.announced.starts_at} if freezes.announced else {}
    return render(
        request,
        "scoring/office/leaderboard_manage.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "both": queries.both_boards(challenge, request.user),
            "freezes": freezes,
            "alike": likeness.report(challenge),
            "may_freeze": request.user.has_perm("scoring.freeze_leaderboard", challenge),
            "form": form or FreezeForm(initial=initial),
            "end": end or EndForm(),
        },
        status=200 if form is None and end is None else 422,
    )
