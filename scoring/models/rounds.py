"""The cut between the rounds of a jury: who is in the final, on which table, and why."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Cut(models.Model):
    """Where the chair drew the line below the first round; made once and never changed.

    A jury has one only where two rounds were published. Whoever is not among the `finalists` keeps
    rank and marks of the first round.
    """

    jury = models.OneToOneField("scoring.Jury", on_delete=models.PROTECT, related_name="cut")
    snapshot = models.ForeignKey(
        "scoring.LeaderboardSnapshot", on_delete=models.PROTECT, related_name="cuts"
    )
    place = models.PositiveIntegerField(help_text="Last rank of the first round above the line")
    reason = models.TextField(_("reason"), max_length=2_000)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("cut between two rounds")
        verbose_name_plural = _("cuts between two rounds")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return jury and line."""
        return f"{self.jury_id}: {self.place}"


class Finalist(models.Model):
    """A submission in the final round: above the line, or taken up from below for a reason."""

    cut = models.ForeignKey(Cut, on_delete=models.PROTECT, related_name="finalists")
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="finalists"
    )
    rank = models.PositiveIntegerField(
        null=True, blank=True, help_text="In the first round; empty: no rank there"
    )
    reason = models.CharField(
        _("reason to take it up"), max_length=500, blank=True, help_text="Empty: above the line"
    )

    class Meta:
        verbose_name = _("finalist")
        verbose_name_plural = _("finalists")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cut", "entry"], name="finalist_once"),
            models.CheckConstraint(
                name="finalist_without_rank_has_reason",
                condition=models.Q(rank__isnull=False) | ~models.Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        """Return the entry."""
        return str(self.entry_id)
