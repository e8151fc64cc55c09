"""The competition office opens sealed documents: two people, one record."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.exceptions import DomainError
from submissions import deadlines, openings, queries
from submissions.actions import opening as opening_actions
from submissions.states import FileKind
from submissions.views.office import find_statement

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from submissions.models import Opening


@require_http_methods(["GET", "POST"])
@login_required
def opening_show(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show whether the documents are sealed, and let two people open them (T-13)."""
    challenge = find_statement(request, slug, code)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            opening = opening_actions.confirm(challenge, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(
                request,
                _("The documents are open. The record is below.")
                if opening.is_done
                else _("You have confirmed. Now a second person of the office has to confirm."),
            )
            return redirect("submissions:opening-show", slug, code)
    now = clock.now()
    opening_known = queries.opening_of(challenge)
    context = {
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "phase": deadlines.window(challenge),
        "opening": opening_known,
        "is_waiting": opening_known is not None and opening_known.is_waiting(now),
        "is_first": opening_known is not None and opening_known.first_by_id == request.user.pk,
        "has_sealed": queries.has_sealed_documents(challenge),
        "can_be_opened": queries.can_be_opened(challenge, now),
        "versions": _versions(opening_known),
        "late": _late(opening_known),
        "error": error,
        "has_errors": error is not None,
        "now": now,
    }
    status = error.status if error is not None else 200
    return render(request, "submissions/office/opening_show.html", context, status=status)


def _versions(opening: Opening | None) -> list[dict[str, Any]]:
    """Return the versions of a record with times and labels for the page."""
    if opening is None or not opening.is_done:
        return []
    return [
        {
            "received_at": dt.datetime.fromisoformat(version["received_at_utc"]),
            "is_withdrawn": version["is_withdrawn"],
            "files": [{**file, "label": FileKind(file["kind"]).label} for file in version["files"]],
        }
        for version in opening.record["versions"]
    ]


def _late(opening: Opening | None) -> list[dt.datetime]:
    if opening is None or not opening.is_done:
        return []
    return [dt.datetime.fromisoformat(at) for at in opening.record["late_attempts"]]


def _done(request: UserRequest, slug: str, code: str) -> Opening:
    opening = queries.opening_of(find_statement(request, slug, code))
    if opening is None or not opening.is_done:
        raise Http404
    return opening


@require_safe
@login_required
def opening_json(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the signed record for programs."""
    opening = _done(request, slug, code)
    response = JsonResponse(
        opening.document(), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{code}-opening.json"'
    return response


@require_safe
@login_required
def opening_pdf(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the record to be filed."""
    opening = _done(request, slug, code)
    response = HttpResponse(openings.pdf_of(opening), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{code}-opening.pdf"'
    return response
