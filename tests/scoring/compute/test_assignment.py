"""The proposal of assignments: the best there is, repeatable, never against a conflict."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.assignment import (
    FIELDS,
    LOADS,
    Problem,
    best,
    connect,
    costs_of,
    count_groups,
    groups_of,
    propose,
)

sizes = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
conflicts = st.sets(st.tuples(st.integers(0, 5), st.integers(100, 108)), max_size=25)


def _problem(size, **more):
    jurors, submissions, k, seed = size
    return Problem(
        jurors=tuple(range(jurors)),
        submissions=tuple(range(100, 100 + submissions)),
        k=k,
        seed=seed,
        **more,
    )


def _plan(size, **more):
    return propose(_problem(size, **more), compare=False)


# -- what is promised ------------------------------------------------------------------------------


@given(sizes)
@settings(max_examples=15)
def test_plan_gives_every_submission_the_wanted_jurors_and_even_loads(size):
    jurors, submissions, k, _seed = size

    plan = _plan(size)

    wanted = min(k, jurors)
    per_submission = [sum(s == 100 + n for _j, s in plan.pairs) for n in range(submissions)]
    assert per_submission == [wanted] * submissions
    assert max(plan.loads.values()) - min(plan.loads.values()) <= 1
    assert plan.is_proven


@given(sizes, conflicts)
@settings(max_examples=15)
def test_plan_is_the_same_for_the_same_seed_and_any_order(size, blocked):
    problem = _problem(size, blocked=frozenset(blocked))

    shuffled = Problem(
        jurors=problem.jurors[::-1],
        submissions=problem.submissions[::-1],
        k=problem.k,
        seed=problem.seed,
        blocked=problem.blocked,
    )

    assert propose(shuffled, compare=False) == propose(problem, compare=False)


@given(sizes, conflicts)
@settings(max_examples=15)
def test_plan_never_uses_a_blocked_pair_and_reports_what_is_missing(size, blocked):
    jurors, submissions, k, _seed = size

    plan = _plan(size, blocked=frozenset(blocked))

    free = {
        100 + n: sum((j, 100 + n) not in blocked for j in range(jurors)) for n in range(submissions)
    }
    assert plan.pairs & blocked == set()
    assert dict(plan.short) == {s: k - min(k, count) for s, count in free.items() if count < k}
    assert {s: plan.free[s] for s in plan.short} == {s: free[s] for s in plan.short}


@given(sizes, st.sets(st.tuples(st.integers(0, 5), st.integers(100, 108)), max_size=6))
@settings(max_examples=15)
def test_plan_keeps_what_is_fixed_even_against_a_conflict(size, fixed):
    jurors, submissions, _k, _seed = size
    inside = frozenset((j, s) for j, s in fixed if j < jurors and s < 100 + submissions)

    plan = _plan(size, blocked=frozenset(fixed), fixed=frozenset(fixed))

    assert inside <= plan.pairs


def test_plan_needs_at_least_one_juror_each():
    with pytest.raises(ValueError, match="at least one"):
        _problem((2, 2, 0, 1))


# -- the best there is -----------------------------------------------------------------------------

VECTOR = {(0, 0): 900, (1, 0): 500, (2, 0): 100, (0, 1): 800, (1, 1): 700, (2, 1): 300,
          (0, 2): 200, (1, 2): 600, (2, 2): 400}  # fmt: skip


def test_plan_solves_the_published_vector():
    """A-26: optimum 2,700, and only one plan reaches it."""
    problem = Problem(
        jurors=(0, 1, 2),
        submissions=(0, 1, 2),
        k=2,
        seed=1,
        blocked=frozenset({(0, 0)}),
        highest=2,
        scores=VECTOR,
    )

    plan = propose(problem)

    assert plan.score == 2_700
    assert plan.pairs == {(1, 0), (2, 0), (0, 1), (1, 1), (0, 2), (2, 2)}
    assert plan.is_connected


def _goals(problem, pairs):
    """Return the goals in their order, the smaller the better: an oracle of its own."""
    loads = [sum(j == juror for j, _s in pairs) for juror in problem.jurors]
    there = {
        s: set().union(*(problem.tags.get(j, set()) for j, other in pairs if other == s))
        for s in problem.submissions
    }
    missing = sum(problem.k - sum(other == s for _j, other in pairs) for s in problem.submissions)
    uncovered = sum(field not in there[s] for s in there for field in problem.required)
    return missing, uncovered, loads, sum(problem.scores.get(pair, 0) for pair in pairs)


def _all_plans(problem):
    """Yield every plan that gives a submission as many jurors as have no conflict, up to k."""
    choices = []
    for submission in problem.submissions:
        free = [(j, submission) for j in problem.jurors if (j, submission) not in problem.blocked]
        choices.append(list(combinations(free, min(problem.k, len(free)))))
    for chosen in product(*choices):
        yield frozenset(pair for pairs in chosen for pair in pairs)


small = st.fixed_dictionaries(
    {
        "blocked": st.frozensets(st.tuples(st.integers(0, 3), st.integers(100, 103)), max_size=5),
        "tags": st.dictionaries(
            st.integers(0, 3), st.frozensets(st.sampled_from("ab")), max_size=4
        ),
        "required": st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
        "scores": st.dictionaries(
            st.tuples(st.integers(0, 3), st.integers(100, 103)), st.integers(0, 9), max_size=16
        ),
    }
)


@given(st.integers(1, 3), small)
@settings(max_examples=30, deadline=None)
def test_solution_is_the_best_of_all(k, rules):
    """A-27: first the jurors, then the fields, then even loads, then the score."""
    problem = _problem((4, 4, k, 1), **rules)

    pairs, is_proven = best(problem)

    reached = [_goals(problem, plan) for plan in _all_plans(problem)]
    fewest = min(goals[:2] for goals in reached)
    even = [
        goals[3] for goals in reached if goals[:2] == fewest and max(goals[2]) - min(goals[2]) <= 1
    ]
    missing, uncovered, loads, score = _goals(problem, pairs)
    assert is_proven
    assert (missing, uncovered) == fewest
    if even:
        assert max(loads) - min(loads) <= 1
        assert score == max(even)


def test_nobody_gets_more_than_the_most():
    plan = propose(_problem((3, 6, 2, 1), highest=3), compare=False)

    assert max(plan.loads.values()) <= 3
    assert sum(plan.short.values()) == 3


def test_each_field_is_there_where_it_can_be():
    tags = {0: frozenset("a"), 1: frozenset("b"), 2: frozenset(), 3: frozenset()}
    problem = _problem((4, 4, 2, 1), tags=tags, required=("a", "b"), blocked=frozenset({(0, 100)}))

    plan = propose(problem, compare=False)

    assert plan.uncovered == {(100, "a")}


# -- connected -------------------------------------------------------------------------------------


def test_groups_are_found():
    """X-16: two groups; one more pair joins them."""
    pairs = {(0, 100), (1, 101), (0, 101), (1, 100), (2, 102), (3, 102)}

    assert count_groups(pairs) == 2
    assert count_groups(pairs | {(1, 102)}) == 1
    assert [(sorted(g.jurors), sorted(g.submissions)) for g in groups_of(pairs)] == [
        ([0, 1], [100, 101]),
        ([2, 3], [102]),
    ]


def _split():
    return frozenset(
        {(0, 100), (1, 100), (0, 101), (1, 101), (2, 102), (3, 102), (2, 103), (3, 103)}
    )


def test_groups_are_joined_by_a_swap_that_keeps_loads():
    problem = _problem((4, 4, 2, 1))

    joined = connect(problem, _split())

    assert count_groups(joined) == 1
    assert sorted(j for j, _s in joined) == sorted(j for j, _s in _split())
    assert sorted(s for _j, s in joined) == sorted(s for _j, s in _split())


def test_groups_stay_where_every_swap_is_forbidden():
    across = frozenset(
        [(j, s) for j in (0, 1) for s in (102, 103)] + [(j, s) for j in (2, 3) for s in (100, 101)]
    )
    problem = _problem((4, 4, 2, 1), blocked=across)

    plan = propose(problem, compare=False)

    assert plan.groups == 2
    assert {frozenset(group.jurors) for group in plan.parts} == {
        frozenset({0, 1}),
        frozenset({2, 3}),
    }


def test_swap_moves_nothing_that_is_fixed():
    problem = _problem((4, 4, 2, 1), fixed=_split())

    assert connect(problem, _split()) == _split()


# -- what rules cost -------------------------------------------------------------------------------


def test_costs_say_what_would_be_without_a_rule():
    tags = {0: frozenset("a"), 1: frozenset(), 2: frozenset()}
    scores = {(juror, s): 10 * juror for juror in range(3) for s in range(100, 103)}
    problem = _problem((3, 3, 1, 1), tags=tags, required=("a",), scores=scores)

    plan = propose(problem)
    costs = {cost.rule: cost for cost in costs_of(problem)}

    # The only expert takes all, whatever the others would score.
    assert plan.score == 0
    assert set(costs) == {FIELDS, LOADS} == {cost.rule for cost in plan.costs}
    assert costs[FIELDS].score == 30
    assert costs[LOADS].score == 0
