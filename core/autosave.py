"""The server's side of static/js/autosave.js: one contract for every form that saves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, JsonResponse

from core.display import iso_utc, moment_words
from core.exceptions import DomainError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping


def is_autosave(request: HttpRequest) -> bool:
    """Say whether autosave.js asks, and not a person who pressed the button."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def saved(version: int, at: dt.datetime, unsaved: Mapping[str, Any]) -> JsonResponse:
    """Say what is stored now; `unsaved` has a sentence for each field that was not saved."""
    return JsonResponse(
        {
            "version": version,
            "saved_at": iso_utc(at),
            "time": moment_words(at, "time"),
            "unsaved": unsaved,
        }
    )


def refused(error: DomainError) -> JsonResponse:
    """Say why nothing was saved; the button sends the form, and the page shows more."""
    return JsonResponse({"sentence": str(error)}, status=error.status)


def unreadable() -> JsonResponse:
    """Refuse a form without a version: it was not ours."""
    return JsonResponse({}, status=422)
