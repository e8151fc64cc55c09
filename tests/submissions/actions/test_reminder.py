"""Reminders of drafts: when, to whom, once, and what they say (M-9)."""

from __future__ import annotations

import datetime as dt

import pytest

from competition.models import Phase
from competition.states import ChallengeState
from core.maintenance import sweep_steps
from core.models import OutboxMessage
from submissions.actions import submission as submission_actions
from submissions.actions.reminder import remind_of_drafts
from submissions.models import Submission
from submissions.states import TeamRole
from tests.factories import EntryFactory, SubmissionFactory, team_member

TICK = dt.timedelta(microseconds=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
END = dt.datetime(2027, 3, 26, 22, 59, tzinfo=dt.UTC)  # two days before the clocks change


@pytest.fixture(autouse=True)
def long_phase(world) -> None:
    Phase.objects.filter(challenge=world.challenge).update(starts_at=END - 30 * DAY, ends_at=END)


@pytest.fixture
def draft(world) -> Submission:
    return world.draft(created_at=END - 20 * DAY)


def recipients() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("recipient", flat=True))


@pytest.mark.parametrize(
    ("moment", "mails"),
    [
        (END - 7 * DAY - TICK, 0),
        (END - 7 * DAY, 2),
        (END - TICK, 2),
        (END, 0),
    ],
)
def test_reminders_begin_a_week_before_and_end_with_the_deadline(world, draft, moment, mails):
    assert remind_of_drafts(moment) == mails
    assert len(recipients()) == mails


def test_every_member_is_reminded_three_times_however_often_the_sweep_runs(world, draft):
    start = END - 8 * DAY

    for step in range(8 * 48 + 1):
        remind_of_drafts(start + step * HOUR / 2)

    assert recipients() == sorted([world.cem.email, world.dora.email] * 3)
    moments = OutboxMessage.objects.filter(recipient=world.cem.email).order_by("created_at")
    assert [END - message.created_at for message in moments] == [7 * DAY, DAY, 2 * HOUR]


def test_sweep_that_stood_still_sends_the_last_reminder_only(world, draft):
    remind_of_drafts(END - HOUR)

    assert recipients() == sorted([world.cem.email, world.dora.email])
    assert {message.key.split(":")[2] for message in OutboxMessage.objects.all()} == {"7200"}


@pytest.mark.parametrize(("begun", "mails"), [(END - DAY, 2), (END - DAY + TICK, 0)])
def test_draft_that_was_begun_later_is_not_reminded_of_at_once(world, begun, mails):
    world.draft(created_at=begun)

    assert remind_of_drafts(END - 20 * HOUR) == mails
    assert remind_of_drafts(END - 2 * HOUR) == 2


def test_later_deadline_is_reminded_of_anew(world, draft):
    remind_of_drafts(END - 2 * HOUR)
    Phase.objects.update(ends_at=END + 3 * DAY)

    assert remind_of_drafts(END + 2 * DAY) == 2
    assert remind_of_drafts(END + 2 * DAY) == 0


def test_member_who_joined_meanwhile_is_reminded_too(world, draft):
    remind_of_drafts(END - DAY)
    team_member(world.team, role=TeamRole.MEMBER, email="neu@example.org")

    remind_of_drafts(END - DAY + HOUR)

    assert recipients() == sorted([world.cem.email, world.dora.email, "neu@example.org"])


def test_nobody_is_reminded_without_reason(world, draft):
    handed_in = EntryFactory(challenge=world.challenge)
    team_member(handed_in.team, email="fertig@example.org")
    SubmissionFactory(entry=handed_in, handed_in=True, created_at=END - 20 * DAY)
    closed = EntryFactory(challenge=world.challenge, merged_into=world.entry)
    team_member(closed.team, email="vereint@example.org")
    SubmissionFactory(entry=closed, created_at=END - 20 * DAY)
    type(world.dora).objects.filter(pk=world.dora.pk).update(is_active=False)

    remind_of_drafts(END - DAY)

    assert recipients() == [world.cem.email]


def test_team_without_a_try_left_is_not_reminded(world):
    SubmissionFactory(
        entry=world.entry, handed_in=True, created_at=END - 20 * DAY, handed_in_at=END - 19 * DAY
    )
    world.draft(number=2, created_at=END - 18 * DAY)
    Phase.objects.update(limit_total=1)

    assert remind_of_drafts(END - DAY) == 0


@pytest.mark.parametrize("state", [ChallengeState.CANCELLED, ChallengeState.DECIDED])
def test_statement_that_takes_nothing_reminds_nobody(world, draft, state):
    type(world.challenge).objects.update(state=state)

    assert remind_of_drafts(END - DAY) == 0


def test_draft_that_is_handed_in_is_forgotten(world, draft):
    submission_actions.hand_in(draft, by=world.cem, key="k", declared=True, now=END - 2 * DAY)
    OutboxMessage.objects.all().delete()

    assert remind_of_drafts(END - DAY) == 0


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        (
            "de",
            "Noch nicht eingereicht: Frist Fr, 26.03.2027, 23:59 Uhr MEZ",
            [
                "Fassung 1 des Teams „Team Dachs“",
                "Frist: Fr, 26.03.2027, 23:59 Uhr MEZ (UTC+1) (noch 1 Tag)",
                "Es fehlt noch:\n- Schreiben Sie die Kurzfassung.",
                "Teamleitung: Cem Captain.",
                "Bisher zählt keine Fassung Ihres Teams.",
            ],
        ),
        (
            "en",
            "Not handed in yet: deadline Fri, 26 Mar 2027, 23:59 CET",
            [
                "version 1 of the team “Team Dachs”",
                "Deadline: Fri, 26 Mar 2027, 23:59 CET (UTC+1) (1 day left)",
                "Still missing:\n- Write the summary.",
                "Captain: Cem Captain.",
                "So far no version of your team counts.",
            ],
        ),
    ],
)
def test_reminder_says_until_when_what_is_missing_and_who_can_hand_in(
    world, language, subject, words
):
    type(world.cem).objects.update(language=language)
    world.draft(created_at=END - 20 * DAY, summary="")

    remind_of_drafts(END - DAY)

    message = OutboxMessage.objects.get(recipient=world.cem.email)
    assert message.subject.endswith(f"] {subject}")
    assert [word for word in words if word not in message.body] == []
    assert message.body.count("http") == 1
    assert world.entry.jury_pseudonym not in message.body


def test_reminder_of_a_complete_draft_names_the_version_that_counts(world):
    type(world.cem).objects.update(language="en")
    SubmissionFactory(entry=world.entry, handed_in=True)
    world.draft(number=2, created_at=END - 20 * DAY)

    remind_of_drafts(END - DAY)

    body = OutboxMessage.objects.filter(recipient=world.cem.email).get().body
    assert "Nothing is missing but the declaration and the click on “Hand in”." in body
    assert "If you do not hand this draft in, version 1 counts, as now." in body


def test_reminders_are_a_step_of_the_sweep():
    assert remind_of_drafts in [step.run for step in sweep_steps]
