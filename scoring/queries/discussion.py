"""Reads of the jury's meeting: the list for the talk, and what is being discussed.

Whoever reads gives the entries they may know nothing about (`hidden`); of those there is no row, no
number and no gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoring.models import DiscussionItem, Talk
from scoring.queries import jury as jury_queries
from submissions.models import Entry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from scoring.models import Jury, JurySeat
    from submissions.models import Submission


@dataclass(frozen=True, slots=True)
class Item:
    """A submission on the list for the talk."""

    entry_id: int
    code: str
    pseudonym: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Agenda:
    """The list for the talk, and the talk that goes on."""

    items: tuple[Item, ...]
    current: Item | None
    since: dt.datetime | None

    @property
    def codes(self) -> set[str]:
        """Return the codes of the submissions on the list."""
        return {item.code for item in self.items}


def current_entry(jury: Jury) -> int | None:
    """Return the key of the entry that is being discussed."""
    return Talk.objects.filter(jury=jury, ended_at=None).values_list("entry", flat=True).first()


def agenda(
    jury: Jury, submissions: Collection[Submission], *, hidden: Collection[int] = ()
) -> Agenda:
    """Return the list in the chair's order; `submissions` are those before the jury."""
    known = {row.entry_id: row for row in submissions if row.entry_id not in hidden}
    talk = Talk.objects.filter(jury=jury, ended_at=None, entry__in=known).first()

    def item(entry: int) -> Item:
        row = known[entry]
        return Item(
            entry_id=entry,
            code=row.code,
            pseudonym=row.entry.jury_pseudonym,
            is_current=talk is not None and talk.entry_id == entry,
        )

    listed = DiscussionItem.objects.filter(jury=jury, entry__in=known)
    return Agenda(
        items=tuple(item(entry) for entry in listed.values_list("entry", flat=True)),
        current=None if talk is None else item(talk.entry_id),
        since=None if talk is None else talk.began_at,
    )


def closed_entries(seat: JurySeat) -> set[int]:
    """Return the entries of which a member of the jury sees nothing in the meeting either.

    Recused, not declared free of conflict, or of a team of one's own (R-13; refused earlier, too).
    """
    own = Entry.objects.filter(
        challenge=seat.jury.challenge_id, team__memberships__user=seat.user_id
    )
    return jury_queries.barred_entries(seat) | set(own.values_list("pk", flat=True))
