from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import IntegrityError

from competition.models import Phase
from core import clock
from core.exceptions import DomainError, LimitReached
from core.models import AuditEvent, OutboxMessage
from submissions.actions import team as actions
from submissions.models import FormerMembership, Invitation, Membership, Team
from submissions.states import TeamRole
from tests.factories import (
    CompetitionFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    break_audit,
    open_challenge,
    organiser,
    team_member,
)

HOUR = dt.timedelta(hours=1)


def roles(team: Team) -> dict[str, str]:
    return {member.user.name: member.role for member in team.memberships.select_related("user")}


def invited(team: Team, by, email: str = "gus@example.org") -> tuple[Invitation, str]:
    """Invite and return the token as the mail has it."""
    invitation = actions.invite(team, by=by, email=email)
    body = OutboxMessage.objects.get(key=f"team_invitation:{invitation.code}").body
    found = re.search(r"/teams/join/([\w-]+)/", body)
    assert found
    return invitation, found[1]


# -- create ---------------------------------------------------------------------------------------


def test_create_makes_the_founder_captain(db):
    cem = UserFactory(name="Cem")
    competition = CompetitionFactory()

    team = actions.create(competition, by=cem, name="  Team   Dachs ", organisation="Hochschule")

    assert (team.name, team.organisation, team.competition) == (
        "Team Dachs",
        "Hochschule",
        competition,
    )
    assert roles(team) == {"Cem": TeamRole.CAPTAIN}
    assert AuditEvent.objects.get().action == "team.created"


def test_create_refuses_a_second_team_in_the_competition(world):
    with pytest.raises(DomainError) as error:
        actions.create(world.challenge.competition, by=world.cem, name="Zweites")

    assert error.value.code == "already_in_a_team"
    assert not Team.objects.filter(name="Zweites").exists()


def test_create_allows_a_team_in_another_competition(world):
    team = actions.create(CompetitionFactory(), by=world.cem, name="Team Dachs")

    assert roles(team) == {"Cem Captain": TeamRole.CAPTAIN}


@pytest.mark.parametrize("name", ["Team Dachs", "TEAM DACHS", " team  dachs "])
def test_create_refuses_a_name_that_is_taken(world, name):
    with pytest.raises(DomainError) as error:
        actions.create(world.challenge.competition, by=world.gus, name=name)

    assert error.value.code == "team_name_taken"


def test_create_refuses_the_office_and_posting_agencies(world):
    for person in (world.ada, world.bea):
        with pytest.raises(DomainError) as error:
            actions.create(world.challenge.competition, by=person, name="Insider")
        assert error.value.code == "participation_barred"

    assert not Team.objects.filter(name="Insider").exists()


def test_create_does_not_refuse_the_office_of_another_competition(world):
    elsewhere = organiser(CompetitionFactory(), name="Andere Ada")
    elsewhere_staff = agency_staff(open_challenge().agency, name="Andere Bea")

    for person in (elsewhere, elsewhere_staff):
        team = actions.create(world.challenge.competition, by=person, name=f"Team {person.name}")
        assert roles(team) == {person.name: TeamRole.CAPTAIN}


def test_create_writes_nothing_if_the_audit_fails(db):
    cem, competition = UserFactory(), CompetitionFactory()
    break_audit()

    with pytest.raises(IntegrityError):
        actions.create(competition, by=cem, name="Team Dachs")

    assert (Team.objects.count(), Membership.objects.count()) == (0, 0)


# -- invite ---------------------------------------------------------------------------------------


def test_invite_sends_a_link_and_stores_the_token_hashed(world):
    invitation, token = invited(world.team, world.cem, "Gus@Example.org ")

    assert invitation.email == "gus@example.org"
    assert invitation.expires_at - invitation.created_at == dt.timedelta(hours=72)
    assert Invitation.objects.with_token(token).get() == invitation
    assert token not in str(list(Invitation.objects.values()))
    message = OutboxMessage.objects.get()
    assert message.subject.endswith("Einladung in das Team „Team Dachs“")
    assert (message.recipient, message.topic) == (
        "gus@example.org",
        world.challenge.competition.slug,
    )


