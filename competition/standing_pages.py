"""The standing pages of every installation, and their texts until somebody edits them.

The texts are Markdown files in `standing/`, named by page and language. They are honest about being
a demo; what only the operator can know stands in bold square brackets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils import translation

SLUGS = (
    "imprint",
    "privacy",
    "accessibility",
    "plain-language",
    "sign-language",
    "contact",
    "how-it-works",
)
_FOLDER = Path(__file__).parent / "standing"


@dataclass(frozen=True, slots=True)
class StandingPage:
    """Title and Markdown text of a page in one language."""

    title: str
    body: str


@lru_cache(maxsize=2 * len(SLUGS))
def read(slug: str, language: str) -> StandingPage:
    """Return the text of a page in German ("de") or English ("en")."""
    first, _newline, rest = (
        (_FOLDER / f"{slug}.{language}.md").read_text(encoding="utf-8").partition("\n")
    )
    return StandingPage(title=first.removeprefix("# "), body=rest.strip())


def default(slug: str) -> StandingPage:
    """Return the text of a page in the active language."""
    language = translation.get_language() or "de"
    return read(slug, "en" if language.startswith("en") else "de")
