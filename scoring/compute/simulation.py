"""Simulated marks of a jury, for the demo only and labelled so on screen.

Model: mark = level the concept deserves on the criterion + strictness of the juror + noise, rounded
to the nearest level and kept on the scale. Concept quality, strictness (SD 0.35 levels) and noise
(SD 0.4 levels) are drawn from one seeded generator, so every run gives the same marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

STRICTNESS_SD = 0.35
NOISE_SD = 0.4


@dataclass(frozen=True, slots=True)
class Mark:
    """One simulated mark, as a whole level."""

    submission: str
    juror: str
    criterion: str
    level: int


def marks(
    *,
    quality: dict[str, float],
    jurors: Sequence[str],
    criteria: Sequence[str],
    lowest: int = 1,
    highest: int = 5,
    seed: int = 2027,
) -> list[Mark]:
    """Return a mark for every submission, juror and criterion, in that order of loops.

    `quality` maps a submission to the level it deserves on average, such as 3.6.
    """
    generator = np.random.default_rng(seed)
    strictness = generator.normal(0.0, STRICTNESS_SD, size=len(jurors))
    result = []
    for submission, level in quality.items():
        leaning = generator.normal(0.0, 0.4, size=len(criteria))
        for juror, strict in zip(jurors, strictness, strict=True):
            noise = generator.normal(0.0, NOISE_SD, size=len(criteria))
            for criterion, lean, jitter in zip(criteria, leaning, noise, strict=True):
                raw = round(level + lean - strict + jitter)
                result.append(
                    Mark(submission, juror, criterion, int(min(max(raw, lowest), highest)))
                )
    return result
