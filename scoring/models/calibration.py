"""Samples that all jurors score before they begin, to see how differently they read the levels."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.codes import assign_code


class CalibrationSample(models.Model):
    """A made-up submission for practice (Q-72); nothing of it ever enters a score."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    jury = models.ForeignKey(
        "scoring.Jury", on_delete=models.PROTECT, related_name="calibration_samples"
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text of the sample"), max_length=12_000)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("sample for calibration")
        verbose_name_plural = _("samples for calibration")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the title."""
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        """Give a new sample its code."""
        assign_code(self, "K")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class CalibrationSheet(models.Model):
    """The levels of one juror for a sample; fixed, since those of the others are shown after it."""

    sample = models.ForeignKey(CalibrationSample, on_delete=models.CASCADE, related_name="sheets")
    seat = models.ForeignKey(
        "scoring.JurySeat", on_delete=models.CASCADE, related_name="calibration_sheets"
    )
    # By the key of the criterion: a level of its scale, or null for "cannot judge".
    marks = models.JSONField()
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("levels for a sample")
        verbose_name_plural = _("levels for samples")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sample", "seat"], name="one_calibration_sheet_per_seat"
            )
        ]

    def __str__(self) -> str:
        """Return which sample it is of."""
        return str(self.sample_id)
