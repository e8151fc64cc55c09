"""The audit log, for those who read and change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.actions import audit_log
from accounts.forms import AuditFilterForm
from accounts.queries import audit_events, names_of_actors

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from core.audit import ChainReport
    from core.models import AuditEvent

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class _Line:
    event: AuditEvent
    actor: str
    details: list[tuple[str, object]]


def _render(request: UserRequest, report: ChainReport | None = None) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = Paginator(audit_events(**chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    events = list(page.object_list)
    names = names_of_actors(events)
    lines = [
        _Line(
            event,
            _("the platform")
            if event.actor is None
            else names.get(event.actor, _("deleted person #%(number)s") % {"number": event.actor}),
            sorted(event.data.items()),
        )
        for event in events
    ]
    context = {"page": page, "lines": lines, "filter_form": form, "report": report}
    return render(request, "accounts/auditor/audit_list.html", context)


def _require_permission(request: UserRequest) -> None:
    if not request.user.has_perm("accounts.read_audit_log"):
        raise Http404


@require_GET
@login_required
def audit_list(request: UserRequest) -> HttpResponse:
    """Show the events, newest first."""
    _require_permission(request)
    return _render(request)


@require_POST
@login_required
def audit_verify(request: UserRequest) -> HttpResponse:
    """Recompute the chain and show the result above the list."""
    _require_permission(request)
    return _render(request, audit_log.verify(by=request.user))
