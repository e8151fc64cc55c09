"""How often a team may still hand in, and when the next try opens (J-62)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings

from submissions import deadlines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from competition.models import Phase
    from submissions.models import Entry, Submission


def day_start(at: dt.datetime, *, days: int = 0) -> dt.datetime:
    """Return midnight of the local calendar day of a moment, or of a later day.

    The day is that of the installation's time zone; on the days the clocks change it has 23 or 25
    hours.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    day = at.astimezone(zone).date() + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(), tzinfo=zone)


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries of one team in one problem statement; a limit of None means: as many as you like."""

    used_today: int
    used_total: int
    limit_today: int | None
    limit_total: int | None
    # When the next day begins; None if no further try opens, or none is needed.
    next_opens_at: dt.datetime | None

    @property
    def left_today(self) -> int | None:
        """Return how many are left today; the limit in total may leave fewer."""
        left = [
            limit - used
            for limit, used in (
                (self.limit_today, self.used_today),
                (self.limit_total, self.used_total),
            )
            if limit is not None
        ]
        return max(min(left), 0) if left else None

    @property
    def left_total(self) -> int | None:
        """Return how many are left until the end."""
        return None if self.limit_total is None else max(self.limit_total - self.used_total, 0)

    @property
    def left_next_day(self) -> int | None:
        """Return how many will be left once the next day begins."""
        if self.limit_today is None or self.left_total is None:
            return self.limit_today
        return min(self.limit_today, self.left_total)

    @property
    def is_limited(self) -> bool:
        """Say whether there is any limit."""
        return self.limit_today is not None or self.limit_total is not None

    @property
    def is_used_up(self) -> bool:
        """Say whether handing in is refused now because of a limit."""
        return self.left_today == 0

    @property
    def is_used_up_for_good(self) -> bool:
        """Say whether no further day helps."""
        return self.left_total == 0


def tries(entry: Entry, now: dt.datetime) -> Tries:
    """Count the tries of an entry at a moment."""
    return tries_among(entry.submissions.costing_a_try(), deadlines.window(entry.challenge), now)


def tries_among(submissions: Iterable[Submission], phase: Phase | None, now: dt.datetime) -> Tries:
    """Count the tries among the versions of one entry that are loaded already.

    A version costs a try when it was handed in, also if it was withdrawn later, unless the try was
    given back.
    """
    today, tomorrow = day_start(now), day_start(now, days=1)
    moments = [version.handed_in_at for version in submissions if version.uses_a_try]
    used_today = sum(moment is not None and today <= moment < tomorrow for moment in moments)
    limit_today = phase.limit_per_day if phase else None
    limit_total = phase.limit_total if phase else None
    opens_again = (
        phase is not None
        and limit_today is not None
        and used_today > 0
        and tomorrow < phase.ends_at
        and (limit_total is None or len(moments) < limit_total)
    )
    return Tries(
        used_today=used_today,
        used_total=len(moments),
        limit_today=limit_today,
        limit_total=limit_total,
        next_opens_at=tomorrow if opens_again else None,
    )
