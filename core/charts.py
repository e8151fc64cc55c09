"""Charts as inline SVG, drawn on the server from one table of values.

A `Figure` carries the takeaway sentence, two drawings (a picture scaled to a phone is unreadable),
and the same values as rows for the table and the CSV file. Colours are `currentColor` and KERN's
variables, so the dark theme costs nothing; no style attribute appears, because the policy forbids
it (stack ST-171 ff.).
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
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
# A drawing is kept by what it is drawn from, so it is never out of date, only in the way.
_KEPT = 30 * 86_400


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
    name: str, build: Callable[..., alt.TopLevelMixin], values: Mapping[str, Any], *, label: str
) -> tuple[SafeString, SafeString]:
    """Return the wide and the narrow drawing of a chart; arguments as of `draw`."""
    return (
        draw(f"{name}-wide", build, {**values, "width": WIDE}, label=label),
        draw(f"{name}-narrow", build, {**values, "width": NARROW}, label=label),
    )


def draw(
    name: str, build: Callable[..., alt.TopLevelMixin], values: Mapping[str, Any], *, label: str
) -> SafeString:
    """Render the chart that `build(**values)` returns to safe inline SVG.

    Altair takes a second for what a page shows in a millisecond, so the drawing is kept by what it
    is drawn from: `values` (plain data; `width` in pixels among them), the language, and the source
    of the module of `build`, a function of a module that reads nothing else. `name` makes ids
    unique on a page; `label` is what a screen reader says instead of the drawing.

    Raises:
        ValueError: the chart names data at an address; charts carry their data themselves.
        TypeError: a value is not plain data.

    """
    language = get_language() or "de"
    content = json.dumps([language, name, build.__qualname__, values], sort_keys=True)
    digest = hashlib.sha256(f"{_source(build.__module__)}{content}".encode()).hexdigest()
    key = f"chart:{digest}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = _render(name, json.dumps(build(**values).to_dict()), language)
        cache.set(key, svg, _KEPT)
    return mark_safe(  # noqa: S308  (vl-convert escapes texts; the label is escaped here)
        f'<div role="img" aria-label="{_attribute(label)}">{svg}</div>'
    )


@functools.cache
def _source(module: str) -> str:
    """Return a digest of the code that draws: after an update nothing old is shown."""
    drawing = inspect.getsource(sys.modules[module]) + inspect.getsource(sys.modules[__name__])
    return hashlib.sha256(drawing.encode()).hexdigest()


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


# ---- parts of several charts --------------------------------------------------------------------
# Estimated width of a letter of the legend, its square with a gap, and the height of a row.
LETTER, SQUARE, ROW = 7, 40, 24


def distinct(names: list[str]) -> list[str]:
    """Cut long names for the axis; two that become equal keep a number."""
    cut = [name if len(name) <= 24 else f"{name[:23]}…" for name in names]
    return [f"{name} ({at + 1})" if cut.count(name) > 1 else name for at, name in enumerate(cut)]


def rows(values: list[dict[str, Any]]) -> Any:
    """Return the values as the data of a chart."""
    import altair as alt

    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def signs(labels: list[str], shown: list[dict[str, Any]], width: int) -> list[Any]:
    """Return what each mark means, as the mark itself and its words above the drawing."""
    import altair as alt

    found, bottom = places(labels, width)
    layers = []
    for label, sign, (left, row) in zip(labels, shown, found, strict=True):
        one = alt.Chart(rows([{"label": label}]))
        color = sign["color"]
        match sign["shape"]:
            case "stroke":
                drawn = one.mark_tick(
                    color=color, orient="horizontal", thickness=3, size=18, opacity=1
                )
            case "tick":
                drawn = one.mark_tick(
                    color=color, orient="vertical", thickness=3, size=18, opacity=1
                )
            case "square":
                drawn = one.mark_square(
                    size=170,
                    color=color,
                    stroke=color,
                    strokeWidth=1,
                    fillOpacity=0.35 if sign.get("is_open") else 1,
                    opacity=1,
                )
            case "dashes":
                drawn = one.mark_text(text="┆", fontSize=18, color=color)
            case _:
                drawn = one.mark_point(
                    color=color,
                    fill=color,
                    fillOpacity=0 if sign.get("is_open") else 1,
                    size=90,
                    opacity=1,
                )
        y = alt.value((row - bottom - 1) * ROW)
        layers += [
            drawn.encode(x=alt.value(left + 8), y=y),
            one.mark_text(align="left", baseline="middle").encode(
                x=alt.value(left + 22), y=y, text="label:N"
            ),
        ]
    return layers


def places(labels: list[str], width: int) -> tuple[list[tuple[int, int]], int]:
    """Return left edge and row of each label, as many in a row as there is room; the last row."""
    found: list[tuple[int, int]] = []
    left = row = 0
    for label in labels:
        wide = SQUARE + LETTER * len(label)
        if left and left + wide > width:
            left, row = 0, row + 1
        found.append((left, row))
        left += wide
    return found, row
