"""The take-along kit: what goes along, what comes back, and what is never overwritten."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from core.models import AuditEvent
from scoring import kit
from scoring.forms.kit import Standing
from scoring.models import Assessment, CriterionScore
from tests.scoring.jury_room import IDENTITIES
from tests.scoring.views.test_juror import end_window, sheet, url

pytestmark = pytest.mark.django_db

MARK, TEXT, SUBMISSION, VERSION, KEY = (
    list(kit._COLUMNS).index(name) + 1 for name in ("mark", "text", "submission", "version", "key")
)


def packed(client, room):
    response = client.post(url(room, "kit-take"))
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(response)))


def form_of(client, room):
    """Return the book of a fresh kit, and its cells by (pseudonym, key)."""
    book = load_workbook(io.BytesIO(packed(client, room).read(kit.FORM_NAME)))
    page = book.worksheets[0]
    rows = {
        (page.cell(row, 1).value, page.cell(row, KEY).value): row
        for row in range(3, page.max_row + 1)
    }
    return book, page, rows


def fill(page, rows, pseudonym, key, *, mark=None, text=None):
    if mark is not None:
        page.cell(rows[pseudonym, key], MARK, mark)
    if text is not None:
        page.cell(rows[pseudonym, key], TEXT, text)


def bring(client, room, book):
    """Upload a book and return the preview."""
    content = book
    if isinstance(book, Workbook):
        held = io.BytesIO()
        book.save(held)
        content = held.getvalue()
    file = SimpleUploadedFile("bewertung.xlsx", content)
    return client.post(url(room, "kit-show"), {"file": file})


def save(client, room, preview):
    return client.post(url(room, "kit-apply"), {"signed": preview.context["signed"]}, follow=True)


def standings(preview):
    return {line.pseudonym: line.standing for line in preview.context["lines"]}


def test_kit_holds_documents_form_and_guide_of_one_s_own_list(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7, comment="=SUMME(1;2) ist nur Text")
    client = sign_in(assessing.frida)

    files = packed(client, assessing)
    _book, page, rows = form_of(client, assessing)

    concepts = {
        assignment.submission.concept.neutral_name
        for assignment in assessing.seats["frida"].assignments.all()
    }
    page_of_its_own = {kit.PAGE_NAME, "bewertung.js", "bewertung.css"}
    assert set(files.namelist()) == {kit.FORM_NAME, "LIESMICH.txt", *page_of_its_own, *concepts}
    assert files.read(min(concepts)).startswith(b"%PDF")
    assert page.cell(rows["Ulme", "k1"], MARK).value == 4
    comment = page.cell(rows["Ulme", "comment"], TEXT)
    assert (comment.value, comment.data_type) == ("=SUMME(1;2) ist nur Text", "s")
    assert page.cell(rows["Ulme", "k1"], VERSION).value == 1
    event = AuditEvent.objects.filter(action="jury.kit_taken").latest("sequence")
    assert event.data == {"documents": len(concepts)}


def test_nothing_in_the_kit_names_a_team(assessing, sign_in):
    files = packed(sign_in(assessing.frida), assessing)
    book = zipfile.ZipFile(io.BytesIO(files.read(kit.FORM_NAME)))

    texts = [" ".join(files.namelist())]
    texts += [files.read(name).decode() for name in ("LIESMICH.txt", kit.PAGE_NAME)]
    texts += [book.read(name).decode() for name in book.namelist()]

    assert [word for word in IDENTITIES for text in texts if word in text] == []
    assert not [text for text in texts if "openpyxl</dc:creator>" in text]


def test_what_comes_back_is_shown_first_and_saved_then(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7)
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    fill(page, rows, "Ulme", "k1", mark=2.0)
    fill(page, rows, "Ulme", "comment", text="Im Zug gelesen.")
    others = {name for name, _key in rows} - {"Ulme"}

    preview = bring(client, assessing, book)

    assert standings(preview) == {"Ulme": Standing.CHANGED} | dict.fromkeys(others, Standing.SAME)
    [line] = [line for line in preview.context["lines"] if line.standing is Standing.CHANGED]
    assert [(change.before, change.after) for change in line.changes] == [
        ("4", "2"),
        ("", "Im Zug gelesen."),
    ]
    shown = preview.content.decode()
    assert (shown.count("wird gespeichert"), shown.count("keine Änderung")) == (1, len(others))
    assert "wird nicht gespeichert" not in shown
    assert Assessment.objects.get().version == 1

    page = save(client, assessing, preview)

    assessment = Assessment.objects.get()
    assert (assessment.version, assessment.comment) == (2, "Im Zug gelesen.")
    marks = CriterionScore.objects.order_by("criterion__position")
    assert [score.mark_hundredths for score in marks] == [200, 300, 700]
    assert [str(message) for message in page.context["messages"]] == [
        "1 Bewertung ist gespeichert. Sie ist nicht freigegeben."
    ]
    assert assessment.is_draft


def test_page_of_the_kit_is_read_like_the_spreadsheet(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7)
    client = sign_in(assessing.frida)
    code = assessing.submissions["Ulme"].code
    answer = {"kit": 1, "sheets": {code: {"version": 1, "values": {"mark_k1": "2"}}}}

    preview = bring(client, assessing, json.dumps(answer).encode())
    assert standings(preview) == {"Ulme": Standing.CHANGED}
    save(client, assessing, preview)

    marks = CriterionScore.objects.order_by("criterion__position")
    assert [score.mark_hundredths for score in marks] == [200, 300, 700]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{}",
        b'{"sheets": []}',
        b'{"sheets": {"S-X": {"version": true, "values": {}}}}',
        b'{"sheets": {"S-X": {"version": 1, "values": {"mark_k1": 2}}}}',
        b'{"sheets": {"S-X": {"version": -1, "values": {}}}}',
        b'{"sheets": ' + b"[" * 100_000,
    ],
)
def test_answer_of_another_shape_is_refused(assessing, sign_in, content):
    response = bring(sign_in(assessing.frida), assessing, content)

    assert response.status_code == 422


def test_form_of_an_older_version_overwrites_nothing(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    fill(page, rows, "Ulme", "k1", mark=2)
    client.post(url(assessing, "assessment-edit", "Ulme"), sheet(assessing))

    preview = bring(client, assessing, book)

    assert standings(preview)["Ulme"] is Standing.STALE
    assert "veraltet" in preview.content.decode()
    assert preview.context["count"] == 0
    save(client, assessing, preview)
    assert Assessment.objects.get().version == 1


def test_save_between_preview_and_button_is_not_overwritten(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    fill(page, rows, "Ulme", "k1", mark=2)
    preview = bring(client, assessing, book)
    client.post(url(assessing, "assessment-edit", "Ulme"), sheet(assessing))

    page = save(client, assessing, preview)

    assert Assessment.objects.get().version == 1
    assert "Ulme" in str(next(iter(page.context["messages"])))


def test_faults_name_their_row_and_keep_no_other_submission_from_being_saved(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    other = next(name for name, _key in rows if name != "Ulme")
    fill(page, rows, "Ulme", "k1", mark=99)
    fill(page, rows, other, "k1", mark=3)

    preview = bring(client, assessing, book)

    [line] = [line for line in preview.context["lines"] if line.standing is Standing.FAULTY]
    assert line.pseudonym == "Ulme"
    assert line.problems[0].startswith(f"Zeile {rows['Ulme', 'k1']}, ")
    save(client, assessing, preview)
    assert Assessment.objects.get().assignment.submission.entry.jury_pseudonym == other


def test_submission_that_is_not_on_the_list_is_told_apart_from_none(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, _page, rows = form_of(client, assessing)
    hanna = sign_in(assessing.hanna)
    foreign = {name for name, _key in rows} - {name for name, _key in form_of(hanna, assessing)[2]}

    preview = bring(hanna, assessing, book)

    lines = [line for line in preview.context["lines"] if line.standing is Standing.FOREIGN]
    assert len(lines) == len(foreign)
    assert {line.pseudonym for line in lines} <= {""}


def test_released_and_closed_assessments_take_nothing_back(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    fill(page, rows, "Ulme", "k1", mark=2)
    end_window(assessing)

    preview = bring(client, assessing, book)

    assert standings(preview)["Ulme"] is Standing.CLOSED


@pytest.mark.parametrize("signed", ["", "x", "eyJ9:1abc:def"])
def test_preview_that_is_not_ours_saves_nothing(assessing, sign_in, signed):
    client = sign_in(assessing.frida)

    response = client.post(url(assessing, "kit-apply"), {"signed": signed})

    assert response.status_code == 302
    assert not Assessment.objects.exists()


def bomb():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    return held.getvalue()


def foreign_book():
    book, held = Workbook(), io.BytesIO()
    book.active.append(["submission", "mark"])
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    "make",
    [lambda: b"", lambda: b"no book", lambda: b"PK\x03\x04 broken", bomb, foreign_book],
    ids=["empty", "text", "broken", "bomb", "another book"],
)
def test_file_that_is_no_form_is_refused_with_a_sentence(assessing, sign_in, make):
    response = bring(sign_in(assessing.frida), assessing, make())

    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_line_that_stands_twice_or_lost_its_version_is_refused(assessing, sign_in):
    client = sign_in(assessing.frida)
    book, page, rows = form_of(client, assessing)
    page.cell(rows["Ulme", "k2"], KEY, "k1")

    assert "zweimal" in str(bring(client, assessing, book).context["form"].errors["file"])

    page.cell(rows["Ulme", "k2"], KEY, "k2")
    page.cell(rows["Ulme", "k2"], VERSION, "vier")
    assert "Fassung" in str(bring(client, assessing, book).context["form"].errors["file"])


@pytest.mark.parametrize("who", ["gus", "jan", "ada", "bea", "cem"])
def test_kit_is_404_for_strangers(assessing, sign_in, who):
    client = sign_in(assessing.people[who])

    assert client.get(url(assessing, "kit-show")).status_code == 404
    assert client.post(url(assessing, "kit-take")).status_code == 404
    assert client.post(url(assessing, "kit-apply"), {"signed": ""}).status_code == 404


def test_kit_waits_for_the_declaration(room, sign_in):
    assert (
        sign_in(room.frida).get(reverse("scoring:kit-show", args=[room.challenge.code])).status_code
        == 404
    )
