"""Drawings in the cells of boards; hidden from speech, since the numbers stand beside them."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.html import format_html

register = template.Library()

WIDTH: Final = 148
_LEFT, _RIGHT = 8.0, 140.0


@register.simple_tag
def interval_svg(low: str, value: str, high: str, axis: tuple[float, float]) -> str:
    """Draw an interval and its value on a common scale, from the published figures.

    A value beyond the scale becomes an arrow at its edge.
    """
    if not value:
        return ""
    share = _share(value, axis)
    if not 0 <= share <= 1:
        tip, back = (_LEFT, _LEFT + 6) if share < 0 else (_RIGHT, _RIGHT - 6)
        return _svg(format_html('<path class="line-mark" d="M{0} 5L{1} 9L{0} 13"/>', back, tip))
    line = ""
    if low and high:
        line = format_html(
            '<path class="stroke" d="M{} 9H{}"/>', _at(_share(low, axis)), _at(_share(high, axis))
        )
    return _svg(format_html('{}<circle class="mark" cx="{}" cy="9" r="4.5"/>', line, _at(share)))


def _svg(drawing: str) -> str:
    return format_html(
        '<svg class="interval-mark" width="{w}" height="18" viewBox="0 0 {w} 18" '
        'aria-hidden="true" focusable="false"><path class="rule" d="M{left} 9H{right}"/>'
        "{drawing}</svg>",
        w=WIDTH,
        left=f"{_LEFT:g}",
        right=f"{_RIGHT:g}",
        drawing=drawing,
    )


def _share(value: str, axis: tuple[float, float]) -> float:
    low, high = axis
    return (float(value) - low) / (high - low)


def _at(share: float) -> str:
    return f"{_LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT):.1f}"
