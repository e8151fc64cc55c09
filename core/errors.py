"""Pages for requests that went wrong before a view was reached, or outside of one.

Each shows a number that stands in the log, too (VE-17); programs get the same as a problem.
"""

import sys
from contextlib import suppress
from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import failures
from core.exceptions import DomainError
from core.storage import is_out_of_room, no_room

_DATABASE_IS_AWAY: Final = (OperationalError, InterfaceError)
_UPGRADE_SECONDS: Final = "120"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form had expired, and that going back keeps what was typed."""
    if failures.wants_problem(request):
        words = _("The form could not be checked. Reload the page.")
        return _answer(request, 403, "csrf", "403_csrf.html", words)
    context = {"failure": failures.receipt_for(request, "csrf")}
    return render(request, "403_csrf.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that a request was too large (413), or not one that our pages send (400)."""
    if isinstance(exception, RequestDataTooBig):
        words = _("What was sent is larger than this page accepts.")
        return _answer(request, 413, "too_large", "errors/too_large.html", words)
    words = _("This request could not be read.")
    return _answer(request, 400, "bad_request", "400.html", words)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody caught: the database went away (503), the disk is full (507), or 500."""
    if isinstance(sys.exception(), _DATABASE_IS_AWAY):
        words = _("Our database does not answer at the moment. Try again in a moment.")
        answer = _answer(request, 503, "database_away", "errors/unavailable.html", words)
        answer.headers["Retry-After"] = failures.RETRY_AFTER
        return answer
    if is_out_of_room(sys.exception()):
        _drop_what_was_received(request)
        return _answer(request, 507, "no_room", "errors/no_room.html", str(no_room()))
    return _answer(request, 500, "internal_error", "500.html", _("A fault on our side."))


def _drop_what_was_received(request: HttpRequest) -> None:
    """Give back the room of a file that did not fit; Django leaves it until memory is tidied."""
    for handler in request.upload_handlers:
        # Closing it writes once more.
        with suppress(OSError):
            handler.upload_interrupted()


def maintenance(request: HttpRequest) -> HttpResponse:
    """Say that we are working on the service, in the language of the address (503)."""
    if failures.wants_problem(request):
        words = _("We are working on this service. It will be back shortly.")
        error = DomainError("maintenance", words)
        error.status = 503
        answer: HttpResponse = failures.problem(request, error)
    else:
        answer = HttpResponse(render_to_string("errors/maintenance.html"), status=503)
    answer.headers["Retry-After"] = _UPGRADE_SECONDS
    return answer


def _answer(
    request: HttpRequest, status: int, code: str, template: str, words: str
) -> HttpResponse:
    """Render a page that asks the database for nothing, not even who is signed in."""
    if failures.wants_problem(request):
        error = DomainError(code, words)
        error.status = status
        return failures.problem(request, error)
    receipt = failures.receipt_for(request, code)
    return HttpResponse(render_to_string(template, {"failure": receipt}), status=status)
