from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.urls import reverse

from competition.models import Competition
from core import clock
from core.models import AuditEvent, OutboxMessage
from submissions.actions import merge as merge_actions
from submissions.actions import team as actions
from submissions.models import Invitation, JoinRequest, Membership, MergeProposal, Team
from submissions.states import TeamRole
from tests.factories import (
    CompetitionFactory,
    EntryFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
    open_challenge,
    team_member,
)


def url(name: str, *args: str) -> str:
    return reverse(f"submissions:{name}", args=args)


def roles(team: Team) -> dict[str, str]:
    return {member.user.name: member.role for member in team.memberships.select_related("user")}


def link_of(invitation: Invitation) -> str:
    body = OutboxMessage.objects.get(key=f"team_invitation:{invitation.code}").body
    found = re.search(r"http://localhost:8000(/\S*teams/join/\S+/)", body)
    assert found
    return found[1]


def ask(world, person) -> JoinRequest:
    """Let somebody ask Cem's team with its join code."""
    team = actions.renew_join_code(world.team, by=world.cem)
    return actions.ask_to_join(team.join_code, by=person)


@pytest.fixture
def dora_membership(world) -> Membership:
    return world.team.memberships.get(user=world.dora)


# Every POST of this module: address, data, and the person who may send it.
POSTS = {
    "invitation-create": ({"email": "neu@example.org"}, "cem"),
    "invitation-withdraw": ({}, "cem"),
    "membership-remove": ({}, "cem"),
    "captain-hand-over": ({}, "cem"),
    "team-dissolve": ({}, "cem"),
    "join-code-renew": ({}, "cem"),
    "join-code-revoke": ({}, "cem"),
    "join-request-accept": ({}, "cem"),
    "join-request-decline": ({}, "cem"),
}


@pytest.fixture
def address(world, dora_membership):
    invitation = actions.invite(world.team, by=world.cem, email="gus@example.org")
    asked = ask(world, UserFactory(name="Ira Interesse"))

    def _address(name: str) -> str:
        further = {
            "join-request-accept": [asked.code],
            "join-request-decline": [asked.code],
            "invitation-withdraw": [invitation.code],
            "membership-remove": [dora_membership.code],
            "captain-hand-over": [dora_membership.code],
        }
        return url(name, world.team.code, *further.get(name, []))

    return _address


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("stranger", ["emil", "ada", "bea", "gus"])
def test_post_of_a_stranger_is_not_found(world, sign_in, address, name, stranger):
    before = (roles(world.team), Invitation.objects.count())

    response = sign_in(getattr(world, stranger)).post(address(name), POSTS[name][0])

    assert response.status_code == 404
    assert (roles(world.team), Invitation.objects.exclude(withdrawn_at=None).count()) == (
        before[0],
        0,
    )


@pytest.mark.parametrize("name", POSTS)
def test_post_of_a_visitor_leads_to_the_sign_in(world, client, address, name):
    response = client.post(address(name), POSTS[name][0])

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("name", POSTS)
def test_get_of_a_post_is_refused(world, sign_in, address, name):
    assert sign_in(world.cem).get(address(name)).status_code == 405


@pytest.mark.parametrize("name", [name for name in POSTS if name != "membership-remove"])
def test_member_may_not_do_what_the_captain_does(world, sign_in, address, name):
    response = sign_in(world.dora).post(address(name), POSTS[name][0])

    assert response.status_code == 404


# -- list, create ---------------------------------------------------------------------------------


def test_team_list_shows_own_teams_only(world, sign_in):
    response = sign_in(world.cem).get(url("team-list"))

    assert [m.team for m in response.context["memberships"]] == [world.team]
    assert "Team Luchs" not in response.text


def test_team_list_of_nobody_says_what_to_do(world, sign_in):
    response = sign_in(world.gus).get(url("team-list"))

    assert response.context["memberships"] == []
    assert url("team-create") in response.text


