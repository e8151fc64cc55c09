"""What a team gets to see when the place for files fails while an upload is finished (FA-8, FA-10).

Faults are made as far down as possible: on the line to a real S3 server, by a limit of the kernel,
and on a disk that is full.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from core import clock, staging, storage
from core.exceptions import StorageUnavailable, UploadRefused
from submissions import documents, file_maintenance, upload_maintenance
from submissions.actions import upload as actions
from submissions.models import Submission, SubmissionFile, Upload
from submissions.states import FileKind, UploadState
from tests.stores import BadLine, bad_line, hurry, put, s3_storage
from tests.submissions.conftest import PDF

# Two parts in a store, three in a folder.
LARGE = PDF + hashlib.shake_256(b"large").digest(5_500_000)
LATER = dt.timedelta(days=2)
TRIES = 4  # that the client of the store makes before it gives up


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True)
    return Submission.objects.get(pk=world.draft().pk)


@pytest.fixture
def line(settings, rclone_server) -> Iterator[BadLine]:
    """Let submissions lie in a real store, behind a line on which a test lets things go wrong."""
    with bad_line(rclone_server.endpoint) as bad:
        entry = s3_storage(bad.endpoint, rclone_server.make_bucket())
        settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}
        hurry(storage.SUBMISSIONS, bad)
        yield bad


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    """Let submissions lie in a folder of their own."""
    place = tmp_path / "files"
    _use_folder(settings, place)
    return place


def _use_folder(settings: Any, place: Path) -> None:
    entry = {
        "BACKEND": "core.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": place, "base_url": None},
    }
    settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}


def begin(draft: Submission, world: Any, content: bytes = LARGE) -> Upload:
    return actions.open_upload(
        draft, by=world.dora, kind=FileKind.CONCEPT, name="konzept.pdf", size=len(content)
    )


def part_of(upload: Upload, number: int) -> bytes:
    at = (number - 1) * upload.part_size
    return LARGE[at : at + upload.part_size]


def send(upload: Upload, *numbers: int) -> None:
    for number in numbers or range(1, upload.part_count + 1):
        part = part_of(upload, number)
        if upload.multipart_id:
            assert put(actions.address_of_part(upload, number=number), part) == 200
        else:
            actions.receive_part(upload, number=number, source=io.BytesIO(part), size=len(part))


def complete(client: Any, upload: Upload) -> Any:
    return client.post(f"/en/submissions/{upload.submission.code}/uploads/{upload.code}/complete/")


def everything_stored() -> set[str]:
    """Return the keys of all that is stored and not only staged."""
    keys = storage.written_before(storage.SUBMISSIONS, clock.now() + LATER)
    return {key for key in keys if not key.startswith(f"{staging.FOLDER}/")}


def assert_arrived(upload: Upload) -> None:
    """Prove that the file is there once, whole, and nothing beside it."""
    file = SubmissionFile.objects.get()
    assert file.sha256 == hashlib.sha256(LARGE).hexdigest()
    with documents.open_file(file) as stream:
        assert stream.read() == LARGE
    file_maintenance.remove_unnamed(clock.now() + LATER)
    actions.expire_uploads(clock.now() + LATER)
    assert everything_stored() == {file.key}
    assert list(upload_maintenance.forgotten_parts()) == []
    assert list(upload_maintenance.wrong_uploads()) == []


# -- the store ------------------------------------------------------------------------------------

PASS = ("GET", "")
FAULTS = {
    "parts cannot be listed": ([("GET", "500")] * TRIES, UploadState.OPEN),
    "store does not join": ([("POST", "500")] * TRIES, UploadState.CHECKING),
    "store falls silent while joining": ([("POST", "silence")] * TRIES, UploadState.CHECKING),
    "whole cannot be read": ([PASS, PASS, *[("GET", "500")] * TRIES], UploadState.CHECKING),
    "whole breaks off": ([PASS, PASS, ("GET", "truncated")], UploadState.CHECKING),
    "store dies before the file is there": ([("PUT", "500")] * TRIES, UploadState.CHECKING),
    "store is silent before the file is there": (
        [("PUT", "silence")] * TRIES,
        UploadState.CHECKING,
    ),
    "store dies after the file is there": ([("HEAD", "500")] * TRIES, UploadState.CHECKING),
}


@pytest.mark.s3
@pytest.mark.slow
# urllib3 drops a connection that broke without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_the_store_is_a_sentence_and_finishing_again_succeeds(
    line, draft, world, sign_in, fault
):
    client = sign_in(world.dora)
    upload = begin(draft, world)
    send(upload)
    line.faults, state = list(FAULTS[fault][0]), FAULTS[fault][1]

    failed = complete(client, upload)

    upload.refresh_from_db()
    problem = failed.json()
    assert (failed.status_code, failed["Retry-After"]) == (503, "3")
    assert (problem["code"], problem["instance"][:2]) == ("storage_unavailable", "F-")
    assert problem["title"].startswith("The file storage does not answer at the moment.")
    assert (upload.state, SubmissionFile.objects.count()) == (state, 0)
    received_at = upload.received_at
    line.faults = []
    assert complete(client, upload).status_code == 200
    upload.refresh_from_db()
    assert upload.received_at == (received_at or upload.received_at)
    assert_arrived(upload)


@pytest.mark.s3
def test_part_that_breaks_off_on_its_way_to_the_store_is_missing(line, draft, world, sign_in):
    client = sign_in(world.dora)
    upload = begin(draft, world)
    send(upload, 2)
    address = urlsplit(actions.address_of_part(upload, number=1))
    upstream = urlsplit(line.upstream)
    with socket.create_connection((upstream.hostname, upstream.port)) as browser:
        head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        browser.sendall(f"{head}Content-Length: {upload.part_size}\r\n\r\n".encode())
        browser.sendall(part_of(upload, 1)[:1_000_000])

    failed = complete(client, upload)
    send(upload, 1)

    assert (failed.status_code, failed.json()["code"]) == (422, "parts_missing")
    assert failed.json()["parts"] == [2]
    assert complete(client, upload).status_code == 200
    assert_arrived(upload)


@pytest.mark.s3
@pytest.mark.slow
def test_store_that_is_away_begins_nothing_and_says_so(line, draft, world, sign_in):
    line.faults = [("POST", "500")] * TRIES

    failed = sign_in(world.dora).post(
        f"/en/submissions/{draft.code}/uploads/",
        {"name": "konzept.pdf", "size": len(LARGE), "modified": 7, "kind": "concept"},
    )

    assert (failed.status_code, failed.json()["code"]) == (503, "storage_unavailable")
    assert Upload.objects.count() == 0


# -- the folder -----------------------------------------------------------------------------------


def test_part_that_was_damaged_on_the_disk_is_missing(folder, draft, world):
    upload = begin(draft, world)
    send(upload)
    damaged = folder / upload.staging_key / "00002.part"
    damaged.write_bytes(damaged.read_bytes()[:-1])

    with pytest.raises(UploadRefused) as error:
        actions.complete_upload(upload, by=world.dora)
    send(upload, 2)

    assert (error.value.code, error.value.data) == ("parts_missing", {"parts": [1, 3]})
    actions.complete_upload(upload, by=world.dora)
    assert_arrived(upload)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the kernel refuse to make any file of this process longer, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_part_without_room_is_refused_and_those_before_it_stay(folder, draft, world, sign_in):
    client = sign_in(world.dora)
    upload = begin(draft, world)
    send(upload, 1)
    address = f"/en/submissions/{draft.code}/uploads/{upload.code}/"

    with files_of_at_most(1_000_000):
        failed = client.generic("PUT", f"{address}parts/2/", part_of(upload, 2))
    listed = client.get(address).json()["parts"]
    send(upload, 2, 3)

    assert (failed.status_code, failed["Retry-After"]) == (503, "3")
    assert failed.json()["code"] == "no_room"
    assert failed.json()["title"] == (
        "The platform has no room for this file at the moment. Try again later."
    )
    assert listed == [1]
    assert [path.suffix for path in (folder / upload.staging_key).iterdir()] == [".part"] * 3
    assert complete(client, upload).status_code == 200
    assert_arrived(upload)


def test_completing_without_room_keeps_all_parts(folder, draft, world, sign_in):
    client = sign_in(world.dora)
    upload = begin(draft, world)
    send(upload)

    # Each part fits, the whole does not.
    with files_of_at_most(3_000_000):
        failed = complete(client, upload)
    stored = everything_stored()

    assert (failed.status_code, failed.json()["code"]) == (503, "no_room")
    assert (stored, SubmissionFile.objects.count()) == (set(), 0)
    assert complete(client, upload).status_code == 200
    assert_arrived(upload)


def test_plain_form_without_room_is_a_page_with_a_number(folder, draft, world, sign_in, settings):
    client = sign_in(world.dora)
    client.raise_request_exception = False
    file = SimpleUploadedFile("konzept.pdf", LARGE)

    with files_of_at_most(3_000_000):
        failed = client.post(f"/en/submissions/{draft.code}/files/concept/", {"file": file})

    page = failed.content.decode()
    (half,) = [
        handler.file
        for handler in failed.wsgi_request.upload_handlers
        if isinstance(handler, TemporaryFileUploadHandler)
    ]
    assert failed.status_code == 507
    assert "The platform has no room at the moment" in page
    assert "Number F-" in page
    assert SubmissionFile.objects.count() == 0
    assert (half.closed, Path(half.temporary_file_path()).exists()) == (True, False)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 20 MB in memory, where we may have one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=20m", "none", str(place)]
    if not mount or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount anything")
    yield place
    subprocess.run([str(umount), str(place)], check=True)


def test_disk_that_fills_up_meanwhile_loses_nothing(small_disk, settings, draft, world, sign_in):
    _use_folder(settings, small_disk / "files")
    client = sign_in(world.dora)
    upload = begin(draft, world)
    send(upload, 1, 2)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(20_000_000))
    address = f"/en/submissions/{draft.code}/uploads/{upload.code}/"

    part = client.generic("PUT", f"{address}parts/3/", part_of(upload, 3))
    beginning = client.post(
        f"/en/submissions/{draft.code}/uploads/",
        {"name": "b.pdf", "size": 1_000, "modified": 7, "kind": "concept"},
    )
    filler.write_bytes(bytes(11_000_000))
    send(upload, 3)
    whole = complete(client, upload)
    filler.unlink()

    assert [answer.json()["code"] for answer in (part, beginning, whole)] == ["no_room"] * 3
    assert complete(client, upload).status_code == 200
    assert_arrived(upload)


def test_other_errors_of_the_disk_are_not_called_a_lack_of_room():
    with pytest.raises(PermissionError), storage.answering():
        raise PermissionError

    with pytest.raises(StorageUnavailable), storage.answering():
        raise OSError(errno.EDQUOT, "quota")
