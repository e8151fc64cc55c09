"""What the demo prints: leaderboards as text tables, and addresses worth opening."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse

from accounts.queries import demo_accounts
from competition.models import Challenge
from scoring.models import LeaderboardSnapshot
from scoring.states import BoardKind

_KINDS = (BoardKind.PUBLIC, BoardKind.PRIVATE, BoardKind.JURY, BoardKind.COMBINED)


def boards(slug: str) -> Iterator[tuple[str, str]]:
    """Yield title and text table of the newest board of each kind, statement by statement."""
    for challenge in Challenge.objects.filter(competition__slug=slug).order_by("pk"):
        for kind in _KINDS:
            snapshot = LeaderboardSnapshot.objects.latest_of(challenge.pk, kind)
            if snapshot is not None:
                yield f"{challenge.title} – {kind.label} ({snapshot.code})", _board(snapshot)


def _board(snapshot: LeaderboardSnapshot) -> str:
    extra = {
        BoardKind.JURY: ("n", "mean", "median", "sd"),
        BoardKind.COMBINED: ("jury_part", "metric_part", "metric_value"),
    }.get(BoardKind(snapshot.kind), ())
    header = ("rank", "team", "score", *extra)
    rows = [
        (
            str(row.rank or "–"),
            row.entry.team.name,
            row.score or "–",
            *(str(row.columns.get(column, "")) for column in extra),
        )
        for row in snapshot.rows.select_related("entry__team").order_by("position")
    ]
    return text_table(header, rows)


def accounts() -> str:
    """Return the table of everybody who can sign in: role, address, and for whom they act."""
    rows = [
        (role, account.email, account.purpose)
        for role, people in demo_accounts()
        for account in people
    ]
    return text_table(("role", "address", "acts for"), rows)


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table; numbers stand right, words left."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    numeric = [all(_is_number(cell) for cell in column[1:]) for column in columns]
    lines = []
    for row in (header, ["-" * width for width in widths], *rows):
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return not cell.strip("–") or cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def addresses(slug: str) -> Iterator[tuple[str, str]]:
    """Yield label and path of pages worth opening."""
    yield "home", reverse("home")
    yield "competition", reverse("competition:competition-show", args=[slug])
    for challenge in Challenge.objects.public().filter(competition__slug=slug).order_by("pk"):
        yield str(challenge.title), challenge.get_absolute_url()
        if challenge.state == "concluded":
            yield "its results", reverse("scoring:results-show", args=[slug, challenge.code])
    yield "sign-in with the accounts of the demo", reverse("account_login")
