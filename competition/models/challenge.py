"""Problem statements, their versions, and the dialogue about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from competition.states import (
    EDITABLE_STATES,
    PUBLIC_STATES,
    ChallengeState,
    PhaseKind,
    Standing,
)
from core.access import key_of
from core.codes import assign_code

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models.phase import Phase


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    """Filters over problem statements."""

    def public(self) -> ChallengeQuerySet:
        """Statements everyone may read."""
        return self.filter(state__in=PUBLIC_STATES, competition__published_at__isnull=False)

    def of_agency_staff(self, user: User | AnonymousUser) -> ChallengeQuerySet:
        """Statements of the agencies the person works for."""
        return self.filter(agency__memberships__user=key_of(user))

    def organised_by(self, user: User | AnonymousUser) -> ChallengeQuerySet:
        """Statements of the competitions the person organises, drafts of agencies left out."""
        mine = self.filter(competition__office__user=key_of(user))
        return mine.exclude(state=ChallengeState.DRAFT)

    def visible_to(self, user: User | AnonymousUser) -> ChallengeQuerySet:
        """Public ones, those of one's agency, and those one organises (from the first hand-in)."""
        mine = models.Q(pk__in=Challenge.objects.of_agency_staff(user).values("pk"))
        organised = models.Q(pk__in=Challenge.objects.organised_by(user).values("pk"))
        public = models.Q(state__in=PUBLIC_STATES, competition__published_at__isnull=False)
        return self.filter(public | mine | organised)


class Challenge(models.Model):
    """One problem statement of one agency.

    The fields PS-n of the template lie in `answers` under the keys that `competition.statement`
    declares; English versions of the texts in `translations`. Title, summary and the few values
    that lists filter by are columns.
    """

    code = models.CharField(max_length=12, unique=True, editable=False)
    competition = models.ForeignKey(
        "competition.Competition", on_delete=models.PROTECT, related_name="challenges"
    )
    agency = models.ForeignKey(
        "competition.Agency", on_delete=models.PROTECT, related_name="challenges"
    )
    state = models.CharField(
        max_length=20, choices=ChallengeState.choices, default=ChallengeState.DRAFT
    )
    title_de = models.CharField(_("title"), max_length=90)
    title_en = models.CharField(_("title (English)"), max_length=90, blank=True)
    tagline_de = models.CharField(_("one-sentence summary"), max_length=200, blank=True)
    tagline_en = models.CharField(_("one-sentence summary (English)"), max_length=200, blank=True)
    # What a team hands in; the lower-level form and the checks follow these two.
    wants_concept = models.BooleanField(_("A concept document (PDF)"), default=True)
    wants_predictions = models.BooleanField(_("A prediction file (CSV)"), default=False)
    answers = models.JSONField(default=dict, blank=True)
    translations = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    # SHA-256 of the frozen statement, rubric rules and phases at publication (T-8).
    frozen_hash = models.CharField(max_length=64, blank=True)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        verbose_name = _("problem statement")
        verbose_name_plural = _("problem statements")
        ordering: ClassVar = ["title_de"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="challenge_published_has_time_and_hash",
                condition=~models.Q(state__in=["published", "closed", "decided", "concluded"])
                | (models.Q(published_at__isnull=False) & ~models.Q(frozen_hash="")),
            )
        ]

    def __str__(self) -> str:
        """Return the title in the language of the page."""
        return self.title.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new statement its code."""
        assign_code(self, "P")
        super().save(*args, **kwargs)

    @property
    def title(self) -> Text:
        """Return the title in the language of the page."""
        return localised(self, "title")

    @property
    def tagline(self) -> Text:
        """Return the one-sentence summary in the language of the page."""
        return localised(self, "tagline")

    def answer(self, key: str) -> Any:
        """Return the stored answer of a statement field, None if there is none."""
        return self.answers.get(key)

    def text(self, key: str) -> Text:
        """Return a text answer in the language of the page."""
        from django.utils.translation import get_language  # noqa: PLC0415  (thin method)

        english = self.translations.get(key, "")
        if (get_language() or "de").startswith("en") and english:
            return Text(english, "en")
        return Text(str(self.answers.get(key) or ""), "de")

    @property
    def state_tone(self) -> str:
        """Return the tone of the state's tag: what waits for somebody stands out."""
        return {
            ChallengeState.NEEDS_CHANGES: "warn",
            ChallengeState.PUBLISHED: "good",
            ChallengeState.CANCELLED: "bad",
        }.get(ChallengeState(self.state), "plain")

    @property
    def is_public(self) -> bool:
        """Say whether everyone may read it."""
        return self.state in PUBLIC_STATES

    @property
    def is_editable(self) -> bool:
        """Say whether its agency may still change it."""
        return self.state in EDITABLE_STATES

    def phase(self, kind: str) -> Phase | None:
        """Return the phase of a kind; uses prefetched phases when there are any."""
        return next((phase for phase in self.phases.all() if phase.kind == kind), None)

    def has_open(self, kind: str, at: dt.datetime) -> bool:
        """Say whether the phase of a kind is open at a moment and the statement is published."""
        phase = self.phase(kind)
        return self.state == ChallengeState.PUBLISHED and phase is not None and phase.is_open(at)

    def standing(self, at: dt.datetime) -> Standing:
        """Return what everyone may know at a moment; a decision shows once it is published."""
        if self.state in {ChallengeState.CONCLUDED, ChallengeState.CANCELLED}:
            return Standing(self.state)
        if self.state == ChallengeState.DECIDED:
            return Standing.DECISION
        submission = self.phase(PhaseKind.SUBMISSION)
        if self.state != ChallengeState.CLOSED:
            if submission is None or at < submission.starts_at:
                return Standing.ANNOUNCED
            if submission.is_open(at):
                return Standing.OPEN
        assessment = self.phase(PhaseKind.ASSESSMENT)
        if assessment is None or at < assessment.starts_at:
            return Standing.CLOSED
        return Standing.ASSESSMENT if assessment.is_open(at) else Standing.DECISION

    def get_absolute_url(self) -> str:
        """Return the public page."""
        return reverse("competition:challenge-show", args=[self.competition.slug, self.code])


class StatementSection(models.Model):
    """One task of the statement: who saved it last, and whether its author called it finished.

    Sections are saved apart, so that two people can work on two of them at the same time; the
    version counts the saves of one section and reveals a stale form.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=0)
    is_finished = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["challenge", "key"], name="statement_section_is_unique")
        ]

    def __str__(self) -> str:
        """Return code and section."""
        return f"{self.challenge_id} {self.key}"


class StatementVersion(models.Model):
    """What a statement said each time it was handed in or published; never changed."""

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["challenge", "number"], name="statement_version_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return code and number."""
        return f"{self.challenge.code} v{self.number}"


class ReviewMessage(models.Model):
    """A question or answer between office and agency, pinned to a section of the statement."""

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="messages")
    section = models.CharField(_("section"), max_length=40, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    is_from_office = models.BooleanField()
    text = models.TextField(_("message"), max_length=4_000)
    sent_at = models.DateTimeField()
    answers_to = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="answered_by"
    )

    class Meta:
        ordering: ClassVar = ["sent_at"]

    def __str__(self) -> str:
        """Return code and time."""
        return f"{self.challenge_id} {self.sent_at:%Y-%m-%d %H:%M}"
