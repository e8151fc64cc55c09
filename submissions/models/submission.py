"""Numbered versions of an answer, their files and receipts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import scanner
from core.access import key_of
from core.codes import assign_code
from submissions import cards, footprint
from submissions.states import FileKind, FileState, SubmissionState
from submissions.validators import validate_line

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models import Challenge
    from competition.states import Outcome
    from submissions.models.entry import Entry


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Filters over submissions."""

    def for_challenge(self, challenge: Challenge) -> SubmissionQuerySet:
        """Submissions to one problem statement."""
        return self.filter(entry__challenge=challenge)

    def of_member(self, user: User | AnonymousUser) -> SubmissionQuerySet:
        """Submissions of one's teams."""
        return self.filter(entry__team__memberships__user=key_of(user))

    def handed_in(self) -> SubmissionQuerySet:
        """Versions that are in: not withdrawn, not ineligible, not of an entry that was closed."""
        return self.filter(state=SubmissionState.HANDED_IN, entry__merged_into=None)

    def of_entry(self, entry: Entry) -> SubmissionQuerySet:
        """Versions of an entry and of those closed in its favour: their tries add up."""
        return self.filter(models.Q(entry=entry) | models.Q(entry__merged_into=entry))

    def by_preference(self) -> SubmissionQuerySet:
        """Each entry's version that its team chose comes first, then the latest ones."""
        is_chosen = models.Case(models.When(entry__chosen=models.F("pk"), then=0), default=1)
        return self.order_by("entry", is_chosen, "-number")

    def counting(self) -> SubmissionQuerySet:
        """The version that counts per entry: the chosen one if it is in, else the latest one."""
        versions = Submission.objects.filter(entry=models.OuterRef("entry")).handed_in()
        return self.filter(pk=models.Subquery(versions.by_preference().values("pk")[:1]))

    def costing_a_try(self) -> SubmissionQuerySet:
        """Versions that use up a limit: handed in (even if withdrawn later) and not given back."""
        return self.exclude(state=SubmissionState.DRAFT).filter(costs_a_try=True)

    def visible_to(self, user: User | AnonymousUser) -> SubmissionQuerySet:
        """Submissions of one's own teams only.

        Jurors reach submissions through `scoring` (assigned, declared, not recused); the office
        sees receipt times and states through its own reads, never contents before the opening.
        """
        return self.of_member(user)


class Submission(models.Model):
    """One numbered version. Immutable once handed in, never deleted."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="submissions"
    )
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(
        max_length=12, choices=SubmissionState.choices, default=SubmissionState.DRAFT
    )
    title = models.CharField(
        _("title of your solution"),
        max_length=90,
        blank=True,
        validators=[validate_line],
        help_text=_("The jury reads it. Do not name your team or organisation."),
    )
    summary = models.TextField(
        _("summary"),
        max_length=3_000,
        blank=True,
        help_text=_("What your solution does, in plain words. Do not name your team."),
    )
    link = models.URLField(_("link to code"), max_length=300, blank=True)
    is_declared = models.BooleanField(
        _("We may use everything we hand in, and no text names our team or its members."),
        default=False,
    )
    # Answers by the keys of `submissions.cards.CARD` and `submissions.footprint.FIELDS`, and of the
    # AI Act pre-check.
    card = models.JSONField(default=dict, blank=True)
    self_check = models.JSONField(default=dict, blank=True)
    # Each part counts its saves, so that two people can write in two parts.
    version = models.PositiveIntegerField(default=0, help_text="Counts saves, for stale forms")
    card_version = models.PositiveIntegerField(default=0)
    self_check_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    updated_at = models.DateTimeField()
    text_saved_at = models.DateTimeField(
        null=True, blank=True, help_text="When a text last changed, by the clock of the database"
    )
    handed_in_at = models.DateTimeField(null=True, blank=True)
    upload_begun_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Handed in within the grace: when the upload began that crossed the deadline",
    )
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # NULLs do not collide.
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    costs_a_try = models.BooleanField(
        default=True, help_text="False: a platform fault or a bad file gave the try back"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering: ClassVar = ["entry", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "number"], name="version_number_is_unique"),
            models.UniqueConstraint(
                fields=["entry"],
                condition=models.Q(state="draft"),
                name="one_draft_per_entry",
            ),
            models.CheckConstraint(
                name="submission_handed_in_iff_time",
                condition=models.Q(state="draft", handed_in_at=None)
                | (~models.Q(state="draft") & models.Q(handed_in_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        """Return code and number."""
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new submission its code."""
        assign_code(self, "S")
        super().save(*args, **kwargs)

    @property
    def reference(self) -> str:
        """Return the reference on receipts, such as `S-7K4Q2M-v3`."""
        return f"{self.code}-v{self.number}"

    @property
    def card_lines(self) -> list[tuple[Any, str]]:
        """Return questions and answers of the data and model card."""
        return cards.lines(self.card)

    @property
    def footprint_lines(self) -> list[footprint.Declared]:
        """Return what the team declares about making and running its solution."""
        return footprint.lines(self.card)

    @property
    def self_check_outcome(self) -> Outcome | None:
        """Return the class under the AI Act that follows from the self-check, if it is complete."""
        return cards.result(self.self_check).outcome

    @property
    def state_tone(self) -> str:
        """Return the tone of the tag that shows the state."""
        return SubmissionState(self.state).tone

    @property
    def is_draft(self) -> bool:
        """Say whether it may still be changed."""
        return self.state == SubmissionState.DRAFT

    @property
    def uses_a_try(self) -> bool:
        """Say whether it counts against a limit; agrees with `costing_a_try`."""
        return self.costs_a_try and not self.is_draft

    def file(self, kind: str) -> SubmissionFile | None:
        """Return the file of a kind; uses prefetched files when there are any."""
        return next((file for file in self.files.all() if file.kind == kind), None)

    @property
    def concept(self) -> SubmissionFile | None:
        """Return the concept document."""
        return self.file(FileKind.CONCEPT)

    @property
    def predictions(self) -> SubmissionFile | None:
        """Return the prediction file."""
        return self.file(FileKind.PREDICTIONS)

    def get_absolute_url(self) -> str:
        """Return the team's page of this version."""
        return reverse("submissions:submission-show", args=[self.code])


