"""The registry of metrics: every module of this package with a `METRIC` is one.

Adding a metric is adding a file; see docs/adding-a-metric.md.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from scoring.compute.metrics.base import Metric, MetricError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.compute.schema import PredictionKind

MACHINERY: Final = frozenset({"base", "intervals"})


class UnknownMetric(KeyError):
    """No metric has this key."""


def _collect() -> Mapping[str, Metric]:
    """Import every metric of this package; a file that does not fit its name is an error."""
    found: dict[str, Metric] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.name in MACHINERY:
            continue
        metric = importlib.import_module(f"{__name__}.{module.name}").METRIC
        if not isinstance(metric, Metric) or metric.key != module.name:
            raise TypeError(f"{module.name}.py must define METRIC with the key {module.name!r}.")
        found[metric.key] = metric
    return MappingProxyType(found)


METRICS: Final[Mapping[str, Metric]] = _collect()


def get_metric(key: str) -> Metric:
    """Return the metric with this key; UnknownMetric if there is none."""
    try:
        return METRICS[key]
    except KeyError:
        raise UnknownMetric(key) from None


def metrics_for(kind: PredictionKind) -> tuple[Metric, ...]:
    """Return the metrics that fit what a prediction file holds, by key."""
    return tuple(metric for metric in METRICS.values() if metric.kind is kind)


__all__ = ["METRICS", "Metric", "MetricError", "UnknownMetric", "get_metric", "metrics_for"]
