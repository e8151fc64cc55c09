"""When the public leaderboard stands still: announced beforehand, ended by an act of its own."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FreezeQuerySet(models.QuerySet["Freeze"]):
    """Filters over freezes."""

    def open(self) -> FreezeQuerySet:
        """Return those that are announced or in force: nobody has ended them."""
        return self.filter(ended_at=None)

    def in_force(self, now: dt.datetime) -> FreezeQuerySet:
        """Return those by which a public board stands still; a freeze is half-open."""
        return self.open().filter(starts_at__lte=now)


class Freeze(models.Model):
    """One announced moment from which the public board stands still; moving it is a new row."""

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="freezes"
    )
    starts_at = models.DateTimeField()
    reason = models.CharField(_("public reason"), max_length=500)
    announced_at = models.DateTimeField()
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Dropped before it began, moved, lifted by the office, or over with the results.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    end_reason = models.CharField(_("public reason of the end"), max_length=500, blank=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze of the leaderboard")
        verbose_name_plural = _("freezes of leaderboards")
        ordering: ClassVar = ["challenge", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["challenge"],
                condition=models.Q(ended_at=None),
                name="one_open_freeze_per_challenge",
            ),
            models.CheckConstraint(
                name="freeze_is_announced_beforehand",
                condition=models.Q(announced_at__lt=models.F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        """Return from when on."""
        return f"{self.challenge_id} from {self.starts_at:%Y-%m-%d %H:%M}"

    def is_in_force(self, now: dt.datetime) -> bool:
        """Say whether the public board stands still because of it."""
        return self.ended_at is None and self.starts_at <= now

    @property
    def took_effect(self) -> bool:
        """Say of one that has ended whether the board ever stood still."""
        return self.ended_at is None or self.ended_at >= self.starts_at
