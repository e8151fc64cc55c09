"""Who assesses what, as a proposal: balanced loads, no forbidden pair, the same for the same seed.

Greedy with a balancing pass. It finds no optimum over expertise or organisations; what it returns
has the shape that an exact solver returns as well: pairs, loads, shortages, groups.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    type Pair = tuple[int, int]  # (juror, submission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A proposal. `short` says by how many jurors a submission misses the wanted number."""

    pairs: frozenset[Pair]
    loads: Mapping[int, int]
    short: Mapping[int, int]
    groups: int
    seed: int

    @property
    def is_connected(self) -> bool:
        """Whether any two jurors can be compared through submissions they share (A-14)."""
        return self.groups <= 1


def propose(
    jurors: Collection[int],
    submissions: Collection[int],
    *,
    k: int,
    seed: int,
    blocked: Collection[Pair] = (),
    fixed: Collection[Pair] = (),
) -> Plan:
    """Give every submission k jurors, spread evenly; pairs in `fixed` stay, `blocked` never come.

    The order of the input does not matter. Where fewer than k jurors are free of conflict, all of
    them are taken and the rest is reported in `Plan.short`.
    """
    if k < 1:
        raise ValueError("A submission needs at least one juror.")
    chance = random.Random(seed)  # noqa: S311  (a lot that can be repeated, no secret)
    people, things = sorted(jurors), sorted(submissions)
    luck = {pair: chance.random() for pair in ((j, s) for s in things for j in people)}
    forbidden = set(blocked) - set(fixed)
    kept = {(j, s) for j, s in fixed if j in set(people) and s in set(things)}
    pairs = set(kept)
    loads = Counter(juror for juror, _submission in pairs)

    def free(submission: int) -> list[int]:
        return [
            juror
            for juror in people
            if (juror, submission) not in forbidden and (juror, submission) not in pairs
        ]

    # The submission with the least choice goes first, else its jurors may be full.
    lot = {submission: chance.random() for submission in things}
    for submission in sorted(things, key=lambda s: (len(free(s)), lot[s])):
        taken = sum(1 for _juror, other in pairs if other == submission)
        wanted = max(k - taken, 0)
        candidates = sorted(
            free(submission), key=lambda juror: (loads[juror], luck[juror, submission])
        )
        for juror in candidates[:wanted]:
            pairs.add((juror, submission))
            loads[juror] += 1
    _balance(pairs, loads, people, kept=kept, forbidden=forbidden, luck=luck)
    per_submission = Counter(submission for _juror, submission in pairs)
    return Plan(
        pairs=frozenset(pairs),
        loads={juror: loads[juror] for juror in people},
        short={s: k - per_submission[s] for s in things if per_submission[s] < k},
        groups=count_groups(pairs),
        seed=seed,
    )


def _balance(
    pairs: set[Pair],
    loads: Counter[int],
    people: list[int],
    *,
    kept: set[Pair],
    forbidden: set[Pair],
    luck: Mapping[Pair, float],
) -> None:
    """Hand submissions from the fullest to the emptiest juror while that evens the loads."""
    moved = True
    while moved:
        moved = False
        for giver in sorted(people, key=lambda juror: (-loads[juror], juror)):
            for taker in sorted(people, key=lambda juror: (loads[juror], juror)):
                if loads[giver] - loads[taker] < 2:
                    break
                movable = [
                    submission
                    for juror, submission in pairs
                    if juror == giver
                    and (giver, submission) not in kept
                    and (taker, submission) not in pairs
                    and (taker, submission) not in forbidden
                ]
                if movable:
                    chosen = min(movable, key=lambda s: luck[taker, s])
                    pairs.remove((giver, chosen))
                    pairs.add((taker, chosen))
                    loads[giver] -= 1
                    loads[taker] += 1
                    moved = True
                    break
            if moved:
                break


def count_groups(pairs: Collection[Pair]) -> int:
    """Count the groups of jurors and submissions that do not touch each other (X-16)."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for juror, submission in pairs:
        parent[root(("juror", juror))] = root(("submission", submission))
    return len({root(node) for node in list(parent)})
