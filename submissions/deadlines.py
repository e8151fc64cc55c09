"""The deadline rule, in one place.

The window for submissions is half-open: `starts_at <= now < ends_at`. An act at exactly `ends_at`
is late. The clock of the database decides, read inside the transaction that hands in, so that
several web nodes cannot disagree; the clocks of browsers never count. A draft is not handed in by
itself. Who comes too late is refused, and the attempt is recorded for the office.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from competition.states import ChallengeState, PhaseKind
from core.display import moment_words
from core.exceptions import PhaseClosed

if TYPE_CHECKING:
    from competition.models import Challenge, Phase

TOO_LATE: Final = "deadline_passed"


def window(challenge: Challenge) -> Phase | None:
    """Return the submission phase of a problem statement."""
    return challenge.phase(PhaseKind.SUBMISSION)


def refusal(challenge: Challenge, now: dt.datetime) -> PhaseClosed | None:
    """Return why nothing can be handed in at a moment; None while the window is open."""
    try:
        open_window(challenge, now)
    except PhaseClosed as error:
        return error
    return None


def _reason(challenge: Challenge, phase: Phase | None, now: dt.datetime) -> PhaseClosed:
    if challenge.state == ChallengeState.CANCELLED:
        return PhaseClosed("cancelled", _("This problem statement was cancelled."))
    if phase is not None and phase.is_over(now):
        return PhaseClosed(
            TOO_LATE,
            _("The deadline was %(deadline)s. Nothing can be handed in or withdrawn any more.")
            % {"deadline": moment_words(phase.ends_at, "minutes")},
            ends_at=phase.ends_at,
        )
    if phase is not None and challenge.state == ChallengeState.PUBLISHED:
        return PhaseClosed(
            "not_open_yet",
            _("Submissions are possible from %(start)s.")
            % {"start": moment_words(phase.starts_at, "minutes")},
            starts_at=phase.starts_at,
        )
    return PhaseClosed("not_open", _("This problem statement takes no submissions now."))


def open_window(challenge: Challenge, now: dt.datetime) -> Phase:
    """Return the submission phase if it is open at a moment.

    Raises:
        PhaseClosed: it is not; code and sentence say why.

    """
    phase = window(challenge)
    if phase is None or not challenge.has_open(PhaseKind.SUBMISSION, now):
        raise _reason(challenge, phase, now)
    return phase
