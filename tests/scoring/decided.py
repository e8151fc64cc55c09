"""A jury after closing, with marks that are easy to add up by hand.

Weights 60 and 40, levels 1 to 5. Two jurors: Frida leads, Fritz sits with her.
Cem's team (Eibe): 5/5 and 5/3 make 100 and 80, so 90. Emil's (Ahorn): 3/3 and 3/3 make 50.
Weide has one assessment only, and two are needed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from competition.states import ChallengeState, PhaseKind
from core import clock
from scoring.actions import decision as actions
from scoring.actions import publication
from scoring.actions.benchmark import one_ranks
from scoring.actions.decision import AwardInput
from scoring.models import (
    Assessment,
    Assignment,
    Award,
    Benchmark,
    ConflictDeclaration,
    Criterion,
    CriterionScore,
    Decision,
    Jury,
    Recusal,
    Rubric,
)
from scoring.states import (
    AssessmentState,
    AwardKind,
    ConflictAnswer,
    EligibilityCondition,
    JuryState,
    RecusalReason,
    SeatRole,
)
from tests.factories import (
    AssignmentFactory,
    ChallengeFactory,
    EntryFactory,
    JuryFactory,
    JurySeatFactory,
    PhaseFactory,
    RubricFactory,
    SubmissionFactory,
    UserFactory,
    agency_staff,
    organiser,
    scored,
    team_member,
)

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge
    from scoring.models import JurySeat
    from submissions.models import Submission

DAY = dt.timedelta(days=1)
MARKS = {"Eibe": ((5, 5), (5, 3)), "Ahorn": ((3, 3), (3, 3)), "Weide": ((4, 4),)}
TEAMS = {"Eibe": "Team Dachs", "Ahorn": "Team Luchs", "Weide": "Team Otter"}


@dataclass
class Room:
    """A jury and everybody who might look at it."""

    jury: Jury
    challenge: Challenge
    submissions: dict[str, Submission]
    seats: list[JurySeat]
    ada: User  # organises
    anton: User  # organises with her
    bea: User  # posts
    cem: User  # captain of Eibe
    emil: User  # captain of Ahorn
    frida: User  # chair
    fritz: User  # juror
    gus: User  # nobody

    def award(self, pseudonym: str = "Eibe", **fields: Any) -> AwardInput:
        """Make an award as the chair enters it: a first prize unless said otherwise."""
        values = {
            "kind": AwardKind.PRIZE,
            "place": 1,
            "amount": 20_000,
            "reason_de": "Fragt nach.",
            **fields,
        }
        return AwardInput(entry=self.submissions[pseudonym].entry, **values)

    def decide(self, *awards: AwardInput) -> Decision:
        """Let the chair open the deliberation, if need be, and decide."""
        self.jury.refresh_from_db()
        if self.jury.state == JuryState.CLOSED:
            actions.open_deliberation(self.jury, by=self.frida)
        return actions.decide(
            self.jury, by=self.frida, reasons_de="Die Jury ist sich einig.", awards=awards
        )

    @property
    def decision(self) -> Decision:
        """Return the decision as it is stored."""
        return Decision.objects.get(challenge=self.challenge)

    def unseal(self) -> None:
        """Let two people of the office unseal the names."""
        for official in (self.ada, self.anton):
            publication.unseal(self.jury, by=official)

    def check(self, pseudonym: str = "Eibe", **not_met: bool) -> None:
        """Let the office check a winner; conditions are met unless said otherwise."""
        publication.check_eligibility(
            self.jury,
            self.submissions[pseudonym].entry,
            by=self.ada,
            answers={**dict.fromkeys(EligibilityCondition.values, True), **not_met},
            remark="Eine Erklärung fehlt." if not_met else "",
        )

    def tell(self, *, days: int = 7, now: dt.datetime | None = None) -> Decision:
        """Tell the teams their results."""
        self.challenge.competition.objection_days = days
        self.challenge.competition.save(update_fields=["objection_days"])
        return publication.tell_teams(self.jury, by=self.ada, now=now)

    def make_ready(self, *, days: int = 0) -> None:
        """Take every step of the office between decision and publication."""
        self.unseal()
        for award in Award.objects.filter(decision__challenge=self.challenge).standing():
            publication.check_eligibility(
                self.jury,
                award.entry,
                by=self.ada,
                answers=dict.fromkeys(EligibilityCondition.values, True),
            )
        self.tell(days=days)

    def publish(self) -> Decision:
        """Decide with one prize, take the steps of the office, and publish."""
        self.decide(self.award())
        self.make_ready()
        return publication.publish(self.jury, by=self.ada)


def assess(
    assignment: Assignment,
    *levels: int | None,
    state: str = AssessmentState.LOCKED,
    comment: str = "",
) -> Assessment:
    """Store one juror's marks; None is "cannot judge"."""
    now = clock.now()
    assessment = Assessment.objects.create(
        assignment=assignment,
        state=state,
        version=1,
        comment=comment,
        private_note="Geheime Notiz",
        saved_at=now,
        released_at=None if state == AssessmentState.DRAFT else now,
    )
    criteria = Criterion.objects.filter(rubric__challenge=assignment.seat.jury.challenge).order_by(
        "position"
    )
    CriterionScore.objects.bulk_create(
        CriterionScore(
            assessment=assessment,
            criterion=criterion,
            mark_hundredths=None if level is None else 100 * level,
            cannot_judge=level is None,
            comment=f"{criterion.name_de}: {comment}" if comment else "",
        )
        for criterion, level in zip(criteria, levels, strict=True)
    )
    total = sum(
        int(criterion.weight) * (level - 1) * 25
        for criterion, level in zip(criteria, levels, strict=True)
        if level is not None
    )
    assessment.total_hundredths = total
    assessment.save(update_fields=["total_hundredths"])
    return assessment


