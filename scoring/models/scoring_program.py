"""Programs of organisers that compute the values in our place."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ScoringProgram(models.Model):
    """Who computes the values from a version of a benchmark on: a program, or we again.

    The archive lies where the ground truth does: what it compares by may tell labels.
    """

    benchmark = models.ForeignKey(
        "scoring.Benchmark", on_delete=models.PROTECT, related_name="programs"
    )
    benchmark_version = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=200, blank=True, help_text="Empty: we compute again")
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    command = models.CharField(max_length=500, blank=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("scoring program")
        verbose_name_plural = _("scoring programs")
        ordering: ClassVar = ["-benchmark_version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["benchmark", "benchmark_version"], name="one_program_per_version"
            ),
            models.CheckConstraint(
                name="program_is_whole",
                condition=models.Q(key="", sha256="", size=0)
                | (~models.Q(key="") & ~models.Q(sha256="") & models.Q(size__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        """Return benchmark and version."""
        return f"{self.benchmark_id} v{self.benchmark_version}"
