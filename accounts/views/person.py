"""Pages that every signed-in person has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actions import profile
from accounts.forms import ProfileForm
from accounts.queries import demo_users
from accounts.roles import Role, roles_of

if TYPE_CHECKING:
    from accounts.models import User

    class UserRequest(HttpRequest):
        """A request of a signed-in person."""

        user: User


@dataclass(frozen=True, slots=True)
class _Desk:
    role: Role
    acts_for: str


@require_GET
@login_required
def start(request: UserRequest) -> HttpResponse:
    """Lead a person with one role to their desk, others to the choice."""
    roles = roles_of(request.user)
    if len(roles) == 1:
        return redirect(roles[0].start_url_name)
    desks = [_Desk(role, role.acts_for(request.user)) for role in roles]
    return render(request, "accounts/person/start.html", {"desks": desks})


@require_http_methods(["GET", "POST"])
@login_required
def edit_profile(request: UserRequest) -> HttpResponse:
    """Change name and language."""
    user = request.user
    stored = {"name": user.name, "language": user.language}
    form = ProfileForm(request.POST or None, initial=stored)
    if request.method == "POST" and form.is_valid():
        profile.save(user, by=user, **form.cleaned_data)
        with translation.override(user.language):
            messages.success(request, _("Your details have been saved."))
        return redirect("accounts:profile-edit")
    status = 422 if form.errors else 200
    return render(request, "accounts/person/profile_edit.html", {"form": form}, status=status)


@require_GET
@login_required
def second_factor_required(request: UserRequest) -> HttpResponse:
    """Explain why this role needs a second factor and how to set one up."""
    roles = [role for role in roles_of(request.user) if role.needs_second_factor]
    return render(request, "accounts/person/second_factor_required.html", {"needing": roles})


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as a person of the demo with one click; exists in demo mode only."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(demo_users(), email=request.POST.get("email", ""))
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("accounts:start")
