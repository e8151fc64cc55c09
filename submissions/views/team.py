"""Pages on which a team forms itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.access import get_permitted, get_visible
from core.exceptions import DomainError
from submissions import queries
from submissions.actions import team as team_actions
from submissions.extensions import participation_bar
from submissions.forms import InvitationForm, NewTeamForm
from submissions.models import Invitation, Membership, Team

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.views.person import UserRequest


@require_safe
@login_required
def team_list(request: UserRequest) -> HttpResponse:
    """Show the teams the person belongs to, one per competition."""
    return render(
        request,
        "submissions/team/team_list.html",
        {"memberships": queries.memberships_of(request.user)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_create(request: UserRequest) -> HttpResponse:
    """Found a team in a published competition."""
    chosen = request.GET.get("competition", "")
    form = NewTeamForm(request.POST or None, user=request.user)
    offered = form.fields["competition"].queryset  # type: ignore[attr-defined]  # a choice field
    if request.method == "POST" and form.is_valid():
        try:
            team = team_actions.create(
                form.cleaned_data["competition"],
                by=request.user,
                name=form.cleaned_data["name"],
                organisation=form.cleaned_data["organisation"],
            )
        except DomainError as error:
            form.add_error("name" if error.code == "team_name_taken" else None, str(error))
        else:
            messages.success(request, _("Your team has been founded. You are its captain."))
            return redirect(team)
    elif request.method != "POST":
        form.initial["competition"] = offered.filter(slug=chosen).first()
    return render(
        request,
        "submissions/team/team_create.html",
        {"form": form, "has_choice": offered.exists()},
        status=422 if request.method == "POST" else 200,
    )


@require_safe
@login_required
def team_show(request: UserRequest, code: str) -> HttpResponse:
    """Show members, invitations and what the team takes part in (S-6)."""
    team = _find(request, "submissions.view_team", code)
    return _team_page(request, team, InvitationForm())


@require_POST
@login_required
def invitation_create(request: UserRequest, code: str) -> HttpResponse:
    """Invite an address; inviting it again sends the invitation again."""
    team = _find(request, "submissions.manage_team", code)
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            invitation = team_actions.invite(
                team, by=request.user, email=form.cleaned_data["email"]
            )
        except DomainError as error:
            form.add_error("email", str(error))
        else:
            messages.success(
                request,
                _("The invitation to %(email)s is on its way.") % {"email": invitation.email},
            )
            return redirect(team)
    return _team_page(request, team, form, status=422)


@require_POST
@login_required
def invitation_withdraw(request: UserRequest, code: str, invitation: str) -> HttpResponse:
    """Make an open invitation useless."""
    team = _find(request, "submissions.manage_team", code)
    row = get_visible(Invitation, request.user, team=team, code=invitation)
    team_actions.withdraw_invitation(row, by=request.user)
    messages.success(
        request, _("The invitation to %(email)s no longer works.") % {"email": row.email}
    )
    return redirect(team)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation to whoever holds its link; accept it with the invited address only."""
    invitation = (
        Invitation.objects.with_token(token).select_related("team__competition", "invited_by")
    ).first()
    if invitation is None:
        raise Http404
    user = request.user
    if request.method == "POST":
        if not user.is_authenticated:
            return redirect_to_login(request.path)
        membership = team_actions.accept_invitation(invitation, by=user)
        messages.success(
            request, _("Welcome to the team “%(name)s”.") % {"name": membership.team.name}
        )
        return redirect(membership.team)
    if user.is_authenticated and invitation.team.memberships.filter(user=user).exists():
        return redirect(invitation.team)
    is_usable = invitation.is_usable(clock.now())
    is_addressed = user.is_authenticated and invitation.email == user.email
    competition = invitation.team.competition
    context = {
        "invitation": invitation,
        "team": invitation.team,
        "competition": competition,
        "brand_note": competition.name,
        "is_usable": is_usable,
        "is_addressed": is_addressed,
        "hint": _masked(invitation.email),
        "other_team": queries.team_of(user, competition) if is_addressed else None,
        "bar": participation_bar(user, competition)
        if user.is_authenticated and is_addressed
        else None,
    }
    return render(
        request,
        "submissions/team/invitation_accept.html",
        context,
        status=200 if is_usable else 410,
    )


@require_POST
@login_required
def membership_remove(request: UserRequest, code: str, member: str) -> HttpResponse:
    """Remove a member as captain, or leave the team oneself."""
    membership = get_permitted(
        Membership.objects.select_related("team__competition", "user"),
        "submissions.remove_membership",
        request.user,
        team__code=code,
        code=member,
    )
    team = team_actions.remove_member(membership, by=request.user)
    if membership.user_id == request.user.pk:
        messages.success(request, _("You have left the team “%(name)s”.") % {"name": team.name})
        return redirect("submissions:team-list")
    messages.success(
        request,
        _("%(person)s is no longer a member.") % {"person": membership.user.display_name},
    )
    return redirect(team)


@require_POST
@login_required
def captain_hand_over(request: UserRequest, code: str, member: str) -> HttpResponse:
    """Make another member the captain."""
    membership = get_permitted(
        Membership.objects.select_related("team__competition", "user"),
        "submissions.promote_membership",
        request.user,
        team__code=code,
        code=member,
    )
    team_actions.hand_over(membership, by=request.user)
    messages.success(
        request,
        _("%(person)s is the captain now.") % {"person": membership.user.display_name},
    )
    return redirect(membership.team)


@require_POST
@login_required
def team_dissolve(request: UserRequest, code: str) -> HttpResponse:
    """Delete a team of one that takes part in nothing."""
    team = _find(request, "submissions.manage_team", code)
    team_actions.dissolve(team, by=request.user)
    messages.success(request, _("The team “%(name)s” has been dissolved.") % {"name": team.name})
    return redirect("submissions:team-list")


def _find(request: UserRequest, permission: str, code: str) -> Team:
    rows = Team.objects.select_related("competition")
    return get_permitted(rows, permission, request.user, code=code)


def _team_page(
    request: UserRequest, team: Team, form: InvitationForm, status: int = 200
) -> HttpResponse:
    context = {
        "team": team,
        "competition": team.competition,
        "brand_note": team.competition.name,
        "page": queries.team_page(team, request.user, clock.now()),
        "is_captain": request.user.has_perm("submissions.manage_team", team),
        "form": form,
        "now": clock.now(),
    }
    return render(request, "submissions/team/team_show.html", context, status=status)


def _masked(email: str) -> str:
    """Return enough of an address for its owner to recognise it: k…@example.org."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"
