"""Who may get a duty in a competition: in its office, or as staff of an agency that posts in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from competition.extensions import Duty, duty_bar
from competition.models import Competition


def bar_of(people: Iterable[User], competitions: Iterable[Competition], duty: Duty) -> Any | None:
    """Return why somebody may not get a duty; None if nothing stands against it.

    Needs an open transaction: the people stay locked until its end, so that nobody gets a duty and
    joins a team or a jury at once.
    """
    keys = [person.pk for person in people]
    locked = list(User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    reasons = (
        duty_bar(person, competition, duty) for competition in competitions for person in locked
    )
    return next((reason for reason in reasons if reason), None)
