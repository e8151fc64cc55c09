"""What happens in the demo, told through the same actions that the web uses.

The clock is simulated: months pass in seconds, in the right order, so that receipts, deadlines and
the audit log fit together. Data and models are real; only the marks of the jury are drawn from a
seeded simulation (`scoring.compute.simulation`), and pages say so.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import User
from accounts.queries import DEMO_DOMAIN
from competition.actions import phase as phase_actions
from competition.actions import resource as resource_actions
from competition.actions import statement as statement_actions
from competition.extensions import publication_checks
from competition.models import (
    Agency,
    AgencyMembership,
    Challenge,
    Competition,
    OfficeMembership,
    ReviewMessage,
    Terms,
)
from competition.statement import SECTIONS
from competition.states import Audience, PhaseKind
from competition.timeline import Window
from config.demo import concepts, people, statements, texts, tickets
from core import audit, clock, documents
from scoring.actions import assessment as assessment_actions
from scoring.actions import benchmark as benchmark_actions
from scoring.actions import board_rules, deliberation, evaluation_control, freeze, reopening
from scoring.actions import conflict as conflict_actions
from scoring.actions import decision as decision_actions
from scoring.actions import evaluation as evaluation_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.actions import minutes as minutes_actions
from scoring.actions import publication as publication_actions
from scoring.actions import rubric as rubric_actions
from scoring.models import Assessment, Assignment, Decision, Evaluation, Jury, JurySeat, Objection
from scoring.models.benchmark import MetricSetting
from scoring.models.rubric import FinalRule
from scoring.presets import CONCEPT
from scoring.queries import publication as publication_queries
from scoring.states import (
    AwardKind,
    BoardTies,
    ConflictAnswer,
    Counts,
    DeclineReason,
    EligibilityCondition,
    EvaluationState,
    MotionKind,
    VoteChoice,
)
from submissions import cards, footprint
from submissions.actions import entry as entry_actions
from submissions.actions import merge as merge_actions
from submissions.actions import opening as opening_actions
from submissions.actions import seal as seal_actions
from submissions.actions import submission as submission_actions
from submissions.actions import team as team_actions
from submissions.actions import upload as upload_actions
from submissions.models import Entry, Submission, Team
from submissions.states import FileKind

SLUG = "ki-wettbewerb"
SEED = 2027
NO_RISK = {
    "pc1": "yes", "pc2": ["none"], "pc3": "no", "pc4": ["none"], "pc7": ["none"],
    "pc8": "no", "pc9a": "no", "pc9b": "no",
}  # fmt: skip
# The level that a concept deserves on average, for the simulated marks.
DIGITS_QUALITY = {
    "majority": 1.5, "nearest_centroid": 2.9, "naive_bayes": 2.7,
    "logistic_regression": 4.2, "k_nearest_neighbours": 4.0, "rbf_svm": 3.3,
}  # fmt: skip
ROUTING_QUALITY = {
    "luchs": 3.8, "dachs": 4.1, "biber": 3.0, "reiher": 2.6, "fuchs": 3.3, "igel": 2.2,
}  # fmt: skip


class Story:
    """The events of the demo in the order of their time."""

    def __init__(self, now: dt.datetime, tell: Callable[[str], None]) -> None:
        """Anchor the story at noon of the day; `tell` prints what happens."""
        zone = ZoneInfo(settings.TIME_ZONE)
        self.noon = now.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0)
        if self.noon > now:
            self.noon -= dt.timedelta(days=1)
        self.tell = tell
        self._events: list[tuple[dt.datetime, int, Callable[[], object]]] = []
        self.users: dict[str, User] = {}
        self.agencies: dict[str, Agency] = {}
        self.challenges: dict[str, Challenge] = {}
        self.teams: dict[str, Team] = {}

    # -- telling ---------------------------------------------------------------------------------

    def day(self, days: float) -> dt.datetime:
        """Return noon (local) so many days from today; fractions are hours of that day."""
        whole = int(days // 1)
        moment = self.noon + dt.timedelta(days=whole)
        return moment + dt.timedelta(hours=round((days - whole) * 24, 3))

    def at(self, days: float, event: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Plan an event with its arguments."""
        what = partial(event, *args, **kwargs)
        self._events.append((self.day(days), len(self._events), what))

    def run(self) -> None:
        """Let everything happen, in order of time."""
        for moment, _number, event in sorted(self._events, key=lambda item: item[:2]):
            with clock.simulated(moment.astimezone(dt.UTC)):
                event()

    # -- the stage -------------------------------------------------------------------------------

    @transaction.atomic
    def found(self) -> None:
        """Make people, agencies and the competition with its terms."""
        now = clock.now()
        for key, name in people.OFFICE.items():
            self.users[key] = people.person(key, "buero", name)
        for key, (name, de, en) in people.AGENCIES.items():
            self.agencies[key] = Agency.objects.create(
                name=name, slug=key, about_de=de, about_en=en, email_domain=f"{key}.example"
            )
        for key, (name, agency) in people.AGENCY_STAFF.items():
            self.users[key] = people.person(key, agency, name)
            AgencyMembership.objects.create(
                agency=self.agencies[agency], user=self.users[key], role="owner"
            )
        self.users["gus"] = people.person("gus", "publikum", "Gus Gimpel", language="en")
        self.users["paula"] = people.person("paula", "pruefung", "Paula Pirol", is_auditor=True)
        self.users["olaf"] = people.person(
            "olaf", "betrieb", "Olaf Ohreule", is_staff=True, is_superuser=True
        )
        competition = Competition.objects.create(
            slug=SLUG,
            published_at=now,
            contact_email=f"post@buero.{DEMO_DOMAIN}",
            **texts.COMPETITION,
        )
        for key in people.OFFICE:
            OfficeMembership.objects.create(competition=competition, user=self.users[key])
        Terms.objects.create(competition=competition, version=1, published_at=now, **texts.TERMS)
        audit.record(
            "competition.published", target=competition, by=self.users["olaf"], data={"slug": SLUG}
        )

    # -- problem statements ----------------------------------------------------------------------

    def write(self, statement: statements.Statement, author: str, agency: str) -> None:
        """Let an agency write a statement: sections, pre-check."""
        by = self.users[author]
        challenge = statement_actions.create(
            self.agencies[agency],
            by=by,
            competition=Competition.objects.get(slug=SLUG),
            title_de=statement.title[0],
            title_en=statement.title[1],
        )
        answers = {
            "title": statement.title[0],
            "tagline": statement.tagline[0],
            **statement.answers,
        }
        english = {
            "title": statement.title[1],
            "tagline": statement.tagline[1],
            **statement.english,
        }
        for section in SECTIONS:
            keys = {field.key for field in section.fields}
            given = {key: value for key, value in answers.items() if key in keys}
            if given:
                statement_actions.save_section(
                    challenge,
                    by=by,
                    section=section.key,
                    answers=given,
                    translations={k: v for k, v in english.items() if k in keys and k in given},
                    is_finished=True,
                )
        if statement.reasoning:
            statement_actions.save_precheck(
                challenge,
                by=by,
                answers={**NO_RISK, **statement.precheck},
                reasoning=statement.reasoning,
                is_finished=True,
            )
        challenge.refresh_from_db()
        self.challenges[statement.key] = challenge

    def add_rubric(
        self, key: str, author: str, *, jury_weight: str, needed: int, final: int | None = None
    ) -> None:
        """Copy the ready-made rubric for concepts; `final` places go on to a second round."""
        rubric_actions.save(
            self.challenges[key],
            by=self.users[author],
            criteria=self._criteria(key),
            rules=rubric_actions.Rules(
                min_assessments=needed,
                jury_weight=Decimal(jury_weight),
                tells_stability=True,
                final_rule="" if final is None else FinalRule.PLACES,
                final_threshold=final,
            ),
        )

    def _criteria(self, key: str) -> list[rubric_actions.CriterionText]:
        # What it costs to run stands beside the criterion about running it.
        beside = "use_cost" if footprint.is_asked(self.challenges[key]) else ""
        return [
            rubric_actions.CriterionText(
                name_de=row.name[0],
                name_en=row.name[1],
                description_de=row.description[0],
                description_en=row.description[1],
                weight=Decimal(row.weight),
                may_abstain=row.may_abstain,
                footprint=beside if row.may_abstain else "",
                levels=[
                    rubric_actions.LevelText(mark=mark, anchor_de=de, anchor_en=en)
                    for mark, (de, en) in enumerate(row.anchors, start=1)
                ],
            )
            for row in CONCEPT.criteria
        ]

    def publish_rubric_anew(self, key: str) -> None:
        """Let the office say more clearly what the first criterion means, in public."""
        first, *others = self._criteria(key)
        rubric = self.challenges[key].rubric
        rubric_actions.publish_anew(
            self.challenges[key],
            by=self.users["ada"],
            criteria=[replace(first, description_de=texts.CLEARER[0]), *others],
            rules=rubric_actions.Rules(
                **{row.name: getattr(rubric, row.name) for row in fields(rubric_actions.Rules)}
            ),
            reason_de=texts.CLEARER[1],
            reason_en=texts.CLEARER[2],
        )

    def set_phases(
        self,
        key: str,
        author: str,
        windows: Mapping[PhaseKind, tuple[float, float]],
        *,
        per_day: int | None = None,
        total: int | None = None,
    ) -> None:
        """Set the timeline; days relative to today."""
        phase_actions.set_phases(
            self.challenges[key],
            by=self.users[author],
            windows=[
                Window(
                    kind,
                    self.day(first).astimezone(dt.UTC),
                    self.day(last).astimezone(dt.UTC),
                    per_day if kind == PhaseKind.SUBMISSION else None,
                    total if kind == PhaseKind.SUBMISSION else None,
                )
                for kind, (first, last) in windows.items()
            ],
            is_finished=True,
        )

    def add_file(
        self, key: str, author: str, name: str, data: bytes, title: tuple[str, str], licence: str
    ) -> None:
        """Give the teams a file."""
        resource_actions.add(
            self.challenges[key],
            by=self.users[author],
            source=ContentFile(data, name=name),
            title_de=title[0],
            title_en=title[1],
            licence=licence,
            audience=Audience.PUBLIC,
        )

    def confirm_opening(self, key: str, official: str) -> None:
        """Let a person of the office confirm the opening of the sealed documents."""
        opening = opening_actions.confirm(self.challenges[key], by=self.users[official])
        if opening.is_done:
            self.tell(f"documents opened: {self.challenges[key].title_de}")

    def hand_in(self, key: str, author: str) -> None:
        """Send a statement to the office."""
        statement_actions.hand_in(self.challenges[key], by=self.users[author])

    def accept(self, key: str) -> None:
        """Let the office accept a statement."""
        statement_actions.accept(self.challenges[key], by=self.users["ada"])

    def publish(self, key: str) -> None:
        """Let the office publish a statement."""
        challenge = self.challenges[key]
        soft = (check for check in publication_checks if not check.blocking)
        reasons = {check.key: texts.EXCUSE for check in soft if not check.run(challenge).passed}
        statement_actions.publish(challenge, by=self.users["anton"], reasons=reasons)
        self.tell(f"published: {self.challenges[key].title_de}")

    # -- teams -----------------------------------------------------------------------------------

    def form_team(self, key: str, team: people.DemoTeam) -> None:
        """Let a captain form a team and its members join by invitation."""
        captain = self.users[team.captain[0]] = people.person(
            team.captain[0], "team", team.captain[1]
        )
        made = team_actions.create(
            Competition.objects.get(slug=SLUG),
            by=captain,
            name=team.name,
            organisation=team.organisation,
        )
        for member_key, name in team.members:
            member = self.users[member_key] = people.person(member_key, "team", name, language="en")
            invitation = team_actions.invite(made, by=captain, email=member.email)
            team_actions.accept_invitation(invitation, by=member)
        self.teams[key] = made

    def ask_to_join(self, key: str, team: str, name: str) -> None:
        """Let a person type the join code of a team; the captain has not answered yet."""
        asker = self.users[key] = people.person(key, "team", name)
        made = team_actions.renew_join_code(self.teams[team], by=self._captain(team))
        team_actions.ask_to_join(made.join_code or "", by=asker)

    def propose_merge(self, team: str, other: str) -> None:
        """Let a captain propose a merge; the other one has not answered yet."""
        merge_actions.propose(self.teams[team], by=self._captain(team), other=self.teams[other])

    def enter(self, team: str, key: str) -> Entry:
        """Let a team take part in a statement."""
        by = self._captain(team)
        terms = Terms.objects.get(competition__slug=SLUG, version=1)
        return entry_actions.enter(self.challenges[key], by=by, team=self.teams[team], terms=terms)

    def draft(
        self,
        team: str,
        key: str,
        concept: concepts.Concept,
        predictions: bytes | None = None,
        name: str = "vorhersagen.csv",
    ) -> Submission:
        """Let a team write a version: texts, concept, prediction file."""
        by = self._captain(team)
        entry = Entry.objects.filter(
            team=self.teams[team], challenge=self.challenges[key]
        ).first() or self.enter(team, key)
        submission = submission_actions.start_draft(entry, by=by)
        submission = submission_actions.save_text(
            submission,
            by=by,
            version=submission.version,
            title=concept.title,
            summary=concept.summary,
        )
        asks_footprint = footprint.is_asked(self.challenges[key])
        if cards.asks_card(self.challenges[key]) or asks_footprint:
            submission_actions.save_card(
                submission,
                by=by,
                version=submission.card_version,
                answers={
                    **(concepts.CARD if cards.asks_card(self.challenges[key]) else {}),
                    **(concepts.footprint(len(concept.summary)) if asks_footprint else {}),
                },
            )
        if cards.asks_self_check(self.challenges[key]):
            submission_actions.save_self_check(
                submission,
                by=by,
                version=submission.self_check_version,
                answers=concepts.SELF_CHECK,
            )
        if submission.concept is None:
            upload_actions.attach_file(
                submission,
                by=by,
                kind=FileKind.CONCEPT,
                file=ContentFile(concept_pdf(concept), name="konzept.pdf"),
            )
        if predictions is not None:
            upload_actions.attach_file(
                submission,
                by=by,
                kind=FileKind.PREDICTIONS,
                file=ContentFile(predictions, name=name),
            )
        return Submission.objects.get(pk=submission.pk)

    def submit(
        self,
        team: str,
        key: str,
        concept: concepts.Concept,
        predictions: bytes | None = None,
    ) -> Submission:
        """Let a team hand in a version, and the machine evaluate it."""
        submission = self._hand_in_version(team, key, concept, predictions)
        self.evaluate()
        submission.refresh_from_db()
        return submission

    def submit_twice(
        self, team: str, key: str, concept: concepts.Concept, predictions: bytes
    ) -> None:
        """Let a team hand in by mistake; the office ends the evaluation, the team withdraws."""
        submission = self._hand_in_version(team, key, concept, predictions)
        evaluation_control.cancel(
            Evaluation.objects.get(submission=submission),
            by=self.users["ada"],
            reason="Auf Bitte des Teams: dieselbe Datei wurde zweimal eingereicht.",
        )
        submission.refresh_from_db()
        self.withdraw(submission, team)

    def evaluate_anew(self, team: str, key: str) -> None:
        """Let the office have the latest result of a team computed once more."""
        runs = Evaluation.objects.filter(
            submission__entry__team=self.teams[team],
            submission__entry__challenge=self.challenges[key],
        )
        evaluation_control.repeat(
            runs.latest("pk"),
            by=self.users["ada"],
            reason="Probe vor dem Ende der Einreichungsphase: gleiches Ergebnis erwartet.",
        )
        self.evaluate()

    def _hand_in_version(
        self, team: str, key: str, concept: concepts.Concept, predictions: bytes | None
    ) -> Submission:
        submission = self.draft(team, key, concept, predictions)
        submission_actions.hand_in(
            submission,
            by=self._captain(team),
            key=f"demo-{key}-{team}-{submission.number}",
            declared=True,
        )
        return submission

    def choose(self, key: str, team: str, number: int) -> None:
        """Let a team choose which of its versions counts."""
        version = Submission.objects.get(
            entry__challenge=self.challenges[key], entry__team=self.teams[team], number=number
        )
        submission_actions.choose(version, by=self._captain(team))

    def announce_freeze(self, key: str, day: float, reason: str) -> None:
        """Let the office announce from when on the public leaderboard stands still."""
        freeze.announce(
            self.challenges[key],
            by=self.users["ada"],
            at=self.day(day).astimezone(dt.UTC),
            reason=reason,
        )

    def withdraw(self, submission: Submission, team: str) -> None:
        """Let a team withdraw a version."""
        submission_actions.withdraw(submission, by=self._captain(team), reason="")

    def evaluate(self) -> None:
        """Run what waits, as a worker would."""
        for key in Evaluation.objects.filter(state=EvaluationState.QUEUED).values_list(
            "pk", flat=True
        ):
            evaluation_actions.run(key, worker="demo")

    def _captain(self, team: str) -> User:
        return self.teams[team].memberships.select_related("user").get(role="captain").user

    # -- the jury --------------------------------------------------------------------------------

    def seat_jury(self, key: str) -> None:
        """Form the jury, hand out every submission to everybody, start."""
        office = self.users["ada"]
        jury = jury_actions.form(self.challenges[key], by=office)
        for juror, (name, organisation, field, role) in people.JURORS.items():
            if juror not in self.users:
                self.users[juror] = people.person(juror, "jury", name)
            invitation = invitation_actions.invite(
                jury,
                by=office,
                email=self.users[juror].email,
                role=role,
                organisation=organisation,
                field=field,
                tags=people.TAGS[juror],
                expected=6,
            )
            invitation_actions.accept(invitation, by=self.users[juror])
        plan = jury_actions.propose(jury, k=len(people.JURORS), seed=SEED)
        jury_actions.apply(jury, pairs=plan.pairs, by=office, seed=SEED)
        jury_actions.start(jury, by=office)

    def invite_more(self, key: str) -> None:
        """Ask more people into a jury; one has no time, one does not answer."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        for juror, (name, organisation, field, role, answer) in people.INVITED.items():
            if juror not in self.users:
                self.users[juror] = people.person(juror, "jury", name)
            invitation = invitation_actions.invite(
                jury,
                by=self.users["ada"],
                email=self.users[juror].email,
                role=role,
                organisation=organisation,
                field=field,
                expected=4,
            )
            if answer == "yes":
                invitation_actions.accept(invitation, by=self.users[juror])
            elif answer == "no":
                invitation_actions.decline(
                    invitation, by=self.users[juror], reason=DeclineReason.NOT_AVAILABLE
                )

    def declare(self, key: str, juror: str) -> JurySeat:
        """Let a juror declare; whoever shares an organisation with a team is recused."""
        seat = JurySeat.objects.get(jury__challenge=self.challenges[key], user=self.users[juror])
        entries = Entry.objects.filter(challenge=self.challenges[key]).select_related("team")
        answers = {
            entry.pk: conflict_actions.Answer(
                answer=ConflictAnswer.CONFLICT
                if entry.team.organisation and entry.team.organisation == seat.organisation
                else ConflictAnswer.NONE
            )
            for entry in entries
        }
        return conflict_actions.declare(seat, by=self.users[juror], answers=answers, oath=True)

    def assess(
        self, key: str, juror: str, quality: dict[str, float], *, release: int, draft: int = 0
    ) -> None:
        """Let a juror assess: `release` submissions whole, `draft` more without a last mark."""
        from scoring.compute import simulation  # noqa: PLC0415  (heavy)

        by = self.users[juror]
        challenge = self.challenges[key]
        criteria = list(challenge.rubric.criteria.all())
        drawn = simulation.marks(
            quality=quality,
            jurors=list(people.JURORS),
            criteria=[str(row.pk) for row in criteria],
            seed=SEED,
        )
        level = {(m.submission, m.juror, int(m.criterion)): m.level for m in drawn}
        name_of = {team.pk: name for name, team in self.teams.items()}
        assignments = list(
            Assignment.objects.visible_to(by)
            .filter(seat__jury__challenge=challenge)
            .select_related("submission__entry")
            .order_by("submission__entry__jury_pseudonym")
        )
        for number, assignment in enumerate(assignments[: release + draft]):
            team = name_of[assignment.submission.entry.team_id]
            given = criteria if number < release else criteria[:-1]
            answers = {
                row.pk: assessment_actions.Answer(
                    mark_hundredths=100 * level[team, juror, row.pk],
                    comment=texts.remark(level[team, juror, row.pk], row.position),
                )
                for row in given
            }
            saved = assessment_actions.save(assignment, by=by, version=0, answers=answers)
            if number < release:
                assessment_actions.release(saved, by=by)

    def seal_deadline(self, key: str) -> None:
        """Seal what was received, as the sweep does after a deadline."""
        seal_actions.at_deadline(self.challenges[key])

    def deliberate(self, key: str) -> None:
        """Close the assessments, open the discussion, and talk about the first three."""
        chair = self.users["frida"]
        jury = Jury.objects.get(challenge=self.challenges[key])
        jury_actions.close(jury, by=self.users["ada"])
        self._reopen(jury, "fatma", by=chair)
        deliberation.open_meeting(jury, by=chair)
        for seat in jury.seats.select_related("user"):
            deliberation.arrive(jury, seat=seat, by=chair)
        clerk = str(self.users["anton"])
        deliberation.arrive(jury, name=clerk, function=texts.CLERK, by=chair)
        first = [award.entry for award in self._awards(jury) if award.place]
        for entry in first:
            deliberation.put_on_list(jury, entry=entry, by=chair)
        began = clock.now()
        for number, entry in enumerate(first):
            at = began + dt.timedelta(minutes=20 * number)
            deliberation.begin_talk(jury, entry=entry, by=chair, now=at)
            deliberation.save_note(
                jury, by=chair, entry=entry, text=texts.NOTES[number], version=0, now=at
            )
            self._vote(jury, entry, number + 1, at + dt.timedelta(minutes=15))
        criterion = self.challenges[key].rubric.criteria.get(position=1)
        deliberation.set_consensus(jury, by=chair, entry=first[-1], marks={criterion.pk: 4})
        deliberation.end_talk(jury, by=chair, now=began + dt.timedelta(minutes=20 * len(first)))

    def _reopen(self, jury: Jury, juror: str, *, by: User) -> None:
        """Let the chair give an assessment back after the closing; its juror adds a comment."""
        person = self.users[juror]
        assessment = (
            Assessment.objects.of_jury(jury)
            .filter(assignment__seat__user=person)
            .select_related("assignment__seat")
            .earliest("pk")
        )
        reopening.unlock(assessment, by=by, reason=texts.REOPENED)
        answers = {
            row.criterion_id: assessment_actions.Answer(row.mark_hundredths, comment=row.comment)
            for row in assessment.scores.all()
        }
        saved = assessment_actions.save(
            assessment.assignment,
            by=person,
            version=assessment.version,
            answers=answers,
            comment=texts.ADDED,
        )
        assessment_actions.release(saved, by=person)

    def _vote(self, jury: Jury, entry: Entry, place: int, at: dt.datetime) -> None:
        """Let the jury vote on a prize: everybody for it, one abstains from the last."""
        chair = self.users["frida"]
        motion = deliberation.open_motion(
            jury,
            by=chair,
            kind=MotionKind.PRIZE,
            text=texts.MOTION.format(place=place),
            entry=entry,
            now=at,
        )
        for number, juror in enumerate(people.JURORS):
            abstains = place == len(texts.PRIZES) and number == 0
            choice = VoteChoice.ABSTAIN if abstains else VoteChoice.YES
            deliberation.vote(motion, by=self.users[juror], choice=choice, now=at)
        deliberation.close_motion(motion, by=chair, now=at + dt.timedelta(minutes=2))

    def decide(self, key: str) -> None:
        """Decide by the official ranking."""
        chair = self.users["frida"]
        jury = Jury.objects.get(challenge=self.challenges[key])
        decision_actions.decide(
            jury,
            by=chair,
            awards=self._awards(jury),
            reasons_de=texts.REASONS[0],
            reasons_en=texts.REASONS[1],
        )
        minutes_actions.draw_up(jury, by=chair, remarks=texts.MINUTES)

    def confirm_minutes(self, key: str) -> None:
        """Let every juror confirm the minutes; the last one seals them."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        for juror in people.JURORS:
            minutes_actions.confirm(jury, by=self.users[juror], version=1)

    def unseal(self, key: str, official: str) -> None:
        """Let a person of the office confirm the unsealing of the names."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        publication_actions.unseal(jury, by=self.users[official])

    def check_winners(self, key: str) -> None:
        """Check that every winner may receive its award."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        decision = Decision.objects.get(challenge=jury.challenge)
        for winner in publication_queries.winners(decision):
            publication_actions.check_eligibility(
                jury,
                winner.place.entry,
                by=self.users["anton"],
                answers=dict.fromkeys(EligibilityCondition.values, True),
                remark=texts.ELIGIBLE,
            )

    def tell_teams(self, key: str) -> None:
        """Tell every team its own result."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        publication_actions.tell_teams(jury, by=self.users["ada"])

    def object_to_result(self, key: str, team: str, person: str) -> None:
        """Let a captain object to the result of a team."""
        submission = Submission.objects.for_challenge(self.challenges[key]).counting()
        publication_actions.raise_objection(
            submission.get(entry__team=self.teams[team]),
            by=self.users[person],
            text=texts.OBJECTION[0],
        )

    def answer_objections(self, key: str) -> None:
        """Answer what waits."""
        for objection in Objection.objects.unanswered().filter(
            decision__challenge=self.challenges[key]
        ):
            publication_actions.answer_objection(
                objection, by=self.users["anton"], answer=texts.OBJECTION[1], is_upheld=False
            )

    def publish_results(self, key: str) -> None:
        """Publish the decision."""
        jury = Jury.objects.get(challenge=self.challenges[key])
        publication_actions.publish(jury, by=self.users["ada"])
        self.tell(f"results published: {self.challenges[key].title_de}")

    def _awards(self, jury: Jury) -> list[decision_actions.AwardInput]:
        from scoring.actions import final_boards  # noqa: PLC0415  (heavy)

        board = final_boards.compute_combined(jury.challenge)
        ranked = [row for row in board.rows if row.rank is not None][: len(texts.PRIZES)]
        awards = [
            decision_actions.AwardInput(
                entry=row.entry,
                kind=AwardKind.PRIZE,
                place=row.rank,
                amount=amount,
                reason_de=remark_de,
                reason_en=remark_en,
            )
            for row, (amount, remark_de, remark_en) in zip(ranked, texts.PRIZES, strict=False)
        ]
        pilot = decision_actions.AwardInput(
            entry=ranked[0].entry,
            kind=AwardKind.PILOT,
            reason_de=texts.PILOT[0],
            reason_en=texts.PILOT[1],
        )
        return [*awards, pilot]

    # -- the dialogue ----------------------------------------------------------------------------

    def send_back(self, key: str, messages: dict[str, str]) -> Sequence[ReviewMessage]:
        """Let the office return a statement with questions."""
        return statement_actions.send_back(
            self.challenges[key], by=self.users["anton"], messages=messages
        )


def concept_pdf(concept: concepts.Concept) -> bytes:
    """Return the concept as a PDF that names nobody."""
    return documents.pdf(
        "concept",
        {
            "title": concept.title,
            "subtitle": concept.summary,
            "running": "Konzept · Demo",
            "lang": "de",
            "sections": [
                {"heading": heading, "paragraphs": list(paragraphs)}
                for heading, paragraphs in concept.sections
            ],
        },
    )


def csv_of(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return UTF-8 CSV with Unix line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def tell(now: dt.datetime, say: Callable[[str], None]) -> Story:
    """Tell the whole story up to now and return it."""
    from scoring.compute import digits  # noqa: PLC0415  (heavy)

    story = Story(now, say)
    story.at(-120, story.found)
    _digits(story, digits)
    _routing(story)
    _tickets(story)
    _desk(story)
    story.run()
    return story


def _digits(story: Story, digits: Any) -> None:
    """Challenge 1: handwritten digits; jury and metric together, decided and published."""
    data = digits.package(SEED)
    answers = {name: digits.csv_bytes(digits.predictions(name, data)) for name in DIGITS_QUALITY}

    def prepare() -> None:
        story.write(statements.DIGITS, "bea", "musterkreis")
        story.add_rubric("digits", "bea", jury_weight="60", needed=5)
        windows = {
            PhaseKind.QUESTIONS: (-94, -70.0),
            PhaseKind.SUBMISSION: (-94, -50.0),
            PhaseKind.ASSESSMENT: (-47, -25.0),
            PhaseKind.DELIBERATION: (-25, -15.0),
        }
        story.set_phases("digits", "bea", windows, per_day=3, total=20)
        training, task = digits.csv_bytes(data.training), digits.csv_bytes(data.task)
        story.add_file("digits", "bea", "ziffern-training.csv", training,
                       ("Trainingsdaten mit Lösung", "Training data with labels"), "CC-BY-4.0")  # fmt: skip
        story.add_file("digits", "bea", "ziffern-aufgabe.csv", task,
                       ("Aufgabe ohne Lösung", "Task without labels"), "CC-BY-4.0")  # fmt: skip
        benchmark_actions.save(
            story.challenges["digits"],
            by=story.users["bea"],
            data=benchmark_actions.BenchmarkSettings(
                id_column=digits.ID,
                target_column=digits.LABEL,
                labels=tuple(digits.LABELS),
                metrics=benchmark_actions.one_ranks("accuracy", "f1_macro", baseline=0.80),
                split_column=digits.SPLIT,
                group_columns=(digits.HAND,),
            ),
            truth_file=ContentFile(digits.csv_bytes(data.truth), name="referenz.csv"),
        )

    story.at(-110, prepare)
    story.at(-105, story.hand_in, "digits", "bea")
    story.at(-100, story.accept, "digits")
    story.at(-95, story.publish, "digits")
    for number, (key, team) in enumerate(people.DIGIT_TEAMS.items()):
        story.at(-90 + number, story.form_team, key, team)
    first_tries = {"logistic_regression": "naive_bayes", "k_nearest_neighbours": "nearest_centroid"}
    for number, (name, model) in enumerate(first_tries.items()):
        concept = concepts.DIGITS[name]
        story.at(-75 + number, story.submit, name, "digits", concept, answers[model])
    for number, model in enumerate(DIGITS_QUALITY):
        concept = concepts.DIGITS[model]
        story.at(-60 + 1.1 * number, story.submit, model, "digits", concept, answers[model])
    story.at(-49.9, story.seal_deadline, "digits")
    story.at(-49, story.confirm_opening, "digits", "ada")
    story.at(-48.995, story.confirm_opening, "digits", "anton")
    story.at(-47, story.seat_jury, "digits")
    for number, juror in enumerate(people.JURORS):
        story.at(-46 + number, story.declare, "digits", juror)
        story.at(
            -35 + number,
            story.assess,
            "digits",
            juror,
            DIGITS_QUALITY,
            release=6,
        )
    story.at(-18.2, story.deliberate, "digits")
    story.at(-18, story.decide, "digits")
    story.at(-17.5, story.confirm_minutes, "digits")
    story.at(-17, story.unseal, "digits", "ada")
    story.at(-16.995, story.unseal, "digits", "anton")
    story.at(-16.9, story.check_winners, "digits")
    story.at(-16.5, story.tell_teams, "digits")
    story.at(-14, story.object_to_result, "digits", "rbf_svm", "jana")
    story.at(-12, story.answer_objections, "digits")
    story.at(-8, story.publish_results, "digits")


def _routing(story: Story) -> None:
    """Challenge 2: concepts only, in the middle of the jury's assessments."""

    def prepare() -> None:
        story.write(statements.ROUTING, "boris", "beispielstadt")
        story.add_rubric("routing", "boris", jury_weight="100", needed=3, final=2)
        windows = {
            PhaseKind.QUESTIONS: (-59, -30.0),
            PhaseKind.SUBMISSION: (-59, -12.0),
            PhaseKind.ASSESSMENT: (-8, 12.0),
            PhaseKind.DELIBERATION: (13, 20.0),
        }
        story.set_phases("routing", "boris", windows)
        rows = [(f"a{n:03d}", text) for n, text in enumerate(texts.REQUESTS, start=1)]
        story.add_file("routing", "boris", "anfragen-beispiele.csv", csv_of(("id", "text"), rows),
                       ("Beispiele erfundener Anfragen", "Examples of invented requests"), "CC0-1.0")  # fmt: skip

    story.at(-75, prepare)
    story.at(-70, story.hand_in, "routing", "boris")
    story.at(-66, story.accept, "routing")
    story.at(-61, story.publish, "routing")
    for number, (key, team) in enumerate(people.ROUTING_TEAMS.items()):
        story.at(-40 + number, story.form_team, key, team)
        story.at(
            -20 + number,
            story.submit,
            key,
            "routing",
            concepts.ROUTING[key],
        )
    story.at(-11.9, story.seal_deadline, "routing")
    story.at(-11, story.confirm_opening, "routing", "ada")
    story.at(-10.995, story.confirm_opening, "routing", "anton")
    story.at(-8, story.seat_jury, "routing")
    for number, juror in enumerate(("frida", "felix", "fatma", "flora")):
        story.at(-7 + number / 10, story.declare, "routing", juror)
    story.at(-5, story.invite_more, "routing")
    progress = {"frida": (6, 0), "felix": (1, 1), "fatma": (0, 2), "flora": (2, 1)}
    for number, (juror, (release, draft)) in enumerate(progress.items()):
        story.at(
            -4 + number / 10,
            story.assess,
            "routing",
            juror,
            ROUTING_QUALITY,
            release=release,
            draft=draft,
        )