@pytest.mark.parametrize("rows", [1, 3])
def test_team_list_count_of_queries(world, sign_in, own_queries, rows):
    for _ in range(rows - 1):
        team = TeamFactory()
        team.memberships.create(competition=team.competition, user=world.cem, joined_at=clock.now())

    assert own_queries(sign_in(world.cem), url("team-list")) == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_team_page_count_of_queries(world, sign_in, own_queries, rows):
    for number in range(rows - 1):
        team_member(world.team)
        ask(world, UserFactory())
        actions.invite(world.team, by=world.cem, email=f"p{number}@example.org")
        challenge = open_challenge(competition=world.challenge.competition)
        SubmissionFactory(entry=EntryFactory(challenge=challenge, team=world.team))

    assert own_queries(sign_in(world.cem), url("team-show", world.team.code)) == 13


def test_team_create_works(world, sign_in):
    competition = CompetitionFactory()
    data = {"competition": competition.pk, "name": "Neu", "organisation": "Verein"}

    response = sign_in(world.gus).post(url("team-create"), data)

    team = Team.objects.get(name="Neu")
    assert (response.status_code, response.url) == (302, team.get_absolute_url())
    assert roles(team) == {"Gus Gast": TeamRole.CAPTAIN}
    assert AuditEvent.objects.get().action == "team.created"


def test_team_create_offers_competitions_without_an_own_team(world, sign_in):
    other = CompetitionFactory()
    CompetitionFactory(published_at=None)

    response = sign_in(world.cem).get(f"{url('team-create')}?competition={other.slug}")

    form = response.context["form"]
    assert list(form.fields["competition"].queryset) == [other]
    assert form.initial["competition"] == other


def test_team_create_refuses_a_competition_that_is_not_offered(world, sign_in):
    hidden = CompetitionFactory(published_at=None)

    response = sign_in(world.gus).post(
        url("team-create"), {"competition": hidden.pk, "name": "Neu"}
    )

    assert response.status_code == 422
    assert not Team.objects.filter(name="Neu").exists()


@pytest.mark.parametrize("name", ["", "Team Dachs", "zwei\nZeilen", "x" * 61])
def test_team_create_answers_a_bad_name_with_the_form(world, sign_in, name):
    data = {"competition": world.team.competition.pk, "name": name, "organisation": "Verein"}

    response = sign_in(world.gus).post(url("team-create"), data)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"name"}
    assert "Verein" in response.text


def test_team_create_tells_the_office_why_not(world, sign_in):
    data = {"competition": world.team.competition.pk, "name": "Insider"}

    response = sign_in(world.ada).post(url("team-create"), data)

    assert response.status_code == 422
    assert response.context["form"].non_field_errors()
    assert not Team.objects.filter(name="Insider").exists()


# -- page -----------------------------------------------------------------------------------------


def test_team_page_is_for_members_only(world, sign_in):
    address = url("team-show", world.team.code)

    codes = {
        name: sign_in(getattr(world, name)).get(address).status_code
        for name in ("cem", "dora", "emil", "ada", "bea", "gus")
    }

    assert codes == {"cem": 200, "dora": 200, "emil": 404, "ada": 404, "bea": 404, "gus": 404}


def test_team_page_never_shows_the_pseudonym(world, sign_in):
    response = sign_in(world.cem).get(url("team-show", world.team.code))

    assert world.entry.jury_pseudonym not in response.text


def test_team_page_of_a_member_has_no_buttons_of_the_captain(world, sign_in):
    response = sign_in(world.dora).get(url("team-show", world.team.code))

    assert url("invitation-create", world.team.code) not in response.text
    assert "/captain/" not in response.text


def test_names_of_people_cannot_inject_markup(world, sign_in):
    team_member(world.team, name="<script>alert(1)</script>")

    response = sign_in(world.cem).get(url("team-show", world.team.code))

    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


def test_team_page_of_a_member_shows_neither_code_nor_requests(world, sign_in):
    ask(world, UserFactory(name="Ira Interesse"))
    world.team.refresh_from_db()

    said = {
        name: (world.team.join_code in page, "Ira Interesse" in page)
        for name in ("cem", "dora")
        if (page := sign_in(getattr(world, name)).get(world.team.get_absolute_url()).text)
    }

    assert said == {"cem": (True, True), "dora": (False, False)}


