"""All metrics in words for everyone: how a prediction file can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from scoring.queries import metrics as queries

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    """Show every metric of the platform with its formula, range and odd cases."""
    from scoring.compute.details import Rule  # noqa: PLC0415  (heavy)

    rule = Rule()
    return render(
        request,
        "scoring/public/metric_list.html",
        {
            "parts": queries.registry(),
            "smallest": rule.smallest,
            "twice": 2 * rule.smallest,
            "step": rule.step,
        },
    )
