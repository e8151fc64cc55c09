"""How the ranking moved from the public rows to the hidden ones (P-8)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import ngettext

from core.display import number_words
from scoring.models import LeaderboardRow, LeaderboardSnapshot
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import BoardKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.queries.results import Result

FIELDS = ("team", "rank_public", "rank_hidden", "places_up", "value_public", "value_hidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A team on both boards, ranked among those that stand on both."""

    name: str
    before: int
    after: int
    value_before: str
    value_after: str

    @property
    def places(self) -> int:
        """Return how many places it rose; below 0 it fell."""
        return self.before - self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The teams by their rank on the hidden rows, and how far they had come from."""

    card: MetricCard
    rows: tuple[Moved, ...]

    @property
    def moved(self) -> list[Moved]:
        """Return those whose rank changed."""
        return [row for row in self.rows if row.places]

    @property
    def mean(self) -> Fraction:
        """Return how many places a team moved on average, either way."""
        return Fraction(sum(abs(row.places) for row in self.rows), len(self.rows))

    @property
    def takeaway(self) -> str:
        """Say how many ranks moved, how far, and whose most."""
        count = len(self.rows)
        if not self.moved:
            return ngettext(
                "The hidden rows changed no rank.",
                "The hidden rows changed no rank: all %(count)s teams keep theirs.",
                count,
            ) % {"count": count}
        words = [
            ngettext(
                "%(moved)s of %(count)s teams has another rank on the hidden rows. On average a "
                "team moved by %(mean)s places.",
                "%(moved)s of %(count)s teams have another rank on the hidden rows. On average a "
                "team moved by %(mean)s places.",
                len(self.moved),
            )
            % {
                "moved": len(self.moved),
                "count": count,
                "mean": number_words(float(self.mean), 1),
            }
        ]
        up = max(self.rows, key=lambda row: row.places)
        down = min(self.rows, key=lambda row: row.places)
        if up.places > 0:
            words.append(
                ngettext(
                    "“%(name)s” rose most, by %(count)s place.",
                    "“%(name)s” rose most, by %(count)s places.",
                    up.places,
                )
                % {"name": up.name, "count": up.places}
            )
        if down.places < 0:
            words.append(
                ngettext(
                    "“%(name)s” fell most, by %(count)s place.",
                    "“%(name)s” fell most, by %(count)s places.",
                    -down.places,
                )
                % {"name": down.name, "count": -down.places}
            )
        return " ".join(words)


def of_ranks(
    before: Mapping[int, LeaderboardRow],
    after: Mapping[int, LeaderboardRow],
    names: Mapping[int, str],
) -> tuple[Moved, ...]:
    """Rank the teams that have a rank on both boards among themselves, equal places equally."""
    both = [entry for entry in after if entry in before]

    def rank(rows: Mapping[int, LeaderboardRow], entry: int) -> int:
        own = rows[entry].rank or 0
        return 1 + sum((rows[other].rank or 0) < own for other in both)

    found = [
        Moved(
            name=names.get(entry, after[entry].name),
            before=rank(before, entry),
            after=rank(after, entry),
            value_before=before[entry].score,
            value_after=after[entry].score,
        )
        for entry in both
    ]
    return tuple(sorted(found, key=lambda row: (row.after, row.before, row.name)))


def published(result: Result) -> Shift | None:
    """Compare the last public board with that of the hidden rows; None where one is missing."""
    hidden = result.hidden
    public = (
        LeaderboardSnapshot.objects.public().latest_of(result.challenge.pk, BoardKind.PUBLIC)
        if hidden is not None
        else None
    )
    if hidden is None or public is None or _metric(hidden) != _metric(public):
        return None
    names = {line.entry_id: line.name for line in result.lines}
    rows = of_ranks(_ranked(public), _ranked(hidden), names)
    return Shift(card=metric_card(_metric(hidden)), rows=rows) if len(rows) > 1 else None


def _metric(snapshot: LeaderboardSnapshot) -> str:
    return str(snapshot.header["metrics"][0]["key"])


def _ranked(snapshot: LeaderboardSnapshot) -> dict[int, LeaderboardRow]:
    rows = LeaderboardRow.objects.filter(snapshot=snapshot, is_baseline=False, rank__isnull=False)
    return {row.entry_id: row for row in rows}


def records(found: Shift | None) -> list[list[Any]]:
    """Return the table of the download; nothing where there are no two boards."""
    return [
        [row.name, row.before, row.after, row.places, row.value_before, row.value_after]
        for row in (found.rows if found else ())
    ]
