"""Who assesses what, as a proposal: solved exactly, and the same for the same input and seed.

Goals come one after the other (A-9): that every submission gets its jurors, that each required
field is among them, that loads stay within their bounds, and then the expertise score; what is
still equal is drawn by lot. The solver is HiGHS (`scipy.optimize.milp`, A-23).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Pair = tuple[int, int]  # (juror, submission)

# What a proposal can be compared without: the rules that may cost something.
CONFLICTS: Final = "conflicts"
KEPT: Final = "kept"
FIELDS: Final = "fields"
LOADS: Final = "loads"
RULES: Final = (CONFLICTS, KEPT, FIELDS, LOADS)
# Steps of the work, as `tell` hears them.
SOLVING: Final = "solving"
CONNECTING: Final = "connecting"
COMPARING: Final = "comparing"

# A solver that finds no proof within this time returns the best it has.
TIME_LIMIT: Final = 120.0


class NotSolved(Exception):
    """The solver found nothing in its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Jurors and submissions by their keys, and what binds them.

    `highest` is the number of submissions a juror takes at most; without it loads differ by one at
    most where that is possible. Pairs in `fixed` stay, also against `blocked` and `highest`.
    `tags` are the fields of a juror, `scores` the expertise per pair (0 to 1000; absent is 0).
    """

    jurors: tuple[int, ...]
    submissions: tuple[int, ...]
    k: int
    seed: int
    blocked: frozenset[Pair] = frozenset()
    fixed: frozenset[Pair] = frozenset()
    highest: int | None = None
    tags: Mapping[int, frozenset[str]] = None  # type: ignore[assignment]  # filled in below
    required: tuple[str, ...] = ()
    scores: Mapping[Pair, int] = None  # type: ignore[assignment]  # filled in below
    is_balanced: bool = True

    def __post_init__(self) -> None:
        """Sort, so that the order of the input does not matter; leave out what is unknown."""
        if self.k < 1:
            raise ValueError("A submission needs at least one juror.")
        jurors, submissions = frozenset(self.jurors), frozenset(self.submissions)
        kept = frozenset((j, s) for j, s in self.fixed if j in jurors and s in submissions)
        for name, value in (
            ("jurors", tuple(sorted(jurors))),
            ("submissions", tuple(sorted(submissions))),
            ("fixed", kept),
            (
                "blocked",
                frozenset((j, s) for j, s in self.blocked if j in jurors and s in submissions)
                - kept,
            ),
            ("tags", dict(self.tags or {})),
            ("required", tuple(sorted(set(self.required)))),
            ("scores", dict(self.scores or {})),
        ):
            object.__setattr__(self, name, value)

    def without(self, rule: str) -> Problem:
        """Return the same problem without one of its rules."""
        match rule:
            case "conflicts":
                return replace(self, blocked=frozenset())
            case "kept":
                return replace(self, fixed=frozenset())
            case "fields":
                return replace(self, required=())
            case _:
                return replace(self, highest=None, is_balanced=False)

    def has(self, rule: str) -> bool:
        """Say whether the problem has such a rule at all."""
        return {
            CONFLICTS: bool(self.blocked),
            KEPT: bool(self.fixed),
            FIELDS: bool(self.required),
            LOADS: self.highest is not None or self.is_balanced,
        }[rule]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a proposal would be without one rule."""

    rule: str
    score: int
    missing: int
    uncovered: int


