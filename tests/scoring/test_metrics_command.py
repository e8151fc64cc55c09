"""`manage.py metrics`: the registry for people and for programs, in both languages."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from scoring.compute.metrics import FAMILIES, METRICS


def listed(*options: str) -> str:
    out = io.StringIO()
    call_command("metrics", *options, stdout=out)
    return out.getvalue()


def test_every_metric_is_listed_in_both_languages() -> None:
    rows = json.loads(listed("--json"))

    assert {row["key"].partition("@")[0] for row in rows} == {*METRICS, *FAMILIES}
    for row in rows:
        assert all(row[text]["en"] != row[text]["de"] for text in ("definition", "edge_cases"))
        assert "%(" not in json.dumps(row)


def test_family_says_what_it_takes() -> None:
    (row,) = [row for row in json.loads(listed("--json")) if row["key"].startswith("quantile_loss")]

    assert row == {
        "key": "quantile_loss@q",
        "kind": "number",
        "takes": "quantile",
        "usual": ["quantile_loss@0.1", "quantile_loss@0.5", "quantile_loss@0.9"],
        "name": {"en": "Quantile loss (q)", "de": "Quantilverlust (q)"},
        "definition": {
            "en": "How well predictions name the value below which the truth stays with "
            "probability q, in the unit of the target: 0 is perfect.",
            "de": "Wie gut Vorhersagen den Wert nennen, unter dem der richtige Wert mit "
            "Wahrscheinlichkeit q bleibt, in der Einheit der Zielgröße: 0 ist perfekt.",
        },
        "formula": "Σᵢ max(q·(yᵢ − ŷᵢ), (q − 1)·(yᵢ − ŷᵢ)) / n",
        "edge_cases": {
            "en": "Defined for any cases, also if the truth is the same everywhere.",
            "de": "Für beliebige Fälle definiert, auch wenn der richtige Wert überall gleich ist.",
        },
        "direction": "lower",
        "lowest": 0.0,
        "highest": None,
        "digits": 4,
    }


@pytest.mark.parametrize("kind", ["label", "ranking"])
def test_kind_filters_the_list(kind: str) -> None:
    rows = json.loads(listed("--json", "--kind", kind))

    assert {row["kind"] for row in rows} == {kind}


def test_list_for_people_has_range_and_direction() -> None:
    lines = [line.strip() for line in listed("--kind", "ranking").splitlines()]

    range_and_direction = "0 to 1, higher is better. An item is relevant or not;"
    assert lines[-2].startswith(range_and_direction)
