"""What is repaired now and then, and what must always hold: two lists that every app adds to.

`manage.py sweep` runs the steps, `manage.py check_invariants` the proofs. Apps register theirs in
`AppConfig.ready()`; both may run at any time, twice at once, and in production.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from core import audit, clock, outbox
from core.registry import Registry

_log = logging.getLogger(__name__)

# How long finished tasks stay in the queue's table, and how long a killed worker's task counts.
KEPT: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SweepStep:
    """A repair that may run at any time; `run` takes the time and returns how much it repaired."""

    key: str
    label: str
    run: Callable[[dt.datetime], int]
    order: int = 100


sweep_steps: Registry[SweepStep] = Registry()


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step did; `error` names the kind of error if it could not finish."""

    step: SweepStep
    count: int
    error: str = ""


def sweep(now: dt.datetime | None = None) -> list[StepResult]:
    """Run every step; one that fails is logged and does not keep the others from running."""
    moment = now or clock.now()
    return [_run(step, moment) for step in sweep_steps]


def _run(step: SweepStep, moment: dt.datetime) -> StepResult:
    try:
        return StepResult(step, step.run(moment))
    except Exception as error:  # noqa: BLE001  (logged; the other steps must go on)
        _log.exception("The step %s of the sweep failed.", step.key)
        return StepResult(step, 0, type(error).__name__)


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise over stored data; `violations` yields one sentence for each breach.

    `unproven` yields what the proof cannot say anything about, and why: that is no breach.
    Sentences name codes and numbers, never people or contents.
    """

    key: str
    label: str
    violations: Callable[[], Iterable[str]]
    order: int = 100
    unproven: Callable[[], Iterable[str]] = tuple


invariants: Registry[Invariant] = Registry()


def _broken_chain() -> Iterator[str]:
    report = audit.verify_chain()
    if not report.is_intact:
        yield f"The audit chain is broken at event {report.first_broken}."


def _forget_old_tasks(now: dt.datetime) -> int:
    from django.db.models import Q  # noqa: PLC0415  (with the next line)
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  (needs the apps)

    finished = Q(finished_at__lt=now - KEPT)
    # Left by a worker that was killed: the queue itself never ends them.
    left_running = Q(status="RUNNING", started_at__lt=now - KEPT)
    deleted, _per_model = DBTaskResult.objects.filter(finished | left_running).delete()
    return deleted


sweep_steps.register(
    SweepStep("mails", "Messages sent that were waiting", lambda _now: outbox.send_waiting(), 80)
)
sweep_steps.register(
    SweepStep("old_tasks", "Finished tasks forgotten after a week", _forget_old_tasks, 90)
)
invariants.register(Invariant("audit_chain", "The audit chain is intact", _broken_chain, 10))