def _tickets(story: Story) -> None:
    """Challenge 3: open for submission, with teams in every state."""
    all_tickets = tickets.tickets()
    half = len(all_tickets) // 2
    known, asked = all_tickets[:half], all_tickets[half:]
    asked_ids = {key for key, _text, _group in asked}

    def guess(words: int) -> bytes:
        rows = [row for row in tickets.predictions(words) if row[0] in asked_ids]
        return csv_of(("id", "gruppe"), rows)

    def prepare() -> None:
        story.write(statements.TICKETS, "berta", "landesit")
        story.add_rubric("tickets", "berta", jury_weight="50", needed=3)
        windows = {
            PhaseKind.QUESTIONS: (-20, 5.0),
            PhaseKind.SUBMISSION: (-20, 18.0),
            PhaseKind.ASSESSMENT: (26, 40.0),
            PhaseKind.DELIBERATION: (41, 47.0),
        }
        story.set_phases("tickets", "berta", windows, per_day=3, total=3)
        training, task = (
            csv_of(("id", "text", "gruppe"), known),
            csv_of(("id", "text"), [row[:2] for row in asked]),
        )
        story.add_file("tickets", "berta", "meldungen-training.csv", training,
                       ("Meldungen mit Gruppe", "Tickets with group"), "CC0-1.0")  # fmt: skip
        story.add_file("tickets", "berta", "meldungen-aufgabe.csv", task,
                       ("Meldungen ohne Gruppe", "Tickets without group"), "CC0-1.0")  # fmt: skip
        benchmark_actions.save(
            story.challenges["tickets"],
            by=story.users["berta"],
            data=benchmark_actions.BenchmarkSettings(
                target_column="gruppe",
                labels=tuple(sorted(tickets.GROUPS)),
                metrics=(
                    MetricSetting(
                        key="balanced_accuracy",
                        weight=Decimal(60),
                        digits=3,
                        baseline=0.25,
                        target=1.0,
                    ),
                    MetricSetting(
                        key="accuracy", weight=Decimal(40), digits=3, baseline=0.3, target=1.0
                    ),
                ),
                group_columns=("dienststelle",),
            ),
            truth_file=ContentFile(
                csv_of(
                    ("id", "gruppe", "dienststelle"),
                    [(key, group, tickets.office_of(text)) for key, text, group in asked],
                ),
                name="referenz.csv",
            ),
        )

        board_rules.save(
            story.challenges["tickets"],
            by=story.users["berta"],
            counts=Counts.CHOSEN,
            ties=BoardTies.EARLIER,
            is_anonymous=False,
        )

    concept = concepts.TICKETS
    story.at(-40, prepare)
    story.at(-35, story.hand_in, "tickets", "berta")
    story.at(-30, story.accept, "tickets")
    story.at(-22, story.publish, "tickets")
    story.at(-15, story.publish_rubric_anew, "tickets")
    story.at(-10, story.submit, "nearest_centroid", "tickets", concept, guess(2))
    story.at(-9, story.submit, "rbf_svm", "tickets", concept, guess(3))

    def submit_and_withdraw() -> None:
        submission = story.submit("naive_bayes", "tickets", concept, guess(1))
        story.withdraw(submission, "naive_bayes")

    story.at(-8, submit_and_withdraw)
    story.at(-7.9, story.submit_twice, "naive_bayes", "tickets", concept, guess(1))
    story.at(-7, story.evaluate_anew, "rbf_svm", "tickets")
    for number, words in enumerate((1, 2, 4)):
        story.at(
            -6 + number,
            story.submit,
            "logistic_regression",
            "tickets",
            concept,
            guess(words),
        )

    # The third one knew more words and did worse on the public part.
    story.at(-3.5, story.choose, "tickets", "logistic_regression", 2)

    story.at(
        -3,
        story.announce_freeze,
        "tickets",
        16.0,
        "Die letzten zwei Tage bleiben spannend, und niemand richtet sich nach den anderen.",
    )

    def write_draft() -> None:
        story.draft("k_nearest_neighbours", "tickets", concept, guess(3))

    story.at(-2, write_draft)
    story.at(-1.9, story.enter, "majority", "tickets")
    for number, (key, team) in enumerate(people.FORMING_TEAMS.items()):
        story.at(-5 + number, story.form_team, key, team)
    story.at(-3.9, story.enter, "slips", "tickets")
    story.at(-1.8, story.ask_to_join, "sami", "slips", "Sami Seeadler")
    story.at(-1.7, story.propose_merge, "slips", "whisper")


