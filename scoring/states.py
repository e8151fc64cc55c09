"""States of juries, assessments and evaluations, and their edges."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import transitions


class JuryState(models.TextChoices):
    """Where the jury of a problem statement is."""

    PREPARING = "preparing", _("Preparing")
    ASSESSING = "assessing", _("Assessing")
    CUTTING = "cutting", _("Between the rounds")
    CLOSED = "closed", _("Assessments closed")
    DELIBERATING = "deliberating", _("Deliberating")
    DECIDED = "decided", _("Decided")
    PUBLISHED = "published", _("Published")


class AssessmentState(models.TextChoices):
    """Where one juror's scoring of one submission is."""

    DRAFT = "draft", _("Draft")
    RELEASED = "released", _("Released")
    LOCKED = "locked", _("Locked")


class EvaluationState(models.TextChoices):
    """Where a machine run is."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Evaluated")
    FAILED = "failed", _("File could not be evaluated")
    INTERNAL_ERROR = "internal_error", _("Fault on our side")
    CANCELLED = "cancelled", _("Called off")

    @classmethod
    def final(cls) -> "frozenset[EvaluationState]":
        """Return the states of runs that have ended."""
        return frozenset({cls.SUCCEEDED, cls.FAILED, cls.INTERNAL_ERROR, cls.CANCELLED})

    @property
    def tone(self) -> str:
        """Return the tone of the tag."""
        return _EVALUATION_TONES[self]


_EVALUATION_TONES = {
    EvaluationState.QUEUED: "neutral",
    EvaluationState.RUNNING: "neutral",
    EvaluationState.SUCCEEDED: "good",
    EvaluationState.FAILED: "warn",
    EvaluationState.INTERNAL_ERROR: "bad",
    EvaluationState.CANCELLED: "neutral",
}


class InvitationState(models.TextChoices):
    """What became of an invitation into a jury; a seat exists from the acceptance on."""

    OPEN = "open", _("Not answered")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class MotionState(models.TextChoices):
    """What became of a motion before the jury."""

    OPEN = "open", _("Voting")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    NO_QUORUM = "no_quorum", _("No quorum")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    @property
    def fill(self) -> str:
        """Return the shape beside the state: open, part or done."""
        return "part" if self == MotionState.OPEN else "done"


class ProposalState(models.TextChoices):
    """Where a proposal of assignments is that is computed in the background."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Not finished")


class ProposalStep(models.TextChoices):
    """What is being done of a proposal; the values are those of `compute.assignment`."""

    SOLVING = "solving", _("Solving")
    CONNECTING = "connecting", _("Joining groups")
    COMPARING = "comparing", _("Comparing without each rule")


J, A, E, V, M = JuryState, AssessmentState, EvaluationState, InvitationState, MotionState

TRANSITIONS: dict[Any, dict[Any, frozenset[Any]]] = {
    JuryState: {
        J.PREPARING: frozenset({J.ASSESSING}),
        # With two rounds the first one ends in the cut, which opens the final round.
        J.ASSESSING: frozenset({J.CLOSED, J.CUTTING}),
        J.CUTTING: frozenset({J.ASSESSING}),
        J.CLOSED: frozenset({J.DELIBERATING}),
        J.DELIBERATING: frozenset({J.DECIDED}),
        J.DECIDED: frozenset({J.PUBLISHED}),
        J.PUBLISHED: frozenset(),
    },
    AssessmentState: {
        A.DRAFT: frozenset({A.RELEASED}),
        A.RELEASED: frozenset({A.LOCKED, A.DRAFT}),
        # Back to draft: the chair unlocked it with a reason, before the jury decided.
        A.LOCKED: frozenset({A.DRAFT}),
    },
    EvaluationState: {
        E.QUEUED: frozenset({E.RUNNING, E.INTERNAL_ERROR, E.CANCELLED}),
        # Back to queued: the lease ran out or the worker died, and attempts are left.
        E.RUNNING: frozenset({E.SUCCEEDED, E.FAILED, E.INTERNAL_ERROR, E.QUEUED, E.CANCELLED}),
        E.SUCCEEDED: frozenset(),
        E.FAILED: frozenset(),
        E.INTERNAL_ERROR: frozenset({E.QUEUED}),
        E.CANCELLED: frozenset({E.QUEUED}),
    },
    InvitationState: {
        V.OPEN: frozenset({V.ACCEPTED, V.DECLINED, V.WITHDRAWN}),
        # Whoever is to be asked again gets a new invitation.
        V.ACCEPTED: frozenset(),
        V.DECLINED: frozenset(),
        V.WITHDRAWN: frozenset(),
    },
    ProposalState: {
        ProposalState.QUEUED: frozenset({ProposalState.RUNNING}),
        # Back to queued: the worker died.
        ProposalState.RUNNING: frozenset(
            {ProposalState.DONE, ProposalState.FAILED, ProposalState.QUEUED}
        ),
        ProposalState.DONE: frozenset(),
        ProposalState.FAILED: frozenset(),
    },
    MotionState: {
        M.OPEN: frozenset({M.ACCEPTED, M.REJECTED, M.NO_QUORUM, M.WITHDRAWN}),
        M.ACCEPTED: frozenset(),
        M.REJECTED: frozenset(),
        M.NO_QUORUM: frozenset(),
        M.WITHDRAWN: frozenset(),
    },
}
transitions.register(TRANSITIONS)


