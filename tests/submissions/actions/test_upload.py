from __future__ import annotations

import hashlib

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.utils import translation

from core import storage
from core.exceptions import StaleVersion, UploadRefused
from core.models import AuditEvent
from submissions import documents, queries, validators
from submissions.actions import submission as submission_actions
from submissions.actions import upload as actions
from submissions.models import DocumentKey, Submission, SubmissionFile
from submissions.states import FileKind
from tests.factories import break_audit
from tests.submissions.conftest import CSV, PDF

CONCEPT, PREDICTIONS = FileKind.CONCEPT, FileKind.PREDICTIONS


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    return Submission.objects.get(pk=world.draft().pk)


def stored_keys(draft: Submission) -> set[str]:
    """Return what really lies in the storage for a version."""
    place = storages[storage.SUBMISSIONS]
    if not place.exists(draft.code):
        return set()
    return {f"{draft.code}/{name}" for name in place.listdir(draft.code)[1]}


def concept(content: bytes = PDF, name: str = "konzept.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_attach_file_stores_what_the_server_measured(draft, world, pdf):
    row = actions.attach_file(draft, by=world.dora, kind=CONCEPT, file=pdf)

    assert (row.original_name, row.size, row.sha256, row.uploaded_by, row.report) == (
        "konzept.pdf",
        len(PDF),
        hashlib.sha256(PDF).hexdigest(),
        world.dora,
        {},
    )
    with documents.open_file(row) as stream:
        assert stream.read() == PDF
    event = AuditEvent.objects.get(action="submission.file_attached")
    assert event.data["sha256"] == row.sha256


def test_attach_file_gives_the_file_a_key_that_says_nothing(draft, world):
    row = actions.attach_file(
        draft, by=world.cem, kind=CONCEPT, file=concept(name="../../Team Dachs Cem.pdf")
    )

    folder, name = row.key.split("/")
    assert folder == draft.code
    assert (len(name), name.removesuffix(".pdf").isalnum()) == (36, True)
    assert row.original_name == "Team Dachs Cem.pdf"


def test_attach_file_replaces_the_earlier_one_after_the_commit(
    draft, world, django_capture_on_commit_callbacks
):
    first = actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept())
    old_key = first.key
    with django_capture_on_commit_callbacks() as callbacks:
        second = actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept(PDF * 2))
    assert stored_keys(draft) == {old_key, second.key}

    for callback in callbacks:
        callback()

    assert draft.files.get() == second
    assert stored_keys(draft) == {second.key}


def test_attach_file_keeps_what_another_version_names(
    draft, world, csv, django_capture_on_commit_callbacks
):
    old = actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept())
    actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=csv)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    second = submission_actions.start_draft(draft.entry, by=world.cem)

    with django_capture_on_commit_callbacks(execute=True):
        actions.attach_file(second, by=world.cem, kind=CONCEPT, file=concept(PDF * 2))

    assert storage.exists(storage.SUBMISSIONS, old.key)
    stored = DocumentKey.objects.get(storage_key=old.key)
    assert storage.sha256_of(storage.SUBMISSIONS, old.key) == stored.stored_sha256
    assert draft.files.get(kind=CONCEPT) == old


def test_attach_file_never_changes_what_is_handed_in(draft, world, csv):
    actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept())
    actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=csv)
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)
    before = stored_keys(draft)

    with pytest.raises(StaleVersion):
        actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept(PDF * 2))

    assert stored_keys(draft) == before
    assert draft.files.get(kind=CONCEPT).size == len(PDF)


def test_attach_file_leaves_nothing_behind_if_the_audit_fails(draft, world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept())

    assert not SubmissionFile.objects.exists()
    assert stored_keys(draft) == set()


def test_attach_file_refuses_a_kind_that_is_not_wanted(world, pdf):
    with pytest.raises(UploadRefused) as error:
        actions.attach_file(world.draft(), by=world.cem, kind=CONCEPT, file=pdf)

    assert error.value.code == "kind_not_wanted"


def test_attach_file_stores_the_report_in_every_language(draft, world, csv, strict_check):
    row = actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=csv)

    assert row.report["ok"]
    assert row.report["summary"] == {"rows": 2}
    assert set(row.report["words"]) == {"de", "en"}


def test_attach_file_keeps_a_file_with_problems_for_the_page(draft, world, strict_check):
    wrong = SimpleUploadedFile("v.csv", b"id,label\nd-1,x\n")

    row = actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=wrong)

    assert not row.report["ok"]
    assert row.report["words"]["en"]["problems"][0]["lines"] == [2, 3, 4, 8]


# -- hostile uploads ------------------------------------------------------------------------------

