"""What two people confirm together: one begins, another one within 15 minutes completes it."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from core import signing
from core.audit import canonical
from core.display import moment_words
from core.exceptions import DomainError


class ConfirmedByTwo(models.Model):
    """A row that two different people complete, with the signed record of what they did."""

    # How long the first confirmation waits for the second one (VE-12).
    VALID_FOR: ClassVar = dt.timedelta(minutes=15)

    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    first_at = models.DateTimeField()
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    record = models.JSONField(default=dict, blank=True)
    signature = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(class)s_needs_two_people",
                condition=models.Q(opened_at=None)
                | (
                    models.Q(second_by=None)
                    | models.Q(first_by=None)
                    | ~models.Q(first_by=models.F("second_by"))
                ),
            )
        ]

    @property
    def is_done(self) -> bool:
        """Say whether both have confirmed."""
        return self.opened_at is not None

    @property
    def record_sha256(self) -> str:
        """Return the SHA-256 of the canonical JSON of the record."""
        return hashlib.sha256(canonical(self.record).encode()).hexdigest()

    def waits_until(self) -> dt.datetime:
        """Return when the first confirmation ends."""
        return self.first_at + self.VALID_FOR

    def is_waiting(self, now: dt.datetime) -> bool:
        """Say whether a second person can still confirm: half-open, as every window."""
        return not self.is_done and self.first_at <= now < self.waits_until()

    def completes(self, by: models.Model, now: dt.datetime) -> bool:
        """Say whether this person's confirmation is the second one; False: it begins anew.

        Raises:
            DomainError: the same person confirms twice.

        """
        if not self.is_waiting(now):
            return False
        if self.first_by_id == by.pk:
            raise DomainError(
                "same_person",
                _(
                    "You have confirmed already."
                    " A second person of the office has to confirm until %(moment)s."
                )
                % {"moment": moment_words(self.waits_until())},
            )
        return True

    def sign(self, record: dict[str, Any]) -> None:
        """Keep the record with the signature of this installation."""
        self.record = record
        self.signature = signing.sign(canonical(record).encode())

    def document(self) -> dict[str, Any]:
        """Return the record as the file that people keep: record, signature and public key."""
        return {
            "record": self.record,
            "algorithm": "Ed25519",
            "signature": self.signature,
            "public_key": signing.public_key(),
        }
