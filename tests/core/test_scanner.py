"""The client of the malware scanner, against a real one."""

from __future__ import annotations

import io
import socket
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core import scanner
from core.scanner import ScannerUnavailable
from tests.clamd import EICAR, LIMIT, clamd
from tests.stores import free_port

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.scanner


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[str, str]]:
    """A scanner that answers on a port and on a socket file."""
    port = free_port()
    # Short, because the name of a socket file may not be long.
    with (
        tempfile.TemporaryDirectory(prefix="clamd-") as folder,
        clamd(Path(folder), port) as socket_file,
    ):
        yield f"tcp://127.0.0.1:{port}", f"unix://{socket_file}"


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anlage.txt", content)
    return target.getvalue()


@pytest.mark.parametrize("way", [0, 1])
def test_scanner_tells_malware_from_the_rest(
    real: tuple[str, str], settings: SettingsWrapper, way: int
) -> None:
    settings.CLAMD_ADDRESS = real[way]
    contents = [b"id,label\n", b"", bytes(3_000_000), EICAR, b"%PDF-1.7 " + EICAR, zipped(EICAR)]

    found = [scanner.scan(io.BytesIO(content)) for content in contents]

    assert found == ["", "", "", *["EICAR-Test.UNOFFICIAL"] * 3]


@pytest.mark.parametrize("content", [bytes(LIMIT + 1), EICAR + bytes(LIMIT)])
def test_file_beyond_the_limit_of_the_scanner_is_never_clean(
    real: tuple[str, str], settings: SettingsWrapper, content: bytes
) -> None:
    settings.CLAMD_ADDRESS = real[0]

    with pytest.raises(ScannerUnavailable):
        scanner.scan(io.BytesIO(content))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "unix:///nowhere/clamd.ctl"])
def test_scanner_that_is_not_there_is_unavailable(settings: SettingsWrapper, address: str) -> None:
    settings.CLAMD_ADDRESS = address.format(port=free_port())

    with pytest.raises(ScannerUnavailable):
        scanner.scan(io.BytesIO(b"x"))


@pytest.mark.parametrize(
    "answer", [b"", b"stream: ", b"UNKNOWN COMMAND\0", b"stream: OK and more\0"]
)
def test_answer_that_is_not_ok_is_never_clean(settings: SettingsWrapper, answer: bytes) -> None:
    """A scanner that hangs up in mid-stream or talks nonsense; no real one does it on demand."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CLAMD_ADDRESS = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer_once() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(20)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()

        with pytest.raises(ScannerUnavailable):
            scanner.scan(io.BytesIO(bytes(1_000_000)))

        thread.join()


def test_scanner_that_stays_silent_is_given_up(
    settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CLAMD_ADDRESS = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        with pytest.raises(ScannerUnavailable):
            scanner.scan(io.BytesIO(b"x"))
