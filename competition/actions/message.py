"""Messages of a competition: send again what was not delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.rules import is_organiser
from core import audit, outbox
from core.exceptions import PermissionRefused

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User
    from competition.models import Competition


@transaction.atomic
def resend_failed(competition: Competition, *, by: User, now: dt.datetime | None = None) -> int:
    """Queue every message of the competition that failed once more; return how many.

    Nothing happens, and nothing is recorded, when none has failed.

    Raises:
        PermissionRefused: the person does not work in the office of the competition.

    """
    if not is_organiser(by, competition):
        raise PermissionRefused("refused", _("This page does not exist or is not for you."))
    count = outbox.retry_failed(competition.slug)
    if count:
        audit.record(
            "competition.messages_resent",
            target=competition,
            by=by,
            data={"count": count},
            now=now,
        )
    return count
