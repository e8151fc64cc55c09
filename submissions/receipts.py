"""Receipts: what is signed, and how a receipt is checked.

What is signed are the bytes of the canonical JSON of the payload (sorted keys, no spaces, UTF-8);
it holds text, whole numbers and lists only, so that every program writes the same bytes. It names
the team by its code and no person.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from core import signing
from core.audit import canonical
from core.display import iso_utc
from submissions import log
from submissions.models import LeafKind, LogLeaf, Receipt

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Phase
    from submissions.models import Submission

SCHEMA: Final = "auslobung-receipt/1"
ALGORITHM: Final = "Ed25519"
MAX_LENGTH: Final = 100_000  # characters of a pasted receipt; real ones have about 2,000


def payload_of(submission: Submission, *, phase: Phase, received_at: dt.datetime) -> dict[str, Any]:
    """Return what the receipt of a version says."""
    entry = submission.entry
    challenge = entry.challenge
    zone = ZoneInfo(settings.TIME_ZONE)
    return {
        "schema": SCHEMA,
        "issuer": settings.BASE_URL,
        "key_id": signing.key_id(),
        "reference": submission.reference,
        "submission": submission.code,
        "version": submission.number,
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        "statement_sha256": challenge.frozen_hash,
        "terms_version": entry.terms.version,
        "team": entry.team.code,
        "received_at_utc": iso_utc(received_at),
        "received_at_local": _local(received_at, zone),
        # Handed in within the grace: when the upload began that crossed the deadline.
        "upload_begun_at_utc": submission.upload_begun_at and iso_utc(submission.upload_begun_at),
        "time_zone": settings.TIME_ZONE,
        "deadline_utc": iso_utc(phase.ends_at),
        "deadline_local": _local(phase.ends_at, zone),
        "on_time_by_seconds": int((phase.ends_at - received_at).total_seconds()),
        "text_sha256": text_hash(submission),
        "files": [
            {
                "kind": file.kind,
                "name": file.original_name,
                "size": file.size,
                "sha256": file.sha256,
                "uploaded_at_utc": iso_utc(file.uploaded_at),
            }
            for file in sorted(submission.files.all(), key=lambda file: file.kind)
        ],
    }


def text_hash(submission: Submission) -> str:
    """Return the SHA-256 of title, summary, link, card and self-check as canonical JSON."""
    texts: dict[str, Any] = {
        "link": submission.link,
        "summary": submission.summary,
        "title": submission.title,
    }
    # Named only where something was answered, so that receipts of before keep their hash.
    texts |= {
        name: answers for name in ("card", "self_check") if (answers := getattr(submission, name))
    }
    return hashlib.sha256(canonical(texts).encode()).hexdigest()


def issue(
    submission: Submission, payload: dict[str, Any], *, at: dt.datetime
) -> tuple[Receipt, LogLeaf]:
    """Sign the payload with the leaf of the version, store the receipt, and return both.

    The caller stores the leaf (`log.store`) in the same transaction, as late as possible: from then
    on all others who hand in wait. The position of the leaf is not told: before the deadline it
    would say how many there are.
    """
    leaf = log.draw(
        submission.entry.challenge,
        LeafKind.SUBMISSION,
        {
            "submission": submission.code,
            "version": submission.number,
            "received_at": log.moment(at),
            "text_sha256": payload["text_sha256"],
            "files": [
                {name: file[name] for name in ("kind", "size", "sha256")}
                for file in payload["files"]
            ],
        },
        at=at,
        submission=submission,
    )
    payload = {**payload, "leaf": leaf.data, "leaf_hash": leaf.hash}
    receipt = Receipt.objects.create(
        submission=submission,
        payload=payload,
        signature=signing.sign(canonical(payload).encode()),
        key_id=payload["key_id"],
        issued_at=at,
    )
    return receipt, leaf


def document_of(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as the file that people keep: payload, signature and public key."""
    return {
        "payload": receipt.payload,
        "algorithm": ALGORITHM,
        "signature": receipt.signature,
        "public_key": signing.public_key(),
    }


def mail_key(submission: Submission) -> str:
    """Return how the outbox keys of the mails with one receipt begin."""
    return f"receipt:{submission.code}:"


