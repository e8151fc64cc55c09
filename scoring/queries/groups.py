"""For whom a solution works, and for whom it does not (P-9)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.display import MISSING, number_words
from scoring.compute.exact import round_half_up
from scoring.models import GroupScore, MetricScore
from scoring.queries.metrics import MetricCard, metric_card

if TYPE_CHECKING:
    from scoring.models import Evaluation
    from scoring.states import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The cases of one group with their value as published; no value where it is not defined."""

    name: str
    is_merged: bool
    rows: int
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupColumn:
    """The groups of one column, measured by the metric that ranks."""

    column: str
    card: MetricCard
    digits: int
    groups: tuple[Group, ...]
    # Of all cases of the part.
    overall: Decimal | None

    @property
    def valued(self) -> list[Group]:
        """Return the groups that have a value, the best first."""
        return sorted(
            (group for group in self.groups if group.value is not None),
            key=lambda group: group.value or 0,
            reverse=self.card.higher_is_better,
        )

    @property
    def comparisons(self) -> int:
        """Return how many pairs of groups there are."""
        count = len(self.valued)
        return count * (count - 1) // 2

    def interval(self, group: Group) -> str:
        """Write the interval of a group."""
        if group.low is None or group.high is None:
            return MISSING
        return f"{self.card.figure(group.low)} – {self.card.figure(group.high)}"

    def distance(self, gap: Decimal) -> str:
        """Write how far two values are apart."""
        if self.card.in_percent:
            digits = max(self.digits - 2, 0)
            return _("%(points)s percentage points") % {"points": number_words(gap * 100, digits)}
        return number_words(gap, self.digits)

    @property
    def takeaway(self) -> str:
        """Say how large the largest gap is, and whether chance may explain it."""
        valued = self.valued
        if len(valued) < 2:
            return _(
                "In “%(column)s” only one group has a value, so there is nothing to compare."
            ) % {"column": self.column}
        best, worst = valued[0], valued[-1]
        gap = abs((best.value or Decimal(0)) - (worst.value or Decimal(0)))
        if not gap:
            return _("In “%(column)s” every group has the same value: %(value)s.") % {
                "column": self.column,
                "value": self.card.figure(best.value),
            }
        largest = _(
            "Largest gap in “%(column)s”: %(gap)s between “%(best)s” (%(high)s) and “%(worst)s” "
            "(%(low)s)."
        ) % {
            "column": self.column,
            "gap": self.distance(gap),
            "best": best.name,
            "worst": worst.name,
            "high": self.card.figure(best.value),
            "low": self.card.figure(worst.value),
        }
        return f"{largest} {_caution(best, worst)}".strip()


def _caution(one: Group, other: Group) -> str:
    ends = (one.low, one.high, other.low, other.high)
    if None in ends:
        return _("How sure that is cannot be said for this metric.")
    low_one, high_one, low_other, high_other = (end or Decimal(0) for end in ends)
    if low_one <= high_other and low_other <= high_one:
        return _("Their intervals overlap, so it may be chance.")
    return _("Their intervals do not overlap, so chance alone hardly explains it.")


def of_evaluation(evaluation: Evaluation, split: Split) -> list[GroupColumn]:
    """Return the groups of each column; who may read a part is for the caller to decide."""
    benchmark = evaluation.benchmark
    metric = benchmark.main_metric
    rows = GroupScore.objects.filter(evaluation=evaluation, split=split, metric=metric)
    found = sorted(rows, key=lambda row: (row.column, row.group == "", row.group))
    if not found:
        return []
    score = MetricScore.objects.filter(evaluation=evaluation, split=split, metric=metric).first()

    def published(value: float | None) -> Decimal | None:
        return None if value is None else round_half_up(value, benchmark.digits_of(metric))

    return [
        GroupColumn(
            column=column,
            card=metric_card(metric),
            digits=benchmark.digits_of(metric),
            overall=published(score.value) if score else None,
            groups=tuple(
                Group(
                    name=row.group or pgettext("groups", "the others"),
                    is_merged=not row.group,
                    rows=row.rows,
                    value=published(row.value),
                    low=published(row.low),
                    high=published(row.high),
                )
                for row in members
            ),
        )
        for column, members in groupby(found, key=lambda row: row.column)
    ]


def table(evaluation: Evaluation, split: Split) -> tuple[list[str], list[list[Any]]] | None:
    """Return head and rows for programs, of every metric; None if nothing is grouped."""
    benchmark = evaluation.benchmark
    rows = GroupScore.objects.filter(evaluation=evaluation, split=split)
    found = sorted(rows, key=lambda row: (row.metric, row.column, row.group == "", row.group))

    def text(metric: str, value: float | None) -> Any:
        return "" if value is None else round_half_up(value, benchmark.digits_of(metric))

    if not found:
        return None
    return (
        ["metric", "column", "group", "cases", "value", "low", "high"],
        [
            [
                row.metric,
                row.column,
                row.group,
                row.rows,
                text(row.metric, row.value),
                text(row.metric, row.low),
                text(row.metric, row.high),
            ]
            for row in found
        ],
    )


def chance_words(column: GroupColumn) -> str:
    """Say how many pairs were compared: with many, one gap is large by chance."""
    return ngettext(
        "%(count)s pair of groups is compared.",
        "%(count)s pairs of groups are compared: with many of them, one gap is large by chance.",
        column.comparisons,
    ) % {"count": number_words(column.comparisons)}
