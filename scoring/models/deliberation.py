"""The jury's meeting: what is on the list for the talk, and when what was talked about."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class DiscussionItem(models.Model):
    """A submission on the chair's list for the talk; the list orders the meeting, nothing else."""

    jury = models.ForeignKey(
        "scoring.Jury", on_delete=models.PROTECT, related_name="discussion_items"
    )
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="discussion_items"
    )
    position = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("item of the discuss list")
        verbose_name_plural = _("items of the discuss list")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jury", "entry"], name="once_on_the_discuss_list")
        ]

    def __str__(self) -> str:
        """Return place and entry."""
        return f"{self.position}. {self.entry_id}"


class Talk(models.Model):
    """The jury talks about one submission, from when to when; those in conflict are outside."""

    jury = models.ForeignKey("scoring.Jury", on_delete=models.PROTECT, related_name="talks")
    entry = models.ForeignKey("submissions.Entry", on_delete=models.PROTECT, related_name="talks")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("talk about a submission")
        verbose_name_plural = _("talks about submissions")
        ordering: ClassVar = ["began_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["jury"], condition=models.Q(ended_at=None), name="one_talk_at_a_time"
            )
        ]

    def __str__(self) -> str:
        """Return what is talked about."""
        return f"{self.jury_id}: {self.entry_id}"
