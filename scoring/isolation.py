"""Evaluations in processes of their own: a fresh one for every file (ST-210, `core.forked`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from signal import Signals

from django.conf import settings

from core import forked
from scoring.protocol import Answer, Question

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
    try:
        outcome = forked.run(
            program,
            question.to_json(),
            timeout=timeout,
            environment=settings.EVALUATION_ENVIRONMENT if environment is None else environment,
            beat=beat,
        )
    except forked.ParentGone:
        raise EvaluationFault(Fault.CRASHED, "the parent of evaluations is gone") from None
    last_words = outcome.told[-_TOLD:]
    if outcome.code is None:
        raise EvaluationFault(Fault.TIMEOUT, f"{timeout:g} s")
    if outcome.code < 0:
        name = Signals(-outcome.code).name
        raise EvaluationFault(Fault.KILLED, f"{name}\n{last_words}".strip())
    if outcome.code:
        raise EvaluationFault(Fault.CRASHED, last_words)
    try:
        return Answer.from_json(outcome.output)
    except (ValueError, KeyError, TypeError):
        raise EvaluationFault(Fault.NO_ANSWER, "") from None
