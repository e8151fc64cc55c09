"""States of a problem statement and their edges."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import transitions


class ChallengeState(models.TextChoices):
    """Where a problem statement is. Time is never a state: open and late follow from the clock."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    NEEDS_CHANGES = "needs_changes", _("Needs changes")
    ACCEPTED = "accepted", _("Accepted")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")
    DECIDED = "decided", _("Decided")
    CONCLUDED = "concluded", _("Concluded")
    CANCELLED = "cancelled", _("Cancelled")


S = ChallengeState

TRANSITIONS = {
    ChallengeState: {
        S.DRAFT: frozenset({S.IN_REVIEW}),
        S.IN_REVIEW: frozenset({S.NEEDS_CHANGES, S.ACCEPTED}),
        S.NEEDS_CHANGES: frozenset({S.IN_REVIEW}),
        S.ACCEPTED: frozenset({S.PUBLISHED, S.CANCELLED, S.NEEDS_CHANGES}),
        S.PUBLISHED: frozenset({S.CLOSED, S.CANCELLED}),
        S.CLOSED: frozenset({S.DECIDED, S.CANCELLED}),
        S.DECIDED: frozenset({S.CONCLUDED}),
        S.CONCLUDED: frozenset(),
        S.CANCELLED: frozenset(),
    }
}
transitions.register(TRANSITIONS)

PUBLIC_STATES = frozenset({S.PUBLISHED, S.CLOSED, S.DECIDED, S.CONCLUDED, S.CANCELLED})
EDITABLE_STATES = frozenset({S.DRAFT, S.NEEDS_CHANGES})


class Standing(models.TextChoices):
    """What people read about a published statement: derived from state, phases and clock."""

    ANNOUNCED = "announced", _("Opens soon")
    OPEN = "open", _("Open for submissions")
    CLOSED = "closed", _("Submission closed")
    ASSESSMENT = "assessment", _("Jury is assessing")
    DECISION = "decision", _("Decision pending")
    CONCLUDED = "concluded", _("Decided")
    CANCELLED = "cancelled", _("Cancelled")

    @property
    def tone(self) -> str:
        """Return the tone of the tag."""
        return {Standing.OPEN: "good", Standing.CANCELLED: "bad"}.get(self, "plain")


class PhaseKind(models.TextChoices):
    """What may be done in a window of time."""

    QUESTIONS = "questions", _("Questions")
    SUBMISSION = "submission", _("Submission")
    ASSESSMENT = "assessment", _("Assessment by the jury")
    DELIBERATION = "deliberation", _("Decision")


class Outcome(models.TextChoices):
    """Outcome of the AI Act pre-check, from the strictest to the mildest."""

    PROHIBITED = "prohibited", _("Prohibited practice")
    HIGH_RISK_ANNEX_I = "high_risk_annex_i", _("High risk (Annex I)")
    HIGH_RISK_ANNEX_III = "high_risk_annex_iii", _("High risk (Annex III)")
    ANNEX_III_DEROGATION = "annex_iii_derogation", _("Annex III with derogation")
    TRANSPARENCY = "transparency", _("Transparency duties")
    MINIMAL = "minimal", _("Minimal risk")
    NO_AI = "no_ai", _("No AI system")

    @property
    def tone(self) -> str:
        """Return the tone of the tag."""
        return {
            Outcome.PROHIBITED: "bad",
            Outcome.TRANSPARENCY: "neutral",
            Outcome.MINIMAL: "good",
            Outcome.NO_AI: "good",
        }.get(self, "warn")


class Audience(models.TextChoices):
    """Who may download a resource."""

    PUBLIC = "public", _("Everyone")
    REGISTERED = "registered", _("People with an account")
    PARTICIPANTS = "participants", _("Teams that accepted the terms")
