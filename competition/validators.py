"""What a file for the teams may be; shared by form and action."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import zipfile
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core.exceptions import UploadRefused

if TYPE_CHECKING:
    from django.core.files.base import File

# What begins with these bytes; text formats are proved by reading them as UTF-8.
SIGNATURES = {
    ".pdf": b"%PDF-",
    ".zip": b"PK\x03\x04",
    ".xlsx": b"PK\x03\x04",
    ".parquet": b"PAR1",
    ".png": b"\x89PNG\r\n\x1a\n",
}
TEXTS = frozenset({".csv", ".json", ".md", ".txt"})
SUFFIXES = frozenset(SIGNATURES) | TEXTS
NAME_LIMIT = 120
_SAMPLE = 64 * 1024
_DELIMITERS = (",", ";", "\t")


def suffix_of(name: str) -> str:
    """Return the suffix of a file name, in lower case.

    Raises:
        UploadRefused: the kind of file is not on the list.

    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UploadRefused(
            "suffix",
            _("Files of this kind are not possible. Possible are: %(kinds)s.")
            % {"kinds": ", ".join(sorted(kind.removeprefix(".") for kind in SUFFIXES))},
        )
    return suffix


def clean_name(name: str) -> str:
    """Return the bare file name: no path, no control characters, not too long."""
    bare = "".join(
        letter for letter in PurePath(name.replace("\\", "/")).name if letter.isprintable()
    )
    path = PurePath(bare)
    return path.stem[: NAME_LIMIT - len(path.suffix)] + path.suffix


def check_content(source: File[Any], suffix: str) -> None:
    """Check that a file is what its name says; the position is reset.

    Raises:
        UploadRefused: it is empty, or begins with other bytes, or is no readable text.

    """
    source.seek(0)
    sample = source.read(_SAMPLE)
    source.seek(0)
    if not sample:
        raise UploadRefused("empty", _("The file is empty."))
    signature = SIGNATURES.get(suffix)
    if signature is not None and not sample.startswith(signature):
        raise UploadRefused(
            "content", _("The content does not fit the name of the file. Please check the file.")
        )
    if suffix in {".zip", ".xlsx"} and not zipfile.is_zipfile(source):
        raise UploadRefused("archive", _("The archive is damaged. Please pack it again."))
    source.seek(0)
    if suffix in TEXTS:
        _check_text(source)


def _check_text(source: File[Any]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in source.chunks(_SAMPLE):
            if b"\x00" in chunk:
                raise _not_utf8()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_utf8() from error
    finally:
        source.seek(0)


def _not_utf8() -> UploadRefused:
    return UploadRefused(
        "encoding",
        _("The text is not encoded as UTF-8. In Excel choose “Save as: CSV UTF-8”."),
    )


def count_rows(source: File[Any], suffix: str) -> int | None:
    """Count the rows of a CSV file without its header, None for other kinds; position is reset."""
    if suffix != ".csv":
        return None
    source.seek(0)
    lent = io.BufferedReader(_Unclosed(source))
    text = io.TextIOWrapper(lent, encoding="utf-8-sig", newline="")
    try:
        header = text.readline()
        reader = csv.reader(
            itertools.chain([header], text), delimiter=max(_DELIMITERS, key=header.count)
        )
        count = sum(1 for row in reader if row)
    except csv.Error as error:
        raise UploadRefused(
            "csv", _("The CSV file cannot be read. Please check quotation marks and line breaks.")
        ) from error
    finally:
        source.seek(0)
    return max(count - 1, 0)


class _Unclosed(io.RawIOBase):
    """Lends a file to a text reader, which would close it otherwise."""

    def __init__(self, source: File[Any]) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
