#!/usr/bin/env python3
"""How long the exact assignment of jurors takes, beside dealing the submissions out like cards.

    .venv/bin/python benchmarks/assignment.py

Both sides get the same juries, run in turn, and have to give every submission its three jurors. The
plain side deals round and round and steps over conflicts; it knows neither required fields nor
even loads. Absolute times do not carry over to another machine, the ratio does. The goals are 2 s
for 300 x 40 and 15 s for 2,000 x 200 x 3.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scoring.compute.assignment import Problem, propose

K: Final = 3
FIELDS: Final = ("administration", "law", "machine learning")
# Submissions, jurors, and how often each side runs.
SIZES: Final = ((300, 40, 5), (2_000, 200, 3))

type Pair = tuple[int, int]


def jury(submissions: int, jurors: int) -> Problem:
    """Return a jury: two fields each, every twentieth pair in conflict, two fields required."""
    chance = random.Random(submissions)
    tags = {juror: frozenset(chance.sample(FIELDS, 2)) for juror in range(jurors)}
    blocked = frozenset(
        (chance.randrange(jurors), chance.randrange(submissions))
        for _number in range(submissions * jurors // 20)
    )
    return Problem(
        jurors=tuple(range(jurors)),
        submissions=tuple(range(submissions)),
        k=K,
        seed=7,
        blocked=blocked,
        tags=tags,
        required=FIELDS[:2],
        scores={
            (juror, submission): 667 for juror in range(jurors) for submission in range(submissions)
        },
    )


def dealt(problem: Problem) -> set[Pair]:
    """Deal the submissions out, one juror after the other, stepping over conflicts."""
    pairs: set[Pair] = set()
    at = 0
    for submission in problem.submissions:
        given = 0
        while given < problem.k:
            pair = (problem.jurors[at % len(problem.jurors)], submission)
            at += 1
            if pair not in problem.blocked and pair not in pairs:
                pairs.add(pair)
                given += 1
    return pairs


def solved(problem: Problem) -> set[Pair]:
    """Solve it exactly, and make sure that nothing is missing."""
    plan = propose(problem, compare=False)
    loads = plan.loads.values()
    if plan.short or plan.uncovered or not plan.is_connected or not plan.is_proven:
        raise SystemExit("The proposal is not what it promises.")
    if max(loads) - min(loads) > 1:
        raise SystemExit("The loads are not even.")
    return set(plan.pairs)


def seconds(run: Callable[[Problem], set[Pair]], problem: Problem) -> float:
    """Return how long it took to give every submission its jurors."""
    begun = time.perf_counter()
    pairs = run(problem)
    taken = time.perf_counter() - begun
    if len(pairs) != K * len(problem.submissions) or pairs & problem.blocked:
        raise SystemExit(f"{run.__name__} gave wrong assignments.")
    return taken


def main() -> int:
    """Print the medians and their ratio for both sizes."""
    for submissions, jurors, times in SIZES:
        problem = jury(submissions, jurors)
        exact, plain = [], []
        for _number in range(times):
            exact.append(seconds(solved, problem))
            plain.append(seconds(dealt, problem))
        middle, other = statistics.median(exact), statistics.median(plain)
        print(
            f"{submissions} x {jurors} x {K}: exact {middle:.2f} s, dealt {other * 1000:.1f} ms, "
            f"ratio {middle / other:,.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
