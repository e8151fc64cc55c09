"""Sealed files: the same bytes come out, any change is noticed, and a key opens one name only."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sealing
from core.sealing import MAGIC, SEGMENT, Damaged, MissingKey, Opener, SealingReader

SIZES = (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT)


def sealed(plain: bytes, key: bytes) -> bytes:
    return SealingReader(io.BytesIO(plain), key).read() or b""


def plain_of(stored: bytes, key: bytes) -> bytes:
    return b"".join(sealing.opened(io.BytesIO(stored), key))


@pytest.mark.parametrize("size", SIZES)
def test_sealed_file_comes_back_whole_and_is_as_long_as_foretold(size: int) -> None:
    plain, key = bytes(range(256)) * (size // 256 + 1), sealing.new_key()
    plain = plain[:size]

    stored = sealed(plain, key)

    assert (plain_of(stored, key), len(stored)) == (plain, sealing.sealed_size(size))


@pytest.mark.parametrize("size", SIZES)
def test_opened_file_is_read_in_pieces_of_any_length(size: int) -> None:
    key = sealing.new_key()
    stored = io.BytesIO(sealed(b"x" * size, key))

    with io.BufferedReader(sealing.OpenedReader(stored, key)) as reader:
        pieces = list(iter(lambda: reader.read(50_001), b""))

    assert (b"".join(pieces), stored.closed) == (b"x" * size, True)


def test_stored_bytes_hold_nothing_of_the_plain_ones() -> None:
    stored = sealed(b"MARKER of a concept " * 10_000, sealing.new_key())

    assert stored.startswith(MAGIC)
    assert b"MARKER" not in stored


@given(st.integers(min_value=0, max_value=2 * SEGMENT + 60), st.integers(0, 7))
def test_one_changed_bit_is_noticed(place: int, bit: int) -> None:
    key = bytes(32)
    stored = bytearray(sealed(b"a" * (2 * SEGMENT + 5), key))
    stored[place % len(stored)] ^= 1 << bit

    with pytest.raises(Damaged):
        plain_of(bytes(stored), key)


def test_segments_cannot_be_cut_off_exchanged_or_left_out() -> None:
    key = sealing.new_key()
    stored = sealed(b"a" * (3 * SEGMENT), key)
    body, length = stored[len(MAGIC) :], SEGMENT + 16
    first, second, third = body[:length], body[length : 2 * length], body[2 * length :]

    for parts in ((first, second), (second, first, third), (first, third), (), (third,)):
        with pytest.raises(Damaged):
            plain_of(MAGIC + b"".join(parts), key)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Damaged):
        plain_of(sealed(b"abc", sealing.new_key()), sealing.new_key())


def test_key_wrapped_for_the_installation_comes_back_under_its_name_only() -> None:
    key = sealing.new_key()
    wrapped = sealing.wrap(key, name="S-1/a.pdf")

    assert sealing.unwrap(wrapped, name="S-1/a.pdf") == key
    with pytest.raises(Damaged):
        sealing.unwrap(wrapped, name="S-2/b.pdf")


def test_key_of_the_installation_is_made_once_and_kept_private(settings, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    settings.DATA_DIR = tmp_path
    wrapped = sealing.wrap(b"k" * 32, name="a")
    path = tmp_path / "keys" / "documents.key"
    sealing._installation_cipher.cache_clear()

    assert sealing.unwrap(wrapped, name="a") == b"k" * 32
    assert [path.stat().st_mode & 0o777, len(path.read_bytes())] == [0o600, 32]
    assert [found.name for found in path.parent.iterdir()] == ["documents.key"]


def test_only_the_private_key_unwraps_for_the_opening(tmp_path: Path) -> None:
    path = tmp_path / "held" / "ki.pem"
    public = sealing.make_opening_key(path)
    key = sealing.new_key()
    wrapped = sealing.wrap_for_opening(key, public, name="S-1/a.pdf")
    opening = Opener(path, public)

    assert opening.unwrap(wrapped, name="S-1/a.pdf") == key
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Damaged):
        opening.unwrap(wrapped, name="S-2/b.pdf")


def test_opening_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ki.pem"
    sealing.make_opening_key(path)
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        sealing.make_opening_key(path)
    assert path.read_bytes() == before


def test_missing_foreign_or_broken_key_file_is_named(tmp_path: Path) -> None:
    public = sealing.make_opening_key(tmp_path / "own.pem")
    sealing.make_opening_key(tmp_path / "other.pem")
    (tmp_path / "broken.pem").write_text("not a key")

    for name in ("absent.pem", "other.pem", "broken.pem"):
        with pytest.raises(MissingKey, match=name):
            Opener(tmp_path / name, public)
    assert sealing.public_key_in(tmp_path / "own.pem") == public
