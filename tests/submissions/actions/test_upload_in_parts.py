from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError

from core import clock, staging, storage
from core.exceptions import (
    IllegalTransition,
    LimitReached,
    PhaseClosed,
    StaleVersion,
    StorageUnavailable,
    UploadRefused,
)
from core.models import AuditEvent
from submissions import deadlines, documents, upload_maintenance
from submissions.actions import submission as submission_actions
from submissions.actions import upload as actions
from submissions.models import Submission, SubmissionFile, Upload
from submissions.states import FileKind, UploadState
from tests.factories import break_audit
from tests.submissions.conftest import CSV, PDF

CONCEPT, PREDICTIONS = FileKind.CONCEPT, FileKind.PREDICTIONS
SECOND = dt.timedelta(seconds=1)
# Three parts, the last one short.
LARGE = PDF + bytes(4_500_000)


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    return Submission.objects.get(pk=world.draft().pk)


@pytest.fixture
def ends_at(draft) -> dt.datetime:
    return draft.entry.challenge.phase("submission").ends_at


def begin(draft, world, content: bytes = LARGE, **changes) -> Upload:
    fields = {"kind": CONCEPT, "name": "konzept.pdf", "size": len(content), "modified": 7}
    return actions.open_upload(draft, by=world.dora, **{**fields, **changes})


def send(upload: Upload, content: bytes = LARGE, *, without: int = 0) -> None:
    for number in range(1, upload.part_count + 1):
        if number != without:
            at = (number - 1) * upload.part_size
            part = content[at : at + upload.part_size]
            actions.receive_part(upload, number=number, source=io.BytesIO(part), size=len(part))


def staged_files() -> list[str]:
    place = storages[storage.SUBMISSIONS]
    return place.listdir("staging")[0] if place.exists("staging") else []


def read_sha256(file: SubmissionFile) -> str:
    """Return the SHA-256 of what its team reads; the stored bytes are encrypted."""
    with documents.open_file(file) as plain:
        return hashlib.sha256(plain.read()).hexdigest()


def stored_keys(draft: Submission) -> set[str]:
    place = storages[storage.SUBMISSIONS]
    if not place.exists(draft.code):
        return set()
    return {f"{draft.code}/{name}" for name in place.listdir(draft.code)[1]}


@pytest.fixture(autouse=True)
def _empty_staging():
    """Count what this test stages: tests before it on the same worker may have left parts."""
    shutil.rmtree(storages[storage.SUBMISSIONS].path(staging.FOLDER), ignore_errors=True)


def test_file_in_parts_becomes_the_file_of_the_draft(draft, world):
    upload = begin(draft, world)
    send(upload)

    file = actions.complete_upload(upload, by=world.dora)

    assert (file.original_name, file.size, file.sha256, file.uploaded_by, file.begun_at) == (
        "konzept.pdf",
        len(LARGE),
        hashlib.sha256(LARGE).hexdigest(),
        world.dora,
        upload.opened_at,
    )
    assert read_sha256(file) == file.sha256
    assert (upload.state, upload.file, upload.received_at) == (
        UploadState.ATTACHED,
        file,
        file.uploaded_at,
    )
    assert staged_files() == []
    assert list(AuditEvent.objects.values_list("action", flat=True).order_by("pk")) == [
        "upload.opened",
        "upload.checking",
        "opening_key.made",
        "submission.file_attached",
        "upload.attached",
    ]


def test_upload_cuts_parts_that_fit(draft, world):
    upload = begin(draft, world)

    sizes = [upload.size_of_part(number) for number in range(1, upload.part_count + 1)]

    assert sum(sizes) == len(LARGE)
    assert len(sizes) == 3
    assert sizes[0] == sizes[1] == upload.part_size > sizes[2]


def test_same_file_chosen_again_goes_on(draft, world):
    first = begin(draft, world)
    send(first, without=2)

    again = begin(draft, world)

    assert (again, actions.parts_there(again)) == (first, [1, 3])


