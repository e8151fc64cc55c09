"""Keys that lie in the data folder and are made once, by whichever process needs one first."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the content of a key file; write what `make` returns if there is none yet.

    The file appears under its name complete and on the disk. Of several processes that start at
    once one writes it, and all of them return the same bytes.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            _appear(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    return path.read_bytes()


def _appear(fresh: Path, path: Path) -> None:
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return  # another process was faster
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
