"""Cohen's kappa, also with quadratic weights."""

from __future__ import annotations

from functools import partial

import numpy as np

from scoring.compute.metrics.base import Array, LabelMetric
from scoring.compute.schema import Direction
from scoring.compute.words import N_


def _kappa(power: int, confusion: Array) -> Array:
    places = np.arange(confusion.shape[-1])
    distance = np.abs(places[:, None] - places) ** power if power else places[:, None] != places
    true, given = confusion.sum(axis=-1), confusion.sum(axis=-2)
    expected = (true[..., :, None] * given[..., None, :] * distance).sum(axis=(-2, -1))
    found = (confusion * distance).sum(axis=(-2, -1)) * confusion.sum(axis=(-2, -1))
    # With one and the same class on both sides nothing can be better than chance.
    value: Array = 1 - np.divide(found, expected, out=np.ones_like(found), where=expected > 0)
    return value


_metric = partial(LabelMetric, direction=Direction.HIGHER, lowest=-1.0, highest=1.0)

METRICS = (
    _metric(
        key="kappa",
        name=N_("Cohen's kappa"),
        definition=N_(
            "How much better than chance predictions and truth agree: 1 is always right, 0 is as "
            "good as chance."
        ),
        formula="1 − Σ wᵢⱼ·Oᵢⱼ / Σ wᵢⱼ·Eᵢⱼ,  wᵢⱼ = [i ≠ j]",
        edges=N_("0 if truth and predictions hold one and the same class only."),
        of_confusion=partial(_kappa, 0),
    ),
    _metric(
        key="kappa_quadratic",
        name=N_("Cohen's kappa (quadratic)"),
        definition=N_(
            "How much better than chance predictions and truth agree on classes that have an "
            "order: an error weighs the square of how many steps it is off."
        ),
        formula="1 − Σ wᵢⱼ·Oᵢⱼ / Σ wᵢⱼ·Eᵢⱼ,  wᵢⱼ = (i − j)²",
        edges=N_(
            "The order is that of the list of labels. 0 if truth and predictions hold one and the "
            "same class only."
        ),
        of_confusion=partial(_kappa, 2),
    ),
)
