"""Pages of the competition office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@login_required
def office_list(request: HttpRequest) -> HttpResponse:
    """Show the competitions in whose office the person works."""
    return render(request, "competition/office/office_list.html")
