"""A real clamd for tests, which knows nothing but the EICAR test file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60.0
# Put together from two halves, so that no scanner takes the test itself for malware.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 8_000_000  # bytes that this scanner takes at most


def program() -> str:
    """Return where clamd is; skip without it, unless it is required."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        reason = "no clamd found (Debian and Ubuntu: apt-get install clamav-daemon)"
        if os.environ.get("AUSLOBUNG_REQUIRE_CLAMD") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def clamd(folder: Path, port: int) -> Iterator[str]:
    """Run a scanner on a port of this machine and on a socket file; yield the folder's socket."""
    database = folder / "signatures"
    database.mkdir(exist_ok=True)
    (database / "eicar.ndb").write_text(f"EICAR-Test:0:*:{EICAR.hex()}\n", encoding="ascii")
    socket_file = folder / "clamd.ctl"
    lines = [
        f"DatabaseDirectory {database}",
        f"TCPSocket {port}",
        "TCPAddr 127.0.0.1",
        f"LocalSocket {socket_file}",
        "Foreground yes",
        f"StreamMaxLength {LIMIT}",
    ]
    settings = folder / "clamd.conf"
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "clamd.log").open("wb") as log:
        server = subprocess.Popen([program(), "-c", str(settings)], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                assert server.poll() is None, (folder / "clamd.log").read_text(encoding="utf-8")
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0 and socket_file.exists():
                        break
                time.sleep(0.05)
            yield str(socket_file)
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)
