"""What can be proven about the log of a statement: roots, inclusion, consistency, bundle."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import override

from core import merkle
from submissions import log
from submissions.extensions import bundle_parts
from submissions.models import LeafKind, LogLeaf, Seal, SealKind

if TYPE_CHECKING:
    from competition.models import Challenge
    from submissions.models import Receipt

BUNDLE_SCHEMA: Final = "auslobung-bundle/1"
# Same files, same bytes: an archive tells no time of its making, and nothing is compressed.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


def seals_of(challenge: Challenge) -> list[Seal]:
    """Return the roots of a problem statement with their time stamps, the oldest first."""
    return list(
        Seal.objects.filter(challenge=challenge)
        .select_related("previous", "timestamp")
        .order_by("number")
    )


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A leaf in a root, with the path that proves it."""

    seal: Seal
    leaf_hash: str
    index: int
    path: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the proof as the file that people keep."""
        return {
            "schema": log.INCLUSION_SCHEMA,
            "competition": self.seal.note["competition"],
            "challenge": self.seal.note["challenge"],
            "leaf_hash": self.leaf_hash,
            "index": self.index,
            "size": self.seal.size,
            "root": self.seal.root,
            "path": list(self.path),
        }


def inclusion(seal: Seal, leaf_hash: str) -> Inclusion | None:
    """Prove that a root holds the leaf with a hash; None if it does not."""
    leaf = LogLeaf.objects.filter(
        challenge=seal.challenge_id, hash=leaf_hash, index__lt=seal.size
    ).first()
    if leaf is None:
        return None
    path = merkle.inclusion_proof(log.hashes(seal.challenge, seal.size), leaf.index)
    return Inclusion(seal, leaf.hash, leaf.index, tuple(node.hex() for node in path))


def first_root_with(challenge: Challenge, leaf_hash: str) -> Seal | None:
    """Return the oldest root that holds the leaf with a hash; None while there is none."""
    leaf = LogLeaf.objects.filter(challenge=challenge, hash=leaf_hash).first()
    if leaf is None:
        return None
    holding = Seal.objects.filter(challenge=challenge, size__gt=leaf.index)
    return holding.select_related("timestamp").order_by("number").first()


def consistency(old: Seal, new: Seal) -> dict[str, Any]:
    """Prove that the newer of two roots continues the older one."""
    path = merkle.consistency_proof(log.hashes(new.challenge, new.size), old.size)
    return {
        "schema": log.CONSISTENCY_SCHEMA,
        "competition": new.note["competition"],
        "challenge": new.note["challenge"],
        "old_size": old.size,
        "old_root": old.root,
        "size": new.size,
        "root": new.root,
        "path": [node.hex() for node in path],
    }


@dataclass(frozen=True, slots=True)
class Containment:
    """Whether a root holds the leaf of a receipt, for a page."""

    leaf_hash: str
    # The oldest root that holds it; None: there is none yet.
    seal: Seal | None
    # Whether a root was made since the receipt; if it does not hold the leaf, something is wrong.
    is_due: bool
    # Whether the newest root of the deadline says that this version counts; None without one.
    counts: bool | None


def containment(receipt: Receipt) -> Containment:
    """Look up the leaf of a receipt in the roots of its problem statement."""
    challenge = receipt.submission.entry.challenge
    leaf_hash = receipt.payload["leaf_hash"]
    seals = Seal.objects.filter(challenge=challenge).order_by("number")
    deadline = seals.filter(kind=SealKind.DEADLINE).last()
    return Containment(
        leaf_hash=leaf_hash,
        seal=first_root_with(challenge, leaf_hash),
        is_due=seals.filter(made_at__gte=receipt.issued_at).exists(),
        counts=None
        if deadline is None
        else LogLeaf.objects.filter(
            challenge=challenge,
            kind=LeafKind.COUNTING,
            submission=receipt.submission,
            made_at=deadline.made_at,
        ).exists(),
    )


# -- the bundle ------------------------------------------------------------------------------------


def bundle(challenge: Challenge) -> bytes:
    """Return the archive of a published result: the same bytes for the same rows (VE-14)."""
    with override("de"):
        parts = [part(challenge) for part in bundle_parts]
    files = {name: content for part in parts for name, content in part.items()}
    manifest = {
        "schema": BUNDLE_SCHEMA,
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        "files": {
            name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())
        },
    }
    files["manifest.json"] = as_file(manifest)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content)
    return buffer.getvalue()


@bundle_parts.register
def _roots(challenge: Challenge) -> dict[str, bytes]:
    """Return every root, its time stamp, and the proof that it continues the one before."""
    files: dict[str, bytes] = {}
    for seal in seals_of(challenge):
        name = f"roots/{seal.number:02}-{seal.kind}"
        files[f"{name}.json"] = as_file(log.document_of(seal))
        if seal.stamp is not None:
            files[f"{name}.tsr"] = seal.stamp
        if seal.previous is not None:
            name = f"consistency/{seal.previous.number:02}-{seal.number:02}.json"
            files[name] = as_file(consistency(seal.previous, seal))
    return files


def leaf_files(
    challenge: Challenge, kind: str, folder: str, *, number: int | None = None
) -> dict[str, bytes]:
    """Return the data of a leaf of a kind and the proof that the last root holds it.

    The newest one, unless a number, from 0 on, says which.
    """
    leaves = list(LogLeaf.objects.filter(challenge=challenge, kind=kind).order_by("index"))
    leaf = leaves[-1 if number is None else number] if leaves else None
    seal = Seal.objects.filter(challenge=challenge).order_by("number").last()
    proof = inclusion(seal, leaf.hash) if leaf is not None and seal is not None else None
    if leaf is None or proof is None:
        return {}
    return {
        f"{folder}/leaf.json": as_file(leaf.data),
        f"{folder}/inclusion.json": as_file(proof.document()),
    }


def as_file(document: Any) -> bytes:
    """Return a document as it lies in files: readable, sorted, UTF-8."""
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()
