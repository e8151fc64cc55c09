"""What the jury decided. Decided is not published."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from scoring.states import AwardKind


class Decision(models.Model):
    """The jury's decision on one problem statement, with its reasons and the table it rests on."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, related_name="decision"
    )
    snapshot = models.ForeignKey(
        "scoring.LeaderboardSnapshot", on_delete=models.PROTECT, related_name="decisions"
    )
    reasons_de = models.TextField(_("reasons"), max_length=6_000)
    reasons_en = models.TextField(_("reasons (English)"), max_length=6_000, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # When the teams were told their own result, and until when they may object; an amendment
    # after it empties both.
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    objections_until = models.DateTimeField(null=True, blank=True)
    # When the sweep publishes it; empty: nobody has planned it.
    publish_at = models.DateTimeField(null=True, blank=True)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering: ClassVar = ["-decided_at"]

    def __str__(self) -> str:
        """Return whose decision it is."""
        return f"{self.challenge.code} decision"

    def is_open_to_objections(self, now: dt.datetime) -> bool:
        """Say whether a team may object: half-open, as every window."""
        return (
            self.told_at is not None
            and self.objections_until is not None
            and self.told_at <= now < self.objections_until
        )

    @property
    def reasons(self) -> Text:
        """Return the reasons in the language of the page."""
        return localised(self, "reasons")


class AwardQuerySet(models.QuerySet["Award"]):
    """Filters over awards."""

    def standing(self) -> AwardQuerySet:
        """Awards that no amendment has taken back."""
        return self.filter(lapsed_in=None)


class Award(models.Model):
    """What a team receives; a person decided it, never a figure alone (R-45)."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="awards")
    entry = models.ForeignKey("submissions.Entry", on_delete=models.PROTECT, related_name="awards")
    kind = models.CharField(_("kind"), max_length=12, choices=AwardKind.choices)
    place = models.PositiveSmallIntegerField(_("place"), null=True, blank=True)
    amount = models.PositiveIntegerField(_("amount in euros"), null=True, blank=True)
    reason_de = models.TextField(_("remark of the jury"), max_length=3_000)
    reason_en = models.TextField(_("remark of the jury (English)"), max_length=3_000, blank=True)
    # An award is never changed: an amendment lets it lapse, and gives another one.
    added_in = models.ForeignKey(
        "scoring.Amendment", on_delete=models.PROTECT, null=True, blank=True, related_name="added"
    )
    lapsed_in = models.ForeignKey(
        "scoring.Amendment", on_delete=models.PROTECT, null=True, blank=True, related_name="lapsed"
    )

    objects = AwardQuerySet.as_manager()

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering: ClassVar = ["place", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["decision", "entry", "kind"],
                condition=models.Q(lapsed_in=None),
                name="one_award_of_a_kind_per_entry",
            )
        ]

    def __str__(self) -> str:
        """Return kind and place."""
        return f"{self.get_kind_display()} {self.place or ''}".strip()

    @property
    def reason(self) -> Text:
        """Return the remark in the language of the page."""
        return localised(self, "reason")
