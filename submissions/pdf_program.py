"""The program of the process that reads uploaded PDFs.

A PDF of a stranger is read here and nowhere else: in a process of its own that limits itself before
it reads anything, knows no database, no settings and no key. It is told by JSON on stdin what to
do, gets the file as open descriptors, and answers line by line, so that what was found
before a limit was reached is not lost. `submissions.pdf` starts it.
"""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PdfReadError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    TextStringObject,
)

from core.joined import JoinedFiles
from submissions.blind import Place, Source, Word, Words

if TYPE_CHECKING:
    from xml.dom.minidom import Element

    from pypdf import PageObject

MOST_PAGES: Final = 200
MOST_CHARACTERS: Final = 5_000_000
MOST_FINDINGS: Final = 300
SECONDS: Final = 10  # after which no further page is begun
_CPU_SECONDS: Final = 20
_MEMORY: Final = 1_500_000_000
_MOST_ANNOTATIONS: Final = 2_000  # of a page
_VALUE_LENGTH: Final = 120
_NAME_LENGTH: Final = 40
_DEEPEST: Final = 50

# Properties that tell who made a document, whatever stands in them; the others are searched.
_MAKERS: Final = frozenset(
    {"author", "authors", "company", "lastauthor", "lastmodifiedby", "lastsavedby", "manager"}
)
# In XMP the author is `dc:creator`; in the older properties that is the program.
_MAKERS_XMP: Final = _MAKERS | {"creator"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document while it is read, and the words that are looked for in it."""

    reader: PdfReader
    words: Words


def load() -> None:
    """Have everything loaded that a document may need."""


def main(*files: int) -> int:
    """Search the open files, which are one in parts, or write a clean copy into a last one.

    Whatever a hostile file provokes, the answer is a line of JSON.
    """
    question = json.loads(sys.stdin.read())
    parts, copy = files[: question["parts"]], files[question["parts"] :]
    _limit(question["size"])
    logging.disable()
    try:
        with io.BufferedReader(JoinedFiles(parts)) as source:
            reader = _opened(source)
            if reader is None:
                _say(end="encrypted")
            elif copy:
                # Of another process: it stays open there.
                with os.fdopen(copy[0], "wb", closefd=False) as target:
                    _clean(reader, target)
                _say(end="cleaned")
            else:
                words = Words(
                    Word(tuple(tokens), Source(source_name), needs_capital=needs_capital)
                    for tokens, source_name, needs_capital in question["words"]
                )
                _say(end=_inspect(Reading(reader, words)))
    except Exception:  # noqa: BLE001  (nobody can know what else pypdf raises)
        _say(end="unreadable")
    return 0


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * size + 1_000_000, 2 * size + 1_000_000))


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _opened(source: IO[bytes]) -> PdfReader | None:
    """Return the document; None if only a password opens it."""
    reader = PdfReader(source)
    if reader.is_encrypted and not reader.decrypt(""):
        return None
    return reader


# -- looking ---------------------------------------------------------------------------------------


def _inspect(document: Reading) -> str:
    """Say the number of pages, then everything that is found, and how far that went."""
    ends_at = time.monotonic() + SECONDS
    _say(pages=len(document.reader.pages))
    # A part that is damaged must not hide what the others hold.
    is_whole = True
    for look in (_properties, _xmp, _embedded):
        is_whole &= _tell(look(document))
    characters = 0
    for number, page in enumerate(document.reader.pages, 1):
        if number > MOST_PAGES or characters > MOST_CHARACTERS or time.monotonic() > ends_at:
            return "partly"
        try:
            text = page.extract_text()[:MOST_CHARACTERS]
        except Exception:  # noqa: BLE001  (nobody can know what else pypdf raises)
            text, is_whole = "", False
        characters += len(text)
        is_whole &= _tell(_in_text(document.words, text, place=Place.PAGE, page=number))
        is_whole &= _tell(_annotations(document, page, number))
    return "read" if is_whole else "partly"


def _tell(findings: Iterator[dict[str, Any]]) -> bool:
    """Say findings; return whether that went to their end."""
    try:
        for count, finding in enumerate(findings):
            if count == MOST_FINDINGS:
                return False
            _say(**finding)
    except Exception:  # noqa: BLE001  (nobody can know what else pypdf raises)
        return False
    return True


def _in_text(
    words: Words, text: str, *, place: Place, where: str = "", page: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each word that stands in a text once, where it stands first."""
    known = set()
    for match in words.search(text, is_prose=place in {Place.PAGE, Place.COMMENT}):
        if match.word not in known:
            known.add(match.word)
            yield {
                "place": place,
                "where": where,
                "page": page,
                "source": match.word.source,
                "found": match.found,
                "before": match.before,
                "after": match.after,
            }


def _as_it_is(text: str, **where: Any) -> dict[str, Any]:
    """Return a finding that needs no word: a property that tells who made the document."""
    return {"page": None, **where, "source": "", "found": text, "before": "", "after": ""}


def _properties(document: Reading) -> Iterator[dict[str, Any]]:
    for key, value in (document.reader.metadata or {}).items():
        yield from _property(document.words, str(key).lstrip("/"), str(value), _MAKERS)


def _property(
    words: Words, name: str, value: str, makers: frozenset[str]
) -> Iterator[dict[str, Any]]:
    value = " ".join(value.split())[:_VALUE_LENGTH]
    name = name[:_NAME_LENGTH]
    if value and name.casefold() in makers:
        yield _as_it_is(value, place=Place.PROPERTY, where=name)
    else:
        yield from _in_text(words, value, place=Place.PROPERTY, where=name)


def _xmp(document: Reading) -> Iterator[dict[str, Any]]:
    xmp = document.reader.xmp_metadata
    if xmp is None:
        return
    told = set()
    for name, value in _values_of(xmp.rdf_root, ""):
        for finding in _property(document.words, name, value, _MAKERS_XMP):
            if (key := (finding["where"], finding["found"])) not in told:
                told.add(key)
                yield finding


def _values_of(element: Element, name: str) -> Iterator[tuple[str, str]]:
    """Yield every value with the name of the nearest element that is not of RDF itself."""
    if element.prefix != "rdf":
        name = str(element.localName)
    for attribute in (element.attributes or {}).values():
        if attribute.prefix not in {"rdf", "xml", "xmlns"}:
            yield str(attribute.localName), str(attribute.value)
    for child in element.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            yield from _values_of(child, name)
        elif child.nodeType in {child.TEXT_NODE, child.CDATA_SECTION_NODE} and child.data.strip():
            yield name, str(child.data)


def _embedded(document: Reading) -> Iterator[dict[str, Any]]:
    for file in itertools.islice(document.reader.attachment_list, MOST_FINDINGS):
        for name in {file.name, file.alternative_name or file.name}:
            yield from _in_text(document.words, name, place=Place.EMBEDDED, where=name)


def _annotations(document: Reading, page: PageObject, number: int) -> Iterator[dict[str, Any]]:
    authors = set()
    for annotation in _dictionaries(page.get("/Annots"), _MOST_ANNOTATIONS):
        action = annotation.get("/A")
        address = action.get_object().get("/URI") if action is not None else None
        if address is not None:
            where = str(address)[:_VALUE_LENGTH]
            yield from _in_text(document.words, where, place=Place.LINK, where=where, page=number)
        if _is_comment(annotation):
            author = str(annotation.get("/T", "")).strip()[:_VALUE_LENGTH]
            if author and author not in authors:
                authors.add(author)
                yield _as_it_is(author, place=Place.COMMENT_AUTHOR, where="", page=number)
            text = str(annotation.get("/Contents", ""))
            yield from _in_text(document.words, text, place=Place.COMMENT, page=number)


def _is_comment(annotation: DictionaryObject) -> bool:
    """Say whether `/T` is a person: in a form it is the name of a field."""
    return annotation.get("/Subtype") != "/Widget" and "/FT" not in annotation


def _dictionaries(array: Any, most: int) -> Iterator[DictionaryObject]:
    """Yield the dictionaries of an array that may be anything."""
    held = array.get_object() if array is not None else None
    for item in itertools.islice(held if isinstance(held, ArrayObject) else (), most):
        found = item.get_object()
        if isinstance(found, DictionaryObject):
            yield found


# -- cleaning --------------------------------------------------------------------------------------


def _clean(reader: PdfReader, target: IO[bytes]) -> None:
    """Write the document without what tells who made it; its pages stay as they are.

    A document that is written anew also loses what earlier states of it have left behind.
    """
    count = len(reader.pages)
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    for held in _objects(writer):
        _clean_object(held, depth=0)
    _rename_embedded(writer)
    # What nothing leads to any more would be written all the same.
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    if len(writer.pages) != count:
        raise ValueError(count)
    writer.write(target)


def _objects(writer: PdfWriter) -> Iterator[PdfObject]:
    for number in itertools.count(1):
        try:
            yield writer.get_object(number)
        except PdfReadError:
            continue  # a gap
        except IndexError:
            return


def _clean_object(held: PdfObject, *, depth: int) -> None:
    """Take traces of people from an object and from what is written inside it."""
    if depth > _DEEPEST:
        return
    if isinstance(held, DictionaryObject):
        for key in ("/Metadata", "/PieceInfo"):
            held.pop(key, None)
        if "/Rect" in held and _is_comment(held):
            held.pop("/T", None)
        for value in list(held.values()):
            _clean_object(value, depth=depth + 1)
    elif isinstance(held, ArrayObject):
        for value in held:
            _clean_object(value, depth=depth + 1)


def _rename_embedded(writer: PdfWriter) -> None:
    """Give embedded files numbers for names; they stay in the document."""
    count = 0
    for held in _objects(writer):
        if isinstance(held, DictionaryObject) and "/EF" in held:
            count += 1
            suffix = PurePath(str(held.get("/UF", held.get("/F", "")))).suffix[:8]
            name = TextStringObject(f"attachment-{count:04}{suffix}")
            held[NameObject("/F")] = held[NameObject("/UF")] = name
            held.pop("/Desc", None)
    for held in _objects(writer):
        names = held.get("/Names") if isinstance(held, DictionaryObject) else None
        if isinstance(names, ArrayObject):
            for index in range(0, len(names) - 1, 2):
                file = names[index + 1].get_object()
                if isinstance(file, DictionaryObject) and "/EF" in file:
                    names[index] = file["/UF"]
