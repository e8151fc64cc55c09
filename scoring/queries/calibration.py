"""How differently jurors read the levels: their samples, without a name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import MISSING, number_words
from scoring.models import CalibrationSample, CalibrationSheet
from scoring.queries import rubric as rubric_queries
from scoring.states import JuryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.models import Criterion, Jury, JurySeat

OPEN_STATES = frozenset({JuryState.PREPARING, JuryState.ASSESSING})


@dataclass(frozen=True, slots=True)
class Spread:
    """The levels of all jurors for one criterion, each with how many gave it."""

    criterion: Criterion
    own: int | None
    counts: tuple[tuple[int, int], ...]
    average: Decimal | None

    @property
    def distance(self) -> int:
        """Return how many levels lie between the lowest and the highest one."""
        return self.counts[-1][0] - self.counts[0][0] if self.counts else 0

    @property
    def own_words(self) -> str:
        """Return the own level, a dash where there is none."""
        return MISSING if self.own is None else str(self.own)

    @property
    def words(self) -> str:
        """Say which levels were given how often: "3 (1 ×), 4 (2 ×)"."""
        return ", ".join(f"{level} ({count} ×)" for level, count in self.counts) or MISSING

    @property
    def average_words(self) -> str:
        """Return the average level."""
        return number_words(self.average, 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample with who has scored it, and the spread where the reader may see it."""

    sample: CalibrationSample
    count: int
    own: CalibrationSheet | None
    spreads: tuple[Spread, ...]

    @property
    def takeaway(self) -> str:
        """Say on which criterion the jurors are furthest apart."""
        if self.count < 2:
            return _("Nobody else has scored this sample yet.")
        widest = max(self.spreads, key=lambda row: row.distance, default=None)
        if widest is None or not widest.distance:
            return _("All jurors gave the same levels.")
        return ngettext(
            "The jurors are furthest apart in “%(criterion)s”: %(count)s level lies between the "
            "lowest and the highest. Compare how you read its levels.",
            "The jurors are furthest apart in “%(criterion)s”: %(count)s levels lie between the "
            "lowest and the highest. Compare how you read its levels.",
            widest.distance,
        ) % {"criterion": widest.criterion, "count": widest.distance}


def samples(jury: Jury, seat: JurySeat | None = None) -> list[Sample]:
    """Return the samples of a jury; of a juror's the spread only once own levels are given.

    Without `seat` (the office) every spread is there.
    """
    rubric = rubric_queries.of(jury.challenge)
    criteria = list(rubric.criteria.all()) if rubric is not None else []
    found = []
    for row in CalibrationSample.objects.filter(jury=jury).prefetch_related("sheets"):
        sheets = list(row.sheets.all())
        own = next((s for s in sheets if seat is not None and s.seat_id == seat.pk), None)
        may_see = seat is None or own is not None
        found.append(
            Sample(
                sample=row,
                count=len(sheets),
                own=own,
                spreads=_spreads(criteria, sheets, own) if may_see else (),
            )
        )
    return found


def _spreads(
    criteria: Sequence[Criterion],
    sheets: Sequence[CalibrationSheet],
    own: CalibrationSheet | None,
) -> tuple[Spread, ...]:
    spreads = []
    for criterion in criteria:
        marks = [mark for s in sheets if (mark := s.marks.get(criterion.key)) is not None]
        spreads.append(
            Spread(
                criterion=criterion,
                own=None if own is None else own.marks.get(criterion.key),
                counts=tuple(sorted(Counter(marks).items())),
                average=Decimal(repr(fmean(marks))) if marks else None,
            )
        )
    return tuple(spreads)


def count_to_score(seat: JurySeat) -> int:
    """Return how many samples wait for a juror, in one query at most."""
    if seat.jury.state not in OPEN_STATES or not seat.assesses:
        return 0
    return CalibrationSample.objects.filter(jury=seat.jury_id).exclude(sheets__seat=seat).count()
