"""Uploads in parts: what has arrived so far lies here, not in the database.

One contract, two drivers. With local files the browser sends each part to us, and a part is a file
of its own. With S3 the browser sends each part straight to the store, to an address that we sign
for it. Which parts are there is asked here and written down nowhere else. Nothing in the staging
area is ever handed out: `opened` gives the whole as a stream, which is read, judged and written to
its final place by `core.storage.store`.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from botocore.exceptions import ClientError
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _

from core.exceptions import StorageUnavailable, UploadRefused
from core.joined import JoinedFiles
from core.storage import PrivateS3Storage, answering, fsync, no_room

FOLDER: Final = "staging"
_MEBIBYTE: Final = 1024 * 1024
# S3 takes no smaller part, but the last one. Locally a part is what a lost connection costs.
_SMALLEST: Final = {True: 5 * _MEBIBYTE, False: 2 * _MEBIBYTE}
_PARTS: Final = 50
SIGNED_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Staged:
    """Where the parts of one upload lie; all three values are ours and stored with the upload."""

    alias: str
    key: str
    multipart_id: str = ""


def is_direct(alias: str) -> bool:
    """Say whether browsers send parts straight to the store."""
    return isinstance(storages[alias], PrivateS3Storage)


def part_size(alias: str, size: int) -> int:
    """Return how long the parts of an upload are; only the last one is shorter."""
    smallest = _SMALLEST[is_direct(alias)]
    wanted = -(-size // _PARTS)
    return max(smallest, -(-wanted // _MEBIBYTE) * _MEBIBYTE)


def begin(alias: str, size: int) -> Staged:
    """Make room for an upload of `size` bytes.

    Raises:
        StorageUnavailable: there is no room for it twice (parts and whole), or no answer.

    """
    key = f"{FOLDER}/{secrets.token_hex(16)}"
    if is_direct(alias):
        client, place = _s3(alias, key)
        with answering():
            return Staged(alias, key, client.create_multipart_upload(**place)["UploadId"])
    folder = _folder(alias, key)
    with answering():
        folder.mkdir(mode=0o700, parents=True)
    if shutil.disk_usage(folder).free < 2 * size:
        shutil.rmtree(folder)
        raise no_room()
    return Staged(alias, key)


def parts(staged: Staged) -> dict[int, int]:
    """Return the parts that are there: number (from 1) → size."""
    if staged.multipart_id:
        client, place = _s3(staged.alias, staged.key)
        with answering():
            pages = client.get_paginator("list_parts").paginate(
                **place, UploadId=staged.multipart_id
            )
            return {
                part["PartNumber"]: part["Size"] for page in pages for part in page.get("Parts", ())
            }
    return {int(path.stem): path.stat().st_size for path in _part_files(staged)}


def address_of_part(staged: Staged, number: int, size: int) -> str:
    """Return an address to which exactly `size` bytes can be put; it is valid for a minute."""
    storage = cast("PrivateS3Storage", storages[staged.alias])
    address: str = storage.signer.generate_presigned_url(
        "upload_part",
        Params={
            **storage.place_of(staged.key),
            "UploadId": staged.multipart_id,
            "PartNumber": number,
            "ContentLength": size,
        },
        ExpiresIn=SIGNED_SECONDS,
    )
    return address


def write_part(staged: Staged, number: int, source: IO[bytes], size: int) -> None:
    """Write one part to the local disk, durably; the same part again replaces it.

    Raises:
        UploadRefused: fewer bytes came than announced; what was there before stays.
        StorageUnavailable: the disk is full; what was there before stays.

    """
    folder = _folder(staged.alias, staged.key)
    path = folder / f"{number:05}.part"
    beside = folder / f"{number:05}.{secrets.token_hex(4)}.tmp"
    try:
        with answering(), beside.open("xb") as target:
            left = size
            # In large pieces: the web server copies what it holds ahead at every read.
            while left and (chunk := source.read(min(_MEBIBYTE, left))):
                target.write(chunk)
                left -= len(chunk)
            if left:
                raise UploadRefused(
                    "part_incomplete", _("The connection broke off. This part is sent once more.")
                )
            target.flush()
            os.fsync(target.fileno())
        beside.rename(path)
        fsync(folder)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def opened(staged: Staged) -> Iterator[IO[bytes]]:
    """Open all parts as one stream, in their order.

    Local parts are opened all at once, so that a part that is sent again meanwhile changes nothing,
    and they can be read from any place. With S3 the store joins the parts first, and they can be
    read once. It is safe to open an upload twice.

    Raises:
        StorageUnavailable: the store does not answer, or the parts are gone.

    """
    if not staged.multipart_id:
        with ExitStack() as stack:
            files = [stack.enter_context(_part(path)) for path in _part_files(staged)]
            yield cast("IO[bytes]", JoinedFiles([file.fileno() for file in files]))
        return
    client, place = _s3(staged.alias, staged.key)
    with answering():
        _join(client, place, staged.multipart_id)
        body = client.get_object(**place)["Body"]
        try:
            yield cast("IO[bytes]", _Body(body))
        finally:
            body.close()


def discard(staged: Staged) -> None:
    """Remove everything that was staged; safe to call twice."""
    if not staged.multipart_id:
        shutil.rmtree(_folder(staged.alias, staged.key), ignore_errors=True)
        return
    client, place = _s3(staged.alias, staged.key)
    with answering():
        try:
            client.abort_multipart_upload(**place, UploadId=staged.multipart_id)
        except ClientError as error:
            if not _is_gone(error):
                raise
        client.delete_object(**place)


def discard_leftovers(alias: str, *, named: Collection[str], before: dt.datetime) -> int:
    """Remove what has been staged before a moment under a key that is not `named`; return how much.

    A process that was killed between staging and writing down leaves such things behind.
    """
    if is_direct(alias):
        return sum(_discard_s3_leftovers(alias, named, before))
    count = 0
    root = Path(storages[alias].path(FOLDER))
    for folder in root.glob("*"):
        key = f"{FOLDER}/{folder.name}"
        if key not in named and folder.stat().st_mtime < before.timestamp():
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count


def _discard_s3_leftovers(alias: str, named: Collection[str], before: dt.datetime) -> Iterator[int]:
    client, place = _s3(alias, FOLDER)
    bucket, prefix = place["Bucket"], f"{place['Key']}/"
    cut = len(prefix) - len(f"{FOLDER}/")
    with answering():
        for upload in _begun(client, bucket, prefix):
            if upload["Key"][cut:] not in named and upload["Initiated"] < before:
                client.abort_multipart_upload(
                    Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
                yield 1
        joined = client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
        for item in joined:
            if item["Key"][cut:] not in named and item["LastModified"] < before:
                client.delete_object(Bucket=bucket, Key=item["Key"])
                yield 1


# -- local files ----------------------------------------------------------------------------------


def _folder(alias: str, key: str) -> Path:
    return Path(storages[alias].path(key))


def _part_files(staged: Staged) -> list[Path]:
    return sorted(_folder(staged.alias, staged.key).glob("*.part"))


def _part(path: Path) -> IO[bytes]:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise StorageUnavailable(
            "parts_gone", _("Parts of this upload are gone. Choose the file again.")
        ) from error


# -- S3 -------------------------------------------------------------------------------------------


def _s3(alias: str, key: str) -> tuple[Any, dict[str, str]]:
    """Return the client of a storage, and bucket and whole key as its calls want them."""
    storage = cast("PrivateS3Storage", storages[alias])
    return storage.connection.meta.client, storage.place_of(key)


def _join(client: Any, place: dict[str, str], multipart_id: str) -> None:
    try:
        pages = client.get_paginator("list_parts").paginate(**place, UploadId=multipart_id)
        there = [part for page in pages for part in page.get("Parts", ())]
        client.complete_multipart_upload(
            **place,
            UploadId=multipart_id,
            MultipartUpload={
                "Parts": [
                    {"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in there
                ]
            },
        )
    except ClientError as error:
        # Joined already, by an earlier attempt to finish.
        if not _is_gone(error):
            raise


def _begun(client: Any, bucket: str, prefix: str) -> list[Any]:
    """Return the uploads that were begun and not joined; the first thousand, which is plenty."""
    try:
        found: list[Any] = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get(
            "Uploads", []
        )
    except client.exceptions.NoSuchUpload:
        # Some stores say so of a bucket in which nothing was ever begun.
        return []
    return found


def _is_gone(error: ClientError) -> bool:
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 404


class _Body(io.RawIOBase):
    """The body of an answer of S3 as a stream that is read from its beginning to its end."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._body.read(None if size < 0 else size)
        return data
