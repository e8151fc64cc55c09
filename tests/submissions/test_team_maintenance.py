from __future__ import annotations

import pytest

from competition.models import OfficeMembership
from submissions import team_maintenance as proofs
from submissions.models import Membership
from submissions.states import TeamRole
from tests.factories import (
    CompetitionFactory,
    EntryFactory,
    JuryFactory,
    JurySeatFactory,
)


def violations() -> list[str]:
    return [
        sentence
        for proof in (
            proofs.teams_without_captain,
            proofs.people_in_two_teams,
            proofs.members_on_two_sides,
        )
        for sentence in proof()
    ]


def test_sound_teams_break_no_promise(world):
    EntryFactory(challenge=world.challenge, is_baseline=True)

    assert violations() == []


def test_team_without_captain_is_found(world):
    Membership.objects.filter(user=world.cem).update(role=TeamRole.MEMBER)

    assert violations() == [f"The team {world.team.code} has no captain."]


def test_second_team_behind_another_competition_is_found(world):
    second = world.other_entry.team.memberships.create(
        competition=CompetitionFactory(), user=world.dora, joined_at=world.team.created_at
    )

    assert violations() == [
        f"The membership {second.code} names another competition than its team.",
        f"Person {world.dora.pk} is in 2 teams of one competition.",
    ]


@pytest.mark.parametrize("side", ["office", "jury"])
def test_member_on_another_side_is_found(world, side):
    if side == "office":
        OfficeMembership.objects.create(competition=world.challenge.competition, user=world.dora)
    else:
        JurySeatFactory(jury=JuryFactory(challenge=world.challenge), user=world.dora)

    code = world.team.memberships.get(user=world.dora).code
    assert violations() == [f"The membership {code} is of a person on another side."]
