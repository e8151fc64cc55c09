"""Quorum and majority of a vote of the jury."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute.quorum import Count, needed, reaches


def count(yes: int, no: int, abstained: int = 0, **changes: int) -> Count:
    values = {"members": 7, "present": 7, "quorum_percent": 50} | changes
    return Count(yes=yes, no=no, abstained=abstained, **values)


@pytest.mark.parametrize(
    ("vote", "has_quorum", "is_accepted"),
    [
        (count(4, 3), True, True),
        (count(3, 3, 1), True, False),  # equal votes reject
        (count(1, 0, 6), True, True),  # abstentions are neither yes nor no
        (count(0, 0, 7), True, False),
        (count(4, 0, present=4), True, True),
        (count(3, 0, present=3), False, False),  # 3 of 7 is not more than half
        (count(2, 0, members=4, present=2), False, False),  # exactly half is not more than half
        (count(1, 0, members=1, present=1), True, True),
        (count(5, 0, present=5, quorum_percent=66), True, True),
        (count(4, 0, present=4, quorum_percent=66), False, False),
        (count(0, 0, present=0, quorum_percent=0), False, False),  # nobody decides nothing
    ],
)
def test_vote_needs_a_quorum_and_more_yes_than_no(
    vote: Count, has_quorum: bool, is_accepted: bool
) -> None:
    assert (vote.has_quorum, vote.is_accepted) == (has_quorum, is_accepted)


@given(members=st.integers(0, 60), percent=st.integers(0, 99))
def test_needed_is_the_smallest_number_that_reaches_the_quorum(members: int, percent: int) -> None:
    least = needed(members, percent)

    assert reaches(least, members, percent)
    assert not reaches(least - 1, members, percent)
