"""Write the lock files, or check that they say what pyproject.toml says.

    scripts/locks.py compile     resolve again; pins that still fit are kept
    scripts/locks.py check       resolve into a copy and compare; needs the package index

The files hold hashes and no address, so they work with any mirror.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sysconfig.get_path("scripts")) / "uv"
LOCKS = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("pyproject.toml", "--group", "dev"),
    "requirements-node.lock": ("--group", "node"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one sub-command and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=("compile", "check"))
    options = parser.parse_args(argv)
    try:
        if options.command == "compile":
            for name in LOCKS:
                resolve(ROOT, name)
            return 0
        stale = [name for name in LOCKS if is_stale(name)]
    except subprocess.CalledProcessError:
        print("The packages could not be resolved (uv says why, above).", file=sys.stderr)
        return 1
    for name in stale:
        print(f"{name} does not match pyproject.toml: make locks", file=sys.stderr)
    return 1 if stale else 0


def resolve(folder: Path, name: str) -> None:
    """Write one lock file in a folder; what is there already is kept where it fits."""
    command = [str(UV), "pip", "compile", "-q", "--universal", "--generate-hashes"]
    subprocess.run(
        [*command, *LOCKS[name], "-o", name], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


def is_stale(name: str) -> bool:
    """Tell whether resolving again changes a lock file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for file in ("pyproject.toml", ".python-version", name):
            shutil.copyfile(ROOT / file, copy / file)
        resolve(copy, name)
        return pins(copy / name) != pins(ROOT / name)


def pins(lock: Path) -> list[str]:
    """Return the lines of a lock file without its remarks."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.lstrip().startswith("#")]


if __name__ == "__main__":
    sys.exit(main())
