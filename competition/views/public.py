"""Pages for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from competition import standing_pages

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what runs now, how it works and where to go."""
    return render(request, "competition/public/home.html")


@require_safe
def page_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a standing page such as the imprint."""
    if slug not in standing_pages.SLUGS:
        raise Http404
    return render(request, "competition/public/page_show.html", {"slug": slug})
