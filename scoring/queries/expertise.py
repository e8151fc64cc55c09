"""The closed list of fields that a jury needs: what the statement names (PS-56)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Collection

    from competition.models import Challenge

# The expertise score of a pair lies between 0 and this.
HIGHEST_SCORE: Final = 1_000


def fields_of(challenge: Challenge) -> dict[str, str]:
    """Return the fields in the order of the statement: stored text, and text for the reader."""
    is_english = (get_language() or "de").startswith("en")
    rows = challenge.answer("jury_fields") or []
    return {
        row["text"]: (row.get("text_en") if is_english else "") or row["text"]
        for row in rows
        if row.get("text")
    }


def known(tags: Collection[str], challenge: Challenge) -> list[str]:
    """Return those tags that the statement names, in its order, each once."""
    return [field for field in fields_of(challenge) if field in tags]


def words(tags: Collection[str], fields: dict[str, str]) -> list[str]:
    """Return tags in the words of the reader."""
    return [label for key, label in fields.items() if key in tags]


def score(tags: Collection[str], challenge: Challenge) -> int:
    """Return how much of what the jury needs a juror knows, 0 to 1,000."""
    fields = fields_of(challenge)
    return HIGHEST_SCORE * len(known(tags, challenge)) // len(fields) if fields else 0
