"""Time stamps of roots: asked for after the commit, tried again until there is one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from core import audit, clock, timestamps
from core.audit import canonical
from submissions import log
from submissions.models import Seal, TimeStamp

if TYPE_CHECKING:
    from core.timestamps import Stamp

# Doubled after each failure: the authority may be down for days, and blocks nothing.
FIRST_PAUSE: Final = dt.timedelta(minutes=1)
LONGEST_PAUSE: Final = dt.timedelta(hours=6)


def stamp(seal_id: int, *, now: dt.datetime | None = None) -> bool:
    """Ask the authority for the time stamp of a root; say whether it gave one. Safe to call twice.

    The answer is waited for outside of any transaction.
    """
    at = now or clock.now()
    seal = Seal.objects.select_related("challenge").get(pk=seal_id)
    if not timestamps.is_on() or not _claim(seal, at):
        return False
    try:
        stamped = timestamps.request(canonical(seal.note).encode())
    except timestamps.StampRefused as refusal:
        TimeStamp.objects.filter(seal=seal, reply=None).update(error=str(refusal)[:200])
        return False
    return _keep(seal, stamped, at)


@transaction.atomic
def _claim(seal: Seal, at: dt.datetime) -> bool:
    """Take the next try, so that nobody else asks meanwhile; False if it is not time."""
    TimeStamp.objects.get_or_create(seal=seal, defaults={"next_try_at": at})
    row = TimeStamp.objects.select_for_update(no_key=True).get(seal=seal)
    if row.reply is not None or row.next_try_at > at:
        return False
    row.next_try_at = at + min(FIRST_PAUSE * 2 ** min(row.attempts, 20), LONGEST_PAUSE)
    row.attempts += 1
    row.save(update_fields=["next_try_at", "attempts"])
    return True


@transaction.atomic
def _keep(seal: Seal, stamped: Stamp, at: dt.datetime) -> bool:
    row = TimeStamp.objects.select_for_update(no_key=True).get(seal=seal)
    if row.reply is not None:
        return False
    row.reply, row.stamped_at, row.error = stamped.reply, stamped.at, ""
    row.save(update_fields=["reply", "stamped_at", "error"])
    audit.record(
        "log.stamped",
        target=seal.challenge,
        by=None,
        data={"number": seal.number, "time": log.moment(stamped.at)},
        now=at,
    )
    return True


def stamp_waiting(now: dt.datetime) -> int:
    """Try every root without a time stamp that is due; return how many got one (for the sweep)."""
    if not timestamps.is_on():
        return 0
    due = Q(timestamp=None) | Q(timestamp__reply=None, timestamp__next_try_at__lte=now)
    keys = list(Seal.objects.filter(due).order_by("pk").values_list("pk", flat=True))
    return sum(stamp(key, now=now) for key in keys)
