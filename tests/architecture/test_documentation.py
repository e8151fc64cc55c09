"""Documentation that repeats code is compared with it."""

from __future__ import annotations

import re
from pathlib import Path

from config.settings.environment import VARIABLES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_operations_page_lists_every_variable_with_its_default() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `(AUSLOBUNG_\w+)` \| \w+ \| (?:`(.*?)`|–) \|", text, re.MULTILINE)

    assert rows == [(variable.name, variable.default) for variable in VARIABLES]
