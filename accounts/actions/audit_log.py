"""What auditors do: reading changes nothing, so there is one action only."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from core import audit


@transaction.atomic
def verify(*, by: User) -> audit.ChainReport:
    """Recompute the chain and record that, and with which result, it was done."""
    report = audit.verify_chain()
    audit.record(
        "audit.verified",
        target=None,
        by=by,
        data={"events": report.events, "intact": report.is_intact, "head": report.head},
    )
    return report
