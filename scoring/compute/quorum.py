"""What a vote of the jury decides: quorum first, then the majority of yes and no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """A closed vote: votes, members with a vote, those present without conflict, quorum in percent.

    The quorum counts all members with a vote, also those in conflict: so it is never reached by
    fewer people only because somebody had to leave the room.
    """

    yes: int
    no: int
    abstained: int
    members: int
    present: int
    quorum_percent: int

    @property
    def has_quorum(self) -> bool:
        """Say whether more than the stated share of the members takes part."""
        return reaches(self.present, self.members, self.quorum_percent)

    @property
    def is_accepted(self) -> bool:
        """Say whether there is a quorum and more yes than no; abstentions are neither."""
        return self.has_quorum and self.yes > self.no


def reaches(present: int, members: int, quorum_percent: int) -> bool:
    """Say whether more than `quorum_percent` of the members are present."""
    return 100 * present > quorum_percent * members


def needed(members: int, quorum_percent: int) -> int:
    """Return the smallest number of members that reaches the quorum."""
    return quorum_percent * members // 100 + 1
