"""The role of the judging side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.roles import MenuItem, Role, registry

if TYPE_CHECKING:
    from accounts.models import User


def _juries(user: User) -> str:
    seats = user.jury_seats.select_related("jury__challenge")
    return ", ".join(f"{seat.jury.challenge} ({seat.get_role_display()})" for seat in seats)


registry.register(
    Role(
        key="juror",
        label=_("Jury"),
        held_by="jury_seats",
        start_url_name="scoring:jury-list",
        needs_second_factor=True,
        menu=(MenuItem(_("My assessments"), "scoring:jury-list"),),
        order=30,
        acts_for=_juries,
    )
)
