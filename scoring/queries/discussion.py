"""Reads of the jury's meeting: the list for the talk, and what is being discussed.

Whoever reads gives the entries they may know nothing about (`hidden`); of those there is no row, no
number and no gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoring.compute.quorum import needed
from scoring.models import (
    Attendance,
    ConflictDeclaration,
    DiscussionItem,
    JurySeat,
    Meeting,
    MeetingNote,
    Motion,
    Recusal,
    Talk,
    Vote,
)
from scoring.models.deliberation import DEFAULT_QUORUM
from scoring.queries import conflict as conflict_queries
from scoring.queries import jury as jury_queries
from scoring.states import ConflictAnswer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from scoring.models import Jury
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

    Recused, not declared free of conflict, or in conflict by now (N-12, R-13).
    """
    return jury_queries.barred_entries(seat)


# -- presence, motions and votes -------------------------------------------------------------------


def quorum_of(jury: Jury) -> int:
    """Return the share in percent of which more must be present; the default where none is set."""
    stated = Meeting.objects.filter(jury=jury).values_list("quorum_percent", flat=True).first()
    return DEFAULT_QUORUM if stated is None else stated


def unbarred_seats(jury: Jury, entry: int | None) -> set[int]:
    """Return the seats that may hear about an entry; without one all of the jury."""
    seats = JurySeat.objects.filter(jury=jury)
    if entry is None:
        return set(seats.values_list("pk", flat=True))
    free = ConflictDeclaration.objects.filter(
        seat__jury=jury, entry=entry, answer=ConflictAnswer.NONE
    )
    recused = Recusal.objects.filter(seat__jury=jury, entry=entry)
    return (
        set(free.values_list("seat", flat=True))
        - set(recused.values_list("seat", flat=True))
        - conflict_queries.seats_in_conflict(jury, entry)
    )


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the jury, and whether they are in the meeting."""

    seat: JurySeat
    attendance: Attendance | None

    @property
    def is_present(self) -> bool:
        """Say whether the member is there now."""
        return self.attendance is not None and self.attendance.left_at is None


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is in the meeting."""

    members: tuple[Member, ...]
    guests: tuple[Attendance, ...]
    quorum_percent: int

    @property
    def voting(self) -> int:
        """Return how many members have a vote."""
        return sum(member.seat.has_vote for member in self.members)

    @property
    def voting_present(self) -> int:
        """Return how many of them are there."""
        return sum(member.seat.has_vote and member.is_present for member in self.members)

    @property
    def needed(self) -> int:
        """Return how many have to be there for a quorum."""
        return needed(self.voting, self.quorum_percent)

    @property
    def is_recorded(self) -> bool:
        """Say whether anybody was recorded."""
        return any(member.attendance is not None for member in self.members)


def presence(jury: Jury) -> Presence:
    """Return the members with their last attendance, and the guests."""
    last: dict[int, Attendance] = {}
    guests = []
    for row in Attendance.objects.filter(jury=jury).order_by("came_at", "pk"):
        if row.seat_id is None:
            guests.append(row)
        else:
            last[row.seat_id] = row
    return Presence(
        members=tuple(Member(seat, last.get(seat.pk)) for seat in jury_queries.seats_of(jury)),
        guests=tuple(guests),
        quorum_percent=quorum_of(jury),
    )


def lacks_quorum(jury: Jury) -> bool:
    """Say whether presence was recorded and too few members with a vote are there."""
    there = presence(jury)
    return there.is_recorded and there.voting_present < there.needed


def is_present(seat: JurySeat) -> bool:
    """Say whether the chair has recorded the member as present."""
    return Attendance.objects.filter(seat=seat, left_at=None).exists()


@dataclass(frozen=True, slots=True)
class MotionLine:
    """A motion with what its reader may know."""

    motion: Motion
    pseudonym: str
    cast: int
    own: str

    @property
    def has_figures(self) -> bool:
        """Say whether votes were counted."""
        return self.motion.yes is not None


def motions(
    jury: Jury, *, hidden: Collection[int], seat: JurySeat | None = None
) -> tuple[MotionLine, ...]:
    """Return the motions about nothing in `hidden`, in their order, with the vote of a seat."""
    rows = [
        row
        for row in Motion.objects.filter(jury=jury).select_related("entry")
        if row.entry_id is None or row.entry_id not in hidden
    ]
    cast: dict[int, int] = {}
    own: dict[int, str] = {}
    votes = Vote.objects.filter(motion__in=[row.pk for row in rows])
    for motion, voter, choice in votes.values_list("motion", "seat", "choice"):
        cast[motion] = cast.get(motion, 0) + 1
        if seat is not None and voter == seat.pk:
            own[motion] = choice
    return tuple(
        MotionLine(
            motion=row,
            pseudonym=row.entry.jury_pseudonym if row.entry is not None else "",
            cast=cast.get(row.pk, 0),
            own=own.get(row.pk, ""),
        )
        for row in rows
    )


# -- notes -----------------------------------------------------------------------------------------


def note_about(jury: Jury, entry: int | None) -> MeetingNote | None:
    """Return the notes about an entry, or the general ones."""
    return MeetingNote.objects.filter(jury=jury, entry=entry).first()
