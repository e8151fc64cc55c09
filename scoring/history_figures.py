"""Chart of a team's versions, one after the other (P-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import charts
from core.charts import Column, Figure
from core.display import MISSING, moment_words, to_zone

if TYPE_CHECKING:
    from decimal import Decimal

    from scoring.queries.metric_history import History, HistoryRow

# Versions that a drawing has room for; the table has all.
ROOM = {charts.WIDE: 16, charts.NARROW: 6}
# With no more of them each has its value beside it.
WRITTEN = {charts.WIDE: 9, charts.NARROW: 3}


def metric_history(found: History, *, csv_url: str = "") -> Figure:
    """Draw value and interval of each version, which is the best, and the tries of each day."""
    takeaway = found.takeaway
    rows = [_drawn(found, row) for row in found.rows]
    for at, row in enumerate(rows):
        row["first"] = at == 0 or row["day"] != rows[at - 1]["day"]
    wide, narrow = charts.draw_both(
        "history",
        _steps,
        {
            "versions": rows,
            "axis_format": "~%" if found.card.in_percent else "~g",
            "title": found.card.label,
            "labels": [_("a version with its 95 % interval"), _("the best one")],
        },
        label=takeaway,
    )
    note = _(
        "All versions are measured on the same public rows. The best of many tries looks a little "
        "better there than it is: the hidden rows decide."
    )
    if found.limit_per_day is not None:
        note += " " + _("Below each version: which try of its day it was, of %(limit)s.") % {
            "limit": found.limit_per_day
        }
    if len(rows) > ROOM[charts.NARROW]:
        note += " " + _("Drawn are the latest versions; the table has all.")
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Version"), numeric=True),
            Column(_("Handed in")),
            Column(_("Value"), numeric=True),
            Column(_("95 % interval"), numeric=True),
            Column(_("Try of the day"), numeric=True),
            Column(_("Note")),
        ],
        rows=[
            [
                str(row.number),
                moment_words(row.handed_in_at, "minutes"),
                found.figure(row.value) if row.value is not None else row.words,
                _interval(found, row),
                _try(found, row) or MISSING,
                ", ".join(
                    word
                    for word, holds in (
                        (pgettext("version", "best"), row.is_best),
                        (pgettext("version", "counts"), row.counts),
                    )
                    if holds
                )
                or MISSING,
            ]
            for row in found.rows
        ],
        csv_url=csv_url,
        note=note,
    )


def _interval(found: History, row: HistoryRow) -> str:
    if row.low is None or row.high is None:
        return MISSING
    return f"{found.figure(row.low)} – {found.figure(row.high)}"


def _try(found: History, row: HistoryRow) -> str:
    if row.try_of_day is None or found.limit_per_day is None:
        return ""
    return f"{row.try_of_day}/{found.limit_per_day}"


def _drawn(found: History, row: HistoryRow) -> dict[str, Any]:
    day = to_zone(row.handed_in_at)

    def number(value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    return {
        "number": str(row.number),
        "day": dateformat.format(day, pgettext("date format without year", "j M")),
        "try": _try(found, row),
        "value": number(row.value),
        "low": number(row.low),
        "high": number(row.high),
        "figure": found.figure(row.value) if row.value is not None else row.words,
        "best": row.is_best,
    }


def _steps(
    versions: list[dict[str, Any]], axis_format: str, title: str, labels: list[str], width: int
) -> Any:
    import altair as alt

    shown = [{**row, "at": at, "last": False} for at, row in enumerate(versions[-ROOM[width] :])]
    valued = [row for row in shown if row["value"] is not None]
    if valued:
        valued[-1]["last"] = True
    # The first of a day carries its date; where others stood before it, the first shown does.
    if shown:
        shown[0]["first"] = True
    writes_all = len(shown) <= WRITTEN[width]
    for row in shown:
        is_written = row["value"] is not None and (writes_all or row["best"] or row["last"])
        row["written"] = row["figure"] if is_written else ""
        row["date"] = row["day"] if row["first"] else ""
    is_narrow = width == charts.NARROW
    inner = width - (70 if is_narrow else 90)
    height = 200 if is_narrow else 240
    ends = [
        value
        for row in valued
        for value in (row["low"], row["high"], row["value"])
        if value is not None
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    space = (high - low) * 0.15 or abs(high) * 0.05 or 0.1
    bounds = [low - space, high + space]
    if axis_format == "~%":
        bounds = [max(bounds[0], 0), min(bounds[1], 1)]
    across: Any = alt.X(
        "at:Q",
        title=None,
        axis=None,
        scale=alt.Scale(domain=[-0.5, max(len(shown), 1) - 0.5], nice=False, zero=False),
    )
    scale = alt.Scale(domain=bounds, nice=False, zero=False)
    axis = alt.Axis(tickCount=4, format=axis_format)

    def up(field: str) -> Any:
        return alt.Y(f"{field}:Q", title=None, scale=scale, axis=axis)

    base = alt.Chart(charts.rows(shown))
    told = alt.Chart(charts.rows(valued))
    line = told.mark_line(
        color=charts.MUTED, strokeWidth=1.5, interpolate="step", opacity=1
    ).encode(x=across, y=up("value"))
    spans = (
        told.transform_filter("isValid(datum.low)")
        .mark_rule(color=charts.ACCENT, strokeWidth=3)
        .encode(x=across, y=up("low"), y2="high:Q")
    )
    points = told.mark_point(
        color=charts.INK, fill=charts.INK, filled=True, size=80, opacity=1
    ).encode(x=across, y=up("value"))
    ring = (
        told.transform_filter("datum.best")
        .mark_point(size=280, strokeWidth=2, color=charts.INK, opacity=1, fillOpacity=0)
        .encode(x=across, y=up("value"))
    )
    sides: list[tuple[str, Literal["left", "right"], int]] = [
        ("!=", "left", 4),
        ("==", "right", -10) if len(shown) > 1 else ("==", "left", 4),
    ]
    words = [
        told.transform_filter(f"datum.last {sign} true")
        .mark_text(align=align, dx=shift, dy=-14, baseline="bottom", fontWeight=600)
        .encode(x=across, y=up("value"), text="written:N")
        for sign, align, shift in sides
    ]
    missing = base.transform_filter("!isValid(datum.value)")
    gaps = missing.mark_rule(color=charts.MUTED, strokeDash=[2, 4]).encode(
        x=across, y=alt.value(14), y2=alt.value(height)
    )
    why = missing.mark_text(
        angle=270, align="right", baseline="bottom", dx=-18, dy=-4, color=charts.MUTED
    ).encode(x=across, y=alt.value(0), text="figure:N")
    lines: list[tuple[str, Literal["bold", "normal"], str]] = [
        ("number", "bold", charts.INK),
        ("try", "normal", charts.INK),
        ("date", "normal", charts.MUTED),
    ]
    below = [
        base.mark_text(baseline="top", fontWeight=weight, color=color).encode(
            x=across, y=alt.value(height + 8 + 20 * at), text=f"{field}:N"
        )
        for at, (field, weight, color) in enumerate(lines)
    ]
    signs = charts.signs(
        labels,
        [
            {"shape": "circle", "color": charts.INK},
            {"shape": "circle", "color": charts.INK, "is_open": True},
        ],
        inner,
    )
    return charts.themed(
        alt.layer(line, gaps, why, spans, points, ring, *words, *below, *signs).properties(
            width=inner
        ),
        height=height,
    )
