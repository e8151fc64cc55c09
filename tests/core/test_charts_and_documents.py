"""Charts and PDF: no style, no foreign data, hostile texts come out literally, accessible."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from django.utils import translation

from core import charts, documents

HOSTILE = '</svg><script>x</script> "&#$\\*'
pytestmark = pytest.mark.django_db


def _bars(width: int = 300, name: str = HOSTILE) -> Any:
    import altair as alt

    data = alt.Data(values=[{"team": name, "points": 1000.5}, {"team": "B", "points": 2}])  # type: ignore[arg-type]
    chart = (
        alt.Chart(data, width=width)
        .mark_bar(clip=True, color=charts.ACCENT)
        .encode(x=alt.X("points:Q", axis=alt.Axis(format=",.1f")), y="team:N")
    )
    return charts.themed(chart, height=80)


def test_chart_has_no_style_no_script_and_a_label() -> None:
    svg = charts.draw("bars", _bars, {}, label='Points "per" team')

    assert not re.search(r"\sstyle=|<style|<script", svg)
    assert svg.startswith('<div role="img" aria-label="Points &quot;per&quot; team"><svg')
    assert "aria-hidden" in svg


def test_ids_of_two_charts_differ() -> None:
    first = charts.draw("one", _bars, {}, label="a")
    second = charts.draw("two", _bars, {}, label="a")

    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_numbers_on_axes_follow_the_language() -> None:
    with translation.override("de"):
        german = charts.draw("bars", _bars, {}, label="a")
    with translation.override("en"):
        english = charts.draw("bars", _bars, {}, label="a")

    assert ("1.000,0" in german, "1,000.0" in english) == (True, True)


def test_chart_with_data_from_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        charts.draw("foreign", _foreign, {}, label="a")


def test_chart_is_built_once_for_equal_values_and_anew_for_others() -> None:
    built: list[str] = []

    def build(name: str) -> Any:
        built.append(name)
        return _bars(name=name)

    first = charts.draw("bars", build, {"name": "Ulme"}, label="a")
    again = charts.draw("bars", build, {"name": "Ulme"}, label="a")
    other = charts.draw("bars", build, {"name": "Eibe"}, label="a")

    assert (first == again, "Eibe" in other, built) == (True, True, ["Ulme", "Eibe"])


def test_chart_is_built_anew_when_its_code_changed(monkeypatch) -> None:
    built: list[int] = []

    def build() -> Any:
        built.append(1)
        return _bars()

    charts.draw("bars", build, {}, label="a")
    monkeypatch.setattr(charts, "_source", lambda module: "another version")
    charts.draw("bars", build, {}, label="a")

    assert len(built) == 2


def _foreign() -> Any:
    import altair as alt

    return alt.Chart("https://data.example/x.csv").mark_bar().encode(x="a:Q")


def test_pdf_is_accessible_and_prints_hostile_text() -> None:
    pdf = documents.pdf(
        "concept",
        {
            "title": HOSTILE,
            "subtitle": "#panic()",
            "lang": "de",
            "running": "S-1",
            "sections": [{"heading": HOSTILE, "paragraphs": ["$x$ *y* #z"]}],
        },
    )

    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid" in pdf


@pytest.mark.slow
def test_web_process_starts_without_the_heavy_libraries() -> None:
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver;"
        "get_resolver().url_patterns;"
        "print([n for n in ('pandas','numpy','scipy','sklearn','altair','vl_convert','typst')"
        " if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "config.settings.test", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == "[]"
