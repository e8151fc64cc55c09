"""The rules for teams that the office sets for a whole competition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from competition.actions.desk import refused
from competition.models import Competition
from core import audit, clock

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User

FIELDS = ("team_size_limit", "team_changes_end_days", "objection_days")


@transaction.atomic
def set_team_rules(
    competition: Competition,
    *,
    by: User,
    team_size_limit: int | None,
    team_changes_end_days: int,
    objection_days: int,
    now: dt.datetime | None = None,
) -> Competition:
    """Set how many people a team may have, when it may change, and how long it may object.

    Teams that are larger already stay as they are; nobody else joins them. Saving what is stored
    already changes nothing.

    Raises:
        PermissionRefused: the person does not work in the office of the competition.

    """
    if not by.has_perm("competition.organise", competition):
        raise refused()
    locked = Competition.objects.select_for_update(no_key=True).get(pk=competition.pk)
    before = {name: getattr(locked, name) for name in FIELDS}
    after = {
        "team_size_limit": team_size_limit,
        "team_changes_end_days": team_changes_end_days,
        "objection_days": objection_days,
    }
    if after == before:
        return locked
    for name, value in after.items():
        setattr(locked, name, value)
    locked.save(update_fields=FIELDS)
    audit.record(
        "competition.team_rules_set",
        target=locked,
        by=by,
        data={"before": before, "after": after},
        now=now or clock.now(),
    )
    return locked
