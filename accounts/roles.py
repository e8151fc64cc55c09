"""Roles: what a person can be, whether it needs a second factor, and where its menu leads.

A lower app cannot know the roles of higher ones, so each app registers its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import ManyToOneRel
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
    """Something a person can be.

    `held_by` names what says so: a flag of the user, or a relation that leads from the user to
    memberships or seats, of which one is enough.
    """

    key: str
    label: Any
    held_by: str
    start_url_name: str
    needs_second_factor: bool
    menu: tuple[MenuItem, ...] = field(default=())
    order: int = 100
    # For whom the person acts in this role, such as the names of their agencies.
    acts_for: Callable[[User], str] = field(default=lambda _user: "")


registry: Registry[Role] = Registry()


@cache
def _relations() -> dict[str, str]:
    """Return the SQL that asks for one row of each relation that makes a role, by its name."""
    quote = connection.ops.quote_name
    relations = {}
    for role in registry:
        relation = get_user_model()._meta.get_field(role.held_by)
        if isinstance(relation, ManyToOneRel):
            table, column = relation.related_model._meta.db_table, relation.field.column
            relations[role.held_by] = (
                f"EXISTS (SELECT 1 FROM {quote(table)} WHERE {quote(column)} = %s)"  # noqa: S608  (names of our models)
            )
    return relations


def roles_of(user: User) -> list[Role]:
    """Return the roles a person holds, in the order of the registry; remembered on the instance.

    One query for all of them, written once: every page asks, and a query for each role would be
    the larger half of a short page.
    """
    known: list[Role] | None = getattr(user, "_roles", None)
    if known is None:
        relations = _relations()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(relations.values())}", [user.pk] * len(relations))
            found = dict(zip(relations, cursor.fetchone(), strict=True))
        known = [
            role
            for role in registry
            if (found[role.held_by] if role.held_by in found else getattr(user, role.held_by))
        ]
        user._roles = known  # type: ignore[attr-defined]  # noqa: SLF001  (per-request memo)
    return known


def needs_second_factor(user: User) -> bool:
    """Say whether one of the person's roles demands a second factor."""
    return any(role.needs_second_factor for role in roles_of(user))


registry.register(
    Role(
        key="auditor",
        label=_("Auditor"),
        held_by="is_auditor",
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
        held_by="is_superuser",
        start_url_name="accounts:audit-list",
        needs_second_factor=True,
        menu=(MenuItem(_("Audit log"), "accounts:audit-list"),),
        order=60,
    )
)
