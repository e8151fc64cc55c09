"""Programs of others, closed in: no network, no file of ours, little of everything, and an end.

bubblewrap (Linux) makes namespaces of their own for a program: it sees its folders, the libraries
of this installation, and nothing else; it has a user id of its own and no capability. What it says
comes back through two open files of ours, never by opening a path that it has made. Where
bubblewrap is missing, or the kernel does not let us, nothing is run: see `refusal`.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

NOBODY: Final = "65534"
_TOLD: Final = 4_000  # bytes of its last words that are kept
_SCRATCH: Final = str(64 * 2**20)  # bytes of each folder that it may write, in memory
_NEEDED: Final = ("bwrap", "prlimit")
_TRY_SECONDS: Final = 20.0
_NO_SANDBOX: Final = "bubblewrap cannot make a sandbox here: %s"
# The answer goes to 3; what it prints goes with its errors.
_APART: Final = "exec 3>&1 1>&2\n"


class SandboxMissing(Exception):
    """Nothing can be closed in here; the message says why and what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may take: each of its processes alone, but for the wall-clock time."""

    seconds: float = 120.0
    cpu_seconds: int = 120
    memory: int = 1_500_000_000  # bytes of address space
    file_size: int = 50_000_000  # bytes of any file, and of what it says
    processes: int = 256  # of this user id in all; root knows no such limit


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: exit code, None if it took too long; its answer, and its last words."""

    code: int | None
    answer: bytes
    told: str


def refusal() -> str:
    """Return why nothing can be closed in on this machine; empty if it can."""
    return _missing() or _refused_by_the_kernel()


def _missing() -> str:
    if not sys.platform.startswith("linux"):
        return "Programs are closed in by bubblewrap, which exists on Linux only."
    if missing := [name for name in _NEEDED if shutil.which(name) is None]:
        return (
            "No program of others is run on this machine, because it cannot be closed in. Missing: "
            f"{', '.join(missing)} (Debian and Ubuntu: apt-get install bubblewrap util-linux)."
        )
    return ""


@functools.cache
def _refused_by_the_kernel() -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = _run("true", {"/app/program": Path(folder)}, Limits(seconds=_TRY_SECONDS), {}, 0)
    if found.code == 0:
        return ""
    return _NO_SANDBOX % (found.told.strip() or "no reason given")


def run(
    script: str,
    *,
    folders: Mapping[str, Path],
    limits: Limits | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    answer_size: int = 65_536,
) -> Outcome:
    """Run a shell script in a sandbox; whatever happens, no process of it is left.

    `folders` are shown to it under their new names, and cannot be changed. It may write below
    /app/output, /app/shared and /tmp, which are gone afterwards. Its answer is what it writes to
    file descriptor 3, cut off after `answer_size` bytes; everything else that it says is kept for
    whoever looks for a fault. `environment` is all that it knows.

    Raises:
        SandboxMissing: there is no sandbox here.

    """
    if reason := _missing():
        raise SandboxMissing(reason)
    outcome = _run(script, folders, limits or Limits(), environment, answer_size)
    if outcome.code == 1 and outcome.told.startswith("bwrap: "):
        raise SandboxMissing(_NO_SANDBOX % outcome.told.strip())
    return outcome


def _run(
    script: str,
    folders: Mapping[str, Path],
    limits: Limits,
    environment: Mapping[str, str],
    answer_size: int,
) -> Outcome:
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as told:
        process = subprocess.Popen(  # noqa: S603  (bubblewrap, with arguments of ours)
            [
                *_limited(limits),
                *_closed_in(folders, environment),
                "/bin/sh",
                "-c",
                _APART + script,
            ],
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=told,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            # All of its processes end with the first one of its namespace.
            process.kill()
            process.wait()
        return Outcome(code, _start_of(answer, answer_size), _end_of(told))


def _limited(limits: Limits) -> list[str]:
    return [
        "prlimit",
        f"--as={limits.memory}",
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}",
        f"--fsize={limits.file_size}",
        f"--nproc={limits.processes}",
        "--core=0",
    ]


def _closed_in(folders: Mapping[str, Path], environment: Mapping[str, str]) -> list[str]:
    base = Path(sys.base_prefix)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    known = {
        "HOME": "/tmp",  # noqa: S108  (of the sandbox, in memory)
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": "/py/lib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/run/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "/libraries",
        **environment,
    }
    options = [
        "bwrap",
        # No further namespaces inside: they would open more of the kernel to it.
        *("--unshare-all", "--unshare-user", "--disable-userns"),
        *("--die-with-parent", "--new-session", "--clearenv"),
        *("--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL"),
        *("--ro-bind", "/usr", "/usr"),
        *("--symlink", "usr/lib", "/lib", "--symlink", "usr/bin", "/bin"),
        *("--ro-bind", str(base), "/py"),
        *("--ro-bind", sysconfig.get_path("purelib"), "/libraries"),
        *("--symlink", f"/py/bin/{python}", "/run/bin/python"),
        *("--symlink", f"/py/bin/{python}", "/run/bin/python3"),
        *("--proc", "/proc", "--dev", "/dev"),
    ]
    if Path("/usr/lib64").exists():
        options += ["--symlink", "usr/lib64", "/lib64"]
    for inside in ("/tmp", "/app/output", "/app/shared"):  # noqa: S108  (of the sandbox)
        options += ["--size", _SCRATCH, "--tmpfs", inside]
    for inside, outside in folders.items():
        options += ["--ro-bind", str(outside), inside]
    for name, value in known.items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", "/app/program", "--"]


def _start_of(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)


def _end_of(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TOLD))
    return file.read().decode("utf-8", "replace")
