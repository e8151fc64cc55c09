"""The main menu of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.queries import demo_accounts
from accounts.roles import MenuItem, Role, roles_of

PUBLIC_MENU: list[MenuItem] = []
# Pages that belong to a line of the menu though they lie below another one: name of the page and
# name of the line. The app of the page says so.
PAGES_OF_LINES: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Link:
    """A rendered line of a menu."""

    label: str
    url: str
    current: bool


# Longer texts would push the menu off a phone's screen.
_HEADER_LENGTH = 60


def _acting_for(user: Any, roles: list[Role]) -> str:
    text = roles[0].acts_for(user)
    return text if len(text) <= _HEADER_LENGTH else ""


def _current(request: HttpRequest, urls: list[str]) -> str:
    """Return the address of the one line that fits the page best, empty where none does."""
    match = request.resolver_match
    line = PAGES_OF_LINES.get(match.view_name) if match is not None else None
    if line is not None and reverse(line) in urls:
        return reverse(line)
    # The home page, "/" or "/en/", is above everything and fits itself only.
    fitting = (
        url
        for url in urls
        if request.path == url or (len(url) > 4 and request.path.startswith(url))
    )
    return max(fitting, key=len, default="")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return menu, roles and footer links; the menu is that of the role whose pages one is on."""
    user = getattr(request, "user", None)
    roles = roles_of(user) if user is not None and user.is_authenticated else []
    items: list[MenuItem] = []
    if roles:
        items = [item for role in roles for item in role.menu]
    entries = [*items, *PUBLIC_MENU] if len(items) < 3 else items
    lines: dict[str, str] = {}
    for item in entries:
        lines.setdefault(reverse(item.url_name, args=item.args), str(item.label))
    current = _current(request, list(lines))
    links = [Link(label, url, current=url == current) for url, label in lines.items()]
    return {
        "navigation": links[:6],
        "roles": roles,
        "acting_for": _acting_for(user, roles) if len(roles) == 1 else "",
        "demo_accounts": SimpleLazyObject(demo_accounts) if settings.DEMO else [],
        "footer_links": [
            Link(label, reverse("page-show", args=[slug]), current=False)
            for slug, label in (
                ("imprint", _("Imprint")),
                ("privacy", _("Privacy")),
                ("accessibility", _("Accessibility")),
                ("plain-language", _("Plain language")),
                ("sign-language", _("Sign language")),
                ("contact", _("Contact")),
            )
        ],
    }
