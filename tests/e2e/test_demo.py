"""The demo as a command: a second run keeps everything, and everything it promises holds."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.e2e.installation import copy_of, manage

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


def rows(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the whole database."""
    connection = sqlite3.connect(data / "auslobung.sqlite3")
    names = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
    ]
    found = {name: connection.execute(f'select * from "{name}"').fetchall() for name in names}  # noqa: S608  (names from the database itself)
    connection.close()
    return found


def files(data: Path) -> dict[str, bytes]:
    """Return all files below the folder, without the database."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and not path.name.startswith("auslobung.sqlite3")
    }


def test_second_run_keeps_everything(demo_data, tmp_path):
    with copy_of(demo_data, tmp_path) as data:
        before = (rows(data), files(data))

        again = manage(data, "demo")

        assert (again.returncode, again.stderr) == (0, "")
        assert again.stdout.startswith("The demo exists already; everything was kept.\n")
        assert (rows(data), files(data)) == before


def test_demo_keeps_what_the_product_promises(demo_data, tmp_path):
    with copy_of(demo_data, tmp_path) as data:
        promises, chain = manage(data, "check_invariants"), manage(data, "verify_audit")

        assert (promises.returncode, promises.stderr) == (0, "")
        assert "BROKEN" not in promises.stdout
        assert (chain.returncode, chain.stderr) == (0, "")
        assert "chain intact" in chain.stdout


def test_outside_demo_mode_the_command_refuses(demo_data, tmp_path):
    with copy_of(demo_data, tmp_path) as data:
        before = rows(data)

        refused = manage(data, "demo", demo=False)

        assert refused.returncode == 1
        assert "The demo needs AUSLOBUNG_DEMO=1." in refused.stderr
        assert rows(data) == before
