"""The role of the answering side."""

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

registry.register(
    Role(
        key="participant",
        label=_("Team"),
        holds=lambda user: user.team_memberships.exists(),  # type: ignore[attr-defined]
        start_url_name="submissions:team-list",
        needs_second_factor=False,
        menu=(
            MenuItem(_("My submissions"), "submissions:submission-list"),
            MenuItem(_("My teams"), "submissions:team-list"),
        ),
        order=40,
    )
)
