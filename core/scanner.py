"""Asking clamd whether a file holds malware; the only module that speaks to it.

Off unless AUSLOBUNG_CLAMD_ADDRESS is set. A file that could not be looked at as a whole is never
called clean.
"""

from __future__ import annotations

import socket
import struct
from typing import IO, Final
from urllib.parse import urlsplit

from django.conf import settings

from core.storage import CHUNK

# clamd answers after the last byte, and may take its time over a large document.
PATIENCE: Final = 120.0
_LONGEST_ANSWER: Final = 4_096


class ScannerUnavailable(Exception):
    """The scanner did not answer, or could not look at the whole file."""


def is_on() -> bool:
    """Say whether this installation has a scanner."""
    return bool(settings.CLAMD_ADDRESS)


def scan(stream: IO[bytes]) -> str:
    """Return what the scanner calls the malware in a file; empty if it found none.

    Raises:
        ScannerUnavailable: nobody knows; try again later.

    """
    try:
        with _connect() as connection:
            connection.sendall(b"zINSTREAM\0")
            while chunk := stream.read(CHUNK):
                connection.sendall(struct.pack(">I", len(chunk)) + chunk)
            connection.sendall(struct.pack(">I", 0))
            answer = _answer(connection)
    except OSError as error:
        raise ScannerUnavailable(str(error)) from error
    words = answer.removeprefix("stream: ")
    if words == "OK":
        return ""
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")
    # Larger than the scanner takes (StreamMaxLength), cut off, or an error of its own.
    raise ScannerUnavailable(answer or "no answer")


def _connect() -> socket.socket:
    address = urlsplit(settings.CLAMD_ADDRESS)
    if address.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        try:
            connection.connect(address.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((address.hostname or "", address.port or 3310), PATIENCE)


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace")
