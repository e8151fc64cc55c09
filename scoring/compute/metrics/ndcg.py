"""Normalised discounted cumulative gain of ranked lists."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes, Family, Parameter
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

if TYPE_CHECKING:
    import numpy.typing as npt


def _gain(places: int, relevant: Codes, hits: npt.NDArray[np.bool_]) -> Array:
    discounts = 1 / np.log2(np.arange(2, places + 2))
    best = np.cumsum(discounts)[np.minimum(relevant, places) - 1]
    shown = hits[:, :places]
    gains: Array = shown @ discounts[: shown.shape[1]] / best
    return np.minimum(gains, 1.0)


def _made_for(parameter: str) -> dict[str, Any]:
    return {"of_cases": partial(_gain, int(parameter))}


METRIC = Family(
    metric=CaseMetric(
        key="ndcg",
        name=N_("NDCG of the first %(parameter)s"),
        definition=N_(
            "How much relevance the first %(parameter)s items of a list collect, an item counting "
            "less the lower it stands, as a share of the best possible list, averaged over the "
            "lists."
        ),
        formula="Σᵢ (Σⱼ≤k rᵢⱼ / log₂(j + 1)) / (Σⱼ≤min(k, Rᵢ) 1 / log₂(j + 1)) / n",
        edges=N_(
            "An item is relevant or not; there are no degrees. A list without any relevant item "
            "among them counts 0; shorter lists are fine."
        ),
        direction=Direction.HIGHER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.RANKING,
        of_cases=partial(_gain, 10),
    ),
    takes=Parameter.PLACES,
    usual=("5", "10"),
    made_for=_made_for,
)
