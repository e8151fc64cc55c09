"""Two competitions with something in every state: the world that the role matrix walks.

Both are built by the same function, so whatever lies in one lies in the other as well and could
leak. Texts that not everybody may read are words that occur nowhere else (`Secret`).
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from competition.actions import resource as resource_actions
from competition.actions import statement as statement_actions
from competition.models import Agency, Challenge, Competition, Resource
from competition.states import Audience, ChallengeState, PhaseKind
from core import clock, storage
from core.models import OutboxMessage, OutboxState
from scoring.actions import assessment as assessment_actions
from scoring.actions import benchmark as benchmark_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import decision as decision_actions
from scoring.actions import deliberation
from scoring.actions import jury as jury_actions
from scoring.actions import leaderboard as leaderboard_actions
from scoring.actions import minutes as minutes_actions
from scoring.actions import publication as publication_actions
from scoring.actions import rubric as rubric_actions
from scoring.compute.schema import DetailKind
from scoring.models import (
    Assignment,
    Benchmark,
    Evaluation,
    EvaluationDetail,
    Jury,
    JuryInvitation,
    JurySeat,
    MetricScore,
    Rubric,
)
from scoring.queries import board
from scoring.states import (
    AwardKind,
    BoardKind,
    ConflictAnswer,
    DeclineReason,
    EligibilityCondition,
    EvaluationState,
    InvitationState,
    JuryState,
    MotionKind,
    SeatRole,
    Split,
)
from submissions.actions import opening as opening_actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload as upload_actions
from submissions.models import (
    Entry,
    Invitation,
    JoinRequest,
    MergeProposal,
    Submission,
    Team,
    Upload,
)
from submissions.states import FileKind, TeamRole
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    EntryFactory,
    JuryFactory,
    JurySeatFactory,
    PhaseFactory,
    RubricFactory,
    TeamFactory,
    TermsFactory,
    UserFactory,
    agency_staff,
    complete_statement,
    organiser,
    statement_in_review,
    team_member,
)
from tests.matrix.routes import SIGNED_IN

PDF = b"%PDF-1.7\nEin Konzept.\n%%EOF\n"
TRUTH = [(f"r{number:02}", 73_190.25 + 11 * number) for number in range(1, 13)]
_PLACEHOLDER = re.compile(r"<\w+:(\w+)>|\(\?P<(\w+)>.*\)\$$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
# The office follows what was mailed to whom; operators administer the accounts.
MAILED = ("organiser", "operator")
# What the hidden part gives for every team; shown to nobody before the results.
HIDDEN_VALUE = 0.7319


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is planted somewhere, and the roles that may meet it on some page."""

    text: str
    known_to: frozenset[str] = frozenset()
    # Where one is planted in many places, it is enough that one of them is met.
    kind: str = ""

    def is_in(self, text: str) -> bool:
        """Say whether a text tells it; a number as itself: checksums and times hold any digits."""
        if self.text not in text:
            return False
        if not _NUMBER.fullmatch(self.text):
            return True
        end = r"(?![0-9A-Za-z])" if self.text.isdecimal() else ""
        return bool(re.search(rf"(?<![0-9A-Za-z.]){re.escape(self.text)}{end}", text))


@dataclass(frozen=True, slots=True)
class Disguise:
    """The two names of an entry, and who may read both; the code of its version leads to either."""

    pseudonym: str
    team: str
    code: str
    known_to: frozenset[str]


@dataclass(slots=True)
class World:
    """People by role, names for the parts of addresses, and what must not be told."""

    users: dict[str, User]
    names: dict[str, str]
    secrets: list[Secret]
    # What would join the two names of an entry about which nothing is published.
    disguises: list[Disguise]
    cookies: dict[str, str] = field(default_factory=dict)
    _handlers: dict[str, Any] = field(default_factory=dict)

    def sign_in(self) -> None:
        """Open a session for everybody, as after a sign-in with a second factor."""
        for role, user in self.users.items():
            client = Client()
            client.force_login(user)
            session = client.session
            session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
            session.save()
            self.cookies[role] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def client(self, role: str, **options: Any) -> Client:
        """Return a browser in which the role is signed in."""
        client = Client(raise_request_exception=False, **options)
        # Reading the middleware anew for each browser would take longer than most answers.
        client.handler = self._handlers.setdefault(str(options), client.handler)
        if role in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[role]
        return client

    def visit(self, role: str, name: str, **parts: str) -> None:
        """Open a page that exists."""
        response = self.client(role).get(self.address(name, parts))
        assert response.status_code == 200, name

    def address(self, name: str, parts: dict[str, str]) -> str:
        """Return the address of a route; parts are names of this world, or texts after `=`."""
        values = {key: self.part(value) for key, value in parts.items()}
        if "/" not in name:
            return reverse(name, kwargs=values)
        # A route without a name is called by its pattern.
        pattern = name.partition(":")[2]
        return "/" + _PLACEHOLDER.sub(lambda match: values[match[1] or match[2]], pattern)

    def part(self, value: str) -> str:
        """Return what a part of an address stands for."""
        return value.removeprefix("=") if value.startswith("=") else self.names[value]


