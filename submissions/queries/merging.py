"""What a merge of two teams would change: for the page before it, and for the merge itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submissions.models import Submission, Team
from submissions.queries.tries import tries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submissions.models import Entry, MergeProposal


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a merge does in one problem statement: `goes_on` counts, `closed` is kept beside it."""

    goes_on: Entry
    closed: Entry | None
    used: int
    limit: int | None


def pairings(team: Team, other: Team, at: dt.datetime) -> list[Pairing]:
    """Return what a merge does in each problem statement that either team takes part in.

    The proposing team's entry goes on, unless only the other one has handed something in.
    """
    own = {entry.challenge_id: entry for entry in _entries(team)}
    theirs = {entry.challenge_id: entry for entry in _entries(other)}
    found = []
    for challenge in sorted(own.keys() | theirs.keys()):
        pair = [side[challenge] for side in (own, theirs) if challenge in side]
        if len(pair) > 1 and not _counts(pair[0]) and _counts(pair[1]):
            pair.reverse()
        used = [tries(entry, at) for entry in pair]
        found.append(
            Pairing(
                goes_on=pair[0],
                closed=pair[1] if len(pair) > 1 else None,
                used=sum(one.used_total for one in used),
                limit=used[0].limit_total,
            )
        )
    return found


def _entries(team: Team) -> list[Entry]:
    return list(team.entries.live().select_related("challenge", "team"))


def _counts(entry: Entry) -> bool:
    return Submission.objects.filter(entry=entry).handed_in().exists()


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What both captains read before they decide."""

    size: int
    limit: int | None
    pairings: Sequence[Pairing]


def merge_plan(proposal: MergeProposal, at: dt.datetime) -> MergePlan:
    """Add up two teams."""
    return MergePlan(
        size=proposal.team.memberships.count() + proposal.other.memberships.count(),
        limit=proposal.team.competition.team_size_limit,
        pairings=pairings(proposal.team, proposal.other, at),
    )


def other_team(team: Team, words: str) -> Team | None:
    """Return the team of the same competition that has this code or public name."""
    name = " ".join(words.split())
    rows = Team.objects.live().filter(competition=team.competition_id).exclude(pk=team.pk)
    return rows.filter(code=name.upper()).first() or rows.filter(name__iexact=name).first()
