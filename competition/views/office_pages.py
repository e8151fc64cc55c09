"""The office edits standing pages: each change is a version with its first day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from competition import standing_pages
from competition.actions import page as page_actions
from competition.forms.office import PageForm
from competition.queries import pages
from competition.queries.statement import today

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest


def _demand(request: UserRequest) -> None:
    # Asked of the rules themselves: without a row Django lets superusers pass.
    if not rules.has_perm("competition.edit_page", request.user):
        raise Http404


@require_safe
@login_required
def page_list(request: UserRequest) -> HttpResponse:
    """Show the standing pages and which version is in force."""
    _demand(request)
    return render(
        request,
        "competition/office/page_list.html",
        {"lines": pages.page_lines(today()), "brand_note": _("Competition office")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page_edit(request: UserRequest, page_slug: str) -> HttpResponse:
    """Write a new version of a standing page."""
    _demand(request)
    if page_slug not in standing_pages.SLUGS:
        raise Http404
    initial = {**pages.texts(page_slug, today()), "valid_from": today()}
    form = PageForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            page_actions.save(page_slug, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The new version is saved."))
            return redirect("competition:page-list")
    return render(
        request,
        "competition/office/page_edit.html",
        {
            "slug": page_slug,
            "form": form,
            "title": standing_pages.default(page_slug).title,
            "versions": pages.versions(page_slug),
            "brand_note": _("Competition office"),
        },
        status=422 if form.errors else 200,
    )
