"""Uploads in parts, with local files and on two kinds of S3 servers."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from django.core.files.storage import storages

from core import clock, staging, storage
from core.exceptions import StorageUnavailable, UploadRefused
from core.staging import Staged
from tests.stores import BadLine, SharedServer, bad_line, hurry, put, s3_storage

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

ALIAS = storage.SUBMISSIONS
TOMORROW = clock.now() + dt.timedelta(days=1)
STORES = [
    "local",
    pytest.param("rclone", marks=pytest.mark.s3),
    pytest.param("moto", marks=pytest.mark.s3),
]


@pytest.fixture
def use(settings: SettingsWrapper, tmp_path: Path) -> Any:
    """Let the submissions lie in a storage."""

    def _use(entry: dict[str, Any]) -> None:
        settings.STORAGES = {**settings.STORAGES, ALIAS: entry}

    return _use


@pytest.fixture
def place(request: pytest.FixtureRequest, use: Any, tmp_path: Path) -> str:
    """One of the storages, empty."""
    if request.param == "local":
        use(
            {
                "BACKEND": "core.storage.DurableFileSystemStorage",
                "OPTIONS": {"location": tmp_path / "local"},
            }
        )
        return "local"
    server: SharedServer = request.getfixturevalue(f"{request.param}_server")
    use(s3_storage(server.endpoint, server.make_bucket()))
    return str(request.param)


@pytest.fixture
def line(use: Any, rclone_server: SharedServer) -> Iterator[BadLine]:
    """A real S3 server behind a line on which a test lets things go wrong."""
    with bad_line(rclone_server.endpoint) as bad:
        use(s3_storage(bad.endpoint, rclone_server.make_bucket()))
        hurry(ALIAS, bad)
        yield bad


def content(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


def send(staged: Staged, number: int, data: bytes) -> int:
    """Send a part the way that fits the storage."""
    if staging.is_direct(ALIAS):
        return put(staging.address_of_part(staged, number, len(data)), data)
    staging.write_part(staged, number, io.BytesIO(data), len(data))
    return 200


def cut(data: bytes) -> dict[int, bytes]:
    size = staging.part_size(ALIAS, len(data))
    return {n + 1: data[at : at + size] for n, at in enumerate(range(0, len(data), size))}


def everything_stored() -> set[str]:
    place: Any = storages[ALIAS]
    if staging.is_direct(ALIAS):
        return {item.key for item in place.bucket.objects.all()}
    root = Path(place.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def store(staged: Staged, **options: Any) -> storage.StoredFile:
    with staging.opened(staged) as stream:
        return storage.store(ALIAS, stream, folder="S-TEST", suffix=".pdf", **options)


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_parts_in_any_order_become_what_was_sent(place: str) -> None:
    data = content(11_000_000)
    pieces = cut(data)
    staged = staging.begin(ALIAS, len(data))

    assert staging.parts(staged) == {}
    for number in reversed(pieces):
        assert send(staged, number, pieces[number]) == 200
    send(staged, 1, pieces[1])
    assert staging.parts(staged) == {n: len(piece) for n, piece in pieces.items()}
    stored = store(staged)

    assert len(pieces) >= 3
    assert (stored.size, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert storage.sha256_of(ALIAS, stored.key) == stored.sha256


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_interrupted_upload_knows_its_parts_and_goes_on(place: str) -> None:
    data = content(11_000_000)
    pieces = cut(data)
    staged = staging.begin(ALIAS, len(data))
    send(staged, 2, pieces[2])

    # A row holds these three values; nothing else survives a restart.
    again = Staged(staged.alias, staged.key, staged.multipart_id)

    assert list(staging.parts(again)) == [2]
    for number in set(pieces) - set(staging.parts(again)):
        send(again, number, pieces[number])
    assert store(again).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_finishing_twice_gives_the_same_bytes(place: str) -> None:
    data = content(6_000_000)
    staged = staging.begin(ALIAS, len(data))
    for number, piece in cut(data).items():
        send(staged, number, piece)

    first, second = store(staged), store(staged)

    assert first.key != second.key
    assert first.sha256 == second.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_part_sent_after_the_end_changes_nothing(place: str) -> None:
    data = content(1_000)
    staged = staging.begin(ALIAS, len(data))
    send(staged, 1, data)
    address = staging.address_of_part(staged, 1, len(data)) if staged.multipart_id else ""
    stored = store(staged)
    staging.discard(staged)

    if staged.multipart_id:
        assert put(address, b"x" * len(data)) >= 400
    else:
        with pytest.raises(FileNotFoundError):
            send(staged, 1, b"x" * len(data))

    assert storage.sha256_of(ALIAS, stored.key) == stored.sha256
    assert len(everything_stored()) == 1


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_discarding_leaves_nothing_and_works_twice(place: str) -> None:
    data = content(6_000_000)
    begun, joined = (staging.begin(ALIAS, len(data)) for _ in range(2))
    for number, piece in cut(data).items():
        send(begun, number, piece)
        send(joined, number, piece)
    with staging.opened(joined) as stream:
        stream.read(10)

    for staged in (begun, joined, begun, joined):
        staging.discard(staged)

    assert everything_stored() == set()
    assert staging.discard_leftovers(ALIAS, named=(), before=TOMORROW) == 0


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_where_nothing_was_ever_begun_nothing_is_left(place: str) -> None:
    assert staging.discard_leftovers(ALIAS, named=(), before=TOMORROW) == 0


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_leftovers_go_and_named_uploads_stay(place: str) -> None:
    data = content(1_000_000)
    named, orphan, joined = (staging.begin(ALIAS, len(data)) for _ in range(3))
    for staged in (named, orphan, joined):
        send(staged, 1, data)
    with staging.opened(joined) as stream:
        stream.read(10)
    long_ago = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

    assert staging.discard_leftovers(ALIAS, named=(), before=long_ago) == 0
    assert staging.discard_leftovers(ALIAS, named=[named.key], before=TOMORROW) == 2

    assert list(staging.parts(named)) == [1]
    assert store(named).size == len(data)


@pytest.mark.parametrize("place", ["local"], indirect=True)
def test_part_that_breaks_off_leaves_what_was_there(place: str) -> None:
    staged = staging.begin(ALIAS, 100)
    send(staged, 1, b"a" * 100)

    with pytest.raises(UploadRefused) as error:
        staging.write_part(staged, 1, io.BytesIO(b"b" * 40), 100)

    assert error.value.code == "part_incomplete"
    assert [Path(name).name for name in everything_stored()] == ["00001.part"]
    with staging.opened(staged) as stream:
        assert stream.read() == b"a" * 100


@pytest.mark.parametrize("place", ["local"], indirect=True)
def test_upload_without_room_is_refused_before_it_begins(place: str) -> None:
    free = os.statvfs(Path(storages[ALIAS].location).parent)  # type: ignore[attr-defined]
    more_than_half = free.f_bavail * free.f_frsize // 2 + 1_000_000_000

    with pytest.raises(StorageUnavailable) as error:
        staging.begin(ALIAS, more_than_half)

    assert error.value.code == "no_room"
    assert everything_stored() == set()


@pytest.mark.s3
def test_store_accepts_what_was_signed_for_the_name_that_browsers_use(
    use: Any, rclone_server: SharedServer
) -> None:
    data = content(1_000)
    endpoint, bucket = rclone_server.endpoint, rclone_server.make_bucket()
    with bad_line(endpoint) as public:
        use(s3_storage(endpoint, bucket, public_endpoint_url=public.endpoint))
        staged = staging.begin(ALIAS, len(data))

        assert send(staged, 1, data) == 200
        assert store(staged).sha256 == hashlib.sha256(data).hexdigest()

    # Only what browsers do went by the public name.
    assert [method for method, _path in public.passed] == ["PUT"]


@pytest.mark.s3
@pytest.mark.parametrize("place", ["rclone"], indirect=True)
def test_signed_address_takes_exactly_what_was_signed(place: str) -> None:
    staged = staging.begin(ALIAS, 1_000)
    address = staging.address_of_part(staged, 1, 1_000)

    assert put(address, b"x" * 1_001) == 403
    assert put(address.replace("partNumber=1", "partNumber=2"), b"x" * 1_000) == 403
    assert put(address.replace("Signature=", "Signature=0"), b"x" * 1_000) in {400, 403}
    assert staging.parts(staged) == {}
    assert put(address, b"x" * 1_000) == 200
    assert staging.parts(staged) == {1: 1_000}


# -- faults of the store (FA-8) --------------------------------------------------------------------


def _staged_on(line: BadLine, data: bytes) -> Staged:
    staged = staging.begin(ALIAS, len(data))
    for number, piece in cut(data).items():
        send(staged, number, piece)
    return staged


@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.parametrize("fault", ["500", "silence"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "HEAD"])
def test_passing_fault_is_not_noticed(line: BadLine, method: str, fault: str) -> None:
    data = content(6_000_000)
    staged = _staged_on(line, data)
    line.faults = [(method, fault)]

    stored = store(staged)

    assert line.faults == []
    assert storage.sha256_of(ALIAS, stored.key) == hashlib.sha256(data).hexdigest()


@pytest.mark.s3
def test_store_that_stays_silent_is_given_up(use: Any, rclone_server: SharedServer) -> None:
    with bad_line(rclone_server.endpoint) as line:
        line.faults = [("GET", "silence")] * 5
        use(s3_storage(line.endpoint, "files", client_config=Config(read_timeout=0.1)))

        with pytest.raises(StorageUnavailable):
            list(storage.written_before(ALIAS, TOMORROW))

    # Asked once, and three times more.
    assert len(line.faults) == 1


@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("POST", "500"),
        ("GET", "500"),
        ("PUT", "500"),
        ("HEAD", "500"),
        ("GET", "silence"),
        ("PUT", "silence"),
    ],
)
def test_lasting_fault_is_an_error_and_finishing_again_succeeds(
    line: BadLine, method: str, fault: str
) -> None:
    data = content(6_000_000)
    staged = _staged_on(line, data)
    line.faults = [(method, fault)] * 5

    with pytest.raises(StorageUnavailable):
        store(staged)

    line.faults = []
    stored = store(staged)
    assert storage.sha256_of(ALIAS, stored.key) == hashlib.sha256(data).hexdigest()


@pytest.mark.s3
@pytest.mark.slow
# urllib3 drops a connection that broke without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_answer_that_breaks_off_is_never_taken_for_the_whole(line: BadLine) -> None:
    data = content(6_000_000)
    staged = _staged_on(line, data)
    with staging.opened(staged):
        pass
    # The first GET asks for the parts, which are joined already.
    line.faults = [("GET", ""), ("GET", "truncated")]

    with pytest.raises(StorageUnavailable):
        store(staged)

    assert [key for key in everything_stored() if "S-TEST" in key] == []
