"""Freezing the public leaderboard: announced with a date, lifted by an act or with the results.

Boards go on being computed and stored meanwhile, for the office; what is stored while a freeze is
in force is not public (`LeaderboardSnapshot.is_public`). Whoever announces or ends one holds the
lock that stores boards, so a board is stored either before or after, never in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from core import audit, clock
from core.display import iso_utc
from core.exceptions import DomainError, PermissionRefused
from scoring.models import Freeze, LeaderboardSnapshot
from scoring.states import BoardKind

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User


class FreezeRefused(DomainError):
    """The moment of a freeze does not fit."""

    status = 422


def _locked(challenge: Challenge, by: User, permission: str) -> Freeze | None:
    """Lock what stores boards and return the open freeze."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if not by.has_perm(permission, challenge):
        raise PermissionRefused("not_permitted", _("There is no leaderboard that you freeze."))
    return Freeze.objects.filter(challenge=challenge).open().first()


@transaction.atomic
def announce(
    challenge: Challenge, *, by: User, at: dt.datetime, reason: str, now: dt.datetime | None = None
) -> Freeze:
    """Announce from when on the public board stands still, or move what is announced.

    Moving ends the former announcement with the new reason; both stay public.

    Raises:
        PermissionRefused: not the office, or the jury has decided.
        FreezeRefused: the moment is not in the future, or the board stands still already.

    """
    before = _locked(challenge, by, "scoring.freeze_leaderboard")
    moment = now or clock.of_database()
    if before is not None and before.is_in_force(moment):
        raise FreezeRefused(
            "frozen_already", _("The public leaderboard stands still already. Lift that first.")
        )
    if at <= moment:
        raise FreezeRefused(
            "freeze_in_the_past",
            _("A freeze is announced beforehand. Please choose a moment in the future."),
        )
    if before is not None:
        _end(before, by=by, reason=reason, now=moment)
    freeze = Freeze.objects.create(
        challenge=challenge,
        starts_at=at,
        reason=reason.strip(),
        announced_at=moment,
        announced_by=by,
    )
    audit.record(
        "freeze.announced" if before is None else "freeze.moved",
        target=freeze,
        by=by,
        data={
            "challenge": challenge.code,
            "from": iso_utc(at),
            "before": iso_utc(before.starts_at) if before is not None else "",
        },
        reason=reason,
        now=moment,
    )
    return freeze


@transaction.atomic
def end(challenge: Challenge, *, by: User, reason: str, now: dt.datetime | None = None) -> Freeze:
    """Drop what is only announced, or lift a freeze: everything computed meanwhile is public.

    Raises:
        PermissionRefused: not the office.
        DomainError: there is nothing to end.

    """
    freeze = _locked(challenge, by, "scoring.manage_evaluations")
    moment = now or clock.of_database()
    if freeze is None:
        raise DomainError("not_frozen", _("The public leaderboard does not stand still."))
    was_in_force = freeze.is_in_force(moment)
    _end(freeze, by=by, reason=reason, now=moment)
    released = _release(challenge)
    audit.record(
        "freeze.lifted" if was_in_force else "freeze.dropped",
        target=freeze,
        by=by,
        data={"challenge": challenge.code, "boards": released},
        reason=reason,
        now=moment,
    )
    return freeze


def end_with_results(challenge: Challenge, *, by: User | None, now: dt.datetime) -> None:
    """End the freeze of a challenge, if there is one, because its results are public."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    freeze = Freeze.objects.filter(challenge=challenge).open().first()
    if freeze is None:
        return
    _end(freeze, by=by, reason="", now=now)
    audit.record(
        "freeze.ended_with_results",
        target=freeze,
        by=by,
        data={"challenge": challenge.code, "boards": _release(challenge)},
        now=now,
    )


def _end(freeze: Freeze, *, by: User | None, reason: str, now: dt.datetime) -> None:
    freeze.ended_at, freeze.ended_by, freeze.end_reason = now, by, reason.strip()
    freeze.save(update_fields=["ended_at", "ended_by", "end_reason"])


def _release(challenge: Challenge) -> int:
    """Make public what was kept back; return how many boards."""
    return (
        LeaderboardSnapshot.objects.of(challenge.pk, BoardKind.PUBLIC)
        .restricted()
        .update(is_public=True)
    )
