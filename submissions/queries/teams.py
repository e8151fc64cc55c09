"""Reads about teams."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from competition.models import Phase
from competition.states import ChallengeState, PhaseKind
from submissions.models import JoinRequest, MergeProposal, Submission, Team

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models import Challenge, Competition, Terms
    from submissions.models import Entry


def current_terms(competition: Competition) -> Terms | None:
    """Return the terms in force: the latest published version."""
    published = competition.terms.filter(published_at__isnull=False)
    return published.order_by("-version").first()


def team_of(user: User | AnonymousUser, competition: Competition) -> Team | None:
    """Return the person's team in a competition; there is at most one."""
    return Team.objects.of_member(user).filter(competition=competition).first()


def captain_names(team: Team | None) -> list[str]:
    """Return how the captains of a team are called; empty without a team."""
    if team is None:
        return []
    captains = team.memberships.captains().select_related("user")
    return [captain.user.display_name for captain in captains]


def entry_of(team: Team | None, challenge: Challenge) -> Entry | None:
    """Return the team's part in a problem statement, if it has entered."""
    return challenge.entries.live().filter(team=team).first() if team else None


@dataclass(frozen=True, slots=True)
class ChangesEnd:
    """When the members of a team are fixed, and the problem statement that decides it."""

    moment: dt.datetime
    challenge: Challenge


def changes_end(team: Team) -> ChangesEnd | None:
    """Return from when on nobody can join a team; None while it takes part in nothing.

    It is the first deadline of what the team takes part in, minus the days that the competition
    sets (24 hours each). The window is half-open: at the very moment it is too late.
    """
    first = (
        Phase.objects.filter(kind=PhaseKind.SUBMISSION, challenge__entries__team=team)
        .exclude(challenge__state=ChallengeState.CANCELLED)
        .select_related("challenge")
        .order_by("ends_at")
        .first()
    )
    if first is None:
        return None
    days = dt.timedelta(days=team.competition.team_changes_end_days)
    return ChangesEnd(first.ends_at - days, first.challenge)


def open_requests_of(user: User, now: dt.datetime) -> list[JoinRequest]:
    """Return the teams that have not answered a person yet."""
    return list(
        JoinRequest.objects.filter(user=user).open_at(now).select_related("team__competition")
    )


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may still come into a team: limits, the join code, and who asks."""

    size: int
    limit: int | None
    end: ChangesEnd | None
    is_fixed: bool
    has_join_code: bool
    requests: Sequence[JoinRequest]

    @property
    def is_full(self) -> bool:
        """Say whether the team has as many members as the competition allows."""
        return self.limit is not None and self.size >= self.limit

    @property
    def is_possible(self) -> bool:
        """Say whether somebody could join now."""
        return not self.is_full and not self.is_fixed


def admission(team: Team, now: dt.datetime, *, size: int) -> Admission:
    """Read what decides about new members of a team that has `size` now."""
    end = changes_end(team)
    return Admission(
        size=size,
        limit=team.competition.team_size_limit,
        end=end,
        is_fixed=end is not None and now >= end.moment,
        has_join_code=team.has_join_code(now),
        requests=list(team.join_requests.open_at(now).select_related("user")),
    )


def proposals_of(team: Team, now: dt.datetime) -> list[MergeProposal]:
    """Return the proposals to merge that wait for an answer, by the team or to it."""
    rows = MergeProposal.objects.of_team(team).open_at(now)
    return list(rows.select_related("team", "other"))


def merged_versions(team: Team) -> list[Submission]:
    """Return the versions that count no more since teams merged; all members can read them."""
    return list(
        Submission.objects.filter(entry__team=team, entry__merged_into__isnull=False)
        .select_related("entry__challenge")
        .order_by("entry", "number")
    )