@pytest.mark.parametrize("change", [{"name": "b.pdf"}, {"size": 4_500_001}, {"modified": 8}])
def test_another_file_is_another_upload(draft, world, change):
    first = begin(draft, world)

    assert begin(draft, world, **change) != first


def test_part_may_be_sent_twice(draft, world):
    upload = begin(draft, world)
    send(upload)
    send(upload)

    assert actions.complete_upload(upload, by=world.dora).size == len(LARGE)


@pytest.mark.parametrize(("number", "size"), [(0, 10), (4, 10), (1, 10), (3, 2_097_152)])
def test_part_that_does_not_fit_is_refused(draft, world, number, size):
    upload = begin(draft, world)

    with pytest.raises(UploadRefused):
        actions.receive_part(upload, number=number, source=io.BytesIO(bytes(size)), size=size)

    assert actions.parts_there(upload) == []


def test_completing_without_all_parts_says_which_are_there_and_goes_on(draft, world):
    upload = begin(draft, world)
    send(upload, without=2)

    with pytest.raises(UploadRefused) as error:
        actions.complete_upload(upload, by=world.dora)
    send(upload)

    assert (error.value.code, error.value.data) == ("parts_missing", {"parts": [1, 3]})
    assert actions.complete_upload(upload, by=world.dora).size == len(LARGE)


def test_completing_twice_gives_the_same_file(draft, world):
    upload = begin(draft, world)
    send(upload)

    first = actions.complete_upload(upload, by=world.dora)
    second = actions.complete_upload(Upload.objects.get(pk=upload.pk), by=world.dora)

    assert first == second
    assert stored_keys(draft) == {first.key}


def test_completing_goes_on_after_the_platform_failed(draft, world, monkeypatch):
    upload = begin(draft, world)
    send(upload)
    early = clock.now()

    def fail(*_args, **_kwargs):
        raise StorageUnavailable("storage_unavailable", "The store is silent.")

    with monkeypatch.context() as broken:
        broken.setattr(storage, "store", fail)
        with pytest.raises(StorageUnavailable):
            actions.complete_upload(upload, by=world.dora, now=early)
    file = actions.complete_upload(upload, by=world.dora, now=early + dt.timedelta(minutes=5))

    # What counts is when everything had arrived, not when the platform had recovered.
    assert (file.uploaded_at, upload.completed_at) == (early, early + dt.timedelta(minutes=5))


def test_completing_leaves_nothing_behind_if_the_audit_fails(draft, world):
    upload = begin(draft, world)
    send(upload)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.complete_upload(upload, by=world.dora)

    assert not SubmissionFile.objects.exists()
    assert stored_keys(draft) == set()


@pytest.mark.parametrize(
    ("kind", "name", "content", "code"),
    [
        (CONCEPT, "konzept.pdf", b"<!doctype html><script>alert(1)</script>", "not_a_pdf"),
        (PREDICTIONS, "v.csv", b"PK\x03\x04 a spreadsheet", "not_text"),
    ],
)
def test_content_is_judged_at_the_end_and_a_lie_ends_the_upload(
    draft, world, kind, name, content, code
):
    upload = begin(draft, world, content, kind=kind, name=name)
    send(upload, content)

    with pytest.raises(UploadRefused) as error:
        actions.complete_upload(upload, by=world.dora)

    assert error.value.code == code
    assert (upload.state, upload.failure) == (UploadState.REFUSED, code)
    assert (staged_files(), stored_keys(draft)) == ([], set())
    with pytest.raises(IllegalTransition):
        actions.receive_part(upload, number=1, source=io.BytesIO(content), size=len(content))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "konzept.exe"}, "wrong_suffix"),
        ({"size": 0}, "empty"),
        ({"size": 20_000_001}, "too_large"),
    ],
)
def test_what_is_announced_wrongly_is_refused_before_a_byte_is_sent(draft, world, change, code):
    with pytest.raises(UploadRefused) as error:
        begin(draft, world, **change)

    assert error.value.code == code
    assert (Upload.objects.count(), staged_files()) == (0, [])


