"""PDFs of others, read in a process of their own (`core.forked`).

The file is handed over as open descriptors, the words on stdin: neither stands in a list of
processes. What the process said before it was ended is used, so a document that takes too long is
read in part.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

from core import forked
from core.joined import descriptors_of
from core.storage import CHUNK

if TYPE_CHECKING:
    from django.core.files.base import File

    from submissions.blind import Words

_SECONDS: Final = 20.0
_ENVIRONMENT: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was read of a document.

    `end` is "read", "partly", "encrypted" or "unreadable"; `pages` is None where nobody could
    count them. A finding holds place, where, page, source, found, before and after.
    """

    end: str
    pages: int | None = None
    findings: tuple[dict[str, Any], ...] = field(default=())


@contextmanager
def at_hand(source: IO[bytes] | File[bytes], limit: int) -> Iterator[IO[bytes]]:
    """Give a file that can be read again, and by another process: itself if it can, or a copy.

    What lies in memory or comes over a line is copied into a file without a name. Of that, one byte
    more than the limit is taken at most: whoever stores it refuses it.
    """
    if source.seekable():
        source.seek(0)
    if _is_real(source):
        yield source
        return
    with tempfile.TemporaryFile() as held:
        left = limit + 1
        while left and (chunk := source.read(min(CHUNK, left))):
            held.write(chunk)
            left -= len(chunk)
        held.seek(0)
        yield held


def _is_real(source: IO[bytes] | File[bytes]) -> bool:
    try:
        descriptors_of(source)
    except (OSError, AttributeError):
        return False
    return True


def inspect(file: IO[bytes], words: Words) -> Inspection:
    """Look for words in a real file that holds a PDF; never raises because of what it holds."""
    if not _holds_objects(file):
        return Inspection("unreadable")
    asked = [(word.tokens, word.source, word.needs_capital) for word in words]
    lines = _run(file, words=asked)
    said = {key: value for line in lines if "place" not in line for key, value in line.items()}
    pages = said.get("pages")
    return Inspection(
        end=said.get("end") or ("unreadable" if pages is None else "partly"),
        pages=pages,
        findings=tuple(line for line in lines if "place" in line),
    )


def clean(file: IO[bytes], target: IO[bytes]) -> bool:
    """Write a copy without properties of the author into a real file; say whether that worked."""
    return _run(file, target)[-1:] == [{"end": "cleaned"}]


def _holds_objects(file: IO[bytes]) -> bool:
    """Say whether it is worth starting a process: a PDF consists of numbered objects."""
    file.seek(0)
    tail = b""
    while chunk := file.read(CHUNK):
        if b" obj" in tail + chunk:
            return True
        tail = chunk[-3:]
    return False


def _run(file: IO[bytes], *target: IO[bytes], **question: Any) -> list[dict[str, Any]]:
    """Ask a fresh process; whatever happens, none is left. Return the lines that it said."""
    file.seek(0, os.SEEK_END)
    parts = descriptors_of(file)
    try:
        outcome = forked.run(
            "submissions.pdf_program",
            json.dumps({"size": file.tell(), "parts": len(parts), **question}),
            timeout=_SECONDS,
            environment=_ENVIRONMENT,
            descriptors=[*parts, *(stream.fileno() for stream in target)],
        )
    except forked.ParentGone:
        return []
    return list(_lines(outcome.output))


def _lines(told: str) -> Iterator[dict[str, Any]]:
    for line in told.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # it was ended while it wrote
