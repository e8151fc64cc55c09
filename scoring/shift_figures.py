"""Chart of how the ranking moved from the public rows to the hidden ones (P-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core import charts
from core.charts import Column, Figure
from core.display import MISSING

if TYPE_CHECKING:
    from scoring.queries.shift import Moved, Shift

STEP = 22  # height of a line


def slopes(found: Shift, *, csv_url: str = "") -> Figure:
    """Draw a line for each team from its rank on the public rows to that on the hidden ones."""
    takeaway = found.takeaway
    names = dict(zip(found.rows, charts.distinct([row.name for row in found.rows]), strict=True))
    # Equal ranks stand below each other, so that no two names lie upon each other.
    before = sorted(found.rows, key=lambda row: (row.before, row.after, row.name))
    left = {row: at for at, row in enumerate(before)}
    wide, narrow = charts.draw_both(
        "slopes",
        _slopes,
        {
            "lines": [
                {
                    "left": left[row],
                    "right": at,
                    "before": f"{names[row]}  {row.before}",
                    "short": str(row.before),
                    "after": f"{row.after}  {names[row]}",
                    "way": "up" if row.places > 0 else "down" if row.places < 0 else "same",
                }
                for at, row in enumerate(found.rows)
            ],
            "heads": [_("public rows"), _("hidden rows")],
            "labels": [_("rises"), _("falls"), _("stays")],
        },
        label=takeaway,
    )
    return Figure(
        takeaway=takeaway,
        wide=wide,
        narrow=narrow,
        columns=[
            Column(_("Team")),
            Column(_("Rank on the public rows"), numeric=True),
            Column(_("Rank on the hidden rows"), numeric=True),
            Column(_("Places"), numeric=True),
            Column(_("Value on the public rows"), numeric=True),
            Column(_("Value on the hidden rows"), numeric=True),
        ],
        rows=[
            [
                row.name,
                str(row.before),
                str(row.after),
                _places(row),
                found.card.figure(row.value_before),
                found.card.figure(row.value_after),
            ]
            for row in found.rows
        ],
        csv_url=csv_url,
        note=_(
            "By %(metric)s alone, among the teams with a rank on both boards. Who stood close "
            "together changes places by chance; who falls far has often fitted to the public rows."
        )
        % {"metric": found.card.label},
    )


def _places(row: Moved) -> str:
    if not row.places:
        return MISSING
    return f"+{row.places}" if row.places > 0 else f"−{-row.places}"


def _slopes(lines: list[dict[str, Any]], heads: list[str], labels: list[str], width: int) -> Any:
    import altair as alt

    is_narrow = width == charts.NARROW
    room = 14 if is_narrow else 26
    shown = [
        {
            **line,
            "before": line["short"] if is_narrow else line["before"],
            "after": line["after"]
            if len(line["after"]) <= room
            else f"{line['after'][: room - 1]}…",
        }
        for line in lines
    ]
    start, end = (40, 190) if is_narrow else (260, 550)
    height = STEP * len(lines)
    points = [
        {**line, "line": at, "x": x, "y": line[side]}
        for at, line in enumerate(shown)
        for x, side in ((0, "left"), (1, "right"))
    ]
    across: Any = alt.X(
        "x:Q", axis=None, scale=alt.Scale(domain=[0, 1], range=[start, end], nice=False)
    )
    down: Any = alt.Y(
        "y:Q",
        axis=None,
        scale=alt.Scale(domain=[-0.5, len(lines) - 0.5], range=[0, height], nice=False, zero=False),
    )
    base = alt.Chart(charts.rows(points))
    # Direction is a kind of line as well as a colour.
    kinds: list[tuple[str, str, float, list[int]]] = [
        ("same", charts.MUTED, 1, [1, 0]),
        ("down", charts.INK, 2, [5, 4]),
        ("up", charts.ACCENT, 3, [1, 0]),
    ]
    layers: list[Any] = [
        base.transform_filter(f"datum.way == '{way}'")
        .mark_line(color=color, strokeWidth=thick, strokeDash=dash, opacity=1)
        .encode(x=across, y=down, detail="line:N")
        for way, color, thick, dash in kinds
    ]
    layers.append(
        base.mark_point(color=charts.INK, fill=charts.INK, filled=True, size=40, opacity=1).encode(
            x=across, y=down
        )
    )
    at_left = base.transform_filter("datum.x == 0")
    at_right = base.transform_filter("datum.x == 1")
    layers += [
        at_left.mark_text(align="right", baseline="middle", dx=-10).encode(
            x=across, y=down, text="before:N"
        ),
        at_right.mark_text(align="left", baseline="middle", dx=10).encode(
            x=across, y=down, text="after:N"
        ),
    ]
    ends: list[tuple[str, int, Any]] = [(heads[0], start, "center"), (heads[1], end, "center")]
    layers += [
        alt.Chart(charts.rows([{"label": head}]))
        .mark_text(align=align, baseline="bottom", color=charts.MUTED, fontWeight=500)
        .encode(x=alt.value(x), y=alt.value(-4), text="label:N")
        for head, x, align in ends
    ]
    layers += _ways(labels, kinds, start if not is_narrow else 0)
    return charts.themed(alt.layer(*layers).properties(width=width - 24), height=height)


def _ways(
    labels: list[str], kinds: list[tuple[str, str, float, list[int]]], left: int
) -> list[Any]:
    """Return what the kinds of lines mean, above the drawing."""
    import altair as alt

    words = dict(zip(("up", "down", "same"), labels, strict=True))
    layers = []
    for at, (way, color, thick, dash) in enumerate(reversed(kinds)):
        x = left + at * 100
        one = alt.Chart(charts.rows([{"label": words[way]}]))
        layers += [
            one.mark_rule(color=color, strokeWidth=thick, strokeDash=dash, opacity=1).encode(
                x=alt.value(x), x2=alt.value(x + 30), y=alt.value(-40)
            ),
            one.mark_text(align="left", baseline="middle").encode(
                x=alt.value(x + 38), y=alt.value(-40), text="label:N"
            ),
        ]
    return layers
