"""What two people wrote in the same place, word by word, for them to compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
# Beyond it comparing takes too long for a page; then everything counts as different.
_MOST_WORDS: Final = 6_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether the other text lacks it."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Versus:
    """Two versions of one answer: what is stored, and one's own."""

    name: str
    label: str
    stored: tuple[Piece, ...]
    own: tuple[Piece, ...]


def versus(name: str, label: str, stored: str, own: str) -> Versus:
    """Mark in both texts what the other one lacks."""
    left, right = _WORDS.findall(stored), _WORDS.findall(own)
    if max(len(left), len(right)) > _MOST_WORDS:
        return Versus(name, label, (Piece(stored, True),), (Piece(own, True),))  # noqa: FBT003
    steps = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return Versus(
        name,
        label,
        tuple(Piece("".join(left[a:b]), step != "equal") for step, a, b, _c, _d in steps if a != b),
        tuple(
            Piece("".join(right[c:d]), step != "equal") for step, _a, _b, c, d in steps if c != d
        ),
    )
