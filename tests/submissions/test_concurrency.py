"""Requests at once never beat a limit, a lock, a deadline or a name; proven on PostgreSQL (H-73).

SQLite has no row locks and one writer at a time, so these tests would say nothing there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse

from competition.actions.desk import locked_row
from competition.models import Competition, Phase
from core import clock
from core.audit import verify_chain
from core.exceptions import DomainError, IllegalTransition, StaleVersion
from core.models import AuditEvent, OutboxMessage
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.models import JurySeat
from submissions import log
from submissions.actions import entry as entry_actions
from submissions.actions import merge as merge_actions
from submissions.actions import submission as actions
from submissions.actions import team as team_actions
from submissions.actions.reminder import remind_of_drafts
from submissions.models import (
    Entry,
    LateAttempt,
    LeafKind,
    LogLeaf,
    Membership,
    Receipt,
    Submission,
    Team,
)
from submissions.receipts import text_hash
from submissions.states import TeamRole
from tests.factories import (
    DAY,
    EntryFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
    handed_in_predictions,
    measured_challenge,
    open_challenge,
    predictions,
    team_member,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(fresh_world):
    return fresh_world


THREADS = 20
LIMIT = 5


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Start all works together, each with a connection of its own; return results or errors.

    Only errors of the domain count as answers; anything else, a deadlock for example, fails.
    """
    barrier = threading.Barrier(len(works), timeout=60)

    def run(work: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return work()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def answers(results: list[object]) -> Counter[str]:
    return Counter(
        result.code if isinstance(result, DomainError) else type(result).__name__
        for result in results
    )


def hand_in_one(world, key: str, entry: Entry | None = None) -> Receipt:
    """Hand in whatever draft there is; start the next one when somebody else was faster."""
    while True:
        draft = actions.start_draft(entry or world.entry, by=world.cem)
        save_text_of(draft, world.cem)
        try:
            return actions.hand_in(draft, by=world.cem, key=key, declared=True)
        except IllegalTransition:
            continue


def save_text_of(draft: Submission, by) -> None:
    """Give a draft the texts that a hand-in needs."""
    if not draft.title:
        with contextlib.suppress(StaleVersion):
            actions.save_text(draft, by=by, version=draft.version, title="Titel", summary="Text")


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"limit_per_day": LIMIT}, "limit_per_day"), ({"limit_total": LIMIT}, "limit_total")],
)
def test_quota_is_never_beaten(world, limits, code):
    Phase.objects.update(**limits)
    world.draft()

    results = at_once(
        [lambda number=number: hand_in_one(world, f"key-{number}") for number in range(THREADS)]
    )

    assert answers(results) == {"Receipt": LIMIT, code: THREADS - LIMIT}
    received = Submission.objects.costing_a_try()
    assert sorted(received.values_list("number", flat=True)) == list(range(1, LIMIT + 1))
    assert Receipt.objects.count() == LIMIT
    assert AuditEvent.objects.filter(action="submission.handed_in").count() == LIMIT
    assert OutboxMessage.objects.filter(template="receipt").count() == 2 * LIMIT
    assert verify_chain().is_intact