def test_prediction_file_in_parts_is_checked(draft, world, strict_check):
    wrong = b"id,label\nd-1,x\n"
    upload = begin(draft, world, wrong, kind=PREDICTIONS, name="v.csv")
    send(upload, wrong)

    assert actions.complete_upload(upload, by=world.dora).report["ok"] is False


def test_part_sent_after_the_end_changes_nothing(draft, world):
    upload = begin(draft, world)
    send(upload)
    file = actions.complete_upload(upload, by=world.dora)

    with pytest.raises(IllegalTransition):
        send(upload, bytes(len(LARGE)))

    assert read_sha256(file) == file.sha256


def test_version_that_was_handed_in_takes_no_upload(draft, world, csv, pdf):
    upload = begin(draft, world)
    send(upload)
    actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=pdf)
    actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=csv)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    with pytest.raises(StaleVersion):
        begin(draft, world, name="other.pdf")
    with pytest.raises(StaleVersion):
        actions.complete_upload(upload, by=world.dora)

    assert upload.state == UploadState.REFUSED
    assert draft.files.get(kind=CONCEPT).size == len(PDF)


def test_too_many_uploads_at_once_are_refused(draft, world):
    for number in range(actions.MOST_AT_ONCE):
        begin(draft, world, modified=number)

    with pytest.raises(LimitReached) as error:
        begin(draft, world, modified=99)

    assert error.value.code == "too_many_uploads"


# -- the deadline ----------------------------------------------------------------------------------


def test_what_is_begun_at_the_deadline_is_refused_and_kept_for_the_office(
    draft, world, ends_at, pdf
):
    with pytest.raises(PhaseClosed):
        begin(draft, world, now=ends_at)
    with pytest.raises(PhaseClosed):
        actions.attach_file(draft, by=world.dora, kind=CONCEPT, file=pdf, now=ends_at + SECOND)

    assert [
        (row.kind, row.size, row.state, row.failure, row.opened_at, row.ended_at, row.created_by)
        for row in draft.uploads.all()
    ] == [
        (CONCEPT, size, UploadState.REFUSED, "deadline_passed", moment, moment, world.dora)
        for size, moment in ((len(LARGE), ends_at), (pdf.size, ends_at + SECOND))
    ]
    assert [event.action for event in AuditEvent.objects.all()] == ["upload.refused"] * 2
    assert list(upload_maintenance.forgotten_parts()) == []


def test_late_files_and_hand_ins_of_a_version_are_kept_up_to_a_number(
    draft, world, ends_at, monkeypatch
):
    monkeypatch.setattr(deadlines, "MOST_LATE", 2)
    for seconds in range(4):
        moment = ends_at + seconds * SECOND
        with pytest.raises(PhaseClosed):
            begin(draft, world, now=moment)
        with pytest.raises(PhaseClosed):
            submission_actions.hand_in(
                draft, by=world.cem, key=f"k{seconds}", declared=True, now=moment
            )

    kept = [ends_at, ends_at + SECOND]
    assert [upload.opened_at for upload in draft.uploads.order_by("pk")] == kept
    assert [late.attempted_at for late in draft.late_attempts.order_by("pk")] == kept


def test_what_comes_before_the_window_opens_is_refused_without_a_trace(draft, world, pdf):
    starts_at = draft.entry.challenge.phase("submission").starts_at

    with pytest.raises(PhaseClosed):
        actions.attach_file(draft, by=world.dora, kind=CONCEPT, file=pdf, now=starts_at - SECOND)

    assert not draft.uploads.exists()


def test_what_is_begun_before_the_deadline_is_taken(draft, world, ends_at):
    assert begin(draft, world, now=ends_at - SECOND).opened_at == ends_at - SECOND


def test_late_file_leaves_nothing_behind_if_the_audit_fails(draft, world, ends_at, pdf):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.attach_file(draft, by=world.dora, kind=CONCEPT, file=pdf, now=ends_at)

    assert not draft.uploads.exists()


