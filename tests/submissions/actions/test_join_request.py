from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from competition.models import Competition, OfficeMembership, Phase
from core import clock
from core.exceptions import DomainError, PhaseClosed
from core.models import AuditEvent, OutboxMessage
from submissions.actions import team as actions
from submissions.models import JoinRequest, Membership, Team
from submissions.states import RequestState, TeamRole
from tests.factories import (
    EntryFactory,
    PhaseFactory,
    TeamFactory,
    UserFactory,
    break_audit,
    open_challenge,
    team_member,
)

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def code(world) -> str:
    """The join code of Cem's team."""
    made = actions.renew_join_code(world.team, by=world.cem)
    assert made.join_code
    return made.join_code


@pytest.fixture
def asked(world, code) -> JoinRequest:
    """Gus has asked Cem's team."""
    return actions.ask_to_join(code, by=world.gus)


def members(team: Team) -> set[str]:
    return set(team.memberships.values_list("user__name", flat=True))


def mails() -> set[tuple[str, str]]:
    return set(OutboxMessage.objects.values_list("template", "recipient"))


# -- the code --------------------------------------------------------------------------------------


def test_code_is_readable_and_works_for_14_days_to_the_tick(world):
    start = clock.now()

    team = actions.renew_join_code(world.team, by=world.cem, now=start)

    assert len(team.join_code) == len("J-") + 8
    found = Team.objects.with_join_code
    assert found(f" {team.join_code.lower()} ", start + 14 * DAY - TICK).get() == world.team
    assert not found(team.join_code, start + 14 * DAY).exists()
    assert (team.has_join_code(start + 14 * DAY - TICK), team.has_join_code(start + 14 * DAY)) == (
        True,
        False,
    )


def test_new_code_replaces_the_old_one(world, code):
    actions.renew_join_code(world.team, by=world.cem)

    with pytest.raises(DomainError) as error:
        actions.ask_to_join(code, by=world.gus)

    assert error.value.code == "join_code_unknown"


def test_revoked_code_works_no_more_and_is_revoked_once(world, code):
    actions.revoke_join_code(world.team, by=world.cem)
    actions.revoke_join_code(world.team, by=world.cem)

    with pytest.raises(DomainError) as error:
        actions.ask_to_join(code, by=world.gus)

    assert error.value.code == "join_code_unknown"
    assert AuditEvent.objects.filter(action="team.join_code_revoked").count() == 1


def test_unknown_expired_and_revoked_codes_are_refused_alike(world, code):
    other = actions.renew_join_code(world.other_entry.team, by=world.emil).join_code
    actions.revoke_join_code(world.other_entry.team, by=world.emil)
    Team.objects.filter(pk=world.team.pk).update(join_code_expires_at=clock.now() - DAY)

    said = set()
    for typed in (code, other, "J-ZZZZZZZZ", "", "%"):
        with pytest.raises(DomainError) as error:
            actions.ask_to_join(typed, by=world.gus)
        said.add((error.value.code, str(error.value)))

    assert len(said) == 1


@pytest.mark.parametrize("action", [actions.renew_join_code, actions.revoke_join_code])
def test_code_stays_if_the_audit_fails(world, code, action):
    break_audit()

    with pytest.raises(IntegrityError):
        action(world.team, by=world.cem)

    assert Team.objects.get(pk=world.team.pk).join_code == code


# -- ask -------------------------------------------------------------------------------------------


def test_ask_tells_the_captains_and_makes_nobody_a_member(world, asked):
    assert (asked.team, asked.user, asked.state) == (world.team, world.gus, RequestState.OPEN)
    assert members(world.team) == {"Cem Captain", "Dora Daten"}
    assert mails() == {("team_join_requested", world.cem.email)}
    assert world.gus.email in OutboxMessage.objects.get().body


def test_ask_again_changes_nothing(world, asked, code):
    assert actions.ask_to_join(code, by=world.gus) == asked
    assert OutboxMessage.objects.count() == 1


def test_ask_two_teams_is_refused(world, asked):
    other = actions.renew_join_code(world.other_entry.team, by=world.emil).join_code

    with pytest.raises(DomainError) as error:
        actions.ask_to_join(other, by=world.gus)

    assert error.value.code == "request_open"


