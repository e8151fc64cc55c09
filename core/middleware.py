"""What every response gets, and how errors of the domain become pages."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core import errors, upkeep
from core.exceptions import DomainError
from core.failures import RETRY_AFTER, problem, receipt_for, wants_problem

# They are told what is the case, maintenance or not.
_FOR_MONITORS = frozenset({"/healthz", "/readyz"})

type GetResponse = Callable[[HttpRequest], HttpResponse]


def response_headers(get_response: GetResponse) -> GetResponse:
    """Add headers that Django does not set itself; keep private pages out of shared caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", RETRY_AFTER)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def maintenance_page(get_response: GetResponse) -> GetResponse:
    """Answer everything but the addresses for monitors with the maintenance page while it is on.

    Stands before whatever asks the database, and after what chooses the language.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if upkeep.is_on() and request.path not in _FOR_MONITORS:
            return errors.maintenance(request)
        return get_response(request)

    return middleware


class _DomainErrors:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if error.status == 404:
            raise Http404 from error
        if wants_problem(request):
            return problem(request, error)
        context = {"error": error, "failure": receipt_for(request, error.code)}
        return render(request, "errors/domain_error.html", context, status=error.status)


def domain_errors(get_response: GetResponse) -> _DomainErrors:
    """Turn a DomainError that a view did not catch into a page with its sentence."""
    return _DomainErrors(get_response)
