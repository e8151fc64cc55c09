"""Proofs about teams: who leads them, and who is in them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef

from core.maintenance import Invariant, invariants
from submissions.extensions import participation_bar
from submissions.models import Entry, Membership, Team


def teams_without_captain() -> Iterator[str]:
    """Yield teams that nobody leads; references of the host have no people."""
    captains = Membership.objects.captains().filter(team=OuterRef("pk"))
    references = Entry.objects.filter(team=OuterRef("pk"), is_baseline=True)
    for code in (
        Team.objects.live()
        .exclude(Exists(captains) | Exists(references))
        .values_list("code", flat=True)
    ):
        yield f"The team {code} has no captain."


def merges_without_trace() -> Iterator[str]:
    """Yield teams that became part of another one and still have people or entries."""
    merged = Team.objects.exclude(merged_into=None)
    for code in merged.filter(memberships__isnull=False).values_list("code", flat=True).distinct():
        yield f"The team {code} was merged and still has members."
    for code in merged.filter(entries__isnull=False).values_list("code", flat=True).distinct():
        yield f"The team {code} was merged and still takes part."
    for key in (
        Entry.objects.filter(merged_into__isnull=False)
        .exclude(
            merged_into__team=F("team"),
            merged_into__challenge=F("challenge"),
            merged_into__merged_into=None,
        )
        .values_list("pk", flat=True)
    ):
        yield f"The closed entry {key} does not lead to one of its team that goes on."


def people_in_two_teams() -> Iterator[str]:
    """Yield people with two teams in a competition, also if a row names the wrong competition."""
    for code in Membership.objects.exclude(competition=F("team__competition")).values_list(
        "code", flat=True
    ):
        yield f"The membership {code} names another competition than its team."
    twice = (
        Membership.objects.values("user", "team__competition")
        .annotate(teams=Count("pk"))
        .filter(teams__gt=1)
    )
    for row in twice:
        yield f"Person {row['user']} is in {row['teams']} teams of one competition."


def members_on_two_sides() -> Iterator[str]:
    """Yield members of teams who judge, organise or post in the same competition (R-13, R-14)."""
    for membership in Membership.objects.select_related("user", "team__competition").iterator():
        if participation_bar(membership.user, membership.team.competition):
            yield f"The membership {membership.code} is of a person on another side."


for _key, _label, _violations in (
    ("captains", "Every team has a captain", teams_without_captain),
    ("merges", "Merged teams have handed everything over", merges_without_trace),
    ("one_team", "Nobody is in two teams of a competition", people_in_two_teams),
    ("one_side", "Nobody in a team judges, organises or posts", members_on_two_sides),
):
    invariants.register(Invariant(_key, _label, _violations, 30))
