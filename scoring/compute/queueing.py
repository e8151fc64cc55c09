"""Whose turn it is: fair order of what waits, between competitions and between their teams."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# What only repeats a result that is there already counts as if it had come so much later: teams
# that wait for their first result go before it, and it waits no longer than that for them.
LATER: Final = dt.timedelta(minutes=10)
_TICK: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits, and for whom; `attempts` counts how often it has been begun."""

    key: int
    competition: int
    team: int
    since: dt.datetime
    attempts: int = 0
    is_repetition: bool = False

    @property
    def counts_from(self) -> dt.datetime:
        """Return when its waiting began, as far as the order is concerned."""
        return self.since + LATER if self.is_repetition else self.since


def fair_order(
    waiting: Iterable[Waiting],
    *,
    teams_served: Mapping[int, dt.datetime],
    competitions_served: Mapping[int, dt.datetime],
    now: dt.datetime,
) -> list[int]:
    """Return the keys in the order in which they will start if nothing more comes.

    Competitions take turns, and within each of them its teams. Whoever was served goes behind all
    who were waiting by then, so nobody is passed twice by the same team, however many files that
    team has. Within a team first comes what was tried least often, then what came first: a file
    that brings every attempt down holds up neither other teams nor its own.

    `…_served` say when something of a team, of a competition was begun last; where it is long ago,
    it may be left out.
    """
    files: dict[tuple[int, int], list[Waiting]] = defaultdict(list)
    for item in waiting:
        files[item.competition, item.team].append(item)
    teams: dict[int, list[tuple[dt.datetime, int, int]]] = defaultdict(list)
    for (competition, team), items in files.items():
        # The next one stands at the end, where it is taken away.
        items.sort(key=lambda item: (item.attempts, item.counts_from, item.key), reverse=True)
        turn = _turn(items[-1].counts_from, teams_served.get(team))
        teams[competition].append((turn, items[-1].key, team))
    competitions = []
    for competition, heap in teams.items():
        heapq.heapify(heap)
        turn = _turn(heap[0][0], competitions_served.get(competition))
        competitions.append((turn, heap[0][1], competition))
    heapq.heapify(competitions)

    order: list[int] = []
    moment = now
    while competitions:
        _turn_of, _key, competition = heapq.heappop(competitions)
        heap = teams[competition]
        _turn_of, key, team = heapq.heappop(heap)
        items = files[competition, team]
        items.pop()
        order.append(key)
        moment += _TICK
        if items:
            head = items[-1]
            heapq.heappush(heap, (_turn(head.counts_from, moment), head.key, team))
        if heap:
            heapq.heappush(competitions, (_turn(heap[0][0], moment), heap[0][1], competition))
    return order


def _turn(arrived: dt.datetime, served: dt.datetime | None) -> dt.datetime:
    """Return from when somebody waits for their turn: since they came, or since their last one."""
    return arrived if served is None else max(arrived, served)
