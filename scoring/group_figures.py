"""Charts of the values of groups: for whom a solution works (P-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core import charts
from core.charts import Column, Figure
from core.display import MISSING, number_words
from scoring.queries.groups import chance_words

if TYPE_CHECKING:
    from scoring.queries.groups import GroupColumn

# Groups that a drawing has room for; the table has all.
DRAWN = 25


def group_values(found: GroupColumn, *, csv_url: str = "") -> Figure:
    """Draw the value of each group with its number of cases and its interval."""
    takeaway = found.takeaway
    # The widest apart are drawn in any case: they stand at both ends.
    valued = found.valued
    half = DRAWN // 2
    drawn = valued if len(valued) <= DRAWN else [*valued[:half], *valued[-half:]]
    names = charts.distinct([group.name for group in drawn])
    wide, narrow = charts.draw_both(
        f"groups-{found.column}",
        _bars,
        {
            "groups": [
                {
                    "name": name,
                    "label": f"{name} (n = {number_words(group.rows)})",
                    "value": float(group.value or 0),
                    "low": None if group.low is None else float(group.low),
                    "high": None if group.high is None else float(group.high),
                    "words": found.card.figure(group.value),
                }
                for group, name in zip(drawn, names, strict=True)
            ],
            "overall": None if found.overall is None else float(found.overall),
            "axis_format": "~%" if found.card.in_percent else "~g",
            "top": 1.0 if found.card.in_percent else None,
            "labels": [found.card.label, _("95 % interval"), _("all cases")],
        },
        label=takeaway,
    )
    note = chance_words(found)
    if any(group.is_merged for group in found.groups):
        note += " " + _("The others: groups with too few cases, taken together.")
    if len(drawn) < len(valued):
        note += " " + _("Drawn are the ends; the table has all.")
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(found.column),
            Column(_("Cases"), numeric=True),
            Column(found.card.label, numeric=True),
            Column(_("95 % interval"), numeric=True),
        ],
        rows=[
            [
                group.name,
                number_words(group.rows),
                found.card.figure(group.value) if group.value is not None else MISSING,
                found.interval(group),
            ]
            for group in (*valued, *(group for group in found.groups if group.value is None))
        ],
        csv_url=csv_url,
        note=note,
    )


def _bars(
    groups: list[dict[str, Any]],
    overall: float | None,
    axis_format: str,
    top: float | None,
    labels: list[str],
    width: int,
) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    inner = width - (24 if is_narrow else 230)
    ends = [0.0, overall or 0.0]
    for group in groups:
        ends += [group["value"], group["low"] or 0, group["high"] or 0]
    bounds = [min(ends), top if top is not None else max(ends) * 1.05 or 1.0]
    order = [group["label"] for group in groups]
    base = alt.Chart(charts.rows(groups))
    line: Any = alt.Y(
        "label:N",
        sort=order,
        title=None,
        axis=None
        if is_narrow
        else alt.Axis(domain=False, ticks=False, labelPadding=10, labelLimit=200),
        scale=alt.Scale(paddingInner=0.6 if is_narrow else 0.35, paddingOuter=0.25),
    )
    scale = alt.Scale(domain=bounds, nice=False)
    axis = alt.Axis(tickCount=4 if is_narrow else 6, format=axis_format, grid=False, tickSize=4)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)

    bars = base.mark_bar(
        color=charts.ACCENT, fillOpacity=0.35, stroke=charts.ACCENT, strokeWidth=1
    ).encode(y=line, x=x("value"), x2=alt.X2Datum(0))
    spans = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(color=charts.INK, strokeWidth=3)
        .encode(y=line, x=x("low"), x2="high:Q")
    )
    values = base.mark_text(align="left", baseline="middle", dx=6, fontWeight=600).encode(
        y=line, x=alt.value(0), text="words:N"
    )
    layers = [bars, spans, values]
    if is_narrow:
        layers.append(
            base.mark_text(align="left", baseline="bottom", dy=-11, fontWeight=500).encode(
                y=line, x=alt.value(0), text="label:N"
            )
        )
    signs: list[dict[str, Any]] = [
        {"shape": "square", "color": charts.ACCENT, "is_open": True},
        {"shape": "stroke", "color": charts.INK},
    ]
    if overall is not None:
        layers.insert(
            1,
            alt.Chart(charts.rows([{"value": overall}]))
            .mark_rule(color=charts.INK, strokeDash=[4, 4], strokeWidth=1, opacity=1)
            .encode(x=x("value")),
        )
        signs.append({"shape": "dashes", "color": charts.INK})
    layers += charts.signs(labels[: len(signs)], signs, inner)
    return charts.themed(
        alt.layer(*layers).properties(width=inner),
        height=(46 if is_narrow else 34) * max(len(groups), 1),
    )
