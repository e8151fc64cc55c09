"""The role of the judging side."""

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

registry.register(
    Role(
        key="juror",
        label=_("Jury"),
        holds=lambda user: user.jury_seats.exists(),  # type: ignore[attr-defined]
        start_url_name="scoring:jury-list",
        needs_second_factor=True,
        menu=(MenuItem(_("My assessments"), "scoring:jury-list"),),
        order=30,
    )
)
