"""How often a team and a person may still hand in, and when the next try opens (J-62)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from core.display import moment_words
from core.exceptions import LimitReached
from submissions import deadlines
from submissions.extensions import waiting_filters
from submissions.models import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from accounts.models import User
    from competition.models import Phase
    from submissions.models import Entry


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
    """Count the tries of an entry at a moment, with those of entries closed in its favour."""
    return tries_among(
        Submission.objects.of_entry(entry).costing_a_try(), deadlines.window(entry.challenge), now
    )


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


@dataclass(frozen=True, slots=True)
class Bound:
    """One of the limits beside those of a team per day and in total."""

    code: str  # the column of the phase
    limit: int
    used: int
    # When the next try opens; None if only an evaluation that ends opens one, or nothing does.
    opens_at: dt.datetime | None = None

    @property
    def left(self) -> int:
        """Return how many are left."""
        return max(self.limit - self.used, 0)

    @property
    def label(self) -> str:
        """Return what is limited."""
        return {
            "limit_at_once": _("In evaluation at once"),
            "person_limit_per_day": _("Your own tries today"),
            "person_limit_total": _("Your own tries in total"),
            "person_limit_at_once": _("Your own versions in evaluation at once"),
        }[self.code]

    @property
    def refusal(self) -> LimitReached:
        """Return why one more is refused."""
        text = {
            "limit_at_once": _(
                "%(limit)s versions of your team are waiting or being evaluated; more at once are "
                "not allowed. Hand in again as soon as one is done."
            ),
            "person_limit_per_day": _("All %(limit)s tries that you have per day are used up."),
            "person_limit_total": _("All %(limit)s tries that you have in total are used up."),
            "person_limit_at_once": _(
                "%(limit)s versions that you handed in are waiting or being evaluated; more at "
                "once are not allowed. Hand in again as soon as one is done."
            ),
        }[self.code] % {"limit": self.limit}
        if self.opens_at is not None:
            moment = moment_words(self.opens_at, "minutes")
            text += " " + _("The next one opens on %(moment)s.") % {"moment": moment}
        return LimitReached(self.code, text)


def bounds(entry: Entry, now: dt.datetime, *, by: User) -> list[Bound]:
    """Return the further limits of a team and of the person who would hand in.

    The person's tries are those in all teams of the problem statement together.
    """
    phase = deadlines.window(entry.challenge)
    if phase is None:
        return []
    of_team = Submission.objects.of_entry(entry)
    of_person = Submission.objects.for_challenge(entry.challenge).filter(handed_in_by=by)
    found = []
    if phase.limit_at_once is not None:
        found.append(Bound("limit_at_once", phase.limit_at_once, _waiting(of_team)))
    if phase.person_limit_per_day is not None:
        tomorrow = day_start(now, days=1)
        used = of_person.costing_a_try().filter(
            handed_in_at__gte=day_start(now), handed_in_at__lt=tomorrow
        )
        found.append(
            Bound(
                "person_limit_per_day",
                phase.person_limit_per_day,
                used.count(),
                tomorrow if tomorrow < phase.ends_at else None,
            )
        )
    if phase.person_limit_total is not None:
        used_total = of_person.costing_a_try().count()
        found.append(Bound("person_limit_total", phase.person_limit_total, used_total))
    if phase.person_limit_at_once is not None:
        found.append(Bound("person_limit_at_once", phase.person_limit_at_once, _waiting(of_person)))
    return found


def _waiting(submissions: QuerySet[Submission]) -> int:
    keys = {
        key
        for choose in waiting_filters
        for key in choose(submissions).values_list("pk", flat=True)
    }
    return len(keys)


def limit_refusal(entry: Entry, now: dt.datetime, *, by: User) -> LimitReached | None:
    """Return why handing in is refused because of a limit; None if a try is left."""
    found = tries(entry, now)
    if found.limit_total is not None and found.used_total >= found.limit_total:
        text = _("All %(limit)s tries of your team are used up.") % {"limit": found.limit_total}
        return LimitReached("limit_total", text)
    if found.limit_today is not None and found.used_today >= found.limit_today:
        if found.next_opens_at is None:
            text = _("All %(limit)s tries of today are used up, and the deadline is today.")
            return LimitReached("limit_per_day", text % {"limit": found.limit_today})
        text = _("All %(limit)s tries of today are used up. The next one opens on %(moment)s.")
        moment = moment_words(found.next_opens_at, "minutes")
        return LimitReached("limit_per_day", text % {"limit": found.limit_today, "moment": moment})
    return next((bound.refusal for bound in bounds(entry, now, by=by) if not bound.left), None)
