"""Mean average precision of ranked lists."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes, Family, Parameter
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

if TYPE_CHECKING:
    import numpy.typing as npt


def _average_precision(places: int, relevant: Codes, hits: npt.NDArray[np.bool_]) -> Array:
    shown = hits[:, :places]
    found = np.cumsum(shown, axis=1) / np.arange(1, shown.shape[1] + 1)
    average: Array = (found * shown).sum(axis=1) / np.minimum(relevant, places)
    return average


def _made_for(parameter: str) -> dict[str, Any]:
    return {"of_cases": partial(_average_precision, int(parameter))}


METRIC = Family(
    metric=CaseMetric(
        key="map",
        name=N_("Mean average precision of the first %(parameter)s"),
        definition=N_(
            "For each relevant item among the first %(parameter)s of a list the share of relevant "
            "items up to it, averaged over as many items as could be found, then over the lists."
        ),
        formula="Σᵢ Σⱼ≤k Pᵢ(j)·rᵢⱼ / min(k, Rᵢ) / n",
        edges=N_("A list without any relevant item among them counts 0; shorter lists are fine."),
        direction=Direction.HIGHER,
        lowest=0.0,
        highest=1.0,
        kind=PredictionKind.RANKING,
        of_cases=partial(_average_precision, 10),
    ),
    takes=Parameter.PLACES,
    usual=("5", "10"),
    made_for=_made_for,
)
