"""The marker for sentences that are translated where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  (the gettext name that makemessages looks for)
    """Return the text unchanged; the name marks it for the message catalogue."""
    return text
