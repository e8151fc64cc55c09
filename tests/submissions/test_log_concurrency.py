"""The log under many hands at once, proven on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.db import transaction

from competition.models import Phase
from core import clock
from core.audit import verify_chain
from submissions import deadlines
from submissions.actions import seal as seal_actions
from submissions.actions import submission as actions
from submissions.models import Entry, LogLeaf, Seal
from tests.factories import EntryFactory, SubmissionFactory, team_member
from tests.submissions.test_concurrency import THREADS, answers, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(fresh_world):
    return fresh_world


def test_leaves_of_many_teams_at_once_have_no_gap(world):
    drafts = [
        (draft, team_member(draft.entry.team))
        for draft in (
            SubmissionFactory(entry=EntryFactory(challenge=world.challenge))
            for _number in range(THREADS)
        )
    ]

    results = at_once(
        [
            lambda draft=draft, captain=captain: actions.hand_in(
                draft, by=captain, key=draft.code, declared=True
            )
            for draft, captain in drafts
        ]
    )

    assert answers(results) == {"Receipt": THREADS}
    leaves = LogLeaf.objects.order_by("index")
    assert list(leaves.values_list("index", flat=True)) == list(range(THREADS))
    assert {receipt.payload["leaf_hash"] for receipt in results} == {leaf.hash for leaf in leaves}
    assert verify_chain().is_intact


def test_root_of_the_deadline_waits_for_who_hands_in_and_is_made_once(world):
    # Handing in has read the clock before the deadline and holds the entry; sealing waits for it.
    draft = world.draft()
    now = clock.of_database()
    Phase.objects.update(ends_at=now)
    held = threading.Event()

    def hand_in() -> object:
        with transaction.atomic():
            Entry.objects.select_for_update().get(pk=world.entry.pk)
            held.set()
            time.sleep(1)
            return actions.hand_in(
                draft, by=world.cem, key="k", declared=True, now=now - dt.timedelta(seconds=1)
            )

    def seal() -> object:
        held.wait(30)
        return seal_actions.at_deadline(world.challenge, now=now + deadlines.grace())

    results = at_once([hand_in, seal, seal, seal])

    made = [result for result in results if isinstance(result, Seal)]
    assert len(made) == 1
    # The version and that it counts.
    assert (made[0].size, Seal.objects.count()) == (2, 1)
