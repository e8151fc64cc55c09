"""The only readers of the clock. Everything else takes `now` as a parameter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import connection
from django.utils import timezone

_simulated: ContextVar[dt.datetime | None] = ContextVar("simulated_moment", default=None)


def now() -> dt.datetime:
    """Return the server's time, aware, in UTC."""
    return _simulated.get() or timezone.now()


def of_database() -> dt.datetime:
    """Return the time at which the database executes this very statement, aware, in UTC.

    Deadlines are decided by this clock, so that several web nodes cannot disagree. On PostgreSQL
    `clock_timestamp()` is used: `now()` would be the start of the transaction.
    """
    simulated = _simulated.get()
    if simulated is not None:
        return simulated
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: dt.datetime = cursor.fetchone()[0]
        return moment.astimezone(dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
        text: str = cursor.fetchone()[0]
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@contextmanager
def simulated(moment: dt.datetime) -> Iterator[None]:
    """Let both clocks stand at a moment within the block: the demo tells a story of months.

    Raises:
        RuntimeError: this is no demo installation; nobody may turn back a real clock.

    """
    if not settings.DEMO:
        message = "The clock can be simulated in demo mode only."
        raise RuntimeError(message)
    token = _simulated.set(moment)
    try:
        yield
    finally:
        _simulated.reset(token)
