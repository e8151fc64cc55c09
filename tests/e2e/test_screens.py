"""The script that photographs key screens finds its way through the demo."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

pytestmark = pytest.mark.e2e


def test_screens_are_found_and_photographed(demo, tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "screens.py"), str(tmp_path / "pictures")]

    done = subprocess.run(
        [*command, "--url", demo.url, "--only", "S-04", "S-11", "S-15"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == sorted(
        f"{name}-{width}-{theme}.png"
        for name in ("S-04-leaderboard", "S-11-evaluation", "S-15-scoring")
        for width in (1280, 360)
        for theme in ("light", "dark")
    )
