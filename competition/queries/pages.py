"""Reads for standing pages: the version in force, and all versions for the editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from competition import standing_pages
from competition.models import Page

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

_TEXTS = ("title_de", "body_de", "title_en", "body_en")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A standing page as edited, or the text that comes with the product."""

    title: Any
    body: Any
    valid_from: dt.date | None


@dataclass(frozen=True, slots=True)
class PageLine:
    """A standing page with the version in force and the next one."""

    slug: str
    title: str
    current: Page | None
    coming: Page | None


def _in_force(slug: str, day: dt.date) -> Page | None:
    return Page.objects.valid_on(day).filter(slug=slug).first()


def shown_page(slug: str, day: dt.date) -> ShownPage:
    """Return what a page says on a day, in the language of the page."""
    edited = _in_force(slug, day)
    if edited is not None:
        return ShownPage(edited.title, edited.body, edited.valid_from)
    default = standing_pages.default(slug)
    return ShownPage(default.title, default.body, None)


def page_lines(day: dt.date) -> list[PageLine]:
    """Return all standing pages with their version in force and the next one."""
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


def texts(slug: str, day: dt.date) -> dict[str, str]:
    """Return the texts in force in both languages, by form field."""
    page = _in_force(slug, day)
    if page is not None:
        return {name: getattr(page, name) for name in _TEXTS}
    return {
        name: getattr(standing_pages.read(slug, language), part)
        for name in _TEXTS
        for part, _underscore, language in [name.partition("_")]
    }


def versions(slug: str) -> QuerySet[Page]:
    """Return the edited versions of a page, the latest first."""
    return Page.objects.filter(slug=slug)
