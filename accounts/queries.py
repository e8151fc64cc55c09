"""Reads that feed the pages of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.models import User
from accounts.roles import registry, roles_of
from core.models import AuditEvent

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Addresses that can never receive mail (RFC 2606), so a demo account is nobody's.
DEMO_DOMAIN = "demo.example"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A person of the demo, as the sign-in page lists them."""

    email: str
    name: str
    purpose: str


def demo_accounts() -> list[tuple[str, list[DemoAccount]]]:
    """Return the people of the demo by role; a person with two roles is listed under the first."""
    groups: dict[str, list[DemoAccount]] = {role.key: [] for role in registry}
    labels = {role.key: str(role.label) for role in registry}
    for user in demo_users().order_by("name"):
        for role in roles_of(user)[:1]:
            account = DemoAccount(user.email, user.display_name, role.acts_for(user))
            groups[role.key].append(account)
    return [(labels[key], accounts) for key, accounts in groups.items() if accounts]


def demo_users() -> QuerySet[User]:
    """Return the accounts of the demo."""
    return User.objects.filter(email__endswith=f".{DEMO_DOMAIN}", is_active=True)


def audit_events(*, action: str = "", target: str = "") -> QuerySet[AuditEvent]:
    """Return events, newest first; `action` and `target` are beginnings of names."""
    events = AuditEvent.objects.order_by("-sequence")
    if action:
        events = events.filter(action__startswith=action)
    if target:
        events = events.filter(target_type__startswith=target)
    return events


def names_of_actors(events: list[AuditEvent]) -> dict[int, str]:
    """Return the names behind the actor numbers of a page of events, in one query."""
    keys = {event.actor for event in events if event.actor is not None}
    return {user.pk: user.display_name for user in User.objects.filter(pk__in=keys)}
