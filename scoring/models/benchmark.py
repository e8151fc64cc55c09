"""What prediction files are measured against."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.compute.schema import LEAST_GROUP, SMALLEST_GROUP
from scoring.models.jury import new_seed


class TargetKind(models.TextChoices):
    """What a prediction is."""

    LABEL = "label", _("a label of a fixed set")
    NUMBER = "number", _("a number")
    PROBABILITY = "probability", _("a probability between 0 and 1")
    DISTRIBUTION = "distribution", _("a probability for each label")
    LABELS = "labels", _("any number of labels")
    RANKING = "ranking", _("a ranked list, best first")


class Benchmark(models.Model):
    """Format of the prediction file, metrics and how the main metric becomes points."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, related_name="benchmark"
    )
    version = models.PositiveSmallIntegerField(default=1)
    id_column = models.CharField(_("column with the ids"), max_length=60, default="id")
    target_column = models.CharField(_("column with the predictions"), max_length=60)
    target_kind = models.CharField(
        _("a prediction is"), max_length=12, choices=TargetKind.choices, default=TargetKind.LABEL
    )
    labels = models.JSONField(_("allowed labels"), default=list, blank=True)
    minimum = models.FloatField(_("smallest number allowed"), null=True, blank=True)
    maximum = models.FloatField(_("largest number allowed"), null=True, blank=True)
    metrics = models.JSONField(
        _("metrics"), default=list, help_text=_("The first one ranks; the others break ties.")
    )
    digits = models.PositiveSmallIntegerField(_("published decimal places"), default=4)
    # Main metric → points: baseline gives 0, target gives 100, straight between, clipped.
    points_baseline = models.FloatField(_("value that earns 0 points"), default=0.0)
    points_target = models.FloatField(_("value that earns 100 points"), default=1.0)
    # The ids of the task file are public; the strict reader needs them without the truth.
    expected_ids = models.JSONField(default=list)
    # Where the file does not say it, a random part of the rows is public, the same of each label.
    public_share = models.PositiveSmallIntegerField(
        _("share of the rows for the provisional leaderboard, in per cent"),
        default=50,
        validators=[MinValueValidator(10), MaxValueValidator(90)],
    )
    split_seed = models.PositiveIntegerField(
        default=new_seed, help_text="Secret: with the labels it tells which rows are public"
    )
    # Columns of the ground truth whose groups are measured by themselves.
    group_columns = models.JSONField(_("columns with groups"), default=list, blank=True)
    smallest_group = models.PositiveSmallIntegerField(
        _("fewest rows of a group"),
        default=SMALLEST_GROUP,
        validators=[MinValueValidator(LEAST_GROUP)],
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    change_reason = models.CharField(_("public reason of the change"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("benchmark")
        verbose_name_plural = _("benchmarks")
        ordering: ClassVar = ["challenge"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="benchmark_points_need_two_values",
                condition=~models.Q(points_target=models.F("points_baseline")),
            ),
            models.CheckConstraint(
                name="benchmark_range_ascends",
                condition=models.Q(minimum=None)
                | models.Q(maximum=None)
                | models.Q(maximum__gt=models.F("minimum")),
            ),
            models.CheckConstraint(
                name="benchmark_groups_are_not_tiny",
                condition=models.Q(smallest_group__gte=LEAST_GROUP),
            ),
        ]

    def __str__(self) -> str:
        """Return whose benchmark it is."""
        return f"{self.challenge.code} benchmark v{self.version}"

    @property
    def main_metric(self) -> str:
        """Return the key of the metric that ranks."""
        return str(self.metrics[0])

    @property
    def truth(self) -> GroundTruth | None:
        """Return the labels in force: a version that changed only words or points keeps them."""
        known = (truth for truth in self.truths.all() if truth.benchmark_version <= self.version)
        return max(known, key=lambda truth: truth.benchmark_version, default=None)


class GroundTruth(models.Model):
    """Where the hidden labels lie; the file is never reachable by any address (R-39)."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="truths")
    benchmark_version = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=200, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    public_rows = models.PositiveIntegerField()
    # How the rows were split and grouped, and which metrics are not defined on them; never a label.
    facts = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("ground truth")
        verbose_name_plural = _("ground truths")
        ordering: ClassVar = ["-benchmark_version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["benchmark", "benchmark_version"], name="one_truth_per_version"
            ),
            models.CheckConstraint(
                name="truth_has_both_parts",
                condition=models.Q(public_rows__gt=0, public_rows__lt=models.F("rows")),
            ),
        ]

    def __str__(self) -> str:
        """Return benchmark and version."""
        return f"{self.benchmark_id} v{self.benchmark_version}"

    @property
    def private_rows(self) -> int:
        """Return how many rows only the final leaderboard uses."""
        return self.rows - self.public_rows

    @property
    def group_columns(self) -> list[str]:
        """Return the names of the group columns, in the order in which the file has them."""
        return [stored["column"] for stored in self.facts.get("groups", [])]


class BenchmarkVersion(models.Model):
    """What a benchmark was at one time: never changed, so that an old value can be explained.

    The row of the benchmark holds the settings in force; an evaluation names the number of the
    version that it used.
    """

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    # Format, metrics, digits, points, and size and hash of the labels; never a label.
    content = models.JSONField()
    truth = models.ForeignKey(GroundTruth, on_delete=models.PROTECT, related_name="versions")
    reason = models.CharField(_("public reason of the change"), max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("version of a benchmark")
        verbose_name_plural = _("versions of benchmarks")
        ordering: ClassVar = ["benchmark", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["benchmark", "number"], name="one_row_per_benchmark_version"
            ),
        ]

    def __str__(self) -> str:
        """Return benchmark and version."""
        return f"{self.benchmark_id} v{self.number}"
