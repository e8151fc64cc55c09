from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from competition.models import Competition, Phase
from core import clock
from core.exceptions import DomainError, PhaseClosed
from core.models import AuditEvent, OutboxMessage
from scoring.queries.conflict import detect, entries_of
from submissions import queries, team_maintenance
from submissions.actions import merge as actions
from submissions.actions import submission as submission_actions
from submissions.actions import team as team_actions
from submissions.models import Entry, FormerMembership, MergeProposal, Submission, Team
from submissions.states import RequestState, TeamRole
from tests.factories import (
    EntryFactory,
    JuryFactory,
    JurySeatFactory,
    TeamFactory,
    UserFactory,
    break_audit,
    open_challenge,
    team_member,
)

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def other(world) -> Team:
    """Emil's team, which is to become part of Cem's."""
    return world.other_entry.team


@pytest.fixture
def proposal(world, other) -> MergeProposal:
    return actions.propose(world.team, by=world.cem, other=other)


def roles(team: Team) -> dict[str, str]:
    return {member.user.name: member.role for member in team.memberships.select_related("user")}


def handed_in(entry: Entry, by, key: str) -> Submission:
    draft = submission_actions.start_draft(entry, by=by)
    Submission.objects.filter(pk=draft.pk).update(title="T", summary="S")
    draft.refresh_from_db()
    submission_actions.hand_in(draft, by=by, key=key, declared=True)
    draft.refresh_from_db()
    return draft


def counting() -> set[Submission]:
    return set(Submission.objects.counting())


def mails(template: str) -> set[str]:
    return set(OutboxMessage.objects.filter(template=template).values_list("recipient", flat=True))


def kept() -> bool:
    proofs = (
        team_maintenance.teams_without_captain,
        team_maintenance.merges_without_trace,
        team_maintenance.people_in_two_teams,
    )
    return not [sentence for proof in proofs for sentence in proof()]


# -- propose ---------------------------------------------------------------------------------------


def test_propose_asks_the_other_captain_and_changes_nothing(world, other, proposal):
    assert (proposal.team, proposal.other, proposal.state) == (
        world.team,
        other,
        RequestState.OPEN,
    )
    assert mails("team_merge_proposed") == {world.emil.email}
    assert roles(other) == {"Emil Einzel": TeamRole.CAPTAIN}


def test_propose_refuses_itself_and_teams_of_other_competitions(world):
    for wrong in (world.team, TeamFactory()):
        with pytest.raises(DomainError) as error:
            actions.propose(world.team, by=world.cem, other=wrong)
        assert error.value.code == "no_such_team"


def test_propose_waits_for_the_answer_to_the_first_one(world, proposal):
    third = TeamFactory(competition=world.team.competition)

    with pytest.raises(DomainError) as error:
        actions.propose(world.team, by=world.cem, other=third)

    assert error.value.code == "proposal_open"


def test_propose_again_after_the_first_one_has_expired(world, other, proposal):
    Phase.objects.update(ends_at=proposal.expires_at + DAY)

    second = actions.propose(world.team, by=world.cem, other=other, now=proposal.expires_at)

    proposal.refresh_from_db()
    assert (proposal.state, second.state) == (RequestState.EXPIRED, RequestState.OPEN)


def test_propose_writes_nothing_if_the_audit_fails(world, other):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.propose(world.team, by=world.cem, other=other)

    assert (MergeProposal.objects.count(), OutboxMessage.objects.count()) == (0, 0)


# -- what stands against it ------------------------------------------------------------------------


def test_merge_respects_the_size(world, other, proposal):
    Competition.objects.update(team_size_limit=2)

    for act in (
        lambda: actions.consent(proposal, by=world.emil),
        lambda: actions.propose(other, by=world.emil, other=world.team),
    ):
        with pytest.raises(DomainError) as error:
            act()
        assert error.value.code == "merge_too_large"

    Competition.objects.update(team_size_limit=3)
    actions.consent(proposal, by=world.emil)


@pytest.mark.parametrize("days", [0, 5])
def test_merge_ends_with_changes_of_teams_to_the_tick(world, other, proposal, days):
    Competition.objects.update(team_changes_end_days=days)
    deadline = clock.now() + 7 * DAY
    Phase.objects.update(ends_at=deadline)
    end = deadline - days * DAY

    for act in (
        lambda: actions.consent(proposal, by=world.emil, now=end),
        lambda: actions.propose(other, by=world.emil, other=world.team, now=end),
    ):
        with pytest.raises(PhaseClosed) as error:
            act()
        assert error.value.code == "team_is_fixed"

    actions.consent(proposal, by=world.emil, now=end - TICK)


