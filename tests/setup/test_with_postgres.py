"""The throw-away PostgreSQL: it is there for the command, and gone with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

SCRIPT = ROOT / "scripts" / "with_postgres.sh"
ASK = (
    "import os, psycopg\n"
    "with psycopg.connect(os.environ['AUSLOBUNG_DATABASE_URL']) as connection:\n"
    "    print(*connection.execute('select current_database(), inet_server_addr()').fetchone())\n"
    "raise SystemExit(7)"
)
ASK_AFTER_RESTART = """
import os, psycopg, shlex, subprocess
url, control = os.environ["AUSLOBUNG_DATABASE_URL"], shlex.split(os.environ["POSTGRES_CONTROL"])
with psycopg.connect(url) as connection:
    connection.execute("create table kept as select 1 as number")
    connection.execute("checkpoint")
subprocess.run([*control, "restart", "-m", "immediate"], check=True)
with psycopg.connect(url) as connection:
    print(*connection.execute("show fsync").fetchone())
    print(*connection.execute("select number from kept").fetchone())
"""
HAS_POSTGRES = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files that every user may enter, as /tmp is."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(
        [str(SCRIPT), *command], env=environ, capture_output=True, text=True, check=False
    )


def test_script_asks_for_a_command(folder):
    answer = run(folder)

    assert (answer.returncode, answer.stderr) == (1, "with_postgres: name the command to run.\n")


@pytest.mark.slow
@pytest.mark.skipif(not HAS_POSTGRES, reason="needs PostgreSQL: apt-get install postgresql")
def test_command_finds_a_database_on_this_machine_and_decides_the_exit_code(folder):
    answer = run(folder, sys.executable, "-c", ASK)

    assert answer.stdout.split() == ["auslobung", "127.0.0.1"], answer.stderr
    assert answer.returncode == 7
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not HAS_POSTGRES, reason="needs PostgreSQL: apt-get install postgresql")
def test_durable_server_waits_for_the_disk_and_survives_a_pulled_plug(folder):
    answer = run(folder, "--durable", sys.executable, "-c", ASK_AFTER_RESTART)

    assert answer.stdout.split()[-2:] == ["on", "1"], answer.stderr
    assert answer.returncode == 0
