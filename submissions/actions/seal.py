"""Sealing the log of a problem statement: roots that are signed, mailed and time-stamped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from competition.models import Phase
from competition.states import PUBLIC_STATES, ChallengeState, PhaseKind
from core import audit, clock, merkle, signing, timestamps
from core.audit import canonical
from core.queue import enqueue_on_commit
from submissions import deadlines, emails, log
from submissions.models import Entry, LeafKind, Seal, SealKind, Submission

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from accounts.models import User
    from competition.models import Challenge


class LogBroken(RuntimeError):
    """The log does not continue its last root: somebody changed it. Nothing is signed then."""


@transaction.atomic
def make(
    challenge: Challenge, kind: str, *, by: User | None = None, now: dt.datetime | None = None
) -> Seal:
    """Sign the root of the log as it is now, and tell every member of every team.

    Call it before the first audit event of the change that it seals (see `log` on locks). Leaves
    that belong to the moment are appended before, in the same transaction.

    Raises:
        LogBroken: the log does not continue the root before.

    """
    log.lock(challenge)
    at = now or clock.now()
    hashes = log.hashes(challenge)
    root = merkle.root(hashes)
    previous = Seal.objects.filter(challenge=challenge).order_by("number").last()
    path: list[bytes] = []
    if previous is not None:
        before = bytes.fromhex(previous.root)
        fits = previous.size <= len(hashes)
        path = merkle.consistency_proof(hashes, previous.size) if fits else []
        if not merkle.verify_consistency(previous.size, len(hashes), before, root, path):
            message = f"The log of {challenge.code} does not continue its root {previous.number}."
            raise LogBroken(message)
    number = previous.number + 1 if previous is not None else 1
    note = log.note_of(
        challenge, kind=kind, number=number, size=len(hashes), root=root.hex(), at=at
    )
    seal = Seal.objects.create(
        challenge=challenge,
        number=number,
        kind=kind,
        size=len(hashes),
        root=root.hex(),
        made_at=at,
        previous=previous,
        consistency=[node.hex() for node in path],
        note=note,
        signature=signing.sign(canonical(note).encode()),
        key_id=note["key_id"],
    )
    emails.root_published(seal)
    if timestamps.is_on():
        enqueue_on_commit("submissions.tasks.stamp", seal_id=seal.pk)
    audit.record(
        "log.sealed",
        target=challenge,
        by=by,
        data={"kind": str(kind), "number": number, "size": seal.size, "root": seal.root},
        now=at,
    )
    return seal


@transaction.atomic
def at_deadline(challenge: Challenge, *, now: dt.datetime | None = None) -> Seal | None:
    """Seal what was received once the deadline and its grace are over; None if it is not time.

    Safe to call twice: there is one root per deadline, and another if the office moved it. All
    entries are locked first, then the clock is read: whoever hands in holds the lock of an entry,
    so each version that was in time has its leaf.
    """
    entries = Entry.objects.select_for_update(of=("self",), no_key=True).filter(challenge=challenge)
    list(entries.order_by("pk").values_list("pk", flat=True))
    at = now or clock.of_database()
    phase = Phase.objects.filter(challenge=challenge, kind=PhaseKind.SUBMISSION).first()
    if phase is None or at < phase.ends_at + deadlines.grace():
        return None
    log.lock(challenge)
    if _deadline_seals(phase).exists():
        return None
    counting = Submission.objects.for_challenge(challenge).counting()
    for submission in counting.order_by("code"):
        facts = {"submission": submission.code, "version": submission.number}
        log.append(challenge, LeafKind.COUNTING, facts, at=at, submission=submission)
    return make(challenge, SealKind.DEADLINE, now=at)


def _deadline_seals(phase: Phase) -> QuerySet[Seal]:
    return Seal.objects.filter(
        challenge=phase.challenge_id, kind=SealKind.DEADLINE, made_at__gte=phase.ends_at
    )


def seal_deadlines(now: dt.datetime) -> int:
    """Seal every problem statement whose deadline is over; return how many (for the sweep)."""
    over = Phase.objects.filter(
        kind=PhaseKind.SUBMISSION,
        ends_at__lte=now - deadlines.grace(),
        challenge__state__in=PUBLIC_STATES - {ChallengeState.CANCELLED},
    ).select_related("challenge__competition")
    return sum(
        not _deadline_seals(phase).exists() and at_deadline(phase.challenge) is not None
        for phase in over
    )
