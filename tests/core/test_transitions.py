"""Every edge of every state table, and nothing beside them (H-69)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection

from competition.states import ChallengeState
from core import clock, transitions
from core.exceptions import IllegalTransition
from core.models import AuditEvent
from scoring.states import (
    AssessmentState,
    EvaluationState,
    InvitationState,
    JuryState,
    MotionState,
    ProposalState,
)
from submissions.states import FileState, RequestState, SubmissionState, UploadState
from tests.factories import ChallengeFactory, UserFactory

if TYPE_CHECKING:
    from django.db import models

TABLES = transitions.tables()
PAIRS = [
    (enum, source, to) for enum in TABLES for source, to in product(enum, enum) if source != to
]


def test_every_state_enum_has_a_table_that_names_every_state() -> None:
    assert set(TABLES) == {
        ChallengeState,
        SubmissionState,
        JuryState,
        AssessmentState,
        EvaluationState,
        InvitationState,
        ProposalState,
        MotionState,
        RequestState,
        UploadState,
        FileState,
    }
    assert all(set(table) == set(enum) for enum, table in TABLES.items())


@pytest.mark.parametrize(("enum", "source", "to"), PAIRS)
def test_edges_are_those_of_the_table(
    enum: type[models.TextChoices], source: models.TextChoices, to: models.TextChoices
) -> None:
    assert transitions.allows(source.value, to) == (to in TABLES[enum][source])


@pytest.mark.django_db
@pytest.mark.parametrize("to", [state for state in ChallengeState if state != "draft"])
def test_move_follows_the_table_and_records_it(to: ChallengeState) -> None:
    user = UserFactory()
    challenge = ChallengeFactory(state=ChallengeState.DRAFT)
    before = AuditEvent.objects.count()

    if to in TABLES[ChallengeState][ChallengeState.DRAFT]:
        transitions.move(challenge, to=to, by=user, now=clock.now(), reason="because")
        event = AuditEvent.objects.order_by("-sequence").first()
        assert event is not None
        assert (challenge.state, event.action, event.actor, event.reason, event.data) == (
            to,
            f"challenge.{to}",
            user.pk,
            "because",
            {"from": "draft", "to": str(to)},
        )
    else:
        with pytest.raises(IllegalTransition):
            transitions.move(challenge, to=to, by=user, now=clock.now())
        challenge.refresh_from_db()
        assert (challenge.state, AuditEvent.objects.count()) == ("draft", before)


@pytest.mark.django_db
def test_move_looks_at_the_stored_state_not_at_the_instance() -> None:
    challenge = ChallengeFactory(state=ChallengeState.IN_REVIEW)
    stale = type(challenge).objects.get(pk=challenge.pk)
    transitions.move(challenge, to=ChallengeState.NEEDS_CHANGES, by=None, now=clock.now())

    with pytest.raises(IllegalTransition):
        transitions.move(stale, to=ChallengeState.ACCEPTED, by=None, now=clock.now())


@pytest.mark.django_db
def test_move_changes_nothing_when_the_audit_event_cannot_be_written() -> None:
    challenge = ChallengeFactory(state=ChallengeState.DRAFT)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent RENAME TO core_auditevent_gone")

    try:
        with pytest.raises(DatabaseError):
            transitions.move(challenge, to=ChallengeState.IN_REVIEW, by=None, now=clock.now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_auditevent_gone RENAME TO core_auditevent")

    challenge.refresh_from_db()
    assert challenge.state == ChallengeState.DRAFT