def build() -> World:
    """Make the world; the first competition is the one that the addresses lead into."""
    here, there = _Side("a"), _Side("b")
    people = here.people
    people["organiser_elsewhere"] = there.people["organiser"]
    here.join(there.people["organiser"], here.teams["biber"])
    there.join(people["juror_elsewhere"], there.teams["biber"])
    people["auditor"] = UserFactory(name="Paula Prüferin", is_auditor=True)
    people["operator"] = UserFactory(name="Olaf Operator", is_staff=True, is_superuser=True)
    for side in (here, there):
        side.fill()
    # As after signing up; allauth adds a missing one when it looks at an account.
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in User.objects.all()
    )
    roles = {role: people[role] for role in SIGNED_IN}
    known = {id(user): role for role, user in roles.items()}
    secrets = [
        *here.secrets,
        # Of the other competition: what its people may know, if they have a role here as well.
        *(
            Secret(
                secret.text,
                frozenset(
                    known[id(there.people[role])]
                    for role in secret.known_to
                    if role in there.people and id(there.people[role]) in known
                )
                | (secret.known_to & {"auditor", "operator"}),
            )
            for secret in there.secrets
        ),
    ]
    here.names["competition-elsewhere"] = there.competition.slug
    world = World(roles, here.names, secrets, [*here.disguises, *there.disguises])
    world.sign_in()
    # Figures are drawn once and kept in the cache, as they are outside of tests.
    world.visit("anonymous", "scoring:results-show", slug="competition", code="concluded")
    for role in ("chair", "organiser"):
        world.visit(role, "scoring:results-publish", code="decided")
    return world


