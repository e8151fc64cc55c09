"""The deadline rule, in one place.

The window for submissions is half-open: `starts_at <= now < ends_at`. What counts is the moment at
which everything has arrived and handing in was clicked; at exactly `ends_at` it is late. The clock
of the database decides, read inside the transaction that hands in, so that several web nodes cannot
disagree; the clocks of browsers never count. A draft is not handed in by itself. Who comes too late
is refused, and the attempt is recorded for the office.

One exception: an upload in parts that was begun before the end may arrive after it, and its draft
may then be handed in until `ends_at` + grace (`AUSLOBUNG_UPLOAD_GRACE_SECONDS`), provided that
nothing else of the draft was begun or written after the end. The receipt prints both times.

`templates/submissions/parts/deadline_rule.html` says the same to the teams.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from competition.states import ChallengeState, PhaseKind
from core.display import moment_words
from core.exceptions import PhaseClosed

if TYPE_CHECKING:
    from competition.models import Challenge, Phase
    from submissions.models import Submission

TOO_LATE: Final = "deadline_passed"
# Attempts that are kept of one version after the deadline; more would tell nobody anything.
MOST_LATE: Final = 20


def window(challenge: Challenge) -> Phase | None:
    """Return the submission phase of a problem statement."""
    return challenge.phase(PhaseKind.SUBMISSION)


def refusal(
    challenge: Challenge, now: dt.datetime, *, begun_at: dt.datetime | None = None
) -> PhaseClosed | None:
    """Return why nothing can be handed in at a moment; None while the window is open."""
    try:
        open_window(challenge, now, begun_at=begun_at)
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


def open_window(
    challenge: Challenge, now: dt.datetime, *, begun_at: dt.datetime | None = None
) -> Phase:
    """Return the submission phase if it is open at a moment.

    With `begun_at`, the beginning of an upload, it stays open for the grace if that lies before
    the end.

    Raises:
        PhaseClosed: it is not; code and sentence say why.

    """
    phase = window(challenge)
    if phase is not None and challenge.state == ChallengeState.PUBLISHED:
        in_time = begun_at is not None and phase.is_open(begun_at)
        closes_at = phase.ends_at + grace() if in_time else phase.ends_at
        if phase.starts_at <= now < closes_at:
            return phase
    raise _reason(challenge, phase, now)


def grace() -> dt.timedelta:
    """Return how long after the end an upload that was begun before may still arrive."""
    return dt.timedelta(seconds=settings.UPLOAD_GRACE_SECONDS)


def upload_across(submission: Submission) -> dt.datetime | None:
    """Return when the upload of a draft began that crossed the end of the window.

    None if none did, or if a file was begun or a text was written at the end or later: the grace
    is for what was on its way, not for more work.
    """
    phase = window(submission.entry.challenge)
    if phase is None:
        return None
    files = list(submission.files.all())
    begun = [file.begun_at or file.uploaded_at for file in files]
    if any(phase.is_over(at) for at in (submission.text_saved_at, *begun) if at is not None):
        return None
    return max(
        (file.begun_at for file in files if file.begun_at and phase.is_over(file.uploaded_at)),
        default=None,
    )


def grace_until(submission: Submission, now: dt.datetime) -> dt.datetime | None:
    """Return until when a draft may be handed in although the window has ended; None if it may not.

    Asks for the files only after the end.
    """
    phase = window(submission.entry.challenge)
    if phase is None or not submission.is_draft or not phase.is_over(now):
        return None
    try:
        open_window(submission.entry.challenge, now, begun_at=upload_across(submission))
    except PhaseClosed:
        return None
    return phase.ends_at + grace()
