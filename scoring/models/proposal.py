"""Proposals of assignments that take too long to wait for."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.codes import assign_code
from scoring.models.jury import Jury
from scoring.states import ProposalState, ProposalStep


class AssignmentProposalQuerySet(models.QuerySet["AssignmentProposal"]):
    """Filters over proposals."""

    def unfinished(self) -> AssignmentProposalQuerySet:
        """Those that wait or are being computed."""
        return self.filter(state__in=[ProposalState.QUEUED, ProposalState.RUNNING])


class AssignmentProposal(models.Model):
    """What the office asked for, how far it is, and what came out. It assigns nothing."""

    # A worker that says nothing for so long is taken for dead.
    LEASE: ClassVar = dt.timedelta(minutes=15)

    code = models.CharField(max_length=12, unique=True, editable=False)
    jury = models.ForeignKey(Jury, on_delete=models.CASCADE, related_name="proposals")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(
        max_length=10, choices=ProposalState.choices, default=ProposalState.QUEUED
    )
    step = models.CharField(max_length=12, choices=ProposalStep.choices, blank=True, default="")
    k = models.PositiveSmallIntegerField()
    highest = models.PositiveSmallIntegerField(null=True, blank=True)
    fields = models.JSONField(default=list, blank=True)
    seed = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="When it last came a step further")
    result = models.JSONField(default=dict, blank=True)

    objects = AssignmentProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of assignments")
        verbose_name_plural = _("proposals of assignments")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new proposal its code."""
        assign_code(self, "AP")
        super().save(*args, **kwargs)

    @property
    def is_done(self) -> bool:
        """Say whether there is something to look at."""
        return self.state == ProposalState.DONE

    @property
    def is_unfinished(self) -> bool:
        """Say whether it waits or is being computed."""
        return self.state in {ProposalState.QUEUED, ProposalState.RUNNING}

    @property
    def steps_done(self) -> int:
        """Return how many of the steps are behind it."""
        if self.is_done:
            return len(ProposalStep)
        return list(ProposalStep.values).index(self.step) if self.step else 0
