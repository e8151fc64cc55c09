"""Files by the name of their storage; with `core.staging`, all that speaks S3.

Aliases: `resources` (data packages, documents of challenges), `submissions`, `ground_truth`
(credentials of its own), `exports`. Keys are generated; a name given by a person never becomes part
of a path.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlsplit

import boto3
import botocore.session
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from storages.backends.s3 import S3Storage

from core.exceptions import StorageUnavailable, UploadRefused

_log = logging.getLogger(__name__)

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
        for target in (path, path.parent, path.parent.parent):
            fsync(target)
        return saved


def fsync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _descriptions() -> Any:
    return botocore.session.get_session().get_component("data_loader")


class PrivateS3Storage(S3Storage):  # type: ignore[misc]  # django-storages is untyped
    """An S3 bucket that only hands out short-lived signed addresses.

    Keys are random, so nobody is asked whether one is taken. That also lets the web process write
    ground truth with a key that may put objects and do nothing else. A store that does not answer
    is asked three times more, then the request fails (FA-8). Large objects pass through in pieces
    and are never in memory as a whole.
    """

    def __init__(self, **options: Any) -> None:
        """Add limits of time and memory to the options of the settings."""
        super().__init__(**options)
        patience = Config(
            connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}
        )
        given: Config = getattr(self, "client_config")  # noqa: B009  (untyped)
        self.client_config = patience.merge(given)
        self.transfer_config = TransferConfig(use_threads=False)
        self.max_memory_size = 2_500_000
        self._signer: Any = None

    def get_default_settings(self) -> dict[str, Any]:
        """Know one option more: where browsers reach the store, if not where we do."""
        return {**super().get_default_settings(), "public_endpoint_url": None}

    def _create_session(self) -> boto3.Session:
        """Return a session that shares with all others what describes the interface of S3.

        Each thread has one for each storage. With descriptions of its own, a session takes 12 MB
        and longer than a request; so it takes half a megabyte.
        """
        session = botocore.session.get_session()
        session.register_component("data_loader", _descriptions())
        return boto3.Session(
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.security_token,
            botocore_session=session,
        )

    @property
    def signer(self) -> Any:
        """Return the client that signs addresses for browsers; it connects to nothing.

        A signature covers the name of the server, so it has to be the one that browsers use.
        """
        if not self.public_endpoint_url:
            return self.connection.meta.client
        if self._signer is None:
            self._signer = self._create_session().client(
                "s3",
                region_name=self.region_name,
                endpoint_url=self.public_endpoint_url,
                config=self.client_config,
            )
        return self._signer

    def place_of(self, name: str) -> dict[str, str]:
        """Return bucket and whole key of a name, as the calls of a client want them."""
        key = f"{self.location.strip('/')}/{name}".lstrip("/")
        return {"Bucket": self.bucket_name, "Key": key}

    def url(
        self,
        name: str,
        parameters: dict[str, str] | None = None,
        expire: int | None = None,
        http_method: str | None = None,
    ) -> str:
        """Return a signed address for reading."""
        address: str = self.signer.generate_presigned_url(
            "get_object",
            Params={**self.place_of(name), **(parameters or {})},
            ExpiresIn=expire or self.querystring_expire,
            HttpMethod=http_method,
        )
        return address

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name as it is."""
        return name


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_out_of_room(error: BaseException | None) -> bool:
    """Say whether the disk is full, or what we may use of it."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def no_room() -> StorageUnavailable:
    """Return the error for a file that does not fit on the disk any more (FA-10)."""
    return StorageUnavailable(
        "no_room", _("The platform has no room for this file at the moment. Try again later.")
    )


@contextmanager
def answering() -> Iterator[None]:
    """Turn what goes wrong between us and a store into an error with a sentence.

    Raises:
        StorageUnavailable: the store did not answer, or with an error; or the disk is full.

    """
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        # The store's words are for the log; a page must not repeat them.
        _log.warning("The file storage did not answer as it should: %s", error)
        raise StorageUnavailable(
            "storage_unavailable",
            _(
                "The file storage does not answer at the moment. Nothing was lost: wait a minute"
                " and try again."
            ),
        ) from error
    except OSError as error:  # some of boto's are such errors, too: last
        if not is_out_of_room(error):
            raise
        _log.exception("There is no room left on the disk.")
        raise no_room() from error


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the server itself found out about a stored file."""

    key: str
    size: int
    sha256: str


