"""Pages on which a team forms itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, throttle
from core.access import get_permitted, get_visible
from core.exceptions import DomainError, LimitReached
from submissions import queries
from submissions.actions import merge as merge_actions
from submissions.actions import team as team_actions
from submissions.extensions import participation_bar
from submissions.forms import InvitationForm, JoinCodeForm, MergeForm, NewTeamForm
from submissions.models import Invitation, JoinRequest, Membership, MergeProposal, Team

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.views.person import UserRequest

JOIN_TRIES: Final = 10
JOIN_PERIOD: Final = dt.timedelta(hours=1)


@require_safe
@login_required
def team_list(request: UserRequest) -> HttpResponse:
    """Show the teams the person belongs to, one per competition, and those asked to join."""
    return render(
        request,
        "submissions/team/team_list.html",
        {
            "memberships": queries.memberships_of(request.user),
            "requests": queries.open_requests_of(request.user, clock.now()),
        },
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
        "closed": _obstacle(invitation.team) if is_addressed else None,
    }
    return render(
        request,
        "submissions/team/invitation_accept.html",
        context,
        status=200 if is_usable else 410,
    )


@require_POST
@login_required
def join_code_renew(request: UserRequest, code: str) -> HttpResponse:
    """Make a join code; an earlier one stops working."""
    team = _find(request, "submissions.manage_team", code)
    team_actions.renew_join_code(team, by=request.user)
    messages.success(request, _("The join code is ready. Pass it on to whom you know."))
    return redirect(team)


@require_POST
@login_required
def join_code_revoke(request: UserRequest, code: str) -> HttpResponse:
    """Make the join code useless."""
    team = _find(request, "submissions.manage_team", code)
    team_actions.revoke_join_code(team, by=request.user)
    messages.success(request, _("The join code no longer works."))
    return redirect(team)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join_request_create(request: UserRequest) -> HttpResponse:
    """Ask a team with its join code; codes cannot be guessed by trying (10 an hour)."""
    form = JoinCodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if not throttle.allow(
                    f"join:{request.user.pk}", limit=JOIN_TRIES, period=JOIN_PERIOD
                ):
                    raise LimitReached(
                        "join_tries",
                        _("You have typed many codes. Try again in an hour."),
                    )
                row = team_actions.ask_to_join(form.cleaned_data["code"], by=request.user)
            except DomainError as error:
                form.add_error("code", str(error))
                status = 422 if error.code == "join_code_unknown" else error.status
            else:
                messages.success(
                    request,
                    _("The team “%(name)s” has your request. You get a message with the answer.")
                    % {"name": row.team.name},
                )
                return redirect("submissions:team-list")
    return render(
        request,
        "submissions/team/join_request_create.html",
        {"form": form, "valid_days": JoinRequest.VALID_FOR.days},
        status=status,
    )


@require_POST
@login_required
def join_request_withdraw(request: UserRequest, request_code: str) -> HttpResponse:
    """Take one's own request back."""
    rows = JoinRequest.objects.select_related("team")
    row = get_visible(rows, request.user, code=request_code)
    if row.user_id != request.user.pk:
        raise Http404  # captains decline instead
    team_actions.withdraw_request(row, by=request.user)
    messages.success(
        request, _("You no longer ask to join the team “%(name)s”.") % {"name": row.team.name}
    )
    return redirect("submissions:team-list")


@require_POST
@login_required
def join_request_accept(request: UserRequest, code: str, request_code: str) -> HttpResponse:
    """Make the person who asked a member."""
    row = _find_request(request, code, request_code)
    membership = team_actions.accept_request(row, by=request.user)
    messages.success(
        request, _("%(person)s is a member now.") % {"person": membership.user.display_name}
    )
    return redirect(row.team)


@require_POST
@login_required
def join_request_decline(request: UserRequest, code: str, request_code: str) -> HttpResponse:
    """Answer a request with no."""
    row = _find_request(request, code, request_code)
    team_actions.decline_request(row, by=request.user)
    messages.success(
        request, _("You have declined. %(person)s is told.") % {"person": row.user.display_name}
    )
    return redirect(row.team)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def merge_create(request: UserRequest, code: str) -> HttpResponse:
    """Propose that another team becomes part of one's own."""
    team = _find(request, "submissions.manage_team", code)
    form = MergeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            other = queries.other_team(team, form.cleaned_data["team"])
            try:
                # A team that does not exist is refused like one that does not fit: with a sentence.
                proposal = merge_actions.propose(team, by=request.user, other=other or team)
            except DomainError as error:
                form.add_error("team", str(error))
                status = 422 if error.code == "no_such_team" else error.status
            else:
                messages.success(
                    request,
                    _("The captain of “%(name)s” has your proposal.")
                    % {"name": proposal.other.name},
                )
                return redirect(proposal)
    context = {
        "team": team,
        "competition": team.competition,
        "brand_note": team.competition.name,
        "form": form,
    }
    return render(request, "submissions/team/merge_create.html", context, status=status)


