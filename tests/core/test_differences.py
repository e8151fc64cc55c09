from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.differences import versus


def marked(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("stored", "own", "left", "right"),
    [
        ("Von Dora.", "Von Cem.", "Von [Dora].", "Von [Cem]."),
        ("Zeile 1", "Zeile 1\nZeile 2", "Zeile 1", "Zeile 1[\nZeile 2]"),
        ("", "Neu", "", "[Neu]"),
        ("Weg", "", "[Weg]", ""),
        ("gleich", "gleich", "gleich", "gleich"),
    ],
)
def test_what_differs_is_marked_word_by_word(stored, own, left, right):
    found = versus("title", "Titel", stored, own)

    assert (marked(found.stored), marked(found.own)) == (left, right)


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_of_either_text_is_lost_and_what_is_not_marked_is_equal(stored, own):
    found = versus("x", "X", stored, own)

    for pieces, text in ((found.stored, stored), (found.own, own)):
        assert "".join(piece.text for piece in pieces) == text
    same = ["".join(p.text for p in side if not p.differs) for side in (found.stored, found.own)]
    assert same[0] == same[1]


def test_very_long_texts_are_not_compared_word_by_word():
    found = versus("x", "X", "a " * 10_000, "b " * 10_000)

    assert [piece.differs for piece in (*found.stored, *found.own)] == [True, True]
