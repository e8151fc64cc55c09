"""Proposals of assignments in the background: asked for, computed, kept to look at (A-22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import PermissionRefused
from core.queue import enqueue_on_commit, waiting_arguments
from core.transitions import move
from scoring.actions import jury as jury_actions
from scoring.models import AssignmentProposal, Jury
from scoring.queries import expertise
from scoring.states import ProposalState

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.compute.assignment import Plan

_TASK: Final = "scoring.tasks.propose_assignments"
# How long a wake-up may take before the sweep sends another one.
PATIENCE: Final = dt.timedelta(minutes=5)


@transaction.atomic
def ask(
    jury: Jury,
    *,
    by: User,
    k: int,
    seed: int,
    highest: int | None = None,
    fields: Collection[str] = (),
    now: dt.datetime | None = None,
) -> AssignmentProposal:
    """Have a proposal computed by a worker; returns the one that is unfinished already.

    Raises:
        PermissionRefused: not of the office, or the assessments are closed.

    """
    moment = now or clock.now()
    locked = jury_actions.locked_jury(jury)
    if not by.has_perm("scoring.assign_jurors", locked):
        raise PermissionRefused("not_permitted", _("You cannot assign jurors here."))
    waiting = AssignmentProposal.objects.unfinished().filter(jury=locked).first()
    if waiting is not None:
        return waiting
    proposal = AssignmentProposal.objects.create(
        jury=locked,
        asked_by=by,
        k=k,
        seed=seed,
        highest=highest,
        fields=expertise.known(fields, locked.challenge),
        asked_at=moment,
        moved_at=moment,
    )
    audit.record(
        "jury.proposal_asked",
        target=proposal,
        by=by,
        data={"jury": locked.pk, "k": k, "seed": seed, "highest": highest},
        now=moment,
    )
    enqueue_on_commit(_TASK, proposal_id=proposal.pk)
    return proposal


def run(proposal_id: int) -> AssignmentProposal | None:
    """Compute a proposal that waits; None if it does not wait (it came twice, or is done)."""
    with transaction.atomic():
        proposal = (
            AssignmentProposal.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=proposal_id, state=ProposalState.QUEUED)
            .first()
        )
        if proposal is None:
            return None
        now = clock.now()
        move(proposal, to=ProposalState.RUNNING, by=None, now=now, moved_at=now)
    rows = AssignmentProposal.objects.filter(pk=proposal.pk, state=ProposalState.RUNNING)

    def tell(step: str) -> None:
        rows.update(step=step, moved_at=clock.now())

    try:
        plan = jury_actions.propose(
            Jury.objects.select_related("challenge").get(pk=proposal.jury_id),
            k=proposal.k,
            seed=proposal.seed,
            highest=proposal.highest,
            fields=proposal.fields,
            compare=True,
            tell=tell,
        )
    except Exception:
        _finish(proposal, ProposalState.FAILED, {})
        raise
    _finish(proposal, ProposalState.DONE, _stored(plan))
    return proposal


def _finish(proposal: AssignmentProposal, state: ProposalState, result: dict[str, Any]) -> None:
    now = clock.now()
    move(proposal, to=state, by=None, now=now, moved_at=now, result=result)


def _stored(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON knows it."""
    return {
        "pairs": sorted(map(list, plan.pairs)),
        "loads": sorted(map(list, plan.loads.items())),
        "short": sorted(map(list, plan.short.items())),
        "free": sorted(map(list, plan.free.items())),
        "uncovered": sorted(map(list, plan.uncovered)),
        "score": plan.score,
        "parts": [[sorted(part.jurors), sorted(part.submissions)] for part in plan.parts],
        "is_proven": plan.is_proven,
        "seed": plan.seed,
        "costs": [[cost.rule, cost.score, cost.missing, cost.uncovered] for cost in plan.costs],
    }


def plan_of(proposal: AssignmentProposal) -> Plan:
    """Return the plan of a finished proposal."""
    from scoring.compute import assignment as plans  # noqa: PLC0415  (heavy)

    stored = proposal.result
    return plans.Plan(
        pairs=frozenset((seat, submission) for seat, submission in stored["pairs"]),
        loads=dict(stored["loads"]),
        short=dict(stored["short"]),
        free=dict(stored["free"]),
        uncovered=frozenset((submission, field) for submission, field in stored["uncovered"]),
        score=stored["score"],
        parts=tuple(
            plans.Group(frozenset(jurors), frozenset(rows)) for jurors, rows in stored["parts"]
        ),
        is_proven=stored["is_proven"],
        seed=stored["seed"],
        costs=tuple(plans.Cost(*cost) for cost in stored["costs"]),
    )


# -- repairs, called by the sweep ------------------------------------------------------------------


def repair(now: dt.datetime) -> int:
    """Take proposals back from dead workers and send lost wake-ups again; return how many."""
    lost = AssignmentProposal.objects.filter(
        state=ProposalState.RUNNING, moved_at__lte=now - AssignmentProposal.LEASE
    )
    taken = 0
    for proposal in lost:
        move(proposal, to=ProposalState.QUEUED, by=None, now=now, moved_at=now, step="")
        enqueue_on_commit(_TASK, proposal_id=proposal.pk)
        taken += 1
    known = {arguments.get("proposal_id") for arguments in waiting_arguments(_TASK)}
    waiting = AssignmentProposal.objects.filter(
        state=ProposalState.QUEUED, moved_at__lte=now - PATIENCE
    )
    for key in waiting.values_list("pk", flat=True):
        if key not in known:
            enqueue_on_commit(_TASK, proposal_id=key)
            taken += 1
    return taken
