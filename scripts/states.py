"""Draw the states of the product into docs/states.md, from the tables that the code obeys.

scripts/states.py        write the page; a test compares it
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "states.md"
APPS = ("accounts", "competition", "submissions", "scoring")

INTRODUCTION = """\
# States

Written by `scripts/states.py` from the table in each app's `states.py`; a test compares them.

Only `core.transitions.move` changes a state: it locks the row, checks the edge, saves and records,
in one transaction. Time is never a state: open and late follow from the clock and the phase at the
moment of the question."""


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
    from django.utils import translation  # noqa: PLC0415  (needs settings)

    from core.transitions import tables  # noqa: PLC0415  (needs settings)

    parts = [INTRODUCTION]
    with translation.override("en"):
        for enum, edges in sorted(
            tables().items(),
            key=lambda item: (APPS.index(item[0].__module__.split(".")[0]), item[0].__name__),
        ):
            name = enum.__name__.removesuffix("State")
            parts += [f"\n## {name}\n", f"{(enum.__doc__ or '').splitlines()[0]}\n"]
            parts += ["```mermaid", "stateDiagram-v2"]
            parts += [f"  [*] --> {next(iter(enum)).value}"]
            for source in enum:
                targets = [target for target in enum if target in edges[source]]
                parts += [f"  {source.value} --> {target.value}" for target in targets]
                if not targets:
                    parts.append(f"  {source.value} --> [*]")
            parts += ["```", "", "| code | on screen |", "|---|---|"]
            parts += [f"| `{state.value}` | {state.label} |" for state in enum]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
