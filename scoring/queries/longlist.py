"""Reads of the ranking after the first round: what whoever makes the cut goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import ngettext

from scoring.compute import rounds
from scoring.models import LeaderboardRow
from scoring.queries.board import decimal_of, reason_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from scoring.models import Cut, Rubric
    from scoring.queries.board import BoardRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LonglistLine:
    """A submission after the first round, as whoever makes the cut sees it: no single mark."""

    entry_id: int
    code: str
    pseudonym: str
    rank: int | None
    points: Decimal | None
    n: int
    lowest: Decimal | None
    highest: Decimal | None
    reason: str
    is_hidden: bool
    # The published rule lets it go on, whatever the chair does.
    is_through: bool
    # Between which ranks another jury would likely have put it; decision support.
    likely: tuple[int, int] | None = None
    is_finalist: bool = False
    taken_up: str = ""

    @property
    def likely_words(self) -> str:
        """Return the likely ranks in figures."""
        if self.likely is None:
            return "–"
        low, high = self.likely
        return f"{low}" if low == high else f"{low}–{high}"


@dataclass(frozen=True, slots=True)
class Longlist:
    """The ranking of the first round, and where the line may be drawn below it."""

    lines: tuple[LonglistLine, ...]
    least: int
    # Last rank above the line, and how many go on with it.
    places: tuple[tuple[int, int], ...]

    @property
    def choices(self) -> list[tuple[int, str]]:
        """Return the lines that may be drawn, in words."""
        return [
            (
                place,
                ngettext(
                    "below rank %(place)s: %(count)s submission goes on",
                    "below rank %(place)s: %(count)s submissions go on",
                    count,
                )
                % {"place": place, "count": count},
            )
            for place, count in self.places
        ]

    @property
    def below(self) -> list[LonglistLine]:
        """Return those that go on only if the chair wants it."""
        return [line for line in self.lines if not line.is_through]

    @property
    def has_likely(self) -> bool:
        """Say whether likely ranks could be drawn."""
        return any(line.likely is not None for line in self.lines)

    @property
    def has_hidden(self) -> bool:
        """Say whether the reader is in conflict with one of them."""
        return any(line.is_hidden for line in self.lines)


def longlist(
    rows: Sequence[BoardRow],
    jury_rows: Sequence[BoardRow],
    rubric: Rubric,
    *,
    hidden: Collection[int],
    finalists: Mapping[int, str] | None = None,
    likely: Mapping[str, tuple[int, int]] | None = None,
) -> Longlist:
    """Return the official ranking of the first round without any mark.

    `rows` rank, `jury_rows` are the jury's part of them (the same where nothing is measured). Of
    `hidden` entries rank and points alone are shown. `finalists` are those of a cut that was made,
    each with the reason to take it up; `likely` are ranks by pseudonym.
    """
    least = rounds.least_place(
        [(row.rank, decimal_of(row.score)) for row in rows],
        rubric.final_rule,
        rubric.final_threshold or 0,
    )
    marks = {row.entry.pk: row for row in jury_rows}
    lines = []
    for row in rows:
        key = row.entry.pk
        columns = marks[key].columns
        is_hidden = key in hidden
        note = row.note if row.note == "no_metric_score" else marks[key].note
        count = int(columns.get("n", 0))
        lines.append(
            LonglistLine(
                entry_id=key,
                code=row.submission.code if row.submission is not None else "",
                pseudonym=row.name,
                rank=row.rank,
                points=decimal_of(row.score),
                n=0 if is_hidden else count,
                lowest=None if is_hidden else decimal_of(columns.get("lowest")),
                highest=None if is_hidden else decimal_of(columns.get("highest")),
                reason=""
                if row.rank is not None or is_hidden
                else reason_words(note, count, rubric.min_assessments),
                is_hidden=is_hidden,
                is_through=row.rank is not None and row.rank <= least,
                likely=None if is_hidden or likely is None else likely.get(row.name),
                is_finalist=finalists is not None and key in finalists,
                taken_up="" if finalists is None or is_hidden else finalists.get(key, ""),
            )
        )
    return Longlist(
        lines=tuple(lines),
        least=least,
        places=tuple(rounds.lines([row.rank for row in rows], max(least, 1))),
    )


def stored(cut: Cut, rubric: Rubric, *, hidden: Collection[int]) -> Longlist:
    """Return the ranking that a cut was made by, as it was stored, with what became of each."""
    rows = list(
        LeaderboardRow.objects.filter(snapshot=cut.snapshot_id).select_related(
            "entry", "submission"
        )
    )
    finalists = {row.entry_id: row.reason for row in cut.finalists.all()}
    return longlist(rows, rows, rubric, hidden=hidden, finalists=finalists)
