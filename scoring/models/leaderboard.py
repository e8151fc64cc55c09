"""Computed tables, stored: publishing keeps a snapshot, not a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from scoring.states import BoardKind

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class LeaderboardQuerySet(models.QuerySet["LeaderboardSnapshot"]):
    """Filters over snapshots."""

    def of(self, challenge_id: int, kind: str) -> LeaderboardQuerySet:
        """Return the snapshots of a kind, the newest first."""
        return self.filter(challenge=challenge_id, kind=kind).order_by("-number")

    def public(self) -> LeaderboardQuerySet:
        """Return what everybody may see: the one predicate of every public page and file.

        Left out are boards that were stored while a freeze was in force and has not been lifted,
        and those of the hidden part and of the jury before the results are public.
        """
        return self.filter(is_public=True)

    def restricted(self) -> LeaderboardQuerySet:
        """Return what is kept back from the public."""
        return self.filter(is_public=False)

    def visible_to(self, user: User | AnonymousUser) -> LeaderboardQuerySet:
        """What everybody sees; the office also the provisional boards that a freeze keeps back."""
        office = models.Q(challenge__competition__office__user=key_of(user), kind=BoardKind.PUBLIC)
        return self.filter(models.Q(is_public=True) | office).distinct()

    def latest_of(self, challenge_id: int, kind: str) -> LeaderboardSnapshot | None:
        """Return the newest snapshot of a kind, None if there is none."""
        return self.of(challenge_id, kind).first()


class LeaderboardSnapshot(models.Model):
    """One computed leaderboard; immutable."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="snapshots"
    )
    kind = models.CharField(max_length=10, choices=BoardKind.choices)
    number = models.PositiveIntegerField()
    computed_at = models.DateTimeField()
    rule_version = models.CharField(max_length=20)
    # Which sources have computed it; empty in boards from before they named it.
    code_version = models.CharField(max_length=12, blank=True)
    inputs_sha256 = models.CharField(max_length=64)
    # Everything a page needs beside the rows: columns, weights, metric, counts.
    header = models.JSONField(default=dict)
    # Decided when it is stored, and changed once at most, to true: what a freeze keeps back waits
    # for the lifting, the boards of the hidden part and of the jury wait for the publication.
    is_public = models.BooleanField(default=False)

    objects = LeaderboardQuerySet.as_manager()

    class Meta:
        verbose_name = _("leaderboard")
        verbose_name_plural = _("leaderboards")
        ordering: ClassVar = ["challenge", "kind", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["challenge", "kind", "number"], name="snapshot_number_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return kind and number."""
        return f"{self.kind} {self.number}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Give a new snapshot its code."""
        from core.codes import assign_code  # noqa: PLC0415  (thin method)

        assign_code(self, "L")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class LeaderboardRow(models.Model):
    """One line of a snapshot; a row without a score has no rank."""

    snapshot = models.ForeignKey(LeaderboardSnapshot, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True, blank=True)
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="leaderboard_rows"
    )
    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The name shown: the public team name, or the jury pseudonym on the jury's own boards.
    name = models.CharField(max_length=80)
    # The published figure as text with its digits; empty: no score.
    score = models.CharField(max_length=20, blank=True)
    columns = models.JSONField(default=dict)
    is_baseline = models.BooleanField(default=False)
    note = models.CharField(max_length=60, blank=True, help_text="Key of why there is no rank")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "position"], name="row_position_is_unique"),
            models.CheckConstraint(
                name="row_without_score_has_no_rank",
                condition=~models.Q(score="") | models.Q(rank=None),
            ),
        ]

    def __str__(self) -> str:
        """Return rank and name."""
        return f"{self.rank or '–'} {self.name}"
