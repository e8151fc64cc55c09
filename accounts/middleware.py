"""A second factor for everyone whose role demands one (security baseline B-6)."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.roles import needs_second_factor

type GetResponse = Callable[[HttpRequest], HttpResponse]
_METHODS = "account_authentication_methods"


def has_second_factor(request: HttpRequest) -> bool:
    """Say whether this very sign-in was made with a second factor (or a passkey)."""
    methods = {entry.get("method") for entry in request.session.get(_METHODS, [])}
    return "mfa" in methods


def require_second_factor(get_response: GetResponse) -> GetResponse:
    """Send privileged people without a second factor to the page where they set one up.

    The pages of the account itself, the language switch and static files stay open: otherwise
    nobody could set up the factor. In demo mode, and only there, nothing is demanded.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            settings.DEMO
            or not user.is_authenticated
            or _is_open_path(request.path)
            or not needs_second_factor(user)
            or has_second_factor(request)
        ):
            return get_response(request)
        if is_mfa_enabled(user):
            # Signed in before the role demanded it: once more, with the factor.
            return redirect("account_reauthenticate")
        return redirect("accounts:second-factor-required")

    return middleware


def _is_open_path(path: str) -> bool:
    bare = path.removeprefix("/en")
    return bare.startswith(("/accounts/", "/static/", "/i18n/")) or bare == reverse(
        "accounts:second-factor-required"
    ).removeprefix("/en")
