"""Parts of a ground truth: the right share of each label, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute.schema import Split
from scoring.compute.split import SplitError, stratified_split

LABELS = st.lists(st.sampled_from("abcd"), min_size=2, max_size=300)
NUMBERS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2, max_size=300
)
SHARES = st.integers(10, 90).map(lambda percent: percent / 100)
SEEDS = st.integers(0, 2**31 - 1)


@given(values=LABELS | NUMBERS, share=SHARES, seed=SEEDS)
def test_both_parts_have_rows_and_the_share_is_kept_within_one(
    values: list[str] | list[float], share: float, seed: int
) -> None:
    splits = stratified_split(values, share=share, seed=seed)

    public = splits.count(Split.PUBLIC)
    assert len(splits) == len(values)
    assert 0 < public < len(values)
    assert abs(public - share * len(values)) < 1 + (len(values) < 1 / min(share, 1 - share))


@given(values=st.lists(st.sampled_from("abc"), min_size=60, max_size=300), share=SHARES, seed=SEEDS)
def test_each_label_has_its_share_within_one_row_at_each_end(
    values: list[str], share: float, seed: int
) -> None:
    splits = stratified_split(values, share=share, seed=seed)

    counts = Counter(values)
    public = Counter(
        value for value, split in zip(values, splits, strict=True) if split is Split.PUBLIC
    )
    assert all(abs(public[label] - share * count) <= 2 for label, count in counts.items())


@given(values=LABELS | NUMBERS, share=SHARES, seed=SEEDS)
def test_the_same_seed_gives_the_same_parts(
    values: list[str] | list[float], share: float, seed: int
) -> None:
    first = stratified_split(values, share=share, seed=seed)
    second = stratified_split(values, share=share, seed=seed)

    assert first == second


def test_another_seed_gives_other_parts() -> None:
    values = ["a", "b"] * 50

    assert stratified_split(values, share=0.5, seed=1) != stratified_split(
        values, share=0.5, seed=2
    )


def test_low_and_high_numbers_are_in_both_parts() -> None:
    values = [float(at) for at in range(100)]

    splits = stratified_split(values, share=0.5, seed=3)

    for low in range(0, 100, 10):
        assert 4 <= splits[low : low + 10].count(Split.PUBLIC) <= 6


def test_a_single_row_cannot_be_split() -> None:
    with pytest.raises(SplitError) as caught:
        stratified_split(["a"], share=0.5, seed=1)

    assert caught.value.code == "too_few_rows"
