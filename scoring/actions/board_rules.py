"""Setting the rules of the leaderboards: before the publication freely, later with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from scoring.actions import leaderboard
from scoring.models import BoardRules, LeaderboardSnapshot
from scoring.queries.evaluation import EVALUATED_STATES
from scoring.states import BoardKind

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User


@transaction.atomic
def save(
    challenge: Challenge,
    *,
    by: User,
    counts: str,
    ties: str,
    is_anonymous: bool,
    reason: str = "",
    now: dt.datetime | None = None,
) -> BoardRules:
    """Store the rules as the next version; those in force if nothing has changed.

    Once the statement is public every change needs a public reason; the board is made anew at once.

    Raises:
        PermissionRefused: the statement is not on this person's desk, or the jury has decided.
        Incomplete: the reason is missing.
        DomainError: a board is stored already, so made-up names come too late or may not go.

    """
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if not by.has_perm("scoring.change_benchmark", challenge):
        raise PermissionRefused("not_permitted", _("These rules are not yours to change."))
    before = BoardRules.objects.in_force(challenge)
    wanted: dict[str, Any] = {"counts": counts, "ties": ties, "is_anonymous": is_anonymous}
    changed = sorted(key for key, value in wanted.items() if before.content[key] != value)
    if not changed:
        return before
    if "is_anonymous" in changed and LeaderboardSnapshot.objects.filter(
        challenge=challenge, kind=BoardKind.PUBLIC
    ):
        raise DomainError(
            "names_are_settled",
            _("There is a leaderboard already. Whether it names teams stays as it was announced."),
        )
    if challenge.is_public and not reason.strip():
        raise Incomplete(
            "reason_missing", _("The rules are public. Please give a reason for the change.")
        )
    moment = now or clock.now()
    rules = BoardRules.objects.create(
        challenge=challenge,
        number=before.number + 1,
        reason=reason.strip(),
        made_at=moment,
        made_by=by,
        **wanted,
    )
    audit.record(
        "board_rules.saved",
        target=rules,
        by=by,
        data={"challenge": challenge.code, "number": rules.number, "changed": changed, **wanted},
        reason=reason,
        now=moment,
    )
    if challenge.state in EVALUATED_STATES and LeaderboardSnapshot.objects.filter(
        challenge=challenge, kind=BoardKind.PUBLIC
    ):
        leaderboard.refresh(challenge, BoardKind.PUBLIC, now=moment)
    return rules
