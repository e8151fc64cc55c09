"""Write docs/permissions.md from the table that the role matrix proves (tests/matrix).

scripts/permissions.py   write the page; a test compares it
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.matrix.routes import Line

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "permissions.md"

INTRODUCTION = """\
# Who may open what

Written by `scripts/permissions.py` from `tests/matrix/matrix.yaml`. The tests in `tests/matrix` ask
every address as every role and compare the exact answer; an address that is missing here fails the
build. Which rows a list shows follows from `visible_to` of each model.

Whoever is not named gets the page "does not exist or is not released for you" (404), the same as
for an address behind which there is nothing; visitors are sent to the sign-in page instead. Reading
changes nothing. Being named under "act" does not mean that the act succeeds: limits, deadlines and
forms are checked after the permission. "–": the method does not exist. Where the answer depends on
the state of the object, there is a line for each state that matters.
"""
_PLACEHOLDER = re.compile(r"<\w+:(\w+)>|\(\?P<(\w+)>[^()]*(?:\([^()]*\))?[^()]*\)")


def main() -> int:
    """Write the page."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django  # noqa: PLC0415  (after the settings are named)

    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """Return the whole page; Django must be set up."""
    from tests.matrix.routes import ROLES, routes, table  # noqa: PLC0415  (needs settings)

    addresses = dict(routes())
    parts = [INTRODUCTION, "| role | who |", "|---|---|"]
    parts += [f"| {_role(role)} | {who} |" for role, who in ROLES.items()]
    room = ""
    for line in table():
        if line.room != room:
            room = line.room
            parts += ["", f"## {room}", "", "| what | address | read | act |", "|---|---|---|---|"]
        # A line with a pattern speaks for many addresses of the administration.
        address = _address(addresses.get(line.route, "admin/…"))
        read, act = _who(line, "GET"), _who(line, "POST")
        parts.append(f"| {line.what} | `{address}` | {read} | {act} |")
    return "\n".join(parts) + "\n"


def _role(role: str) -> str:
    return role.replace("_", " ")


def _address(pattern: str) -> str:
    """Return a pattern as people write addresses."""
    plain = _PLACEHOLDER.sub(lambda match: f"<{match[1] or match[2]}>", pattern)
    return "/" + plain.replace("^", "").replace("$", "")


def _who(line: Line, method: str) -> str:
    from tests.matrix.routes import (  # noqa: PLC0415  (needs settings)
        DENIED,
        GROUPS,
        NO_METHOD,
        SIGN_IN,
    )

    answers = line.answers(method)
    if set(answers.values()) == {NO_METHOD}:
        return "–"
    if line.room == "Administration":
        # Everybody else is sent to a sign-in page that does not exist for them.
        return "operator" if answers["operator"] not in {DENIED, NO_METHOD, "403"} else "nobody"
    allowed = {
        role for role, answer in answers.items() if answer not in {DENIED, NO_METHOD, SIGN_IN}
    }
    for name, members in GROUPS.items():
        if allowed == set(members):
            return name
    return ", ".join(_role(role) for role in answers if role in allowed) or "nobody"


if __name__ == "__main__":
    sys.exit(main())