class SubmissionFileQuerySet(models.QuerySet["SubmissionFile"]):
    """Filters over files."""

    def of_versions_in(self) -> SubmissionFileQuerySet:
        """Files of versions that were handed in and not withdrawn."""
        return self.exclude(
            submission__state__in=[SubmissionState.DRAFT, SubmissionState.WITHDRAWN]
        )


class SubmissionFile(models.Model):
    """What was uploaded: generated key, size and SHA-256 computed by the server."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    original_name = models.CharField(max_length=200)
    # Not unique: a new version names the unchanged files of the previous one.
    key = models.CharField(max_length=200, db_index=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # What the strict reader found, in words and figures, for prediction files (`FileReport`).
    report = models.JSONField(default=dict, blank=True)
    begun_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the upload in parts was opened, by the clock of the database",
    )
    state = models.CharField(max_length=12, choices=FileState.choices, default=FileState.UNSCANNED)
    malware = models.CharField(
        max_length=120, blank=True, help_text="What the scanner calls what it found"
    )
    # What could tell the jury who submits (`submissions.guard`); for the team alone.
    guard = models.JSONField(default=dict, blank=True)
    kept_at = models.DateTimeField(
        null=True, blank=True, help_text="When the team decided to leave what the guard found"
    )
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = SubmissionFileQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "kind"], name="one_file_per_kind")
        ]

    def __str__(self) -> str:
        """Return kind and submission."""
        return f"{self.submission} {self.kind}"

    @property
    def suffix(self) -> str:
        """Return the suffix of the stored file, such as `.pdf`."""
        return "." + self.key.rsplit(".", 1)[-1]

    @property
    def is_blocked(self) -> bool:
        """Say whether malware was found; the bytes are gone, the row stays."""
        return self.state == FileState.BLOCKED

    @property
    def awaits_scan(self) -> bool:
        """Say whether the scanner of this installation has not yet looked at it."""
        return scanner.is_on() and self.state in {FileState.UNSCANNED, FileState.SCANNING}

    @property
    def neutral_name(self) -> str:
        """Return the name under which the jury gets the file: it says nothing about the team."""
        return f"submission-{self.submission.code}-{self.submission.number}{self.suffix}"


class Receipt(models.Model):
    """Signed proof that a submission was received; the payload is what was signed."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="receipt")
    payload = models.JSONField()
    signature = models.CharField(max_length=120)
    key_id = models.CharField(max_length=16)
    issued_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-issued_at"]

    def __str__(self) -> str:
        """Return the reference."""
        return str(self.submission)

    @property
    def deadline_at(self) -> dt.datetime:
        """Return the deadline that was in force at receipt."""
        return dt.datetime.fromisoformat(self.payload["deadline_utc"])

    @property
    def on_time_by(self) -> dt.timedelta:
        """Return how long before the deadline it was received."""
        return dt.timedelta(seconds=self.payload["on_time_by_seconds"])


class LateAttempt(models.Model):
    """A try to hand in after the deadline: refused, recorded, visible to the office (T-37)."""

    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="late_attempts"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    attempted_at = models.DateTimeField()
    ended_at = models.DateTimeField(help_text="The deadline that was missed")
    # What the draft held, without contents: its files as the receipt would list them.
    text_sha256 = models.CharField(max_length=64, blank=True)
    files = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-attempted_at"]

    def __str__(self) -> str:
        """Return reference and time."""
        return f"{self.submission} {self.attempted_at:%Y-%m-%d %H:%M:%S}"

    @property
    def late_by(self) -> dt.timedelta:
        """Return how late it was."""
        return self.attempted_at - self.ended_at

    @property
    def size(self) -> int:
        """Return how many bytes of files the draft held."""
        return sum(file["size"] for file in self.files)
