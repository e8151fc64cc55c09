"""Setting the rules of the leaderboards: before the publication freely, later with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from scoring.actions import leaderboard
from scoring.models import Benchmark, BoardRules, LeaderboardSnapshot
from scoring.queries.evaluation import EVALUATED_STATES
from scoring.states import BoardKind, Counts

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from accounts.models import User


@transaction.atomic
def save(
    challenge: Challenge,
    *,
    by: User,
    counts: str,
    ties: str,
    is_anonymous: bool,
    step: Decimal | None = None,
    reason: str = "",
    now: dt.datetime | None = None,
) -> BoardRules:
    """Store the rules as the next version; those in force if nothing has changed.

    Once the statement is public every change needs a public reason; the board is made anew at once.

    Raises:
        PermissionRefused: the statement is not on this person's desk, or the jury has decided.
        Incomplete: the reason is missing.
        DomainError: a board is stored already, so made-up names come too late or may not go; or the
            step does not fit.

    """
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if not by.has_perm("scoring.change_benchmark", challenge):
        raise PermissionRefused("not_permitted", _("These rules are not yours to change."))
    before = BoardRules.objects.in_force(challenge)
    wanted: dict[str, Any] = {"counts": counts, "ties": ties, "is_anonymous": is_anonymous}
    changed = sorted(key for key, value in wanted.items() if before.content[key] != value)
    if step != before.ladder_step:
        changed = sorted([*changed, "step"])
    if not changed:
        return before
    _check_step(challenge, step, counts)
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
        step=step,
        **wanted,
    )
    audit.record(
        "board_rules.saved",
        target=rules,
        by=by,
        data={
            "challenge": challenge.code,
            "number": rules.number,
            "changed": changed,
            **rules.content,
        },
        reason=reason,
        now=moment,
    )
    if challenge.state in EVALUATED_STATES and LeaderboardSnapshot.objects.filter(
        challenge=challenge, kind=BoardKind.PUBLIC
    ):
        leaderboard.refresh(challenge, BoardKind.PUBLIC, now=moment)
    return rules


def _check_step(challenge: Challenge, step: Decimal | None, counts: str) -> None:
    """Refuse a step that cannot be published with the digits of the benchmark, or hides a choice.

    Raises:
        DomainError: it does not fit.

    """
    if step is None:
        return
    if counts != Counts.BEST:
        raise DomainError(
            "step_needs_best",
            _("With a step the version that counts is the one that made it: choose the best one."),
        )
    benchmark = Benchmark.objects.filter(challenge=challenge).first()
    if benchmark is not None and benchmark.is_weighted:
        raise DomainError(
            "step_needs_one_metric",
            _("A step needs one metric that ranks; here several make the value together."),
        )
    digits = benchmark.digits_of(benchmark.main_metric) if benchmark is not None else None
    if step <= 0 or (digits is not None and step != round(step, digits)):
        raise DomainError(
            "step_does_not_fit",
            _("The step is above 0 and has no more decimal places than the published values."),
        )
