"""German is complete, as the catalogue itself shows; `make check` compares it with the source."""

from __future__ import annotations

import re

import pytest

from scripts import messages
from tests.architecture.source import PACKAGES, ROOT

BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b(?P<arguments>[^%]*)%}")


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_catalogue_has_no_gap(language):
    catalogue = messages.read_catalogue(language)

    assert messages.entry_faults(language, catalogue) == []


def test_translated_blocks_are_trimmed():
    """Without `trimmed`, indentation becomes part of the message and every move a new one."""
    templates = [
        path
        for folder in ("templates", *PACKAGES)
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".html", ".txt"}
    ]

    untrimmed = [
        f"{path.relative_to(ROOT)}: {block.group(0)}"
        for path in templates
        for block in BLOCK.finditer(path.read_text(encoding="utf-8"))
        if "trimmed" not in block["arguments"].split()
    ]

    assert untrimmed == []
