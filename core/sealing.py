"""Encryption at rest: a file in segments under a key of its own, and that key wrapped twice.

File: `MAGIC`, then segments of 64 KiB, each AES-256-GCM with 16 bytes of tag. The nonce is the
number of the segment (11 bytes, big-endian) and one byte that is 1 for the last segment, so that
segments can neither be left out, exchanged, nor cut off at the end (the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A key is drawn for one file and never used again.

The key of a file is kept wrapped: for the opening (HPKE, RFC 9180: X25519, HKDF-SHA256,
AES-256-GCM; only the holder of the private key can unwrap it) and, while the file may be read, for
this installation (AES-256-GCM under a key in the data folder).
"""

from __future__ import annotations

import base64
import io
import secrets
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from django.conf import settings

from core.keyfiles import read_or_make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

MAGIC: Final = b"AUSLOBUNG SEALED 1\n"
SEGMENT: Final = 64 * 1024
KEY_BYTES: Final = 32
_TAG = 16
_NONCE = 12
_COUNTER_BYTES = _NONCE - 1
_HPKE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Damaged(ValueError):
    """What is stored was not written with this key, or has changed since."""


class MissingKey(LookupError):
    """The private key of an opening is not where it is looked for; the argument names the file."""


def new_key() -> bytes:
    """Draw the key of one file."""
    return secrets.token_bytes(KEY_BYTES)


# -- files -----------------------------------------------------------------------------------------


class Source(Protocol):
    """A file to be read forward."""

    def read(self, size: int, /) -> bytes:
        """Return `size` bytes, fewer at the end only."""


class SealingReader(io.RawIOBase):
    """Reads a file of plain bytes, once and forward, as what is stored.

    Put a `io.BufferedReader` around it: alone it gives a segment at a time.
    """

    def __init__(self, source: Source, key: bytes) -> None:
        super().__init__()
        self._source = source
        self._cipher = AESGCM(key)
        self._number = 0
        self._next = source.read(SEGMENT)
        self._is_done = False
        self._waiting = MAGIC

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as there is something."""
        view = memoryview(buffer).cast("B")
        if not self._waiting and not self._is_done:
            self._waiting = self._sealed_segment()
        piece = self._waiting[: len(view)]
        self._waiting = self._waiting[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)

    def _sealed_segment(self) -> bytes:
        segment, self._next = self._next, self._source.read(SEGMENT)
        self._is_done = not self._next
        nonce = _nonce(self._number, is_last=self._is_done)
        self._number += 1
        return self._cipher.encrypt(nonce, segment, None)


def opened(stored: IO[bytes], key: bytes) -> Iterator[bytes]:
    """Yield the plain bytes of a stored file, segment by segment, each only after its check.

    Raises:
        Damaged: the file is not one of ours, was changed, or was cut off.

    """
    if stored.read(len(MAGIC)) != MAGIC:
        raise Damaged
    cipher, number = AESGCM(key), 0
    segment = stored.read(SEGMENT + _TAG)
    while True:
        following = stored.read(SEGMENT + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), segment, None)
        except (InvalidTag, ValueError) as error:
            raise Damaged from error
        if not following:
            return
        segment, number = following, number + 1


class OpenedReader(io.RawIOBase):
    """Reads a stored file as its plain bytes; put a `io.BufferedReader` around it."""

    def __init__(self, stored: IO[bytes], key: bytes) -> None:
        super().__init__()
        self._stored = stored
        self._segments = opened(stored, key)
        self._waiting = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as there is something; `Damaged` where the file was changed."""
        view = memoryview(buffer).cast("B")
        while not self._waiting:
            segment = next(self._segments, None)
            if segment is None:
                return 0
            self._waiting = segment
        piece = self._waiting[: len(view)]
        self._waiting = self._waiting[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the stored file as well."""
        self._stored.close()
        super().close()


def sealed_size(plain_size: int) -> int:
    """Return how many bytes a file of `plain_size` bytes takes when it is stored."""
    segments = max(-(-plain_size // SEGMENT), 1)
    return len(MAGIC) + plain_size + segments * _TAG


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([is_last])


# -- keys of files, wrapped for this installation --------------------------------------------------


def _installation_path() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "keys" / "documents.key"


@lru_cache(maxsize=4)
def _installation_cipher(path: Path) -> AESGCM:
    return AESGCM(read_or_make(path, new_key))


def wrap(key: bytes, *, name: str) -> str:
    """Wrap the key of a file for this installation, to be unwrapped under the same name only."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = _installation_cipher(_installation_path())
    return _text(nonce + cipher.encrypt(nonce, key, name.encode()))


def unwrap(wrapped: str, *, name: str) -> bytes:
    """Return the key of a file.

    Raises:
        Damaged: it was wrapped by another installation or under another name.

    """
    raw = base64.b64decode(wrapped)
    cipher = _installation_cipher(_installation_path())
    try:
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode())
    except InvalidTag as error:
        raise Damaged from error


# -- keys of files, wrapped for the opening --------------------------------------------------------


def make_opening_key(path: Path) -> str:
    """Write a new private key to a file that only its owner can read; return the public key.

    The public key is 32 bytes in base64.

    Raises:
        FileExistsError: a file of this name is there already; it is never overwritten.

    """
    private = X25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return _public_of(private)


def wrap_for_opening(key: bytes, public_key: str, *, name: str) -> str:
    """Wrap the key of a file so that nobody without the private key can unwrap it, we included."""
    public = X25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    return _text(_HPKE.encrypt(key, public, info=_info(name)))


def public_key_in(path: Path) -> str:
    """Return the public half of a private key that lies in a file.

    Raises:
        MissingKey: there is no such file, or it holds no X25519 key.

    """
    return _public_of(_private_in(path))


def _private_in(path: Path) -> X25519PrivateKey:
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise MissingKey(path.name) from error
    if not isinstance(private, X25519PrivateKey):
        raise MissingKey(path.name)
    return private


class Opener:
    """The private key of an opening, read from the operator's file for as long as one opening."""

    def __init__(self, path: Path, public_key: str) -> None:
        """Read the file.

        Raises:
            MissingKey: there is no file, or it is not the private half of `public_key`.

        """
        private = _private_in(path)
        if _public_of(private) != public_key:
            raise MissingKey(path.name)
        self._private = private

    def unwrap(self, wrapped: str, *, name: str) -> bytes:
        """Return the key of a file.

        Raises:
            Damaged: it was wrapped for another key or under another name.

        """
        try:
            return _HPKE.decrypt(base64.b64decode(wrapped), self._private, info=_info(name))
        except (InvalidTag, ValueError) as error:
            raise Damaged from error


def _public_of(private: X25519PrivateKey) -> str:
    return _text(private.public_key().public_bytes_raw())


def _info(name: str) -> bytes:
    return b"auslobung-document/1 " + name.encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