def test_invitation_token_leaves_the_outbox_with_the_mail(
    world, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite(world.team, by=world.cem, email="gus@example.org")

    assert "/teams/join/" in mail.outbox[0].body
    assert OutboxMessage.objects.get().body == ""


def test_invitation_speaks_the_language_of_a_known_person(world):
    UserFactory(email="gia@example.org", language="en")

    actions.invite(world.team, by=world.cem, email="gia@example.org")

    message = OutboxMessage.objects.get()
    assert message.subject.endswith("Invitation to join team “Team Dachs”")
    assert "/en/teams/join/" in message.body


def test_invite_again_replaces_the_earlier_invitation(world):
    first, old_token = invited(world.team, world.cem)

    second, _token = invited(world.team, world.cem)

    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert list(world.team.invitations.usable_at(clock.now())) == [second]
    assert not Invitation.objects.with_token(old_token).usable_at(clock.now()).exists()


def test_invite_refuses_a_member(world):
    with pytest.raises(DomainError) as error:
        actions.invite(world.team, by=world.cem, email=world.dora.email.upper())

    assert error.value.code == "already_member"
    assert not Invitation.objects.exists()


def test_invite_writes_to_an_address_three_times_in_72_hours(world):
    start = clock.now()
    Phase.objects.update(ends_at=start + 100 * HOUR)
    for step in range(3):
        actions.invite(world.team, by=world.cem, email="g@example.org", now=start + step * HOUR)

    with pytest.raises(LimitReached) as error:
        actions.invite(world.team, by=world.cem, email="g@example.org", now=start + 71 * HOUR)
    assert error.value.code == "invitations_per_address"

    actions.invite(world.team, by=world.cem, email="g@example.org", now=start + 72 * HOUR)


def test_invite_keeps_ten_invitations_open_at_most(world):
    for number in range(actions.OPEN_INVITATIONS):
        actions.invite(world.team, by=world.cem, email=f"p{number}@example.org")

    with pytest.raises(LimitReached) as error:
        actions.invite(world.team, by=world.cem, email="one-more@example.org")

    assert error.value.code == "open_invitations"
    assert world.team.invitations.count() == actions.OPEN_INVITATIONS


def test_invite_writes_nothing_if_the_audit_fails(world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.invite(world.team, by=world.cem, email="gus@example.org")

    assert (Invitation.objects.count(), OutboxMessage.objects.count()) == (0, 0)


# -- accept ---------------------------------------------------------------------------------------


def test_accept_joins_and_tells_the_captain(world):
    invitation, _token = invited(world.team, world.cem, world.gus.email)

    membership = actions.accept_invitation(invitation, by=world.gus)

    assert (membership.team, membership.user, membership.role) == (
        world.team,
        world.gus,
        TeamRole.MEMBER,
    )
    told = OutboxMessage.objects.get(template="team_joined")
    assert told.recipient == world.cem.email
    assert "Gus Gast" in told.body


def test_accept_works_once(world):
    invitation, _token = invited(world.team, world.cem, world.gus.email)
    membership = actions.accept_invitation(invitation, by=world.gus)
    actions.remove_member(membership, by=world.gus)

    with pytest.raises(DomainError) as error:
        actions.accept_invitation(invitation, by=world.gus)

    assert error.value.code == "invitation_over"


def test_accept_ends_after_72_hours_to_the_tick(world):
    start = clock.now()
    Phase.objects.update(ends_at=start + 100 * HOUR)
    late = actions.invite(world.team, by=world.cem, email=world.gus.email, now=start)

    with pytest.raises(DomainError):
        actions.accept_invitation(late, by=world.gus, now=start + 72 * HOUR)
    actions.accept_invitation(
        late, by=world.gus, now=start + 72 * HOUR - dt.timedelta(microseconds=1)
    )

    assert "Gus Gast" in roles(world.team)


def test_accept_refuses_another_address(world):
    invitation, _token = invited(world.team, world.cem, "somebody@example.org")

    with pytest.raises(DomainError) as error:
        actions.accept_invitation(invitation, by=world.gus)

    assert error.value.code == "other_address"
    assert "Gus Gast" not in roles(world.team)


def test_accept_refuses_somebody_in_another_team(world):
    invitation, _token = invited(world.team, world.cem, world.emil.email)

    with pytest.raises(DomainError) as error:
        actions.accept_invitation(invitation, by=world.emil)

    invitation.refresh_from_db()
    assert (error.value.code, invitation.accepted_at) == ("already_in_a_team", None)


def test_accept_refuses_the_office(world):
    invitation, _token = invited(world.team, world.cem, world.ada.email)

    with pytest.raises(DomainError) as error:
        actions.accept_invitation(invitation, by=world.ada)

    assert error.value.code == "participation_barred"


def test_accept_writes_nothing_if_the_audit_fails(world):
    invitation, _token = invited(world.team, world.cem, world.gus.email)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.accept_invitation(invitation, by=world.gus)

    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert "Gus Gast" not in roles(world.team)


# -- withdraw -------------------------------------------------------------------------------------


def test_withdraw_makes_the_invitation_useless(world):
    invitation, _token = invited(world.team, world.cem, world.gus.email)

    actions.withdraw_invitation(invitation, by=world.cem)

    with pytest.raises(DomainError):
        actions.accept_invitation(invitation, by=world.gus)


def test_withdraw_changes_nothing_the_second_time(world):
    invitation, _token = invited(world.team, world.cem)
    first = actions.withdraw_invitation(invitation, by=world.cem)

    second = actions.withdraw_invitation(invitation, by=world.cem)

    assert second.withdrawn_at == first.withdrawn_at
    assert AuditEvent.objects.filter(action="team.invitation_withdrawn").count() == 1


def test_withdraw_writes_nothing_if_the_audit_fails(world):
    invitation, _token = invited(world.team, world.cem)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.withdraw_invitation(invitation, by=world.cem)

    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None


# -- remove, leave --------------------------------------------------------------------------------


def test_remove_takes_a_member_out_and_tells_both_sides(world):
    membership = world.team.memberships.get(user=world.dora)

    actions.remove_member(membership, by=world.cem)

    assert roles(world.team) == {"Cem Captain": TeamRole.CAPTAIN}
    told = {m.template: m.recipient for m in OutboxMessage.objects.all()}
    assert told == {"team_left": world.cem.email, "team_removed": world.dora.email}


@pytest.mark.parametrize("who", ["cem", "dora"])
def test_whoever_leaves_or_is_removed_stays_known_to_have_been_there(world, who):
    membership = world.team.memberships.get(user=world.dora)
    start = clock.now()

    actions.remove_member(membership, by=getattr(world, who), now=start)

    former = FormerMembership.objects.get()
    assert (former.team, former.user) == (world.team, world.dora)
    assert (former.joined_at, former.left_at) == (membership.joined_at, start)
    assert set(FormerMembership.objects.visible_to(world.dora)) == {former}
    assert not FormerMembership.objects.visible_to(world.cem).exists()


def test_account_takes_what_is_known_of_its_teams_along(world):
    actions.remove_member(world.team.memberships.get(user=world.dora), by=world.dora)

    world.dora.delete()

    assert not FormerMembership.objects.exists()


def test_leaving_oneself_tells_the_captain_only(world):
    membership = world.team.memberships.get(user=world.dora)

    actions.remove_member(membership, by=world.dora)

    assert [m.template for m in OutboxMessage.objects.all()] == ["team_left"]


def test_remove_keeps_the_last_captain(world):
    membership = world.team.memberships.get(user=world.cem)

    with pytest.raises(DomainError) as error:
        actions.remove_member(membership, by=world.cem)

    assert error.value.code == "last_captain"
    assert roles(world.team)["Cem Captain"] == TeamRole.CAPTAIN


def test_remove_lets_one_of_two_captains_go(world):
    second = team_member(world.team, name="Zora")

    actions.remove_member(world.team.memberships.get(user=world.cem), by=world.cem)

    assert roles(world.team) == {"Dora Daten": TeamRole.MEMBER, second.name: TeamRole.CAPTAIN}


def test_remove_says_so_if_the_person_left_meanwhile(world):
    membership = world.team.memberships.get(user=world.dora)
    actions.remove_member(membership, by=world.dora)

    with pytest.raises(DomainError) as error:
        actions.remove_member(Membership(pk=membership.pk, team=world.team), by=world.cem)

    assert error.value.code == "member_gone"


def test_remove_writes_nothing_if_the_audit_fails(world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.remove_member(world.team.memberships.get(user=world.dora), by=world.cem)

    assert "Dora Daten" in roles(world.team)


# -- hand over ------------------------------------------------------------------------------------


def test_hand_over_swaps_the_roles(world):
    actions.hand_over(world.team.memberships.get(user=world.dora), by=world.cem)

    assert roles(world.team) == {"Cem Captain": TeamRole.MEMBER, "Dora Daten": TeamRole.CAPTAIN}
    assert OutboxMessage.objects.get().recipient == world.dora.email


def test_hand_over_to_a_captain_changes_nothing(world):
    team_member(world.team, name="Zora")

    actions.hand_over(world.team.memberships.get(user__name="Zora"), by=world.cem)

    assert roles(world.team)["Cem Captain"] == TeamRole.CAPTAIN
    assert not AuditEvent.objects.exists()


def test_hand_over_forth_and_back_sends_a_message_each_time(world):
    cem, dora = (world.team.memberships.get(user=user) for user in (world.cem, world.dora))

    actions.hand_over(dora, by=world.cem)
    actions.hand_over(cem, by=world.dora)
    actions.hand_over(dora, by=world.cem)

    recipients = [m.recipient for m in OutboxMessage.objects.order_by("pk")]
    assert recipients == [world.dora.email, world.cem.email, world.dora.email]


def test_hand_over_writes_nothing_if_the_audit_fails(world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.hand_over(world.team.memberships.get(user=world.dora), by=world.cem)

    assert roles(world.team)["Cem Captain"] == TeamRole.CAPTAIN


# -- dissolve -------------------------------------------------------------------------------------


def test_dissolve_deletes_a_team_of_one_that_takes_part_in_nothing(db):
    team = TeamFactory()
    cem = team_member(team)

    actions.dissolve(team, by=cem)

    assert not Team.objects.exists()
    assert AuditEvent.objects.get().action == "team.dissolved"
    actions.create(team.competition, by=cem, name="Neu")


def test_dissolve_works_where_somebody_has_left(db):
    team = TeamFactory()
    cem = team_member(team)
    left = team_member(team, role=TeamRole.MEMBER)
    actions.remove_member(team.memberships.get(user=left), by=cem)

    actions.dissolve(team, by=cem)

    assert not Team.objects.exists()


def test_dissolve_keeps_a_team_with_others_or_with_an_entry(world):
    with_others = TeamFactory()
    captain = team_member(with_others)
    team_member(with_others, role=TeamRole.MEMBER)

    for team, by in ((with_others, captain), (world.other_entry.team, world.emil)):
        with pytest.raises(DomainError) as error:
            actions.dissolve(team, by=by)
        assert error.value.code == "team_in_use"

    assert Team.objects.count() == 3


def test_dissolve_writes_nothing_if_the_audit_fails(db):
    team = TeamFactory()
    cem = team_member(team)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.dissolve(team, by=cem)

    assert roles(team) == {cem.name: TeamRole.CAPTAIN}