class SeatRole(models.TextChoices):
    """What a member of the jury does."""

    CHAIR = "chair", _("Chair")
    DEPUTY = "deputy", _("Deputy chair")
    JUROR = "juror", _("Juror")
    ADVISORY = "advisory", _("Advisory member")
    SUBSTITUTE = "substitute", _("Substitute")

    @property
    def duty(self) -> Any:
        """Return what the role means, in one sentence for the person."""
        return _DUTIES[self]


_DUTIES = {
    SeatRole.CHAIR: _("You assess, lead the jury and enter its decision."),
    SeatRole.DEPUTY: _("You assess, and stand in for the chair where the chair is in conflict."),
    SeatRole.JUROR: _("You assess and decide with the others."),
    SeatRole.ADVISORY: _("You take part in the discussion, assess nothing and do not vote."),
    SeatRole.SUBSTITUTE: _("You assess only if you step in for somebody."),
}
# Who is given submissions to assess, and who votes. A substitute who steps in becomes a juror.
ASSESSING_ROLES = frozenset({SeatRole.CHAIR, SeatRole.DEPUTY, SeatRole.JUROR})
VOTING_ROLES = ASSESSING_ROLES


class AfterSaving(models.TextChoices):
    """Where "next" leads a juror (J-95); to stay, there is a button of its own."""

    NEXT = "next", _("to the next one in my order")
    OPEN = "open", _("to the next one that I have not assessed completely")
    LIST = "list", _("back to my list")


class MotionKind(models.TextChoices):
    """What a motion is about: a closed list."""

    PRIZE = "prize", _("Award a prize")
    RECOGNITION = "recognition", _("Give a recognition")
    NO_AWARD = "no_award", _("Give no award")
    SUBMISSION = "submission", _("Other motion about a submission")
    PROCEDURE = "procedure", _("Procedure of the jury")

    @property
    def needs_submission(self) -> bool:
        """Say whether the motion is about one submission."""
        return self != MotionKind.PROCEDURE


class VoteChoice(models.TextChoices):
    """How a member votes."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    ABSTAIN = "abstain", _("Abstention")


class ConflictAnswer(models.TextChoices):
    """What a juror declares about a team's organisation."""

    NONE = "none", _("No conflict")
    CONFLICT = "conflict", _("Conflict of interest")
    UNSURE = "unsure", _("Not sure")


class RecusalReason(models.TextChoices):
    """Why a juror does not assess a submission: a closed list (R-12)."""

    CONFLICT = "conflict", _("Conflict of interest")
    DETECTED = "detected", _("Conflict noticed by the platform")
    NAMED = "named", _("Named by the team")
    NOT_MY_FIELD = "not_my_field", _("Not my field")
    OVERLOAD = "overload", _("Too many assessments")
    OTHER = "other", _("Other reason")

    @property
    def is_of_jurors(self) -> bool:
        """Say whether a juror may give the reason."""
        return self not in {RecusalReason.DETECTED, RecusalReason.NAMED}


