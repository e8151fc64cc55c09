"""The band of a weight against its definition: what it says at its ends, inside and beyond."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute import weights

SHARE = st.integers(1, 20)
MARK = st.integers(0, 4).map(lambda level: Fraction(level, 4))


def moved(shares: list[Fraction], at: int, to: Fraction) -> list[Fraction]:
    """Move one share; the others keep their proportions."""
    rest = 1 - shares[at]
    return [to if n == at else share * (1 - to) / rest for n, share in enumerate(shares)]


def totals(shares: list[Fraction], values: dict[str, list[Fraction]]) -> dict[str, Fraction]:
    return {
        name: sum((s * v for s, v in zip(shares, own, strict=True)), Fraction(0))
        for name, own in values.items()
    }


def test_published_vector() -> None:
    # Weights 50, 30, 20 and gaps .2, -.1, -.1: even at 25, 80 and 70 with the others unchanged
    # which are shares of 25/75, 80/150 and 70/150.
    values = {
        "a": [Fraction(5, 10), Fraction(4, 10), Fraction(4, 10)],
        "b": [Fraction(3, 10), Fraction(5, 10), Fraction(5, 10)],
    }

    found = weights.bands([Fraction(5, 10), Fraction(3, 10), Fraction(2, 10)], values, "a")

    assert found is not None
    assert [(band.low, band.high, band.below, band.above) for band in found] == [
        (Fraction(1, 3), Fraction(1), "b", None),
        (Fraction(0), Fraction(8, 15), None, "b"),
        (Fraction(0), Fraction(7, 15), None, "b"),
    ]


def test_of_equals_that_draw_level_the_first_named_is_told() -> None:
    values = {
        "a": [Fraction(1), Fraction(0)],
        "b": [Fraction(0), Fraction(1)],
        "c": [Fraction(0), Fraction(1)],
    }

    found = weights.bands([Fraction(3, 4), Fraction(1, 4)], values, "a")

    assert found is not None
    assert [(band.low, band.below) for band in found] == [
        (Fraction(1, 2), "b"),
        (Fraction(0), None),
    ]
    assert [(band.high, band.above) for band in found] == [
        (Fraction(1), None),
        (Fraction(1, 2), "b"),
    ]


def test_a_single_part_has_nothing_to_move() -> None:
    found = weights.bands([Fraction(1)], {"a": [Fraction(1)], "b": [Fraction(0)]}, "a")

    assert found == [weights.Band(low=Fraction(0), high=Fraction(1), below=None, above=None)]


@settings(max_examples=60)
@given(data=st.data())
def test_band_holds_inside_is_even_at_its_ends_and_turns_beyond(data: st.DataObject) -> None:
    parts = data.draw(st.integers(2, 4))
    drawn = data.draw(st.lists(SHARE, min_size=parts, max_size=parts))
    shares = [Fraction(share, sum(drawn)) for share in drawn]
    rows = data.draw(
        st.lists(st.lists(MARK, min_size=parts, max_size=parts), min_size=2, max_size=4)
    )
    values = dict(zip("abcd", rows, strict=False))
    before = totals(shares, values)
    first = max(before, key=lambda name: before[name])

    found = weights.bands(shares, values, first)

    if list(before.values()).count(before[first]) > 1:
        assert found is None
        return
    assert found is not None
    for at, band in enumerate(found):
        assert band.low < shares[at] < band.high
        for end, beyond, name in (
            (band.low, band.low / 2, band.below),
            (band.high, (1 + band.high) / 2, band.above),
        ):
            at_end = totals(moved(shares, at, end), values)
            assert at_end[first] == max(at_end.values())
            if name is None:
                assert end in (0, 1)
            else:
                assert at_end[name] == at_end[first]
                after = totals(moved(shares, at, beyond), values)
                assert after[name] > after[first]


@settings(max_examples=60)
@given(data=st.data())
def test_band_of_any_rank_keeps_it_inside_and_meets_somebody_at_its_ends(
    data: st.DataObject,
) -> None:
    rows = data.draw(st.lists(st.lists(MARK, min_size=3, max_size=3), min_size=3, max_size=4))
    drawn = data.draw(st.lists(SHARE, min_size=3, max_size=3))
    shares = [Fraction(share, sum(drawn)) for share in drawn]
    values = dict(zip("abcd", rows, strict=False))
    before = totals(shares, values)

    found = weights.bands(shares, values, "b")

    if list(before.values()).count(before["b"]) > 1:
        assert found is None
        return
    assert found is not None
    ahead = {name for name, total in before.items() if total > before["b"]}
    for at, band in enumerate(found):
        for end, name in ((band.low, band.below), (band.high, band.above)):
            inside = totals(moved(shares, at, (shares[at] + end) / 2), values)
            at_end = totals(moved(shares, at, end), values)
            assert {key for key, total in inside.items() if total > inside["b"]} == ahead
            if name is None:
                assert end in (0, 1)
            else:
                assert at_end[name] == at_end["b"]
