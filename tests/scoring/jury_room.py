"""A jury with its people and three submissions, as the tests of the jury room need it.

Ada organises, Bea posts for the agency, Cem captains a team (Ulme), Emil another one (Zeder), the
third team has no organisation (Eibe). Hanna chairs, Frida and Iris are jurors, Gus is nobody. Jan
sits in the jury of another challenge of the same competition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile

from competition.states import PhaseKind
from core import clock, storage
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.actions.assessment import Answer
from scoring.models import (
    Assessment,
    Assignment,
    Criterion,
    Jury,
    JurySeat,
    Level,
    Rubric,
)
from scoring.states import ConflictAnswer, SeatRole
from submissions.actions import merge as merge_actions
from submissions.actions import team as team_actions
from submissions.models import Entry, Membership, Submission, SubmissionFile, Team
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    EntryFactory,
    PhaseFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    organiser,
    team_member,
)

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge, Competition

PDF = b"%PDF-1.7\nEin Konzept.\n%%EOF\n"
# Everything that would tell a juror who is behind a submission; none of it may reach one.
IDENTITIES = (
    "Team Dachs",
    "Team Luchs",
    "Team Otter",
    "Cem Kaya",
    "Emil Wolf",
    "Olga Otter",
    "cem@elbufer.example",
    "emil@klarschrift.example",
    "olga@otter.example",
    "Konzept_Team_Dachs.pdf",
    "Konzept_Team_Luchs.pdf",
    "Konzept_Team_Otter.pdf",
)
ORGANISATIONS = ("Hochschule Elbufer", "Klarschrift AG")


@dataclass
class Room:
    """Everything that is in the room; `people` by first name."""

    competition: Competition
    challenge: Challenge
    rubric: Rubric
    jury: Jury
    people: dict[str, User]
    seats: dict[str, JurySeat]
    entries: dict[str, Entry]
    submissions: dict[str, Submission]
    criteria: list[Criterion] = field(default_factory=list)

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def declare(self, name: str, **answers: str) -> JurySeat:
        """Let a juror declare; answers by pseudonym, no conflict with the rest."""
        given = {
            entry.pk: conflict_actions.Answer(answers.get(pseudonym, ConflictAnswer.NONE))
            for pseudonym, entry in self.entries.items()
        }
        seat = self.seats[name]
        conflict_actions.declare(seat, by=seat.user, answers=given, oath=True)
        return seat

    def assign_everything(self) -> None:
        """Give every submission to every juror, where no conflict forbids it."""
        plan = jury_actions.propose(self.jury, k=len(self.seats), seed=1)
        jury_actions.apply(self.jury, pairs=plan.pairs, by=self.people["ada"])

    def start(self) -> None:
        """Let everybody declare, assign everything and start."""
        for name, seat in self.seats.items():
            if seat.declared_at is None:
                self.declare(name)
        self.assign_everything()
        jury_actions.start(self.jury, by=self.people["ada"])

    def assignment(self, name: str, pseudonym: str) -> Assignment:
        """Return the assignment of a juror."""
        return Assignment.objects.get(seat=self.seats[name], submission=self.submissions[pseudonym])

    def answers(self, *marks: int | None, comment: str = "") -> dict[int, Answer]:
        """Return answers in the order of the criteria, in levels."""
        return {
            criterion.pk: Answer(None if mark is None else mark * 100, comment=comment)
            for criterion, mark in zip(self.criteria, marks, strict=False)
        }

    def save(self, name: str, pseudonym: str, *marks: int | None, **texts: str) -> Assessment:
        """Save an assessment over whatever is stored."""
        assignment = self.assignment(name, pseudonym)
        stored = Assessment.objects.filter(assignment=assignment).first()
        return assessment_actions.save(
            assignment,
            by=self.seats[name].user,
            version=stored.version if stored else 0,
            answers=self.answers(*marks, comment=texts.pop("on_each", "")),
            **texts,
        )

    def finish(self, name: str, *marks: int) -> None:
        """Save the same marks for all submissions of a juror and release them."""
        seat = self.seats[name]
        for assignment in Assignment.objects.visible_to(seat.user).filter(seat=seat):
            self.save(name, assignment.submission.entry.jury_pseudonym, *marks)
        assessment_actions.release_all(seat, by=seat.user)


def _team(challenge: Challenge, pseudonym: str, **fields: str) -> Entry:
    animal = fields["animal"]
    team = TeamFactory(
        competition=challenge.competition,
        name=f"Team {animal}",
        organisation=fields.get("organisation", ""),
    )
    team_member(team, email=fields["email"], name=fields["person"])
    entry = EntryFactory(challenge=challenge, team=team, jury_pseudonym=pseudonym)
    submission = SubmissionFactory(
        entry=entry,
        handed_in=True,
        title=f"Lösung {pseudonym}",
        link=f"https://code.example/team-{animal.lower()}",
    )
    stored = storage.store(
        storage.SUBMISSIONS,
        ContentFile(PDF, name="concept.pdf"),
        folder=submission.code,
        suffix=".pdf",
    )
    SubmissionFile.objects.create(
        submission=submission,
        kind="concept",
        original_name=f"Konzept_Team_{animal}.pdf",
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        uploaded_at=clock.now(),
    )
    return entry


def make_rubric(challenge: Challenge) -> Rubric:
    """Make three criteria (50, 30, 20); the last one goes from 0 to 10 and may be left open."""
    rubric = Rubric.objects.create(challenge=challenge, min_assessments=2)
    scales = (("Nutzen", 50, 1, 5), ("Betrieb", 30, 1, 5), ("Recht", 20, 0, 10))
    for position, (name, weight, lowest, highest) in enumerate(scales, start=1):
        criterion = Criterion.objects.create(
            rubric=rubric,
            position=position,
            name_de=name,
            name_en=f"{name} (en)",
            description_de=f"Was {name} bringt",
            weight=Decimal(weight),
            lowest=lowest,
            highest=highest,
            may_abstain=name == "Recht",
        )
        Level.objects.bulk_create(
            Level(criterion=criterion, mark=mark, anchor_de=f"{name} Stufe {mark}")
            for mark in criterion.scale
        )
    return rubric


def _left(room: Room) -> None:
    team = room.entries["Ulme"].team
    member = Membership.objects.create(
        team=team, competition=team.competition, user=room.frida, joined_at=clock.now()
    )
    team_actions.remove_member(member, by=room.frida)


def _was_in_a_merged_team(room: Room) -> None:
    """Frida has left Emil's former team; then it became part of Cem's."""
    gone = TeamFactory(competition=room.competition)
    leads = team_member(gone)
    member = Membership.objects.create(
        team=gone, competition=gone.competition, user=room.frida, joined_at=clock.now()
    )
    team_actions.remove_member(member, by=room.frida)
    # Teams merge before the deadline; the jury sits when it is over.
    before = clock.now() - 15 * DAY
    proposal = merge_actions.propose(
        room.entries["Ulme"].team, by=room.people["cem"], other=gone, now=before
    )
    merge_actions.consent(proposal, by=leads, now=before)


def _has_a_colleague(room: Room) -> None:
    room.frida.email = "frida@elbufer.example"
    room.frida.save()


def _works_there(room: Room) -> None:
    seat = room.seats["frida"]
    seat.organisation = " hochschule  ELBUFER"
    seat.save()


def _works_with_the_merged(room: Room) -> None:
    _works_there(room)
    Team.objects.filter(pk=room.entries["Ulme"].team_id).update(
        organisation="Verein Elbe + Hochschule Elbufer"
    )


def _is_a_member(room: Room) -> None:
    # Else the others of the jury would have a colleague in the team.
    room.frida.email = "frida@gmx.de"
    room.frida.save()
    team = room.entries["Ulme"].team
    Membership.objects.create(
        team=team, competition=team.competition, user=room.frida, joined_at=clock.now()
    )


# What brings Frida into conflict with Ulme, and with nothing else, after she has declared.
CONFLICTS = {
    "left": _left,
    "was in a merged team": _was_in_a_merged_team,
    "has a colleague": _has_a_colleague,
    "works there": _works_there,
    "works with the merged": _works_with_the_merged,
    "is a member": _is_a_member,
}


def seated(jury: Jury, *, by: User, **invitation: Any) -> JurySeat:
    """Invite a person, who accepts."""
    invited = invitation_actions.invite(jury, by=by, **invitation)
    return invitation_actions.accept(invited, by=invited.user)


def make_room() -> Room:
    """Make a jury that is preparing: people have seats, nobody has declared."""
    competition = CompetitionFactory(name_de="KI-Wettbewerb")
    agency = AgencyFactory()
    challenge = ChallengeFactory(
        competition=competition,
        agency=agency,
        published=True,
        title_de="Ziffern lesen",
        title_en="Read digits",
    )
    now = clock.now()
    PhaseFactory(challenge=challenge, starts_at=now - 20 * DAY, ends_at=now - 10 * DAY)
    PhaseFactory(
        challenge=challenge,
        kind=PhaseKind.ASSESSMENT,
        starts_at=now - 9 * DAY,
        ends_at=now + 9 * DAY,
    )
    rubric = make_rubric(challenge)
    ada = organiser(competition, name="Ada Lenz")
    bea = agency_staff(agency, name="Bea Brandt")
    entries = {
        "Ulme": _team(
            challenge,
            "Ulme",
            animal="Dachs",
            organisation="Hochschule Elbufer",
            email="cem@elbufer.example",
            person="Cem Kaya",
        ),
        "Zeder": _team(
            challenge,
            "Zeder",
            animal="Luchs",
            organisation="Klarschrift AG",
            email="emil@klarschrift.example",
            person="Emil Wolf",
        ),
        "Eibe": _team(
            challenge, "Eibe", animal="Otter", email="olga@otter.example", person="Olga Otter"
        ),
    }
    jury = jury_actions.form(challenge, by=ada)
    seats = {
        name: seated(
            jury, by=ada, email=f"{name}@jury.example", name=f"{name.title()} Jurorin", role=role
        )
        for name, role in (
            ("hanna", SeatRole.CHAIR),
            ("frida", SeatRole.JUROR),
            ("iris", SeatRole.JUROR),
        )
    }
    other = ChallengeFactory(
        competition=competition, agency=agency, published=True, title_de="Briefe verteilen"
    )
    other_jury = jury_actions.form(other, by=ada)
    jan = seated(other_jury, by=ada, email="jan@jury.example", name="Jan Juror")
    people = {
        "ada": ada,
        "bea": bea,
        "gus": UserFactory(name="Gus"),
        "jan": jan.user,
        "cem": entries["Ulme"].team.memberships.get().user,
        "emil": entries["Zeder"].team.memberships.get().user,
        **{name: seat.user for name, seat in seats.items()},
    }
    return Room(
        competition=competition,
        challenge=challenge,
        rubric=rubric,
        jury=jury,
        people=people,
        seats=seats,
        entries=entries,
        submissions={name: Submission.objects.get(entry=entry) for name, entry in entries.items()},
        criteria=list(rubric.criteria.order_by("position")),
    )


__all__ = [
    "CONFLICTS",
    "IDENTITIES",
    "ORGANISATIONS",
    "Room",
    "make_room",
    "make_rubric",
    "seated",
]
