"""Roles: what a person can be, whether it needs a second factor, and where its menu leads.

A lower app cannot know the roles of higher ones, so each app registers its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core.registry import Registry

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line of the main menu: label (lazy), URL name and its arguments."""

    label: Any
    url_name: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """Something a person can be; `holds` asks the database once per page."""

    key: str
    label: Any
    holds: Callable[[User], bool]
    start_url_name: str
    needs_second_factor: bool
    menu: tuple[MenuItem, ...] = field(default=())
    order: int = 100
    # For whom the person acts in this role, such as the names of their agencies.
    acts_for: Callable[[User], str] = field(default=lambda _user: "")


registry: Registry[Role] = Registry()


def roles_of(user: User) -> list[Role]:
    """Return the roles a person holds, in the order of the registry; remembered on the instance."""
    known: list[Role] | None = getattr(user, "_roles", None)
    if known is None:
        known = [role for role in registry if role.holds(user)]
        user._roles = known  # type: ignore[attr-defined]  # noqa: SLF001  (per-request memo)
    return known


def needs_second_factor(user: User) -> bool:
    """Say whether one of the person's roles demands a second factor."""
    return any(role.needs_second_factor for role in roles_of(user))


registry.register(
    Role(
        key="auditor",
        label=_("Auditor"),
        holds=lambda user: user.is_auditor,
        start_url_name="accounts:audit-list",
        needs_second_factor=True,
        menu=(MenuItem(_("Audit log"), "accounts:audit-list"),),
        order=50,
    )
)
registry.register(
    Role(
        key="operator",
        label=_("Operator"),
        holds=lambda user: user.is_superuser,
        start_url_name="accounts:audit-list",
        needs_second_factor=True,
        menu=(MenuItem(_("Audit log"), "accounts:audit-list"),),
        order=60,
    )
)
