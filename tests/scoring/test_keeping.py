"""Nothing that was handed in, judged or published can be deleted: by no way that Django knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import ProtectedError
from django.test import RequestFactory

from competition.models import (
    PhaseChange,
    ReviewMessage,
    StatementVersion,
)
from core import clock, keeping
from core.keeping import kept
from scoring.actions import jury as jury_actions
from scoring.actions import publication
from scoring.compute.schema import DetailKind
from scoring.models import (
    Assessment,
    AssessmentVersion,
    Attendance,
    Benchmark,
    BenchmarkVersion,
    BoardName,
    BoardRules,
    ConsensusMark,
    CriterionScore,
    Cut,
    Evaluation,
    EvaluationDetail,
    Finalist,
    Freeze,
    GroundTruth,
    GroupScore,
    LeaderboardSnapshot,
    Meeting,
    MeetingNote,
    MeetingNoteVersion,
    Minutes,
    MinutesConfirmation,
    MinutesVersion,
    Motion,
    Objection,
    Reopening,
    Rubric,
    RubricVersion,
    ScoringProgram,
    Talk,
    Vote,
)
from scoring.states import AssessmentState, Split
from submissions import log, receipts
from submissions.models import (
    DocumentKey,
    LateAttempt,
    Log,
    LogLeaf,
    Opening,
    OpeningKey,
    Receipt,
    Seal,
    Submission,
    SubmissionFile,
    TimeStamp,
    Upload,
)
from submissions.states import FileKind, UploadState
from tests.factories import (
    PreCheckFactory,
    ResourceFactory,
    SubmissionFactory,
    UserFactory,
    lose,
)
from tests.scoring.decided import DAY, Room, assess, measured_room

pytestmark = pytest.mark.django_db
OURS = {"accounts", "competition", "submissions", "scoring", "core"}

# Refuse every change, not only deletion.
APPEND_ONLY = {"core.AuditEvent", "submissions.LogLeaf", "submissions.Seal"}
# What may go, and why that loses nothing. Whoever adds a model decides where it belongs.
MAY_GO = {
    "accounts.User": "people may have their account erased; what they did stays without them",
    "competition.AgencyMembership": "duties end; the audit log knows who had them",
    "competition.OfficeMembership": "duties end; the audit log knows who had them",
    "competition.LegalValue": "a date of the law with its source, kept by operators",
    "competition.Page": "a standing page; a new version is a new row",
    "competition.StatementSection": "how far the agency came; its answers are in the statement",
    "core.AuditHead": "one row, written anew with each event; the chain proves it",
    "core.Worker": "a sign of life; a week later nobody wants to know",
    "core.OutboxMessage": "a mail; what it says stands elsewhere",
    "scoring.DiscussionItem": "a list for the talk; what was talked about stays",
    "scoring.Assignment": "who shall assess what; protected by an assessment",
    "scoring.AssignmentProposal": "a computation that can be repeated; assigns nothing",
    "scoring.ConflictDeclaration": "ends with the seat of a juror who has released nothing",
    "scoring.CalibrationSample": "made up for practice; never enters a score",
    "scoring.CalibrationSheet": "levels for practice; they end with the seat",
    "scoring.ConflictNotice": "a team takes a name back; it tells about a third person",
    "scoring.JuryInvitation": "ends with the account; the audit log knows who was asked",
    "scoring.JurySeat": "a juror who has released nothing may leave",
    "scoring.Fingerprint": "made from a file that is kept; the sweep makes it again",
    "scoring.Recusal": "lifted when the office settles a declaration; the audit log has both",
    "submissions.FormerMembership": "ends with the account, or a team that takes part in nothing",
    "submissions.Invitation": "ends with the team, which goes only while it takes part in nothing",
    "submissions.JoinRequest": "ends with the account or the team",
    "submissions.Membership": "people leave; what they handed in stays",
    "submissions.MergeProposal": "ends with a team that takes part in nothing",
    "submissions.Team": "protected by its entries and by teams that merged into it",
}


def ours() -> dict[str, type[models.Model]]:
    return {m._meta.label: m for m in apps.get_models() if m._meta.app_label in OURS}


def kept_models() -> dict[str, type[models.Model]]:
    labels = {row.model for row in kept} | APPEND_ONLY
    return {label: model for label, model in ours().items() if label in labels}


@pytest.fixture
def room() -> Room:
    """A published result with at least one row of everything that is kept."""
    now = clock.now()
    room = measured_room()
    Rubric.objects.update(frozen_at=now, sha256="0" * 64)
    challenge, cem = room.challenge, room.cem
    version = room.submissions["Eibe"]
    SubmissionFile.objects.create(
        submission=version,
        kind=FileKind.CONCEPT,
        original_name="k.pdf",
        key="k/1.pdf",
        size=1,
        sha256="0" * 64,
        uploaded_at=now,
        uploaded_by=cem,
    )
    EvaluationDetail.objects.create(
        evaluation=Evaluation.objects.earliest("pk"),
        split=Split.PUBLIC,
        kind=DetailKind.CONFUSION,
        content={},
    )
    opening_key = OpeningKey.objects.create(
        competition=challenge.competition, public_key="k", created_at=now
    )
    DocumentKey.objects.create(
        storage_key="k/1.pdf", opening_key=opening_key, for_opening="k", stored_sha256="0" * 64
    )
    Opening.objects.create(challenge=challenge, first_by=room.ada, first_at=now)
    Submission.objects.filter(pk=version.pk).update(handed_in_by=cem, created_by=cem)
    version.refresh_from_db()
    phase = challenge.phases.first()
    _receipt, leaf = receipts.issue(
        version, receipts.payload_of(version, phase=phase, received_at=now), at=now
    )
    log.store(leaf)
    LateAttempt.objects.create(submission=version, user=cem, attempted_at=now, ended_at=now - DAY)
    Upload.objects.create(
        submission=version,
        kind=FileKind.CONCEPT,
        state=UploadState.ATTACHED,
        original_name="k.pdf",
        size=1,
        part_size=1,
        staging_key="k",
        opened_at=now,
        created_by=cem,
    )
    benchmark = Benchmark.objects.get()
    truth = GroundTruth.objects.create(
        benchmark=benchmark,
        benchmark_version=1,
        key="t",
        size=1,
        sha256="0" * 64,
        rows=2,
        public_rows=1,
        uploaded_at=now,
    )
    BenchmarkVersion.objects.create(
        benchmark=benchmark, number=1, content={}, truth=truth, made_at=now
    )
    GroupScore.objects.create(
        evaluation=version.evaluations.first(), metric="accuracy", split="public",
        column="region", group="north", rows=10, value=0.5,
    )  # fmt: skip
    ScoringProgram.objects.create(benchmark=benchmark, benchmark_version=1, uploaded_at=now)
    BoardRules.objects.create(challenge=challenge, number=1, made_at=now)
    BoardName.objects.create(challenge=challenge, entry=version.entry, name="Lyra")
    Freeze.objects.create(
        challenge=challenge, starts_at=now + DAY, announced_at=now, announced_by=room.ada
    )
    PhaseChange.objects.create(
        phase=phase,
        old_ends_at=phase.ends_at,
        new_ends_at=phase.ends_at + DAY,
        reason_de="Störung.",
        changed_at=now,
        changed_by=room.ada,
    )
    StatementVersion.objects.create(
        challenge=challenge, number=1, content={}, sha256="0" * 64, made_at=now, made_by=room.bea
    )
    ReviewMessage.objects.create(
        challenge=challenge, is_from_office=True, text="Frage", sent_at=now, author=room.ada
    )
    RubricVersion.objects.create(
        rubric=room.challenge.rubric, number=1, content={}, sha256="0" * 64, published_at=now
    )
    AssessmentVersion.objects.create(
        assessment=Assessment.objects.first(), number=1, saved_at=now, content={}
    )
    Meeting.objects.create(jury=room.jury, opened_at=now)
    motion = Motion.objects.create(jury=room.jury, kind="procedure", text="Pause", opened_at=now)
    note = MeetingNote.objects.create(jury=room.jury, version=1, saved_at=now)
    MeetingNoteVersion.objects.create(note=note, number=1, saved_at=now)
    criterion = room.challenge.rubric.criteria.first()
    ConsensusMark.objects.create(
        jury=room.jury, entry=version.entry, criterion=criterion, set_at=now
    )
    for seat in room.seats:
        Attendance.objects.create(jury=room.jury, seat=seat, came_at=now)
        Vote.objects.create(motion=motion, seat=seat, choice="yes", cast_at=now)
    Talk.objects.create(jury=room.jury, entry=version.entry, began_at=now, ended_at=now)
    PreCheckFactory(challenge=challenge)
    ResourceFactory(challenge=challenge)
    room.decide(room.award())
    Reopening.objects.create(
        assessment=Assessment.objects.first(), reason="Irrtum", from_version=1, reopened_at=now
    )
    room.unseal()
    room.check(declarations=False)
    publication.amend(room.jury, by=room.frida, awards=[], reason_de="Eine Erklärung fehlt.")
    room.tell()
    publication.raise_objection(version, by=cem, text="Bitte nachzählen.")
    publication.answer_objection(
        Objection.objects.get(), by=room.ada, answer="Gezählt.", is_upheld=False
    )
    minutes = Minutes.objects.create(decision=room.decision)
    drawn = MinutesVersion.objects.create(minutes=minutes, number=1, content={}, drawn_at=now)
    MinutesConfirmation.objects.create(version=drawn, seat=room.seats[0], confirmed_at=now)
    publication.publish(room.jury, by=room.ada, now=now + 9 * DAY)
    TimeStamp.objects.create(seal=Seal.objects.first(), next_try_at=now)
    board = LeaderboardSnapshot.objects.first()
    cut = Cut.objects.create(jury=room.jury, snapshot=board, place=1, reason="So.", made_at=now)
    Finalist.objects.create(cut=cut, entry=version.entry, rank=1)
    return room


def count_all() -> dict[str, int]:
    return {label: model._default_manager.count() for label, model in kept_models().items()}


# -- the list is complete --------------------------------------------------------------------------


def test_every_table_is_kept_or_may_go_for_a_reason():
    registered = {row.model for row in kept}

    assert registered & set(MAY_GO) == set()
    assert registered | APPEND_ONLY | set(MAY_GO) == set(ours())


def test_nothing_that_may_go_takes_along_what_is_kept():
    found = [
        f"{model._meta.label}.{field.name}"
        for model in kept_models().values()
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.related_model._meta.label in MAY_GO
        and field.remote_field.on_delete not in {models.PROTECT, models.SET_NULL}
    ]

    assert found == []


# -- every way -------------------------------------------------------------------------------------


def with_the_orm(model: type[models.Model]) -> None:
    model._default_manager.all().delete()


def one_by_one(model: type[models.Model]) -> None:
    for row in model._default_manager.all():
        row.delete()


def behind_the_orm(model: type[models.Model]) -> None:
    rows = model._default_manager.all()
    rows._raw_delete(rows.db)


def in_the_database(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  (our own name)


@pytest.mark.parametrize("way", [with_the_orm, one_by_one, behind_the_orm, in_the_database])
def test_no_row_that_is_kept_can_be_deleted(room, way: Callable[[type[models.Model]], None]):
    before = count_all()
    assert [label for label, count in before.items() if not count] == []

    went = []
    for label, model in kept_models().items():
        try:
            with transaction.atomic():
                way(model)
        except (ProtectedError, DatabaseError):
            continue
        went.append(label)

    assert went == []
    assert count_all() == before


def test_administration_deletes_nothing():
    request = RequestFactory().get("/")
    request.user = UserFactory(is_staff=True, is_superuser=True)

    found = {
        model._meta.label
        for model, site in admin.site._registry.items()
        if model._meta.app_label in OURS
        and (site.has_delete_permission(request) or "delete_selected" in site.get_actions(request))
    }

    assert found == set()


# -- what may go -----------------------------------------------------------------------------------


def test_file_of_a_draft_may_be_replaced_and_that_of_a_version_may_not(room):
    draft = SubmissionFactory(entry=room.submissions["Eibe"].entry, number=2)
    handed_in = SubmissionFile.objects.get()
    file = SubmissionFile.objects.get(pk=handed_in.pk)
    file.pk, file.submission = None, draft
    file.save()

    file.delete()

    with pytest.raises(IntegrityError), transaction.atomic():
        SubmissionFile.objects.filter(pk=handed_in.pk).delete()
    assert SubmissionFile.objects.get() == handed_in


def test_assessment_that_is_a_draft_goes_with_its_marks_and_a_released_one_stays(room):
    assignment = room.submissions["Weide"].assignments.get()
    released = assignment.assessment
    lose(CriterionScore.objects.filter(assessment=released))
    lose(Assessment.objects.filter(pk=released.pk))
    keeping.make_triggers()
    assess(assignment, 3, 3, state=AssessmentState.DRAFT).delete()

    locked = assess(assignment, 4, 4)

    with pytest.raises(IntegrityError), transaction.atomic():
        locked.scores.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        locked.delete()
    assert locked.scores.count() == 2


def test_seat_with_drafts_is_still_removed():
    from tests.scoring.jury_room import make_room

    other = make_room()
    other.start()
    seat = other.jury.seats.exclude(user=other.frida).first()
    assignment = seat.assignments.first()
    Assessment.objects.create(assignment=assignment, saved_at=clock.now())

    jury_actions.remove_seat(seat, by=other.ada, discard_drafts=True)

    assert not Assessment.objects.exists()


def test_erased_account_leaves_everything_that_the_person_did(room):
    before = count_all()
    seals, leaves = list(Seal.objects.values()), list(LogLeaf.objects.values())

    room.cem.delete()

    assert not get_user_model().objects.filter(pk=room.cem.pk).exists()
    assert count_all() == before
    version = Submission.objects.get(pk=room.submissions["Eibe"].pk)
    assert (version.handed_in_by, version.files.get().uploaded_by) == (None, None)
    assert (list(Seal.objects.values()), list(LogLeaf.objects.values())) == (seals, leaves)
    assert Receipt.objects.get().payload["submission"] == version.code
    assert Log.objects.get().size == len(leaves)


# -- the triggers ----------------------------------------------------------------------------------


def test_missing_trigger_is_found_and_made_again(room):
    assert list(keeping.unkept_tables()) == []

    lose(Receipt.objects.none())
    missing = list(keeping.unkept_tables())
    assert len(missing) == len(list(kept))
    assert "No trigger keeps the rows of submissions_receipt." in missing


def test_every_migrate_makes_the_triggers_that_are_missing(room):
    lose(Receipt.objects.none())

    call_command("migrate", verbosity=0)

    assert list(keeping.unkept_tables()) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.all().delete()
