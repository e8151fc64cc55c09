"""The stored AI Act pre-check of a problem statement."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition.states import Outcome


class PreCheck(models.Model):
    """Answers, version of the set of questions, and what followed from them."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.CASCADE, related_name="precheck"
    )
    answers = models.JSONField(default=dict)
    ruleset = models.CharField(max_length=20)
    outcome = models.CharField(
        max_length=30,
        choices=Outcome.choices,
        blank=True,
        help_text="Empty while questions are open: an unfinished pre-check can be saved",
    )
    outcomes = models.JSONField(default=list, help_text="All outcomes, the strictest first")
    flags = models.JSONField(default=list, help_text="FRIA_REQUIRED, DPIA")
    reasoning = models.TextField(_("reasoning"), blank=True, max_length=4_000)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("AI Act pre-check")
        verbose_name_plural = _("AI Act pre-checks")
        ordering: ClassVar = ["challenge"]

    def __str__(self) -> str:
        """Return the outcome."""
        return self.get_outcome_display()

    @property
    def outcome_tone(self) -> str:
        """Return the tone of the outcome's tag."""
        return Outcome(self.outcome).tone if self.outcome else "warn"

    @property
    def blocks_publication(self) -> bool:
        """Say whether the practice is prohibited."""
        return self.outcome == Outcome.PROHIBITED

    @property
    def is_high_risk(self) -> bool:
        """Say whether high-risk duties apply."""
        return self.outcome in {Outcome.HIGH_RISK_ANNEX_I, Outcome.HIGH_RISK_ANNEX_III}