def test_merge_never_wins_tries(world, other, proposal):
    handed_in(world.entry, world.cem, "a")
    handed_in(world.entry, world.cem, "b")
    handed_in(world.other_entry, world.emil, "c")
    Phase.objects.update(limit_total=2)

    with pytest.raises(DomainError) as error:
        actions.consent(proposal, by=world.emil)
    assert error.value.code == "merge_quota"

    Phase.objects.update(limit_total=3)
    actions.consent(proposal, by=world.emil)

    world.entry.refresh_from_db()
    tries = queries.tries(world.entry, clock.now())
    assert (tries.used_total, tries.left_total, tries.used_today) == (3, 0, 3)
    assert queries.standings_of(world.cem, clock.now())[0].tries == tries
    with pytest.raises(DomainError) as error:
        handed_in(world.entry, world.cem, "d")
    assert error.value.code == "limit_total"


# -- what it does ----------------------------------------------------------------------------------


def test_people_come_over_and_everybody_is_told(world, other, proposal):
    actions.consent(proposal, by=world.emil)

    other.refresh_from_db()
    proposal.refresh_from_db()
    assert roles(world.team) == {
        "Cem Captain": TeamRole.CAPTAIN,
        "Dora Daten": TeamRole.MEMBER,
        "Emil Einzel": TeamRole.MEMBER,
    }
    assert (other.merged_into, roles(other)) == (world.team, {})
    assert (proposal.proposed_by, proposal.answered_by) == (world.cem, world.emil)
    assert mails("team_merged") == {world.cem.email, world.dora.email, world.emil.email}
    assert AuditEvent.objects.filter(action="team.merged").count() == 1
    assert kept()


def test_entry_of_one_team_goes_on_with_everything(world, other, proposal):
    challenge = open_challenge(competition=other.competition, wants_concept=False)
    alone = EntryFactory(challenge=challenge, team=other, jury_pseudonym="Eibe")
    challenge.wants_concept = challenge.wants_predictions = False
    challenge.save()
    version = handed_in(alone, world.emil, "k")
    signed = version.receipt.payload["team"]

    actions.consent(proposal, by=world.emil)

    alone.refresh_from_db()
    version.receipt.refresh_from_db()
    assert (alone.team, alone.merged_into, alone.jury_pseudonym) == (world.team, None, "Eibe")
    assert version in counting()
    assert version.receipt.payload["team"] == signed == other.code


def test_where_both_take_part_one_entry_goes_on(world, other, proposal):
    own = handed_in(world.entry, world.cem, "a")
    theirs = handed_in(world.other_entry, world.emil, "b")

    actions.consent(proposal, by=world.emil)

    world.entry.refresh_from_db()
    world.other_entry.refresh_from_db()
    assert (world.other_entry.merged_into, world.entry.merged_into) == (world.entry, None)
    assert world.entry.jury_pseudonym == "Ulme"
    assert counting() == {own}
    # What counts no more is still there for everybody in the team.
    assert theirs in Submission.objects.visible_to(world.dora)
    assert queries.merged_versions(world.team) == [theirs]
    assert kept()


def test_entry_goes_on_that_has_something_in(world, other, proposal):
    submission_actions.start_draft(world.entry, by=world.cem)
    theirs = handed_in(world.other_entry, world.emil, "b")

    actions.consent(proposal, by=world.emil)

    world.entry.refresh_from_db()
    assert world.entry.merged_into == world.other_entry
    assert counting() == {theirs}
    assert [row.entry for row in queries.standings_of(world.cem, clock.now())] == [
        world.other_entry
    ]
    assert kept()


def test_closed_entry_takes_no_more_versions(world, other, proposal):
    handed_in(world.entry, world.cem, "a")
    draft = submission_actions.start_draft(world.other_entry, by=world.emil)
    actions.consent(proposal, by=world.emil)
    draft = Submission.objects.select_related("entry").get(pk=draft.pk)

    with pytest.raises(DomainError) as error:
        submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert error.value.code == "entry_merged"
    assert not world.cem.has_perm("submissions.change_submission", draft)
    assert world.cem.has_perm("submissions.view_submission", draft)


