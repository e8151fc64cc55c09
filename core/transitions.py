"""The one function that changes a state.

Each app declares its edges in `states.py` and registers the table here; nothing else assigns a
state field (an architecture test looks for it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from core import audit
from core.exceptions import IllegalTransition

# Keyed by the enum class first: members of two enums with the same value are equal.
# Any: mappings are invariant in their keys, and each table has members of its own enum there.
type Table = Mapping[Any, Mapping[Any, frozenset[Any]]]
_tables: dict[Any, Mapping[Any, frozenset[Any]]] = {}


def register(table: Table) -> None:
    """Make the edges of an app known."""
    _tables.update(table)


def tables() -> Table:
    """Return every registered table (for the documentation and for tests)."""
    return dict(_tables)


def allows(source: str, to: models.TextChoices) -> bool:
    """Say whether an edge exists."""
    enum = type(to)
    return to in _tables[enum][enum(source)]


def move[Row: models.Model](
    row: Row,
    *,
    to: models.TextChoices,
    by: models.Model | None,
    now: dt.datetime,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Row:
    """Move a row to another state: lock, check the edge, save, record, in one transaction.

    `changes` are further fields saved with the state. The given instance is refreshed, so callers
    see what is stored. The action in the audit log is `<model>.<state>`.

    Raises:
        IllegalTransition: the stored state does not lead there (also when another request was
            faster); nothing is changed.

    """
    with transaction.atomic():
        locked = type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        source: str = getattr(locked, "state")  # noqa: B009  (every stateful model has `state`)
        if not allows(source, to):
            raise IllegalTransition(locked, source, to)
        setattr(locked, "state", to)  # noqa: B010  (the one place)
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.save(update_fields=["state", *changes])
        audit.record(
            f"{row._meta.model_name}.{to.value}",
            target=locked,
            by=by,
            reason=reason,
            data={"from": source, "to": to.value, **(data or {})},
            now=now,
        )
    row.refresh_from_db()
    return row