@require_safe
@login_required
def merge_show(request: UserRequest, code: str) -> HttpResponse:
    """Show both captains what a merge changes, and let them decide."""
    proposal = _find_proposal(request, code)
    now = clock.now()
    competition = proposal.team.competition
    context = {
        "proposal": proposal,
        "competition": competition,
        "brand_note": competition.name,
        "is_open": proposal.is_open(now),
        "is_asked": request.user.has_perm("submissions.manage_team", proposal.other),
        "own_team": queries.team_of(request.user, competition),
        "plan": queries.merge_plan(proposal, now) if proposal.is_open(now) else None,
        "obstacle": _merge_obstacle(proposal) if proposal.is_open(now) else None,
    }
    return render(request, "submissions/team/merge_show.html", context)


@require_POST
@login_required
def merge_consent(request: UserRequest, code: str) -> HttpResponse:
    """Merge both teams."""
    proposal = _find_proposal(request, code)
    _require_captain(request, proposal.other)
    team = merge_actions.consent(proposal, by=request.user)
    messages.success(
        request,
        _("You are one team now: “%(name)s”. Everybody gets a message.") % {"name": team.name},
    )
    return redirect(team)


@require_POST
@login_required
def merge_decline(request: UserRequest, code: str) -> HttpResponse:
    """Answer a proposal with no."""
    proposal = _find_proposal(request, code)
    _require_captain(request, proposal.other)
    merge_actions.decline(proposal, by=request.user)
    messages.success(request, _("You have declined. Your team stays as it is."))
    return redirect(proposal.other)


@require_POST
@login_required
def merge_withdraw(request: UserRequest, code: str) -> HttpResponse:
    """Take one's own proposal back."""
    proposal = _find_proposal(request, code)
    _require_captain(request, proposal.team)
    merge_actions.withdraw(proposal, by=request.user)
    messages.success(request, _("The proposal is withdrawn."))
    return redirect(proposal.team)


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


def _find_proposal(request: UserRequest, code: str) -> MergeProposal:
    rows = MergeProposal.objects.select_related("team__competition", "other__competition")
    return get_visible(rows, request.user, code=code)


def _require_captain(request: UserRequest, team: Team) -> None:
    if not request.user.has_perm("submissions.manage_team", team):
        raise Http404


def _merge_obstacle(proposal: MergeProposal) -> DomainError | None:
    """Return why the teams cannot merge now, in the words of the action."""
    try:
        merge_actions.refuse(proposal.team, proposal.other, clock.now())
    except DomainError as error:
        return error
    return None


def _find_request(request: UserRequest, code: str, request_code: str) -> JoinRequest:
    team = _find(request, "submissions.manage_team", code)
    rows = JoinRequest.objects.select_related("user", "team")
    return get_visible(rows, request.user, team=team, code=request_code)


def _team_page(
    request: UserRequest, team: Team, form: InvitationForm, status: int = 200
) -> HttpResponse:
    now = clock.now()
    page = queries.team_page(team, request.user, now)
    context = {
        "team": team,
        "competition": team.competition,
        "brand_note": team.competition.name,
        "page": page,
        "is_captain": request.user.has_perm("submissions.manage_team", team),
        "form": form,
        "admission": queries.admission(team, now, size=len(page.members)),
        "proposals": queries.proposals_of(team, now),
        "merged_versions": queries.merged_versions(team),
        "code_days": Team.JOIN_CODE_VALID_FOR.days,
        "now": now,
    }
    return render(request, "submissions/team/team_show.html", context, status=status)


def _obstacle(team: Team) -> DomainError | None:
    """Return why nobody can join the team now, in the words of the action."""
    try:
        team_actions.refuse_newcomer(team, clock.now())
    except DomainError as error:
        return error
    return None


def _masked(email: str) -> str:
    """Return enough of an address for its owner to recognise it: k…@example.org."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"
