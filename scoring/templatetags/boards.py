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
    """Draw an interval and its value on a common scale, from the published figures."""
    if not value:
        return ""
    at = _place(value, axis)
    line = ""
    if low and high:
        line = format_html(
            '<path class="stroke" d="M{} 9H{}"/>', _place(low, axis), _place(high, axis)
        )
    return format_html(
        '<svg class="interval-mark" width="{w}" height="18" viewBox="0 0 {w} 18" '
        'aria-hidden="true" focusable="false"><path class="rule" d="M{left} 9H{right}"/>{line}'
        '<circle class="mark" cx="{at}" cy="9" r="5"/></svg>',
        w=WIDTH,
        left=f"{_LEFT:g}",
        right=f"{_RIGHT:g}",
        line=line,
        at=at,
    )


def _place(value: str, axis: tuple[float, float]) -> str:
    low, high = axis
    share = min(max((float(value) - low) / (high - low), 0.0), 1.0)
    return f"{_LEFT + share * (_RIGHT - _LEFT):.1f}"
