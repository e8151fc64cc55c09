"""Pages for requests that went wrong before a view was reached."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form had expired, and that going back keeps what was typed."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
