"""Windows of time of a problem statement."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from competition.states import PhaseKind


class PhaseQuerySet(models.QuerySet["Phase"]):
    """Filters over phases."""

    def open_at(self, at: dt.datetime) -> PhaseQuerySet:
        """Phases whose window contains the moment; agrees with `Phase.is_open`."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class Phase(models.Model):
    """A half-open window `[starts_at, ends_at)`: an act at exactly the end is late (R-1)."""

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.CASCADE, related_name="phases"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=PhaseKind.choices)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    limit_per_day = models.PositiveSmallIntegerField(
        _("evaluated versions per day"), null=True, blank=True
    )
    limit_total = models.PositiveSmallIntegerField(
        _("evaluated versions in total"), null=True, blank=True
    )
    limit_at_once = models.PositiveSmallIntegerField(
        _("versions in evaluation at once"), null=True, blank=True
    )
    # Of one person who hands in, in all teams of the statement together.
    person_limit_per_day = models.PositiveSmallIntegerField(
        _("evaluated versions of one person per day"), null=True, blank=True
    )
    person_limit_total = models.PositiveSmallIntegerField(
        _("evaluated versions of one person in total"), null=True, blank=True
    )
    person_limit_at_once = models.PositiveSmallIntegerField(
        _("versions of one person in evaluation at once"), null=True, blank=True
    )

    objects = PhaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="phase_ends_after_start", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
            models.UniqueConstraint(fields=["challenge", "kind"], name="phase_kind_is_unique"),
        ]

    def __str__(self) -> str:
        """Return the kind."""
        return self.get_kind_display()

    @property
    def limit_words(self) -> list[str]:
        """Return the limits as phrases: for a team, then for one person."""
        team = _limits(self.limit_per_day, self.limit_total, self.limit_at_once)
        person = _limits(
            self.person_limit_per_day, self.person_limit_total, self.person_limit_at_once
        )
        found = [gettext("each team: %(limits)s") % {"limits": team}] if team else []
        if person:
            found.append(gettext("each person: %(limits)s") % {"limits": person})
        return found

    def is_open(self, at: dt.datetime) -> bool:
        """Say whether the moment lies in the window."""
        return self.starts_at <= at < self.ends_at

    def is_over(self, at: dt.datetime) -> bool:
        """Say whether the window has ended."""
        return at >= self.ends_at


def _limits(per_day: int | None, total: int | None, at_once: int | None) -> str:
    words = []
    if per_day is not None:
        words.append(gettext("%(number)s evaluated per day") % {"number": per_day})
    if total is not None:
        words.append(gettext("%(number)s in total") % {"number": total})
    if at_once is not None:
        words.append(gettext("%(number)s in evaluation at once") % {"number": at_once})
    return ", ".join(words)


class PhaseChange(models.Model):
    """A deadline that moved after publication, with its public reason (R-23)."""

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="changes")
    old_ends_at = models.DateTimeField()
    new_ends_at = models.DateTimeField()
    reason_de = models.TextField(_("public reason (German)"), max_length=1_000)
    reason_en = models.TextField(_("public reason (English)"), max_length=1_000, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-changed_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="phase_change_never_shortens",
                condition=models.Q(new_ends_at__gt=models.F("old_ends_at")),
            )
        ]

    def __str__(self) -> str:
        """Return the new end."""
        return f"{self.phase_id} → {self.new_ends_at:%Y-%m-%d %H:%M}"

    @property
    def reason(self) -> Text:
        """Return the public reason in the language of the page."""
        return localised(self, "reason")
