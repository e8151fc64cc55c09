"""Charts of what a metric hides: confusion matrix, calibration curve, errors of numbers (P-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import charts
from core.charts import Column, Figure
from core.display import number_words, share_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.queries.details import Calibration, Confusion, Details, Errors

# Above this share of the accent colour a number inside needs the colour of text on it.
DARK = 0.6
# Columns of a matrix that are readable on a phone; with more it shows the diagonal.
FEW = 6


def of_details(found: Details, csv_url: Callable[[str], str]) -> list[Figure]:
    """Draw everything that is told about a part; `csv_url` takes the kind of the detail."""
    drawn = []
    if found.confusion:
        drawn.append(confusion(found.confusion, csv_url=csv_url("confusion")))
    if found.calibration:
        drawn.append(calibration(found.calibration, csv_url=csv_url("calibration")))
    if found.errors:
        drawn.append(errors(found.errors, csv_url=csv_url("errors")))
    return drawn


def confusion(found: Confusion, *, csv_url: str = "") -> Figure:
    """Draw which class is taken for which, in per cent of the cases of each class."""
    names = charts.distinct(list(found.labels))
    cells = [
        {
            "true": names[row.at],
            "named": name,
            "share": round(row.share(cell) or 0, 4),
            "words": "·" if cell is None else number_words((row.share(cell) or 0) * 100),
            "ink": "var(--on-accent)" if (row.share(cell) or 0) > DARK else charts.INK,
            "right": at == row.at,
            "told": cell is not None,
            "count": _("%(count)s of %(cases)s")
            % {"count": found.words(cell), "cases": number_words(row.cases)},
        }
        for row in found.rows
        for at, (name, cell) in enumerate(zip(names, row.cells, strict=True))
    ]
    takeaway = found.takeaway
    wide, narrow = charts.draw_both(
        "confusion",
        _matrix,
        {
            "cells": cells,
            "rows": [names[row.at] for row in found.rows],
            "columns": names,
            "titles": [_("true class"), _("predicted class")],
            "words": [_("right"), _("per cent of the cases of a class, rounded")],
        },
        label=takeaway,
    )
    note = _(
        "Counts are rounded to %(step)s cases. A dot: fewer than %(smallest)s cases, or none."
    ) % {"step": found.step, "smallest": found.smallest}
    if found.merged:
        note += " " + _("Others: classes with too few cases, taken together.")
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("True class")),
            Column(_("Cases"), numeric=True),
            *(
                Column(_("taken for “%(label)s”") % {"label": label}, numeric=True)
                for label in found.labels
            ),
        ],
        rows=[
            [row.label, number_words(row.cases), *(found.words(cell) for cell in row.cells)]
            for row in found.rows
        ],
        csv_url=csv_url,
        note=note,
    )


def calibration(found: Calibration, *, csv_url: str = "") -> Figure:
    """Draw predicted probabilities against how often it turns out so, with intervals."""
    takeaway = found.takeaway
    wide, narrow = charts.draw_both(
        "calibration",
        _curve,
        {
            "dots": [
                {
                    "stated": row.stated,
                    "observed": round(row.observed, 4),
                    "from": row.bottom,
                    "to": row.top,
                    "off": row.is_off,
                }
                for row in found.bins
            ],
            "titles": [
                _("predicted probability of the named class")
                if found.of_classes
                else _("predicted probability"),
                _("share that turns out so"),
            ],
            "labels": [
                _("a bin with its 95 % interval"),
                _("beyond chance"),
                _("as predicted"),
            ],
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Predicted")),
            Column(_("Cases"), numeric=True),
            Column(_("Predicted on average"), numeric=True),
            Column(_("Turned out so"), numeric=True),
            Column(_("95 % interval"), numeric=True),
            Column(_("Part of the error"), numeric=True),
        ],
        rows=[
            [
                row.span,
                number_words(row.cases),
                share_words(row.stated, 0),
                share_words(row.observed, 0),
                f"{share_words(row.bottom, 0)} – {share_words(row.top, 0)}",
                number_words(row.gap, 3),
            ]
            for row in found.bins
        ],
        csv_url=csv_url,
        note=_(
            "Bins of a tenth, merged with the next one until they hold %(least)s cases. Counts are "
            "rounded to %(step)s cases, so the interval covers the rounding as well. The parts of "
            "the error add up to %(error)s."
        )
        % {
            "least": 2 * found.smallest,
            "step": found.step,
            "error": number_words(found.error, 3),
        },
    )


def errors(found: Errors, *, csv_url: str = "") -> Figure:
    """Draw how far predicted numbers are off, by what was predicted."""
    takeaway = found.takeaway
    wide, narrow = charts.draw_both(
        "errors",
        _residuals,
        {
            "dots": [
                {"predicted": row.predicted, "bias": row.bias, "absolute": row.absolute}
                for row in found.bins
            ],
            "titles": [_("predicted number (mean of the part)"), _("error")],
            "labels": [
                _("mean error: above 0 is too high"),
                _("mean size of the error, either way"),
            ],
        },
        label=takeaway,
    )
    spans = {round(100 * share): value for share, value in found.quantiles}
    note = _(
        "Each part holds at least %(least)s cases with about the same prediction. Counts are "
        "rounded to %(step)s cases, errors to %(unit)s."
    ) % {
        "least": 2 * found.smallest,
        "step": found.step,
        "unit": number_words(found.unit, found.digits),
    }
    if spans:
        note = (
            _(
                "Half of the errors lie between %(low)s and %(high)s, four in five between "
                "%(lowest)s and %(highest)s."
            )
            % {
                "low": found.words(spans[25]),
                "high": found.words(spans[75]),
                "lowest": found.words(spans[10]),
                "highest": found.words(spans[90]),
            }
            + " "
            + note
        )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Predicted on average"), numeric=True),
            Column(_("Cases"), numeric=True),
            Column(pgettext("of predictions", "Mean error"), numeric=True),
            Column(_("Mean size of the error"), numeric=True),
        ],
        rows=[
            [
                number_words(row.predicted, found.digits),
                number_words(row.cases),
                found.words(row.bias),
                number_words(row.absolute, found.digits),
            ]
            for row in found.bins
        ],
        csv_url=csv_url,
        note=note,
    )


def _matrix(
    cells: list[dict[str, Any]],
    rows: list[str],
    columns: list[str],
    titles: list[str],
    words: list[str],
    width: int,
) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    if is_narrow and len(columns) > FEW:
        return _recognised(cells, rows, words[0], width)
    letters = 12 if is_narrow else 18
    left = min(max(map(len, rows)), letters) * charts.LETTER + 40
    inner = min(width - left - 10, 64 * len(columns))
    side = inner / len(columns)
    label = alt.Axis(
        domain=False,
        ticks=False,
        labelPadding=6,
        labelLimit=letters * charts.LETTER + 8,
        titlePadding=8,
    )
    slanted = any(len(name) * charts.LETTER > side - 6 for name in columns)
    up: Any = alt.Y("true:N", sort=rows, title=titles[0], axis=label, scale=alt.Scale(padding=0))
    across: Any = alt.X(
        "named:N",
        sort=columns,
        title=titles[1],
        axis=alt.Axis(
            orient="top",
            domain=False,
            ticks=False,
            labelAngle=-60 if slanted else 0,
            labelAlign="left" if slanted else "center",
            labelLimit=110,
        ),
        scale=alt.Scale(padding=0),
    )
    base = alt.Chart(charts.rows(cells))
    boxes = base.mark_rect(color=charts.ACCENT, stroke=charts.LINE, strokeWidth=1).encode(
        x=across, y=up, fillOpacity=alt.FillOpacity("share:Q", scale=None, legend=None)
    )
    # What is right is framed, so that nothing depends on the shade.
    frames = (
        base.transform_filter("datum.right")
        .mark_rect(fillOpacity=0, stroke=charts.INK, strokeWidth=2)
        .encode(x=across, y=up)
    )
    figures = base.mark_text(baseline="middle", fontSize=13 if side > 30 else 11).encode(
        x=across, y=up, text="words:N", color=alt.Color("ink:N", scale=None)
    )
    note = (
        alt.Chart(charts.rows([{"label": words[1]}]))
        .mark_text(align="left", baseline="top", color=charts.MUTED)
        .encode(
            x=alt.value(0),
            y=alt.value(max(min(side, 44), 26) * len(rows) + 10),
            text="label:N",
        )
    )
    return charts.themed(
        # A drawing fills the width it gets: room beside a small matrix keeps its size.
        alt.layer(boxes, frames, figures, note).properties(
            width=inner, padding={"left": 5, "top": 5, "bottom": 5, "right": width - left - inner}
        ),
        height=round(max(min(side, 44), 26) * len(rows)),
    )


def _recognised(cells: list[dict[str, Any]], rows: list[str], word: str, width: int) -> Any:
    """Draw the diagonal alone: how many cases of each class are recognised."""
    import altair as alt

    inner = width - 24
    base = alt.Chart(charts.rows([cell for cell in cells if cell["right"]]))
    up: Any = alt.Y(
        "true:N", sort=rows, title=None, axis=None, scale=alt.Scale(paddingInner=0.6, padding=0.3)
    )
    scale = alt.Scale(domain=[0, 1])
    across: Any = alt.X(
        "share:Q",
        title=word,
        scale=scale,
        axis=alt.Axis(values=[0, 0.5, 1], format=".0%", grid=False, tickSize=4),
    )
    bars = base.mark_bar(color=charts.ACCENT).encode(y=up, x=across, x2=alt.X2Datum(0))
    names = base.mark_text(align="left", baseline="bottom", dy=-9, fontWeight=500).encode(
        y=up, x=alt.value(0), text="true:N"
    )
    counts = base.mark_text(align="right", baseline="bottom", dy=-9).encode(
        y=up, x=alt.value(inner), text="count:N"
    )
    return charts.themed(
        alt.layer(bars, names, counts).properties(width=inner), height=40 * max(len(rows), 1)
    )


def _curve(dots: list[dict[str, Any]], titles: list[str], labels: list[str], width: int) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    inner = width - 80 if is_narrow else 420
    percent: Any = {
        "scale": alt.Scale(domain=[0, 1]),
        "axis": alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%", tickSize=4),
    }
    across: Any = alt.X("stated:Q", title=titles[0], **percent)
    up: Any = alt.Y("observed:Q", title=titles[1], **percent)
    base = alt.Chart(charts.rows(dots))
    spans = base.mark_rule(color=charts.ACCENT, strokeWidth=3).encode(
        x=across, y=alt.Y("from:Q", title=titles[1], **percent), y2="to:Q"
    )
    points = base.mark_point(
        color=charts.INK, fill=charts.INK, filled=True, size=80, opacity=1
    ).encode(x=across, y=up)
    rings = (
        base.transform_filter("datum.off")
        .mark_point(size=260, strokeWidth=2, color=charts.INK, opacity=1, fillOpacity=0)
        .encode(x=across, y=up)
    )
    path = base.mark_line(color=charts.INK, strokeWidth=1, opacity=1).encode(x=across, y=up)
    ideal = (
        alt.Chart(charts.rows([{"at": 0, "up": 0}, {"at": 1, "up": 1}]))
        .mark_line(color=charts.INK, strokeDash=[4, 4], strokeWidth=1, opacity=1)
        .encode(
            x=alt.X("at:Q", title=titles[0], **percent), y=alt.Y("up:Q", title=titles[1], **percent)
        )
    )
    signs = charts.signs(
        labels,
        [
            {"shape": "circle", "color": charts.INK},
            {"shape": "circle", "color": charts.INK, "is_open": True},
            {"shape": "dashes", "color": charts.INK},
        ],
        inner,
    )
    return charts.themed(
        alt.layer(ideal, path, spans, points, rings, *signs).properties(
            width=inner, padding={"left": 5, "top": 5, "bottom": 5, "right": width - 75 - inner}
        ),
        height=inner if is_narrow else 340,
    )


def _residuals(dots: list[dict[str, Any]], titles: list[str], labels: list[str], width: int) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    inner = width - 80
    base = alt.Chart(charts.rows(dots))
    across: Any = alt.X(
        "predicted:Q",
        title=titles[0],
        scale=alt.Scale(zero=False, nice=True, padding=14),
        axis=alt.Axis(grid=False, tickCount=4 if is_narrow else 8),
    )
    up: Any = alt.Y(
        "bias:Q", title=titles[1], scale=alt.Scale(nice=True), axis=alt.Axis(tickCount=5)
    )
    sizes = (
        base.transform_calculate(high="datum.absolute", low="-datum.absolute")
        .mark_rule(color=charts.ACCENT, strokeWidth=10, opacity=0.35)
        .encode(x=across, y=alt.Y("low:Q", title=titles[1]), y2="high:Q")
    )
    ends = [
        base.transform_calculate(edge=f"{sign}datum.absolute")
        .mark_tick(color=charts.ACCENT, orient="horizontal", thickness=3, size=18, opacity=1)
        .encode(x=across, y=alt.Y("edge:Q", title=titles[1]))
        for sign in ("", "-")
    ]
    zero = (
        alt.Chart(charts.rows([{"at": 0}]))
        .mark_rule(color=charts.INK, strokeDash=[4, 4], strokeWidth=1, opacity=1)
        .encode(y="at:Q")
    )
    points = base.mark_point(
        color=charts.INK, fill=charts.INK, filled=True, size=80, opacity=1
    ).encode(x=across, y=up)
    signs = charts.signs(
        labels,
        [
            {"shape": "circle", "color": charts.INK},
            {"shape": "stroke", "color": charts.ACCENT},
        ],
        inner,
    )
    return charts.themed(
        alt.layer(zero, sizes, *ends, points, *signs).properties(width=inner),
        height=240 if is_narrow else 280,
    )