@pytest.mark.parametrize(("seconds", "arrives"), [(-1, True), (0, True), (119, True), (120, False)])
def test_upload_begun_in_time_may_arrive_within_the_grace(
    draft, world, ends_at, settings, seconds, arrives
):
    settings.UPLOAD_GRACE_SECONDS = 120
    upload = begin(draft, world, now=ends_at - SECOND)
    send(upload)
    moment = ends_at + seconds * SECOND

    if arrives:
        file = actions.complete_upload(upload, by=world.dora, now=moment)
        assert (file.begun_at, file.uploaded_at) == (ends_at - SECOND, moment)
    else:
        with pytest.raises(PhaseClosed):
            actions.complete_upload(upload, by=world.dora, now=moment)
        assert (upload.state, upload.failure) == (UploadState.REFUSED, "deadline_passed")
        assert upload.ended_at == moment


# -- ending and sweeping ---------------------------------------------------------------------------


def test_discarded_upload_leaves_no_parts(draft, world):
    upload = begin(draft, world)
    send(upload)

    actions.abort_upload(upload, by=world.cem)
    actions.abort_upload(upload, by=world.cem)

    assert (upload.state, staged_files()) == (UploadState.ABORTED, [])
    assert AuditEvent.objects.filter(action="upload.aborted").count() == 1


def test_sweep_gives_up_what_was_left_for_a_day(draft, world):
    old, new = begin(draft, world), begin(draft, world, modified=8)
    send(old)
    send(new)
    Upload.objects.filter(pk=new.pk).update(opened_at=old.opened_at + 2 * SECOND)

    assert actions.expire_uploads(old.opened_at + actions.KEPT) == 0
    assert actions.expire_uploads(old.opened_at + actions.KEPT + SECOND) == 1

    old.refresh_from_db()
    assert (old.state, actions.parts_there(new)) == (UploadState.EXPIRED, [1, 2, 3])
    assert len(staged_files()) == 1


def test_sweep_removes_what_nobody_names(draft, world):
    upload = begin(draft, world)
    staging.begin(storage.SUBMISSIONS, 100)

    count = actions.expire_uploads(clock.now() + actions.KEPT - SECOND)
    assert (count, len(staged_files())) == (0, 2)
    Upload.objects.filter(pk=upload.pk).update(opened_at=clock.now() + dt.timedelta(days=9))
    count = actions.expire_uploads(clock.now() + actions.KEPT + dt.timedelta(minutes=1))

    assert (count, len(staged_files())) == (1, 1)


def test_proofs_hold_for_uploads_of_every_state(draft, world, pdf):
    finished, refused = begin(draft, world), begin(draft, world, b"x" * 10, modified=8)
    send(finished)
    send(refused, b"x" * 10)
    actions.complete_upload(finished, by=world.dora)
    with pytest.raises(UploadRefused):
        actions.complete_upload(refused, by=world.dora)
    begin(draft, world, modified=9)
    actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=pdf)

    assert list(upload_maintenance.wrong_uploads()) == []
    assert list(upload_maintenance.forgotten_parts()) == []


def test_proofs_find_a_lost_file_a_wrong_one_and_forgotten_parts(draft, world):
    lost, wrong = begin(draft, world), begin(draft, world, CSV, kind=PREDICTIONS, name="v.csv")
    send(lost)
    send(wrong, CSV)
    actions.complete_upload(lost, by=world.dora).delete()
    actions.complete_upload(wrong, by=world.dora)
    Upload.objects.filter(pk=wrong.pk).update(size=1)
    given_up = begin(draft, world, modified=9)
    send(given_up)
    type(given_up).objects.filter(pk=given_up.pk).update(state=UploadState.ABORTED)

    assert list(upload_maintenance.wrong_uploads()) == [
        f"The file of upload {lost} is missing.",
        f"The file of upload {wrong} is not the one that was announced.",
    ]
    assert list(upload_maintenance.forgotten_parts()) == [
        f"Parts of upload {given_up} are still staged although it is over."
    ]