def test_merged_team_merges_again_and_nothing_is_lost(world, other, proposal):
    third = TeamFactory(competition=world.team.competition)
    zoe = team_member(third, name="Zoe")
    entry = EntryFactory(challenge=world.challenge, team=third)
    versions = [
        handed_in(world.entry, world.cem, "a"),
        handed_in(world.other_entry, world.emil, "b"),
        handed_in(entry, zoe, "c"),
    ]
    actions.consent(proposal, by=world.emil)

    actions.consent(actions.propose(third, by=zoe, other=world.team), by=world.cem)

    entry.refresh_from_db()
    assert counting() == {versions[2]}
    assert queries.tries(entry, clock.now()).used_total == 3
    assert set(Submission.objects.visible_to(zoe)) == set(versions)
    assert set(third.merged_teams.all()) == {world.team, other}
    assert kept()


def test_merged_team_takes_nobody_any_more(world, other, proposal):
    invitation = team_actions.invite(other, by=world.emil, email=world.gus.email)
    code = team_actions.renew_join_code(other, by=world.emil).join_code
    asked = team_actions.ask_to_join(code, by=UserFactory())
    membership = other.memberships.get()
    actions.consent(proposal, by=world.emil)

    for act in (
        lambda: team_actions.accept_invitation(invitation, by=world.gus),
        lambda: team_actions.accept_request(asked, by=world.cem),
        lambda: team_actions.remove_member(membership, by=world.emil),
        lambda: team_actions.ask_to_join(code, by=world.gus),
    ):
        with pytest.raises(DomainError) as error:
            act()
        assert error.value.code in {"team_merged", "join_code_unknown"}

    asked.refresh_from_db()
    assert asked.state == RequestState.DECLINED
    assert mails("team_join_declined") == {asked.user.email}


def test_jurors_stay_in_conflict_with_both_organisations(world, other, proposal):
    jury = JuryFactory(challenge=world.challenge)
    seats = [
        JurySeatFactory(jury=jury, organisation=team.organisation) for team in (world.team, other)
    ]

    actions.consent(proposal, by=world.emil)

    found = [detect(seat, entries_of(jury)) for seat in seats]
    assert found == [{world.entry.pk}, {world.entry.pk}]


def test_team_that_goes_on_knows_the_former_members_of_both(world, other, proposal):
    """Its entries answer with the work of both, so the jury asks for all of them."""
    left = team_member(other, role=TeamRole.MEMBER, name="Zora Zuvor")
    membership = other.memberships.get(user=left)
    before = clock.now()
    team_actions.remove_member(membership, by=left, now=before)

    now = clock.now()
    actions.consent(proposal, by=world.emil, now=now)

    rows = FormerMembership.objects.order_by("pk").values_list("team", "user", "left_at")
    assert list(rows) == [
        (other.pk, left.pk, before),
        (world.team.pk, left.pk, before),
        (other.pk, world.emil.pk, now),
    ]


def test_consent_changes_nothing_if_the_audit_fails(world, other, proposal):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.consent(proposal, by=world.emil)

    other.refresh_from_db()
    assert (other.merged_into, roles(other)) == (None, {"Emil Einzel": TeamRole.CAPTAIN})


# -- other answers ---------------------------------------------------------------------------------


def test_decline_tells_who_proposed(world, other, proposal):
    actions.decline(proposal, by=world.emil)

    assert proposal.state == RequestState.DECLINED
    assert mails("team_merge_declined") == {world.cem.email}
    assert roles(other) == {"Emil Einzel": TeamRole.CAPTAIN}


@pytest.mark.parametrize("answer", ["consent", "decline", "withdraw"])
def test_answer_comes_once(world, other, proposal, answer):
    actions.withdraw(proposal, by=world.cem)

    with pytest.raises(DomainError) as error:
        getattr(actions, answer)(proposal, by=world.emil)

    assert error.value.code == "proposal_over"
    assert roles(other) == {"Emil Einzel": TeamRole.CAPTAIN}


@pytest.mark.parametrize("answer", ["decline", "withdraw"])
def test_answer_changes_nothing_if_the_audit_fails(world, proposal, answer):
    break_audit()

    with pytest.raises(IntegrityError):
        getattr(actions, answer)(proposal, by=world.emil)

    assert MergeProposal.objects.get().state == RequestState.OPEN