class _Side:
    """One competition with its people; every secret ends with its letter."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.now = clock.now()
        self.names: dict[str, str] = {}
        self.secrets: list[Secret] = []
        self.disguises: list[Disguise] = []
        self.competition: Competition = CompetitionFactory(slug=f"wettbewerb-{letter}")
        self.terms = TermsFactory(competition=self.competition)
        self.agency: Agency = AgencyFactory(slug=f"amt-{letter}")
        self.other_agency: Agency = AgencyFactory(slug=f"nebenamt-{letter}")
        self.teams: dict[str, Team] = {
            key: TeamFactory(
                competition=self.competition,
                name=f"Team {key.title()} {letter.upper()}",
                organisation=f"Hochschule {key.title()} {letter.upper()}",
            )
            for key in ("dachs", "luchs", "biber")
        }
        team = self.teams["dachs"]
        self.people: dict[str, User] = {
            "participant": team_member(team, name=f"Cem {letter}"),
            "member": self._member(team),
            "rival": team_member(self.teams["luchs"], name=f"Emil {letter}"),
            "juror": self._juror("frida"),
            "chair": self._juror("carla"),
            "colleague": self._juror("fritz"),
            "juror_elsewhere": UserFactory(name=f"Felix {letter}"),
            "agency": agency_staff(self.agency, name=f"Bea {letter}"),
            "agency_other": agency_staff(self.other_agency, name=f"Boris {letter}"),
            "organiser": organiser(self.competition, name=f"Ada {letter}"),
            # They have published their results, and with them perhaps who judged.
            "chair_before": UserFactory(name=f"Karla {letter}"),
            "juror_before": UserFactory(name=f"Konrad {letter}"),
        }
        self.second_official = organiser(self.competition, name=f"Anton {letter}")
        self.names["competition"] = self.competition.slug
        self.names["agency"] = self.agency.slug

    def join(self, user: User, team: Team) -> None:
        """Make a person the captain of a team."""
        from submissions.models import Membership

        Membership.objects.create(
            team=team,
            competition=team.competition,
            user=user,
            role=TeamRole.CAPTAIN,
            joined_at=self.now,
        )

    def fill(self) -> None:
        """Make everything else."""
        self._statements()
        self._open_challenge()
        for key, step in (
            ("jury", JuryState.ASSESSING),
            ("closed", JuryState.CLOSED),
            ("meeting", JuryState.DELIBERATING),
            ("decided", JuryState.DECIDED),
            ("concluded", JuryState.PUBLISHED),
        ):
            self._judged(key, step)
        self._messages()

    # -- people -----------------------------------------------------------------------------------

    def secret(self, word: str, *roles: str) -> str:
        """Return a word that occurs nowhere else, and remember who may read it."""
        text = f"{word}{self.letter}"
        self.secrets.append(Secret(text, frozenset(roles)))
        return text

    def _member(self, team: Team) -> User:
        # The audit log names people as actors.
        name = self.secret("Doranaturschutz", "participant", "member", "auditor", "operator")
        email = self.secret("dorapostkasten", *MAILED, "participant", "member")
        return team_member(
            team, role=TeamRole.MEMBER, name=f"Dora {name}", email=f"{email}@example.org"
        )

    def _juror(self, name: str) -> User:
        word = self.secret(
            f"{name.title()}gutachterin", "juror", "chair", "organiser", "auditor", "operator"
        )
        email = self.secret(f"{name}gutachtenpost", *MAILED, name_of_role(name))
        return UserFactory(name=f"{name.title()} {word}", email=f"{email}@jury.example.org")

    # -- problem statements on their way ----------------------------------------------------------

    def _statements(self) -> None:
        posted: dict[str, Any] = {"competition": self.competition, "agency": self.agency}
        bea, ada = self.people["agency"], self.people["organiser"]
        draft = complete_statement(
            **posted, title_de=self.secret("Schubladenentwurf", "agency"), created_by=bea
        )
        resource = resource_actions.add(
            draft,
            by=bea,
            source=ContentFile(b"id,text\n1,a\n", name="beispiele.csv"),
            title_de="Beispiele",
            licence="CC0-1.0",
            audience=Audience.PUBLIC,
        )
        complete_statement(
            competition=self.competition,
            agency=self.other_agency,
            title_de=self.secret("Nebenamtsentwurf", "agency_other"),
        )
        title = self.secret("Prüfstandsvorhaben", "agency", "organiser")
        review = statement_in_review(**posted, title_de=title)
        returned = statement_in_review(**posted, title_de="Zurückgegeben")
        question = self.secret("Rückfragenwortlaut", "agency", "organiser")
        statement_actions.send_back(returned, by=ada, messages={"": f"Was heißt {question}?"})
        accepted = complete_statement(**posted, state=ChallengeState.ACCEPTED)
        self.names |= {
            "draft": draft.code,
            "draft-resource": resource.code,
            "review": review.code,
            "returned": returned.code,
            "accepted": accepted.code,
        }

    # -- open for submissions, measured by a machine ----------------------------------------------

    def _open_challenge(self) -> None:
        challenge = ChallengeFactory(
            competition=self.competition,
            agency=self.agency,
            wants_predictions=True,
            title_de="Werte vorhersagen",
            answers={"model_card": "optional", "self_check": "optional"},
        )
        benchmark = self._benchmark(challenge)
        RubricFactory(challenge=challenge)
        rubric_actions.freeze(challenge, by=self.people["organiser"], now=self.now - 6 * DAY)
        PhaseFactory(challenge=challenge, starts_at=self.now - 5 * DAY, ends_at=self.now + 5 * DAY)
        _publish(challenge, self.now - 6 * DAY)
        resource = self._resource(challenge)
        first = self._answer(challenge, "dachs", at=self.now - 2 * DAY, values=(1.0, 2.0))
        second = self._answer(challenge, "luchs", at=self.now - DAY, values=(3.0, 4.0))
        third = self._answer(challenge, "biber", at=self.now - DAY, values=(5.0, 6.0))
        self._disguise([first, second, third])
        run = self._evaluate(first, benchmark, EvaluationState.SUCCEEDED)
        fault = self._evaluate(second, benchmark, EvaluationState.INTERNAL_ERROR)
        waiting = self._evaluate(third, benchmark, EvaluationState.QUEUED)
        fault.error = self.secret("Maschinenraumfehler", "organiser")
        fault.save()
        leaderboard_actions.refresh(challenge, BoardKind.PUBLIC)
        leaderboard_actions.refresh(challenge, BoardKind.PRIVATE)
        draft = submission_actions.start_draft(first.entry, by=self.people["participant"])
        submission_actions.save_text(
            draft,
            by=self.people["participant"],
            version=draft.version,
            title=self.secret("Dachsentwurfstitel", "participant", "member"),
            summary="Noch nicht fertig.",
        )
        submission_actions.save_card(
            draft,
            by=self.people["participant"],
            version=draft.card_version,
            answers={"purpose": self.secret("Dachskartenzweck", "participant", "member")},
        )
        jury = JuryFactory(challenge=challenge)
        JurySeatFactory(jury=jury, user=self.people["juror_elsewhere"], role=SeatRole.CHAIR)
        token = f"einladungslink-{self.letter}"
        address = self.secret("eingeladenepost", "participant", "member")
        invitation = Invitation.objects.create(
            team=self.teams["dachs"],
            email=f"{address}@example.org",
            token_hash=Invitation.hash_of(token),
            invited_by=self.people["participant"],
            created_at=self.now,
            expires_at=self.now + DAY,
        )
        name = self.secret("Irabewerberin", "participant", "operator")
        email = self.secret("irapostkasten", "participant", "operator")
        asked = JoinRequest.objects.create(
            team=self.teams["dachs"],
            competition=self.competition,
            user=UserFactory(name=f"Ira {name}", email=f"{email}@example.org"),
            created_at=self.now,
            expires_at=self.now + DAY,
        )
        merge = MergeProposal.objects.create(
            team=self.teams["luchs"],
            other=self.teams["dachs"],
            created_at=self.now,
            expires_at=self.now + DAY,
        )
        self.names |= {
            "merge": merge.code,
            "request": asked.code,
            "open": challenge.code,
            "resource": resource.code,
            "team": self.teams["dachs"].code,
            "member": self.teams["dachs"].memberships.get(user=self.people["member"]).code,
            "invitation": invitation.code,
            "token": token,
            "submission": first.code,
            "submission-draft": draft.code,
            "upload": self._upload(draft),
            "evaluation": run.code,
            "evaluation-fault": fault.code,
            "evaluation-waiting": waiting.code,
        }

    def _upload(self, draft: Submission) -> str:
        name = self.secret("halbdatei", "participant", "member")
        return Upload.objects.create(
            submission=draft,
            kind=FileKind.CONCEPT,
            original_name=f"{name}.pdf",
            size=1_000,
            part_size=1_000,
            staging_key="staging/matrix",
            opened_at=self.now,
        ).code

    def _benchmark(self, challenge: Challenge) -> Benchmark:
        lines = ["id,wert", *(f"{name},{value}" for name, value in TRUTH)]
        benchmark = benchmark_actions.save(
            challenge,
            by=self.people["agency"],
            data=benchmark_actions.BenchmarkSettings(
                target_column="wert",
                target_kind="number",
                metrics=benchmark_actions.one_ranks("rmse", baseline=100.0, target=0.0),
            ),
            truth_file=ContentFile("\n".join(lines).encode(), name="referenz.csv"),
        )
        truth = benchmark.truth
        assert truth is not None
        hidden = [str(int(TRUTH[0][1])), str(benchmark.split_seed), truth.key, f"{HIDDEN_VALUE}"]
        hidden.append(f"{HIDDEN_VALUE}".replace(".", ","))
        self.secrets += [Secret(text) for text in hidden]
        return benchmark

    def _resource(self, challenge: Challenge) -> Resource:
        known = ("participant", "member", "rival", "organiser_elsewhere", "agency", "organiser")
        content = self.secret("Teilnehmerdatensatz", *known)
        stored = storage.store(
            storage.RESOURCES,
            ContentFile(f"id,text\nr01,{content}\n".encode(), name="daten.csv"),
            folder=challenge.code,
            suffix=".csv",
        )
        return Resource.objects.create(
            challenge=challenge,
            title_de="Aufgabe",
            file_name="aufgabe.csv",
            key=stored.key,
            size=stored.size,
            sha256=stored.sha256,
            audience=Audience.PARTICIPANTS,
            uploaded_at=self.now,
        )

    def _evaluate(
        self, submission: Submission, benchmark: Benchmark, state: EvaluationState
    ) -> Evaluation:
        evaluation = Evaluation.objects.create(
            submission=submission,
            benchmark=benchmark,
            benchmark_version=benchmark.version,
            state=state,
            attempt=1,
            queued_at=self.now - DAY,
            started_at=self.now - DAY,
            finished_at=self.now - DAY + dt.timedelta(seconds=2),
        )
        if state == EvaluationState.SUCCEEDED:
            for split, value in ((Split.PUBLIC, 21.5), (Split.PRIVATE, HIDDEN_VALUE)):
                MetricScore.objects.create(
                    evaluation=evaluation, metric="rmse", split=split, value=value, rows=6
                )
                part = {"n": 20, "predicted": 1.0, "bias": value, "absolute": value}
                EvaluationDetail.objects.create(
                    evaluation=evaluation,
                    split=split,
                    kind=DetailKind.ERRORS,
                    content={
                        "smallest": 10,
                        "step": 5,
                        "n": 20,
                        "unit": 0.0001,
                        "quantiles": [],
                        "bins": [part],
                    },
                )
        return evaluation

    # -- answers ----------------------------------------------------------------------------------

    def _answer(
        self,
        challenge: Challenge,
        team: str,
        *,
        at: dt.datetime,
        values: tuple[float, float] | None = None,
    ) -> Submission:
        """Hand a version in as the team would: texts, files, receipt."""
        captain = self._captain(self.teams[team])
        pseudonym = f"Tarnbaum{team}{challenge.code}"
        entry: Entry = EntryFactory(
            challenge=challenge,
            team=self.teams[team],
            terms=self.terms,
            accepted_by=captain,
            jury_pseudonym=pseudonym,
        )
        draft = submission_actions.start_draft(entry, by=captain, now=at)
        submission_actions.save_text(
            draft, by=captain, version=draft.version, title="Lesen", summary="Fragen.", now=at
        )
        upload_actions.attach_file(
            draft,
            by=captain,
            kind=FileKind.CONCEPT,
            file=ContentFile(PDF, name="konzept.pdf"),
            now=at,
        )
        if values is not None:
            odd, even = values
            rows = [
                f"{name},{odd if number % 2 else even}"
                for number, (name, _truth) in enumerate(TRUTH)
            ]
            upload_actions.attach_file(
                draft,
                by=captain,
                kind=FileKind.PREDICTIONS,
                file=ContentFile("\n".join(["id,wert", *rows]).encode(), name="werte.csv"),
                now=at,
            )
        draft.refresh_from_db()
        submission_actions.hand_in(draft, by=captain, key=pseudonym, declared=True, now=at)
        draft.refresh_from_db()
        return draft

    def _disguise(self, answers: Iterable[Submission], *known_to: str) -> None:
        self.disguises += [
            Disguise(
                pseudonym=answer.entry.jury_pseudonym,
                team=answer.entry.team.name,
                code=answer.code,
                known_to=frozenset(known_to) if self.letter == "a" else frozenset(),
            )
            for answer in answers
        ]

    @staticmethod
    def _captain(team: Team) -> User:
        return team.memberships.get(role=TeamRole.CAPTAIN).user

    # -- with the jury ----------------------------------------------------------------------------

    def _judged(self, key: str, step: JuryState) -> None:
        """Let a jury assess two concepts, as far as the step says."""
        is_published = step == JuryState.PUBLISHED
        challenge = ChallengeFactory(
            competition=self.competition,
            agency=self.agency,
            title_de=f"Jurysache {key}",
            answers={"jury_fields": [{"text": "Recht"}]},
        )
        RubricFactory(challenge=challenge, min_assessments=1)
        windows = {PhaseKind.SUBMISSION: (-20, -10), PhaseKind.ASSESSMENT: (-9, 9)}
        for kind, (first, last) in windows.items():
            PhaseFactory(
                challenge=challenge,
                kind=kind,
                starts_at=self.now + first * DAY,
                ends_at=self.now + last * DAY,
            )
        _publish(challenge, self.now - 30 * DAY)
        answers = [
            self._answer(challenge, team, at=self.now - 15 * DAY) for team in ("dachs", "luchs")
        ]
        for official in (self.people["organiser"], self.second_official):
            opening_actions.confirm(challenge, by=official, now=self.now - 9.5 * DAY)
        if not is_published:
            # After the decision the office knows whom it is about to announce.
            self._disguise(answers, *(("organiser",) if step == JuryState.DECIDED else ()))
        jury: Jury = JuryFactory(challenge=challenge, state=JuryState.ASSESSING)
        before = "_before" if is_published else ""
        chair, juror = self.people[f"chair{before}"], self.people[f"juror{before}"]
        seats = [
            self._seat(jury, chair, answers, role=SeatRole.CHAIR),
            self._seat(jury, juror, answers),
        ]
        letters = board.letters(jury)
        self.names |= {f"answer-{key}": answers[0].code, f"letter-{key}": letters[seats[1].pk]}
        if step == JuryState.ASSESSING:
            colleague = self._seat(jury, self.people["colleague"], answers)
            self._invite(jury)
            self._assess(seats[0], answers[1])
            self._assess(seats[1], answers[0], is_draft=True)
            self._assess(seats[1], answers[1])
            self.names |= {
                "seat": seats[1].code,
                "seat-colleague": colleague.code,
                "answer": answers[0].code,
                "answer-released": answers[1].code,
            }
            assignment = colleague.assignments.get(submission=answers[1])
            conflict_actions.recuse(
                assignment,
                by=self.people["colleague"],
                reason="other",
                text=self.secret("Befangenheitsgrund", "organiser"),
            )
        else:
            for seat in seats:
                for answer in answers:
                    self._assess(
                        seat,
                        answer,
                        is_deliberating=True,
                        is_before_results=not is_published,
                        is_told=step == JuryState.DECIDED,
                    )
            self._conclude(jury, step)
        self.names[key] = challenge.code

    def _conclude(self, jury: Jury, step: JuryState) -> None:
        ada = self.people["organiser"]
        jury_actions.close(jury, by=ada)
        if step == JuryState.CLOSED:
            return
        chair = jury.seats.get(role=SeatRole.CHAIR).user
        deliberation.open_meeting(jury, by=chair)
        if step == JuryState.DELIBERATING:
            self._meet(jury, chair)
            return
        entry = Entry.objects.get(challenge=jury.challenge, team=self.teams["dachs"])
        reason, remark = "Begründung", "Bemerkung"
        if step == JuryState.DECIDED:
            office_and_jury = ("juror", "chair", "organiser")
            reason = self.secret("Beschlussbegründung", *office_and_jury)
            # The team was told its award.
            remark = self.secret("Preisbemerkung", *office_and_jury, "participant", "member")
        decision_actions.decide(
            jury,
            by=chair,
            reasons_de=reason,
            awards=[
                decision_actions.AwardInput(
                    entry=entry, kind=AwardKind.PRIZE, place=1, amount=1000, reason_de=remark
                )
            ],
        )
        for official in (ada, self.second_official):
            publication_actions.unseal(jury, by=official)
        if step == JuryState.DECIDED:
            remarks = self.secret("Niederschriftsbemerkung", "juror", "chair", "organiser")
            minutes_actions.draw_up(jury, by=chair, remarks=remarks)
        publication_actions.check_eligibility(
            jury,
            entry,
            by=ada,
            answers=dict.fromkeys(EligibilityCondition.values, True),
        )
        if step == JuryState.PUBLISHED:
            publication_actions.tell_teams(jury, by=ada, now=self.now - 9 * DAY)
            publication_actions.publish(jury, by=ada)
            return
        publication_actions.tell_teams(jury, by=ada)
        luchs = Submission.objects.get(
            entry__challenge=jury.challenge, entry__team=self.teams["luchs"]
        )
        objection = publication_actions.raise_objection(
            luchs, by=self.people["rival"], text=self.secret("Einspruch", "rival", "organiser")
        )
        self.names |= {
            "answer-awarded": entry.submissions.get().code,
            "answer-objected": luchs.code,
            "objection": objection.code,
        }

    def _invite(self, jury: Jury) -> None:
        """Ask one person who has not answered, one who declined, and one who waits to step in."""
        waiting = JuryInvitation.objects.create(
            jury=jury, user=self.people["juror_elsewhere"], invited_at=self.now
        )
        self.names["jury-invitation"] = waiting.code
        substitute = JurySeatFactory(
            jury=jury, user=UserFactory(name="Ersa Tzer"), role=SeatRole.SUBSTITUTE
        )
        self.names["seat-substitute"] = substitute.code
        JuryInvitation.objects.create(
            jury=jury,
            user=UserFactory(name="Lutz Absage"),
            state=InvitationState.DECLINED,
            reason_code=DeclineReason.OTHER,
            text=self.secret("Absagegrund", "organiser", "chair"),
            invited_at=self.now,
            answered_at=self.now,
        )

    def _meet(self, jury: Jury, chair: User) -> None:
        for seat in jury.seats.all():
            deliberation.arrive(jury, seat=seat, by=chair)
        guest = self.secret("Protokollgast", "chair")
        deliberation.arrive(jury, name=f"Gerd {guest}", by=chair)
        motion = deliberation.open_motion(
            jury,
            by=chair,
            kind=MotionKind.PROCEDURE,
            text=f"Die Jury {self.secret('vertagtsich', 'juror', 'chair')}.",
        )
        entry = Entry.objects.filter(challenge=jury.challenge).first()
        assert entry is not None
        note = self.secret("Beratungsnotiz", "chair")
        deliberation.save_note(jury, by=chair, entry=entry, text=note, version=0)
        self.names |= {
            "motion": motion.code,
            "answer-meeting": Submission.objects.get(entry=entry).code,
        }

    def _seat(
        self, jury: Jury, user: User, answers: Iterable[Submission], role: str = SeatRole.JUROR
    ) -> JurySeat:
        seat: JurySeat = JurySeatFactory(jury=jury, user=user, role=role)
        conflict_actions.declare(
            seat,
            by=user,
            answers={
                answer.entry_id: conflict_actions.Answer(answer=ConflictAnswer.NONE)
                for answer in answers
            },
            oath=True,
        )
        Assignment.objects.bulk_create(
            Assignment(seat=seat, submission=answer, assigned_at=self.now) for answer in answers
        )
        return seat

    def _assess(
        self,
        seat: JurySeat,
        answer: Submission,
        *,
        is_draft: bool = False,
        is_deliberating: bool = False,
        is_before_results: bool = True,
        is_told: bool = False,
    ) -> None:
        rubric = Rubric.objects.get(challenge=seat.jury.challenge)
        note = f"Privatnotiz{seat.code}{answer.code}"
        remark = f"Gutachtensatz{seat.code}{answer.code}"
        if is_before_results:
            # A private note stays with its author; remarks go to the jury once it deliberates.
            author = name_of_role(seat.user.name)
            self.secrets.append(Secret(note, frozenset({author}), f"note of {author}"))
            readers = frozenset({"juror", "chair"} if is_deliberating else {author})
            kind = f"remark for {sorted(readers)}"
            if is_told:
                is_own = answer.entry.team == self.teams["dachs"]
                readers |= {"participant", "member"} if is_own else {"rival"}
            self.secrets.append(Secret(remark, readers, kind))
        assignment = seat.assignments.get(submission=answer)
        saved = assessment_actions.save(
            assignment,
            by=seat.user,
            version=0,
            answers={
                criterion.pk: assessment_actions.Answer(mark_hundredths=400, comment=remark)
                for criterion in rubric.criteria.all()
            },
            comment="",
            private_note=note,
        )
        if not is_draft:
            assessment_actions.release(saved, by=seat.user)

    # -- mails ------------------------------------------------------------------------------------

    def _messages(self) -> None:
        recipient = self.secret("empfangspost", "organiser")
        OutboxMessage.objects.create(
            key=f"matrix-{self.letter}",
            template="receipt",
            topic=self.competition.slug,
            recipient=f"{recipient}@example.org",
            language="de",
            subject="Quittung",
            state=OutboxState.FAILED,
            error="unzustellbar",
            created_at=self.now,
        )


def name_of_role(name: str) -> str:
    """Return the role of a member of the jury."""
    first = name.split(maxsplit=1)[0].casefold()
    return {"carla": "chair", "frida": "juror"}.get(first, "nobody")


def _publish(challenge: Challenge, at: dt.datetime) -> None:
    """Put a statement past its publication; whether that is allowed is tested elsewhere."""
    Challenge.objects.filter(pk=challenge.pk).update(
        state=ChallengeState.PUBLISHED, published_at=at, frozen_hash="0" * 64
    )
    challenge.refresh_from_db()
