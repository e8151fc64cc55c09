"""Who may read the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules

if TYPE_CHECKING:
    from accounts.models import User


@rules.predicate
def is_auditor(user: User) -> bool:
    """Auditors read; operators of the installation do too, since they run its checks."""
    return bool(user.is_authenticated and (user.is_auditor or user.is_superuser))


rules.add_perm("accounts.read_audit_log", is_auditor)