HOSTILE = [
    (CONCEPT, "konzept.pdf", b"<!doctype html><script>alert(1)</script>", "not_a_pdf"),
    (CONCEPT, "konzept.pdf", b"\xff%PDF-1.7", "not_a_pdf"),
    (CONCEPT, "konzept.pdf", b"", "empty"),
    (CONCEPT, "konzept.html", PDF, "wrong_suffix"),
    (CONCEPT, "konzept.pdf.exe", PDF, "wrong_suffix"),
    (CONCEPT, "konzept", PDF, "wrong_suffix"),
    (CONCEPT, "konzept.svg", b"<svg onload=alert(1)>", "wrong_suffix"),
    (CONCEPT, "konzept.p\u202efdp.exe", PDF, "wrong_suffix"),
    (PREDICTIONS, "v.csv", b"", "empty"),
    (PREDICTIONS, "v.xlsx", CSV, "wrong_suffix"),
    (PREDICTIONS, "v.csv", b"PK\x03\x04 a spreadsheet", "not_text"),
    (PREDICTIONS, "v.csv", b"\xd0\xcf\x11\xe0 an old spreadsheet", "not_text"),
    (PREDICTIONS, "v.csv", b"\x1f\x8b gzip", "not_text"),
    (PREDICTIONS, "v.csv", b"id,label\n\x00,1\n", "not_text"),
    (PREDICTIONS, "v.csv", PDF, "not_text"),
]


@pytest.mark.parametrize(("kind", "name", "content", "code"), HOSTILE)
def test_hostile_upload_is_refused_and_leaves_nothing(draft, world, kind, name, content, code):
    with pytest.raises(UploadRefused) as error:
        actions.attach_file(draft, by=world.cem, kind=kind, file=SimpleUploadedFile(name, content))

    assert error.value.code == code
    assert stored_keys(draft) == set()
    assert not SubmissionFile.objects.exists()


def test_file_over_the_limit_is_refused(draft, world, monkeypatch, settings):
    settings.UPLOAD_MAX_BYTES = 1_000_000

    with pytest.raises(UploadRefused) as error:
        actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=concept(PDF + b"x" * 1_000_000))

    assert error.value.code == "too_large"
    assert stored_keys(draft) == set()


LIMITS = [
    ([], 20_000_000, None),
    ([{"format": "PDF", "pages": 8, "megabytes": 10}], 10_000_000, 8),
    ([{"format": "PDF/A", "megabytes": 10}], 10_000_000, None),
    ([{"format": "ein pdf oder ODT", "megabytes": 3}], 3_000_000, None),
    ([{"format": "PDF", "megabytes": 500}], 100_000_000, None),
    ([{"format": "PDF", "megabytes": 60}], 60_000_000, None),
    ([{"format": "PDF", "pages": 0, "megabytes": 0}], 20_000_000, None),
    ([{"format": "CSV, UTF-8", "megabytes": 1}], 20_000_000, None),
    ([{"format": "PDF", "megabytes": 2}, {"format": "PDF", "megabytes": 5}], 5_000_000, None),
    ([{"format": "PDF", "megabytes": 2}, {"format": "PDF"}], 20_000_000, None),
]


@pytest.mark.parametrize(("rows", "size", "pages"), LIMITS)
def test_smaller_limit_of_statement_and_installation_counts(draft, rows, size, pages):
    challenge = draft.entry.challenge
    challenge.answers = {"deliverables": rows}

    assert queries.limits_of(challenge, CONCEPT) == queries.FileLimits(size, pages)


def test_file_over_the_limit_of_the_statement_is_refused(draft, world):
    rows = [{"name": "Konzept", "format": "PDF", "megabytes": 1}]
    type(world.challenge).objects.update(answers={"deliverables": rows})
    fresh = Submission.objects.get(pk=draft.pk)
    exact = PDF + b"x" * (1_000_000 - len(PDF))

    with translation.override("en"), pytest.raises(UploadRefused) as error:
        actions.attach_file(fresh, by=world.cem, kind=CONCEPT, file=concept(exact + b"x"))
    row = actions.attach_file(fresh, by=world.cem, kind=CONCEPT, file=concept(exact))

    assert error.value.message == "“konzept.pdf” is larger than 1 MB. Choose a smaller file."
    assert stored_keys(draft) == {row.key}


def test_file_that_lies_about_its_size_is_refused_while_it_is_written(draft, world, settings):
    settings.UPLOAD_MAX_BYTES = 100_000
    liar = concept(PDF + b"x" * 200_000)
    liar.size = 50

    with pytest.raises(UploadRefused) as error:
        actions.attach_file(draft, by=world.cem, kind=CONCEPT, file=liar)

    assert error.value.code == "too_large"
    assert stored_keys(draft) == set()


def test_text_in_utf_16_is_left_to_the_reader(draft, world):
    text = SimpleUploadedFile("v.csv", "id,label\n".encode("utf-16"))

    row = actions.attach_file(draft, by=world.cem, kind=PREDICTIONS, file=text)

    assert row.size == 20


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("konzept.pdf", "konzept.pdf"),
        ("KONZEPT.PDF", "KONZEPT.PDF"),
        ("C:\\Users\\cem\\Konzept final.pdf", "Konzept final.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ('quote".pdf', "quote.pdf"),
        ("rtl\u202egnp.pdf", "rtlgnp.pdf"),
        ("u\u0308ber.pdf", "über.pdf"),
        ("   .pdf", "concept.pdf"),
        ("...", "concept.pdf"),
        ("", "concept.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ],
)
def test_clean_file_name(name, clean):
    assert validators.clean_file_name(name, validators.FILE_RULES[CONCEPT]) == clean
