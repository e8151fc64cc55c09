"""Every evaluation ends, whatever happens to its child, its worker, its task and the database."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_fault_ends_evaluated_or_with_an_honest_reason():
    """On PostgreSQL and on SQLite, eleven faults each; see the program."""
    run = subprocess.run(
        [sys.executable, "benchmarks/evaluation_faults.py"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    lines = run.stdout.splitlines()
    assert [line for line in lines if line.startswith("On ")] == ["On SQLite", "On PostgreSQL"]
    assert sum(line.startswith("  ok ") for line in lines) == 22
