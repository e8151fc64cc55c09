"""Sending failed messages again."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from competition.actions import message as actions
from competition.models import Competition
from core import clock
from core.exceptions import PermissionRefused
from core.models import OutboxMessage, OutboxState
from tests.factories import CompetitionFactory, UserFactory, break_audit, organiser

pytestmark = pytest.mark.django_db


def failed(competition: Competition) -> OutboxMessage:
    return OutboxMessage.objects.create(
        key="receipt:1",
        template="receipt",
        topic=competition.slug,
        recipient="cem@example.org",
        language="de",
        subject="Eingang",
        state=OutboxState.FAILED,
        attempts=8,
        error="refused",
        created_at=clock.now(),
    )


def test_resend_is_refused_to_strangers() -> None:
    competition = CompetitionFactory()
    message = failed(competition)

    with pytest.raises(PermissionRefused):
        actions.resend_failed(competition, by=UserFactory())

    message.refresh_from_db()
    assert message.state == OutboxState.FAILED


def test_resend_writes_nothing_when_it_cannot_be_recorded() -> None:
    competition = CompetitionFactory()
    message = failed(competition)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.resend_failed(competition, by=organiser(competition))

    message.refresh_from_db()
    assert (message.state, message.attempts, message.error) == (OutboxState.FAILED, 8, "refused")
