"""Ed25519 signatures of receipts and seals. The key lies in the data folder and is made once."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.conf import settings

from core.keyfiles import read_or_make


def _path() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "keys" / "receipts.ed25519.pem"


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@lru_cache(maxsize=4)
def _load(path: Path) -> Ed25519PrivateKey:
    loaded = serialization.load_pem_private_key(read_or_make(path, _new_key), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        message = f"{path} does not hold an Ed25519 key."
        raise TypeError(message)
    return loaded


def public_key() -> str:
    """Return the public key, 32 bytes in base64."""
    raw = _load(_path()).public_key().public_bytes_raw()
    return base64.b64encode(raw).decode("ascii")


def key_id() -> str:
    """Return a short name of the key: the first 16 hex digits of SHA-256 of its public half."""
    return hashlib.sha256(base64.b64decode(public_key())).hexdigest()[:16]


def sign(payload: bytes) -> str:
    """Return the signature of the bytes, 64 bytes in base64 (RFC 8032)."""
    return base64.b64encode(_load(_path()).sign(payload)).decode("ascii")


def is_valid(payload: bytes, signature: str, key: str | None = None) -> bool:
    """Say whether the signature fits the bytes; `key` in base64, default the own key."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key or public_key()))
        public.verify(base64.b64decode(signature), payload)
    except (InvalidSignature, ValueError):
        return False
    return True
