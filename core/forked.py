"""Runs of programs that read files of others, each in a fresh process (ST-210).

A process is forked by a warm parent (`core.warm`) that has loaded the program and nothing else. We
are never forked ourselves: a process that has drawn a chart or set a PDF would leave a forked child
hanging (ST-184). Limits of memory and processor are set by the program, wall-clock time is kept
here.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final

from django.conf import settings

from core import warm

BEAT_SECONDS = 5.0
_GRACE_SECONDS: Final = 10.0  # until a parent has ended a child that took too long
# Runs at once in this process, and parents that are kept for them: more would only take memory.
_AT_ONCE: Final = 2


class ParentGone(Exception):
    """The warm parent died, and its child with it; nothing is known of the run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: exit code, -N if signal N ended it, None if it took too long; what it said.

    `told` is what it wrote to its standard error.
    """

    code: int | None
    output: str
    told: str


def run(
    program: str,
    question: str,
    *,
    timeout: float,
    environment: Mapping[str, str],
    descriptors: Sequence[int] = (),
    beat: Callable[[], None] = lambda: None,
) -> Outcome:
    """Put a question to a fresh process of a program; whatever happens, none is left.

    `program` is a module with `load()`, called once by the parent, and `main(*descriptors)`, which
    reads stdin, writes stdout and returns an exit code. It knows the variables of `environment`
    and no others. `beat` is called every few seconds, and may raise to give up. Of several threads
    two run at once, the others wait.

    A parent that died is replaced once: its end says nothing about the question.

    Raises:
        ParentGone: the second one died, too.

    """
    try:
        return _run(program, question, timeout, dict(environment), descriptors, beat)
    except ParentGone:
        return _run(program, question, timeout, dict(environment), descriptors, beat)


def _run(
    program: str,
    question: str,
    timeout: float,
    environment: dict[str, str],
    descriptors: Sequence[int],
    beat: Callable[[], None],
) -> Outcome:
    with (
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as answered,
        tempfile.TemporaryFile() as told,
    ):
        asked.write(question.encode())
        asked.seek(0)
        files = [*(file.fileno() for file in (asked, answered, told)), *descriptors]
        with _places:
            parent = _take(program, environment)
            try:
                code = parent.ask(files, timeout=timeout, beat=beat)
            finally:
                _give_back(parent)
        return Outcome(code, _text_of(answered), _text_of(told))


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


class _Parent:
    """A running warm parent, and the line to it."""

    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self.kind = (program, environment)
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own module)
                [sys.executable, "-m", "core.warm", program, str(theirs.fileno())],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                # A signal to the group of a worker must not reach it: the worker finishes first.
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Say whether it can be asked."""
        return self._process.poll() is None

    def ask(self, files: list[int], *, timeout: float, beat: Callable[[], None]) -> int | None:
        """Let a child work on open files; return its exit code, None if it took too long.

        Raises:
            ParentGone: the parent died.

        """
        try:
            socket.send_fds(self._line, [warm.WORD], files)
            code = self._wait(timeout=timeout, beat=beat)
        except OSError:
            self.end()
            raise ParentGone from None
        except BaseException:
            self._end_child()
            raise
        if code is None:
            self._end_child()
        return code

    def _wait(self, *, timeout: float, beat: Callable[[], None]) -> int | None:
        ends_at = time.monotonic() + timeout
        while (left := ends_at - time.monotonic()) > 0:
            if self._has_word(min(BEAT_SECONDS, left)):
                word = self._line.recv(16)
                if not word:
                    raise ConnectionResetError
                return int(word)
            beat()
        return None

    def _has_word(self, seconds: float) -> bool:
        return bool(select.select([self._line.fileno()], [], [], seconds)[0])

    def _end_child(self) -> None:
        """End what works on a question nobody waits for; the parent itself if it does not obey."""
        with suppress(OSError):
            self._line.sendall(warm.WORD)
            if self._has_word(_GRACE_SECONDS) and self._line.recv(16):
                return
        self.end()

    def end(self) -> None:
        """End the parent and its child."""
        self._line.close()
        self._process.kill()
        self._process.wait()


_places = threading.BoundedSemaphore(_AT_ONCE)
_idle: list[_Parent] = []


def _take(program: str, environment: dict[str, str]) -> _Parent:
    """Return a parent that waits for this program, or start one."""
    for parent in list(_idle):
        if parent.kind != (program, environment):
            continue
        # Another thread may have been faster.
        with suppress(ValueError):
            _idle.remove(parent)
            if parent.is_alive():
                return parent
            parent.end()
    return _Parent(program, environment)


def _give_back(parent: _Parent) -> None:
    """Keep a parent that lives for the next run; the one that has waited longest makes room."""
    if parent.is_alive():
        _idle.append(parent)
    while len(_idle) > _AT_ONCE:
        with suppress(IndexError):
            _idle.pop(0).end()


@atexit.register
def end_parents() -> None:
    """End all parents that wait; the next run starts one."""
    while _idle:
        with suppress(IndexError):
            _idle.pop().end()


# They belong to the process that has started them.
os.register_at_fork(after_in_child=_idle.clear)
