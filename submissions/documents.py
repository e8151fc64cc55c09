"""Concept documents at rest: encrypted on arrival, sealed by handing in, opened by two people.

While a document belongs to a draft, its team can read it. Handing in throws the readable wrapping
of its key away; from then on nobody can read it through the product, we included, until the opening
(R-3, VE-10). Prediction files are not sealed: they feed the leaderboard (VE-13).

What this protects against and what not: docs/operations.md, section Sealed documents.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, sealing, storage
from core.exceptions import DomainError
from submissions.models import DocumentKey, OpeningKey
from submissions.states import FileKind
from submissions.validators import FILE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from django.core.files.base import File
    from django.http.response import HttpResponseBase

    from competition.models import Competition
    from core.storage import StoredFile
    from submissions.models import Submission, SubmissionFile

SEALED_KINDS: Final = frozenset({FileKind.CONCEPT})


class Sealed(DomainError):
    """Nobody can read the document before the opening."""

    status = 404

    def __init__(self) -> None:
        """Say so."""
        super().__init__("sealed", _("This document is sealed until the office opens it."))


def key_file(opening_key: OpeningKey) -> Path:
    """Return where the private half of an opening key is looked for."""
    folder: Path = settings.OPENING_KEY_DIR
    return folder / opening_key.file_name


@transaction.atomic
def opening_key_of(competition: Competition) -> OpeningKey:
    """Return the key for which documents of a competition are sealed; the first document makes it.

    The private half is written to `AUSLOBUNG_OPENING_KEY_DIR`, from where the operator may take it
    away until the opening.
    """
    if known := OpeningKey.objects.filter(competition=competition).first():
        return known
    type(competition).objects.select_for_update(no_key=True).get(pk=competition.pk)
    if known := OpeningKey.objects.filter(competition=competition).first():
        return known
    moment = clock.now()
    made = OpeningKey(competition=competition, created_at=moment)
    path = key_file(made)
    try:
        made.public_key = sealing.make_opening_key(path)
    except FileExistsError:
        made.public_key = sealing.public_key_in(path)
    made.save()
    audit.record("opening_key.made", target=made, by=None, now=moment)
    return made


def store(
    source: IO[bytes] | File[bytes],
    *,
    submission: Submission,
    kind: FileKind,
    limit: int,
    inspect: Callable[[bytes], None],
) -> tuple[StoredFile, DocumentKey | None]:
    """Write a file of a version; a document is encrypted on the way.

    Returns the plain size and SHA-256, and the key of a document, not saved yet. `inspect` is shown
    the first bytes and may raise.

    Raises:
        UploadRefused: it is larger than `limit` bytes; nothing stays behind.
        StorageUnavailable: the store does not answer.

    """
    folder, suffix = submission.code, FILE_RULES[kind].suffix
    if kind not in SEALED_KINDS:
        stored = storage.store(
            storage.SUBMISSIONS,
            source,
            folder=folder,
            suffix=suffix,
            limit=limit,
            inspect=inspect,
        )
        return stored, None
    opening_key = opening_key_of(submission.entry.challenge.competition)
    key = sealing.new_key()
    if source.seekable():
        source.seek(0)
    plain = storage.Measured(source, limit, inspect)
    sealed = io.BufferedReader(sealing.SealingReader(plain, key), sealing.SEGMENT)
    stored = storage.store(
        storage.SUBMISSIONS,
        sealed,
        folder=folder,
        suffix=suffix,
        limit=sealing.sealed_size(limit),
    )
    return replace(stored, size=plain.count, sha256=plain.digest.hexdigest()), DocumentKey(
        storage_key=stored.key,
        opening_key=opening_key,
        for_opening=sealing.wrap_for_opening(key, opening_key.public_key, name=stored.key),
        readable=sealing.wrap(key, name=stored.key),
        stored_sha256=stored.sha256,
    )


def seal(submission: Submission) -> None:
    """Make the documents of a version unreadable until the opening; part of handing in."""
    keys = submission.files.filter(kind__in=SEALED_KINDS).values("key")
    DocumentKey.objects.filter(storage_key__in=keys).update(readable="")


def sealed_among(files: Iterable[SubmissionFile]) -> set[str]:
    """Return the storage keys of those files that nobody can read now; one query."""
    keys = [file.key for file in files if file.kind in SEALED_KINDS]
    if not keys:
        return set()
    sealed = DocumentKey.objects.sealed().filter(storage_key__in=keys)
    return set(sealed.values_list("storage_key", flat=True))


def download(file: SubmissionFile, *, name: str, inline: bool = False) -> HttpResponseBase:
    """Answer with a file of a version; the caller has checked the permission.

    Raises:
        Sealed: nobody can read it now.

    """
    if file.kind not in SEALED_KINDS:
        return storage.download(storage.SUBMISSIONS, file.key, name=name, inline=inline)
    response = storage.download(
        storage.SUBMISSIONS, file.key, name=name, inline=inline, content=open_file(file)
    )
    response["Content-Length"] = file.size
    return response


def open_file(file: SubmissionFile) -> IO[bytes]:
    """Open a file of a version for reading, decrypted if it was stored encrypted.

    Raises:
        Sealed: nobody can read it now.

    """
    stored = storage.open_file(storage.SUBMISSIONS, file.key)
    document_key = DocumentKey.objects.filter(storage_key=file.key).first()
    if document_key is None:
        return stored
    if document_key.is_sealed:
        stored.close()
        raise Sealed
    key = sealing.unwrap(document_key.readable, name=file.key)
    return io.BufferedReader(sealing.OpenedReader(stored, key), sealing.SEGMENT)
