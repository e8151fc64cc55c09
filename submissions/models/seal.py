"""The log of a problem statement, and the roots that seal it. Append-only, in the database too."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    import datetime as dt


class LeafKind(models.TextChoices):
    """What a leaf of the log commits to."""

    SUBMISSION = "submission", _("Acknowledged version")
    COUNTING = "counting", _("Version that counts at the deadline")
    OPENING = "opening", _("Record of the opening")
    RUBRIC = "rubric", _("Rubric of the jury")
    ASSESSMENT = "assessment", _("Released assessment")
    CUT = "cut", _("Cut between the rounds")
    RESULT = "result", _("Published result")


class SealKind(models.TextChoices):
    """At which moment a root is made."""

    DEADLINE = "deadline", _("Deadline")
    OPENING = "opening", _("Opening of the documents")
    ROUND_LOCK = "round_lock", _("End of the first round of the jury")
    JURY_LOCK = "jury_lock", _("End of the assessments")
    REOPENING = "reopening", _("Assessment locked anew")
    PUBLICATION = "publication", _("Publication of the result")
    ERRATUM = "erratum", _("Erratum of the result")


class Log(models.Model):
    """The one row that whoever appends to the log of a problem statement locks."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, primary_key=True, related_name="log"
    )
    size = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        """Return the number of leaves."""
        return f"{self.challenge_id}: {self.size}"


class LogLeaf(models.Model):
    """One salted fact. Its data stay with the platform and with whom they concern."""

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="leaves"
    )
    # From 0 on, without gaps: taken from the locked row of the log.
    index = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=LeafKind.choices)
    data = models.JSONField()
    # RFC 9162: SHA-256(0x00 ‖ canonical JSON of the data), in hex.
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    submission = models.ForeignKey(
        "submissions.Submission",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="leaves",
    )

    class Meta:
        ordering: ClassVar = ["challenge", "index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["challenge", "index"], name="leaf_index_is_unique"),
            models.UniqueConstraint(
                fields=["submission"],
                condition=models.Q(kind="submission"),
                name="one_leaf_per_version",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["challenge", "hash"], name="leaf_by_hash")]

    def __str__(self) -> str:
        """Return statement and index."""
        return f"{self.challenge_id}/{self.index} {self.kind}"


class Seal(models.Model):
    """The signed root of the log at a moment, tied to the root before it."""

    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.PROTECT, related_name="seals"
    )
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=SealKind.choices)
    size = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="next"
    )
    # Proof that this root continues the previous one (RFC 9162), hashes in hex.
    consistency = models.JSONField(default=list)
    # What is signed, as canonical JSON.
    note = models.JSONField()
    signature = models.CharField(max_length=120)
    key_id = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("root")
        verbose_name_plural = _("roots")
        ordering: ClassVar = ["challenge", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["challenge", "number"], name="seal_number_is_unique")
        ]

    def __str__(self) -> str:
        """Return number and kind."""
        return f"{self.challenge_id} root {self.number} ({self.kind})"

    @property
    def stamp(self) -> bytes | None:
        """Return the reply of the time-stamping authority, None without a stamp."""
        row = getattr(self, "timestamp", None)
        return bytes(row.reply) if row is not None and row.reply is not None else None

    @property
    def stamped_at(self) -> dt.datetime | None:
        """Return the time that the time-stamping authority confirmed, None without a stamp."""
        row = getattr(self, "timestamp", None)
        return row.stamped_at if row is not None else None


class TimeStamp(models.Model):
    """The RFC 3161 token of a root, or the tries to get one."""

    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="timestamp")
    # The whole reply of the authority (DER), as `openssl ts -verify -in` reads it.
    reply = models.BinaryField(null=True, blank=True)
    stamped_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["seal"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="timestamp_has_reply_iff_time",
                condition=models.Q(reply=None, stamped_at=None)
                | models.Q(reply__isnull=False, stamped_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        """Return the time, or the number of tries."""
        return str(self.stamped_at or self.attempts)
