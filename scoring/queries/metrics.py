"""What pages say about a metric; loads the computation only when somebody asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from core.display import MISSING, number_words, share_words

if TYPE_CHECKING:
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


def metric_card(key: str) -> MetricCard:
    """Return what is said about one metric.

    Raises:
        KeyError: there is no such metric.

    """
    from scoring.compute.metrics import get_metric  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import Direction  # noqa: PLC0415  (with it)

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
