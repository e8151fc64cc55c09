"""Files by the name of their storage; the only module that speaks S3.

Aliases: `resources` (data packages, documents of challenges), `submissions`, `ground_truth`
(credentials of its own), `exports`. Keys are generated; a name given by a person never becomes part
of a path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from storages.backends.s3 import S3Storage

from core.exceptions import UploadRefused

CHUNK = 64 * 1024
RESOURCES = "resources"
SUBMISSIONS = "submissions"
GROUND_TRUTH = "ground_truth"
EXPORTS = "exports"


class DurableFileSystemStorage(FileSystemStorage):
    """Local files that survive a power cut: file and folder reach the disk before we go on."""

    def _save(self, name: str, content: File[Any]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]  # missing in the stubs
        path = Path(self.path(saved))
        for target in (path, path.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return saved


class PrivateS3Storage(S3Storage):  # type: ignore[misc]  # django-storages is untyped
    """An S3 bucket that only hands out short-lived signed addresses.

    Keys are random, so nobody is asked whether one is taken. That also lets the web process write
    ground truth with a key that may put objects and do nothing else.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name as it is."""
        return name


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the server itself found out about a stored file."""

    key: str
    size: int
    sha256: str


class _HashingFile(File[bytes]):
    """Hashes and counts what a storage reads, so that a file is read once."""

    def __init__(self, source: File[bytes], limit: int) -> None:
        super().__init__(source.file, source.name)
        self.digest = hashlib.sha256()
        self.count = 0
        self._limit = limit
        self._source = source

    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]:  # type: ignore[override]
        for chunk in self._source.chunks(CHUNK):
            self._take(chunk)
            yield chunk

    def _take(self, chunk: bytes) -> None:
        self.count += len(chunk)
        if self.count > self._limit:
            raise UploadRefused(
                "too_large",
                _("The file is larger than %(limit)s MB. Choose a smaller file.")
                % {"limit": self._limit // 1_000_000},
            )
        self.digest.update(chunk)


def store(
    alias: str, source: File[bytes], *, folder: str, suffix: str, limit: int | None = None
) -> StoredFile:
    """Write a file under a generated key and return what was written.

    `folder` is a code of ours, `suffix` one of an allow-list such as ".csv". The limit in bytes
    defaults to the setting AUSLOBUNG_UPLOAD_MAX_MB.

    Raises:
        UploadRefused: the file is larger than the limit; nothing stays behind.

    """
    storage = storages[alias]
    wanted = f"{folder}/{secrets.token_hex(16)}{suffix}"
    if isinstance(storage, S3Storage):
        # boto3 reads the file itself, so it is hashed first; the second pass uploads.
        hashing = _HashingFile(source, limit or settings.UPLOAD_MAX_BYTES)
        for _chunk in hashing.chunks():
            pass
        source.seek(0)
        key = storage.save(wanted, source)
    else:
        hashing = _HashingFile(source, limit or settings.UPLOAD_MAX_BYTES)
        try:
            key = storage.save(wanted, hashing)
        except UploadRefused:
            storage.delete(wanted)
            raise
    return StoredFile(key=key, size=hashing.count, sha256=hashing.digest.hexdigest())


def open_file(alias: str, key: str) -> IO[bytes]:
    """Open a stored file for reading."""
    return storages[alias].open(key, "rb")


def exists(alias: str, key: str) -> bool:
    """Say whether a file is there."""
    return storages[alias].exists(key)


def delete(alias: str, key: str) -> None:
    """Remove a file that no row names (an abandoned upload)."""
    storages[alias].delete(key)


def sha256_of(alias: str, key: str) -> str:
    """Read a stored file again and return its SHA-256 (for check_invariants)."""
    digest = hashlib.sha256()
    with open_file(alias, key) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


_INLINE = {".pdf": "application/pdf", ".png": "image/png"}
_TYPES = {".csv": "text/csv; charset=utf-8", **_INLINE}


def download(
    alias: str, key: str, *, name: str, inline: bool = False
) -> HttpResponse | FileResponse:
    """Answer with a stored file: a signed address with S3 (60 s), the bytes themselves otherwise.

    Everything is an attachment, except a PDF that is asked for inline (the jury's reading pane).
    The caller has checked the permission.
    """
    suffix = Path(key).suffix.lower()
    content_type = _TYPES.get(suffix, "application/octet-stream")
    as_inline = inline and suffix in _INLINE
    disposition = "inline" if as_inline else "attachment"
    storage = storages[alias]
    if isinstance(storage, S3Storage) and not as_inline:
        safe = name.encode("ascii", "ignore").decode().replace('"', "")
        url = storage.url(
            key,
            parameters={
                "ResponseContentDisposition": f'{disposition}; filename="{safe}"',
                "ResponseContentType": content_type,
            },
        )
        return HttpResponseRedirect(url)
    response = FileResponse(
        storage.open(key, "rb"),
        as_attachment=not as_inline,
        filename=name,
        content_type=content_type,
    )
    response["Cache-Control"] = "private, no-store"
    if as_inline:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        # Shown in a frame of our own pages, and nowhere else.
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'self'"
    return response
