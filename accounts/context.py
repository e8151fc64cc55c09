"""The main menu of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import MenuItem, roles_of

PUBLIC_MENU: list[MenuItem] = []


@dataclass(frozen=True, slots=True)
class Link:
    """A rendered line of a menu."""

    label: str
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return menu, roles and footer links; the menu is that of the role whose pages one is on."""
    user = getattr(request, "user", None)
    roles = roles_of(user) if user is not None and user.is_authenticated else []
    items: list[MenuItem] = []
    if roles:
        items = [item for role in roles for item in role.menu]
    entries = [*items, *PUBLIC_MENU] if len(items) < 3 else items
    links = []
    seen = set()
    for item in entries:
        url = reverse(item.url_name)
        if url in seen:
            continue
        seen.add(url)
        links.append(
            Link(
                str(item.label),
                url,
                request.path == url or (len(url) > 4 and request.path.startswith(url)),
            )
        )
    return {
        "navigation": links[:6],
        "roles": roles,
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
