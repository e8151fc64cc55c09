"""Reads about teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submissions.models import Team

if TYPE_CHECKING:
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
    return challenge.entries.filter(team=team).first() if team else None
