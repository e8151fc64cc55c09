"""The log of a problem statement: salted leaves in one order, from which roots are made.

Each acknowledged version is a leaf. At the deadline a leaf per team says which version counts, so a
withdrawal or a choice shows in the root; `scoring` adds what the jury and the decision commit to. A
late attempt is no leaf. No leaf names a team or a person, and its data are never public as a whole:
roots and hashes are. 16 random bytes in each leaf keep small contents from being guessed.

Locks are taken in one order everywhere: entry (or jury), then the row of the log, then the head of
the audit chain. So whoever appends does it before the audit event of the change.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction

from core import merkle, signing
from core.audit import canonical
from submissions.models import Log, LogLeaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from competition.models import Challenge
    from submissions.models import Seal, Submission

LEAF_VERSION: Final = 1
SALT_BYTES: Final = 16
NOTE_SCHEMA: Final = "auslobung-root/1"
INCLUSION_SCHEMA: Final = "auslobung-inclusion/1"
CONSISTENCY_SCHEMA: Final = "auslobung-consistency/1"
ALGORITHM: Final = "Ed25519"


def lock(challenge: Challenge) -> Log:
    """Return the row of the log, locked until the open transaction ends.

    Raises:
        RuntimeError: there is no open transaction that could hold the lock.

    """
    if not transaction.get_connection().in_atomic_block:
        message = "A leaf needs the transaction of the change that it commits to."
        raise RuntimeError(message)
    logs = Log.objects.select_for_update(no_key=True)
    if (row := logs.filter(challenge=challenge).first()) is not None:
        return row
    Log.objects.get_or_create(challenge=challenge)
    return logs.get(challenge=challenge)


def append(
    challenge: Challenge,
    kind: str,
    facts: Mapping[str, Any],
    *,
    at: dt.datetime,
    submission: Submission | None = None,
) -> LogLeaf:
    """Add a leaf in the transaction of the change; `facts` hold text, whole numbers and lists."""
    return store(draw(challenge, kind, facts, at=at, submission=submission))


def draw(
    challenge: Challenge,
    kind: str,
    facts: Mapping[str, Any],
    *,
    at: dt.datetime,
    submission: Submission | None = None,
) -> LogLeaf:
    """Return a leaf without its place: salt, data and hash do not depend on what came before."""
    data = {
        "v": LEAF_VERSION,
        "kind": str(kind),
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        **facts,
        "salt": secrets.token_hex(SALT_BYTES),
    }
    return LogLeaf(
        challenge=challenge,
        kind=kind,
        data=data,
        hash=hash_of(data),
        made_at=at,
        submission=submission,
    )


def store(leaf: LogLeaf) -> LogLeaf:
    """Give a leaf the next place and store it; from here on everybody else who appends waits."""
    row = lock(leaf.challenge)
    leaf.index = row.size
    leaf.save(force_insert=True)
    row.size += 1
    row.save(update_fields=["size"])
    return leaf


def hash_of(data: Mapping[str, Any]) -> str:
    """Return the hash of a leaf with these data, in hex."""
    return merkle.leaf_hash(canonical(data).encode()).hex()


def hashes(challenge: Challenge, size: int | None = None) -> list[bytes]:
    """Return the hashes of the leaves in their order, the first `size` of them."""
    stored = LogLeaf.objects.filter(challenge=challenge).order_by("index")
    return [bytes.fromhex(text) for text in stored.values_list("hash", flat=True)[:size]]


def moment(at: dt.datetime) -> str:
    """Return a time as leaves and notes have it: UTC with microseconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def note_of(
    challenge: Challenge, *, kind: str, number: int, size: int, root: str, at: dt.datetime
) -> dict[str, Any]:
    """Return what is signed for a root."""
    return {
        "schema": NOTE_SCHEMA,
        "issuer": settings.BASE_URL,
        "key_id": signing.key_id(),
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        "kind": str(kind),
        "number": number,
        "size": size,
        "root": root,
        "time": moment(at),
    }


def document_of(seal: Seal) -> dict[str, Any]:
    """Return a root as the file that people keep: note, signature and public key."""
    return {
        "note": seal.note,
        "algorithm": ALGORITHM,
        "signature": seal.signature,
        "public_key": signing.public_key(),
    }
