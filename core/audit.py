"""The audit chain: one event per change, in the transaction of the change.

hash(n) = SHA-256(hash(n−1) ‖ canonical JSON of event n). Whoever changes, removes or inserts a row
breaks every later hash. Numbers have no gaps because the head row is locked while one is taken.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from core import clock
from core.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from collections.abc import Mapping

GENESIS = "0" * 64
_SECRET_WORDS = ("password", "secret", "token", "code_plain", "private_note")


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8 as is."""
    return json.dumps(
        value, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def event_hash(
    *,
    sequence: int,
    at: dt.datetime,
    actor: int | None,
    action: str,
    target_type: str,
    target_key: str,
    reason: str,
    data: Mapping[str, Any],
    previous_hash: str,
) -> str:
    """Return the hex SHA-256 that ties an event to the one before it."""
    text = canonical(
        {
            "sequence": sequence,
            "at": at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "actor": actor,
            "action": action,
            "target": [target_type, target_key],
            "reason": reason,
            "data": data,
        }
    )
    return hashlib.sha256(previous_hash.encode() + text.encode()).hexdigest()


SPELL: Final = dt.timedelta(minutes=10)


def record(
    action: str,
    *,
    target: models.Model | None,
    by: models.Model | None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    now: dt.datetime | None = None,
) -> AuditEvent:
    """Append one event; must run inside the transaction that makes the change.

    `data` holds identifiers, states and numbers, never personal content; values under secret names
    are masked. `by=None` means the platform itself (clock, worker).

    Raises:
        RuntimeError: there is no open transaction, so the event could outlive a rolled-back change.

    """
    if not transaction.get_connection().in_atomic_block:
        message = "audit.record() needs the transaction of the change it records."
        raise RuntimeError(message)
    head = _locked_head()
    # Through JSON once, so that what is hashed is what is stored on every database.
    stored: dict[str, Any] = json.loads(canonical(_masked(dict(data or {}))))
    fields: dict[str, Any] = {
        "sequence": head.sequence + 1,
        "at": now or clock.now(),
        "actor": by.pk if by is not None else None,
        "action": action,
        "target_type": target._meta.label_lower if target is not None else "",
        "target_key": str(target.pk) if target is not None else "",
        "reason": reason,
        "data": stored,
        "previous_hash": head.hash,
    }
    event = AuditEvent(**fields, hash=event_hash(**fields))
    event.save(force_insert=True)
    head.sequence, head.hash = event.sequence, event.hash
    head.save(update_fields=["sequence", "hash"])
    return event


def record_spell(
    action: str,
    *,
    target: models.Model,
    by: models.Model,
    part: str,
    now: dt.datetime | None = None,
) -> AuditEvent | None:
    """Record that somebody writes on a part of a draft: once while a spell of writing lasts.

    Drafts save themselves every few seconds. One event for each person, part and ten minutes says
    who wrote when; what was written is in the draft, and fixed with its hash once it is handed in.
    """
    at = now or clock.now()
    known = AuditEvent.objects.filter(
        target_type=target._meta.label_lower,
        target_key=str(target.pk),
        action=action,
        actor=by.pk,
        at__gt=at - SPELL,
        data__part=part,
    )
    if known.exists():
        return None
    return record(action, target=target, by=by, data={"part": part}, now=at)


def _locked_head() -> AuditHead:
    heads = AuditHead.objects.select_for_update(no_key=True)
    if (head := heads.filter(id=1).first()) is not None:
        return head
    # The very first event of an installation.
    AuditHead.objects.get_or_create(id=1)
    return heads.get(id=1)


def _masked(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: "***" if any(word in key.lower() for word in _SECRET_WORDS) else value
        for key, value in data.items()
    }


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Outcome of a verification: how many events, and the first number that does not fit."""

    events: int
    head: str
    first_broken: int | None

    @property
    def is_intact(self) -> bool:
        """Say whether every event fits to the one before it and to the stored head."""
        return self.first_broken is None


def verify_chain() -> ChainReport:
    """Recompute every hash from the first event on; others may append events meanwhile."""
    report = _verify(ChainReport(0, GENESIS, None), AuditEvent.objects.all())
    head = AuditHead.objects.filter(id=1).first()
    if head is None or not report.is_intact:
        return report
    if head.sequence > report.events:
        # Appended since the events were read, or events at the end are missing.
        report = _verify(report, AuditEvent.objects.filter(sequence__lte=head.sequence))
    if report.is_intact and (head.sequence, head.hash) != (report.events, report.head):
        return ChainReport(report.events, report.head, report.events + 1)
    return report


def _verify(start: ChainReport, events: models.QuerySet[AuditEvent]) -> ChainReport:
    """Go on from what is verified with the events that follow."""
    count, previous = start.events, start.head
    following = events.filter(sequence__gt=count).order_by("sequence")
    for event in following.iterator(chunk_size=2_000):
        recomputed = event_hash(
            sequence=event.sequence,
            at=event.at,
            actor=event.actor,
            action=event.action,
            target_type=event.target_type,
            target_key=event.target_key,
            reason=event.reason,
            data=event.data,
            previous_hash=event.previous_hash,
        )
        fits = (
            event.sequence == count + 1
            and event.previous_hash == previous
            and event.hash == recomputed
        )
        if not fits:
            return ChainReport(count, previous, count + 1)
        previous, count = event.hash, count + 1
    return ChainReport(count, previous, None)
