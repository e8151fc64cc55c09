"""Mean reciprocal rank of ranked lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoring.compute.metrics.base import Array, CaseMetric, Codes
from scoring.compute.schema import Direction, PredictionKind
from scoring.compute.words import N_

if TYPE_CHECKING:
    import numpy.typing as npt


def _reciprocal_rank(_relevant: Codes, hits: npt.NDArray[np.bool_]) -> Array:
    first = hits.argmax(axis=1) + 1
    return np.where(hits.any(axis=1), 1 / first, 0.0)


METRIC = CaseMetric(
    key="mrr",
    name=N_("Mean reciprocal rank (MRR)"),
    definition=N_(
        "How early the first relevant item of a list comes: 1 in the first place, 1/2 in the "
        "second, 1/3 in the third, averaged over the lists."
    ),
    formula="Σᵢ 1 / rankᵢ / n",
    edges=N_("A list without any relevant item counts 0."),
    direction=Direction.HIGHER,
    lowest=0.0,
    highest=1.0,
    kind=PredictionKind.RANKING,
    of_cases=_reciprocal_rank,
)
