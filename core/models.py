"""Tables of the kernel: the audit chain, the outbox, and who works in the background."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """Who did what to what, when. Append-only and hash-chained; no foreign keys.

    Without foreign keys history never blocks the erasure of a person: the actor is a number that
    leads nowhere once the account is gone.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.PositiveBigIntegerField(null=True, help_text="Key of the user; empty: system")
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_key = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["sequence"]
        indexes: ClassVar = [models.Index(fields=["target_type", "target_key"])]

    def __str__(self) -> str:
        """Return the number and the action."""
        return f"{self.sequence} {self.action}"


class AuditHead(models.Model):
    """The one row that every writer of the audit chain locks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="audit_head_is_single")
        ]

    def __str__(self) -> str:
        """Return the last number."""
        return str(self.sequence)


class OutboxState(models.TextChoices):
    """Where a message is."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class OutboxMessage(models.Model):
    """A mail to send. The key makes sending it twice impossible."""

    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(max_length=80)
    # To whose list of messages it belongs, such as the slug of a competition; empty: nobody's.
    topic = models.CharField(max_length=60, blank=True)
    recipient = models.EmailField()
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    is_confidential = models.BooleanField(
        default=False, help_text="The body holds a sign-in code and is erased once sent"
    )
    state = models.CharField(max_length=10, choices=OutboxState.choices, default=OutboxState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"], name="outbox_waiting", condition=models.Q(state="queued")
            ),
            models.Index(fields=["topic", "state"], name="outbox_of_topic"),
        ]

    def __str__(self) -> str:
        """Return template and recipient."""
        return f"{self.template} → {self.recipient}"

    def is_waiting_since(self, now: dt.datetime) -> dt.timedelta:
        """Return how long the message has been waiting."""
        return now - self.created_at


class Worker(models.Model):
    """A supervisor of background processes, and when it last gave a sign of life."""

    name = models.CharField(max_length=80, unique=True)
    processes = models.PositiveSmallIntegerField(help_text="For evaluations; alive at the sign")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the name."""
        return self.name
