"""One juror's scoring of one submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scoring.states import AssessmentState

if TYPE_CHECKING:
    from scoring.models.jury import Jury


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    """Filters over assessments."""

    def of_jury(self, jury: Jury) -> AssessmentQuerySet:
        """Assessments of one jury."""
        return self.filter(assignment__seat__jury=jury)

    def counted(self) -> AssessmentQuerySet:
        """Released or locked, juror not recused, submission still in the running (R-17)."""
        from scoring.models.jury import Recusal  # noqa: PLC0415  (circular)

        recused = Recusal.objects.filter(
            seat=models.OuterRef("assignment__seat"),
            entry=models.OuterRef("assignment__submission__entry"),
        )
        return self.filter(
            state__in=[AssessmentState.RELEASED, AssessmentState.LOCKED],
            assignment__submission__state="handed_in",
        ).exclude(models.Exists(recused))


class Assessment(models.Model):
    """Draft, released or locked; incomplete drafts can always be saved (J-91)."""

    assignment = models.OneToOneField(
        "scoring.Assignment", on_delete=models.PROTECT, related_name="assessment"
    )
    state = models.CharField(
        max_length=10, choices=AssessmentState.choices, default=AssessmentState.DRAFT
    )
    version = models.PositiveIntegerField(default=0, help_text="Counts saves (N-17)")
    comment = models.TextField(_("comment to the team"), max_length=4_000, blank=True)
    private_note = models.TextField(_("private note"), max_length=4_000, blank=True)
    # Juror's weighted total in hundredths of a point, kept at every save that answers all criteria:
    # grids and boards read one column. Boards show it of released assessments only.
    total_hundredths = models.PositiveIntegerField(null=True, blank=True)
    saved_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="assessment_released_iff_time",
                condition=models.Q(state="draft", released_at=None)
                | (~models.Q(state="draft") & models.Q(released_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        """Return assignment and state."""
        return f"{self.assignment_id} {self.state}"

    @property
    def is_draft(self) -> bool:
        """Say whether the juror may still change it."""
        return self.state == AssessmentState.DRAFT


class AssessmentVersion(models.Model):
    """One save of an assessment as it was, so that nothing a juror wrote is ever gone (Q-19)."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    saved_at = models.DateTimeField()
    # comment, private_note, and answers by key of the criterion: mark in hundredths, comment.
    content = models.JSONField()
    total_hundredths = models.PositiveIntegerField(null=True, blank=True)
    # Only what its juror has released once is ever shown to the chair.
    released_at = models.DateTimeField(null=True, blank=True)
    restores = models.PositiveIntegerField(
        null=True, blank=True, help_text="The earlier version that the chair returned to"
    )

    class Meta:
        verbose_name = _("version of an assessment")
        verbose_name_plural = _("versions of assessments")
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "number"], name="one_version_per_save")
        ]

    def __str__(self) -> str:
        """Return whose version it is, and which."""
        return f"{self.assessment_id} v{self.number}"


class ReopeningQuerySet(models.QuerySet["Reopening"]):
    """Filters over reopenings."""

    def of_jury(self, jury: Jury) -> ReopeningQuerySet:
        """Reopenings of one jury."""
        return self.filter(assessment__assignment__seat__jury=jury)

    def pending(self) -> ReopeningQuerySet:
        """Not locked again, of those whose assessment would count."""
        from scoring.models.jury import Recusal  # noqa: PLC0415  (circular)

        recused = Recusal.objects.filter(
            seat=models.OuterRef("assessment__assignment__seat"),
            entry=models.OuterRef("assessment__assignment__submission__entry"),
        )
        return self.filter(
            locked_at=None, assessment__assignment__submission__state="handed_in"
        ).exclude(models.Exists(recused))


class Reopening(models.Model):
    """An assessment that the chair unlocked after the closing, or put back to an earlier version.

    What it said before stays a version; the root of its new lock stands beside the first one.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="reopenings")
    reason = models.TextField(max_length=1_000)
    from_version = models.PositiveIntegerField(help_text="The version that was locked")
    reopened_at = models.DateTimeField()
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # By the chair, to a version that the juror had released; None where the juror went over it.
    returned_to = models.PositiveIntegerField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    to_version = models.PositiveIntegerField(null=True, blank=True)
    seal = models.ForeignKey(
        "submissions.Seal", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReopeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("reopening of an assessment")
        verbose_name_plural = _("reopenings of assessments")
        ordering: ClassVar = ["reopened_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assessment"],
                condition=models.Q(locked_at=None),
                name="one_open_reopening_per_assessment",
            ),
            models.CheckConstraint(
                name="reopening_locked_with_version_and_seal",
                condition=models.Q(locked_at=None, to_version=None, seal=None)
                | models.Q(locked_at__isnull=False, to_version__isnull=False, seal__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Return which assessment, and when."""
        return f"{self.assessment_id} {self.reopened_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Say whether its juror has it before them again."""
        return self.locked_at is None


class CriterionScore(models.Model):
    """One mark. No row or an empty mark means missing; missing is never 0."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(
        "scoring.Criterion", on_delete=models.PROTECT, related_name="scores"
    )
    # Integer hundredths: exact on every database, four times faster to read than decimals.
    mark_hundredths = models.PositiveIntegerField(null=True, blank=True)
    cannot_judge = models.BooleanField(default=False)
    comment = models.TextField(max_length=3_000, blank=True)
    # The chair settles each "cannot judge" before the assessments are closed.
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("criterion score")
        verbose_name_plural = _("criterion scores")
        ordering: ClassVar = ["criterion__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assessment", "criterion"], name="one_score_per_criterion"
            ),
            models.CheckConstraint(
                name="cannot_judge_has_no_mark",
                condition=models.Q(cannot_judge=False) | models.Q(mark_hundredths=None),
            ),
            models.CheckConstraint(
                name="only_cannot_judge_is_accepted",
                condition=models.Q(accepted_at=None) | models.Q(cannot_judge=True),
            ),
        ]

    def __str__(self) -> str:
        """Return the mark."""
        return "–" if self.mark_hundredths is None else f"{self.mark_hundredths / 100:g}"