def _desk(story: Story) -> None:
    """Statements on the way: a draft, one in review, one sent back, one that may never be public."""
    story.at(-6.9, story.write, statements.LETTERS, "bea", "musterkreis")

    def complete(statement: statements.Statement, author: str, agency: str) -> None:
        story.write(statement, author, agency)
        story.add_rubric(statement.key, author, jury_weight="100", needed=3)
        windows = {
            PhaseKind.QUESTIONS: (40, 68.0),
            PhaseKind.SUBMISSION: (40, 96.0),
            PhaseKind.ASSESSMENT: (104, 125.0),
            PhaseKind.DELIBERATION: (126, 132.0),
        }
        story.set_phases(statement.key, author, windows)
        rows = [(f"b{n:03d}", text) for n, text in enumerate(texts.REQUESTS, start=1)]
        story.add_file(statement.key, author, "beispiele.csv", csv_of(("id", "text"), rows),
                       ("Erfundene Beispiele", "Invented examples"), "CC0-1.0")  # fmt: skip
        story.hand_in(statement.key, author)

    story.at(-9.9, complete, statements.ROADS, "bea", "musterkreis")
    story.at(-5, story.send_back, "roads", texts.QUESTIONS)
    story.at(-4, complete, statements.DECISIONS, "boris", "beispielstadt")
    story.at(-3, complete, statements.EMOTIONS, "boris", "beispielstadt")