def recuse(seat: JurySeat, submission: Submission) -> Recusal:
    """Let a juror step back from an entry."""
    return Recusal.objects.create(
        seat=seat,
        entry=submission.entry,
        reason=RecusalReason.CONFLICT,
        recused_at=clock.now(),
        recused_by=seat.user,
    )


def add_submission(
    challenge: Challenge, seats: list[JurySeat], pseudonym: str, team: str, *marks: tuple[int, ...]
) -> Submission:
    """Add a version that is in, declared free of conflict, with one locked sheet per marks."""
    entry = EntryFactory(challenge=challenge, jury_pseudonym=pseudonym, team__name=team)
    submission: Submission = SubmissionFactory(
        entry=entry, handed_in=True, title=f"Konzept {pseudonym}"
    )
    for seat in seats:
        ConflictDeclaration.objects.create(
            seat=seat, entry=entry, answer=ConflictAnswer.NONE, declared_at=clock.now()
        )
    for seat, levels in zip(seats, marks, strict=False):
        assess(
            AssignmentFactory(seat=seat, submission=submission),
            *levels,
            comment=f"Bemerkung zu {pseudonym}",
        )
    return submission


def closed_room(*, state: str = JuryState.CLOSED, **fields: Any) -> Room:
    """Make a jury whose assessments are closed, on a statement whose window has ended."""
    challenge = ChallengeFactory(published=True, **fields)
    challenge.state = ChallengeState.CLOSED
    challenge.save()
    now = clock.now()
    for kind, (first, last) in {
        PhaseKind.SUBMISSION: (9, 5),
        PhaseKind.ASSESSMENT: (4, 1),
    }.items():
        PhaseFactory(
            challenge=challenge, kind=kind, starts_at=now - first * DAY, ends_at=now - last * DAY
        )
    RubricFactory(challenge=challenge)
    jury = JuryFactory(challenge=challenge, state=state)
    frida, fritz = UserFactory(name="Frida Vorsitz"), UserFactory(name="Fritz Juror")
    seats = [
        JurySeatFactory(
            jury=jury, user=frida, role=SeatRole.CHAIR, declared_at=now, organisation="Hochschule A"
        ),
        JurySeatFactory(jury=jury, user=fritz, declared_at=now),
    ]
    submissions = {
        name: add_submission(challenge, seats, name, TEAMS[name], *marks)
        for name, marks in MARKS.items()
    }
    return Room(
        jury=jury,
        challenge=challenge,
        submissions=submissions,
        seats=seats,
        ada=organiser(challenge.competition, name="Ada Büro"),
        anton=organiser(challenge.competition, name="Anton Büro"),
        bea=agency_staff(challenge.agency),
        cem=team_member(submissions["Eibe"].entry.team),
        emil=team_member(submissions["Ahorn"].entry.team),
        frida=frida,
        fritz=fritz,
        gus=UserFactory(),
    )


# Accuracy on the public and on the hidden part; 0.5 earns 0 points, 1 earns 100.
ACCURACY = {"Eibe": (0.9, 0.7), "Ahorn": (0.6, 0.95), "Weide": (0.5, 0.8)}


def measured_room(**fields: Any) -> Room:
    """Make a room in which the jury weighs 60 % and accuracy 40 %.

    Eibe: 90 points × 60 % = 54, and 0.7 is 40 points × 40 % = 16, so 70. Ahorn: 50 × 60 % = 30,
    and 0.95 is 90 × 40 % = 36, so 66. Weide has no score of the jury, hence none at all.
    """
    room = closed_room(wants_predictions=True, **fields)
    Rubric.objects.filter(challenge=room.challenge).update(jury_weight=60)
    Benchmark.objects.create(
        challenge=room.challenge,
        target_column="ziffer",
        labels=["0", "1"],
        metric_settings=[one.to_json() for one in one_ranks("accuracy", baseline=0.5)],
        expected_ids=["a", "b"],
    )
    for name, (public, private) in ACCURACY.items():
        scored(room.submissions[name], public=public, private=private)
    baseline = EntryFactory(
        challenge=room.challenge,
        is_baseline=True,
        jury_pseudonym="Palme",
        team__name="Vergleichslösung",
    )
    scored(SubmissionFactory(entry=baseline, handed_in=True), public=0.4, private=0.41)
    return room
