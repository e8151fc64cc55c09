"""The blind guard from the upload to the check page (J-61, TH-12, R-5)."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.urls import reverse
from django.utils import translation

from core import clock, storage
from core.exceptions import PhaseClosed, StaleVersion, UploadRefused
from core.models import AuditEvent
from submissions import documents, guard, queries
from submissions.actions import blind as actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload as upload_actions
from submissions.models import Submission, SubmissionFile
from submissions.states import FileKind, FileState
from tests.factories import TeamFactory, break_audit
from tests.submissions import pdfs
from tests.submissions.conftest import CSV

CONCEPT, PREDICTIONS = FileKind.CONCEPT, FileKind.PREDICTIONS


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=False)
    return Submission.objects.get(pk=world.draft().pk)


def attach(
    draft: Submission, world, content: bytes, name: str = "konzept.pdf", kind: FileKind = CONCEPT
) -> SubmissionFile:
    file = SimpleUploadedFile(name, content)
    return upload_actions.attach_file(draft, by=world.cem, kind=kind, file=file)


@pytest.fixture
def revealing(draft, world) -> SubmissionFile:
    return attach(draft, world, pdfs.revealing(), name="Konzept_Cem_Captain.pdf")


def address(name: str, draft: Submission, *rest: str) -> str:
    with translation.override("en"):
        return reverse(f"submissions:{name}", args=[draft.code, *rest])


def words(found: guard.Guard | None) -> list[tuple[str, str, str]]:
    assert found is not None
    return [(line.where, line.found, line.reason) for line in found.lines]


# -- what is stored with a file -------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_upload_finds_what_tells_who_the_team_is(revealing):
    found = guard.of_file(revealing)

    assert words(found) == [
        ("Name of the file", "Cem_Captain", "name of a member"),
        ("Property “Author” of the document", "Nora Namenlos", "says who made the document"),
        ("Property “Keywords” of the document", "Cem Captain", "name of a member"),
        ("Property “Company” of the document", "Beispiel AG", "says who made the document"),
        ("Property “CreatorTool” of the document", "Team Dachs", "name of your team"),
        ("Property “creator” of the document", "Nora Namenlos", "says who made the document"),
        ("Name of an embedded file", "Dora Daten", "name of a member"),
        ("Text, pages 1–2", "Team Dachs", "name of your team"),
        ("Author of a comment, page 1", "D. Daten", "says who made the document"),
    ]
    assert (found.is_open, found.can_be_cleaned, found.title) == (
        True,
        True,
        "9 places could tell who you are",
    )


def test_prediction_file_is_searched_by_its_name_alone(world):
    type(world.challenge).objects.update(wants_predictions=True)
    draft = Submission.objects.get(pk=world.draft().pk)

    file = attach(draft, world, CSV, name="team-dachs.csv", kind=PREDICTIONS)

    assert [(line["place"], line["found"]) for line in file.guard["lines"]] == [
        ("file_name", "team-dachs")
    ]
    assert not guard.of_file(file).can_be_cleaned


def test_words_are_those_of_everybody_in_the_team_and_not_those_of_the_statement(draft, world):
    competition = world.team.competition
    TeamFactory(competition=competition, name="Haselmaus", merged_into=world.team)
    world.team.organisation = f"Stadtwerke Beispielau{world.team.AND}Mauswerk"
    world.team.save()
    type(world.dora).objects.filter(pk=world.dora.pk).update(email="dora@datenhaus.example")
    type(world.challenge).objects.update(
        answers={"problem": "In Beispielau fehlt Zeit.", "rows": [{"name": "Captain"}]}
    )
    Submission.objects.update(link="https://gitlab.com/haselbau/x")
    draft = Submission.objects.get(pk=draft.pk)
    text = (
        "Dachs Haselmaus Mauswerk Beispielau Stadtwerke Cem Captain, Dora Daten"
        " datenhaus.example haselbau Luchs Emil Einzel Captain"
    )

    found = [match.found for match in guard.words_of(draft).search(text)]

    assert found == [
        "Dachs",
        "Haselmaus",
        "Mauswerk",
        "Stadtwerke",
        "Cem Captain",
        "Dora Daten",
        "datenhaus.example",
        "haselbau",
    ]


@pytest.mark.parametrize(
    ("document", "note"),
    [
        (b"%PDF-1.7\nEin Konzept.\n%%EOF\n", "We could not read"),
        (pdfs.encrypted(pdfs.plain(), "geheim"), "opens with a password only"),
    ],
    ids=["broken", "encrypted"],
)
def test_document_that_nobody_can_search_is_stored_with_a_note(
    draft, world, sign_in, document, note
):
    client = sign_in(world.dora)

    client.post(
        address("file-upload", draft, CONCEPT), {"file": SimpleUploadedFile("k.pdf", document)}
    )

    assert note in client.get(address("file-upload", draft, CONCEPT)).content.decode()
    assert not guard.needs_decision(draft.files.get())


def test_upload_in_parts_is_searched_as_well(draft, world, tmp_path):
    content = pdfs.revealing()
    upload = upload_actions.open_upload(
        draft, by=world.cem, kind=CONCEPT, name="konzept.pdf", size=len(content)
    )
    upload_actions.receive_part(
        upload, number=1, source=SimpleUploadedFile("x", content), size=len(content)
    )

    file = upload_actions.complete_upload(upload, by=world.cem)

    assert file.guard["pages"] == 2
    assert file.guard["total"] == 8


# -- number of pages ------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_document_with_more_pages_than_allowed_is_refused(draft, world):
    rows = [{"name": "Konzept", "format": "PDF", "pages": 2}]
    type(world.challenge).objects.update(answers={"deliverables": rows})
    draft = Submission.objects.get(pk=draft.pk)
    file = attach(draft, world, pdfs.plain(pages=2))

    with pytest.raises(UploadRefused) as error:
        attach(draft, world, pdfs.plain(pages=3))

    assert error.value.code == "too_many_pages"
    assert str(error.value) == (
        "“konzept.pdf” has 3 pages, and the problem statement allows 2. Shorten it and upload it"
        " again."
    )
    assert draft.files.get() == file


def test_upload_page_says_that_too_many_pages_are_refused(draft, world, sign_in):
    rows = [{"name": "Konzept", "format": "PDF", "pages": 1}]
    type(world.challenge).objects.update(answers={"deliverables": rows})
    client = sign_in(world.dora)

    response = client.post(
        address("file-upload", draft, CONCEPT),
        {"file": SimpleUploadedFile("lang.pdf", pdfs.plain(pages=2))},
    )

    assert response.status_code == 422
    assert "“lang.pdf” has 2 pages" in response.content.decode()
    assert not draft.files.exists()


# -- keeping --------------------------------------------------------------------------------------


def test_keep_records_who_knows_it_since_when_and_no_name(revealing, world):
    kept = actions.keep(revealing, by=world.dora, sha256=revealing.sha256)
    again = actions.keep(revealing, by=world.cem, sha256=revealing.sha256)

    assert (kept.kept_by, again.kept_by, again.kept_at) == (world.dora, world.dora, kept.kept_at)
    assert not guard.of_file(again).is_open
    event = AuditEvent.objects.get(action="submission.file_kept")
    assert event.data == {"kind": "concept", "sha256": revealing.sha256, "places": 9}


def test_keep_leaves_nothing_behind_if_the_audit_fails(revealing, world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.keep(revealing, by=world.dora, sha256=revealing.sha256)

    revealing.refresh_from_db()
    assert revealing.kept_at is None


def test_keep_is_about_the_file_that_the_page_showed(revealing, draft, world):
    attach(draft, world, pdfs.plain("Wir vom Team Dachs lesen."))

    with pytest.raises(StaleVersion):
        actions.keep(revealing, by=world.dora, sha256=revealing.sha256)

    assert draft.files.get().kept_at is None


@pytest.mark.parametrize("action", [actions.keep, actions.clean])
def test_what_is_handed_in_is_neither_kept_nor_cleaned(revealing, draft, world, action):
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    with pytest.raises(StaleVersion):
        action(revealing, by=world.cem, sha256=revealing.sha256)

    assert draft.files.get().sha256 == revealing.sha256


def test_findings_and_decision_go_with_the_file_to_the_next_version(revealing, draft, world):
    kept = actions.keep(revealing, by=world.dora, sha256=revealing.sha256)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    file = submission_actions.start_draft(draft.entry, by=world.cem).files.get()

    assert (file.guard, file.kept_at, file.kept_by) == (kept.guard, kept.kept_at, world.dora)


def test_another_file_is_a_new_question(revealing, draft, world):
    actions.keep(revealing, by=world.dora, sha256=revealing.sha256)

    assert guard.needs_decision(attach(draft, world, pdfs.revealing()))


# -- cleaning -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_clean_replaces_the_file_by_a_copy_that_is_searched_again(revealing, draft, world):
    copy = actions.clean(revealing, by=world.dora, sha256=revealing.sha256)

    assert draft.files.get() == copy
    assert copy.sha256 != revealing.sha256
    with documents.open_file(copy) as stored:
        assert hashlib.sha256(stored.read()).hexdigest() == copy.sha256
    assert (copy.original_name, copy.uploaded_by) == ("concept.pdf", world.dora)
    assert words(guard.of_file(copy)) == [("Text, pages 1–2", "Team Dachs", "name of your team")]
    event = AuditEvent.objects.filter(action="submission.file_attached").last()
    assert event.data["sha256"] == copy.sha256


def test_clean_goes_through_the_malware_scan_like_any_upload(revealing, world, settings):
    settings.CLAMD_ADDRESS = "unix:/nowhere"

    copy = actions.clean(revealing, by=world.dora, sha256=revealing.sha256)

    assert copy.state == FileState.SCANNING


def test_clean_says_so_where_no_copy_can_be_made(draft, world):
    file = attach(draft, world, b"%PDF-1.7\nEin Konzept.\n", name="Team Dachs.pdf")

    with pytest.raises(UploadRefused) as error:
        actions.clean(file, by=world.cem, sha256=file.sha256)

    assert error.value.code == "not_cleaned"
    assert draft.files.get() == file


def test_clean_after_the_deadline_changes_nothing(revealing, draft, world, time_machine):
    time_machine.move_to(clock.now() + dt.timedelta(days=2))

    with pytest.raises(PhaseClosed):
        actions.clean(revealing, by=world.cem, sha256=revealing.sha256, now=clock.now())

    assert draft.files.get() == revealing


def test_clean_leaves_everything_if_the_audit_fails(revealing, draft, world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.clean(revealing, by=world.cem, sha256=revealing.sha256)

    assert draft.files.get() == revealing
    assert storage.exists(storage.SUBMISSIONS, revealing.key)


# -- pages ----------------------------------------------------------------------------------------


def page(client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def test_upload_page_shows_where_and_both_ways_out(revealing, draft, world, sign_in):
    text = page(sign_in(world.dora), address("file-upload", draft, CONCEPT))

    assert "9 places could tell who you are" in text
    assert "Text, pages 1–2: <q>" in text
    assert "<b>Team Dachs</b> lesen Ziffern." in text
    assert address("file-clean", draft, CONCEPT) in text
    assert address("file-keep", draft, CONCEPT) in text


def test_upload_page_speaks_german(revealing, draft, world, sign_in):
    client = sign_in(world.dora)

    text = page(client, address("file-upload", draft, CONCEPT).removeprefix("/en"))

    assert "9 Stellen könnten Sie erkennbar machen" in text
    assert "Metadaten entfernen" in text
    assert "So lassen, mir bekannt" in text


def test_clean_button_leads_back_to_what_is_left(revealing, draft, world, sign_in):
    client = sign_in(world.dora)

    response = client.post(
        address("file-clean", draft, CONCEPT), {"sha256": revealing.sha256}, follow=True
    )

    assert response.redirect_chain == [(address("file-upload", draft, CONCEPT), 302)]
    assert "The cleaned copy is stored. What stands in its pages" in response.content.decode()
    text = page(client, address("file-upload", draft, CONCEPT))
    assert "1 place could tell who you are" in text
    assert address("file-clean", draft, CONCEPT) not in text
    assert address("file-keep", draft, CONCEPT) in text


def test_keep_button_ends_the_warning_on_every_page(revealing, draft, world, sign_in):
    client = sign_in(world.dora)
    before = page(client, address("submission-check", draft))
    [_text, task] = queries.tasks(draft)
    assert (task.tone, task.is_done) == ("warn", False)

    response = client.post(address("file-keep", draft, CONCEPT), {"sha256": revealing.sha256})

    assert (response.status_code, response["Location"]) == (
        302,
        address("file-upload", draft, CONCEPT),
    )
    assert "9 places could tell who you are" in before
    assert "places could tell" not in page(client, address("submission-check", draft))
    text = page(client, address("file-upload", draft, CONCEPT))
    assert "9 places could tell who you are: left as it is" in text
    assert "Dora Daten has decided so." in text
    [_text, task] = queries.tasks(Submission.objects.get(pk=draft.pk))
    assert (task.tone, task.is_done) == ("", True)


def test_check_page_names_what_stands_in_the_texts_and_lets_hand_in(draft, world, sign_in):
    attach(draft, world, pdfs.plain())
    Submission.objects.update(title="Team Dachs liest", summary="Mit Dora Daten gebaut.")

    text = page(sign_in(world.cem), address("submission-check", draft))

    assert "2 places could tell who you are" in text
    assert "Title: <q><b>Team Dachs</b> liest</q>" in text
    assert "Summary: <q>Mit <b>Dora Daten</b> gebaut.</q>" in text
    assert address("submission-hand-in", draft) in text


def test_what_is_found_is_written_as_text(draft, world, sign_in):
    document = pdfs.written(
        pdfs.changed(pdfs.plain(), Author="<script>alert(1)</script>", Company="&amp;")
    )
    attach(draft, world, document)

    text = page(sign_in(world.dora), address("file-upload", draft, CONCEPT))

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize("name", ["file-clean", "file-keep"])
def test_button_is_for_the_team_alone_and_for_post(revealing, draft, world, sign_in, name):
    client = sign_in(world.emil)
    url = address(name, draft, CONCEPT)

    assert client.post(url, {"sha256": revealing.sha256}).status_code == 404
    assert client.get(url).status_code == 405
    revealing.refresh_from_db()
    assert revealing.kept_at is None


@pytest.mark.parametrize("name", ["file-clean", "file-keep"])
@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_button_of_an_old_page_changes_nothing(revealing, draft, world, sign_in, name, sha256):
    response = sign_in(world.cem).post(address(name, draft, CONCEPT), {"sha256": sha256})

    assert response.status_code == 409
    assert draft.files.get() == revealing


@pytest.mark.parametrize("name", ["file-clean", "file-keep"])
def test_button_without_a_file_is_not_there(draft, world, sign_in, name):
    client = sign_in(world.cem)

    assert client.post(address(name, draft, CONCEPT)).status_code == 404
    assert client.post(address(name, draft, "unknown")).status_code == 404
