"""What a person can show when something was refused or went wrong: time and number (VE-17)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from core import clock
from core.codes import new_code
from core.exceptions import DomainError
from core.logs import NUMBER

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest

_log = logging.getLogger(__name__)

# Seconds that a program should wait when we say 503; what is away is back within a few.
RETRY_AFTER: Final = "3"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FailureReceipt:
    """Time and number of a refusal; the log has a line with the same number."""

    at: dt.datetime
    number: str


def receipt_for(request: HttpRequest, code: str) -> FailureReceipt:
    """Give a refusal its number and write it to the log.

    What is logged about the request afterwards, such as a traceback, carries the number, too.
    """
    receipt = FailureReceipt(clock.now(), new_code("F", 8))
    setattr(request, NUMBER, receipt.number)
    _log.warning("%s: %s %s refused: %s", receipt.number, request.method, request.path, code)
    return receipt


def wants_problem(request: HttpRequest) -> bool:
    """Say whether a program asks, which reads no pages."""
    preferred = request.get_preferred_type(["text/html", "application/json", PROBLEM])
    return preferred in {"application/json", PROBLEM}


def problem(request: HttpRequest, error: DomainError) -> JsonResponse:
    """Answer a program with what went wrong (RFC 9457), in words that can be shown."""
    receipt = receipt_for(request, error.code)
    return JsonResponse(
        {
            "title": str(error),
            "code": error.code,
            "status": error.status,
            "at": receipt.at.isoformat(timespec="seconds"),
            "instance": receipt.number,
            **error.data,
        },
        status=error.status,
        content_type=PROBLEM,
    )


def answers_problems[Request: HttpRequest, **Rest](
    view: Callable[Concatenate[Request, Rest], HttpResponse],
) -> Callable[Concatenate[Request, Rest], HttpResponse]:
    """Let a view for programs answer errors of the domain, and "not found", as problems."""

    @functools.wraps(view)
    def answering(request: Request, /, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            error = DomainError("not_found", _("This does not exist, or not for you."))
            error.status = 404
        except DomainError as raised:
            error = raised
        return problem(request, error)

    return answering