@dataclass(frozen=True, slots=True)
class Group:
    """Jurors and submissions that share nothing with any others."""

    jurors: frozenset[int]
    submissions: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A proposal.

    `short` says by how many jurors a submission misses the wanted number, `free` how many jurors
    have no conflict with it, `uncovered` which required field no juror of a submission has.
    """

    pairs: frozenset[Pair]
    loads: Mapping[int, int]
    short: Mapping[int, int]
    free: Mapping[int, int]
    uncovered: frozenset[tuple[int, str]]
    score: int
    parts: tuple[Group, ...]
    is_proven: bool
    seed: int
    costs: tuple[Cost, ...] = ()

    @property
    def groups(self) -> int:
        """Return how many groups share nothing."""
        return len(self.parts)

    @property
    def is_connected(self) -> bool:
        """Whether any two jurors can be compared through submissions they share (A-14)."""
        return self.groups <= 1


def propose(
    problem: Problem, *, compare: bool = True, tell: Callable[[str], None] = lambda _step: None
) -> Plan:
    """Return the best assignment; `compare` also says what each rule costs.

    Raises:
        NotSolved: the solver found nothing in its time.

    """
    tell(SOLVING)
    pairs, is_proven = best(problem)
    tell(CONNECTING)
    pairs = connect(problem, pairs)
    plan = _plan_of(problem, pairs, is_proven=is_proven)
    if not compare:
        return plan
    tell(COMPARING)
    return replace(plan, costs=tuple(costs_of(problem)))


def best(problem: Problem) -> tuple[frozenset[Pair], bool]:
    """Return the best pairs before groups are joined, and whether they are proven to be it."""
    return _Solver(problem).best()


def costs_of(problem: Problem) -> Iterator[Cost]:
    """Yield what the best assignment would be without each rule that the problem has."""
    for rule in RULES:
        if problem.has(rule):
            easier = problem.without(rule)
            pairs, _is_proven = best(easier)
            plan = _plan_of(easier, pairs, is_proven=True)
            yield Cost(rule, plan.score, sum(plan.short.values()), len(plan.uncovered))


def _plan_of(problem: Problem, pairs: frozenset[Pair], *, is_proven: bool) -> Plan:
    loads = Counter(juror for juror, _submission in pairs)
    taken = Counter(submission for _juror, submission in pairs)
    barred = Counter(submission for _juror, submission in problem.blocked)
    return Plan(
        pairs=pairs,
        loads={juror: loads[juror] for juror in problem.jurors},
        short={s: problem.k - taken[s] for s in problem.submissions if taken[s] < problem.k},
        free={s: len(problem.jurors) - barred[s] for s in problem.submissions},
        uncovered=_uncovered(problem, pairs),
        score=sum(problem.scores.get(pair, 0) for pair in pairs),
        parts=groups_of(pairs),
        is_proven=is_proven,
        seed=problem.seed,
    )


def _uncovered(problem: Problem, pairs: Collection[Pair]) -> frozenset[tuple[int, str]]:
    there: dict[int, set[str]] = defaultdict(set)
    for juror, submission in pairs:
        there[submission] |= problem.tags.get(juror, frozenset())
    return frozenset(
        (s, field)
        for s in problem.submissions
        for field in problem.required
        if field not in there[s]
    )


# -- the model -------------------------------------------------------------------------------------


class _Solver:
    """The integer programme: one variable for each pair that may come, 1 if it does."""

    def __init__(self, problem: Problem) -> None:
        """Give each pair that is not fixed a number."""
        self.problem = problem
        juror_at = {key: at for at, key in enumerate(problem.jurors)}
        submission_at = {key: at for at, key in enumerate(problem.submissions)}
        self.people, self.things = len(juror_at), len(submission_at)
        open_ = np.ones((self.things, self.people), dtype=bool)
        self.held = np.zeros(self.people, dtype=int)
        given = np.zeros(self.things, dtype=int)
        for juror, submission in problem.blocked | problem.fixed:
            open_[submission_at[submission], juror_at[juror]] = False
        for juror, submission in problem.fixed:
            self.held[juror_at[juror]] += 1
            given[submission_at[submission]] += 1
        self.rows, self.columns = np.nonzero(open_)
        self.size = len(self.rows)
        # More than the unconflicted jurors nobody can have.
        self.need = np.minimum(np.maximum(problem.k - given, 0), open_.sum(axis=1))
        self.needed_fields = self._needed_fields(juror_at, submission_at, open_)
        scores = np.zeros((self.things, self.people))
        for (juror, submission), score in problem.scores.items():
            if juror in juror_at and submission in submission_at:
                scores[submission_at[submission], juror_at[juror]] = score
        self.lot = np.random.default_rng(problem.seed).random((self.things, self.people))
        # The lot stays below the smallest difference of two sums of scores.
        share = self.lot / (int(self.need.sum()) + 1)
        self.gain = (scores + share)[self.rows, self.columns]
        self.merit = scores.max(axis=0, initial=0)
        self.is_merit_alone = bool((scores == self.merit).all())
        self.is_proven = True

    def _needed_fields(
        self,
        juror_at: Mapping[int, int],
        submission_at: Mapping[int, int],
        open_: NDArray[np.bool_],
    ) -> list[tuple[int, NDArray[np.bool_]]]:
        """Return submission and jurors for each field that is not there yet and can be had."""
        problem = self.problem
        there: dict[int, set[str]] = defaultdict(set)
        for juror, submission in problem.fixed:
            there[submission_at[submission]] |= problem.tags.get(juror, frozenset())
        found = []
        for field in problem.required:
            experts = np.array(
                [field in problem.tags.get(juror, frozenset()) for juror in juror_at], dtype=bool
            )
            found += [
                (row, experts)
                for row in range(self.things)
                if field not in there[row] and self.need[row] and bool((open_[row] & experts).any())
            ]
        return found

    def best(self) -> tuple[frozenset[Pair], bool]:
        """Return the pairs, and whether they are proven to be the best.

        All rules at once first, since they mostly hold; else one goal after the other.
        """
        problem = self.problem
        chosen = self._at_once() if self.size else np.zeros(0)
        if chosen is None:
            chosen = self._one_after_the_other(is_whole=False)
        if chosen is None:
            chosen = self._one_after_the_other(is_whole=True)
        if chosen is None:
            raise NotSolved
        keys = np.array(problem.jurors)[self.columns], np.array(problem.submissions)[self.rows]
        picked = np.flatnonzero(chosen > 0.5)
        pairs = {(int(keys[0][at]), int(keys[1][at])) for at in picked}
        return frozenset(pairs | problem.fixed), self.is_proven

    def _at_once(self) -> NDArray[np.float64] | None:
        """Return the best pairs that keep all rules, None if there are none."""
        least, most = self._bounds()
        if self.is_merit_alone and bool((most - least <= 1).all()):
            # Scores that do not depend on the submission only say who takes one more. With that
            # settled they are the same for all plans, and the solver need not weigh them.
            more = int(self.need.sum() - least.sum())
            order = np.lexsort((self.lot.sum(axis=0), -self.merit))
            takers = [at for at in order if most[at] > least[at]][: max(more, 0)]
            loads = least.copy()
            loads[takers] += 1
            found = self._solve(-self.lot[self.rows, self.columns], self._rules(loads, loads))
            if found is not None:
                return found
        return self._solve(-self.gain, self._rules(least, most))

    def _bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how many more submissions each juror takes at least and at most."""
        total = int(self.need.sum() + self.held.sum())
        share = total / max(self.people, 1)
        lowest = np.full(self.people, math.floor(share) if self.problem.is_balanced else 0.0)
        highest = np.full(self.people, math.inf)
        if self.problem.highest is not None:
            highest[:] = self.problem.highest
        elif self.problem.is_balanced:
            highest[:] = math.ceil(share)
        lowest = np.minimum(lowest, highest)
        return np.maximum(lowest - self.held, 0), np.maximum(highest - self.held, 0)

    def _limit(self) -> NDArray[np.float64]:
        """Return how many more a juror takes at most whatever else gives way."""
        if self.problem.highest is None:
            return np.full(self.people, math.inf)
        limit: NDArray[np.float64] = np.maximum(self.problem.highest - self.held, 0).astype(float)
        return limit

    def _incidence(self, of: NDArray[np.intp], count: int, extra: int) -> csc_array:
        columns = np.arange(self.size)
        return csc_array((np.ones(self.size), (of, columns)), shape=(count, self.size + extra))

    def _field_rows(self, extra: int) -> csc_array:
        rows, columns = [], []
        order = np.argsort(self.rows, kind="stable")
        starts = np.searchsorted(self.rows[order], np.arange(self.things + 1))
        for at, (thing, experts) in enumerate(self.needed_fields):
            own = order[starts[thing] : starts[thing + 1]]
            own = own[experts[self.columns[own]]]
            rows.append(np.full(len(own), at))
            columns.append(own)
        where = (np.concatenate(rows), np.concatenate(columns))
        return csc_array(
            (np.ones(len(where[0])), where), shape=(len(self.needed_fields), self.size + extra)
        )

    def _rules(
        self, least: NDArray[np.float64], most: NDArray[np.float64]
    ) -> list[LinearConstraint]:
        rules = [
            LinearConstraint(self._incidence(self.rows, self.things, 0), self.need, self.need),
            LinearConstraint(self._incidence(self.columns, self.people, 0), least, most),
        ]
        if self.needed_fields:
            rules.append(LinearConstraint(self._field_rows(0), 1, np.inf))
        return rules

    def _one_after_the_other(self, *, is_whole: bool) -> NDArray[np.float64] | None:
        """Let rules give way, each as little as possible, in the order of the goals (A-9).

        With halves allowed a goal is found much faster, and mostly the same. None where no whole
        solution reaches what halves promise.
        """
        fields = len(self.needed_fields)
        least, most = self._bounds()
        # Behind the pairs: missing jurors, missing fields, and by how much the emptiest desk holds
        # too little and the fullest too much.
        sizes = [self.things, fields, 1, 1]
        extra = sum(sizes)
        starts = np.cumsum([self.size, *sizes])
        blocks = [slice(starts[at], starts[at + 1]) for at in range(4)]

        def plus(matrix: csc_array, block: slice, sign: float = 1.0) -> csc_array:
            count = matrix.shape[0]
            of = np.arange(block.start, block.stop)
            of = of if len(of) == count else np.full(count, block.start)
            slack = csc_array((np.full(count, sign), (np.arange(count), of)), shape=matrix.shape)
            return matrix + slack

        jurors = self._incidence(self.columns, self.people, extra)
        rules = [
            LinearConstraint(
                plus(self._incidence(self.rows, self.things, extra), blocks[0]),
                self.need,
                self.need,
            ),
            LinearConstraint(jurors, 0, self._limit()),
            LinearConstraint(plus(jurors, blocks[2]), least, np.inf),
            LinearConstraint(plus(jurors, blocks[3], -1.0), -np.inf, most),
        ]
        if fields:
            rules.append(LinearConstraint(plus(self._field_rows(extra), blocks[1]), 1, np.inf))
        given_way = np.zeros(extra)
        for goal in ([blocks[0]], [blocks[1]], [blocks[2], blocks[3]]):
            cost = np.zeros(self.size + extra)
            for block in goal:
                cost[block] = 1
            if not cost.any():
                continue
            found = self._solve(cost, rules, is_whole=is_whole)
            if found is None:
                raise NotSolved
            least_cost = math.ceil(float(cost @ found) - 1e-6)
            rules.append(LinearConstraint(csc_array(cost[np.newaxis]), -np.inf, least_cost))
            given_way = found[self.size :]
        if given_way[: self.things + fields].sum() < 1e-6:
            # Every juror and every field is there: only the bounds of the loads are others.
            less, more = np.ceil(given_way[-2:] - 1e-6)
            return self._solve(
                -self.gain,
                self._rules(np.maximum(least - less, 0), np.minimum(most + more, self._limit())),
            )
        found = self._solve(np.concatenate([-self.gain, np.zeros(extra)]), rules)
        return None if found is None else found[: self.size]

    def _solve(
        self, cost: NDArray[np.float64], rules: list[LinearConstraint], *, is_whole: bool = True
    ) -> NDArray[np.float64] | None:
        """Return the best values, None where no values keep all rules.

        Raises:
            NotSolved: nothing was found in the time.

        """
        highest = np.full(len(cost), np.inf)
        highest[: self.size] = 1
        result = milp(
            cost,
            constraints=rules,
            bounds=Bounds(0, highest),
            integrality=np.full(len(cost), int(is_whole)),
            options={"mip_rel_gap": 0, "time_limit": TIME_LIMIT},
        )
        if result.status == 2:
            return None
        if result.x is None:
            raise NotSolved
        self.is_proven = self.is_proven and result.status == 0
        values: NDArray[np.float64] = result.x
        return values


