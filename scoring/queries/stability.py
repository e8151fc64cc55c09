"""Which ranks might another jury have given? Drawn from a model; it changes no rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from scoring.queries.results import Result

NAMED = 5  # names in a sentence


@dataclass(frozen=True, slots=True)
class LikelyRanks:
    """A submission or team with its rank, and between which two ranks it probably lies."""

    name: str
    rank: int
    low: int
    high: int

    @property
    def span(self) -> str:
        """Say between which ranks it could lie, in figures."""
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"

    @property
    def sentence(self) -> str:
        """Say it in a whole sentence (Q-82)."""
        if self.low == self.high == self.rank:
            return _("If another, equally good jury had met, the rank would probably be the same.")
        if self.low == self.high:
            return _(
                "If another, equally good jury had met, the rank would probably be %(rank)s."
            ) % {"rank": self.low}
        return _(
            "If another, equally good jury had met, the rank would probably lie between %(low)s "
            "and %(high)s."
        ) % {"low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """The likely ranks by rank, and how they were drawn; else a sentence that says why not."""

    rows: tuple[LikelyRanks, ...] = ()
    seed: int = 0
    draws: int = 0
    reason: str = ""

    @property
    def takeaway(self) -> str:
        """Say who might have been first with another jury (P-3)."""
        names = [row.name for row in self.rows if row.low == 1]
        if not names:
            return _(
                "With another, equally good jury nobody is likely to be first: the submissions in "
                "front lie too close together."
            )
        shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        return ngettext(
            "With another, equally good jury only %(names)s would probably be first.",
            "With another, equally good jury any of %(count)s submissions could be first: "
            "%(names)s.",
            len(names),
        ) % {"count": len(names), "names": shown}

    def of(self, name: str) -> LikelyRanks | None:
        """Return the likely ranks of one."""
        return next((row for row in self.rows if row.name == name), None)


def published(found: Result) -> Stability | None:
    """Return what was stored with the decision; None where it had not been announced."""
    from scoring.compute.support import REASONS  # noqa: PLC0415  (heavy)

    stored = found.final.header.get("stability")
    if stored is None:
        return None
    if "reason" in stored:
        return Stability(reason=_(REASONS[stored["reason"]]))
    ranks = stored["ranks"]
    return Stability(
        rows=tuple(
            LikelyRanks(line.name, line.rank, *ranks[line.submission])
            for line in found.ranked
            if line.rank is not None and line.submission in ranks
        ),
        seed=stored["seed"],
        draws=stored["draws"],
    )


# -- open data -------------------------------------------------------------------------------------

FIELDS = ("team", "rank", "rank_from", "rank_to")


def records(found: Stability | None) -> list[tuple[str, int, int, int]]:
    """Return the table of the download; nothing where no ranks were drawn."""
    return [(row.name, row.rank, row.low, row.high) for row in found.rows] if found else []
