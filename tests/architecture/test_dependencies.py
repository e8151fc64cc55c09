"""What comes from outside: justified, pinned with hashes, from any index."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-dev.lock": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
    ],
    "requirements-node.lock": PROJECT["dependency-groups"]["node"],
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)")


def blocks(name: str) -> list[str]:
    """Split a lock file into one block per package."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [block for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if PIN.match(block)]


def pinned(name: str) -> dict[str, str]:
    """Map the packages of a lock file to their versions."""
    pins = [PIN.match(block) for block in blocks(name)]
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    wanted = {requirement for requirements in LOCKS.values() for requirement in requirements}

    silent = [
        requirement
        for requirement in sorted(wanted)
        if not any(line.strip().startswith(f'"{requirement}"') and "#" in line for line in lines)
    ]

    assert silent == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_what_the_project_asks_for(name):
    pins = pinned(name)

    wrong = [
        text
        for text in LOCKS[name]
        if (requirement := Requirement(text))
        and not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]

    assert wrong == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_asks_for_nothing_that_the_project_dropped(name):
    direct = {
        canonicalize_name(PIN.match(block)[1])
        for block in blocks(name)
        if "auslobung (pyproject.toml" in block
    }

    assert direct == {canonicalize_name(Requirement(text).name) for text in LOCKS[name]}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_a_hash_for_every_package(name):
    unhashed = [block.splitlines()[0] for block in blocks(name) if "--hash=sha256:" not in block]

    assert unhashed == []


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json"])
def test_lock_names_no_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")

    # Addresses where a package asks for donations do not tell where it comes from.
    addresses = [line for line in text.splitlines() if "://" in line and '"url"' not in line]

    assert addresses == []


def test_front_end_lock_pins_what_the_project_asks_for():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = lock["packages"]

    pins = {
        name: packages[f"node_modules/{name}"]["version"]
        for name in {**wanted["dependencies"], **wanted["devDependencies"]}
    }

    assert pins == {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all("integrity" in package for path, package in packages.items() if path)


def test_front_end_lock_stays_without_addresses():
    lines = (ROOT / ".npmrc").read_text(encoding="utf-8").split()

    assert "omit-lockfile-registry-resolved=true" in lines


def test_lock_of_another_tool_is_not_there():
    """uv.lock writes the address of the index on every line."""
    assert not (ROOT / "uv.lock").exists()


def test_interpreter_of_the_project_fits_its_demands():
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()

    assert Requirement(f"python{PROJECT['project']['requires-python']}").specifier.contains(version)
