"""Mails about problem statements: one function each, in the language of the recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import User
from competition.extensions import followers
from core import outbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from competition.models import Challenge, PhaseChange, ReviewMessage, StatementVersion


def _staff(challenge: Challenge) -> Iterable[User]:
    return User.objects.filter(
        agency_memberships__agency=challenge.agency_id, is_active=True
    ).order_by("pk")


def _office(challenge: Challenge) -> Iterable[User]:
    return User.objects.filter(
        office_memberships__competition=challenge.competition_id, is_active=True
    ).order_by("pk")


def _queue(
    template: str,
    people: Iterable[User],
    challenge: Challenge,
    occasion: object,
    now: dt.datetime,
    **context: Any,
) -> None:
    for person in people:
        outbox.queue(
            template,
            to=person.email,
            key=f"{template}:{challenge.code}:{occasion}:{person.pk}",
            language=person.language,
            context={"challenge": challenge, "competition": challenge.competition, **context},
            topic=challenge.competition.slug,
            now=now,
        )


def statement_received(challenge: Challenge, version: StatementVersion, now: dt.datetime) -> None:
    """Confirm the hand-in to the agency, and tell the office (M-5)."""
    _queue("statement_received", _staff(challenge), challenge, version.number, now, version=version)
    _queue(
        "statement_to_review", _office(challenge), challenge, version.number, now, version=version
    )


def statement_returned(
    challenge: Challenge, messages: Sequence[ReviewMessage], now: dt.datetime
) -> None:
    """Tell the agency that the office has questions (M-6). The questions stay on the page."""
    _queue(
        "statement_returned",
        _staff(challenge),
        challenge,
        messages[0].pk,
        now,
        count=len(messages),
    )


def statement_accepted(challenge: Challenge, now: dt.datetime) -> None:
    """Tell the agency that the statement will be published (M-7)."""
    # It may be accepted again after it was returned, so the moment names the occasion.
    _queue("statement_accepted", _staff(challenge), challenge, f"{now:%Y%m%dT%H%M%S}", now)


def statement_published(challenge: Challenge, now: dt.datetime) -> None:
    """Tell the agency that everyone can read the statement (M-7)."""
    _queue("statement_published", _staff(challenge), challenge, "published", now)


def deadline_moved(challenge: Challenge, change: PhaseChange, now: dt.datetime) -> None:
    """Tell everyone who takes part, at the same moment, that a deadline moved (M-15)."""
    told = set()
    for source in followers:
        for person in source(challenge):
            if person.key in told:
                continue
            told.add(person.key)
            outbox.queue(
                "deadline_moved",
                to=person.email,
                key=f"deadline_moved:{challenge.code}:{change.pk}:{person.key}",
                language=person.language,
                context={
                    "challenge": challenge,
                    "competition": challenge.competition,
                    "change": change,
                },
                topic=challenge.competition.slug,
                now=now,
            )
