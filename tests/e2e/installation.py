"""An installation with the demo in it: made once, copied for whoever changes something, served."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from types import MappingProxyType

from tests.architecture.source import ROOT

PATIENCE = 120.0  # seconds that a busy machine may take for anything here


def environment(
    data: Path, url: str, *, demo: bool = True, more: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return what `make demo` sets, and nothing that the tests or the shell brought along."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUSLOBUNG_", "DJANGO_", "PYTEST_"))
    }
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "AUSLOBUNG_DATA_DIR": str(data),
        "AUSLOBUNG_DEMO": "1" if demo else "0",
        "AUSLOBUNG_BASE_URL": url,
        **more,
    }


def manage(
    data: Path, *command: str, demo: bool = True, more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py on a data folder."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(data, "http://localhost:8000", demo=demo, more=more),
        check=False,
        capture_output=True,
        text=True,
    )


def make_demo(folder: Path) -> Path:
    """Make the demo once for all test processes; who comes second waits and finds it."""
    data = folder / "demo"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "demo.done"
        if not done.exists():
            made = manage(data, "demo")
            assert made.returncode == 0, made.stdout + made.stderr
            done.touch()
    return data


@dataclass(frozen=True)
class Installation:
    """A product that answers under `url` and keeps its state in `data`."""

    url: str
    data: Path

    def value(self, query: str, *parameters: object) -> str:
        """Return the only value of a query: codes are random, walks look them up."""
        address = f"file:{self.data / 'auslobung.sqlite3'}?mode=ro"
        connection = sqlite3.connect(address, uri=True)
        try:
            rows = connection.execute(query, parameters).fetchall()
        finally:
            connection.close()
        assert len(rows) == 1, f"{len(rows)} rows for {query} {parameters}"
        return str(rows[0][0])

    def challenge(self, title: str) -> str:
        """Return the code of the problem statement whose German title begins so."""
        return self.value(
            "select code from competition_challenge where title_de like ?", f"{title}%"
        )

    def mails(self, recipient: str, subject: str) -> list[str]:
        """Return the texts of mails whose recipient and subject contain the words."""
        found = []
        for path in sorted((self.data / "mails").glob("*.log")):
            for raw in re.split(rb"^-{70,}\n", path.read_bytes(), flags=re.MULTILINE):
                message = message_from_bytes(raw, policy=policy.default)
                if recipient in str(message["To"]) and subject in str(message["Subject"]):
                    body = message.get_body(("plain",))
                    assert body is not None, f"a mail to {recipient} has no text"
                    found.append(body.get_content())
        return found

    def mail(self, recipient: str, subject: str, *, known: Sequence[str] = ()) -> str:
        """Return the text of such a mail once there is one beside those already known."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for text in self.mails(recipient, subject):
                if text not in known:
                    return text
            time.sleep(0.1)
        raise AssertionError(f"no mail to {recipient} about {subject}")

    def code_from_mail(self, recipient: str, subject: str, *, known: Sequence[str] = ()) -> str:
        """Return the code on a line of its own in such a mail."""
        text = self.mail(recipient, subject, known=known)
        found = re.search(r"^ {4}(\S+)$", text, re.MULTILINE)
        assert found, "the mail has no code"
        return found.group(1)


@contextmanager
def serve(
    data: Path, *, demo: bool = True, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Installation]:
    """Serve a data folder with web process and worker; end what was started."""
    port = free_port()
    url = f"http://localhost:{port}"
    log = data.parent / f"{data.name}-{port}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "scripts/serve.py", "--port", str(port)],
            cwd=ROOT,
            env=environment(data, url, demo=demo, more=more),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            wait_until_ready(url, server, log)
            yield Installation(url, data)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=PATIENCE)
    # A walk may have gone well although the server stumbled behind its back.
    text = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in text, text[-8_000:]


@contextmanager
def copy_of(data: Path, folder: Path) -> Iterator[Path]:
    """Lend a copy of a data folder inside `folder`, and take it away afterwards."""
    copy = folder / "data"
    shutil.copytree(data, copy)
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the product says that it is ready."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310  (our own server)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"not ready after {PATIENCE:.0f} s: {log.read_text(encoding='utf-8')}")
