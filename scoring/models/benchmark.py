"""What prediction files are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.compute.points import DIGITS, WEIGHTED, Weight
from scoring.compute.schema import LEAST_GROUP, SMALLEST_GROUP
from scoring.models.jury import new_seed

if TYPE_CHECKING:
    from collections.abc import Mapping


class TargetKind(models.TextChoices):
    """What a prediction is."""

    LABEL = "label", _("a label of a fixed set")
    NUMBER = "number", _("a number")
    PROBABILITY = "probability", _("a probability between 0 and 1")
    DISTRIBUTION = "distribution", _("a probability for each label")
    LABELS = "labels", _("any number of labels")
    RANKING = "ranking", _("a ranked list, best first")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSetting:
    """What is set of one metric: its share of the ranking, published digits, values of 0 and 100.

    One that counts nothing breaks ties and needs no such values.
    """

    key: str
    weight: Decimal = Decimal(0)  # per cent
    digits: int = 4
    baseline: float | None = None
    target: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the setting as it is stored."""
        return {
            "key": self.key,
            "weight": f"{self.weight.normalize():f}",
            "digits": self.digits,
            "baseline": self.baseline,
            "target": self.target,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> MetricSetting:
        """Read a stored setting."""
        return cls(**{**stored, "weight": Decimal(stored["weight"])})

    def as_weight(self) -> Weight:
        """Return what it counts, for the computation.

        Raises:
            ValueError: a value that earns 0 or 100 points is missing, or both are the same.

        """
        if self.baseline is None or self.target is None:
            raise ValueError("What counts needs two values.")
        return Weight(
            key=self.key,
            weight=self.weight,
            baseline=Decimal(repr(self.baseline)),
            target=Decimal(repr(self.target)),
        )


def settings_in(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of metrics as a stored board tells them; what earns points may lack."""
    digits = header["digits"]
    weights = {one["key"]: one for one in header.get("weights", [])}
    keys = [card["key"] for card in header["metrics"] if card["key"] != WEIGHTED]
    return [
        weights.get(key)
        or MetricSetting(
            key=key,
            weight=Decimal(100 if at == 0 and not weights else 0),
            digits=digits if isinstance(digits, int) else digits[key],
        ).to_json()
        for at, key in enumerate(keys)
    ]


class Benchmark(models.Model):
    """Format of the prediction file, and metrics with what each of them counts."""

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
    # A list of MetricSetting, those that count first: `metrics` are their keys.
    metric_settings = models.JSONField(_("metrics"), default=list)
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
    def settings(self) -> list[MetricSetting]:
        """Return the metrics with what is set of each."""
        return [MetricSetting.from_json(stored) for stored in self.metric_settings]

    @property
    def metrics(self) -> list[str]:
        """Return the keys of the metrics: those that count, then those that only break ties."""
        return [stored["key"] for stored in self.metric_settings]

    @property
    def weights(self) -> tuple[Weight, ...]:
        """Return what each metric counts; those that count nothing are left out."""
        return tuple(one.as_weight() for one in self.settings if one.weight)

    @property
    def is_weighted(self) -> bool:
        """Say whether several metrics make one number, which ranks."""
        return sum(one.weight > 0 for one in self.settings) > 1

    @property
    def main_metric(self) -> str:
        """Return the key of the metric that ranks, or of the first of those that count."""
        return self.metrics[0]

    @property
    def ranked_by(self) -> str:
        """Return the key of the column that ranks: a metric, or the points of several."""
        return WEIGHTED if self.is_weighted else self.main_metric

    @property
    def points_scale(self) -> tuple[Decimal, Decimal]:
        """Return which values of what ranks earn 0 and 100 points."""
        if self.is_weighted:
            return Decimal(0), Decimal(100)
        return self.weights[0].baseline, self.weights[0].target

    def digits_of(self, key: str) -> int:
        """Return with how many decimal places the values of a metric are published."""
        if key == WEIGHTED:
            return DIGITS
        return next((one.digits for one in self.settings if one.key == key), DIGITS)

    def written_digits(self) -> int | dict[str, int]:
        """Return the digits as boards have them: one number where all metrics have the same."""
        keys = dict.fromkeys([self.ranked_by, *self.metrics])
        found = {key: self.digits_of(key) for key in keys}
        return self.settings[0].digits if len(set(found.values())) == 1 else found

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
    # Format, metrics with their settings, groups, and size and hash of the labels; never a label.
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