def test_team_page_says_how_many_and_until_when(world, sign_in, english):
    end = world.challenge.phases.get().ends_at

    admission = sign_in(world.cem).get(world.team.get_absolute_url()).context["admission"]

    assert (admission.size, admission.limit, admission.end.moment) == (2, 8, end)
    assert (admission.is_full, admission.is_fixed, admission.is_possible) == (False, False, True)


@pytest.mark.parametrize("obstacle", ["full", "fixed"])
def test_team_page_offers_no_way_in_when_there_is_none(world, sign_in, address, obstacle):
    if obstacle == "full":
        Competition.objects.update(team_size_limit=2)
    else:
        past = clock.now() - dt.timedelta(hours=1)
        world.challenge.phases.update(starts_at=past - dt.timedelta(hours=1), ends_at=past)

    page = sign_in(world.cem).get(world.team.get_absolute_url()).text

    assert address("join-code-renew") not in page
    assert address("join-request-accept") not in page
    assert address("join-request-decline") in page


# -- changes --------------------------------------------------------------------------------------


def test_join_code_renew_and_revoke_work(world, sign_in, address):
    cem = sign_in(world.cem)

    assert cem.post(address("join-code-renew")).url == world.team.get_absolute_url()
    world.team.refresh_from_db()
    assert world.team.join_code
    assert cem.post(address("join-code-revoke")).url == world.team.get_absolute_url()
    world.team.refresh_from_db()
    assert world.team.join_code is None


def test_join_request_accept_and_decline_work(world, sign_in, address):
    accept, decline = address("join-request-accept"), address("join-request-decline")
    cem = sign_in(world.cem)

    assert cem.post(accept).url == world.team.get_absolute_url()
    assert roles(world.team)["Ira Interesse"] == TeamRole.MEMBER
    # A second answer is too late.
    assert cem.post(decline).status_code == 409


def test_join_request_of_another_team_is_not_found(world, sign_in, address):
    address("join-request-accept")
    asked = JoinRequest.objects.get()

    response = sign_in(world.emil).post(
        url("join-request-accept", world.other_entry.team.code, asked.code)
    )

    assert response.status_code == 404
    assert not Membership.objects.filter(user__name="Ira Interesse").exists()


def test_join_with_a_code_works_and_can_be_taken_back(world, sign_in):
    code = actions.renew_join_code(world.team, by=world.cem).join_code
    gus = sign_in(world.gus)

    response = gus.post(url("join-request-create"), {"code": code.lower()})

    asked = JoinRequest.objects.get()
    assert (response.status_code, response.url) == (302, url("team-list"))
    assert (asked.team, asked.user) == (world.team, world.gus)
    assert gus.get(url("team-list")).context["requests"] == [asked]
    assert gus.post(url("join-request-withdraw", asked.code)).url == url("team-list")
    assert gus.get(url("team-list")).context["requests"] == []


def test_join_request_is_taken_back_by_the_asker_only(world, sign_in, address):
    address("join-request-accept")
    asked = JoinRequest.objects.get()

    codes = {
        name: sign_in(getattr(world, name)).post(url("join-request-withdraw", asked.code))
        for name in ("cem", "emil", "gus")
    }

    assert {name: response.status_code for name, response in codes.items()} == dict.fromkeys(
        codes, 404
    )
    assert sign_in(world.cem).get(url("join-request-withdraw", asked.code)).status_code == 405


@pytest.mark.parametrize("code", ["", "J-ZZZZZZZZ", "x" * 21])
def test_join_answers_a_bad_code_with_the_form(world, sign_in, code):
    response = sign_in(world.gus).post(url("join-request-create"), {"code": code})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"code"}
    assert code in response.text


def test_join_says_the_reason_if_the_members_are_fixed(world, sign_in):
    code = actions.renew_join_code(world.team, by=world.cem).join_code
    past = clock.now() - dt.timedelta(hours=1)
    world.challenge.phases.update(starts_at=past - dt.timedelta(hours=1), ends_at=past)

    response = sign_in(world.gus).post(url("join-request-create"), {"code": code})

    assert response.status_code == 403
    assert "Team Dachs" in str(response.context["form"].errors)


