"""Keys are made once, whoever comes first."""

from __future__ import annotations

import secrets
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.keyfiles import read_or_make

THREADS = 20


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "receipts.pem"
    barrier = threading.Barrier(THREADS, timeout=30)

    def make() -> bytes:
        # Everybody has seen that there is no key before anybody writes one.
        barrier.wait()
        return secrets.token_bytes(32)

    with ThreadPoolExecutor(THREADS) as pool:
        keys = set(pool.map(lambda _number: read_or_make(path, make), range(THREADS)))

    assert keys == {path.read_bytes()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_key_that_is_there_stays(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"old")

    assert read_or_make(path, lambda: b"new") == b"old"
    assert path.read_bytes() == b"old"


def test_key_that_cannot_be_made_leaves_nothing_behind(tmp_path):
    def fail() -> bytes:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        read_or_make(tmp_path / "key", fail)

    assert list(tmp_path.iterdir()) == []
