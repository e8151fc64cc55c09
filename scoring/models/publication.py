"""From the decision to its publication: names, eligibility, amendments."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from core.codes import assign_code
from core.two_people import ConfirmedByTwo
from scoring.models.decision import Decision


class Unsealing(ConfirmedByTwo):
    """Two people of the office open which team is behind which pseudonym (T-17, R-20).

    `record` lists the pseudonyms with the codes of submission and team, and the checksum of the
    table that was decided on; it is what is signed.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="unsealing")

    class Meta(ConfirmedByTwo.Meta):
        verbose_name = _("unsealing")
        verbose_name_plural = _("unsealings")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the code of the problem statement."""
        return self.decision.challenge.code


class EligibilityCheck(models.Model):
    """Whether a team may receive its award; a later check of the same entry counts instead."""

    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, related_name="eligibility_checks"
    )
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="eligibility_checks"
    )
    # By the key of `EligibilityCondition`: whether it is met.
    answers = models.JSONField()
    is_eligible = models.BooleanField()
    # The chair reads it, who knows no names: it must not tell the team.
    remark = models.TextField(_("remark"), max_length=2_000, blank=True)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("check of eligibility")
        verbose_name_plural = _("checks of eligibility")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the outcome."""
        return str(_("eligible")) if self.is_eligible else str(_("not eligible"))


class Amendment(models.Model):
    """A change of what was decided, with its reason; what it replaces stays readable.

    Before the publication the chair amends awards that cannot be given. What is changed after it is
    an erratum, which is public.
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField()
    # The table that holds from then on.
    snapshot = models.ForeignKey(
        "scoring.LeaderboardSnapshot", on_delete=models.PROTECT, related_name="amendments"
    )
    is_erratum = models.BooleanField(default=False)
    reason_de = models.TextField(_("reason of the change (German)"), max_length=3_000)
    reason_en = models.TextField(_("reason of the change (English)"), max_length=3_000, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering: ClassVar = ["decision", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["decision", "number"], name="amendment_number_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return whose decision, and the number."""
        return f"{self.decision} {self.number}"

    @property
    def reason(self) -> Text:
        """Return the reason in the language of the page."""
        return localised(self, "reason")


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Filters over objections."""

    def unanswered(self) -> ObjectionQuerySet:
        """Objections that wait for the office."""
        return self.filter(answered_at=None)


class Objection(models.Model):
    """What a team objects to in its result before it is published, and the office's answer."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="objections")
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="objections"
    )
    text = models.TextField(_("objection"), max_length=6_000)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    answer = models.TextField(_("answer"), max_length=6_000, blank=True)
    # Upheld: the chair has to amend the decision before anything is published.
    is_upheld = models.BooleanField(default=False)
    # For the chair, who knows no names: what to change.
    note = models.TextField(_("note to the chair"), max_length=2_000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["decision", "entry"],
                condition=models.Q(answered_at=None),
                name="one_open_objection_per_entry",
            )
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new objection its code."""
        assign_code(self, "W")
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Say whether it waits for an answer; agrees with `unanswered`."""
        return self.answered_at is None
