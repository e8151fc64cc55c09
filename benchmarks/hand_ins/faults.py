"""The installation as processes, somebody who restarts them, and somebody who kills them."""

from __future__ import annotations

import contextlib
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

from benchmarks.hand_ins.clients import HOST

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PATIENCE: Final = 120.0
LOOK_EVERY: Final = 0.2
WEB_WORKERS: Final = 3
WEB_THREADS: Final = 4
DATABASE: Final = "database"
# What is killed, in the order in which the seed shuffles it.
KILLS: Final = ("web worker", "evaluation worker", "web master", "web worker", "worker")


def environment(data: Path, more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the environment of a production installation behind a proxy on this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUSLOBUNG_", "DJANGO_", "PYTEST_"))
    }
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "AUSLOBUNG_DATA_DIR": str(data),
        "AUSLOBUNG_DATABASE_URL": os.environ["AUSLOBUNG_DATABASE_URL"],
        "AUSLOBUNG_BASE_URL": f"https://{HOST}",
        "AUSLOBUNG_TRUSTED_PROXIES": "1",
        "AUSLOBUNG_NOTICE": "",
        "AUSLOBUNG_LOG_LEVEL": "WARNING",
        **more,
    }


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that are still there."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The name in parentheses may hold blanks; the parent is the second value after it.
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if stat[0] != "Z" and int(stat[1]) == pid:
            found.append(int(entry.name))
    return sorted(found)


def command_of(pid: int) -> str:
    """Return the command line of a process; empty if it is gone."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@dataclass(slots=True)
class _Service:
    """A process that is started again when it ends, as a service manager does."""

    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    output: IO[bytes] | None = None

    def start(self, environ: dict[str, str]) -> None:
        self.end()
        self.output = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=environ,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,
        )

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the process and everything in its session."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(timeout=PATIENCE)
        self.process = None
        if self.output is not None:
            self.output.close()


@dataclass(slots=True)
class Installation:
    """Web and worker of one data folder; what dies is started again."""

    data: Path
    port: int = 0
    more: Mapping[str, str] = MappingProxyType({})
    _web: _Service = field(init=False)
    _worker: _Service = field(init=False)
    _ending: threading.Event = field(default_factory=threading.Event)
    _supervisor: threading.Thread | None = None

    def __post_init__(self) -> None:
        """Take a free port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._web = _Service(
            [
                sys.executable, "-m", "gunicorn", "config.wsgi",
                "--bind", f"127.0.0.1:{self.port}", "--workers", str(WEB_WORKERS),
                "--worker-class", "gthread", "--threads", str(WEB_THREADS),
                "--log-level", "warning",
            ],
            self.data.parent / "web.log",
        )  # fmt: skip
        self._worker = _Service(
            [sys.executable, "manage.py", "worker"], self.data.parent / "worker.log"
        )

    def __enter__(self) -> Installation:
        """Start everything and wait until it answers."""
        self._web.start(environment(self.data, self.more))
        self._worker.start(environment(self.data, self.more))
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()
        self._wait()
        return self

    def __exit__(self, *_error: object) -> None:
        """End everything."""
        self._ending.set()
        if self._supervisor is not None:
            self._supervisor.join()
        for service in (self._web, self._worker):
            service.end(signal.SIGTERM)

    def _supervise(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            for service in (self._web, self._worker):
                if service.process is not None and service.process.poll() is not None:
                    service.start(environment(self.data, self.more))

    def _wait(self) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/readyz",
            headers={"Host": HOST, "X-Forwarded-Proto": "https"},
        )
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            try:
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310  (this machine)
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(LOOK_EVERY)
        message = f"not ready after {PATIENCE:.0f} s: see {self._web.log}"
        raise TimeoutError(message)

    def victims(self, what: str) -> list[int]:
        """Return the processes that a kind of kill may hit."""
        web, worker = self._web.process, self._worker.process
        if web is None or worker is None:
            return []
        if what == "web master":
            return [web.pid]
        if what == "web worker":
            return children(web.pid)
        if what == "worker":
            return [worker.pid]
        return [pid for pid in children(worker.pid) if "--role evaluations" in command_of(pid)]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done to the installation at a second of the run."""

    at: float
    what: str


def plan(kills: int, seconds: float, *, restart: bool, seed: int) -> list[Fault]:
    """Spread kills, and one restart of the database, over the run: a fault in each slice of it."""
    chance = random.Random(seed)
    whats = list(KILLS[:kills])
    chance.shuffle(whats)
    if restart:
        whats.insert(len(whats) // 2, DATABASE)
    slice_ = seconds / max(1, len(whats))
    return [
        Fault((number + chance.uniform(0.2, 0.8)) * slice_, what)
        for number, what in enumerate(whats)
    ]


class Killer(threading.Thread):
    """Does what the plan says; `done` tells what was really hit."""

    def __init__(self, installation: Installation, faults: list[Fault], seed: int) -> None:
        """Prepare; the clock starts with the thread."""
        super().__init__(daemon=True)
        self.done: list[str] = []
        self._installation = installation
        self._faults = faults
        self._random = random.Random(seed)

    def run(self) -> None:
        """Wait for each moment and strike."""
        started = time.monotonic()
        for fault in self._faults:
            time.sleep(max(0.0, started + fault.at - time.monotonic()))
            if fault.what == DATABASE:
                pull_the_plug()
                self.done.append(f"{fault.at:.1f} s: database restarted without a checkpoint")
            else:
                pid = self._strike(fault.what)
                self.done.append(f"{fault.at:.1f} s: {fault.what} killed (process {pid})")

    def _strike(self, what: str) -> int:
        while True:
            victims = self._installation.victims(what)
            if victims:
                pid = self._random.choice(victims)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                return pid
            # The one before has not been started again yet.
            time.sleep(LOOK_EVERY)


def pull_the_plug() -> None:
    """Restart PostgreSQL as after a power cut: no checkpoint, recovery from the log."""
    control = shlex.split(os.environ["POSTGRES_CONTROL"])
    subprocess.run([*control, "restart", "-m", "immediate"], check=True, stdout=subprocess.DEVNULL)
