"""Reading PDFs of strangers in a process of its own: what is found, and what cannot hurt."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import pytest
from pypdf import PdfReader

from core import forked
from core.exceptions import UploadRefused
from core.joined import JoinedFiles
from submissions import blind, pdf
from submissions.blind import Words
from tests.submissions import pdfs

WORDS = Words(
    [
        *blind.words_of_team("Team Dachs"),
        *blind.words_of_person("Cem Captain"),
        *blind.words_of_person("Dora Daten"),
        *blind.words_of_link("https://github.com/dachsbau/x"),
    ]
)
NOBODY = Words([])


@contextmanager
def real(content: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file


def inspected(content: bytes, words: Words = WORDS) -> pdf.Inspection:
    with real(content) as file:
        return pdf.inspect(file, words)


def cleaned(content: bytes) -> bytes | None:
    with real(content) as file, tempfile.TemporaryFile() as target:
        if not pdf.clean(file, target):
            return None
        target.seek(0)
        return target.read()


def places(inspection: pdf.Inspection) -> list[tuple[str, str, int | None, str]]:
    return [
        (line["place"], line["where"], line["page"], line["found"]) for line in inspection.findings
    ]


def test_inspect_finds_every_place_that_tells_who_made_a_document():
    result = inspected(pdfs.revealing())

    assert (result.end, result.pages) == ("read", 2)
    assert places(result) == [
        ("property", "Author", None, "Nora Namenlos"),
        ("property", "Keywords", None, "Cem Captain"),
        ("property", "Company", None, "Beispiel AG"),
        ("property", "CreatorTool", None, "Team Dachs"),
        ("property", "creator", None, "Nora Namenlos"),
        ("embedded", "Messwerte Dora Daten.csv", None, "Dora Daten"),
        ("page", "", 1, "Team Dachs"),
        ("comment_author", "", 1, "D. Daten"),
        ("page", "", 2, "Team Dachs"),
        ("link", "https://github.com/dachsbau/ziffern", 2, "dachsbau"),
    ]


def test_inspect_finds_nothing_in_a_document_that_names_nobody():
    assert inspected(pdfs.plain()) == pdf.Inspection("read", 1, ())


def test_clean_leaves_texts_and_takes_everything_else():
    document = cleaned(pdfs.revealing())

    assert document is not None
    traces = [b"Nora", b"Namenlos", b"Beispiel", b"Cem Captain", b"Dora", b"D. Daten", b"Word of"]
    assert [trace for trace in traces if trace in document] == []
    assert places(inspected(document)) == [
        ("page", "", 1, "Team Dachs"),
        ("page", "", 2, "Team Dachs"),
        ("link", "https://github.com/dachsbau/ziffern", 2, "dachsbau"),
    ]
    before, after = (PdfReader(io.BytesIO(one)) for one in (pdfs.revealing(), document))
    assert [page.extract_text() for page in after.pages] == [
        page.extract_text() for page in before.pages
    ]
    assert {name: list(held) for name, held in after.attachments.items()} == {
        "attachment-0001.csv": [b"1,2\n"]
    }
    assert (after.metadata, after.xmp_metadata) == (None, None)


def test_clean_leaves_what_makes_a_document_accessible():
    before, after = (
        PdfReader(io.BytesIO(one or b"")) for one in (pdfs.plain(), cleaned(pdfs.plain()))
    )

    gone = set(before.root_object) - set(after.root_object)
    assert gone == {"/Metadata"}
    assert {"/StructTreeRoot", "/MarkInfo", "/Lang"} <= set(after.root_object)


def test_clean_forgets_what_an_earlier_state_of_the_file_has_left_behind():
    document = pdfs.changed_again(pdfs.revealing())
    assert b"Nora Namenlos" in document

    assert b"Nora Namenlos" not in (cleaned(document) or b"Nora Namenlos")


@pytest.mark.parametrize(
    ("document", "end"),
    [
        (b"%PDF-1.7\nEin Konzept.\n%%EOF\n", "unreadable"),
        (b"%PDF-1.7\n1 0 obj\n<<", "unreadable"),
        (pdfs.revealing()[:3_000], "unreadable"),
        (pdfs.encrypted(pdfs.plain(), "geheim"), "encrypted"),
        (pdfs.looping_pages(), "unreadable"),
        (pdfs.many_pages(), "unreadable"),
        (pdfs.deep(), "unreadable"),
    ],
    ids=["no object", "cut in an object", "cut", "encrypted", "loop", "2^30 pages", "deep"],
)
def test_inspect_says_honestly_what_it_could_not_read(document, end):
    began = time.monotonic()

    assert inspected(document) == pdf.Inspection(end)
    assert cleaned(document) is None
    assert time.monotonic() - began < 25


def test_document_that_opens_without_a_password_is_read_although_it_is_encrypted():
    result = inspected(pdfs.encrypted(pdfs.plain("Wir vom Team Dachs lesen."), ""))

    assert (result.end, result.pages, places(result)) == (
        "read",
        1,
        [("page", "", 1, "Team Dachs")],
    )


def test_ten_thousand_comments_fill_neither_time_nor_memory():
    began = time.monotonic()

    result = inspected(pdfs.with_notes(10_000))

    assert (result.end, len(result.findings)) == ("partly", 300)
    assert time.monotonic() - began < 15


def test_long_document_is_searched_to_its_two_hundredth_page():
    result = inspected(pdfs.plain("Wir vom Team Dachs lesen.", pages=201))

    assert (result.end, result.pages) == ("partly", 201)
    assert [line["page"] for line in result.findings] == list(range(1, 201))


def test_page_that_grows_while_it_is_unpacked_hides_nothing_of_the_others():
    result = inspected(pdfs.bomb())

    assert (result.end, result.pages, places(result)) == (
        "partly",
        2,
        [("page", "", 2, "Team Dachs")],
    )


def test_document_of_60_mb_is_read_and_cleaned():
    document = pdfs.with_picture(60_000_000)
    began = time.monotonic()

    result, copy = inspected(document), cleaned(document)

    assert (result.end, [line["found"] for line in result.findings]) == (
        "read",
        ["Nora Namenlos", "Team Dachs"],
    )
    assert copy is not None
    assert abs(len(copy) - len(document)) < 10_000
    assert time.monotonic() - began < 15


def test_process_that_takes_too_long_is_ended_and_what_it_said_is_kept(monkeypatch):
    inspected(pdfs.plain())  # so that the parent is there
    monkeypatch.setattr(pdf, "_SECONDS", 2.0)

    result = inspected(pdfs.slow())

    assert (result.end, result.pages, places(result)) == (
        "partly",
        2,
        [("page", "", 1, "Team Dachs")],
    )


def test_nothing_of_the_question_stands_in_the_list_of_processes(monkeypatch):
    asked = []
    started = forked.subprocess.Popen

    def look(command, **options):
        asked.append((command, options["env"]))
        return started(command, **options)

    forked.end_parents()
    monkeypatch.setattr(forked.subprocess, "Popen", look)
    inspected(pdfs.plain())

    [(command, environment)] = asked
    assert command[1:4] == ["-m", "core.warm", "submissions.pdf_program"]
    assert command[4].isdigit()
    assert set(environment) == {"PATH", "LANG"}


def test_at_hand_takes_one_byte_more_than_the_limit_so_that_the_store_refuses_it():
    with pdf.at_hand(io.BytesIO(b"0123456789"), 4) as file:
        assert file.read() == b"01234"


def test_at_hand_reads_what_cannot_go_back():
    class Line(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_arguments: int) -> int:
            raise UploadRefused("cannot", "A line cannot go back.")

    with pdf.at_hand(Line(b"0123"), 9) as file:
        assert file.read() == b"0123"


def test_at_hand_copies_nothing_that_can_be_read_again() -> None:
    with real(b"0123") as file, pdf.at_hand(file, 2) as held:
        assert held is file
        assert held.read() == b"0123"


def test_document_in_parts_is_searched_as_a_whole() -> None:
    content = pdfs.revealing()
    half = len(content) // 2
    with real(content[:half]) as first, real(content[half:]) as second:
        joined = JoinedFiles([first.fileno(), second.fileno()])
        result = pdf.inspect(cast("IO[bytes]", joined), WORDS)

    assert result.end == "read"
    assert result == inspected(content)
