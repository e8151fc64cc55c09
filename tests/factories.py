"""Rows for tests. The cast is always the same (H-65).

Ada organises, Bea posts for an agency, Cem captains a team, Dora is his team-mate, Emil is in
another team, Frida is a juror, Gus is nobody.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import factory
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from competition.models import (
    Agency,
    AgencyMembership,
    Challenge,
    Competition,
    OfficeMembership,
    Phase,
    PreCheck,
    Resource,
    Terms,
)
from competition.states import ChallengeState, Outcome, PhaseKind
from core import clock, storage
from core.keeping import kept
from core.models import AuditEvent, AuditHead
from scoring.actions import benchmark as benchmark_actions
from scoring.actions import evaluation as evaluation_actions
from scoring.actions.benchmark import BenchmarkSettings, one_ranks
from scoring.models import (
    Assignment,
    Benchmark,
    Criterion,
    Evaluation,
    Jury,
    JurySeat,
    Level,
    MetricScore,
    Rubric,
)
from scoring.models.benchmark import MetricSetting
from scoring.states import EvaluationState, JuryState, SeatRole, Split
from submissions.models import Entry, Membership, Submission, SubmissionFile, Team
from submissions.states import FileKind, SubmissionState, TeamRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

DAY = dt.timedelta(days=1)
# Read once: a run that passes midnight must not mean two days by one number.
TODAY = timezone.localtime(clock.now())


class Made[Row: Model](DjangoModelFactory[Row]):
    """A row with numbered names of one length: none is found inside another one."""

    class Meta:
        abstract = True

    @classmethod
    def _setup_next_sequence(cls) -> int:
        return 10_001


class UserFactory(Made[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = UNUSABLE_PASSWORD_PREFIX


class AgencyFactory(Made[Agency]):
    class Meta:
        model = Agency

    name = factory.Sequence(lambda n: f"Landratsamt Musterkreis {n}")
    slug = factory.Sequence(lambda n: f"musterkreis-{n}")


class CompetitionFactory(Made[Competition]):
    class Meta:
        model = Competition

    slug = factory.Sequence(lambda n: f"ki-{n}")
    name_de = factory.Sequence(lambda n: f"KI-Wettbewerb {n}")
    name_en = factory.Sequence(lambda n: f"AI competition {n}")
    summary_de = "Behörden suchen Lösungen."
    summary_en = "Agencies look for solutions."
    host = "Musterbehörde"
    contact_email = "buero@example.org"
    published_at = factory.LazyFunction(lambda: clock.now() - 30 * DAY)


class TermsFactory(Made[Terms]):
    class Meta:
        model = Terms

    competition = factory.SubFactory(CompetitionFactory)
    version = 1
    text_de = "Bedingungen."
    text_en = "Terms."
    published_at = factory.LazyFunction(lambda: clock.now() - 30 * DAY)


class ChallengeFactory(Made[Challenge]):
    """A draft; use `publish()` or `open_challenge()` below for later states."""

    class Meta:
        model = Challenge

    competition = factory.SubFactory(CompetitionFactory)
    agency = factory.SubFactory(AgencyFactory)
    title_de = factory.Sequence(lambda n: f"Formulare lesen {n}")
    title_en = factory.Sequence(lambda n: f"Read forms {n}")
    tagline_de = "Ziffern auf Papier erkennen."
    tagline_en = "Recognise digits on paper."
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)

    class Params:
        published = factory.Trait(
            state=ChallengeState.PUBLISHED,
            published_at=factory.LazyFunction(lambda: clock.now() - 10 * DAY),
            frozen_hash="0" * 64,
        )
        decided = factory.Trait(
            state=ChallengeState.DECIDED,
            published_at=factory.LazyFunction(lambda: clock.now() - 60 * DAY),
            frozen_hash="0" * 64,
        )


class PhaseFactory(Made[Phase]):
    class Meta:
        model = Phase

    challenge = factory.SubFactory(ChallengeFactory)
    kind = PhaseKind.SUBMISSION
    starts_at = factory.LazyFunction(lambda: clock.now() - DAY)
    ends_at = factory.LazyFunction(lambda: clock.now() + DAY)


class PreCheckFactory(Made[PreCheck]):
    class Meta:
        model = PreCheck

    challenge = factory.SubFactory(ChallengeFactory)
    ruleset = "2026-11"
    outcome = Outcome.MINIMAL
    outcomes = factory.LazyFunction(lambda: [Outcome.MINIMAL])
    checked_at = factory.LazyFunction(clock.now)


class ResourceFactory(Made[Resource]):
    class Meta:
        model = Resource

    challenge = factory.SubFactory(ChallengeFactory)
    title_de = "Trainingsdaten"
    file_name = "training.csv"
    key = factory.Sequence(lambda n: f"resources/{n}.csv")
    size = 10
    sha256 = "0" * 64
    uploaded_at = factory.LazyFunction(clock.now)


class TeamFactory(Made[Team]):
    class Meta:
        model = Team

    competition = factory.SubFactory(CompetitionFactory)
    name = factory.Sequence(lambda n: f"Team Fuchs {n}")
    organisation = factory.Sequence(lambda n: f"Hochschule {n}")
    created_at = factory.LazyFunction(clock.now)


class EntryFactory(Made[Entry]):
    class Meta:
        model = Entry

    challenge = factory.SubFactory(ChallengeFactory, published=True)
    team = factory.SubFactory(
        TeamFactory, competition=factory.SelfAttribute("..challenge.competition")
    )
    terms = factory.LazyAttribute(lambda entry: terms_of(entry.challenge.competition))
    accepted_at = factory.LazyFunction(clock.now)
    jury_pseudonym = factory.Sequence(lambda n: f"Buche {n}")


class SubmissionFactory(Made[Submission]):
    class Meta:
        model = Submission

    entry = factory.SubFactory(EntryFactory)
    number = 1
    title = "Lesen, zweifeln, fragen"
    summary = "Ein Verfahren, das nachfragt."
    is_declared = True
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)

    class Params:
        handed_in = factory.Trait(
            state=SubmissionState.HANDED_IN, handed_in_at=factory.LazyFunction(clock.now)
        )


class RubricFactory(Made[Rubric]):
    """Two criteria (60 and 40), levels 1 to 5 with anchors."""

    class Meta:
        model = Rubric
        skip_postgeneration_save = True

    challenge = factory.SubFactory(ChallengeFactory)
    min_assessments = 2

    @factory.post_generation
    def criteria(self: Rubric, create: bool, extracted: Any, **kwargs: Any) -> None:
        for position, (name, weight) in enumerate((("Nutzen", 60), ("Betrieb", 40)), start=1):
            criterion = Criterion.objects.create(
                rubric=self,
                position=position,
                name_de=name,
                description_de=f"{name} im Alltag",
                weight=Decimal(weight),
            )
            Level.objects.bulk_create(
                Level(criterion=criterion, mark=mark, anchor_de=f"{name} {mark}")
                for mark in range(1, 6)
            )


class JuryFactory(Made[Jury]):
    class Meta:
        model = Jury

    challenge = factory.SubFactory(ChallengeFactory, published=True)


class JurySeatFactory(Made[JurySeat]):
    class Meta:
        model = JurySeat

    jury = factory.SubFactory(JuryFactory)
    user = factory.SubFactory(UserFactory)
    role = SeatRole.JUROR
    added_at = factory.LazyFunction(clock.now)


class AssignmentFactory(Made[Assignment]):
    class Meta:
        model = Assignment

    seat = factory.SubFactory(JurySeatFactory)
    submission = factory.SubFactory(SubmissionFactory, handed_in=True)
    assigned_at = factory.LazyFunction(clock.now)


def noon(days: int) -> dt.datetime:
    """Return noon of the wall clock, so many days after the day the run began on."""
    return (TODAY + days * DAY).replace(hour=12, minute=0, second=0, microsecond=0)


def terms_of(competition: Competition) -> Terms:
    """Return the published terms of a competition, made when needed."""
    found = competition.terms.first()
    return found or TermsFactory(competition=competition)


def organiser(competition: Competition, **fields: Any) -> User:
    """Make a person of the office."""
    user = UserFactory(**fields)
    OfficeMembership.objects.create(competition=competition, user=user)
    return user


def agency_staff(agency: Agency, **fields: Any) -> User:
    """Make a person of an agency."""
    user = UserFactory(**fields)
    AgencyMembership.objects.create(agency=agency, user=user)
    return user


def team_member(team: Team, role: str = TeamRole.CAPTAIN, **fields: Any) -> User:
    """Make a person of a team."""
    user = UserFactory(**fields)
    Membership.objects.create(
        team=team, competition=team.competition, user=user, role=role, joined_at=clock.now()
    )
    return user


def open_challenge(**fields: Any) -> Challenge:
    """Make a published challenge whose submission phase is open now, with published terms."""
    challenge = ChallengeFactory(published=True, **fields)
    PhaseFactory(challenge=challenge)
    terms_of(challenge.competition)
    return challenge


def assessing_jury(challenge: Challenge | None = None) -> Jury:
    """Make a jury that is assessing, with a rubric and an open assessment phase."""
    jury = JuryFactory(
        challenge=challenge or ChallengeFactory(published=True), state=JuryState.ASSESSING
    )
    if not Rubric.objects.filter(challenge=jury.challenge).exists():
        RubricFactory(challenge=jury.challenge)
    if jury.challenge.phase(PhaseKind.ASSESSMENT) is None:
        PhaseFactory(challenge=jury.challenge, kind=PhaseKind.ASSESSMENT)
    return jury


@contextmanager
def open_phase(challenge: Challenge, kind: str = PhaseKind.SUBMISSION) -> Iterator[Phase]:
    """Open a phase for the block."""
    now = clock.now()
    phase, _created = Phase.objects.update_or_create(
        challenge=challenge, kind=kind, defaults={"starts_at": now - DAY, "ends_at": now + DAY}
    )
    yield phase


@contextmanager
def past_phase(challenge: Challenge, kind: str = PhaseKind.SUBMISSION) -> Iterator[Phase]:
    """Let a phase be over for the block."""
    now = clock.now()
    phase, _created = Phase.objects.update_or_create(
        challenge=challenge,
        kind=kind,
        defaults={"starts_at": now - 2 * DAY, "ends_at": now - dt.timedelta(seconds=1)},
    )
    yield phase


# An acceptable answer to every question that a statement without data has to answer (PS-n).
COMPLETE_ANSWERS: dict[str, Any] = {
    "admin_level": "landkreis",
    "contact": "ki@musterkreis.example",
    "procurement_contact": "Vergabestelle",
    "topic": "GOVE",
    "languages": ["de"],
    "problem": "Briefe warten zwei Tage.",
    "as_is": "Zwei Personen sortieren von Hand.",
    "affected_groups": ["staff", "citizens"],
    "affected": "Die Poststelle und alle, die schreiben.",
    "vulnerable": False,
    "volume": 45_000,
    "effort_minutes": "3.5",
    "effort_fte": "1.6",
    "non_ai": "Regeln nach Stichworten wurden versucht.",
    "goal": "Jeder Brief liegt um 10:30 Uhr richtig.",
    "success": [
        {"indicator": "richtig", "start": "41 %", "target": "90 %", "method": "Zeitstempel"}
    ],
    "human_role": "preparation",
    "data_given": False,
    "personal": "no",
    "special_cat": False,
    "dpia": "not_needed",
    "dpia_reason": "Es wird niemand bewertet.",
    "legal_basis_task": "§ 1 Landkreisordnung",
    "procedure": "ideas",
    "est_value": 150_000,
    "follow_up": False,
    "ip": "simple",
    "third_party": "Kein Text verlässt das Rechenzentrum.",
    "target_env": "Linux ohne Internet.",
    "security": "normal",
    "a11y": "internal",
    "a11y_details": "Zwei Personen arbeiten mit Vorlesesoftware.",
    "explainability": "Die Wörter, die den Ausschlag geben.",
    "eligibility": ["natural", "companies"],
    "territory": "anywhere",
    "exclusions": "Veranstalter, Jury und Angehörige.",
    "deliverables": [{"name": "Konzept", "format": "PDF", "pages": 8, "megabytes": 10}],
    "anonymity": True,
    "min_requirements": [{"text": "Läuft ohne Internet."}],
    "jury_size": 5,
    "jury_fields": [{"text": "Verwaltung"}],
    "jury_substitutes": 2,
    "prizes": [{"place": "1. Preis", "amount": 15_000, "kind": "money"}],
    "pilot": "Drei Monate in der Poststelle.",
    "pilot_budget": 20_000,
    "sponsor": "Leitung Dezernat 1",
    "reuse": "open_source",
    "reuse_details": "Veröffentlicht auf openCode.",
    "evaluation_after": "Messung nach 6 und 12 Monaten.",
}

# Pre-check answers that lead to minimal risk.
MINIMAL_RISK: dict[str, Any] = {
    "pc1": "yes",
    "pc2": ["none"],
    "pc3": "no",
    "pc4": ["none"],
    "pc7": ["none"],
    "pc8": "no",
    "pc9a": "no",
    "pc9b": "no",
}


def complete_statement(**fields: Any) -> Challenge:
    """Make a draft in which nothing is missing: answers, pre-check, timeline, rubric, terms."""
    challenge = ChallengeFactory(
        answers={**COMPLETE_ANSWERS, **fields.pop("answers", {})}, **fields
    )
    PreCheckFactory(challenge=challenge, ruleset="2026-2", answers=dict(MINIMAL_RISK))
    RubricFactory(challenge=challenge)
    terms_of(challenge.competition)
    # A Monday noon, so that the plan has nothing to warn about.
    now = clock.now().replace(hour=11, minute=0, second=0, microsecond=0)
    start = now + (7 - now.weekday()) * DAY
    weeks = {
        PhaseKind.QUESTIONS: (1, 5),
        PhaseKind.SUBMISSION: (1, 8),
        PhaseKind.ASSESSMENT: (10, 12),
        PhaseKind.DELIBERATION: (12, 13),
    }
    for kind, (first, last) in weeks.items():
        PhaseFactory(
            challenge=challenge,
            kind=kind,
            starts_at=start + first * 7 * DAY,
            ends_at=start + last * 7 * DAY,
        )
    return challenge


def statement_in_review(**fields: Any) -> Challenge:
    """Make a complete statement that its agency has handed in."""
    return complete_statement(state=ChallengeState.IN_REVIEW, **fields)


def break_audit() -> None:
    """Let the next audit event fail in the database, as a full disk would (H-68)."""
    head, _created = AuditHead.objects.get_or_create(id=1)
    AuditEvent.objects.create(
        sequence=head.sequence + 1,
        at=clock.now(),
        action="planted",
        target_type="",
        target_key="",
        previous_hash=head.hash,
        hash=f"planted {head.sequence + 1}",
    )


# -- the machine -----------------------------------------------------------------------------------
# Ten cases, two labels; the first six rows are public. The labels are words that occur nowhere else
# in the product, so that a test can look for them.
TRUTH: dict[str, tuple[str, str]] = {
    "r01": ("quokka", "public"),
    "r02": ("axolotl", "public"),
    "r03": ("quokka", "public"),
    "r04": ("axolotl", "public"),
    "r05": ("quokka", "public"),
    "r06": ("axolotl", "public"),
    "r07": ("quokka", "private"),
    "r08": ("axolotl", "private"),
    "r09": ("quokka", "private"),
    "r10": ("axolotl", "private"),
}


def csv_file(*lines: str, name: str = "file.csv") -> ContentFile[bytes]:
    """Make an uploaded CSV file."""
    return ContentFile("".join(f"{line}\n" for line in lines).encode(), name=name)


def truth_file() -> ContentFile[bytes]:
    """Make the uploaded ground truth of the ten cases."""
    rows = (f"{name},{label},{part}" for name, (label, part) in TRUTH.items())
    return csv_file("id,animal,part", *rows)


def benchmark_settings(
    *,
    metrics: tuple[str, ...] | tuple[MetricSetting, ...] = ("accuracy", "f1_macro"),
    digits: int = 4,
    baseline: float = 0.5,
    target: float = 1.0,
    **changes: Any,
) -> BenchmarkSettings:
    """Return what an agency types for the ten cases; of plain keys the first one ranks."""
    keys = [one for one in metrics if isinstance(one, str)]
    settings: dict[str, Any] = {
        "target_column": "animal",
        "labels": ("quokka", "axolotl"),
        "metrics": one_ranks(*keys, digits=digits, baseline=baseline, target=target)
        if keys
        else metrics,
        "split_column": "part",
        "reason": "Test",
        **changes,
    }
    return BenchmarkSettings(**settings)


def measured_challenge(**fields: Any) -> Challenge:
    """Make an open challenge with a benchmark over the ten cases, saved as an agency does."""
    challenge = open_challenge(wants_concept=False, wants_predictions=True, **fields)
    benchmark_actions.save(
        challenge,
        by=agency_staff(challenge.agency),
        data=benchmark_settings(),
        truth_file=truth_file(),
    )
    return challenge


def predictions(*, wrong: int = 0, start: int = 0) -> list[str]:
    """Return the lines of a prediction file in which `wrong` rows, from `start` on, are wrong."""
    lines = ["id,animal"]
    for at, (name, (label, _part)) in enumerate(TRUTH.items()):
        is_wrong = start <= at < start + wrong
        other = "axolotl" if label == "quokka" else "quokka"
        lines.append(f"{name},{other if is_wrong else label}")
    return lines


def handed_in_predictions(
    entry: Entry, *lines: str, number: int | None = None, **fields: Any
) -> Submission:
    """Make a version that is in, with a stored prediction file; no signal is sent."""
    submission: Submission = SubmissionFactory(
        entry=entry,
        number=number or entry.submissions.count() + 1,
        handed_in=True,
        **fields,
    )
    stored = storage.store(
        storage.SUBMISSIONS, csv_file(*lines), folder=submission.code, suffix=".csv"
    )
    SubmissionFile.objects.create(
        submission=submission,
        kind=FileKind.PREDICTIONS,
        original_name="predictions.csv",
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        uploaded_at=submission.handed_in_at,
    )
    return submission


def evaluated_by(benchmark: Benchmark, *lines: str) -> Evaluation:
    """Let a file be evaluated, in a real process, by a benchmark whatever the state it is in."""
    entry = EntryFactory(challenge=benchmark.challenge)
    evaluation = Evaluation.objects.create(
        submission=handed_in_predictions(entry, *lines),
        benchmark=benchmark,
        benchmark_version=benchmark.version,
        queued_at=clock.now(),
    )
    evaluation_actions.run(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def evaluated(submission: Submission) -> Evaluation:
    """Let a version be evaluated, in a real process, as a worker does."""
    evaluation = evaluation_actions.enqueue(submission)
    assert evaluation is not None
    evaluation_actions.run(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def scored(
    submission: Submission, *, public: float, private: float | None = None, **fields: Any
) -> Evaluation:
    """Store a finished evaluation with the given accuracy, for boards of any size."""
    benchmark = submission.entry.challenge.benchmark
    now = clock.now()
    evaluation: Evaluation = Evaluation.objects.create(
        submission=submission,
        benchmark=benchmark,
        benchmark_version=benchmark.version,
        state=EvaluationState.SUCCEEDED,
        attempt=1,
        queued_at=now,
        started_at=now,
        finished_at=now,
        **fields,
    )
    values = {Split.PUBLIC: public, Split.PRIVATE: public if private is None else private}
    MetricScore.objects.bulk_create(
        MetricScore(
            evaluation=evaluation,
            metric=metric,
            split=split,
            value=value,
            low=max(value - 0.1, 0),
            high=min(value + 0.1, 1),
            rows=5,
        )
        for split, value in values.items()
        for metric in benchmark.metrics
    )
    return evaluation


def damage_log(statement: str, *params: object) -> None:
    """Change the log behind the product's back, as an intruder with a database console would."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("logleaf", "seal"):
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE submissions_{table} DISABLE TRIGGER {table}_no_change")
            else:
                cursor.execute(f"DROP TRIGGER {table}_no_update")
                cursor.execute(f"DROP TRIGGER {table}_no_delete")
        cursor.execute(statement, params)


def lose(rows: QuerySet[Any]) -> None:
    """Delete rows that are kept, as whoever owns the database can."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for row in kept:
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {row.table} DISABLE TRIGGER {row.trigger}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {row.trigger}")
    rows.delete()
