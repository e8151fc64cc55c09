"""Run every check that needs no test: format, lint, types, imports, templates, migrations and more.

    scripts/check.py [NAME ...]       all checks, or only the named ones

All checks run, two at a time, even when one fails; the output of the failed ones is shown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Check:
    """A command that ends with 0 when all is well."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a check said."""

    check: Check
    passed: bool
    seconds: float
    output: str


TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
# Values that a real installation would have; nothing is contacted.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "AUSLOBUNG_BASE_URL": "https://auslobung.example",
    "AUSLOBUNG_DATABASE_URL": "postgresql://auslobung@db.example/auslobung",
    "AUSLOBUNG_EMAIL_URL": "smtp://mail.example:587?tls=1",
    "AUSLOBUNG_NOTICE": "",
    "AUSLOBUNG_OPENING_KEY_DIR": "/srv/opening-keys",
}

# The slowest first, so that the others run beside it.
CHECKS = (
    Check("types", (str(BIN / "mypy"), "--no-error-summary")),
    Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet")),
    Check("lint", (str(BIN / "ruff"), "check", "--quiet")),
    Check("imports", (str(BIN / "lint-imports"), "--no-cache")),
    Check("templates", (str(BIN / "djlint"), "--lint", "--quiet", "templates")),
    Check(
        "migrations",
        (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"),
        TEST_SETTINGS,
    ),
    Check(
        "deployment",
        (PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        PRODUCTION,
    ),
    Check("translations", (PYTHON, "scripts/messages.py", "check")),
    Check("locks", (PYTHON, "scripts/locks.py", "check")),
)


def main(argv: list[str] | None = None) -> int:
    """Run the checks; 1 if any failed."""
    names = [check.name for check in CHECKS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(names)}")

    chosen = [check for check in CHECKS if not options.names or check.name in options.names]
    # The settings make a data folder; tools that end abruptly leave it behind.
    with (
        tempfile.TemporaryDirectory(prefix="auslobung-check-") as folder,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        outcomes = list(pool.map(lambda check: run(check, folder), chosen))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(f"\n--- {outcome.check.name} ---\n{outcome.output.strip()}")
    print(f"\n{len(outcomes) - len(failed)} checks passed, {len(failed)} failed")
    return 1 if failed else 0


def run(check: Check, folder: str) -> Outcome:
    """Run one check without the settings of this shell, and say how it went."""
    started = time.monotonic()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("AUSLOBUNG_")
    }
    environ = {
        **inherited,
        "TMPDIR": folder,
        "AUSLOBUNG_DATA_DIR": str(Path(folder) / check.name),
        **check.environ,
    }
    answer = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = answer.returncode == 0
    seconds = time.monotonic() - started
    print(f"{'ok' if passed else 'FAILED':6} {check.name} ({seconds:.1f} s)", flush=True)
    return Outcome(check, passed, seconds, answer.stdout)


if __name__ == "__main__":
    sys.exit(main())
