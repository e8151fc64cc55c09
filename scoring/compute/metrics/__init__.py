"""The registry of metrics: what every module of this package defines as `METRIC` or `METRICS`.

Adding a metric is adding a file; see docs/adding-a-metric.md.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from scoring.compute.metrics.base import Family, Metric, MetricError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scoring.compute.schema import PredictionKind

MACHINERY: Final = frozenset({"base", "counts", "intervals", "order"})
AT: Final = "@"


class UnknownMetric(KeyError):
    """No metric has this key."""


def _defined() -> Iterator[Metric | Family]:
    """Import every module of this package; a key that does not fit its file is an error."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        if found.name in MACHINERY:
            continue
        module = importlib.import_module(f"{__name__}.{found.name}")
        for metric in getattr(module, "METRICS", None) or (module.METRIC,):
            if not isinstance(metric, Metric | Family) or not metric.key.startswith(found.name):
                raise TypeError(f"The keys of {found.name}.py must begin with {found.name!r}.")
            yield metric


def _collect() -> tuple[Mapping[str, Metric], Mapping[str, Family]]:
    defined = sorted(_defined(), key=lambda metric: metric.key)
    keys = [metric.key for metric in defined]
    if len(set(keys)) != len(keys):
        raise TypeError("Two metrics have the same key.")
    return (
        MappingProxyType({m.key: m for m in defined if isinstance(m, Metric)}),
        MappingProxyType({f.key: f for f in defined if isinstance(f, Family)}),
    )


_COLLECTED: Final = _collect()
METRICS: Final[Mapping[str, Metric]] = _COLLECTED[0]
FAMILIES: Final[Mapping[str, Family]] = _COLLECTED[1]  # by what stands in front of the @


def get_metric(key: str) -> Metric:
    """Return the metric with this key, such as `accuracy` or `ndcg@10`.

    Raises:
        UnknownMetric: there is none, or the parameter behind the @ is not possible.

    """
    family, at, parameter = key.partition(AT)
    try:
        return FAMILIES[family].at(parameter) if at else METRICS[key]
    except (KeyError, ValueError):
        raise UnknownMetric(key) from None


def metrics_for(kind: PredictionKind) -> tuple[Metric, ...]:
    """Return the metrics that fit what a prediction file holds, families at usual parameters."""
    usual = (family.at(value) for family in FAMILIES.values() for value in family.usual)
    return tuple(metric for metric in (*METRICS.values(), *usual) if metric.kind is kind)


__all__ = [
    "FAMILIES",
    "METRICS",
    "Family",
    "Metric",
    "MetricError",
    "UnknownMetric",
    "get_metric",
    "metrics_for",
]
