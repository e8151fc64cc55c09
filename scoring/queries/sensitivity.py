"""Would other weights change a rank? Read from the published result, nothing is estimated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from core.display import number_words, percent_words
from scoring.compute import weights
from scoring.models.rubric import Method

if TYPE_CHECKING:
    from scoring.queries.results import Part, Result, ResultLine

TENTHS = 10  # of a per cent: a band is told inwards, so that what is said always holds


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightBand:
    """A part of the total, its share in per cent, and between which shares a rank stays.

    `below` and `above` are those with whom the place is changed beyond the ends, so that they are
    first if the band is of the first; empty where no share changes it.
    """

    part: Part
    share: Decimal
    low: Decimal
    high: Decimal
    below: str
    above: str

    @property
    def is_free(self) -> bool:
        """Say whether this weight alone cannot change the rank."""
        return not (self.below or self.above)

    @property
    def words(self) -> str:
        """Say the band in short."""
        if self.is_free:
            return _("any weight")
        words = {"low": number_words(self.low, 1), "high": percent_words(self.high)}
        if not self.below:
            return _("up to %(high)s") % words
        if not self.above:
            return _("from %(low)s") % {"low": percent_words(self.low)}
        return _("%(low)s to %(high)s") % words

    @property
    def nearest(self) -> tuple[Decimal, Decimal, str] | None:
        """Return how far the nearer end is, the end, and who is first beyond it."""
        ends = [
            (abs(self.share - end), end, name)
            for end, name in ((self.low, self.below), (self.high, self.above))
            if name
        ]
        return min(ends) if ends else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The bands of a rank of a result, or a sentence that says why there are none."""

    name: str = ""
    rank: int = 1
    bands: tuple[WeightBand, ...] = ()
    reason: str = ""

    @property
    def holds(self) -> str:
        """Say in short what holds within the bands."""
        if self.rank == 1:
            return _("%(first)s first") % {"first": self.name}
        return _("%(name)s on rank %(rank)s") % {"name": self.name, "rank": self.rank}

    @property
    def takeaway(self) -> str:
        """Say how far the weight that matters most can move."""
        ends = [(end, band) for band in self.bands if (end := band.nearest) is not None]
        if not ends:
            return _("%(holds)s, whatever any single part of the total weighs.") % {
                "holds": self.holds
            }
        (_gap, edge, other), closest = min(ends, key=lambda pair: pair[0][0])
        words = {
            "first": self.name,
            "rank": self.rank,
            "part": closest.part.label,
            "share": percent_words(closest.share),
            "end": percent_words(edge),
            "other": other,
        }
        if edge < closest.share:
            sentence = (
                _(
                    "%(first)s stays first as long as “%(part)s” makes up at least %(end)s of the "
                    "total; it makes up %(share)s. Below that %(other)s would be first."
                )
                if self.rank == 1
                else _(
                    "%(first)s stays on rank %(rank)s as long as “%(part)s” makes up at least "
                    "%(end)s of the total; it makes up %(share)s. Below that it would change "
                    "places with %(other)s."
                )
            )
        else:
            sentence = (
                _(
                    "%(first)s stays first as long as “%(part)s” makes up at most %(end)s of the "
                    "total; it makes up %(share)s. Above that %(other)s would be first."
                )
                if self.rank == 1
                else _(
                    "%(first)s stays on rank %(rank)s as long as “%(part)s” makes up at most "
                    "%(end)s of the total; it makes up %(share)s. Above that it would change "
                    "places with %(other)s."
                )
            )
        return sentence % words


def sensitivity(found: Result, line: ResultLine | None = None) -> Sensitivity | None:
    """Return between which weights a rank stays, of the winner or of `line`; None if nothing moves.

    Each weight is moved alone, the others keep their proportions. Exact, from the published marks;
    only for averages of complete marks, since elsewhere a total is no sum over its parts.
    """
    parts = [part for part in found.parts if part.share > 0]
    # After a cut the finalists are ranked among themselves, and so are the others.
    is_cut = line is not None and line.is_cut
    lines = [row for row in found.ranked if row.is_cut == is_cut]
    if len(parts) < 2 or len(lines) < 2 or (line is not None and line.rank is None):
        return None
    of = line or lines[0]
    if found.rubric.method != Method.WEIGHTED_MEAN:
        return Sensitivity(
            reason=_(
                "The published rule is no weighted average of the marks, so no exact range of "
                "weights can be given."
            )
        )
    values: dict[int, list[Fraction]] = {}
    for row in lines:
        reached = [_reached(found, row, part) for part in parts]
        values[row.entry_id] = [value for value in reached if value is not None]
        if None in reached:
            return Sensitivity(
                reason=_(
                    "Not every juror has marked every criterion. The points are then no plain sum "
                    "over the criteria, and no exact range of weights can be given."
                )
            )
    whole = sum((Fraction(part.share) for part in parts), Fraction(0))
    bands = weights.bands([Fraction(part.share) / whole for part in parts], values, of.entry_id)
    if bands is None or of.is_tied:
        return Sensitivity(
            reason=_(
                "Before rounding the first places are level, or nearly so. The smallest change of "
                "a weight can turn their order."
            )
            if of.rank == 1
            else _(
                "Before rounding this submission is level with another one, or nearly so. The "
                "smallest change of a weight can turn their order."
            )
        )
    names = {row.entry_id: row.name for row in lines}
    return Sensitivity(
        name=of.name,
        rank=of.rank or 1,
        bands=tuple(
            WeightBand(
                part=part,
                share=part.share,
                low=min(_tenths(math.ceil(band.low * 100 * TENTHS)), part.share),
                high=max(_tenths(math.floor(band.high * 100 * TENTHS)), part.share),
                below="" if band.below is None else names[band.below],
                above="" if band.above is None else names[band.above],
            )
            for part, band in zip(parts, bands, strict=True)
        ),
    )


def _tenths(value: int) -> Decimal:
    return Decimal(value) / TENTHS


def _reached(found: Result, line: ResultLine, part: Part) -> Fraction | None:
    """Return what a submission reached in a part, 0 to 1; None if a mark is missing."""
    if part.is_metric:
        return None if line.metric_points is None else Fraction(line.metric_points) / 100
    marks: list[int | None] = [sheet["marks"].get(part.key) for sheet in line.sheets]
    given = [mark for mark in marks if mark is not None]
    if not marks or len(given) < len(marks):
        return None
    criterion = next(row for row in found.jury.header["criteria"] if row["key"] == part.key)
    low, high = Fraction(criterion["lowest"]), Fraction(criterion["highest"])
    return (Fraction(sum(given), 100 * len(given)) - low) / (high - low)


# -- open data -------------------------------------------------------------------------------------

FIELDS = ("part", "share", "first_from", "first_to", "first_below", "first_above")


def records(found: Sensitivity | None) -> list[tuple[str, str, str, str, str, str]]:
    """Return the table of the download, shares in per cent; nothing where there are no bands."""
    return [
        (row.part.label, f"{row.share.normalize():f}", f"{row.low.normalize():f}",
         f"{row.high.normalize():f}", row.below, row.above)
        for row in (found.bands if found is not None else ())
    ]  # fmt: skip