class ConflictRelation(models.TextChoices):
    """How a team stands to somebody who should not judge its work: a closed list (Q-21)."""

    KIN = "kin", _("Related, married or living together")
    WORK = "work", _("Employed by or with each other, or a superior")
    PROJECT = "project", _("Work or have worked together")
    DISPUTE = "dispute", _("In dispute, or were so")
    INTEREST = "interest", _("Has an interest in whether we win or lose")
    OTHER = "other", _("Other reason")


class DeclineReason(models.TextChoices):
    """Why somebody does not come into a jury: a closed list (Q-29, L-46)."""

    NOT_AVAILABLE = "not_available", _("I have no time in this period")
    CONFLICT = "conflict", _("Conflict of interest")
    NOT_MY_FIELD = "not_my_field", _("Not my field")
    TOO_MUCH = "too_much", _("Too many assessments")
    OTHER = "other", _("Other reason")


class Split(models.TextChoices):
    """Which part of the ground truth a score was computed on."""

    PUBLIC = "public", _("Public part")
    PRIVATE = "private", _("Hidden part")


class BoardKind(models.TextChoices):
    """What a leaderboard ranks by."""

    PUBLIC = "public", _("Provisional leaderboard")
    PRIVATE = "private", _("Leaderboard of the hidden part")
    JURY = "jury", _("Ranking of the jury")
    COMBINED = "combined", _("Combined ranking")
    LONGLIST = "longlist", _("Ranking after the first round")


class AwardKind(models.TextChoices):
    """What an award is."""

    PRIZE = "prize", _("Prize")
    RECOGNITION = "recognition", _("Recognition")
    PILOT = "pilot", _("Pilot project")


class EligibilityCondition(models.TextChoices):
    """What has to be met before a team receives its award: a closed list."""

    ENTITLED = (
        "entitled",
        _("The team and every member of it may take part by the conditions of the call."),
    )
    NO_BAR = "no_bar", _("No reason for exclusion applies to the team or to a member.")
    DECLARATIONS = (
        "declarations",
        _("All declarations are there, complete and signed where needed."),
    )
    SIDES = (
        "sides",
        _("Nobody of the team is on another side of the competition: office, agency, jury."),
    )


class Counts(models.TextChoices):
    """Which of a team's versions stands on the leaderboards."""

    CHOSEN = "chosen", _("The one that the team chose, otherwise the latest one")
    LATEST = "latest", _("The latest one, whatever the team chose")
    BEST = "best", _("The best one by the metric that ranks, on the public rows")

    @property
    def sentence(self) -> Any:
        """Return the rule in one sentence for everybody."""
        return _COUNTS[self]


_COUNTS = {
    Counts.CHOSEN: _(
        "Of each team the version counts that it chose, otherwise the latest one, that is handed "
        "in and could be evaluated."
    ),
    Counts.LATEST: _(
        "Of each team the latest version counts that is handed in and could be evaluated, "
        "whichever the team chose for the jury."
    ),
    Counts.BEST: _(
        "Of each team the version counts whose published value on the public rows is the best by "
        "the metric that ranks; of equal ones the earliest. On the hidden rows the same version "
        "counts, whether or not another one would be better there. The jury reads the version that "
        "the team chose, otherwise the latest one."
    ),
}


class BoardTies(models.TextChoices):
    """What separates teams whose metrics are all equal as published."""

    SHARED = "shared", _("Nothing: they share the rank")
    EARLIER = "earlier", _("The earlier hand-in goes first")
    FEWER = "fewer", _("Fewer tries go first, then they share the rank")
    FEWER_EARLIER = "fewer_earlier", _("Fewer tries go first, then the earlier hand-in")

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the columns by which equals are ordered, see `scoring.compute.schema`."""
        return _TIE_STEPS[self]


_TIE_STEPS: dict[Any, tuple[str, ...]] = {
    BoardTies.SHARED: (),
    BoardTies.EARLIER: ("hand_in",),
    BoardTies.FEWER: ("tries",),
    BoardTies.FEWER_EARLIER: ("tries", "hand_in"),
}
