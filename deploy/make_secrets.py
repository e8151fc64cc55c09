#!/usr/bin/env python3
"""Make the secrets that deploy/compose.yaml names; what is there already stays.

    python3 deploy/make_secrets.py

Needs nothing but Python. The folder is for its owner only; the files in it are readable, since the
user of a container is not the owner.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
KEYS = ("files", "truth_writer", "truth_reader", "admin")
# What the key of each role may do in the store.
ACTIONS = {
    "files": ["Read:auslobung", "Write:auslobung", "List:auslobung"],
    "truth_writer": ["Write:auslobung-truth"],
    "truth_reader": ["Read:auslobung-truth"],
    "admin": ["Admin"],
}


def main(folder: Path = FOLDER) -> None:
    """Make what is missing."""
    folder.mkdir(mode=0o700, exist_ok=True)
    keep(folder / "secret_key", secrets.token_urlsafe(64))
    password = keep(folder / "database_password", secrets.token_urlsafe(32))
    keep(folder / "database_url", f"postgresql://auslobung:{password}@database:5432/auslobung")
    keep(folder / "email_url", "smtp://user:password@mail.example:587?tls=1")
    identities = []
    for role in KEYS:
        access = keep(folder / f"{role}_access_key", secrets.token_hex(10).upper())
        secret = keep(folder / f"{role}_secret_key", secrets.token_urlsafe(30))
        credentials = [{"accessKey": access, "secretKey": secret}]
        identities.append({"name": role, "credentials": credentials, "actions": ACTIONS[role]})
    keep(folder / "store_identities", json.dumps({"identities": identities}, indent=2))
    print(f"The secrets lie in {folder}. Put the address of your mail server into email_url.")


def keep(path: Path, value: str) -> str:
    """Write a value where none is, and return the one that is there."""
    if not path.exists():
        path.write_text(f"{value}\n", encoding="utf-8")
        path.chmod(0o444)
    return path.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    main()
