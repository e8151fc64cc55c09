"""Pages for requests that went wrong before a view was reached, or outside of one."""

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from core.failures import RETRY_AFTER

_DATABASE_IS_AWAY: Final = (OperationalError, InterfaceError)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form had expired, and that going back keeps what was typed."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer what nobody caught: 503 and "try again" if the database went away, 500 otherwise.

    Neither page asks the database for anything, not even who is signed in.
    """
    if isinstance(sys.exception(), _DATABASE_IS_AWAY):
        return HttpResponse(
            render_to_string("errors/unavailable.html"),
            status=503,
            headers={"Retry-After": RETRY_AFTER},
        )
    return HttpResponse(render_to_string("500.html"), status=500)