def test_ask_again_after_the_request_has_expired(world, asked, code):
    later = asked.expires_at
    Team.objects.filter(pk=world.team.pk).update(join_code_expires_at=later + DAY)
    Phase.objects.update(ends_at=later + DAY)

    second = actions.ask_to_join(code, by=world.gus, now=later)

    asked.refresh_from_db()
    assert (asked.state, second.state) == (RequestState.EXPIRED, RequestState.OPEN)


@pytest.mark.parametrize("person", ["ada", "bea"])
def test_ask_refuses_the_office_and_posting_agencies(world, code, person):
    with pytest.raises(DomainError) as error:
        actions.ask_to_join(code, by=getattr(world, person))

    assert error.value.code == "participation_barred"
    assert not JoinRequest.objects.exists()


def test_ask_refuses_members_of_a_team(world, code):
    for person in (world.dora, world.emil):
        with pytest.raises(DomainError) as error:
            actions.ask_to_join(code, by=person)
        assert error.value.code == "already_in_a_team"


def test_ask_writes_nothing_if_the_audit_fails(world, code):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.ask_to_join(code, by=world.gus)

    assert (JoinRequest.objects.count(), OutboxMessage.objects.count()) == (0, 0)


# -- answer ----------------------------------------------------------------------------------------


def test_accept_makes_a_member_and_tells_both_sides(world, asked):
    second = team_member(world.team, name="Zora")

    membership = actions.accept_request(asked, by=world.cem)

    asked.refresh_from_db()
    assert (membership.user, membership.role, asked.state) == (
        world.gus,
        TeamRole.MEMBER,
        RequestState.ACCEPTED,
    )
    assert mails() >= {("team_join_accepted", world.gus.email), ("team_joined", second.email)}
    assert AuditEvent.objects.filter(action="team.joined").count() == 1


def test_decline_tells_the_person(world, asked):
    actions.decline_request(asked, by=world.cem)

    assert asked.state == RequestState.DECLINED
    assert ("team_join_declined", world.gus.email) in mails()
    assert "Gus Gast" not in members(world.team)


def test_withdraw_lets_the_person_ask_another_team(world, asked):
    other = actions.renew_join_code(world.other_entry.team, by=world.emil).join_code

    actions.withdraw_request(asked, by=world.gus)

    assert actions.ask_to_join(other, by=world.gus).team == world.other_entry.team


@pytest.mark.parametrize("answer", ["accept_request", "decline_request", "withdraw_request"])
def test_answer_comes_once(world, asked, answer):
    actions.withdraw_request(asked, by=world.gus)

    with pytest.raises(DomainError) as error:
        getattr(actions, answer)(asked, by=world.cem)

    assert error.value.code == "request_over"
    assert "Gus Gast" not in members(world.team)


def test_accept_ends_with_the_request_to_the_tick(world, asked):
    Phase.objects.update(ends_at=asked.expires_at + DAY)

    with pytest.raises(DomainError) as error:
        actions.accept_request(asked, by=world.cem, now=asked.expires_at)
    assert error.value.code == "request_over"

    actions.accept_request(asked, by=world.cem, now=asked.expires_at - TICK)
    assert "Gus Gast" in members(world.team)


def test_accept_does_not_tell_the_captain_why_a_person_is_barred(world, asked):
    OfficeMembership.objects.create(competition=asked.competition, user=world.gus)

    with pytest.raises(DomainError) as error:
        actions.accept_request(asked, by=world.cem)

    assert error.value.code == "asker_barred"
    assert "Gus Gast" not in members(world.team)


def test_joining_elsewhere_takes_the_request_back(world, asked):
    actions.create(world.challenge.competition, by=world.gus, name="Eigenes")

    asked.refresh_from_db()
    assert asked.state == RequestState.WITHDRAWN


@pytest.mark.parametrize("answer", ["accept_request", "decline_request", "withdraw_request"])
def test_answer_changes_nothing_if_the_audit_fails(world, asked, answer):
    break_audit()

    with pytest.raises(IntegrityError):
        getattr(actions, answer)(asked, by=world.cem)

    assert JoinRequest.objects.get().state == RequestState.OPEN
    assert "Gus Gast" not in members(world.team)


