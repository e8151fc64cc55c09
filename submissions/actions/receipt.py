"""Sending a receipt once more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core import audit, clock
from core.models import OutboxMessage
from submissions import emails, receipts
from submissions.models import Entry

if TYPE_CHECKING:
    from accounts.models import User
    from submissions.models import Receipt

# Nobody can flood a mailbox, not even the own one.
PAUSE: Final = dt.timedelta(minutes=5)


@transaction.atomic
def send_again(receipt: Receipt, *, by: User, now: dt.datetime | None = None) -> bool:
    """Send the receipt to the person who asks; False if that was done a moment ago."""
    # Two clicks at once are one after another.
    Entry.objects.select_for_update(of=("self",), no_key=True).get(pk=receipt.submission.entry_id)
    at = now or clock.now()
    prefix = receipts.again_key(receipt.submission, by)
    if OutboxMessage.objects.filter(key__startswith=prefix, created_at__gt=at - PAUSE).exists():
        return False
    emails.receipt_again(
        receipt,
        by,
        by=receipt.submission.handed_in_by,
        key=f"{prefix}{at.timestamp()}",
        now=at,
    )
    audit.record("receipt.sent_again", target=receipt.submission, by=by, now=at)
    return True
