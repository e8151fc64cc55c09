"""The page that says how predictions are measured."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from scoring.compute.metrics import FAMILIES, METRICS
from scoring.queries.metrics import MetricCard, metric_card, registry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/metrics/", "/en/metrics/"])
def test_metric_list_shows_every_metric_once(address: str) -> None:
    answer = Client().get(address)

    anchors = [metric.anchor for part in answer.context["parts"] for metric in part.metrics]
    assert answer.status_code == 200
    assert sorted(anchors) == sorted(f"metric-{key}" for key in [*METRICS, *FAMILIES])
    assert "%(" not in answer.content.decode()


def test_registry_says_range_and_family_in_words() -> None:
    with translation.override("en"):
        found = {metric.key: metric for part in registry() for metric in part.metrics}

    assert found["quantile_loss@q"].bounds == "At least 0."
    assert found["r2"].bounds == "At most 1."
    assert found["log_loss"].bounds == "From 0 to 36.0."
    assert found["f1_of@label"].name == "F1 score of “label”"
    assert found["mae"].direction == "Lower is better."


def test_card_of_a_family_keeps_its_words_when_it_is_stored() -> None:
    stored = MetricCard(**metric_card("f1_of@10 % @home").to_json())

    with translation.override("de"):
        assert stored.label == "F1-Wert von „10 % @home“"
    assert stored.english[0] == "F1 score of “10 % @home”"
    assert "“10 % @home”" in stored.english[1]
