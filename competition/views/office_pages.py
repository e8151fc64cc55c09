"""The office edits standing pages: each change is a version with its first day."""

from __future__ import annotations

from dataclasses import dataclass
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
from competition.models import Page
from competition.queries.statement import today

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpResponse

    from accounts.views.person import UserRequest


@dataclass(frozen=True, slots=True)
class PageLine:
    """A standing page with the version in force and the next one."""

    slug: str
    title: str
    current: Page | None
    coming: Page | None


def _demand(request: UserRequest) -> None:
    # Asked of the rules themselves: without a row Django lets superusers pass.
    if not rules.has_perm("competition.edit_page", request.user):
        raise Http404


def _lines(day: dt.date) -> list[PageLine]:
    versions: dict[str, list[Page]] = {}
    for page in Page.objects.order_by("slug", "-valid_from"):
        versions.setdefault(page.slug, []).append(page)
    lines = []
    for slug in standing_pages.SLUGS:
        rows = versions.get(slug, [])
        current = next((page for page in rows if page.is_valid_on(day)), None)
        coming = next((page for page in reversed(rows) if page.valid_from > day), None)
        title = current.title.text if current else standing_pages.default(slug).title
        lines.append(PageLine(slug, title, current, coming))
    return lines


@require_safe
@login_required
def page_list(request: UserRequest) -> HttpResponse:
    """Show the standing pages and which version is in force."""
    _demand(request)
    return render(
        request,
        "competition/office/page_list.html",
        {"lines": _lines(today()), "brand_note": _("Competition office")},
    )


def _initial(slug: str, day: dt.date) -> dict[str, object]:
    """Return the text in force, in both languages, valid from today."""
    page = Page.objects.valid_on(day).filter(slug=slug).first()
    if page is not None:
        fields = ("title_de", "title_en", "body_de", "body_en")
        return {**{name: getattr(page, name) for name in fields}, "valid_from": day}
    texts = {
        f"{part}_{language}": getattr(standing_pages.read(slug, language), part)
        for part in ("title", "body")
        for language in ("de", "en")
    }
    return {**texts, "valid_from": day}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page_edit(request: UserRequest, page_slug: str) -> HttpResponse:
    """Write a new version of a standing page."""
    _demand(request)
    if page_slug not in standing_pages.SLUGS:
        raise Http404
    form = PageForm(request.POST or None, initial=_initial(page_slug, today()))
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
            "versions": Page.objects.filter(slug=page_slug),
            "brand_note": _("Competition office"),
        },
        status=422 if form.errors else 200,
    )
