"""What the documents and the CI name exists; what a reader needs is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from config.settings.environment import FOREIGN, VARIABLES
from scripts import states
from tests.architecture.source import PACKAGES, ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
)
SCRIPTS = [ROOT / "Makefile", ROOT / ".ci" / "run", *sorted((ROOT / "scripts").iterdir())]
NAMERS = [path for path in (*DOCUMENTS, *SCRIPTS) if path.is_file()]
OURS = (*PACKAGES, ".ci", "deploy", "docs", "locale", "scripts", "static", "templates", "tests")
CODE = re.compile(r"`([^`\n]+)`|^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_of(path: Path) -> str:
    """Return the code in a document; a script is code as a whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".md":
        return text
    return "\n".join(match.group(1) or match.group(0) for match in CODE.finditer(text))


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / ".ci" / "run"], ids=named)
def test_make_targets_exist(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))

    used = set(re.findall(r"\bmake ([a-z][a-z0-9-]*)", code_of(path)))

    assert used - targets == set()


@pytest.mark.parametrize("path", NAMERS, ids=named)
def test_management_commands_exist(path):
    used = set(re.findall(r"manage\.py[\"',\s]+([a-z][a-z0-9_]*)", code_of(path)))

    assert used - set(get_commands()) == set()


@pytest.mark.parametrize("path", NAMERS, ids=named)
def test_variables_exist(path):
    known = {variable.name for variable in VARIABLES} | FOREIGN
    known |= {f"{variable.name}_FILE" for variable in VARIABLES if variable.secret}

    used = set(re.findall(r"\bAUSLOBUNG_[A-Z0-9_]*[A-Z0-9]\b", path.read_text(encoding="utf-8")))

    assert used - known == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_files_named_in_documents_exist(path):
    words = re.findall(r"[\w./-]+", code_of(path))
    files = {
        word.rstrip(".") for word in words if word.startswith(tuple(f"{name}/" for name in OURS))
    }

    missing = {name for name in files if not (ROOT / name).exists()}

    assert missing == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_in_documents_lead_somewhere(path):
    links = LINK.findall(path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))

    assert sorted(listed) == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_operations_page_lists_every_variable():
    """A row that differs can be copied from the message of the failure."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `AUSLOBUNG_")]

    assert rows == [
        f"| `{variable.name}` | {variable.kind.__name__.lower()} "
        f"| {f'`{variable.default}`' if variable.default else '–'} "
        f"| {'yes' if variable.secret else ''} | {variable.meaning} |"
        for variable in VARIABLES
    ]


def test_every_state_and_edge_is_drawn():
    """Mend it with: make docs."""
    assert states.PAGE.read_text(encoding="utf-8") == states.page()


def test_scripts_can_be_started():
    commands = [ROOT / ".ci" / "run", ROOT / "scripts" / "with_postgres.sh"]

    for command in commands:
        subprocess.run(["bash", "-n", command], check=True)

    assert [path for path in commands if not path.stat().st_mode & 0o100] == []


def test_publiccode_has_what_catalogues_ask_for():
    data = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))

    assert set(data) >= {
        "publiccodeYmlVersion",
        "name",
        "softwareType",
        "platforms",
        "developmentStatus",
        "description",
        "legal",
        "maintenance",
        "localisation",
    }
    # The address is added by whoever publishes the repository; an invented one would mislead.
    assert ".example" not in data.get("url", "")
    assert data["legal"]["license"] == "EUPL-1.2"
    assert set(data["description"]) == {"de", "en"}
    for text in data["description"].values():
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000


def test_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert all(f"\n{number}." in text for number in range(1, 16))
    assert (ROOT / "LICENSES" / "EUPL-1.2.txt").read_text(encoding="utf-8") == text
