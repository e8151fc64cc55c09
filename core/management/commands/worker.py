"""Everything that works in the background, as one command: evaluations, mails, repairs.

The command is a supervisor. It starts `AUSLOBUNG_WORKERS` processes for evaluations, one for mails
and all other tasks, so that a sign-in code never waits behind an evaluation, and one that sweeps
every half minute. What ends is started again, with growing pauses: a task process ends, for
instance, when SQLite stays locked longer than it may wait. SIGTERM ends everything after the
tasks that have begun.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from core import maintenance, workers
from core.processes import end_with_parent

if TYPE_CHECKING:
    from types import FrameType

SWEEP_SECONDS: Final = 30.0
LONGEST_PAUSE: Final = 30.0
PATIENCE: Final = 10.0  # seconds beyond the longest evaluation
EVALUATIONS: Final = "evaluations"
QUEUES: Final = {EVALUATIONS: "evaluations", "others": "default,mails"}
NICENESS: Final = 10
SWEEPER: Final = "sweeper"
_WORKER: Final = (sys.executable, str(settings.BASE_DIR / "manage.py"), "worker")


@dataclass
class _Child:
    """A process of ours, in a session of its own: signals reach it through us, and once."""

    role: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = field(default=1.0)

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603  (this very command)
            # What is to be checked, the supervisor has checked.
            [*_WORKER, "--role", self.role, "--supervisor", str(os.getpid()), "--skip-checks"],
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )
        self.started = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.is_alive:
            self.process.send_signal(number)


class Command(BaseCommand):
    """Supervise the background processes until somebody ends us."""

    help = "Run evaluations, mails and repairs until SIGTERM; restarts what dies."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role of a supervised process, and whose; people leave both out."""
        parser.add_argument("--role", choices=[*QUEUES, SWEEPER], help="used by the supervisor")
        parser.add_argument("--supervisor", type=int, help="used by the supervisor")

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise, or play one of the supervised roles."""
        role: str | None = options["role"]
        if role is None:
            self._supervise()
            return
        # Nobody would ever end it if the supervisor were killed.
        end_with_parent(signal.SIGTERM, options["supervisor"])
        if role == EVALUATIONS:
            # Thousands may wait just before a deadline: whoever hands in comes first.
            os.nice(NICENESS)
        if role == SWEEPER:
            self._sweep_for_ever()
        else:
            call_command(
                "db_worker",
                queue_name=QUEUES[role],
                reload=False,
                startup_delay=False,
                verbosity=0,
            )

    def _supervise(self) -> None:
        ending = _ending()
        count = max(1, settings.EVALUATION_WORKERS)
        children = [_Child(EVALUATIONS) for _number in range(count)]
        children += [_Child("others"), _Child(SWEEPER)]
        self.stdout.write(f"Working: {count} for evaluations, 1 for mails, 1 for repairs.")
        # Apart from us: a locked database must not keep us from starting what has died.
        signs = threading.Thread(target=_give_signs, args=(children, ending), daemon=True)
        signs.start()
        try:
            while not ending.wait(0.2):
                for child in children:
                    self._keep_alive(child)
        finally:
            self._end(children)
            signs.join(timeout=PATIENCE)
        self.stdout.write("Ended.")

    def _keep_alive(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            if now - child.started > LONGEST_PAUSE:
                child.pause = 1.0
            self.stderr.write(
                f"The process for {child.role} has ended with code {child.process.returncode}; "
                f"it is started again in {child.pause:.0f} s."
            )
            child.process = None
            child.due = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        if child.process is None and now >= child.due:
            child.start()

    def _end(self, children: list[_Child]) -> None:
        """Ask each process to finish what it has begun; after the longest evaluation, end it."""
        for child in children:
            child.send(signal.SIGTERM)
        ends_at = time.monotonic() + settings.EVALUATION_TIMEOUT + PATIENCE
        for child in children:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(0.1, ends_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.send(signal.SIGKILL)
                child.process.wait()

    def _sweep_for_ever(self) -> None:
        ending = _ending()
        while True:
            close_old_connections()
            for result in maintenance.sweep():
                if result.count:
                    self.stdout.write(f"{result.step.label}: {result.count}")
            close_old_connections()
            if ending.wait(SWEEP_SECONDS):
                return


def _give_signs(children: list[_Child], ending: threading.Event) -> None:
    """Write down now and then that we live, and at the end that nothing is evaluated any more."""
    name = f"{platform.node()}:{os.getpid()}"
    while True:
        is_over = ending.is_set()
        alive = sum(child.is_alive for child in children if child.role == EVALUATIONS)
        # Locked or away: pages will notice if it lasts, and the next sign says more.
        with suppress(DatabaseError, InterfaceError):
            workers.give_sign(name, processes=0 if is_over else alive)
        connection.close()
        if is_over:
            return
        ending.wait(workers.EVERY.total_seconds())


def _ending() -> threading.Event:
    """Return what is set by the signals that end a process."""
    event = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        event.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    return event
