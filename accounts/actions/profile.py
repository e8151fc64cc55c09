"""What people change about themselves."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from core import audit


@transaction.atomic
def save(user: User, *, by: User, name: str, language: str) -> User:
    """Store name and language; the audit event names the fields, not their contents."""
    changed = [
        field
        for field, value in (("name", name), ("language", language))
        if getattr(user, field) != value
    ]
    if not changed:
        return user
    user.name, user.language = name, language
    user.save(update_fields=changed)
    audit.record("user.profile_changed", target=user, by=by, data={"fields": changed})
    return user
