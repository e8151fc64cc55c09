"""The one module of this app that starts processes (ST-210): a fresh one for every evaluation.

Started, not forked: a parent that has drawn a chart or set a PDF would leave a forked child
hanging (ST-184). Memory and CPU limits are set by the child itself, wall-clock time is kept here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from django.conf import settings

from scoring.protocol import Answer, Question

BEAT_SECONDS = 5.0
_TOLD = 4_000  # characters of the child's last words that are kept


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

    `beat` is called every few seconds while it works. Whatever happens, no process is left.

    Raises:
        EvaluationFault: it took longer than `timeout` seconds, was killed, or failed.

    """
    with subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-m", program],
        cwd=settings.BASE_DIR,
        env=dict(settings.EVALUATION_ENVIRONMENT if environment is None else environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A signal to the worker's group must not reach it: the worker finishes what it has begun.
        start_new_session=True,
    ) as process:
        try:
            output, told = _wait(process, question.to_json(), timeout=timeout, beat=beat)
        finally:
            _end(process)
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise EvaluationFault(Fault.KILLED, f"{name}\n{told[-_TOLD:]}".strip())
    if process.returncode:
        raise EvaluationFault(Fault.CRASHED, told[-_TOLD:])
    try:
        return Answer.from_json(output)
    except (ValueError, KeyError, TypeError):
        raise EvaluationFault(Fault.NO_ANSWER, "") from None


def _wait(
    process: subprocess.Popen[str], text: str, *, timeout: float, beat: Callable[[], None]
) -> tuple[str, str]:
    """Feed the process and collect what it says, with a beat now and then."""
    ends_at = time.monotonic() + timeout
    given: str | None = text
    while True:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise EvaluationFault(Fault.TIMEOUT, f"{timeout:g} s")
        try:
            return process.communicate(given, timeout=min(BEAT_SECONDS, left))
        except subprocess.TimeoutExpired:
            given = None  # what was given is still being delivered
            beat()


def _end(process: subprocess.Popen[str]) -> None:
    """Kill the process and whatever it started, if it is still there."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
