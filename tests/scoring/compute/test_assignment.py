"""The proposal of assignments: balanced, repeatable, never against a conflict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.compute.assignment import count_groups, propose

sizes = st.tuples(st.integers(1, 7), st.integers(1, 12), st.integers(1, 4), st.integers(0, 99))


def _plan(size: tuple[int, int, int, int], blocked: set[tuple[int, int]] | None = None):
    jurors, submissions, k, seed = size
    return propose(
        range(jurors), range(100, 100 + submissions), k=k, seed=seed, blocked=blocked or ()
    )


@given(sizes)
def test_plan_gives_every_submission_the_wanted_jurors(size):
    jurors, submissions, k, _seed = size

    plan = _plan(size)

    wanted = min(k, jurors)
    per_submission = [sum(s == 100 + n for _j, s in plan.pairs) for n in range(submissions)]
    assert per_submission == [wanted] * submissions


@given(sizes)
def test_plan_loads_differ_by_at_most_one_without_conflicts(size):
    plan = _plan(size)

    assert max(plan.loads.values()) - min(plan.loads.values()) <= 1


@given(sizes)
def test_plan_is_the_same_for_the_same_seed_and_any_order(size):
    jurors, submissions, k, seed = size

    shuffled = propose(
        list(range(jurors))[::-1], list(range(100, 100 + submissions))[::-1], k=k, seed=seed
    )

    assert shuffled == _plan(size)


@given(sizes, st.sets(st.tuples(st.integers(0, 6), st.integers(100, 111)), max_size=30))
def test_plan_never_uses_a_blocked_pair_and_reports_what_is_missing(size, blocked):
    jurors, submissions, k, _seed = size

    plan = _plan(size, blocked)

    free = {
        100 + n: sum((j, 100 + n) not in blocked for j in range(jurors)) for n in range(submissions)
    }
    assert plan.pairs & blocked == set()
    assert dict(plan.short) == {s: k - min(k, count) for s, count in free.items() if count < k}


@given(sizes, st.sets(st.tuples(st.integers(0, 6), st.integers(100, 111)), max_size=12))
def test_plan_keeps_what_is_fixed(size, fixed):
    jurors, submissions, k, seed = size
    possible = {(j, s) for j, s in fixed if j < jurors and s < 100 + submissions}

    plan = propose(range(jurors), range(100, 100 + submissions), k=k, seed=seed, fixed=fixed)

    assert possible <= plan.pairs


def test_plan_needs_a_juror_per_submission():
    with pytest.raises(ValueError, match="at least one juror"):
        propose([1], [2], k=0, seed=1)


def test_plan_balances_around_a_conflict():
    plan = propose([1, 2], [10, 11, 12, 13], k=1, seed=3, blocked={(1, 10), (1, 11)})

    assert plan.loads == {1: 2, 2: 2}
    assert plan.pairs == {(2, 10), (2, 11), (1, 12), (1, 13)}


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        (set(), 0),
        ({(1, 10)}, 1),
        ({(1, 10), (2, 11)}, 2),
        ({(1, 10), (2, 11), (2, 10)}, 1),
        # A juror and a submission with the same number are not the same.
        ({(1, 2), (2, 1)}, 2),
    ],
)
def test_groups_are_what_does_not_touch(pairs, groups):
    assert count_groups(pairs) == groups


def test_plan_says_whether_jurors_can_be_compared():
    alone = propose([1, 2], [10, 11], k=1, seed=1)
    together = propose([1, 2], [10, 11], k=2, seed=1)

    assert (alone.is_connected, together.is_connected) == (False, True)
