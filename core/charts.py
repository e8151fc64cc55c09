"""Charts as inline SVG, drawn on the server from one table of values.

A `Figure` carries the takeaway sentence, two drawings (a picture scaled to a phone is unreadable),
and the same values as rows for the table and the CSV file. Colours are `currentColor` and KERN's
variables, so the dark theme costs nothing; no style attribute appears, because the policy forbids
it (stack ST-171 ff.).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

if TYPE_CHECKING:
    import altair as alt

WIDE, NARROW = 810, 330
INK, MUTED = "currentColor", "var(--ink-muted)"
ACCENT, LINE = "var(--accent)", "var(--line)"
# Part of the cache key: raise it when the drawing of all charts changes.
_STYLE = 1
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table beside a chart."""

    label: Any
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """What `components/figure.html` shows; chart and table come from the same values."""

    takeaway: str
    wide: SafeString
    narrow: SafeString
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    csv_url: str = ""
    note: str = ""


def draw_both(
    name: str, build: Callable[[int], alt.TopLevelMixin], *, label: str
) -> tuple[SafeString, SafeString]:
    """Return the wide and the narrow drawing of a chart.

    `build(width in pixels)` returns an Altair chart with inline data. `name` makes ids unique on a
    page; `label` is what a screen reader says instead of the drawing.
    """
    return (
        draw(f"{name}-wide", build(WIDE), label=label),
        draw(f"{name}-narrow", build(NARROW), label=label),
    )


def draw(name: str, chart: alt.TopLevelMixin, *, label: str) -> SafeString:
    """Render a chart to safe inline SVG, cached by its content.

    Raises:
        ValueError: the chart names data at an address; charts carry their data themselves.

    """
    language = get_language() or "de"
    specification = json.dumps(chart.to_dict(), sort_keys=True, default=str)
    digest = hashlib.sha256(f"{_STYLE}{language}{name}{specification}".encode()).hexdigest()
    key = f"chart:{digest}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = _render(name, specification, language)
        cache.set(key, svg, _DAY)
    return mark_safe(  # noqa: S308  (vl-convert escapes texts; the label is escaped here)
        f'<div role="img" aria-label="{_attribute(label)}">{svg}</div>'
    )


def _render(name: str, specification: str, language: str) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(
        specification,
        format_locale="de-DE" if language.startswith("de") else "en-GB",
        time_format_locale="de-DE" if language.startswith("de") else "en-GB",
        # No chart fetches anything from anywhere.
        allowed_base_urls=[],
    )
    # Clip paths are numbered per process: two charts of one page would share their ids.
    prefix = re.sub(r"[^a-z0-9]+", "-", name.lower())
    svg = re.sub(r'id="(clip|gradient)[-_]?(\d+)"', rf'id="{prefix}-\1\2"', svg)
    svg = re.sub(r"url\(#(clip|gradient)[-_]?(\d+)\)", rf"url(#{prefix}-\1\2)", svg)
    # The container says what the picture shows; its parts stay silent (ST-173).
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _attribute(text: str) -> str:
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return "".join(escapes.get(letter, letter) for letter in text)


def themed(chart: Any, *, height: int) -> Any:
    """Give a chart our fonts and colours. Any: Altair's chart classes share no typed base."""
    return (
        chart.properties(height=height, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=MUTED,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelFont="Fira Sans",
            titleFont="Fira Sans",
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight="normal",
            labelLimit=220,
        )
        .configure_text(font="Fira Sans", fontSize=13, color=INK)
        .configure_legend(labelColor=INK, titleColor=MUTED, labelFont="Fira Sans", labelFontSize=13)
    )
