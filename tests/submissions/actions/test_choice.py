"""Which handed-in version counts: the one the team chose, else the latest one."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError
from django.urls import reverse

from competition.models import Phase
from core import clock
from core.exceptions import PhaseClosed, StaleVersion
from core.models import AuditEvent, OutboxMessage
from submissions import queries
from submissions.actions import submission as actions
from submissions.models import Entry, Submission
from submissions.states import SubmissionState
from tests.factories import SubmissionFactory, break_audit

S = SubmissionState


def version(world, number: int, **fields: object) -> Submission:
    return SubmissionFactory(entry=world.entry, number=number, handed_in=True, **fields)


@pytest.fixture
def three(world) -> list[Submission]:
    SubmissionFactory(entry=world.other_entry, number=9, handed_in=True)
    return [version(world, number) for number in (1, 2, 3)]


def counting(world) -> int | None:
    """Return the number of what counts; the query and the page must agree."""
    entry = Entry.objects.get(pk=world.entry.pk)
    stored = entry.submissions.all().counting().first()
    assert queries.standing(entry, clock.now()).counting == stored
    return stored.number if stored else None


@pytest.mark.parametrize("chosen", [None, 1, 2, 3])
@pytest.mark.parametrize("states", list(itertools.product([S.HANDED_IN, S.WITHDRAWN], repeat=3)))
def test_counting_is_the_chosen_version_else_the_latest(world, three, chosen, states):
    for row, state in zip(three, states, strict=True):
        Submission.objects.filter(pk=row.pk).update(state=state)
    Entry.objects.filter(pk=world.entry.pk).update(chosen=three[chosen - 1] if chosen else None)

    valid = [number for number, state in enumerate(states, start=1) if state == S.HANDED_IN]

    assert counting(world) == (chosen if chosen in valid else max(valid, default=None))
    assert world.other_entry.submissions.all().counting().get().number == 9


def test_choose_lets_an_older_version_count(world, three):
    actions.choose(three[0], by=world.cem)

    assert counting(world) == 1
    event = AuditEvent.objects.get()
    assert (event.action, event.data) == ("submission.chosen", {"number": 1, "instead_of": 3})
    mails = OutboxMessage.objects.filter(template="submission_chosen")
    assert {mail.recipient for mail in mails} == {world.cem.email, world.dora.email}
    assert "Version 1" in mails[0].subject or "Fassung 1" in mails[0].subject


def test_choose_twice_changes_nothing(world, three):
    actions.choose(three[0], by=world.cem)
    actions.choose(three[0], by=world.cem)

    assert (AuditEvent.objects.count(), OutboxMessage.objects.count()) == (1, 2)


def test_choose_again_tells_the_members_again(world, three):
    for row in (three[0], three[1], three[0]):
        actions.choose(row, by=world.cem)

    assert counting(world) == 1
    assert OutboxMessage.objects.count() == 6


def test_withdrawal_of_the_chosen_version_falls_back_to_the_latest(world, three):
    actions.choose(three[0], by=world.cem)

    actions.withdraw(three[0], by=world.cem)

    assert counting(world) == 3
    mail = OutboxMessage.objects.filter(template="submission_withdrawn")[0]
    assert "3" in mail.body


def test_handing_in_lifts_the_choice(world, three):
    actions.choose(three[0], by=world.cem)
    draft = actions.start_draft(world.entry, by=world.cem)

    actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert counting(world) == 4


def test_choose_follows_the_window_to_the_end(world, three):
    phase = Phase.objects.get(challenge=world.challenge)

    with pytest.raises(PhaseClosed):
        actions.choose(three[0], by=world.cem, now=phase.ends_at)

    assert counting(world) == 3


@pytest.mark.parametrize("state", [S.WITHDRAWN, S.INELIGIBLE])
def test_choose_refuses_what_is_not_handed_in(world, three, state):
    Submission.objects.filter(pk=three[0].pk).update(state=state)

    with pytest.raises(StaleVersion) as error:
        actions.choose(three[0], by=world.cem)

    assert error.value.code == "not_handed_in"


def test_choose_writes_nothing_if_the_audit_fails(world, three):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.choose(three[0], by=world.cem)

    assert counting(world) == 3


# -- page -----------------------------------------------------------------------------------------


def url(version: Submission) -> str:
    return reverse("submissions:submission-choose", args=[version.code])


def test_captain_chooses_by_radio_button(world, three, sign_in):
    client = sign_in(world.cem)
    page = client.get(three[2].get_absolute_url())
    for row in three:
        assert f'value="{row.code}"' in page.text

    answer = client.post(url(three[2]), {"version": three[1].code})

    assert answer.url == three[2].get_absolute_url()
    assert counting(world) == 2
    assert client.get(answer.url).context["standing"].is_chosen


@pytest.mark.parametrize("who", ["dora", "emil", "ada", "bea", "gus"])
def test_nobody_else_chooses(world, three, sign_in, who):
    client = sign_in(getattr(world, who))

    assert client.post(url(three[2]), {"version": three[0].code}).status_code == 404
    assert counting(world) == 3


def test_version_of_another_team_or_a_draft_cannot_be_chosen(world, three, sign_in):
    client = sign_in(world.cem)
    draft = world.draft(number=4)
    theirs = world.other_entry.submissions.get()

    for code in (theirs.code, draft.code, "", "S-XXXXXX"):
        assert client.post(url(three[2]), {"version": code}).status_code == 404
    assert counting(world) == 3


def test_choice_after_the_deadline_is_refused_with_the_reason(world, three, sign_in):
    Phase.objects.update(ends_at=clock.now())
    client = sign_in(world.cem)

    assert url(three[2]) not in client.get(three[2].get_absolute_url()).text
    assert client.post(url(three[2]), {"version": three[0].code}).status_code == 403


def test_member_sees_no_radio_buttons(world, three, sign_in):
    assert url(three[2]) not in sign_in(world.dora).get(three[2].get_absolute_url()).text


def test_choose_is_no_get(world, three, sign_in):
    assert sign_in(world.cem).get(url(three[2])).status_code == 405
