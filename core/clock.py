"""The only readers of the clock. Everything else takes `now` as a parameter."""

import datetime as dt

from django.db import connection
from django.utils import timezone


def now() -> dt.datetime:
    """Return the server's time, aware, in UTC."""
    return timezone.now()


def of_database() -> dt.datetime:
    """Return the time at which the database executes this very statement, aware, in UTC.

    Deadlines are decided by this clock, so that several web nodes cannot disagree. On PostgreSQL
    `clock_timestamp()` is used: `now()` would be the start of the transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: dt.datetime = cursor.fetchone()[0]
        return moment.astimezone(dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
        text: str = cursor.fetchone()[0]
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
