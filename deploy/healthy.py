#!/usr/bin/env python3
"""Say to the container engine whether web or worker is well: exit code 0 or 1."""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

PORT = 8000


def main(argv: list[str]) -> int:
    """Look at the role that is named."""
    return 0 if {"web": is_web_well, "worker": is_worker_well}[argv[0]]() else 1


def is_web_well() -> bool:
    """Ask as the proxy does whether the database answers and is up to date."""
    port = int(os.environ.get("PORT", PORT))
    host = urlsplit(os.environ["AUSLOBUNG_BASE_URL"]).netloc
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/readyz", headers={"Host": host, "X-Forwarded-Proto": "https"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def is_worker_well() -> bool:
    """Look for the processes of its three roles; other installations have other data folders."""
    folder = f"AUSLOBUNG_DATA_DIR={os.environ['AUSLOBUNG_DATA_DIR']}".encode()
    roles = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"--role" in words[:-1] and folder in (
                (process / "environ").read_bytes().split(b"\0")
            ):
                roles.add(words[words.index(b"--role") + 1])
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return roles >= {b"evaluations", b"others", b"sweeper"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