# -- connected -------------------------------------------------------------------------------------


def groups_of(pairs: Collection[Pair]) -> tuple[Group, ...]:
    """Return the groups of jurors and submissions that share nothing, the largest first (X-16)."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for juror, submission in pairs:
        parent[root(("juror", juror))] = root(("submission", submission))
    members: dict[tuple[str, int], set[tuple[str, int]]] = defaultdict(set)
    for node in list(parent):
        members[root(node)].add(node)
    groups = [
        Group(
            frozenset(key for kind, key in nodes if kind == "juror"),
            frozenset(key for kind, key in nodes if kind == "submission"),
        )
        for nodes in members.values()
    ]
    return tuple(
        sorted(groups, key=lambda group: (-len(group.submissions), min(group.submissions)))
    )


def count_groups(pairs: Collection[Pair]) -> int:
    """Count the groups of jurors and submissions that do not touch each other."""
    return len(groups_of(pairs))


def connect(problem: Problem, pairs: frozenset[Pair]) -> frozenset[Pair]:
    """Join groups by swapping two jurors between them, as cheaply as possible (A-14).

    Loads and numbers of jurors stay; no conflict, no lost field, nothing fixed is moved. Where no
    swap helps, the groups stay.
    """
    groups = groups_of(pairs)
    while len(groups) > 1:
        swapped = _cheapest_swap(problem, pairs, groups)
        if swapped is None:
            return pairs
        pairs, groups = swapped
    return pairs


def _cheapest_swap(
    problem: Problem, pairs: frozenset[Pair], groups: tuple[Group, ...]
) -> tuple[frozenset[Pair], tuple[Group, ...]] | None:
    lost_before = len(_uncovered(problem, pairs))
    home = {s: at for at, group in enumerate(groups) for s in group.submissions}
    movable = sorted(pairs - problem.fixed)
    largest = [pair for pair in movable if home[pair[1]] == 0]
    others = [pair for pair in movable if home[pair[1]] != 0]
    swaps = []
    for juror, submission in largest:
        for other_juror, other_submission in others:
            new = ((other_juror, submission), (juror, other_submission))
            if problem.blocked.isdisjoint(new):
                old = ((juror, submission), (other_juror, other_submission))
                loss = sum(problem.scores.get(pair, 0) for pair in old) - sum(
                    problem.scores.get(pair, 0) for pair in new
                )
                swaps.append((loss, old, new))
    for _loss, old, new in sorted(swaps):
        tried = (pairs - set(old)) | set(new)
        now = groups_of(tried)
        if len(now) < len(groups) and len(_uncovered(problem, tried)) <= lost_before:
            return frozenset(tried), now
    return None
