"""Roles of the asking side: agency staff and the competition office."""

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

registry.register(
    Role(
        key="organiser",
        label=_("Competition office"),
        holds=lambda user: user.office_memberships.exists(),  # type: ignore[attr-defined]
        start_url_name="competition:office-list",
        needs_second_factor=True,
        menu=(MenuItem(_("Cockpit"), "competition:office-list"),),
        order=10,
    )
)
registry.register(
    Role(
        key="agency",
        label=_("Agency"),
        holds=lambda user: user.agency_memberships.exists(),  # type: ignore[attr-defined]
        start_url_name="competition:statement-list",
        needs_second_factor=False,
        menu=(MenuItem(_("Problem statements"), "competition:statement-list"),),
        order=20,
    )
)
