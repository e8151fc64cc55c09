"""Machine runs and their results."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from scoring.compute.schema import LONGEST_GROUP, DetailKind
from scoring.states import EvaluationState, Split

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    """Filters over evaluations."""

    def waiting(self) -> EvaluationQuerySet:
        """Queued runs, the one that came first before the others; not the order of their turns."""
        return self.filter(state=EvaluationState.QUEUED).order_by("queued_at", "pk")

    def unfinished(self) -> EvaluationQuerySet:
        """Runs that wait or are being carried out."""
        return self.filter(state__in=[EvaluationState.QUEUED, EvaluationState.RUNNING])

    def lost(self, at: dt.datetime) -> EvaluationQuerySet:
        """Running ones whose lease has ended: their worker is gone."""
        return self.filter(state=EvaluationState.RUNNING, lease_until__lte=at)

    def visible_to(self, user: User | AnonymousUser) -> EvaluationQuerySet:
        """Runs of one's own teams; the office sees runs of its competitions."""
        return self.filter(
            models.Q(submission__entry__team__memberships__user=key_of(user))
            | models.Q(submission__entry__challenge__competition__office__user=key_of(user))
        ).distinct()


class Evaluation(models.Model):
    """The truth about one run; the task in the queue is a mere wake-up (ST-100)."""

    MAX_ATTEMPTS: ClassVar = 3

    code = models.CharField(max_length=12, unique=True, editable=False)
    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, related_name="evaluations"
    )
    benchmark = models.ForeignKey(
        "scoring.Benchmark", on_delete=models.PROTECT, related_name="evaluations"
    )
    benchmark_version = models.PositiveSmallIntegerField()
    # 0: the first run by this version of the benchmark. Above: the office has it evaluated anew;
    # what is evaluated anew together has the same number, and boards take it over together.
    repeat = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(
        max_length=14, choices=EvaluationState.choices, default=EvaluationState.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # The strict reader's report: the participant's own data only, never a label.
    report = models.JSONField(default=dict, blank=True)
    # Why the office cancelled it, for the team; empty if the team did.
    cancel_reason = models.CharField(max_length=500, blank=True)
    # For operators, in case of an internal error; never shown to teams.
    error = models.TextField(blank=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering: ClassVar = ["-queued_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "benchmark_version", "repeat"],
                name="one_evaluation_per_version_and_repeat",
            ),
            models.CheckConstraint(
                name="evaluation_running_has_lease",
                condition=~models.Q(state="running") | models.Q(lease_until__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "queued_at"], name="evaluation_queue"),
            # Whose turn it is depends on who was served last.
            models.Index(fields=["started_at"], name="evaluation_started"),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def save(self, *args: object, **kwargs: object) -> None:
        """Give a new run its code."""
        from core.codes import assign_code  # noqa: PLC0415  (thin method)

        assign_code(self, "E")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def state_tone(self) -> str:
        """Return the tone of the tag that shows the state."""
        return EvaluationState(self.state).tone

    @property
    def is_final(self) -> bool:
        """Say whether the run has ended."""
        return self.state in EvaluationState.final()


class MetricScore(models.Model):
    """The value of one metric on one part of the ground truth, with its interval."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    metric = models.CharField(max_length=40)
    split = models.CharField(max_length=10, choices=Split.choices)
    value = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    rows = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("metric score")
        verbose_name_plural = _("metric scores")
        ordering: ClassVar = ["metric", "split"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evaluation", "metric", "split"], name="one_value_per_metric_and_split"
            )
        ]

    def __str__(self) -> str:
        """Return metric and value."""
        return f"{self.metric} {self.value:g}"


class GroupScore(models.Model):
    """The value of one metric on one group of a column, within one part of the ground truth."""

    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.CASCADE, related_name="group_scores"
    )
    metric = models.CharField(max_length=40)
    split = models.CharField(max_length=10, choices=Split.choices)
    column = models.CharField(max_length=LONGEST_GROUP)
    # Empty: the small groups, taken together.
    group = models.CharField(max_length=LONGEST_GROUP, blank=True)
    rows = models.PositiveIntegerField()
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    # The key of the reason why there is no value.
    error = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("score of a group")
        verbose_name_plural = _("scores of groups")
        ordering: ClassVar = ["evaluation", "metric", "split", "column", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evaluation", "metric", "split", "column", "group"],
                name="one_value_per_metric_split_and_group",
            ),
            models.CheckConstraint(
                name="group_score_has_value_or_error",
                condition=models.Q(value__isnull=False, error="")
                | (models.Q(value__isnull=True) & ~models.Q(error="")),
            ),
        ]

    def __str__(self) -> str:
        """Return metric, group and value."""
        return f"{self.metric} {self.column}: {self.group or '…'} {self.value}"


class EvaluationDetail(models.Model):
    """What a metric hides on one part of the ground truth, such as a confusion matrix.

    Stored as coarse as it is shown: small numbers of cases are merged, and counts rounded.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="details")
    split = models.CharField(max_length=10, choices=Split.choices)
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in DetailKind])
    content = models.JSONField()

    class Meta:
        verbose_name = _("detail of an evaluation")
        verbose_name_plural = _("details of evaluations")
        ordering: ClassVar = ["evaluation", "split", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evaluation", "split", "kind"], name="one_detail_per_kind_and_split"
            )
        ]

    def __str__(self) -> str:
        """Return kind and part."""
        return f"{self.kind} {self.split}"


class Fingerprint(models.Model):
    """Two bytes of some predictions of a version, to find files that are too much alike.

    Made from the file alone, with the secret seed of the benchmark; it can be made again.
    """

    submission = models.OneToOneField(
        "submissions.Submission", on_delete=models.CASCADE, related_name="fingerprint"
    )
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("fingerprint of a prediction file")
        verbose_name_plural = _("fingerprints of prediction files")
        ordering: ClassVar = ["submission"]

    def __str__(self) -> str:
        """Return whose file it is."""
        return f"{self.submission_id}"