def test_database_keeps_one_open_request(world, asked):
    with pytest.raises(IntegrityError):
        JoinRequest.objects.create(
            team=world.other_entry.team,
            competition=asked.competition,
            user=world.gus,
            created_at=clock.now(),
            expires_at=clock.now() + DAY,
        )


# -- size and cut-off ------------------------------------------------------------------------------


def test_full_team_takes_nobody(world, asked, code):
    invitation = actions.invite(world.team, by=world.cem, email="ira@example.org")
    ira = UserFactory(email="ira@example.org")
    Competition.objects.update(team_size_limit=2)

    for act in (
        lambda: actions.invite(world.team, by=world.cem, email="x@example.org"),
        lambda: actions.renew_join_code(world.team, by=world.cem),
        lambda: actions.ask_to_join(code, by=UserFactory()),
        lambda: actions.accept_request(asked, by=world.cem),
        lambda: actions.accept_invitation(invitation, by=ira),
    ):
        with pytest.raises(DomainError) as error:
            act()
        assert error.value.code == "team_full"

    assert members(world.team) == {"Cem Captain", "Dora Daten"}
    assert JoinRequest.objects.get().state == RequestState.OPEN


def test_last_free_place_is_given(world, asked):
    Competition.objects.update(team_size_limit=3)

    actions.accept_request(asked, by=world.cem)

    assert world.team.memberships.count() == 3


def test_team_without_a_limit_takes_everybody(world, asked):
    Competition.objects.update(team_size_limit=None)

    actions.accept_request(asked, by=world.cem)

    assert "Gus Gast" in members(world.team)


@pytest.mark.parametrize("days", [0, 5])
def test_members_are_fixed_before_the_deadline_to_the_tick(world, asked, code, days):
    Competition.objects.update(team_changes_end_days=days)
    invitation = actions.invite(
        world.team, by=world.cem, email="ira@example.org", now=clock.now() - 10 * DAY
    )
    ira = UserFactory(email="ira@example.org")
    deadline = clock.now() + 7 * DAY
    Phase.objects.update(ends_at=deadline)
    invitation.expires_at = deadline + DAY
    invitation.save()
    end = deadline - days * DAY

    for act in (
        lambda: actions.invite(world.team, by=world.cem, email="x@example.org", now=end),
        lambda: actions.renew_join_code(world.team, by=world.cem, now=end),
        lambda: actions.ask_to_join(code, by=UserFactory(), now=end),
        lambda: actions.accept_request(asked, by=world.cem, now=end),
        lambda: actions.accept_invitation(invitation, by=ira, now=end),
    ):
        with pytest.raises(PhaseClosed) as error:
            act()
        assert (error.value.code, error.value.status) == ("team_is_fixed", 403)
    actions.accept_request(asked, by=world.cem, now=end - TICK)
    actions.accept_invitation(invitation, by=ira, now=end - TICK)

    assert members(world.team) == {"Cem Captain", "Dora Daten", "Gus Gast", ira.name}


def test_leaving_stays_possible_after_the_cut_off(world):
    Phase.objects.update(starts_at=clock.now() - 2 * DAY, ends_at=clock.now() - DAY)

    actions.remove_member(world.team.memberships.get(user=world.dora), by=world.dora)

    assert members(world.team) == {"Cem Captain"}


def test_first_deadline_of_what_a_team_takes_part_in_fixes_it(world, asked):
    earlier = open_challenge(competition=world.challenge.competition)
    EntryFactory(team=world.team, challenge=earlier)
    earlier.phases.update(starts_at=clock.now() - 2 * DAY, ends_at=clock.now() - DAY)

    with pytest.raises(PhaseClosed):
        actions.accept_request(asked, by=world.cem)

    earlier.state = "cancelled"
    earlier.save()
    actions.accept_request(asked, by=world.cem)


def test_team_that_takes_part_in_nothing_is_never_fixed(db):
    team = TeamFactory()
    cem = team_member(team)
    past = open_challenge(competition=team.competition)
    past.phases.update(starts_at=clock.now() - 2 * DAY, ends_at=clock.now() - DAY)
    PhaseFactory(kind="jury", challenge=past)

    asked = actions.ask_to_join(
        actions.renew_join_code(team, by=cem).join_code, by=UserFactory(name="Gus")
    )
    actions.accept_request(asked, by=cem)

    assert Membership.objects.filter(user__name="Gus").exists()
