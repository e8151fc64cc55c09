"""Trying out what this installation uses: storages, mail, scanner, time-stamping authority.

Each probe does what the product will do, and says in one sentence what is wrong.
"""

from __future__ import annotations

import io
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.core.mail import mailers
from django.core.mail.backends.smtp import EmailBackend

from core import scanner, staging, timestamps
from core.scanner import ScannerUnavailable
from core.staging import Staged
from core.storage import EXPORTS, GROUND_TRUTH, RESOURCES, SUBMISSIONS, PrivateS3Storage
from core.timestamps import StampRefused

if TYPE_CHECKING:
    import smtplib

_MAIL_IS_TAKEN: Final = 250
_PATIENCE: Final = 10.0  # seconds for the question of a browser
# What every scanner knows; in two halves, so that no scanner takes this file for malware.
_EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was tried, and the sentences that say what is wrong with it."""

    label: str
    problems: tuple[str, ...]


def all_of_them() -> Iterator[Probe]:
    """Try everything that is set; what is not set is not tried."""
    for alias in (SUBMISSIONS, RESOURCES, EXPORTS, GROUND_TRUTH):
        storage = storages[alias]
        if isinstance(storage, PrivateS3Storage):
            if alias == GROUND_TRUTH:
                yield Probe("Key of the ground truth", tuple(_of_truth(storage)))
                continue
            yield Probe(f"Files in the store: {alias}", tuple(_of_store(storage)))
        else:
            yield Probe(f"Files in a folder: {alias}", tuple(_of_folder(storage.path(""))))
    files, truth = storages[SUBMISSIONS], storages[GROUND_TRUTH]
    if isinstance(files, PrivateS3Storage) and isinstance(truth, PrivateS3Storage):
        yield Probe("Uploads of browsers", tuple(_of_browsers()))
        yield Probe("Separation of the ground truth", tuple(_of_separation(files, truth)))
    mailer = mailers["default"]
    if isinstance(mailer, EmailBackend):
        yield Probe("Mail server", tuple(_of_mail(mailer)))
    if scanner.is_on():
        yield Probe("Malware scanner", tuple(_of_scanner()))
    if timestamps.is_on():
        yield Probe("Time-stamping authority", tuple(_of_authority()))


# -- files ----------------------------------------------------------------------------------------


def _of_folder(name: str) -> Iterator[str]:
    folder = Path(name)
    probe = folder / f"check-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"check")
        probe.unlink()
    except OSError as error:
        yield f"The folder {folder} cannot be written: {error.strerror}."
        return
    free, needed = shutil.disk_usage(folder).free, 2 * settings.UPLOAD_MAX_BYTES
    if free < needed:
        yield (
            f"The folder {folder} has {free // 1_000_000} MB left; one upload may need"
            f" {needed // 1_000_000} MB."
        )


def _of_store(storage: PrivateS3Storage) -> Iterator[str]:
    client: Any = storage.connection.meta.client
    place = storage.place_of(f"check/{secrets.token_hex(16)}")
    try:
        client.put_object(**place, Body=b"check")
        client.get_object(**place)["Body"].read()
        upload = client.create_multipart_upload(**place)["UploadId"]
        client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"check")
        client.list_parts(**place, UploadId=upload)
        client.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"])
        client.abort_multipart_upload(**place, UploadId=upload)
        client.list_objects_v2(Bucket=place["Bucket"], Prefix=place["Key"])
        yield from _of_strangers(storage, place)
        client.delete_object(**place)
        yield from _of_life_cycle(client, place["Bucket"])
    except (BotoCoreError, ClientError) as error:
        yield _in_words(error, place["Bucket"])


def _of_strangers(storage: PrivateS3Storage, place: dict[str, str]) -> Iterator[str]:
    address = storage.signer.generate_presigned_url("get_object", Params=place).partition("?")[0]
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE):  # noqa: S310  (of our settings)
            yield f"Everybody can read the bucket {place['Bucket']}: block public access."
    except urllib.error.HTTPError as refusal:
        refusal.close()
    except OSError as error:
        yield f"Browsers would look for files at {address}, which does not answer: {error}."


def _of_life_cycle(client: Any, bucket: str) -> Iterator[str]:
    try:
        client.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError as error:
        # A key that may not ask, or a store that has no rules, is no fault.
        if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
            yield f"No life-cycle rule of the bucket {bucket} ends unfinished uploads."


def _of_browsers() -> Iterator[str]:
    """Ask what a browser asks before it sends a part."""
    origin = settings.CSRF_TRUSTED_ORIGINS[0]
    address = staging.address_of_part(Staged(SUBMISSIONS, "staging/check", "check"), 1, 1)
    question = urllib.request.Request(  # noqa: S310  (of our settings)
        address,
        method="OPTIONS",
        headers={"Origin": origin, "Access-Control-Request-Method": "PUT"},
    )
    try:
        with urllib.request.urlopen(question, timeout=_PATIENCE) as answer:  # noqa: S310
            allowed = answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as refusal:
        refusal.close()
        allowed = None
    except OSError as error:
        yield f"Browsers would send files to {address.partition('?')[0]}, which fails: {error}."
        return
    if allowed not in {origin, "*"}:
        yield f"The store does not let pages of {origin} send files: set its cross-origin rule."
    if origin.startswith("https:") and not address.startswith("https:"):
        yield "Browsers do not send files from https to http: the store needs an https address."


def _of_separation(files: PrivateS3Storage, truth: PrivateS3Storage) -> Iterator[str]:
    client: Any = files.connection.meta.client
    try:
        client.list_objects_v2(Bucket=truth.bucket_name, MaxKeys=1)
    except (BotoCoreError, ClientError):
        return
    yield f"The key of the files opens the bucket of the ground truth, {truth.bucket_name}."


def _of_truth(storage: PrivateS3Storage) -> Iterator[str]:
    """Write as the web does, and read as the worker does: each has a key that may do just that."""
    client: Any = storage.connection.meta.client
    # Always the same name, because a key that may only write cannot take it away again.
    place = storage.place_of("check/probe")
    try:
        may_write = _is_allowed(partial(client.put_object, **place, Body=b"check"))
        may_read = _is_allowed(partial(client.get_object, **place))
        if may_write:
            _is_allowed(partial(client.delete_object, **place))
    except (BotoCoreError, ClientError) as error:
        yield _in_words(error, place["Bucket"])
        return
    if may_write and may_read:
        yield "The key of the ground truth reads what it writes: give web and worker one each."
    if not may_write and not may_read:
        yield (
            f"The key of the ground truth may not write to the bucket {place['Bucket']}, and finds"
            " nothing there that it may read. For the key of the worker, try out the web process"
            " first: it writes what this one reads."
        )


def _is_allowed(ask: Callable[[], Any]) -> bool:
    """Ask a store for something; say whether the key may do it.

    A store hides what is missing from a key that may not list.
    """
    try:
        ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in {"AccessDenied", "NoSuchKey"}:
            return False
        raise
    return True


def _in_words(error: BotoCoreError | ClientError, bucket: str) -> str:
    if not isinstance(error, ClientError):
        return f"The store does not answer: {error}"
    code = error.response["Error"]["Code"]
    if code == "NoSuchBucket":
        return f"There is no bucket {bucket}."
    if code in {"InvalidAccessKeyId", "SignatureDoesNotMatch"}:
        return f"The store does not accept the key for the bucket {bucket} ({code})."
    return f"{error.operation_name} in the bucket {bucket} is refused ({code})."


# -- mail -----------------------------------------------------------------------------------------


def _of_mail(mailer: EmailBackend) -> Iterator[str]:
    """Sign in to the server and name our sender, as every mail does; none is sent."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        mailer.open()
        code, answer = cast("smtplib.SMTP", mailer.connection).mail(sender)
        if code != _MAIL_IS_TAKEN:
            words = answer.decode(errors="replace")
            yield f"The mail server takes no mail from {sender}: {words} ({code})."
    except OSError as error:  # those of SMTP are such errors, too
        yield f"The mail server {mailer.host}:{mailer.port} is of no use: {error}."
    finally:
        with suppress(OSError):
            mailer.close()


# -- scanner and authority ------------------------------------------------------------------------


def _of_scanner() -> Iterator[str]:
    try:
        if not scanner.scan(io.BytesIO(_EICAR)):
            yield "The scanner does not know the EICAR test file: it has no signatures."
    except ScannerUnavailable as error:
        yield f"The scanner does not answer at {settings.CLAMD_ADDRESS}: {error}."
        return
    try:
        scanner.scan(cast("IO[bytes]", _Zeros(settings.UPLOAD_MAX_BYTES)))
    except ScannerUnavailable as error:
        megabytes = settings.UPLOAD_MAX_BYTES // 1_000_000
        yield f"The scanner takes no file of {megabytes} MB: raise StreamMaxLength ({error})."


class _Zeros(io.RawIOBase):
    """So many zeros, as a stream that takes no memory."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count)


def _of_authority() -> Iterator[str]:
    try:
        timestamps.request(b"check")
    except StampRefused as error:
        yield f"The time-stamping authority is of no use: {error}"
