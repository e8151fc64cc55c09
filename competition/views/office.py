"""Pages of the competition office: cockpit, review, publication, deadlines, messages."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.actions import message as message_actions
from competition.actions import team_rules as team_rules_actions
from competition.extensions import Place, contributed_items, contributions
from competition.forms.office import TeamRulesForm
from competition.models import Competition
from competition.queries import office, public
from competition.queries.phases import phase_steps
from competition.states import PUBLIC_STATES, PhaseKind
from core import clock
from core.access import get_permitted
from core.models import OutboxState

if TYPE_CHECKING:
    from accounts.views.person import UserRequest

MESSAGES_PER_PAGE = 50
TILES = 4


@require_safe
@login_required
def office_list(request: UserRequest) -> HttpResponse:
    """Show the competitions in whose office the person works."""
    return render(
        request,
        "competition/office/office_list.html",
        {
            "competitions": office.my_competitions(request.user),
            "may_edit_pages": rules.has_perm("competition.edit_page", request.user),
        },
    )


@require_safe
@login_required
def office_competition(request: UserRequest, slug: str) -> HttpResponse:
    """Show what a competition needs, its numbers, next dates and health (S-16)."""
    now = clock.now()
    competition = get_permitted(Competition, "competition.organise", request.user, slug=slug)
    challenges = office.desk(competition)
    shown = [challenge for challenge in challenges if challenge.state in PUBLIC_STATES]
    leading = public.leading(shown, now)
    needs = [
        *office.needs(competition, challenges),
        *contributed_items(Place.OFFICE_NEEDS, request, competition),
    ]
    figures = contributed_items(Place.OFFICE_FIGURES, request, competition)
    return render(
        request,
        "competition/office/office_competition.html",
        {
            "competition": competition,
            "brand_note": _("Competition office"),
            "now": now,
            "challenges": [(challenge, challenge.standing(now)) for challenge in challenges],
            "steps": phase_steps([phase for row in leading for phase in row.phases.all()], now),
            "has_own_courses": len(leading) < len(shown),
            "needs": sorted(needs, key=lambda need: (not need.is_urgent, need.since or now)),
            "figures": [*office.own_figures(challenges), *figures][-max(TILES, len(figures)) :],
            "dates": office.next_dates(challenges, now),
            "health": [
                *contributed_items(Place.OFFICE_HEALTH, request, competition),
                office.mail_health(competition, now),
            ],
            "parts": contributions(Place.OFFICE_COCKPIT, request, competition),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_rules(request: UserRequest, slug: str) -> HttpResponse:
    """Set size and cut-off of teams; the limits of each statement stand beside."""
    competition = get_permitted(Competition, "competition.organise", request.user, slug=slug)
    data = request.POST if request.method == "POST" else None
    # A row of its own: a bound form writes into it, and the page shows what is stored.
    form = TeamRulesForm(data, instance=copy(competition))
    if data is not None and form.is_valid():
        team_rules_actions.set_team_rules(competition, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("competition:team-rules", slug)
    return render(
        request,
        "competition/office/team_rules.html",
        {
            "competition": competition,
            "brand_note": _("Competition office"),
            "form": form,
            "limits": [
                (challenge, phase.limit_words)
                for challenge in office.desk(competition)
                if (phase := challenge.phase(PhaseKind.SUBMISSION)) is not None
            ],
        },
        status=200 if data is None else 422,
    )


@require_safe
@login_required
def message_list(request: UserRequest, slug: str) -> HttpResponse:
    """Show the messages about a competition with the state of their delivery."""
    competition = get_permitted(Competition, "competition.organise", request.user, slug=slug)
    state = request.GET.get("state", "")
    state = state if state in OutboxState.values else ""
    counts = office.message_counts(competition)
    page = Paginator(office.messages(competition, state), MESSAGES_PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "competition/office/message_list.html",
        {
            "competition": competition,
            "brand_note": _("Competition office"),
            "page": page,
            "lines": [(message, office.masked_subject(message)) for message in page],
            "state": state,
            "filters": [
                ("", _("All"), sum(counts.values())),
                *((value, label, counts.get(value, 0)) for value, label in OutboxState.choices),
            ],
            "failed": counts.get(OutboxState.FAILED, 0),
        },
    )


@require_POST
@login_required
def message_resend(request: UserRequest, slug: str) -> HttpResponse:
    """Queue the failed messages of a competition again."""
    competition = get_permitted(Competition, "competition.organise", request.user, slug=slug)
    count = message_actions.resend_failed(competition, by=request.user)
    if count:
        words = ngettext(
            "%(count)s message is being sent again.",
            "%(count)s messages are being sent again.",
            count,
        )
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("There was no message to send again."))
    return redirect("competition:message-list", slug)
