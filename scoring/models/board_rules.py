"""By which rules a leaderboard is made, and under which names teams stand on an anonymous one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.states import BoardTies, Counts

if TYPE_CHECKING:
    from competition.models import Challenge


class BoardRulesQuerySet(models.QuerySet["BoardRules"]):
    """Filters over rules."""

    def in_force(self, challenge: Challenge) -> BoardRules:
        """Return the newest rules of a challenge; unsaved ones with number 0 if none were set."""
        newest = self.filter(challenge=challenge).order_by("-number").first()
        return newest or BoardRules(challenge=challenge, number=0)


class BoardRules(models.Model):
    """One version of the rules of a challenge's boards; never changed, the newest one is in force.

    Number 0 is what holds without a row: the version that a team chose, otherwise the latest one;
    equal values share a rank; teams stand there by their public names.
    """

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="board_rules"
    )
    number = models.PositiveSmallIntegerField()
    counts = models.CharField(
        _("which version of a team counts"),
        max_length=10,
        choices=Counts.choices,
        default=Counts.CHOSEN,
    )
    ties = models.CharField(
        _("if all metrics are equal"),
        max_length=14,
        choices=BoardTies.choices,
        default=BoardTies.SHARED,
    )
    step = models.DecimalField(
        _("step of the public value"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    is_anonymous = models.BooleanField(
        _("teams stand there under a made-up name until the results are published"), default=False
    )
    reason = models.CharField(_("public reason of the change"), max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = BoardRulesQuerySet.as_manager()

    class Meta:
        verbose_name = _("rules of a leaderboard")
        verbose_name_plural = _("rules of leaderboards")
        ordering: ClassVar = ["challenge", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["challenge", "number"], name="board_rules_number_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return challenge and number."""
        return f"{self.challenge_id} rules {self.number}"

    @property
    def content(self) -> dict[str, Any]:
        """Return everything that decides how a board comes about."""
        found = {"counts": self.counts, "ties": self.ties, "is_anonymous": self.is_anonymous}
        # Boards from before there were steps have the hash that they had.
        return found if self.ladder_step is None else {**found, "step": f"{self.ladder_step:f}"}

    @property
    def ladder_step(self) -> Decimal | None:
        """Return by how much more than this a version has to be better to change the public value.

        Without needless digits; also of rules that were made again from what a board stores.
        """
        return None if self.step is None else Decimal(self.step).normalize()

    @property
    def tie_steps(self) -> tuple[str, ...]:
        """Return what separates teams whose metrics are all equal, in this order."""
        return BoardTies(self.ties).steps


class BoardName(models.Model):
    """The made-up name of an entry on anonymous boards; the jury knows it by another one."""

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="board_names"
    )
    entry = models.OneToOneField(
        "submissions.Entry", on_delete=models.PROTECT, related_name="board_name"
    )
    name = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("name on a leaderboard")
        verbose_name_plural = _("names on leaderboards")
        ordering: ClassVar = ["challenge", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["challenge", "name"], name="board_name_is_unique_in_challenge"
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
