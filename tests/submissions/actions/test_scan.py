from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from competition.extensions import Place, contributed_items
from core import clock, storage
from core.exceptions import Incomplete
from core.models import AuditEvent
from submissions import queries, upload_maintenance
from submissions.actions import scan as actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload as upload_actions
from submissions.models import Submission, SubmissionFile
from submissions.states import FileKind, FileState
from tests.clamd import EICAR, clamd
from tests.stores import free_port
from tests.submissions.conftest import PDF

pytestmark = pytest.mark.scanner

CONCEPT, PREDICTIONS = FileKind.CONCEPT, FileKind.PREDICTIONS
CSV = b"id,label\nd-1,x\n"
BAD = PDF + EICAR


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True)
    return Submission.objects.get(pk=world.draft().pk)


@pytest.fixture(scope="module")
def running():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, clamd(Path(folder), port):
        yield f"tcp://127.0.0.1:{port}"


@pytest.fixture
def on(running, settings):
    settings.CLAMD_ADDRESS = running


@pytest.fixture
def down(settings):
    settings.CLAMD_ADDRESS = f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def predictions_too(world) -> None:
    type(world.challenge).objects.update(wants_predictions=True)


@pytest.fixture
def attach(draft, world, django_capture_on_commit_callbacks):
    def _attach(content: bytes = PDF, kind: FileKind = CONCEPT) -> SubmissionFile:
        name = "konzept.pdf" if kind == CONCEPT else "vorhersagen.csv"
        file = SimpleUploadedFile(name, content)
        with django_capture_on_commit_callbacks(execute=True):
            row = upload_actions.attach_file(draft, by=world.dora, kind=kind, file=file)
        row.refresh_from_db()
        return row

    return _attach


def sentences(draft) -> list[str]:
    return [str(missing) for missing in queries.missing(Submission.objects.get(pk=draft.pk))]


def test_clean_file_can_be_handed_in(on, attach, draft, world):
    file = attach()

    assert file.state == FileState.CLEAN
    assert sentences(draft) == []
    assert submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)


def test_blocked_file_is_removed_and_the_row_says_why(on, attach, draft, world, english):
    file = attach(BAD)

    assert (file.state, file.malware) == (FileState.BLOCKED, "EICAR-Test.UNOFFICIAL")
    assert not storage.exists(storage.SUBMISSIONS, file.key)
    assert sentences(draft) == ["Replace “konzept.pdf”: malware was found in it."]
    event = AuditEvent.objects.get(action="submissionfile.blocked")
    assert (event.data["sha256"], event.data["malware"]) == (file.sha256, file.malware)
    with pytest.raises(Incomplete):
        submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    assert list(upload_maintenance.blocked_files_in_reach()) == []


def test_blocked_file_is_replaced_like_any_other(on, attach, draft):
    attach(BAD)

    assert attach().state == FileState.CLEAN
    assert sentences(draft) == []


def test_silent_scanner_keeps_the_file_and_the_sweep_asks_again(
    down, attach, draft, english, settings, running
):
    file = attach()
    waits = sentences(draft)
    swept_in_vain = actions.scan_waiting(clock.now())

    settings.CLAMD_ADDRESS = running
    swept = actions.scan_waiting(clock.now())

    file.refresh_from_db()
    assert waits == ["Wait until “konzept.pdf” has been checked for malware."]
    assert (swept_in_vain, swept, file.state) == (0, 1, FileState.CLEAN)
    assert storage.exists(storage.SUBMISSIONS, file.key)


def test_scanner_that_is_switched_on_looks_at_drafts_only(
    predictions_too, attach, draft, world, settings, running
):
    document, predictions = attach(), attach(CSV, PREDICTIONS)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    second = submission_actions.start_draft(draft.entry, by=world.cem)
    settings.CLAMD_ADDRESS = running

    assert actions.scan_waiting(clock.now()) == 1

    # The document came over from a version that is in: it is sealed.
    assert {file.kind: file.state for file in second.files.all()} == {
        CONCEPT: FileState.UNSCANNED,
        PREDICTIONS: FileState.CLEAN,
    }
    document.refresh_from_db()
    predictions.refresh_from_db()
    assert (document.state, predictions.state) == (FileState.UNSCANNED, FileState.UNSCANNED)


def test_version_begun_since_takes_over_no_document_that_nobody_can_scan(
    attach, draft, world, settings, running
):
    attach()
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    settings.CLAMD_ADDRESS = running

    second = submission_actions.start_draft(draft.entry, by=world.cem)

    assert not second.files.exists()
    assert sentences(second) == ["Laden Sie das Konzept als PDF hoch."]


def test_blocking_a_draft_never_takes_bytes_from_what_is_handed_in(
    predictions_too, attach, draft, world, settings, running, django_capture_on_commit_callbacks
):
    attach()
    first = attach(CSV + EICAR, PREDICTIONS)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    second = submission_actions.start_draft(draft.entry, by=world.cem)
    settings.CLAMD_ADDRESS = running

    with django_capture_on_commit_callbacks(execute=True):
        actions.scan_waiting(clock.now())

    assert second.files.get(kind=PREDICTIONS).state == FileState.BLOCKED
    assert storage.sha256_of(storage.SUBMISSIONS, first.key) == first.sha256


def test_version_takes_over_what_the_scanner_said(on, attach, draft, world):
    attach()
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert submission_actions.start_draft(draft.entry, by=world.cem).files.get().state == "clean"


def test_file_that_may_hold_malware_is_not_served(down, attach, draft, world, sign_in, english):
    attach()
    page = f"/en/submissions/{draft.code}/files/concept/"

    client = sign_in(world.dora)

    assert client.get(f"{page}download/").status_code == 404
    text = client.get(page).content.decode()
    assert "Being checked for malware." in text
    assert 'hx-trigger="every 3s"' in text


def test_page_says_what_to_do_about_a_blocked_file(on, attach, draft, world, sign_in):
    attach(BAD)
    page = f"/en/submissions/{draft.code}/files/concept/"

    client = sign_in(world.dora)

    assert client.get(f"{page}download/").status_code == 404
    text = client.get(page).content.decode()
    assert "Blocked: the scanner found “EICAR-Test.UNOFFICIAL”." in text
    assert "We have removed the file." in text


def health(rf, world) -> list[tuple[str, str, str]]:
    figures = contributed_items(Place.OFFICE_HEALTH, rf.get("/"), world.challenge.competition)
    return [
        (str(figure.value), str(figure.label), str(figure.note))
        for figure in figures
        if "alware" in str(figure.label)
    ]


def test_office_learns_that_there_is_no_scanner(world, rf, english):
    assert health(rf, world) == [("off", "Malware check", "Uploaded files are not scanned.")]


def test_office_learns_of_files_that_wait_too_long(down, attach, world, rf, english, settings):
    file = attach()
    label = "Files that wait for the malware check"
    at_first = health(rf, world)
    SubmissionFile.objects.filter(pk=file.pk).update(
        uploaded_at=clock.now() - settings.SCAN_PATIENCE - dt.timedelta(seconds=30)
    )

    [(value, _label, note)] = health(rf, world)

    assert at_first == [("1", label, "")]
    assert value == "1"
    assert note.startswith("The oldest has waited for 10 minutes")


def test_proofs_find_blocked_files_in_reach(on, attach, draft):
    file = attach()
    SubmissionFile.objects.filter(pk=file.pk).update(state=FileState.BLOCKED)

    assert list(upload_maintenance.blocked_files_in_reach()) == [
        f"{draft.reference}: a blocked file is still stored."
    ]
