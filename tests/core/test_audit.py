"""The audit chain: complete, tied together, append-only."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from core import audit
from core.models import AuditEvent, AuditHead
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def _three_events() -> list[AuditEvent]:
    user = UserFactory()
    return [
        audit.record("thing.changed", target=user, by=user, data={"step": step, "name": "Ü"})
        for step in range(3)
    ]


def _without_trigger(statement: str, *params: object) -> None:
    """Change a row behind the product's back, as an intruder with a database console would."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER ALL")
        else:
            cursor.execute("DROP TRIGGER audit_event_no_update")
            cursor.execute("DROP TRIGGER audit_event_no_delete")
        cursor.execute(statement, params)


def test_chain_of_three_events_is_intact() -> None:
    events = _three_events()

    report = audit.verify_chain()

    assert (report.events, report.head, report.first_broken) == (3, events[-1].hash, None)


def test_numbers_have_no_gaps() -> None:
    events = _three_events()

    first = events[0].sequence

    assert [event.sequence for event in events] == [first, first + 1, first + 2]


@pytest.mark.parametrize(
    ("column", "value"),
    [("action", "thing.invented"), ("actor", 4711), ("reason", "why not"), ("data", '{"step": 9}')],
)
def test_changed_column_breaks_the_chain(column: str, value: object) -> None:
    events = _three_events()
    victim = events[1].sequence

    _without_trigger(
        f"UPDATE core_auditevent SET {column} = %s WHERE sequence = %s",  # noqa: S608
        value,
        victim,
    )

    assert audit.verify_chain().first_broken == victim


def test_removed_event_breaks_the_chain() -> None:
    events = _three_events()

    _without_trigger("DELETE FROM core_auditevent WHERE sequence = %s", events[1].sequence)

    assert audit.verify_chain().first_broken == events[1].sequence


def test_removed_last_event_is_noticed_by_the_head() -> None:
    events = _three_events()

    _without_trigger("DELETE FROM core_auditevent WHERE sequence = %s", events[2].sequence)

    assert not audit.verify_chain().is_intact


def test_event_that_is_appended_during_the_check_does_not_break_the_chain() -> None:
    user = _three_events()[0].actor
    appended = []

    def append_before_the_head_is_read(execute, sql, *arguments):  # type: ignore[no-untyped-def]
        if "core_audithead" in sql and not appended:
            appended.append(sql)
            audit.record("thing.changed", target=None, by=None, data={"user": user})
        return execute(sql, *arguments)

    with connection.execute_wrapper(append_before_the_head_is_read):
        report = audit.verify_chain()

    assert (report.events, report.first_broken) == (4, None)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_database_refuses_to_change_an_event(change: str) -> None:
    event = _three_events()[0]
    rows = AuditEvent.objects.filter(sequence=event.sequence)

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(action="x") if change == "update" else rows.delete()


def test_secret_values_are_masked() -> None:
    event = audit.record("x.y", target=None, by=None, data={"api_token": "abc", "number": 1})

    assert event.data == {"api_token": "***", "number": 1}


def test_rolled_back_change_leaves_no_event() -> None:
    before = AuditEvent.objects.count()

    with transaction.atomic():
        audit.record("x.y", target=None, by=None)
        transaction.set_rollback(True)

    head = AuditHead.objects.filter(id=1).first()
    assert (AuditEvent.objects.count(), head.sequence if head else 0) == (before, before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="needs the transaction"):
        audit.record("x.y", target=None, by=None)
