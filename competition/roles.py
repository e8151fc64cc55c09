"""Roles of the asking side: agency staff and the competition office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

if TYPE_CHECKING:
    from accounts.models import User


def _competitions(user: User) -> str:
    memberships = user.office_memberships.select_related("competition")
    return ", ".join(str(membership.competition) for membership in memberships)


def _agencies(user: User) -> str:
    memberships = user.agency_memberships.select_related("agency")
    return ", ".join(membership.agency.name for membership in memberships)


registry.register(
    Role(
        key="organiser",
        label=_("Competition office"),
        held_by="office_memberships",
        start_url_name="competition:office-list",
        needs_second_factor=True,
        menu=(MenuItem(_("Cockpit"), "competition:office-list"),),
        order=10,
        acts_for=_competitions,
    )
)
registry.register(
    Role(
        key="agency",
        label=_("Agency"),
        held_by="agency_memberships",
        start_url_name="competition:statement-list",
        needs_second_factor=False,
        menu=(MenuItem(_("Problem statements"), "competition:statement-list"),),
        order=20,
        acts_for=_agencies,
    )
)
