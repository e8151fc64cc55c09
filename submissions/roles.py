"""The role of the answering side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

if TYPE_CHECKING:
    from accounts.models import User


def _teams(user: User) -> str:
    memberships = user.team_memberships.select_related("team")
    return ", ".join(membership.team.name for membership in memberships)


registry.register(
    Role(
        key="participant",
        label=_("Team"),
        held_by="team_memberships",
        start_url_name="submissions:team-list",
        needs_second_factor=False,
        menu=(
            MenuItem(_("My submissions"), "submissions:submission-list"),
            MenuItem(_("My teams"), "submissions:team-list"),
        ),
        order=40,
        acts_for=_teams,
    )
)