def test_join_stops_who_tries_codes(world, sign_in):
    code = actions.renew_join_code(world.team, by=world.cem).join_code
    gus = sign_in(world.gus)
    with time_machine.travel(clock.now().replace(minute=30), tick=False):
        codes = {
            gus.post(url("join-request-create"), {"code": "J-ZZZZZZZZ"}).status_code
            for _ in range(10)
        }
        eleventh = gus.post(url("join-request-create"), {"code": code})
        another = sign_in(world.emil).post(url("join-request-create"), {"code": "J-ZZZZZZZZ"})

    assert (codes, eleventh.status_code, another.status_code) == ({422}, 429, 422)
    assert not JoinRequest.objects.exists()


def test_invitation_says_beforehand_that_the_team_is_full(world, sign_in):
    invitation = actions.invite(world.team, by=world.cem, email=world.gus.email)
    Competition.objects.update(team_size_limit=2)

    response = sign_in(world.gus).get(link_of(invitation))

    assert response.context["closed"].code == "team_full"
    assert "<button" not in response.text.partition("<main")[2].partition("</main>")[0]


def test_invitation_create_works(world, sign_in):
    response = sign_in(world.cem).post(
        url("invitation-create", world.team.code), {"email": "gus@example.org"}
    )

    assert (response.status_code, response.url) == (302, world.team.get_absolute_url())
    assert Invitation.objects.get().email == "gus@example.org"
    assert AuditEvent.objects.get().action == "team.invited"


@pytest.mark.parametrize("email", ["", "keine Adresse", "dora", "x" * 300 + "@example.org"])
def test_invitation_create_answers_a_bad_address_with_the_form(world, sign_in, email):
    address = world.dora.email if email == "dora" else email

    response = sign_in(world.cem).post(
        url("invitation-create", world.team.code), {"email": address}
    )

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"email"}
    assert not Invitation.objects.exists()


def test_invitation_withdraw_works(world, sign_in, address):
    response = sign_in(world.cem).post(address("invitation-withdraw"))

    assert response.url == world.team.get_absolute_url()
    assert Invitation.objects.get().withdrawn_at is not None


def test_invitation_of_another_team_is_not_found(world, sign_in):
    foreign = actions.invite(world.other_entry.team, by=world.emil, email="x@example.org")

    response = sign_in(world.cem).post(url("invitation-withdraw", world.team.code, foreign.code))

    assert response.status_code == 404
    assert Invitation.objects.get().withdrawn_at is None


def test_membership_remove_works(world, sign_in, address):
    response = sign_in(world.cem).post(address("membership-remove"))

    assert response.url == world.team.get_absolute_url()
    assert roles(world.team) == {"Cem Captain": TeamRole.CAPTAIN}


def test_membership_of_another_team_is_not_found(world, sign_in):
    foreign = world.other_entry.team.memberships.get()

    response = sign_in(world.cem).post(url("membership-remove", world.team.code, foreign.code))

    assert response.status_code == 404
    assert Membership.objects.filter(pk=foreign.pk).exists()


def test_member_may_leave(world, sign_in, address):
    response = sign_in(world.dora).post(address("membership-remove"))

    assert response.url == url("team-list")
    assert roles(world.team) == {"Cem Captain": TeamRole.CAPTAIN}


def test_last_captain_is_told_to_hand_over_first(world, sign_in):
    own = world.team.memberships.get(user=world.cem)

    response = sign_in(world.cem).post(url("membership-remove", world.team.code, own.code))

    assert response.status_code == 409
    assert roles(world.team)["Cem Captain"] == TeamRole.CAPTAIN


def test_captain_hand_over_works(world, sign_in, address):
    response = sign_in(world.cem).post(address("captain-hand-over"))

    assert response.url == world.team.get_absolute_url()
    assert roles(world.team) == {"Cem Captain": TeamRole.MEMBER, "Dora Daten": TeamRole.CAPTAIN}


def test_team_dissolve_works(world, sign_in):
    team = TeamFactory()
    captain = team_member(team)

    response = sign_in(captain).post(url("team-dissolve", team.code))

    assert response.url == url("team-list")
    assert not Team.objects.filter(pk=team.pk).exists()


