"""Taking over the file of an earlier version: the same bytes, today's rules."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from core import clock, storage
from core.exceptions import PhaseClosed, StaleVersion, UploadRefused
from core.models import AuditEvent
from submissions import file_maintenance, maintenance, queries
from submissions.actions import blind as blind_actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload as actions
from submissions.models import Submission, SubmissionFile
from submissions.states import FileKind, FileState, SubmissionState
from tests.factories import DAY, SubmissionFactory, break_audit, past_phase
from tests.submissions.conftest import CSV, PDF

CONCEPT, PREDICTIONS = FileKind.CONCEPT, FileKind.PREDICTIONS


@pytest.fixture
def first(world, csv) -> Submission:
    """Version 1, handed in with both files."""
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    draft = Submission.objects.get(pk=world.draft().pk)
    attach(draft, world, PDF, "erstes.pdf")
    actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=csv)
    submission_actions.hand_in(draft, by=world.cem, key="1", declared=True)
    return Submission.objects.get(pk=draft.pk)


@pytest.fixture
def draft(world, first) -> Submission:
    """Version 3; version 2 was handed in with another concept."""
    second = submission_actions.start_draft(first.entry, by=world.cem)
    attach(second, world, PDF * 2, "zweites.pdf")
    submission_actions.hand_in(second, by=world.cem, key="2", declared=True)
    return submission_actions.start_draft(first.entry, by=world.cem)


def attach(version, world, content: bytes, name: str) -> SubmissionFile:
    file = SimpleUploadedFile(name, content)
    return actions.attach_file(version, by=world.cem, kind=CONCEPT, file=file)


def test_earlier_files_are_those_that_the_draft_does_not_hold(draft, first):
    assert queries.earlier_files(draft, CONCEPT) == [first.concept]
    assert queries.earlier_files(draft, PREDICTIONS) == []


def test_earlier_files_leave_out_drafts_and_other_teams(world, draft, first):
    other = SubmissionFactory(entry=world.other_entry, handed_in=True)
    foreign = SubmissionFile.objects.get(pk=first.concept.pk)
    foreign.pk, foreign.submission, foreign.sha256 = None, other, "1" * 64
    foreign.save()
    attach(draft, world, PDF * 3, "drittes.pdf")

    names = [file.original_name for file in queries.earlier_files(fresh(draft), CONCEPT)]

    assert names == ["zweites.pdf", "erstes.pdf"]


def test_same_file_of_several_versions_is_listed_once_with_the_first(world, draft, first):
    attach(draft, world, PDF * 3, "drittes.pdf")
    SubmissionFile.objects.filter(kind=PREDICTIONS, submission=draft).delete()

    assert queries.earlier_files(fresh(draft), PREDICTIONS) == [first.predictions]


def fresh(version) -> Submission:
    return Submission.objects.get(pk=version.pk)


def test_take_over_names_the_same_bytes(world, draft, first):
    old = first.concept

    row = actions.take_over(draft, by=world.dora, file=old)

    assert row.submission == draft
    names = ("key", "size", "sha256", "original_name", "uploaded_at", "uploaded_by", "guard")
    assert [getattr(row, name) for name in names] == [getattr(old, name) for name in names]
    assert draft.files.get(kind=CONCEPT) == row
    event = AuditEvent.objects.last()
    assert (event.action, event.actor, event.data["from"]) == (
        "submission.file_attached",
        world.dora.pk,
        first.reference,
    )


def test_take_over_leaves_every_earlier_version_as_it_was(world, draft, first):
    before = list(SubmissionFile.objects.exclude(submission=draft).order_by("pk").values())

    actions.take_over(draft, by=world.dora, file=first.concept)

    after = list(SubmissionFile.objects.exclude(submission=draft).order_by("pk").values())
    assert after == before


def test_what_the_draft_held_alone_is_removed_and_nothing_else(
    world, draft, first, django_capture_on_commit_callbacks
):
    own = attach(draft, world, PDF * 3, "drittes.pdf")

    with django_capture_on_commit_callbacks(execute=True):
        actions.take_over(draft, by=world.dora, file=first.concept)

    assert not storage.exists(storage.SUBMISSIONS, own.key)
    assert list(maintenance.damaged_files()) == []


def test_replacing_what_was_taken_over_removes_nothing_that_a_version_names(
    world, draft, first, django_capture_on_commit_callbacks
):
    actions.take_over(draft, by=world.dora, file=first.concept)

    with django_capture_on_commit_callbacks(execute=True):
        attach(draft, world, PDF * 3, "drittes.pdf")

    assert list(maintenance.damaged_files()) == []


def test_sweep_keeps_what_two_versions_name(world, draft, first):
    taken = actions.take_over(draft, by=world.dora, file=first.concept)
    cache.delete("submissions.unnamed_files")

    file_maintenance.remove_unnamed(clock.now() + 2 * DAY)

    assert storage.exists(storage.SUBMISSIONS, taken.key)


def test_predictions_are_checked_by_what_is_expected_today(world, draft, first, strict_check):
    wrong = SimpleUploadedFile("v.csv", b"id,label\nd-1,x\n")
    actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=wrong)

    row = actions.take_over(fresh(draft), by=world.cem, file=first.predictions)

    assert first.predictions.report == {}
    assert (row.sha256, row.report["ok"]) == (first.predictions.sha256, True)
    assert row.report["summary"] == {"rows": len(CSV.splitlines()) - 1}


def test_file_that_todays_limit_refuses_is_not_taken_over(world, draft, first):
    held = draft.files.get(kind=CONCEPT)
    SubmissionFile.objects.filter(pk=first.concept.pk).update(size=21_000_000)

    with pytest.raises(UploadRefused) as error:
        actions.take_over(fresh(draft), by=world.cem, file=fresh(first).concept)

    assert error.value.code == "too_large"
    assert draft.files.get(kind=CONCEPT) == held


def test_document_with_more_pages_than_today_is_not_taken_over(world, draft, first):
    rows = [{"name": "Konzept", "format": "PDF", "pages": 2}]
    type(world.challenge).objects.update(answers={"deliverables": rows})
    SubmissionFile.objects.filter(pk=first.concept.pk).update(
        guard={"lines": [], "total": 0, "end": "", "pages": 3}
    )

    with pytest.raises(UploadRefused) as error:
        actions.take_over(fresh(draft), by=world.cem, file=fresh(first).concept)

    assert error.value.code == "too_many_pages"


def test_kind_that_is_no_longer_wanted_is_not_taken_over(world, draft, first):
    type(world.challenge).objects.update(wants_concept=False)

    with pytest.raises(UploadRefused) as error:
        actions.take_over(fresh(draft), by=world.cem, file=first.concept)

    assert error.value.code == "kind_not_wanted"


def test_findings_and_the_decision_to_keep_them_go_with_the_bytes(world, first):
    second = submission_actions.start_draft(first.entry, by=world.cem)
    named = attach(second, world, PDF * 2, "Team Dachs.pdf")
    blind_actions.keep(named, by=world.dora, sha256=named.sha256)
    submission_actions.hand_in(second, by=world.cem, key="2", declared=True)
    third = submission_actions.start_draft(first.entry, by=world.cem)
    attach(third, world, PDF * 3, "drittes.pdf")
    old = fresh(second).concept

    row = actions.take_over(fresh(third), by=world.cem, file=old)

    assert row.guard["total"] == 1
    assert (row.guard, row.kept_at, row.kept_by) == (old.guard, old.kept_at, world.dora)


@pytest.mark.parametrize(
    ("before", "is_on", "after"),
    [
        (FileState.UNSCANNED, False, FileState.UNSCANNED),
        (FileState.UNSCANNED, True, FileState.SCANNING),
        (FileState.CLEAN, True, FileState.CLEAN),
        (FileState.CLEAN, False, FileState.CLEAN),
    ],
)
def test_word_of_the_scanner_carries_over_and_is_asked_for_where_there_is_none(
    world, draft, first, settings, before, is_on, after
):
    settings.CLAMD_ADDRESS = "127.0.0.1:1" if is_on else ""
    SubmissionFile.objects.filter(pk=first.predictions.pk).update(state=before)
    draft.files.filter(kind=PREDICTIONS).delete()

    row = actions.take_over(fresh(draft), by=world.cem, file=fresh(first).predictions)

    assert row.state == after


def test_sealed_document_that_nobody_has_scanned_is_not_taken_over(world, draft, first, settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"

    with pytest.raises(UploadRefused) as error:
        actions.take_over(draft, by=world.cem, file=first.concept)

    assert error.value.code == "sealed_unscanned"


def test_blocked_file_is_not_offered(world, draft, first):
    SubmissionFile.objects.filter(pk=first.concept.pk).update(state=FileState.BLOCKED)

    with pytest.raises(UploadRefused) as error:
        actions.take_over(draft, by=world.cem, file=first.concept)

    assert error.value.code == "no_earlier_file"


def test_take_over_needs_the_open_window(world, draft, first):
    with past_phase(world.challenge), pytest.raises(PhaseClosed):
        actions.take_over(fresh(draft), by=world.cem, file=first.concept)


def test_version_that_is_in_takes_nothing_over(world, draft, first):
    stale = fresh(draft)
    Submission.objects.filter(pk=draft.pk).update(
        state=SubmissionState.HANDED_IN, handed_in_at=clock.now()
    )

    with pytest.raises(StaleVersion):
        actions.take_over(stale, by=world.cem, file=first.concept)


def test_take_over_writes_nothing_if_the_audit_fails(world, draft, first):
    held = draft.files.get(kind=CONCEPT)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.take_over(draft, by=world.cem, file=first.concept)

    assert draft.files.get(kind=CONCEPT) == held


def test_version_with_a_file_taken_over_is_handed_in_and_its_bytes_are_the_old_ones(
    world, draft, first
):
    actions.take_over(draft, by=world.cem, file=first.concept)

    receipt = submission_actions.hand_in(fresh(draft), by=world.cem, key="3", declared=True)

    listed = {file["kind"]: file["sha256"] for file in receipt.payload["files"]}
    assert listed["concept"] == first.concept.sha256
