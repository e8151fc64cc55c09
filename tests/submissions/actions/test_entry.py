from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from competition.models import Phase
from competition.states import ChallengeState
from core import clock
from core.exceptions import DomainError, PhaseClosed, StaleVersion
from core.models import AuditEvent
from submissions.actions import entry as actions
from submissions.models import Entry
from submissions.pseudonyms import TREES
from tests.factories import (
    DAY,
    AgencyFactory,
    TeamFactory,
    TermsFactory,
    agency_staff,
    break_audit,
    open_challenge,
    team_member,
    terms_of,
)

TICK = dt.timedelta(microseconds=1)


@pytest.fixture
def other(world):
    """Another open statement of the same competition."""
    return open_challenge(competition=world.challenge.competition, agency=world.challenge.agency)


def test_enter_records_terms_person_and_time(world, other):
    now = clock.now()

    entry = actions.enter(other, by=world.cem, team=world.team, terms=world.terms, now=now)

    assert (entry.team, entry.challenge, entry.terms, entry.accepted_by, entry.accepted_at) == (
        world.team,
        other,
        world.terms,
        world.cem,
        now,
    )
    assert entry.jury_pseudonym in TREES


def test_enter_draws_another_name_for_each_team(world, other):
    names = set()
    for number in range(12):
        team = TeamFactory(competition=other.competition, name=f"Team {number}")
        by = team_member(team)
        entry = actions.enter(other, by=by, team=team, terms=world.terms)
        names.add(entry.jury_pseudonym)

    assert len(names) == 12


def test_enter_keeps_the_pseudonym_out_of_the_log(world, other):
    entry = actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    event = AuditEvent.objects.get(action="entry.created")
    assert entry.jury_pseudonym not in f"{event.data} {event.reason}"
    assert event.data == {"terms": 1}


def test_enter_twice_keeps_the_first_entry(world):
    again = actions.enter(world.challenge, by=world.cem, team=world.team, terms=world.terms)

    assert again == world.entry
    assert again.jury_pseudonym == "Ulme"
    assert not AuditEvent.objects.exists()


def test_enter_follows_the_window_to_the_tick(world, other):
    phase = Phase.objects.get(challenge=other)
    for moment in (phase.starts_at - TICK, phase.ends_at):
        with pytest.raises(PhaseClosed):
            actions.enter(other, by=world.cem, team=world.team, terms=world.terms, now=moment)

    early = actions.enter(
        other, by=world.cem, team=world.team, terms=world.terms, now=phase.starts_at
    )
    late = actions.enter(
        other,
        by=world.emil,
        team=world.other_entry.team,
        terms=world.terms,
        now=phase.ends_at - TICK,
    )

    assert {early.team.name, late.team.name} == {"Team Dachs", "Team Luchs"}


def test_enter_reads_the_clock_of_the_database(world, other):
    Phase.objects.filter(challenge=other).update(ends_at=clock.now() - DAY / 2)

    with pytest.raises(PhaseClosed) as error:
        actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    assert error.value.code == "deadline_passed"


@pytest.mark.parametrize("state", [ChallengeState.CANCELLED, ChallengeState.CLOSED])
def test_enter_refuses_a_statement_that_is_not_published(world, other, state):
    type(other).objects.filter(pk=other.pk).update(state=state)

    with pytest.raises(PhaseClosed):
        actions.enter(other, by=world.cem, team=world.team, terms=world.terms)


def test_enter_refuses_replaced_terms(world, other):
    TermsFactory(competition=other.competition, version=2)

    with pytest.raises(StaleVersion) as error:
        actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    assert error.value.code == "terms_changed"


def test_enter_ignores_terms_that_are_not_published(world, other):
    TermsFactory(competition=other.competition, version=2, published_at=None)

    entry = actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    assert entry.terms.version == 1


def test_enter_refuses_a_team_of_another_competition(world):
    elsewhere = open_challenge()

    with pytest.raises(DomainError) as error:
        actions.enter(
            elsewhere, by=world.cem, team=world.team, terms=terms_of(elsewhere.competition)
        )

    assert error.value.code == "other_competition"


def test_enter_refuses_a_team_with_a_member_who_may_not_take_part(world):
    agency = AgencyFactory()
    other = open_challenge(competition=world.challenge.competition, agency=agency)
    insider = agency_staff(agency)
    world.team.memberships.create(
        competition=world.team.competition, user=insider, joined_at=clock.now()
    )

    with pytest.raises(DomainError) as error:
        actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    assert error.value.code == "participation_barred"
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_writes_nothing_if_the_audit_fails(world, other):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.enter(other, by=world.cem, team=world.team, terms=world.terms)

    assert not Entry.objects.filter(challenge=other).exists()