class Measured(io.RawIOBase):
    """Hashes and counts what a storage reads, so that a file is read once.

    `inspect` gets the first bytes before anything is written, and may refuse them.
    """

    def __init__(
        self,
        source: IO[bytes] | File[bytes],
        limit: int,
        inspect: Callable[[bytes], None] | None,
    ) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self.count = 0
        self._source = source
        self._limit = limit
        self._inspect = inspect

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return exactly `size` bytes, fewer at the end only: parts of S3 may not be shorter."""
        data = self._source.read(size)
        if 0 < len(data) < size:
            pieces = [data]
            while (missing := size - sum(map(len, pieces))) and (
                piece := self._source.read(missing)
            ):
                pieces.append(piece)
            data = b"".join(pieces)
        if self._inspect is not None and not self.count:
            self._inspect(data[:CHUNK])
        self.count += len(data)
        if self.count > self._limit:
            raise UploadRefused(
                "too_large",
                _("The file is larger than %(limit)s MB. Choose a smaller file.")
                % {"limit": self._limit // 1_000_000},
            )
        self.digest.update(data)
        return data


def store(
    alias: str,
    source: IO[bytes] | File[bytes],
    *,
    folder: str,
    suffix: str,
    limit: int | None = None,
    inspect: Callable[[bytes], None] | None = None,
) -> StoredFile:
    """Write a file under a generated key and return what was written.

    The one way from a stream to the place where a file stays: the source is read once and is never
    in memory as a whole. `folder` is a code of ours, `suffix` one of an
    allow-list such as ".csv". The limit in bytes defaults to the setting AUSLOBUNG_UPLOAD_MAX_MB.
    `inspect` is shown the first bytes and may raise.

    Raises:
        UploadRefused: the file is larger than the limit; nothing stays behind.
        StorageUnavailable: the store does not answer; nothing stays behind that a row names.

    """
    storage = storages[alias]
    if source.seekable():
        source.seek(0)
    measured = Measured(source, settings.UPLOAD_MAX_BYTES if limit is None else limit, inspect)
    wanted = f"{folder}/{secrets.token_hex(16)}{suffix}"
    with answering():
        try:
            key: str = storage.save(wanted, File(cast("IO[bytes]", measured)))
        except BaseException:
            if not isinstance(storage, S3Storage):
                # A store keeps nothing of an object that was not finished.
                storage.delete(wanted)
            raise
        # The role that writes ground truth may put objects and do nothing else, not even ask.
        if alias != GROUND_TRUTH and storage.size(key) != measured.count:
            storage.delete(key)
            raise StorageUnavailable(
                "stored_partially", _("The file was not stored completely. Try again.")
            )
    return StoredFile(key=key, size=measured.count, sha256=measured.digest.hexdigest())


def public_origin(alias: str) -> str:
    """Return the origin of the store as browsers see it; empty with local files.

    It is read off a signed address: without an endpoint of its own, the region tells the name.
    """
    storage = storages[alias]
    if not isinstance(storage, PrivateS3Storage):
        return ""
    address = urlsplit(storage.url("any"))
    return f"{address.scheme}://{address.netloc}"


def open_file(alias: str, key: str) -> IO[bytes]:
    """Open a stored file for reading."""
    with answering():
        return storages[alias].open(key, "rb")


def exists(alias: str, key: str) -> bool:
    """Say whether a file is there."""
    return storages[alias].exists(key)


def delete(alias: str, key: str) -> None:
    """Remove a file that no row names (an abandoned upload)."""
    storages[alias].delete(key)


def written_before(alias: str, moment: dt.datetime) -> Iterator[str]:
    """Yield the keys of files that were stored before a moment, in no order.

    What lies deeper than a folder and a name, such as parts of uploads, is not among them.
    """
    storage = storages[alias]
    if isinstance(storage, PrivateS3Storage):
        place = storage.place_of("")
        prefix = place["Key"]
        with answering():
            pages = storage.connection.meta.client.get_paginator("list_objects_v2").paginate(
                Bucket=place["Bucket"], Prefix=prefix
            )
            for item in (item for page in pages for item in page.get("Contents", ())):
                if item["LastModified"] < moment:
                    yield item["Key"].removeprefix(prefix)
        return
    root = Path(storage.path(""))
    for path in root.glob("*/*"):
        if path.is_file() and path.stat().st_mtime < moment.timestamp():
            yield path.relative_to(root).as_posix()


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
    alias: str, key: str, *, name: str, inline: bool = False, content: IO[bytes] | None = None
) -> HttpResponse | FileResponse:
    """Answer with a stored file: a signed address with S3 (60 s), the bytes themselves otherwise.

    Everything is an attachment, except a PDF that is asked for inline (the jury's reading pane).
    `content` is given where the bytes are not those that are stored (`core.sealing`). The caller
    has checked the permission.
    """
    suffix = Path(key).suffix.lower()
    content_type = _TYPES.get(suffix, "application/octet-stream")
    as_inline = inline and suffix in _INLINE
    disposition = "inline" if as_inline else "attachment"
    storage = storages[alias]
    if isinstance(storage, S3Storage) and not as_inline and content is None:
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
        content or storage.open(key, "rb"),
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
