"""The jury's signed record: drawn up from the rows, confirmed by its members, sealed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Minutes(models.Model):
    """The minutes of a decision; the last confirmation seals them, and nothing changes any more."""

    decision = models.OneToOneField(
        "scoring.Decision", on_delete=models.PROTECT, related_name="minutes"
    )
    sealed_at = models.DateTimeField(null=True, blank=True)
    sealed_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("minutes")
        verbose_name_plural = _("minutes")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="sealed_minutes_have_a_hash",
                condition=models.Q(sealed_at=None, sealed_sha256="")
                | (models.Q(sealed_at__isnull=False) & ~models.Q(sealed_sha256="")),
            )
        ]

    def __str__(self) -> str:
        """Return the code of the problem statement."""
        return self.decision.challenge.code

    @property
    def is_sealed(self) -> bool:
        """Say whether every member who took part has confirmed."""
        return self.sealed_at is not None

    @property
    def current(self) -> MinutesVersion:
        """Return the version that is to be confirmed, or was."""
        return self.versions.select_related("minutes__decision__challenge__competition").latest(
            "number"
        )


class MinutesVersion(models.Model):
    """The minutes as they were drawn up once; whoever draws them up anew makes the next one."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    # By the code of a seat: what a member in conflict may read of it before the publication.
    excerpts = models.JSONField(default=dict)
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Who has to confirm.
    members: Any = models.ManyToManyField("scoring.JurySeat", related_name="minutes_versions")

    class Meta:
        verbose_name = _("version of minutes")
        verbose_name_plural = _("versions of minutes")
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["minutes", "number"], name="one_minutes_version")
        ]

    def __str__(self) -> str:
        """Return whose version it is, and which."""
        return f"{self.minutes} v{self.number}"


class MinutesConfirmation(models.Model):
    """A member confirms the minutes, with a dissenting remark where there is one."""

    version = models.ForeignKey(
        MinutesVersion, on_delete=models.PROTECT, related_name="confirmations"
    )
    seat = models.ForeignKey(
        "scoring.JurySeat", on_delete=models.PROTECT, related_name="minutes_confirmations"
    )
    remark = models.TextField(_("dissenting remark"), max_length=3_000, blank=True)
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("confirmation of minutes")
        verbose_name_plural = _("confirmations of minutes")
        ordering: ClassVar = ["confirmed_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "seat"], name="one_confirmation_per_member")
        ]

    def __str__(self) -> str:
        """Return who confirmed what."""
        return f"{self.version_id}: {self.seat_id}"