def test_team_dissolve_keeps_a_team_that_takes_part(world, sign_in, address):
    response = sign_in(world.cem).post(address("team-dissolve"))

    assert response.status_code == 409
    assert Team.objects.filter(pk=world.team.pk).exists()


# -- join -----------------------------------------------------------------------------------------


@pytest.fixture
def invitation(world) -> Invitation:
    return actions.invite(world.team, by=world.cem, email=world.gus.email)


def test_invitation_page_shows_team_and_inviter_to_the_invited_person(world, sign_in, invitation):
    response = sign_in(world.gus).get(link_of(invitation))

    assert response.status_code == 200
    for words in ("Team Dachs", "Cem Captain"):
        assert words in response.text
    assert "no-store" in response["Cache-Control"]


def test_invitation_page_tells_a_visitor_neither_team_nor_inviter(world, client, invitation):
    response = client.get(link_of(invitation))

    assert response.status_code == 200
    for secret in ("Team Dachs", "Cem Captain", world.gus.email):
        assert secret not in response.text
    assert f"next={link_of(invitation)}" in response.text
    assert "no-store" in response["Cache-Control"]


def test_invitation_page_tells_another_account_neither_team_nor_inviter(world, sign_in, invitation):
    response = sign_in(UserFactory()).get(link_of(invitation))

    for secret in ("Team Dachs", "Cem Captain", world.gus.email):
        assert secret not in response.text


def test_invitation_with_an_unknown_token_is_not_found(world, sign_in, invitation):
    client = sign_in(world.gus)

    for token in ("x", invitation.token_hash, invitation.code):
        assert client.get(url("invitation-accept", token)).status_code == 404
        assert client.post(url("invitation-accept", token)).status_code == 404


def test_invitation_accept_works(world, sign_in, invitation):
    response = sign_in(world.gus).post(link_of(invitation))

    assert response.url == world.team.get_absolute_url()
    assert roles(world.team)["Gus Gast"] == TeamRole.MEMBER
    assert AuditEvent.objects.filter(action="team.joined").count() == 1


def test_invitation_accept_with_another_account_is_refused(world, sign_in, invitation):
    other = UserFactory(name="Otto")

    response = sign_in(other).post(link_of(invitation))

    assert response.status_code == 409
    assert "Otto" not in roles(world.team)


def test_invitation_accept_of_a_visitor_leads_to_the_sign_in(world, client, invitation):
    response = client.post(link_of(invitation))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=/teams/join/")


def test_get_of_an_invitation_changes_nothing(world, sign_in, invitation):
    sign_in(world.gus).get(link_of(invitation))

    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_used_and_withdrawn_invitations_say_so(world, sign_in, invitation):
    link = link_of(invitation)
    actions.withdraw_invitation(invitation, by=world.cem)

    response = sign_in(world.gus).get(link)

    assert response.status_code == 410
    assert "Team Dachs" not in response.text


def test_member_is_led_to_the_team(world, sign_in, invitation):
    actions.accept_invitation(invitation, by=world.gus)

    response = sign_in(world.gus).get(link_of(invitation))

    assert response.url == world.team.get_absolute_url()


def test_somebody_in_another_team_is_told_before_the_click(world, sign_in):
    invitation = actions.invite(world.team, by=world.cem, email=world.emil.email)

    response = sign_in(world.emil).get(link_of(invitation))

    assert response.context["other_team"] == world.other_entry.team
    assert '<form method="post" class="row">' not in response.text


def test_office_is_told_before_the_click(world, sign_in):
    invitation = actions.invite(world.team, by=world.cem, email=world.ada.email)

    response = sign_in(world.ada).get(link_of(invitation))

    assert response.context["bar"]


# -- merging --------------------------------------------------------------------------------------


@pytest.fixture
def proposal(world) -> MergeProposal:
    """Cem's team proposes that Emil's becomes part of it."""
    return merge_actions.propose(world.team, by=world.cem, other=world.other_entry.team)


@pytest.mark.parametrize("words", ["name", "code", " team  LUCHS "])
def test_merge_create_finds_the_team_by_name_or_code(world, sign_in, words):
    other = world.other_entry.team
    data = {"team": getattr(other, words, words)}

    response = sign_in(world.cem).post(url("merge-create", world.team.code), data)

    proposal = MergeProposal.objects.get()
    assert (response.status_code, response.url) == (302, proposal.get_absolute_url())
    assert (proposal.team, proposal.other) == (world.team, other)


