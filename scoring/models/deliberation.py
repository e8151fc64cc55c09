"""The jury's meeting: what is talked about, who is present, and what is voted on."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.codes import assign_code
from scoring.states import MotionKind, MotionState, VoteChoice

DEFAULT_QUORUM = 50  # percent; more than this share must be present


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


class Meeting(models.Model):
    """The rule that the jury meets under, stated when the chair opens the deliberation."""

    jury = models.OneToOneField("scoring.Jury", on_delete=models.PROTECT, related_name="meeting")
    quorum_percent = models.PositiveSmallIntegerField(
        _("quorum"), default=DEFAULT_QUORUM, validators=[MaxValueValidator(99)]
    )
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = _("meeting of the jury")
        verbose_name_plural = _("meetings of the jury")

    def __str__(self) -> str:
        """Return whose meeting it is."""
        return f"{self.jury_id}"


class Attendance(models.Model):
    """Somebody is in the meeting, from when to when: a member, or a guest by name."""

    jury = models.ForeignKey("scoring.Jury", on_delete=models.PROTECT, related_name="attendances")
    seat = models.ForeignKey(
        "scoring.JurySeat",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attendances",
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    function = models.CharField(_("function"), max_length=120, blank=True)
    came_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        ordering: ClassVar = ["came_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seat"],
                condition=models.Q(left_at=None, seat__isnull=False),
                name="present_once",
            ),
            models.CheckConstraint(
                name="member_or_named_guest",
                condition=models.Q(seat__isnull=False, name="")
                | (models.Q(seat=None) & ~models.Q(name="")),
            ),
        ]

    def __str__(self) -> str:
        """Return who it is."""
        return self.name or f"{self.seat_id}"


class Motion(models.Model):
    """Something that the jury votes on; figures are filled in when the vote is closed."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    jury = models.ForeignKey("scoring.Jury", on_delete=models.PROTECT, related_name="motions")
    kind = models.CharField(_("kind"), max_length=12, choices=MotionKind.choices)
    entry = models.ForeignKey(
        "submissions.Entry",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="motions",
    )
    text = models.CharField(_("motion"), max_length=500)
    state = models.CharField(max_length=10, choices=MotionState.choices, default=MotionState.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    is_show_of_hands = models.BooleanField(default=False)
    # Of the closed vote: members with a vote, those of them without a conflict and present.
    members = models.PositiveSmallIntegerField(null=True, blank=True)
    present = models.PositiveSmallIntegerField(null=True, blank=True)
    quorum_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    yes = models.PositiveSmallIntegerField(null=True, blank=True)
    no = models.PositiveSmallIntegerField(null=True, blank=True)
    abstained = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("motion")
        verbose_name_plural = _("motions")
        ordering: ClassVar = ["opened_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="motion_names_its_submission",
                condition=models.Q(kind="procedure", entry=None)
                | (~models.Q(kind="procedure") & models.Q(entry__isnull=False)),
            ),
            models.CheckConstraint(
                name="open_motion_has_no_result",
                condition=models.Q(state="open", closed_at=None)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        """Return the motion."""
        return self.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new motion its code."""
        assign_code(self, "M")
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Say whether it is being voted on."""
        return self.state == MotionState.OPEN

    @property
    def fill(self) -> str:
        """Return the shape beside the state."""
        return MotionState(self.state).fill


class Vote(models.Model):
    """How a member voted; it may be changed until the vote is closed."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="votes")
    seat = models.ForeignKey("scoring.JurySeat", on_delete=models.PROTECT, related_name="votes")
    choice = models.CharField(max_length=8, choices=VoteChoice.choices)
    cast_at = models.DateTimeField()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["motion", "seat"], name="one_vote_per_member")
        ]

    def __str__(self) -> str:
        """Return how it was voted."""
        return self.get_choice_display()


class MeetingNote(models.Model):
    """What the chair writes down while the jury talks: about one submission, or about none."""

    jury = models.ForeignKey("scoring.Jury", on_delete=models.PROTECT, related_name="notes")
    entry = models.ForeignKey(
        "submissions.Entry",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="meeting_notes",
    )
    text = models.TextField(_("notes"), max_length=8_000, blank=True)
    version = models.PositiveIntegerField(default=0, help_text="Counts saves (N-17)")
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("notes of the meeting")
        verbose_name_plural = _("notes of the meeting")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jury", "entry"], name="one_note_per_submission"),
            models.UniqueConstraint(
                fields=["jury"], condition=models.Q(entry=None), name="one_general_note"
            ),
        ]

    def __str__(self) -> str:
        """Return what the notes are about."""
        return f"{self.jury_id}: {self.entry_id or '–'}"


class MeetingNoteVersion(models.Model):
    """One save of notes as they were; nothing that was written is ever gone."""

    note = models.ForeignKey(MeetingNote, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(max_length=8_000, blank=True)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("version of notes")
        verbose_name_plural = _("versions of notes")
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "number"], name="one_note_version_per_save")
        ]

    def __str__(self) -> str:
        """Return whose version it is, and which."""
        return f"{self.note_id} v{self.number}"


class ConsensusMark(models.Model):
    """The mark that the jury agrees on after talking: beside the individual ones, never counted.

    The official score reads `CriterionScore` alone (N-41); a test proves it.
    """

    jury = models.ForeignKey(
        "scoring.Jury", on_delete=models.PROTECT, related_name="consensus_marks"
    )
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="consensus_marks"
    )
    criterion = models.ForeignKey(
        "scoring.Criterion", on_delete=models.PROTECT, related_name="consensus_marks"
    )
    # Empty: the jury took its agreement back.
    mark_hundredths = models.PositiveIntegerField(null=True, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consensus mark")
        verbose_name_plural = _("consensus marks")
        ordering: ClassVar = ["criterion__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["jury", "entry", "criterion"], name="one_consensus_per_criterion"
            )
        ]

    def __str__(self) -> str:
        """Return the mark."""
        return "–" if self.mark_hundredths is None else f"{self.mark_hundredths / 100:g}"
