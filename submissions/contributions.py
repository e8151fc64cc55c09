"""What this app shows on pages of `competition`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from competition.extensions import participant_filters
from submissions.models import Entry

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


@participant_filters.register
def _participates(user: User) -> QuerySet[Any]:
    return Entry.objects.of_member(user).values("challenge")