@pytest.mark.parametrize("words", ["", "Team Dachs", "Team Niemand", "x" * 61])
def test_merge_create_answers_a_bad_name_with_the_form(world, sign_in, words):
    response = sign_in(world.cem).post(url("merge-create", world.team.code), {"team": words})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"team"}
    assert not MergeProposal.objects.exists()


def test_merge_create_says_why_it_is_impossible(world, sign_in):
    Competition.objects.update(team_size_limit=2)

    response = sign_in(world.cem).post(url("merge-create", world.team.code), {"team": "Team Luchs"})

    assert response.status_code == 409
    assert "3" in str(response.context["form"].errors)


def test_merge_page_is_for_both_captains_only(world, sign_in, proposal):
    codes = {
        name: sign_in(getattr(world, name)).get(proposal.get_absolute_url()).status_code
        for name in ("cem", "dora", "emil", "ada", "bea", "gus")
    }

    assert codes == {"cem": 200, "dora": 404, "emil": 200, "ada": 404, "bea": 404, "gus": 404}


def test_merge_page_offers_each_captain_the_own_answers(world, sign_in, proposal):
    steps = ("merge-consent", "merge-decline", "merge-withdraw")

    offered = {
        name: {step for step in steps if url(step, proposal.code) in page}
        for name in ("cem", "emil")
        if (page := sign_in(getattr(world, name)).get(proposal.get_absolute_url()).text)
    }

    assert offered == {"cem": {"merge-withdraw"}, "emil": {"merge-consent", "merge-decline"}}


def test_merge_page_names_the_obstacle_and_offers_no_consent(world, sign_in, proposal):
    Competition.objects.update(team_size_limit=2)

    response = sign_in(world.emil).get(proposal.get_absolute_url())

    assert response.context["obstacle"].code == "merge_too_large"
    assert url("merge-consent", proposal.code) not in response.text


def test_merge_page_says_when_it_is_over(world, sign_in, proposal):
    merge_actions.withdraw(proposal, by=world.cem)

    page = sign_in(world.emil).get(proposal.get_absolute_url()).text

    assert url("merge-decline", proposal.code) not in page


@pytest.mark.parametrize(
    ("step", "person", "state"),
    [
        ("merge-consent", "emil", "accepted"),
        ("merge-decline", "emil", "declined"),
        ("merge-withdraw", "cem", "withdrawn"),
    ],
)
def test_merge_is_answered_by_the_right_captain(world, sign_in, proposal, step, person, state):
    address = url(step, proposal.code)
    strangers = [name for name in ("cem", "dora", "emil", "gus") if name != person]

    refused = {sign_in(getattr(world, name)).post(address).status_code for name in strangers}
    before = MergeProposal.objects.get().state
    response = sign_in(getattr(world, person)).post(address)

    assert (refused, before, response.status_code) == ({404}, "open", 302)
    assert MergeProposal.objects.get().state == state
    assert sign_in(getattr(world, person)).get(address).status_code == 405


def test_team_page_shows_the_proposal_to_captains(world, sign_in, proposal):
    shown = {
        name: proposal.get_absolute_url() in page
        for name, team in (("cem", world.team), ("dora", world.team), ("emil", proposal.other))
        if (page := sign_in(getattr(world, name)).get(team.get_absolute_url()).text)
    }

    assert shown == {"cem": True, "dora": False, "emil": True}


def test_versions_of_a_merged_team_stay_readable(world, sign_in, proposal):
    SubmissionFactory(entry=world.entry, handed_in=True)
    theirs = SubmissionFactory(entry=world.other_entry, handed_in=True)
    merge_actions.consent(proposal, by=world.emil)
    dora = sign_in(world.dora)

    assert theirs.get_absolute_url() in dora.get(world.team.get_absolute_url()).text
    page = dora.get(theirs.get_absolute_url())
    assert page.status_code == 200
    assert url("submission-renew", theirs.code) not in page.text
    assert theirs.get_absolute_url() not in dora.get(url("submission-list")).text
