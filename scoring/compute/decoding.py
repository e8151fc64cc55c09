"""From the bytes of a prediction file to text: size, kind of file, encoding."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from scoring.compute.schema import Problem, ProblemKey, ReaderLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

UTF_8: Final = "utf-8"
WINDOWS_1252: Final = "windows-1252"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# Archives and documents are recognised by their first bytes and never opened (TH-42).
SIGNATURES: Final = (
    (b"%PDF-", "pdf"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"ARROW1\x00\x00", "arrow"),
    *((b"\x80" + bytes([protocol]), "pickle") for protocol in range(2, 6)),
)
# Text formats that people take for a table; a prediction file never begins like them.
MARKUP: Final = re.compile(rb"\s*<(?:!doctype|html|table|\?xml|svg)\b", re.IGNORECASE)
JSON: Final = re.compile(rb'\s*(?:\[\s*[\[{]|\{\s*")')
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and other files of old office programs
BZIP2_BLOCK: Final = b"1AY&SY"
PARQUET: Final = b"PAR1"
SPREADSHEET_MEMBERS: Final = ((b"[Content_Types].xml", "xlsx"), (b"xl/", "xlsx"))
OPEN_DOCUMENT: Final = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
ZIP_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, how it was decoded, and what is to be said about that."""

    text: str
    encoding: str
    notes: tuple[Problem, ...]

    def lines(self) -> Iterable[str]:
        """Iterate over physical lines with their ends, split as an editor and `csv` do."""
        return io.StringIO(self.text, newline="")


def read_text(stream: BinaryIO, limits: ReaderLimits) -> Decoded | Problem:
    """Read at most the allowed number of bytes and decode them; a Problem if that is impossible."""
    return decode(read_capped(stream, limits.size_bytes), limits)


def decode(data: bytes, limits: ReaderLimits) -> Decoded | Problem:
    """Decode a file that was read by `read_capped`; a Problem if that is impossible."""
    if len(data) > limits.size_bytes:
        return Problem(key=ProblemKey.TOO_MANY_BYTES, params={"maximum": limits.size_bytes})
    return _foreign_format(data) or _decode(data)


def read_capped(stream: BinaryIO, cap: int) -> bytes:
    """Read one byte more than the cap at most; a stream may hand out less than it was asked for."""
    parts: list[bytes] = []
    wanted = cap + 1
    while wanted > 0 and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _foreign_format(data: bytes) -> Problem | None:
    """Recognise files that are no CSV file at all."""
    if data.startswith(ZIP):
        head = data[:ZIP_HEAD]
        if OPEN_DOCUMENT in head:
            return Problem(key=ProblemKey.SPREADSHEET, params={"format": "ods"})
        for member, name in SPREADSHEET_MEMBERS:
            if member in head:
                return Problem(key=ProblemKey.SPREADSHEET, params={"format": name})
        return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": "zip"})
    if data.startswith(OLE):
        return Problem(key=ProblemKey.SPREADSHEET, params={"format": "xls"})
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": name})
    if data.startswith(b"BZh") and data[4:10] == BZIP2_BLOCK:
        return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": "bzip2"})
    if data.startswith(PARQUET) and data.endswith(PARQUET) and b"\x00" in data:
        return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": "parquet"})
    text = data[:ZIP_HEAD].removeprefix(BYTE_ORDER_MARK)
    if MARKUP.match(text):
        return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": "html"})
    if JSON.match(text):
        return Problem(key=ProblemKey.NOT_A_CSV_FILE, params={"format": "json"})
    return None


def _decode(data: bytes) -> Decoded | Problem:
    """Decode as UTF-8, else as Windows-1252, which German Excel writes."""
    notes: list[Problem] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_like_utf_16(data):
        return Problem(key=ProblemKey.UTF_16, lines=(1,))
    if b"\x00" in data:
        return Problem(
            key=ProblemKey.NUL_BYTES,
            lines=(_line_of(data, data.index(b"\x00")),),
            total=data.count(b"\x00"),
        )
    if data.startswith(BYTE_ORDER_MARK):
        data = data.removeprefix(BYTE_ORDER_MARK)
        notes.append(Problem(key=ProblemKey.BYTE_ORDER_MARK, lines=(1,)))
    if not data.strip():
        return Problem(key=ProblemKey.EMPTY)
    encoding = UTF_8
    try:
        text = data.decode(UTF_8)
    except UnicodeDecodeError as broken:
        line = _line_of(data, broken.start)
        encoding = WINDOWS_1252
        try:
            text = data.decode(WINDOWS_1252)
        except UnicodeDecodeError as unknown:
            return Problem(key=ProblemKey.UNKNOWN_ENCODING, lines=(_line_of(data, unknown.start),))
        notes.append(Problem(key=ProblemKey.READ_AS_WINDOWS_1252, lines=(line,)))
    return Decoded(text=text, encoding=encoding, notes=tuple(notes))


def _looks_like_utf_16(data: bytes) -> bool:
    """Tell whether every second byte at the beginning is zero, as in Latin text without a mark."""
    head = data[:64]
    zeros = [at % 2 for at, byte in enumerate(head) if byte == 0]
    return len(zeros) >= 8 and len(zeros) * 2 >= len(head) - 1 and len(set(zeros)) == 1


def _line_of(data: bytes, position: int) -> int:
    """Return the physical line of a byte; CR, LF and CR LF each end one line."""
    before = data[:position]
    ends = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return 1 + ends
