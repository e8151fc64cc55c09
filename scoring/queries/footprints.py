"""What the solutions of a published result take to make and to run, as their teams declared it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submissions import footprint

if TYPE_CHECKING:
    from competition.statement.fields import Field
    from scoring.queries.results import Result, ResultLine

FIELDS = ("team", "rank", *footprint.BY_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprints:
    """The lines of a result with what each declares, and the fields that any of them fills."""

    columns: tuple[Field, ...]
    rows: tuple[tuple[ResultLine, list[footprint.Declared]], ...]
    records: tuple[dict[str, Any], ...]

    @property
    def named(self) -> list[tuple[str, list[footprint.Declared]]]:
        """Return the lines by name."""
        return [(line.name, cells) for line, cells in self.rows]


def published(found: Result) -> Footprints | None:
    """Return what was declared with the versions that the result rests on; None if nothing was."""
    columns = footprint.columns([line.card for line in found.lines])
    if not columns:
        return None
    return Footprints(
        columns=tuple(columns),
        rows=tuple((line, footprint.row(columns, line.card)) for line in found.lines),
        records=tuple(
            {
                "team": line.name,
                "rank": "" if line.rank is None else line.rank,
                **footprint.values(line.card),
            }
            for line in found.lines
        ),
    )
