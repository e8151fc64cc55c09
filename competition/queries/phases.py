"""Phase bars: of one statement, or of all statements of a competition together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from competition.states import PhaseKind
from core import display

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from competition.models import Phase


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a phase bar."""

    label: Any
    detail: str
    state: str


def _window_words(
    kind: str, opens: dt.datetime, first: dt.datetime, last: dt.datetime, now: dt.datetime
) -> str:
    """Say when a window closes; the deadline of a hand-in carries its time of day."""
    day = display.moment_words(last, "day")
    if first != last:
        span = {"first": display.moment_words(first, "day"), "last": day}
        return _("ends between %(first)s and %(last)s") % span
    if kind == PhaseKind.SUBMISSION and now < last:
        return _("until %(moment)s") % {"moment": display.moment_words(last, "short")}
    if now < opens:
        return _("%(first)s – %(last)s") % {
            "first": display.moment_words(opens, "day"),
            "last": day,
        }
    return _("until %(moment)s") % {"moment": day}


def phase_steps(phases: Iterable[Phase], now: dt.datetime) -> list[Step]:
    """Return the phase bar of one statement, or of several together.

    Of several, a window opens with the first and closes with the last. Where two windows are open,
    the later kind is the current step.
    """
    by_kind: dict[str, list[Phase]] = {}
    for phase in phases:
        by_kind.setdefault(phase.kind, []).append(phase)
    steps: list[Step] = []
    current: int | None = None
    for kind in PhaseKind:
        group = by_kind.get(kind)
        if not group:
            continue
        opens = min(phase.starts_at for phase in group)
        first = min(phase.ends_at for phase in group)
        last = max(phase.ends_at for phase in group)
        state = "past" if now >= last else "open" if opens <= now else "future"
        current = len(steps) if state == "open" else current
        steps.append(Step(kind.label, _window_words(kind, opens, first, last, now), state))
    if current is not None:
        steps[current] = Step(steps[current].label, steps[current].detail, "current")
    return steps