def again_key(submission: Submission, person: User) -> str:
    """Return how the outbox keys of the mails begin that a person asked for once more."""
    return f"receipt_again:{submission.code}:{person.pk}:"


def _local(at: dt.datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


class Verdict(StrEnum):
    """What the check of a receipt found."""

    GENUINE = "genuine"  # signed by this installation, unchanged
    CHANGED = "changed"  # says that it is ours, but the signature does not fit
    FOREIGN = "foreign"  # signed with another key, which may be anybody's


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome for a page: verdict, and what the receipt says about itself."""

    verdict: Verdict
    key_id: str
    own_key_id: str
    payload: dict[str, Any]
    # Whether the signature fits the key inside the file; says nothing about whose key it is.
    is_consistent: bool
    # The stored receipt; None if it is not on record here.
    receipt: Receipt | None

    @property
    def is_genuine(self) -> bool:
        """Say whether the receipt was issued here and is unchanged."""
        return self.verdict == Verdict.GENUINE

    @property
    def is_on_record(self) -> bool:
        """Say whether this installation has stored the receipt."""
        return self.receipt is not None

    @property
    def received_at(self) -> dt.datetime:
        """Return when a genuine receipt says that the version arrived."""
        return dt.datetime.fromisoformat(self.payload["received_at_utc"])

    @property
    def deadline_at(self) -> dt.datetime:
        """Return the deadline that a genuine receipt names."""
        return dt.datetime.fromisoformat(self.payload["deadline_utc"])


class Unreadable(ValueError):
    """The text is not a receipt at all."""


def verify(text: str) -> Verification:
    """Check a pasted receipt against the key of this installation.

    Raises:
        Unreadable: the text is not JSON, or lacks payload or signature.

    """
    payload, signature, given_key, signed = _read(text)
    own = signing.key_id()
    if signing.is_valid(signed, signature):
        return Verification(
            verdict=Verdict.GENUINE,
            key_id=own,
            own_key_id=own,
            payload=payload,
            is_consistent=True,
            receipt=Receipt.objects.filter(signature=_normal(signature))
            .select_related("submission__entry__challenge__competition")
            .first(),
        )
    key_id = _key_id(given_key) or _hex_name(payload.get("key_id"))
    return Verification(
        verdict=Verdict.CHANGED if key_id == own else Verdict.FOREIGN,
        key_id=key_id,
        own_key_id=own,
        # What a stranger wrote is not repeated on our page.
        payload={},
        is_consistent=bool(given_key) and signing.is_valid(signed, signature, given_key),
        receipt=None,
    )


def leaf_hash_in(text: str) -> str:
    """Return the hash of the leaf that a pasted receipt holds, empty if it holds none."""
    try:
        leaf = _read(text)[0].get("leaf")
    except Unreadable:
        return ""
    return log.hash_of(leaf) if isinstance(leaf, dict) else ""


def _read(text: str) -> tuple[dict[str, Any], str, str, bytes]:
    """Return payload, signature, the key named in the text, and the bytes that were signed."""
    if len(text) > MAX_LENGTH:
        raise Unreadable
    try:
        document = json.loads(text.lstrip("\ufeff"))
        found = document if isinstance(document, dict) else {}
        payload, signature = found.get("payload"), found.get("signature")
        signed = canonical(payload).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    # The key signs seals as well; what does not say that it is a receipt is none.
    if not isinstance(payload, dict) or payload.get("schema") != SCHEMA:
        raise Unreadable
    if not isinstance(signature, str):
        raise Unreadable
    key = found.get("public_key")
    return payload, signature, key if isinstance(key, str) else "", signed


def _normal(signature: str) -> str:
    """Return the one way in which the bytes of a signature are written in base64."""
    return base64.b64encode(base64.b64decode(signature)).decode("ascii")


def _key_id(key: str) -> str:
    """Return the short name of a public key, empty if it is none."""
    try:
        raw = base64.b64decode(key, validate=True)
    except ValueError:
        return ""
    return hashlib.sha256(raw).hexdigest()[:16] if raw else ""


def _hex_name(value: Any) -> str:
    """Return a short name of a key as somebody wrote it, empty if it cannot be one."""
    return value if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{16}", value) else ""