@pytest.mark.parametrize("column", ["person_limit_per_day", "person_limit_total"])
def test_quota_of_a_person_is_never_beaten_in_two_teams(world, column):
    Phase.objects.update(**{column: LIMIT})

    results = at_once(
        [
            lambda entry=entry, number=number: hand_in_one(world, f"key-{number}", entry)
            for number in range(THREADS // 2)
            for entry in (world.entry, world.other_entry)
        ]
    )

    assert answers(results) == {"Receipt": LIMIT, column: THREADS - LIMIT}
    assert Submission.objects.costing_a_try().filter(handed_in_by=world.cem).count() == LIMIT


@pytest.mark.parametrize("column", ["limit_at_once", "person_limit_at_once"])
def test_more_versions_than_allowed_never_wait_at_once(world, settings, column):
    # Nothing evaluates here, so that whatever was accepted goes on waiting.
    settings.TASKS = {
        "default": {
            **settings.TASKS["default"],
            "BACKEND": "django.tasks.backends.dummy.DummyBackend",
        }
    }
    challenge = measured_challenge()
    Phase.objects.update(**{column: LIMIT})
    entry = EntryFactory(challenge=challenge)
    handed_in_predictions(entry, *predictions())

    results = at_once(
        [
            lambda number=number: hand_in_one(world, f"key-{number}", entry)
            for number in range(THREADS)
        ]
    )

    first = 1 if column == "limit_at_once" else 0  # nobody in particular handed the first one in
    assert answers(results) == {"Receipt": LIMIT - first, column: THREADS - LIMIT + first}


def test_same_click_many_times_gives_one_receipt(world):
    draft = world.draft()

    results = at_once(
        [lambda: actions.hand_in(draft, by=world.cem, key="click", declared=True)] * 10
    )

    assert {receipt.pk for receipt in results} == {Receipt.objects.get().pk}
    assert AuditEvent.objects.count() == 1


def test_double_click_in_the_browser_leads_to_one_receipt(world):
    draft = world.draft()
    address = reverse("submissions:submission-hand-in", args=[draft.code])

    def click() -> str:
        client = Client()
        client.force_login(world.cem)
        response = client.post(address, {"key": "click", "is_declared": "on"})
        return f"{response.status_code} {response.headers.get('Location')}"

    results = at_once([click, click])

    receipt = reverse("submissions:receipt-show", args=[draft.code])
    assert results == [f"302 {receipt}"] * 2
    assert Receipt.objects.count() == 1


def test_two_keys_at_once_hand_in_once(world):
    draft = world.draft()

    results = at_once(
        [
            lambda key=key: actions.hand_in(draft, by=world.cem, key=key, declared=True)
            for key in "ab"
        ]
    )

    assert answers(results) == {"Receipt": 1, "illegal_transition": 1}


def test_clock_is_read_after_the_lock(world):
    # The request arrives in time, but waits for the row until the deadline has passed.
    draft = world.draft()
    ends_at = clock.of_database() + dt.timedelta(seconds=1)
    Phase.objects.update(ends_at=ends_at)
    held = threading.Event()

    def hold() -> str:
        with transaction.atomic():
            Entry.objects.select_for_update().get(pk=world.entry.pk)
            held.set()
            while clock.of_database() < ends_at:
                time.sleep(0.05)
        return "held"

    def hand_in() -> object:
        held.wait(timeout=30)
        assert clock.of_database() < ends_at
        return actions.hand_in(draft, by=world.cem, key="k", declared=True)

    results = at_once([hold, hand_in])

    assert answers(results) == {"str": 1, "deadline_passed": 1}
    attempt = LateAttempt.objects.get()
    assert attempt.attempted_at >= attempt.ended_at == ends_at
    assert not Receipt.objects.exists()


def test_one_draft_at_a_time(world):
    results = at_once(
        [lambda: actions.start_draft(world.entry, by=world.cem)] * 10,
    )

    assert {draft.pk for draft in results} == {Submission.objects.get().pk}


def test_save_text_once_per_version(world):
    draft = world.draft()

    results = at_once(
        [
            lambda title=title: actions.save_text(
                draft, by=world.cem, version=0, title=title, summary="x"
            )
            for title in ("A", "B", "C", "D")
        ]
    )

    assert answers(results) == {"Submission": 1, "stale_version": 3}
    assert Submission.objects.get().version == 1


def test_hand_in_and_save_never_mix(world):
    draft = world.draft()

    results = at_once(
        [
            lambda: actions.hand_in(draft, by=world.cem, key="k", declared=True),
            lambda: actions.save_text(
                draft, by=world.dora, version=0, title="Anders", summary="Anders"
            ),
        ]
    )

    stored = Submission.objects.get()
    receipt = next(result for result in results if isinstance(result, Receipt))

    assert receipt.payload["text_sha256"] == text_hash(stored)


def test_two_captains_cannot_leave_at_once(world):
    second = team_member(world.team)
    captains = list(world.team.memberships.captains())

    results = at_once(
        [
            lambda m=m, by=by: team_actions.remove_member(m, by=by)
            for m, by in zip(captains, (world.cem, second), strict=True)
        ]
    )

    assert answers(results) == {"Team": 1, "last_captain": 1}
    assert world.team.memberships.captains().count() == 1


def test_captains_who_hand_over_at_once_leave_a_captain(world):
    second = team_member(world.team)
    dora = world.team.memberships.get(user=world.dora)
    own = world.team.memberships.get(user=world.cem)

    at_once(
        [
            lambda: team_actions.hand_over(dora, by=second),
            lambda: team_actions.remove_member(own, by=world.cem),
        ]
    )

    assert world.team.memberships.captains().count() >= 1


def test_one_team_per_person_and_competition(world):
    invitations = [
        team_actions.invite(entry.team, by=by, email=world.gus.email)
        for entry, by in ((world.entry, world.cem), (world.other_entry, world.emil))
    ]

    results = at_once(
        [
            *(lambda i=i: team_actions.accept_invitation(i, by=world.gus) for i in invitations),
            lambda: team_actions.create(world.team.competition, by=world.gus, name="Drittes"),
        ]
    )

    assert answers(results)["already_in_a_team"] == 2
    assert Membership.objects.filter(user=world.gus).count() == 1


def test_invitation_works_once(world):
    invitation = team_actions.invite(world.team, by=world.cem, email=world.gus.email)

    results = at_once([lambda: team_actions.accept_invitation(invitation, by=world.gus)] * 5)

    assert answers(results) == {"Membership": 1, "invitation_over": 4}


def test_team_name_is_given_once(world):
    people = [UserFactory() for _ in range(5)]

    results = at_once(
        [
            lambda by=by: team_actions.create(world.team.competition, by=by, name="Gleich")
            for by in people
        ]
    )

    assert answers(results) == {"Team": 1, "team_name_taken": 4}
    assert Team.objects.filter(name="Gleich").count() == 1


def test_each_entry_has_a_name_of_its_own(world):
    challenge = open_challenge(competition=world.team.competition)
    teams = [TeamFactory(competition=challenge.competition) for _ in range(12)]
    captains = [team_member(team, role=TeamRole.CAPTAIN) for team in teams]

    results = at_once(
        [
            lambda team=team, by=by: entry_actions.enter(
                challenge, by=by, team=team, terms=world.terms
            )
            for team, by in zip(teams, captains, strict=True)
        ]
    )

    assert answers(results) == {"Entry": 12}
    assert len({entry.jury_pseudonym for entry in results}) == 12


def test_team_enters_once(world):
    challenge = open_challenge(competition=world.team.competition)

    results = at_once(
        [lambda: entry_actions.enter(challenge, by=world.cem, team=world.team, terms=world.terms)]
        * 5
    )

    assert {entry.pk for entry in results} == {Entry.objects.get(challenge=challenge).pk}


def test_try_is_given_back_once(world):
    version = world.draft()
    actions.hand_in(version, by=world.cem, key="k", declared=True)

    at_once([lambda: actions.give_back_try(version, reason="Störung")] * 5)

    assert AuditEvent.objects.filter(action="submission.try_given_back").count() == 1


# -- teams -----------------------------------------------------------------------------------------


def seated(world) -> JurySeat:
    """Let the office give Gus a seat in the jury."""
    jury = jury_actions.form(world.challenge, by=world.ada)
    invited = invitation_actions.invite(jury, by=world.ada, email=world.gus.email)
    return invitation_actions.accept(invited, by=world.gus)


def test_last_free_place_is_given_once(world):
    Competition.objects.update(team_size_limit=3)
    people = [UserFactory() for _ in range(5)]
    invitations = [
        team_actions.invite(world.team, by=world.cem, email=person.email) for person in people
    ]

    results = at_once(
        [
            lambda i=i, by=by: team_actions.accept_invitation(i, by=by)
            for i, by in zip(invitations, people, strict=True)
        ]
    )

    assert answers(results) == {"Membership": 1, "team_full": 4}
    assert world.team.memberships.count() == 3


def test_request_is_confirmed_once(world):
    second = team_member(world.team)
    code = team_actions.renew_join_code(world.team, by=world.cem).join_code
    asked = team_actions.ask_to_join(code, by=world.gus)

    results = at_once(
        [
            lambda: team_actions.accept_request(asked, by=world.cem),
            lambda: team_actions.accept_request(asked, by=second),
            lambda: team_actions.decline_request(asked, by=second),
        ]
    )

    # The answer that came first stays: either a member, or a request that was declined.
    assert answers(results)["request_over"] == 2
    is_member = world.team.memberships.filter(user=world.gus).exists()
    asked.refresh_from_db()
    assert asked.state == ("accepted" if is_member else "declined")


def test_one_request_per_person_and_competition(world):
    codes = [
        team_actions.renew_join_code(entry.team, by=by).join_code
        for entry, by in ((world.entry, world.cem), (world.other_entry, world.emil))
    ]

    results = at_once(
        [lambda code=code: team_actions.ask_to_join(code, by=world.gus) for code in codes]
    )

    assert answers(results) == {"JoinRequest": 1, "request_open": 1}


def test_confirmed_request_and_accepted_invitation_give_one_team(world):
    code = team_actions.renew_join_code(world.team, by=world.cem).join_code
    asked = team_actions.ask_to_join(code, by=world.gus)
    invitation = team_actions.invite(world.other_entry.team, by=world.emil, email=world.gus.email)

    results = at_once(
        [
            lambda: team_actions.accept_request(asked, by=world.cem),
            lambda: team_actions.accept_invitation(invitation, by=world.gus),
        ]
    )

    assert answers(results)["Membership"] == 1
    assert Membership.objects.filter(user=world.gus).count() == 1


def test_nobody_gets_into_a_team_and_its_jury_at_once(world):
    invitation = team_actions.invite(world.team, by=world.cem, email=world.gus.email)

    results = at_once(
        [
            lambda: team_actions.accept_invitation(invitation, by=world.gus),
            lambda: seated(world),
        ]
    )

    given = answers(results)
    assert given["Membership"] + given["JurySeat"] == 1
    assert given["participation_barred"] + given["is_participant"] == 1


def test_merge_and_leave_never_lose_or_double_a_person(world):
    other = world.other_entry.team
    kim = team_member(other, role=TeamRole.MEMBER)
    membership = other.memberships.get(user=kim)
    proposal = merge_actions.propose(world.team, by=world.cem, other=other)

    results = at_once(
        [
            lambda: merge_actions.consent(proposal, by=world.emil),
            lambda: team_actions.remove_member(membership, by=kim),
        ]
    )

    given = answers(results)
    # Kim left before, or came along and is told that the team has become part of another one.
    is_member = world.team.memberships.filter(user=kim).exists()
    assert given == ({"Team": 1, "team_merged": 1} if is_member else {"Team": 2})
    assert not other.memberships.exists()


def test_two_merges_of_one_team_at_once_happen_once(world):
    third = TeamFactory(competition=world.team.competition)
    zoe = team_member(third)
    first = merge_actions.propose(world.team, by=world.cem, other=world.other_entry.team)
    second = merge_actions.propose(third, by=zoe, other=world.other_entry.team)

    results = at_once(
        [
            lambda: merge_actions.consent(first, by=world.emil),
            lambda: merge_actions.consent(second, by=world.emil),
        ]
    )

    assert answers(results) == {"Team": 1, "proposal_over": 1}
    assert Membership.objects.filter(user=world.emil).count() == 1


def test_crossed_merges_happen_once(world):
    other = world.other_entry.team
    ours = merge_actions.propose(world.team, by=world.cem, other=other)
    theirs = merge_actions.propose(other, by=world.emil, other=world.team)

    results = at_once(
        [
            lambda: merge_actions.consent(ours, by=world.emil),
            lambda: merge_actions.consent(theirs, by=world.cem),
        ]
    )

    assert answers(results) == {"Team": 1, "proposal_over": 1}
    assert Team.objects.live().count() == 1


def test_merge_and_hand_in_never_beat_the_limit(world):
    Phase.objects.update(limit_total=2)
    own, theirs = world.draft(), SubmissionFactory(entry=world.other_entry)
    actions.hand_in(own, by=world.cem, key="a", declared=True)
    actions.hand_in(theirs, by=world.emil, key="b", declared=True)
    last = actions.start_draft(world.other_entry, by=world.emil)
    proposal = merge_actions.propose(world.team, by=world.cem, other=world.other_entry.team)

    results = at_once(
        [
            lambda: merge_actions.consent(proposal, by=world.emil),
            lambda: actions.hand_in(last, by=world.emil, key="c", declared=True),
        ]
    )

    given = answers(results)
    assert given in ({"Team": 1, "entry_merged": 1}, {"merge_quota": 1, "Receipt": 1})


def test_row_that_is_locked_can_be_named_by_others(world):
    locked, done = threading.Event(), threading.Event()

    def change_the_statement() -> None:
        with transaction.atomic():
            locked_row(world.challenge)
            locked.set()
            assert done.wait(30)

    def enter_the_log() -> None:
        assert locked.wait(30)
        with transaction.atomic():
            connections["default"].cursor().execute("SET LOCAL lock_timeout = '3s'")
            # The check of the foreign key comes with the commit.
            log.append(world.challenge, LeafKind.SUBMISSION, {}, at=clock.now())
        done.set()

    assert at_once([change_the_statement, enter_the_log]) == [None, None]
    assert LogLeaf.objects.count() == 1


def test_sweeps_at_once_remind_each_member_once(world):
    ends_at = Phase.objects.get().ends_at
    world.draft(created_at=ends_at - 8 * DAY)

    written = at_once([lambda: remind_of_drafts(ends_at - DAY)] * 6)

    assert sum(written) == 2
    assert OutboxMessage.objects.filter(template="draft_reminder").count() == 2
