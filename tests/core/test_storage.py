"""Files by the name of their storage, on local disk and on a real S3 server."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

from core import clock, storage
from core.exceptions import StorageUnavailable, UploadRefused
from tests.stores import rclone, s3_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = dt.timedelta(hours=1)
DATA = b"id,label\n1,7\n" * 1_000


def _store(
    alias: str = storage.SUBMISSIONS, data: bytes = DATA, **options: Any
) -> storage.StoredFile:
    source: File[bytes] = File(io.BytesIO(data), name="../../etc/passwd")
    return storage.store(alias, source, folder="S-TEST", suffix=".csv", **options)


def test_server_counts_and_hashes_what_it_wrote() -> None:
    stored = _store()

    with storage.open_file(storage.SUBMISSIONS, stored.key) as stream:
        written = stream.read()
    assert (stored.size, stored.sha256, written) == (
        len(DATA),
        hashlib.sha256(DATA).hexdigest(),
        DATA,
    )


def test_key_is_generated_and_never_the_given_name() -> None:
    first, second = _store(), _store()

    assert first.key != second.key
    assert first.key.startswith("S-TEST/")
    assert "passwd" not in first.key


def test_file_above_the_limit_is_refused_and_nothing_stays_behind() -> None:
    folder = Path(storages[storage.SUBMISSIONS].path("S-LIMIT"))  # type: ignore[attr-defined]

    with pytest.raises(UploadRefused):
        storage.store(
            storage.SUBMISSIONS,
            ContentFile(b"x" * 1_001),
            folder="S-LIMIT",
            suffix=".csv",
            limit=1_000,
        )

    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.django_db  # closing a response looks at the connection
def test_download_is_an_attachment_under_the_given_name() -> None:
    stored = _store()

    response = storage.download(storage.SUBMISSIONS, stored.key, name='a"b.csv')

    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert b"".join(response.streaming_content) == DATA  # type: ignore[attr-defined]
    response.close()


@pytest.mark.django_db  # closing a response looks at the connection
def test_only_pdf_and_png_are_ever_shown_inline() -> None:
    stored = _store()

    response = storage.download(storage.SUBMISSIONS, stored.key, name="x.csv", inline=True)

    assert response["Content-Disposition"].startswith("attachment;")
    response.close()


@pytest.fixture
def s3(tmp_path: Path, settings: Any) -> Iterator[str]:
    """Serve a folder by rclone, a real server that checks signatures; yield its address."""
    with rclone(tmp_path, "files", "truth") as endpoint:
        settings.STORAGES = {
            **settings.STORAGES,
            "submissions": s3_storage(endpoint, "files"),
            "ground_truth": s3_storage(endpoint, "truth", access_key="other", secret_key="other"),
        }
        yield endpoint


@pytest.mark.s3
def test_s3_keeps_what_was_stored(s3: str) -> None:
    stored = _store()

    with storage.open_file(storage.SUBMISSIONS, stored.key) as stream:
        assert (stream.read(), stored.sha256) == (DATA, hashlib.sha256(DATA).hexdigest())
    assert storage.sha256_of(storage.SUBMISSIONS, stored.key) == stored.sha256


@pytest.mark.s3
def test_s3_lists_what_was_stored_before_a_moment(s3: str) -> None:
    keys = {_store().key, _store().key}

    after, before = (
        set(storage.written_before(storage.SUBMISSIONS, clock.now() + shift))
        for shift in (HOUR, -HOUR)
    )

    assert (after, before) == (keys, set())


@pytest.mark.s3
def test_s3_download_is_a_signed_address_that_works_once_untouched(s3: str) -> None:
    stored = _store()

    response = storage.download(storage.SUBMISSIONS, stored.key, name="x.csv")

    assert response.status_code == 302
    with urllib.request.urlopen(response["Location"]) as answer:  # noqa: S310  (loopback)
        assert answer.read() == DATA
    tampered = response["Location"].replace("Signature=", "Signature=0")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(tampered)  # noqa: S310  (loopback)
    assert refused.value.code in {400, 403}
    refused.value.close()


@pytest.mark.s3
def test_s3_ground_truth_needs_credentials_of_its_own(s3: str) -> None:
    """The web role's key opens its own bucket; the other key does not even fit the server."""
    with pytest.raises(StorageUnavailable):
        _store(storage.GROUND_TRUTH)

    client = boto3.client(
        "s3",
        endpoint_url=s3,
        aws_access_key_id="wrong",
        aws_secret_access_key="wrong",
        region_name="eu-central-1",
    )
    with pytest.raises(ClientError):
        client.list_objects_v2(Bucket="files")
