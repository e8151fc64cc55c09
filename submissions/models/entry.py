"""A team's part in one problem statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access import key_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class EntryQuerySet(models.QuerySet["Entry"]):
    """Filters over entries."""

    def live(self) -> EntryQuerySet:
        """Entries whose versions count: not closed by a merge of two teams."""
        return self.filter(merged_into=None)

    def of_member(self, user: User | AnonymousUser) -> EntryQuerySet:
        """Entries of one's teams."""
        return self.filter(team__memberships__user=key_of(user))

    def visible_to(self, user: User | AnonymousUser) -> EntryQuerySet:
        """Entries of one's own teams, and, for the office, that a team takes part.

        The office knows the registered teams; which jury pseudonym is whose it learns after the
        decision only (R-20), so pages of the office never show both columns before.
        """
        organised = models.Q(challenge__competition__office__user=key_of(user))
        return self.filter(
            models.Q(pk__in=Entry.objects.of_member(user).values("pk")) | organised
        ).distinct()


class Entry(models.Model):
    """Accepted terms, eligibility, and the two names: public and for the jury."""

    team = models.ForeignKey("submissions.Team", on_delete=models.PROTECT, related_name="entries")
    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="entries"
    )
    terms = models.ForeignKey(
        "competition.Terms", on_delete=models.PROTECT, related_name="acceptances"
    )
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    jury_pseudonym = models.CharField(
        _("name before the jury"), max_length=40, help_text=_("A random tree, unlike the team name")
    )
    is_baseline = models.BooleanField(
        default=False, help_text="A reference of the host: shown on boards, never ranked"
    )

    chosen = models.ForeignKey(
        "submissions.Submission",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Counts instead of the latest version, as long as it is handed in",
    )
    # Closed when two teams that both took part merged: its versions stay, and count no more, but
    # their tries count for the entry that goes on.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_entries"
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "challenge"],
                condition=models.Q(merged_into=None),
                name="one_entry_per_challenge",
            ),
            models.UniqueConstraint(
                fields=["challenge", "jury_pseudonym"], name="pseudonym_is_unique_in_challenge"
            ),
        ]

    def __str__(self) -> str:
        """Return the public name: never the pseudonym, so that logs cannot join both."""
        return str(self.team)
