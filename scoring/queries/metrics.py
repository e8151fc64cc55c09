"""What pages say about a metric; loads the computation only when somebody asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext, gettext_noop

from core.display import MISSING, number_words, share_words
from scoring.compute.points import DIGITS, WEIGHTED
from scoring.models.benchmark import TargetKind

if TYPE_CHECKING:
    from scoring.compute.metrics import Metric
    from scoring.compute.schema import PredictionKind


@dataclass(frozen=True, slots=True)
class MetricCard:
    """A metric in words; `name` and `definition` are English and translated when shown.

    In both, `%(parameter)s` is what stands behind the @ of the key, if anything does.
    """

    key: str
    name: str
    definition: str
    higher_is_better: bool
    lowest: float | None
    highest: float | None
    digits: int

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return self._filled(gettext(self.name))

    @property
    def meaning(self) -> str:
        """Return the definition in the language of the page."""
        return self._filled(gettext(self.definition))

    @property
    def english(self) -> tuple[str, str]:
        """Return name and definition for programs, in English whatever the page is in."""
        return self._filled(self.name), self._filled(self.definition)

    def _filled(self, text: str) -> str:
        _family, at, parameter = self.key.partition("@")
        return text % {"parameter": parameter} if at else text

    @property
    def in_percent(self) -> bool:
        """Say whether people read the value as a share of what is right."""
        return self.higher_is_better and (self.lowest, self.highest) == (0.0, 1.0)

    def figure(self, value: Decimal | str | None) -> str:
        """Write a published value with the digits that it has; a dash where there is none."""
        if value is None or value == "":
            return MISSING
        number = Decimal(value)
        digits = max(-int(number.as_tuple().exponent), 0)
        if self.in_percent:
            return share_words(number, max(digits - 2, 0))
        return number_words(number, digits)

    def interval(self, low: Decimal | str | None, high: Decimal | str | None) -> str:
        """Write both ends of an interval; a dash where there is none."""
        if low in {None, ""} or high in {None, ""}:
            return MISSING
        return f"{self.figure(low)} – {self.figure(high)}"

    @property
    def direction(self) -> str:
        """Return which end is the good one."""
        if self.higher_is_better:
            return gettext("Higher is better.")
        return gettext("Lower is better.")

    def to_json(self) -> dict[str, Any]:
        """Return the card as it is stored with a leaderboard."""
        return {
            "key": self.key,
            "name": self.name,
            "definition": self.definition,
            "higher_is_better": self.higher_is_better,
            "lowest": self.lowest,
            "highest": self.highest,
            "digits": self.digits,
        }


POINTS: Final = MetricCard(
    key=WEIGHTED,
    name=gettext_noop("Weighted points"),
    definition=gettext_noop(
        "Each metric that counts is mapped to 0 to 100 points between its own two values; the "
        "points are weighted as announced and added."
    ),
    higher_is_better=True,
    lowest=0.0,
    highest=100.0,
    digits=DIGITS,
)


def metric_card(key: str) -> MetricCard:
    """Return what is said about one metric, or about the points that several make together.

    Raises:
        KeyError: there is no such metric.

    """
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import Direction  # noqa: PLC0415  (with it)

    if key == WEIGHTED:
        return POINTS
    metric = get_metric(key)
    return MetricCard(
        key=metric.key,
        name=metric.name,
        definition=metric.definition,
        higher_is_better=metric.direction is Direction.HIGHER,
        lowest=metric.lowest if math.isfinite(metric.lowest) else None,
        highest=metric.highest if math.isfinite(metric.highest) else None,
        digits=metric.digits,
    )


def metric_cards(kind: PredictionKind | str) -> list[MetricCard]:
    """Return the metrics that fit what a prediction file holds, families at usual parameters."""
    from scoring.compute.metrics import metrics_for  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import PredictionKind  # noqa: PLC0415  (with it)

    return [metric_card(metric.key) for metric in metrics_for(PredictionKind(kind))]


def metric_families() -> dict[str, list[tuple[str, str]]]:
    """Return the families of metrics by kind: their key, and their name with k, q or label."""
    from scoring.compute.metrics import FAMILIES  # noqa: PLC0415  (heavy)

    found: dict[str, list[tuple[str, str]]] = {}
    for family in FAMILIES.values():
        sign = SIGNS.get(family.takes.value, gettext("label"))
        name = gettext(family.metric.name) % {"parameter": sign}
        found.setdefault(family.metric.kind.value, []).append((family.key, name))
    return found


# ---- the whole registry ------------------------------------------------------------------------
SIGNS: Final = {"places": "k", "quantile": "q"}


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric, or a family of them, in the words of the page."""

    key: str
    anchor: str
    name: str
    definition: str
    formula: str
    bounds: str
    direction: str
    edges: str


@dataclass(frozen=True, slots=True)
class MetricPart:
    """The metrics of one kind of predictions."""

    kind: str
    label: str
    metrics: list[MetricEntry]


def registry() -> list[MetricPart]:
    """Return every metric by kind of prediction; a family once, with k, q or a label in it."""
    from scoring.compute.metrics import FAMILIES, METRICS  # noqa: PLC0415  (heavy)

    signs = {metric.key: "" for metric in METRICS.values()} | {
        family.key: SIGNS.get(family.takes.value, gettext("label")) for family in FAMILIES.values()
    }
    metrics = sorted(
        [*METRICS.values(), *(family.metric for family in FAMILIES.values())],
        key=lambda metric: metric.key,
    )
    return [
        MetricPart(
            kind=kind.value,
            label=str(kind.label),
            metrics=[_entry(m, signs[m.key]) for m in metrics if m.kind.value == kind.value],
        )
        for kind in TargetKind
    ]


def _entry(metric: Metric, sign: str) -> MetricEntry:
    from scoring.compute.schema import Direction  # noqa: PLC0415  (with the metrics)

    def words(text: str) -> str:
        translated = gettext(text)
        return translated % {"parameter": sign} if sign else translated

    is_higher = metric.direction is Direction.HIGHER
    return MetricEntry(
        key=f"{metric.key}@{sign}" if sign else metric.key,
        anchor=f"metric-{metric.key}",
        name=words(metric.name),
        definition=words(metric.definition),
        formula=metric.formula,
        bounds=_bounds(metric.lowest, metric.highest),
        direction=gettext("Higher is better.") if is_higher else gettext("Lower is better."),
        edges=words(metric.edges),
    )


def _bounds(lowest: float, highest: float) -> str:
    """Write the range of a metric as a sentence."""
    if math.isinf(lowest):
        return gettext("At most %(highest)s.") % {"highest": _end(highest)}
    if math.isinf(highest):
        return gettext("At least %(lowest)s.") % {"lowest": _end(lowest)}
    return gettext("From %(lowest)s to %(highest)s.") % {
        "lowest": _end(lowest),
        "highest": _end(highest),
    }


def _end(value: float) -> str:
    return number_words(Decimal(f"{value:.4g}"), 0 if value.is_integer() else 1)
