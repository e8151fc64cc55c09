from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from submissions import queries
from submissions.models import LateAttempt, Submission
from submissions.states import SubmissionState
from tests.factories import (
    DAY,
    EntryFactory,
    PhaseFactory,
    SubmissionFactory,
    TeamFactory,
    lose,
    open_challenge,
    team_member,
)


def test_standing_names_draft_and_counting_version(world):
    first = SubmissionFactory(entry=world.entry, number=1, handed_in=True)
    second = SubmissionFactory(entry=world.entry, number=2, handed_in=True)
    third = SubmissionFactory(
        entry=world.entry, number=3, handed_in=True, state=SubmissionState.WITHDRAWN
    )
    draft = SubmissionFactory(entry=world.entry, number=4)

    found = queries.standing(world.entry, clock.now())

    assert found.versions == (draft, third, second, first)
    assert (found.draft, found.counting, found.current) == (draft, second, draft)
    assert found.handed_in == (third, second, first)
    assert not found.may_start


def test_standing_and_the_filter_agree_about_what_counts(world):
    states = ["handed_in", "ineligible", "handed_in", "withdrawn"]
    for number, state in enumerate(states, start=1):
        SubmissionFactory(entry=world.entry, number=number, state=state, handed_in_at=clock.now())
    SubmissionFactory(entry=world.other_entry, handed_in=True)

    found = {
        queries.standing(entry, clock.now()).counting for entry in (world.entry, world.other_entry)
    }

    assert found == set(Submission.objects.counting())


def test_standing_without_versions(world):
    found = queries.standing(world.entry, clock.now())

    assert (found.current, found.draft, found.counting, found.may_start) == (
        None,
        None,
        None,
        True,
    )


def test_standings_put_the_next_deadline_first(world):
    now = clock.now()
    later = open_challenge(competition=world.challenge.competition)
    later.phases.update(ends_at=now + 9 * DAY)
    past = open_challenge(competition=world.challenge.competition)
    past.phases.update(starts_at=now - 9 * DAY, ends_at=now - 2 * DAY)
    for challenge in (past, later):
        EntryFactory(challenge=challenge, team=world.team)

    found = [row.entry.challenge for row in queries.standings_of(world.cem, now)]

    assert found == [world.challenge, later, past]


def test_standings_put_a_statement_without_a_phase_last(world):
    bare = open_challenge(competition=world.challenge.competition)
    lose(bare.phases.all())
    EntryFactory(challenge=bare, team=world.team)

    found = [row.entry.challenge for row in queries.standings_of(world.cem, clock.now())]

    assert found == [world.challenge, bare]


@pytest.mark.parametrize("rows", [1, 3])
def test_standings_count_of_queries(world, rows):
    for _ in range(rows - 1):
        challenge = open_challenge(competition=world.challenge.competition)
        entry = EntryFactory(challenge=challenge, team=world.team)
        SubmissionFactory(entry=entry, handed_in=True)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert len(queries.standings_of(world.cem, clock.now())) == rows

    assert len(captured) == 4


@pytest.mark.parametrize("rows", [1, 3])
def test_memberships_count_of_queries(world, rows):
    for _ in range(rows - 1):
        team = TeamFactory()
        team.memberships.create(competition=team.competition, user=world.cem, joined_at=clock.now())

    with CaptureQueriesContext(connection) as captured:
        assert len(queries.memberships_of(world.cem)) == rows

    assert len(captured) == 1


def test_memberships_carry_figures(world):
    found = queries.memberships_of(world.cem)

    assert [(m.team, m.member_count, m.entry_count) for m in found] == [(world.team, 2, 1)]


def test_entry_lines_say_when_but_not_what(world):
    now = clock.now()
    for number, hours in ((1, 5), (2, 3)):
        SubmissionFactory(
            entry=world.entry,
            number=number,
            handed_in=True,
            handed_in_at=now - dt.timedelta(hours=hours),
        )
    draft = SubmissionFactory(entry=world.entry, number=3)
    LateAttempt.objects.create(submission=draft, attempted_at=now, ended_at=now - DAY)

    lines = queries.entry_lines(world.challenge)

    assert [line.team_name for line in lines] == ["Team Dachs", "Team Luchs"]
    dachs = lines[0]
    assert (dachs.handed_in, dachs.withdrawn, dachs.has_draft) == (2, 0, True)
    assert [late.late_by for late in dachs.late] == [DAY]
    assert dachs.last_received == now - dt.timedelta(hours=3)
    for secret in (draft.code, draft.title, draft.summary, world.entry.jury_pseudonym):
        assert secret not in str(lines)


@pytest.mark.parametrize("rows", [1, 3])
def test_entry_lines_count_of_queries(db, rows):
    challenge = open_challenge()
    for _ in range(rows):
        entry = EntryFactory(challenge=challenge)
        version = SubmissionFactory(entry=entry)
        LateAttempt.objects.create(
            submission=version, attempted_at=clock.now(), ended_at=clock.now()
        )

    with CaptureQueriesContext(connection) as captured:
        assert len(queries.entry_lines(challenge)) == rows

    assert len(captured) == 6


def test_team_page_knows_what_may_be_done(world):
    page = queries.team_page(world.team, world.cem, clock.now())
    alone = TeamFactory()
    captain = team_member(alone)
    lonely = queries.team_page(alone, captain, clock.now())

    assert (page.is_last_captain, page.may_dissolve) == (True, False)
    assert [member.user for member in page.others] == [world.dora]
    assert (lonely.is_last_captain, lonely.may_dissolve) == (True, True)


@pytest.mark.parametrize("rows", [1, 3])
def test_team_page_count_of_queries(world, rows):
    for _ in range(rows - 1):
        challenge = open_challenge(competition=world.challenge.competition)
        PhaseFactory(challenge=challenge, kind="assessment")
        SubmissionFactory(entry=EntryFactory(challenge=challenge, team=world.team), handed_in=True)
        team_member(world.team)

    with CaptureQueriesContext(connection) as captured:
        page = queries.team_page(world.team, world.cem, clock.now())

    assert len(page.standings) == rows
    assert len(captured) == 6
