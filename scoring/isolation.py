"""The one module of this app that starts processes (ST-210): a fresh one for every evaluation.

It is forked by a warm parent (`scoring.warm`) that has loaded the libraries and nothing else. The
worker itself is never forked: one that has drawn a chart or set a PDF would leave a forked child
hanging (ST-184). Memory and CPU limits are set by the child itself, wall-clock time is kept here.
"""

from __future__ import annotations

import atexit
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from signal import Signals
from typing import IO

from django.conf import settings

from scoring import warm
from scoring.protocol import Answer, Question

BEAT_SECONDS = 5.0
_TOLD = 4_000  # characters of the child's last words that are kept
_GRACE_SECONDS = 10.0  # until the parent has ended a child that took too long


class Fault(StrEnum):
    """How the evaluation process failed; always ours, never the team's."""

    TIMEOUT = "timeout"
    KILLED = "killed"
    CRASHED = "crashed"
    NO_ANSWER = "no_answer"


class EvaluationFault(Exception):
    """The process gave no answer. `detail` is for operators and holds no data of anyone."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """Keep kind and detail."""
        super().__init__(fault, detail)
        self.fault = fault
        self.detail = detail

    def __str__(self) -> str:
        """Return kind and detail."""
        return f"{self.fault}: {self.detail}" if self.detail else str(self.fault)


def run(
    question: Question,
    *,
    timeout: float,
    beat: Callable[[], None] = lambda: None,
    environment: Mapping[str, str] | None = None,
    program: str = "scoring.evaluator",
) -> Answer:
    """Put the question to a fresh process and return its answer.

    `beat` is called every few seconds while it works. Whatever happens, no process of this question
    is left. `program` is a module with `load()`, called once by the parent, and `main()`, which
    reads stdin, writes stdout and returns an exit code.

    Raises:
        EvaluationFault: it took longer than `timeout` seconds, was killed, or failed.

    """
    known = settings.EVALUATION_ENVIRONMENT if environment is None else environment
    with (
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as answered,
        tempfile.TemporaryFile() as told,
    ):
        asked.write(question.to_json().encode())
        asked.seek(0)
        with _turn:
            code = _parent(program, dict(known)).ask(
                [asked, answered, told], timeout=timeout, beat=beat
            )
        last_words = _text_of(told)[-_TOLD:]
        if code < 0:
            raise EvaluationFault(Fault.KILLED, f"{Signals(-code).name}\n{last_words}".strip())
        if code:
            raise EvaluationFault(Fault.CRASHED, last_words)
        try:
            return Answer.from_json(_text_of(answered))
        except (ValueError, KeyError, TypeError):
            raise EvaluationFault(Fault.NO_ANSWER, "") from None


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
                [sys.executable, "-m", "scoring.warm", program, str(theirs.fileno())],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                # A signal to the worker's group must not reach it: the worker finishes first.
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Say whether it can be asked."""
        return self._process.poll() is None

    def ask(self, files: list[IO[bytes]], *, timeout: float, beat: Callable[[], None]) -> int:
        """Let a child work on three files; return its exit code, -N if signal N ended it.

        Raises:
            EvaluationFault: it took longer than `timeout` seconds, or the parent is gone.

        """
        try:
            socket.send_fds(self._line, [warm.WORD], [file.fileno() for file in files])
            return self._wait(timeout=timeout, beat=beat)
        except OSError:
            raise EvaluationFault(Fault.CRASHED, "the parent of evaluations") from None
        except BaseException:
            self._end_child()
            raise

    def _wait(self, *, timeout: float, beat: Callable[[], None]) -> int:
        ends_at = time.monotonic() + timeout
        while (left := ends_at - time.monotonic()) > 0:
            if self._has_word(min(BEAT_SECONDS, left)):
                word = self._line.recv(16)
                if not word:
                    raise ConnectionResetError
                return int(word)
            beat()
        raise EvaluationFault(Fault.TIMEOUT, f"{timeout:g} s")

    def _has_word(self, seconds: float) -> bool:
        return bool(select.select([self._line], [], [], seconds)[0])

    def _end_child(self) -> None:
        """End what works on a question nobody waits for; the parent itself if it does not obey."""
        with suppress(OSError):
            self._line.sendall(warm.WORD)
            if self._has_word(_GRACE_SECONDS) and self._line.recv(16):
                return
        self.end()

    def end(self) -> None:
        """End the parent; the kernel ends its child with it."""
        self._line.close()
        self._process.kill()
        self._process.wait()


_turn = threading.Lock()
_running: list[_Parent] = []


def _parent(program: str, environment: dict[str, str]) -> _Parent:
    """Return the running parent of a program, or start one; only one is kept."""
    if _running and (_running[0].kind != (program, environment) or not _running[0].is_alive()):
        end_parent()
    if not _running:
        _running.append(_Parent(program, environment))
    return _running[0]


@atexit.register
def end_parent() -> None:
    """End the warm parent, if one runs; the next question starts another one."""
    while _running:
        _running.pop().end()
