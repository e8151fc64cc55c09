"""Rows that nobody deletes: the database itself refuses, whoever asks.

Each app registers its tables in `keeping.py`. The triggers are made after every `migrate`, so that
none is forgotten; SQLite rebuilds tables while it migrates, hence they are removed before. Emptying
a whole table (TRUNCATE) and removing a trigger stay possible for whoever owns the database:
`check_invariants` says which triggers are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core.maintenance import Invariant, invariants
from core.registry import Registry


@dataclass(frozen=True, slots=True)
class Kept:
    """A model whose rows stay; `unless` is SQL about `OLD`, for rows that may still go."""

    model: str
    unless: str = ""

    @property
    def table(self) -> str:
        """Return the table."""
        table: str = apps.get_model(self.model)._meta.db_table
        return table

    @property
    def trigger(self) -> str:
        """Return the name of the trigger, and of its function."""
        return f"{self.table}_is_kept"


kept: Registry[Kept] = Registry()


def make_triggers(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Make the triggers that are missing (after `migrate`)."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    make = _make_postgresql if connection.vendor == "postgresql" else _make_sqlite
    for row in _missing(connection):
        # While migrations are run one by one, a table may not be there yet.
        if row.table in there:
            make(connection, row)


def drop_triggers(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Remove the triggers on SQLite, which cannot rebuild tables with them (before `migrate`)."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        return
    with connection.cursor() as cursor:
        for row in kept:
            cursor.execute(f"DROP TRIGGER IF EXISTS {row.trigger}")


def _make_sqlite(connection: BaseDatabaseWrapper, row: Kept) -> None:
    when = f" WHEN NOT coalesce({row.unless}, 0)" if row.unless else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER {row.trigger} BEFORE DELETE ON {row.table}{when}"
            f" BEGIN SELECT RAISE(ABORT, 'This row of {row.table} is kept.'); END"
        )


def _make_postgresql(connection: BaseDatabaseWrapper, row: Kept) -> None:
    unless = f"IF {row.unless} THEN RETURN OLD; END IF;" if row.unless else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {row.trigger}() RETURNS trigger AS $$ BEGIN {unless}"
            f" RAISE EXCEPTION 'This row of {row.table} is kept.'"
            " USING ERRCODE = 'restrict_violation'; END; $$ LANGUAGE plpgsql"
        )
        # It may be there, but switched off.
        cursor.execute(f"DROP TRIGGER IF EXISTS {row.trigger} ON {row.table}")
        cursor.execute(
            f"CREATE TRIGGER {row.trigger} BEFORE DELETE ON {row.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {row.trigger}()"
        )


def _missing(connection: BaseDatabaseWrapper) -> list[Kept]:
    """Return what no working trigger keeps."""
    if connection.vendor == "postgresql":
        question = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal"
    else:
        question = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(question)
        found = {name for (name,) in cursor.fetchall()}
    return [row for row in kept if row.trigger not in found]


def unkept_tables() -> Iterator[str]:
    """Yield tables from which rows could be deleted although they are to be kept."""
    for row in _missing(connections[DEFAULT_DB_ALIAS]):
        yield f"No trigger keeps the rows of {row.table}."


invariants.register(Invariant("kept", "The database keeps what must stay", unkept_tables, 15))
