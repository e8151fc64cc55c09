"""Serve a demo or development installation: the web process and the worker, until Ctrl-C.

    scripts/serve.py [--port 8000]

A worker that ends is started again.  When the web process ends, everything ends.  In production a
service manager does this (docs/operations.md).
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 10.0  # seconds between "please end" and "end"
LONGEST_PAUSE = 30.0


class Stop(Exception):
    """Somebody asked us to end."""


@dataclass
class Child:
    """A process of ours, in a session of its own, so that Ctrl-C reaches only the supervisor."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = 1.0
    due: float = 0.0
    started: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)
        self.started = time.monotonic()

    def end(self, number: signal.Signals) -> None:
        """Send a signal to the process and to everything it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


def main(argv: list[str] | None = None) -> int:
    """Run until somebody stops us; the exit code of the web process if it ends by itself."""
    parser = argparse.ArgumentParser(description="Serve the web process and the worker.")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(argv)
    if is_taken(options.port):
        print(
            f"Port {options.port} is taken by another program. "
            f"End that one, or choose another port: make demo PORT={options.port + 1}",
            file=sys.stderr,
        )
        return 1

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_stop)
    web = Child("web", [
        sys.executable, "-m", "gunicorn", "config.wsgi",
        "--bind", f"127.0.0.1:{options.port}",
        "--worker-class", "gthread", "--threads", "8", "--timeout", "120",
        "--graceful-timeout", "5", "--log-level", "warning",
    ])  # fmt: skip
    worker = Child("worker", [sys.executable, "manage.py", "worker"])
    try:
        web.start()
        worker.start()
        announce(web, options.port)
        return supervise(web, worker)
    except Stop:
        print("\nEnding ...", flush=True)
        return 0
    finally:
        end_all(web, worker)


def raise_stop(_number: int, _frame: FrameType | None) -> None:
    """Turn a signal into an exception, once; a second one must not disturb the ending."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stop


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def announce(web: Child, port: int) -> None:
    """Say that the product is ready, once it answers."""
    while not is_taken(port):
        if web.process is None or web.process.poll() is not None:
            return
        time.sleep(0.1)
    print(f"\nAuslobung is ready: http://localhost:{port}  (Ctrl-C ends it)", flush=True)


def supervise(web: Child, worker: Child) -> int:
    """Watch both; start the worker again when it ends, with growing pauses if it keeps ending."""
    while True:
        if web.process is not None and web.process.poll() is not None:
            print("The web process has ended.", file=sys.stderr)
            return web.process.returncode or 1
        now = time.monotonic()
        if worker.process is not None and worker.process.poll() is not None:
            if now - worker.started > LONGEST_PAUSE:
                worker.pause = 1.0
            print(
                f"The worker has ended with code {worker.process.returncode}; "
                f"it is started again in {worker.pause:.0f} s.",
                file=sys.stderr,
            )
            # What the dead worker had started must not go on beside the new one.
            worker.end(signal.SIGKILL)
            worker.process = None
            worker.due = now + worker.pause
            worker.pause = min(worker.pause * 2, LONGEST_PAUSE)
        if worker.process is None and now >= worker.due:
            worker.start()
        time.sleep(0.2)


def end_all(*children: Child) -> None:
    """Ask every process to end; after some patience, end it."""
    for child in children:
        child.end(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.end(signal.SIGKILL)
            child.process.wait()


if __name__ == "__main__":
    sys.exit(main())
