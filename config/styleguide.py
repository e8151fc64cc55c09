"""The page of all components, in debug mode only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component in real use."""
    return render(request, "styleguide.html")
