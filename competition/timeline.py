"""The windows of a statement as a plan: what is wrong with it, and what somebody should look at.

Pure functions over windows; they know neither tables nor the clock. Windows are half-open, so one
may start at the very moment at which another ends.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from competition.states import PhaseKind

SATURDAY = 5
MIN_DAYS_OF_SUBMISSION = 14
MIN_DAYS_BEFORE_JURY = 7
# Each of these may begin when the one before it has ended.
_IN_A_ROW = (PhaseKind.SUBMISSION, PhaseKind.ASSESSMENT, PhaseKind.DELIBERATION)
_WORKING_HOURS = (dt.time(9), dt.time(18))

# Columns of a phase: for a team, and for one person in all teams together.
TEAM_LIMITS = ("limit_per_day", "limit_total", "limit_at_once")
PERSON_LIMITS = tuple(f"person_{name}" for name in TEAM_LIMITS)
LIMITS = (*TEAM_LIMITS, *PERSON_LIMITS)


@dataclass(frozen=True, slots=True)
class Window:
    """A planned phase; the limits concern prediction files in the submission phase.

    The names of the limits are `LIMITS`.
    """

    kind: PhaseKind
    starts_at: dt.datetime
    ends_at: dt.datetime
    limit_per_day: int | None = None
    limit_total: int | None = None
    limit_at_once: int | None = None
    person_limit_per_day: int | None = None
    person_limit_total: int | None = None
    person_limit_at_once: int | None = None

    @property
    def limits(self) -> dict[str, int | None]:
        """Return the limits by the names of the columns."""
        return {name: getattr(self, name) for name in LIMITS}


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about one field of one window."""

    kind: PhaseKind
    field: str  # starts_at, ends_at or one of LIMITS
    sentence: str


def problems(windows: Iterable[Window]) -> list[Remark]:
    """Return what makes the plan impossible."""
    plan = {window.kind: window for window in windows}
    found = [remark for window in plan.values() for remark in _of_one(window)]
    for earlier, later in itertools.pairwise(_IN_A_ROW):
        if earlier in plan and later in plan and plan[later].starts_at < plan[earlier].ends_at:
            sentence = _("“%(later)s” may start when “%(earlier)s” has ended, not before.") % {
                "later": later.label,
                "earlier": earlier.label,
            }
            found.append(Remark(later, "starts_at", sentence))
    questions, submission = plan.get(PhaseKind.QUESTIONS), plan.get(PhaseKind.SUBMISSION)
    if questions and submission and questions.ends_at > submission.ends_at:
        found.append(
            Remark(
                PhaseKind.QUESTIONS,
                "ends_at",
                _("Questions must end before the submission does: nobody could use the answers."),
            )
        )
    return found


def _of_one(window: Window) -> Iterator[Remark]:
    if window.ends_at <= window.starts_at:
        yield Remark(window.kind, "ends_at", _("The end must be later than the start."))
    for field in ("starts_at", "ends_at"):
        moment: dt.datetime = getattr(window, field)
        if moment.second or moment.microsecond:
            yield Remark(window.kind, field, _("Times are set to the minute."))
    for daily, total in (TEAM_LIMITS[:2], PERSON_LIMITS[:2]):
        per_day, in_total = getattr(window, daily), getattr(window, total)
        if per_day and in_total and per_day > in_total:
            sentence = _("The daily limit cannot be higher than the limit in total.")
            yield Remark(window.kind, daily, sentence)


def missing_kinds(windows: Iterable[Window]) -> list[PhaseKind]:
    """Return the phases that have no window yet."""
    present = {window.kind for window in windows}
    return [kind for kind in PhaseKind if kind not in present]


def warnings(windows: Iterable[Window], zone: dt.tzinfo) -> list[Remark]:
    """Return what is possible and yet worth a second look."""
    plan = {window.kind: window for window in windows}
    found = []
    for window in plan.values():
        local = window.ends_at.astimezone(zone)
        if local.weekday() >= SATURDAY:
            found.append(
                Remark(
                    window.kind,
                    "ends_at",
                    _("It ends at a weekend: nobody could help if something fails."),
                )
            )
        elif window.kind == PhaseKind.SUBMISSION and not (
            _WORKING_HOURS[0] <= local.time() <= _WORKING_HOURS[1]
        ):
            found.append(
                Remark(
                    window.kind,
                    "ends_at",
                    _("It ends outside office hours. Noon on a working day has proved its worth."),
                )
            )
    submission = plan.get(PhaseKind.SUBMISSION)
    assessment = plan.get(PhaseKind.ASSESSMENT)
    if submission and submission.ends_at - submission.starts_at < dt.timedelta(
        days=MIN_DAYS_OF_SUBMISSION
    ):
        found.append(
            Remark(
                PhaseKind.SUBMISSION,
                "ends_at",
                _("Teams have less than %(days)s days.") % {"days": MIN_DAYS_OF_SUBMISSION},
            )
        )
    if submission and assessment:
        gap = assessment.starts_at - submission.ends_at
        if dt.timedelta() <= gap < dt.timedelta(days=MIN_DAYS_BEFORE_JURY):
            found.append(
                Remark(
                    PhaseKind.ASSESSMENT,
                    "starts_at",
                    _(
                        "Less than %(days)s days between the deadline and the jury: the formal "
                        "check needs time."
                    )
                    % {"days": MIN_DAYS_BEFORE_JURY},
                )
            )
    return found


def shifted(moment: dt.datetime, by: dt.timedelta, zone: dt.tzinfo) -> dt.datetime:
    """Move a moment by the clock on the wall: noon stays noon when the clocks change."""
    local = moment.astimezone(zone)
    return (local.replace(tzinfo=None) + by).replace(tzinfo=zone).astimezone(dt.UTC)


def distance(old: dt.datetime, new: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    """Return the distance of two moments by the clock on the wall."""
    return new.astimezone(zone).replace(tzinfo=None) - old.astimezone(zone).replace(tzinfo=None)
