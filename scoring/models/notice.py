"""Persons whom a team names because they should not judge its work."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.states import ConflictRelation


class ConflictNotice(models.Model):
    """A person whom a team names, and how they stand to each other (Q-21).

    A team need not know who sits in the jury; the office compares. A notice that nobody has settled
    yet can be taken back, and is then deleted: it tells about a third person.
    """

    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="conflict_notices"
    )
    name = models.CharField(_("name of the person"), max_length=120)
    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    relation = models.CharField(
        _("how you stand to each other"), max_length=12, choices=ConflictRelation.choices
    )
    note = models.CharField(_("explanation"), max_length=500, blank=True)
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # What the office found: the recusal that follows, if any, and its reason.
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recusal = models.ForeignKey(
        "scoring.Recusal", on_delete=models.SET_NULL, null=True, blank=True, related_name="notices"
    )
    reason = models.CharField(_("reason"), max_length=1_000, blank=True)

    class Meta:
        verbose_name = _("person named by a team")
        verbose_name_plural = _("persons named by teams")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="notice_settled_with_a_reason",
                condition=models.Q(settled_at=None, reason="", recusal=None)
                | (models.Q(settled_at__isnull=False) & ~models.Q(reason="")),
            )
        ]

    def __str__(self) -> str:
        """Return the name of the person."""
        return self.name

    @property
    def is_settled(self) -> bool:
        """Say whether the office has looked at it."""
        return self.settled_at is not None
