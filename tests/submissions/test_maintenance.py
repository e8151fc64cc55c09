"""Proofs over the log: each holds for a healthy log, and each notices its own damage."""

from __future__ import annotations

import pytest

from competition.models import Phase
from core import maintenance
from submissions.actions import seal as seal_actions
from submissions.actions import submission as submission_actions
from submissions.deadlines import grace
from submissions.models import SealKind
from tests.factories import SubmissionFactory, damage_log

pytestmark = pytest.mark.django_db

KEYS = ("receipts", "leaves", "logs", "roots")


@pytest.fixture
def sealed(world):
    """Two versions, the root of the deadline and that of the jury."""
    for number in (1, 2):
        draft = SubmissionFactory(entry=world.entry, number=number)
        submission_actions.hand_in(draft, by=world.cem, key=draft.code, declared=True)
    seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())
    seal_actions.make(world.challenge, SealKind.JURY_LOCK)
    return world


def breaches() -> dict[str, int]:
    found = {item.key: len(list(item.violations())) for item in maintenance.invariants}
    return {key: found[key] for key in KEYS if found[key]}


def test_healthy_log_has_no_breach(sealed):
    assert breaches() == {}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE submissions_logleaf SET kind = 'rubric' WHERE \"index\" = 0",
            {"receipts": 1, "leaves": 1},
        ),
        (
            'UPDATE submissions_logleaf SET data = \'{"v": 1}\' WHERE "index" = 0',
            {"logs": 1},
        ),
        ('UPDATE submissions_logleaf SET "index" = 9 WHERE "index" = 2', {"logs": 1}),
        ("UPDATE submissions_log SET size = 2", {"logs": 1}),
        ('DELETE FROM submissions_logleaf WHERE "index" = 2', {"logs": 1, "roots": 2}),
        ("UPDATE submissions_seal SET size = 2 WHERE number = 2", {"roots": 3}),
        ("UPDATE submissions_seal SET kind = 'opening' WHERE number = 2", {"roots": 1}),
        ("UPDATE submissions_seal SET signature = 'AAAA' WHERE number = 1", {"roots": 1}),
        ("UPDATE submissions_seal SET previous_id = NULL WHERE number = 2", {"roots": 1}),
        ("UPDATE submissions_seal SET consistency = '[\"00\"]' WHERE number = 2", {"roots": 1}),
    ],
)
def test_damage_is_found_where_it_was_done(sealed, statement, found):
    damage_log(statement)

    assert breaches() == found


def test_leaf_that_never_was_is_found(world):
    SubmissionFactory(entry=world.entry, handed_in=True)

    assert breaches() == {"leaves": 1}
