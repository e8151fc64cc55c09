"""The published criteria: weights, levels with anchors, and the rules of the official score."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from submissions import footprint as footprint_fields


class Aggregate(models.TextChoices):
    """In which order marks become a score (X-3)."""

    JUROR_FIRST = "juror_first", _("per juror, then over the jurors")
    CRITERION_FIRST = "criterion_first", _("per criterion, then over the criteria")


class Method(models.TextChoices):
    """How the jurors of a submission become one score (X-10, X-11, X-20)."""

    WEIGHTED_MEAN = "weighted-mean", _("average")
    MEDIAN = "median", _("median")
    TRIMMED_MEAN = "trimmed-mean", _("average without the highest and the lowest")
    RANK_SUM = "rank-sum", _("sum of ranks")


class Rounding(models.TextChoices):
    """When the score is rounded, half up (X-4)."""

    AT_END = "at_end", _("once, at the end")
    PER_CRITERION = "per_criterion", _("each weighted criterion")


class FinalRule(models.TextChoices):
    """How many go on from the first round of a jury to its final at least; empty: one round."""

    PLACES = "places", _("a number of places")
    POINTS = "points", _("a number of points")


class Rubric(models.Model):
    """How the jury scores one problem statement; frozen with a hash at publication."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, related_name="rubric"
    )
    aggregate = models.CharField(
        _("order of aggregation"),
        max_length=20,
        choices=Aggregate.choices,
        default=Aggregate.JUROR_FIRST,
    )
    method = models.CharField(
        _("method"), max_length=20, choices=Method.choices, default=Method.WEIGHTED_MEAN
    )
    rounding = models.CharField(
        _("rounding"), max_length=20, choices=Rounding.choices, default=Rounding.AT_END
    )
    digits = models.PositiveSmallIntegerField(
        _("decimal places"), default=2, validators=[MaxValueValidator(4)]
    )
    min_assessments = models.PositiveSmallIntegerField(
        _("assessments needed for a rank"), default=3, validators=[MinValueValidator(1)]
    )
    jury_weight = models.DecimalField(
        _("share of the jury in the total, in per cent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    tells_stability = models.BooleanField(
        _("the result says which ranks another jury might have given"),
        default=False,
    )
    # Two rounds: `min_assessments` jurors assess in the first, the whole panel in the final.
    final_rule = models.CharField(
        _("who goes on to the final round"), max_length=10, choices=FinalRule.choices, blank=True
    )
    final_threshold = models.PositiveSmallIntegerField(
        _("places or points that go on"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
    )
    version = models.PositiveIntegerField(default=0, help_text="Counts saves, for stale forms")
    published_version = models.PositiveIntegerField(
        default=1, help_text="1 with the statement; each further one has a public reason"
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering: ClassVar = ["challenge"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rubric_frozen_iff_hash",
                condition=models.Q(frozen_at=None, sha256="")
                | (models.Q(frozen_at__isnull=False) & ~models.Q(sha256="")),
            ),
            models.CheckConstraint(
                name="rubric_jury_weight_is_percent",
                condition=models.Q(jury_weight__gte=0, jury_weight__lte=100),
            ),
            models.CheckConstraint(
                name="rubric_final_has_threshold",
                condition=models.Q(final_rule="", final_threshold=None)
                | (~models.Q(final_rule="") & models.Q(final_threshold__gte=1)),
            ),
            models.CheckConstraint(
                name="rank_sum_has_one_round",
                condition=~models.Q(method="rank-sum") | models.Q(final_rule=""),
            ),
            models.CheckConstraint(
                name="rank_sum_stands_alone",
                condition=~models.Q(method="rank-sum")
                | models.Q(aggregate="juror_first", jury_weight=100),
            ),
        ]

    def __str__(self) -> str:
        """Return whose rubric it is."""
        return f"{self.challenge.code} rubric"

    @property
    def is_frozen(self) -> bool:
        """Say whether nothing may change any more."""
        return self.frozen_at is not None

    @property
    def has_final(self) -> bool:
        """Say whether two rounds were announced."""
        return bool(self.final_rule)

    @property
    def ranks_by_sum(self) -> bool:
        """Say whether the score is a sum of ranks: no points, and the smallest is the best."""
        return self.method == Method.RANK_SUM

    @property
    def metric_weight(self) -> Decimal:
        """Return the share of the machine's part in the total, in per cent."""
        return Decimal(100) - self.jury_weight


class RubricVersion(models.Model):
    """A rubric as it was published; the first one when a second one replaces it (Q-10)."""

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="The canonical form, of which `sha256` is the hash")
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason_de = models.TextField(max_length=1_000, blank=True)
    reason_en = models.TextField(max_length=1_000, blank=True)

    class Meta:
        verbose_name = _("version of a rubric")
        verbose_name_plural = _("versions of rubrics")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_is_unique")
        ]

    def __str__(self) -> str:
        """Return whose version it is, and which."""
        return f"{self.rubric_id} v{self.number}"

    @property
    def reason(self) -> Text:
        """Return the reason in the language of the page."""
        return localised(self, "reason")


class Criterion(models.Model):
    """One published criterion. Weights of a rubric add up to exactly 100 (R-9)."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(_("position"))
    name_de = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    description_de = models.TextField(_("what we want to see"), max_length=600)
    description_en = models.TextField(
        _("what we want to see (English)"), max_length=600, blank=True
    )
    weight = models.DecimalField(
        _("weight in per cent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )
    lowest = models.PositiveSmallIntegerField(_("lowest level"), default=1)
    highest = models.PositiveSmallIntegerField(_("highest level"), default=5)
    may_abstain = models.BooleanField(
        _('jurors may answer "cannot judge"'),
        default=False,
        help_text=_("The answer is then missing, never 0."),
    )
    # A key of submissions.footprint: jurors read the declared value beside the levels.
    footprint = models.CharField(
        _("declared value beside it"),
        max_length=20,
        blank=True,
        choices=footprint_fields.CHOICES,
        help_text=_("Jurors read what the team declares beside the levels. It gives no points."),
    )

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rubric", "position"], name="criterion_position_is_unique"
            ),
            models.CheckConstraint(
                name="criterion_scale_ascends",
                condition=models.Q(highest__gt=models.F("lowest")),
            ),
            models.CheckConstraint(
                name="criterion_weight_is_positive", condition=models.Q(weight__gt=0)
            ),
        ]

    def __str__(self) -> str:
        """Return the name in the language of the page."""
        return self.name.text

    @property
    def key(self) -> str:
        """Return the name in forms, frames and exports: stable once the rubric is frozen."""
        return f"k{self.position}"

    @property
    def scale(self) -> range:
        """Return the marks of the scale, the lowest first."""
        return range(self.lowest, self.highest + 1)

    @property
    def name(self) -> Text:
        """Return the name in the language of the page."""
        return localised(self, "name")

    @property
    def description(self) -> Text:
        """Return the description in the language of the page."""
        return localised(self, "description")


class Level(models.Model):
    """A level of a criterion and its anchor: what earns it (Q-6)."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="levels")
    mark = models.PositiveSmallIntegerField(_("level"))
    anchor_de = models.CharField(_("what earns this level"), max_length=300)
    anchor_en = models.CharField(_("what earns this level (English)"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering: ClassVar = ["mark"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["criterion", "mark"], name="level_mark_is_unique")
        ]

    def __str__(self) -> str:
        """Return level and anchor."""
        return f"{self.mark}: {self.anchor}"

    @property
    def anchor(self) -> Text:
        """Return the anchor text in the language of the page."""
        return localised(self, "anchor")
