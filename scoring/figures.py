"""Charts of the scoring pages; each is drawn from the values of the table beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import charts
from core.charts import Column, Figure
from core.display import MISSING, number_words, percent_words

if TYPE_CHECKING:
    from scoring.queries.board_support import BoardSupport
    from scoring.queries.results import Result
    from scoring.queries.sensitivity import Sensitivity
    from scoring.queries.stability import Stability

BAR = 34
# Lines of a chart that can still be read at a glance; the table has all.
DRAWN = 40
# Dots with a name in a scatter, beside those that stand out.
NAMED = 3
# Above this share of the accent colour a number inside needs the colour of text on it.
DARK = 0.6
# A bar of so many points has room for its number in the wide and in the narrow drawing.
ROOM = {charts.WIDE: 5, charts.NARROW: 13}


def contributions(result: Result, *, csv_url: str = "") -> Figure:
    """Draw what each criterion and the metric add to the total of each team (P-4)."""
    lines = result.ranked
    parts = result.parts
    shades = [round(1 - at / max(len(parts) - 1, 1), 2) for at in range(len(parts))]
    bars: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    names = charts.distinct([line.name for line in lines])
    for line, name in zip(lines, names, strict=True):
        start = 0.0
        for order, part in enumerate(parts):
            value = float(line.contribution(part) or 0)
            bars.append(
                {
                    "team": name,
                    "part": str(part.label),
                    "order": order,
                    "from": start,
                    "to": start + value,
                    "middle": start + value / 2,
                    "value": value,
                    "shade": shades[order],
                    "ink": "var(--on-accent)" if shades[order] > DARK else charts.INK,
                }
            )
            start += value
        totals.append({"team": name, "end": start, "total": float(line.points or 0)})

    takeaway = result.takeaway
    wide, narrow = charts.draw_both(
        "contributions",
        _stacked,
        {
            "bars": bars,
            "totals": totals,
            "names": names,
            "labels": [str(part.label) for part in parts],
            "shades": shades,
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Team") if result.shows_teams else _("Submission")),
            *(Column(part.label, numeric=True) for part in parts),
            Column(pgettext("points", "Total"), numeric=True),
        ],
        rows=[
            [
                line.name,
                *(_points(line.contribution(part)) for part in parts),
                number_words(line.points, result.digits),
            ]
            for line in lines
        ],
        csv_url=csv_url,
        note=_(
            "Points of 100. Parts are rounded for print, so that their sum may differ slightly."
        ),
    )


def weight_bands(found: Sensitivity, *, csv_url: str = "") -> Figure:
    """Draw between which weights of each part a rank stays (P-10)."""
    takeaway, is_first = found.takeaway, found.rank == 1
    wide, narrow = charts.draw_both(
        "weights",
        _bands,
        {
            "rows": [
                {
                    "part": str(band.part.label),
                    "at": at,
                    "share": float(band.share),
                    "from": float(band.low),
                    "to": float(band.high),
                    "words": band.words,
                    "below": band.below,
                    "above": band.above,
                }
                for at, band in enumerate(found.bands)
            ],
            "first": found.holds,
            "published": _("published weight"),
            # Close to the number in English, with a space in German.
            "unit": percent_words(0)[1:],
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Part of the total")),
            Column(_("Weight"), numeric=True),
            Column(_("Same first place") if is_first else _("Same rank")),
            Column(_("First below") if is_first else _("Changes places below with")),
            Column(_("First above") if is_first else _("Changes places above with")),
        ],
        rows=[
            [
                band.part.label,
                percent_words(band.share),
                band.words,
                band.below or MISSING,
                band.above or MISSING,
            ]
            for band in found.bands
        ],
        csv_url=csv_url,
        note=_(
            "Shares of the total. One weight moves at a time, and the others keep their "
            "proportions. Computed exactly from the published marks; the published weights alone "
            "decide."
        ),
    )


def rank_stability(found: Stability, *, names: str, ranked_by: str, csv_url: str = "") -> Figure:
    """Draw each rank with the ranks that another jury might have given (P-3).

    `names` heads the column of the names, and `ranked_by` says what the rank is by.
    """
    takeaway = found.takeaway
    drawn = found.rows[:DRAWN]
    shown = charts.distinct([row.name for row in drawn])
    wide, narrow = charts.draw_both(
        "stability",
        _intervals,
        {
            "rows": [
                {"name": name, "rank": row.rank, "from": row.low, "to": row.high}
                for name, row in zip(shown, drawn, strict=True)
            ],
            "names": shown,
            "last": max((max(row.high, row.rank) for row in drawn), default=1),
            "labels": [ranked_by, _("likely ranks")],
        },
        label=takeaway,
    )
    note = _("In at least 90 of 100 simulated juries the rank lies within the line.")
    if len(found.rows) > len(drawn):
        note += " " + _("Drawn are the first %(count)s; the table has all.") % {"count": DRAWN}
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(names),
            Column(_("Rank"), numeric=True),
            Column(_("Could be"), numeric=True),
        ],
        rows=[[row.name, str(row.rank), row.span] for row in found.rows],
        csv_url=csv_url,
        note=note,
    )


def juror_strips(found: BoardSupport, *, csv_url: str = "") -> Figure:
    """Draw every total that each juror gave, with the averages (P-5); for the chair."""
    takeaway = found.strips_takeaway
    drawn = found.strips[:DRAWN]
    wide, narrow = charts.draw_both(
        "strips",
        _strips,
        {
            "dots": [
                {"juror": strip.letter, "total": round(total, 2)}
                for strip in drawn
                for total in strip.totals.values()
            ],
            "means": [{"juror": strip.letter, "mean": round(strip.mean, 2)} for strip in drawn],
            "letters": [strip.letter for strip in drawn],
            "overall": round(found.overall, 2),
            "labels": [_("a submission"), _("average of the juror"), _("average of all")],
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Juror")),
            Column(_("Submissions"), numeric=True),
            Column(_("Average"), numeric=True),
            Column(_("Lowest"), numeric=True),
            Column(_("Highest"), numeric=True),
        ],
        rows=[
            [
                strip.letter,
                number_words(len(strip.totals)),
                number_words(strip.mean, 1),
                number_words(strip.lowest, 1),
                number_words(strip.highest, 1),
            ]
            for strip in found.strips
        ],
        csv_url=csv_url,
        note=_(
            "Totals of 0 to 100. Where jurors saw different submissions, an average alone says "
            "little about strictness; the table below compares them on the same ones."
        ),
    )


def disagreement(found: BoardSupport, *, limit: Decimal, csv_url: str = "") -> Figure:
    """Draw how high each submission stands and how far the jurors are apart on it (P-6).

    `limit` is the standard deviation from which a submission is worth a talk, in points.
    """
    takeaway = found.spreads_takeaway
    rows = sorted(found.spreads, key=lambda row: (-row.sd, row.name))
    wide, narrow = charts.draw_both(
        "disagreement",
        _scatter,
        {
            "dots": [
                {
                    "name": row.name if row.is_disputed or at < NAMED else "",
                    "mean": round(row.mean, 2),
                    "sd": round(row.sd, 2),
                    "disputed": row.is_disputed,
                }
                for at, row in enumerate(rows)
            ],
            "limit": float(limit),
            "titles": [_("average of the jurors' totals"), _("standard deviation")],
            "line": _("worth a talk from here"),
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Submission")),
            Column(_("Jurors"), numeric=True),
            Column(_("Average"), numeric=True),
            Column(_("Standard deviation"), numeric=True),
            Column(_("Worth a talk")),
        ],
        rows=[
            [
                row.name,
                str(row.n),
                number_words(row.mean, 1),
                number_words(row.sd, 1),
                _("yes") if row.is_disputed else MISSING,
            ]
            for row in rows
        ],
        csv_url=csv_url,
        note=_(
            "A prompt to talk, nothing more. A submission is also worth a talk if its lowest and "
            "highest total are far apart."
        ),
    )


def _points(value: Decimal | None) -> str:
    return MISSING if value is None else number_words(value, 2)


def _stacked(
    bars: list[dict[str, Any]],
    totals: list[dict[str, Any]],
    names: list[str],
    labels: list[str],
    shades: list[float],
    width: int,
) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    step = BAR + (18 if is_narrow else 0)
    team: Any = alt.Y(
        "team:N",
        sort=names,
        title=None,
        axis=None
        if is_narrow
        else alt.Axis(domain=False, ticks=False, labelPadding=10, labelFontWeight=500),
        scale=alt.Scale(paddingInner=0.28 if not is_narrow else 0.55, paddingOuter=0.1),
    )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 20, 40, 60, 80, 100], grid=False, tickSize=4)
    base = alt.Chart(charts.rows(bars))
    boxes = base.mark_bar(color=charts.ACCENT, stroke=charts.ACCENT, strokeWidth=1).encode(
        y=team,
        x=alt.X("from:Q", title=None, scale=scale, axis=axis),
        x2="to:Q",
        fillOpacity=alt.FillOpacity("shade:Q", scale=None, legend=None),
    )
    room = ROOM[charts.NARROW if is_narrow else charts.WIDE]
    inside = (
        base.transform_filter(f"datum.value >= {room}")
        .mark_text(baseline="middle")
        .encode(
            y=team,
            x=alt.X("middle:Q", scale=scale),
            text=alt.Text("value:Q", format=".1f"),
            color=alt.Color("ink:N", scale=None),
        )
    )
    ends = (
        alt.Chart(charts.rows(totals))
        .mark_text(align="left", dx=7, baseline="middle", fontWeight=600)
        .encode(y=team, x=alt.X("end:Q", scale=scale), text=alt.Text("total:Q", format=".2f"))
    )
    layers = [boxes, inside, ends]
    if is_narrow:
        layers.append(
            alt.Chart(charts.rows(totals))
            .mark_text(align="left", baseline="bottom", dy=-16, fontWeight=600)
            .encode(y=team, x=alt.XDatum(0), text="team:N")
        )
    # Names stand left of the axis in the wide drawing and above the bars in the narrow one.
    inner = width - (24 if is_narrow else 190)
    layers += _legend(labels, shades, inner, gap=16 if is_narrow else 0)
    return charts.themed(
        alt.layer(*layers).properties(width=inner), height=max(step * len(names), step)
    )


def _bands(rows: list[dict[str, Any]], first: str, published: str, unit: str, width: int) -> Any:
    import altair as alt

    inner = width - 24
    letters = inner // charts.LETTER
    shown = []
    for row in rows:
        room = letters - len(row["words"]) - 2
        label = row["part"] if len(row["part"]) <= room else f"{row['part'][: room - 1]}…"
        # Who is first beyond an end stands there where the name has room.
        beside = {"from": row["below"], "to": row["above"]}
        space = {"from": row["from"], "to": 100 - row["to"]}
        fits = {
            end: name if 0 < charts.LETTER * len(name) + GAP < space[end] / 100 * inner else ""
            for end, name in beside.items()
        }
        shown.append({**row, "label": label, "left": fits["from"], "right": fits["to"]})
    base = alt.Chart(charts.rows(shown))
    line: Any = alt.Y(
        "at:O", title=None, axis=None, scale=alt.Scale(paddingInner=0.55, paddingOuter=0.1)
    )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(
        values=[0, 50, 100] if width == charts.NARROW else [0, 20, 40, 60, 80, 100],
        grid=False,
        tickSize=4,
        labelExpr=f"datum.label + '{unit}'",
    )

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)

    track = base.mark_bar(fillOpacity=0, stroke=charts.LINE, strokeWidth=1).encode(
        y=line, x=alt.XDatum(0, scale=scale), x2=alt.X2Datum(100)
    )
    band = base.mark_bar(
        color=charts.ACCENT, fillOpacity=0.35, stroke=charts.ACCENT, strokeWidth=1
    ).encode(y=line, x=x("from"), x2="to:Q")
    tick = base.mark_tick(
        color=charts.INK, orient="vertical", thickness=3, size=BAR, opacity=1
    ).encode(y=line, x=x("share"))
    names = base.mark_text(align="left", baseline="bottom", dy=-20, fontWeight=500).encode(
        y=line, x=alt.XDatum(0), text="label:N"
    )
    words = base.mark_text(align="right", baseline="bottom", dy=-20).encode(
        y=line, x=alt.XDatum(100), text="words:N"
    )
    left = base.mark_text(align="right", baseline="middle", dx=-8, color=charts.MUTED).encode(
        y=line, x=x("from"), text="left:N"
    )
    right = base.mark_text(align="left", baseline="middle", dx=8, color=charts.MUTED).encode(
        y=line, x=x("to"), text="right:N"
    )
    layers = [track, band, tick, names, words, left, right, *_keys(first, published, inner)]
    return charts.themed(
        alt.layer(*layers).properties(width=inner), height=(BAR + charts.ROW) * max(len(rows), 1)
    )


def _keys(first: str, published: str, width: int) -> list[Any]:
    """Return what band and stroke mean, as marks above the bars."""
    import altair as alt

    longest = width // charts.LETTER - 6
    labels = [first if len(first) <= longest else f"{first[: longest - 1]}…", published]
    places, last = charts.places(labels, width)
    layers = []
    for at, (label, (x, line)) in enumerate(zip(labels, places, strict=True)):
        y = (line - last - 1) * charts.ROW - 16
        one = alt.Chart(charts.rows([{"label": label}]))
        sign = (
            one.mark_tick(color=charts.INK, orient="vertical", thickness=3, size=18, opacity=1)
            if at
            else one.mark_square(
                size=170,
                color=charts.ACCENT,
                stroke=charts.ACCENT,
                strokeWidth=1,
                fillOpacity=0.35,
                opacity=1,
            )
        )
        layers += [
            sign.encode(x=alt.value(x + 8), y=alt.value(y)),
            one.mark_text(align="left", baseline="middle").encode(
                x=alt.value(x + 22), y=alt.value(y), text="label:N"
            ),
        ]
    return layers


def _intervals(
    rows: list[dict[str, Any]], names: list[str], last: int, labels: list[str], width: int
) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    inner = width - (24 if is_narrow else 190)
    base = alt.Chart(charts.rows(rows))
    line: Any = alt.Y(
        "name:N",
        sort=names,
        title=None,
        axis=None
        if is_narrow
        else alt.Axis(domain=False, ticks=False, labelPadding=10, labelFontWeight=500),
    )
    scale = alt.Scale(domain=[0.5, last + 0.5], nice=False)
    # Whole ranks only, as many as there is room for.
    step = -(-last // (inner // 36))
    axis = alt.Axis(
        values=[1, *range(1 + step, last + 1, step)], tickSize=4, format="d", grid=not is_narrow
    )

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)

    span = base.mark_rule(color=charts.ACCENT, strokeWidth=3).encode(y=line, x=x("from"), x2="to:Q")
    ends = [
        base.mark_tick(
            color=charts.ACCENT, orient="vertical", thickness=3, size=12, opacity=1
        ).encode(y=line, x=x(end))
        for end in ("from", "to")
    ]
    dots = base.mark_point(
        color=charts.INK, fill=charts.INK, filled=True, size=90, opacity=1
    ).encode(y=line, x=x("rank"))
    layers = [span, *ends, dots]
    if is_narrow:
        layers.append(
            base.mark_text(align="left", baseline="bottom", dy=-8, fontWeight=500).encode(
                y=line, x=alt.value(0), text="name:N"
            )
        )
    layers += charts.signs(
        labels,
        [
            {"shape": "circle", "color": charts.INK},
            {"shape": "stroke", "color": charts.ACCENT},
        ],
        inner,
    )
    return charts.themed(
        alt.layer(*layers).properties(width=inner),
        height=(44 if is_narrow else 28) * max(len(rows), 1),
    )


def _strips(
    dots: list[dict[str, Any]],
    means: list[dict[str, Any]],
    letters: list[str],
    overall: float,
    labels: list[str],
    width: int,
) -> Any:
    import altair as alt

    inner = width - 60
    line: Any = alt.Y(
        "juror:N",
        sort=letters,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelPadding=10, labelFontWeight=500),
    )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(
        values=[0, 50, 100] if width == charts.NARROW else [0, 20, 40, 60, 80, 100],
        grid=False,
        tickSize=4,
    )

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)

    # Open circles: where several totals are equal or close, each stays visible.
    given = (
        alt.Chart(charts.rows(dots))
        .mark_point(color=charts.ACCENT, fillOpacity=0, size=70, strokeWidth=1.5, opacity=1)
        .encode(y=line, x=x("total"))
    )
    own = (
        alt.Chart(charts.rows(means))
        .mark_tick(color=charts.INK, orient="vertical", thickness=3, size=22, opacity=1)
        .encode(y=line, x=x("mean"))
    )
    whole = (
        alt.Chart(charts.rows([{"mean": overall}]))
        .mark_rule(color=charts.INK, strokeDash=[4, 4], strokeWidth=1, opacity=1)
        .encode(x=x("mean"))
    )
    signs = charts.signs(
        labels,
        [
            {"shape": "circle", "color": charts.ACCENT, "is_open": True},
            {"shape": "tick", "color": charts.INK},
            {"shape": "dashes", "color": charts.INK},
        ],
        inner,
    )
    return charts.themed(
        alt.layer(whole, given, own, *signs).properties(width=inner),
        height=32 * max(len(letters), 1),
    )


def _scatter(
    dots: list[dict[str, Any]], limit: float, titles: list[str], line: str, width: int
) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    inner = width - 80
    top = max([limit, *(dot["sd"] for dot in dots)]) * 1.15
    means = [dot["mean"] for dot in dots]
    low, high = max(0, min(means) - 5), min(100, max(means) + 5)
    across: Any = alt.X(
        "mean:Q",
        title=titles[0],
        scale=alt.Scale(domain=[low, high], nice=True),
        axis=alt.Axis(grid=False, tickCount=4 if is_narrow else 8, format="d"),
    )
    up: Any = alt.Y(
        "sd:Q",
        title=titles[1],
        scale=alt.Scale(domain=[0, top], nice=True),
        axis=alt.Axis(tickCount=5, format="d"),
    )
    base = alt.Chart(charts.rows(dots))
    marks = base.mark_point(filled=True, size=90, opacity=1, color=charts.INK).encode(
        x=across, y=up
    )
    # What stands out is a ring as well as a colour.
    rings = (
        base.transform_filter("datum.disputed")
        .mark_point(size=260, strokeWidth=2, color=charts.ACCENT, opacity=1, fillOpacity=0)
        .encode(x=across, y=up)
    )
    # A name stands where its dot leaves room.
    middle = (low + high) / 2
    sides: list[tuple[str, Literal["left", "right"], int]] = [
        ("<=", "left", 14),
        (">", "right", -14),
    ]
    names = [
        base.transform_filter(f"datum.mean {sign} {middle}")
        .mark_text(align=align, dx=shift, baseline="middle")
        .encode(x=across, y=up, text="name:N")
        for sign, align, shift in sides
    ]
    edge = alt.Chart(charts.rows([{"sd": limit, "label": line}]))
    rule = edge.mark_rule(color=charts.INK, strokeDash=[4, 4], strokeWidth=1, opacity=1).encode(
        y=up
    )
    words = edge.mark_text(align="left", baseline="bottom", dy=-4, color=charts.MUTED).encode(
        x=alt.value(4), y=up, text="label:N"
    )
    return charts.themed(
        alt.layer(rule, words, rings, marks, *names).properties(width=inner),
        height=260 if is_narrow else 320,
    )


# What stays free beside a name in a row.
GAP = 16


def _legend(labels: list[str], shades: list[float], width: int, *, gap: int) -> list[Any]:
    """Return what the shades mean as marks above the bars, as many in a row as there is room."""
    import altair as alt

    places, row = charts.places(labels, width)
    layers = []
    for label, shade, (x, line) in zip(labels, shades, places, strict=True):
        y = (line - row - 1) * charts.ROW - gap
        one = alt.Chart(charts.rows([{"label": label}]))
        layers += [
            one.mark_square(
                size=170,
                color=charts.ACCENT,
                stroke=charts.ACCENT,
                strokeWidth=1,
                fillOpacity=shade,
                opacity=1,
            ).encode(x=alt.value(x + 8), y=alt.value(y)),
            one.mark_text(align="left", baseline="middle").encode(
                x=alt.value(x + 22), y=alt.value(y), text="label:N"
            ),
        ]
    return layers
