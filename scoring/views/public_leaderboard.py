"""Leaderboards for everyone: page, CSV and JSON of a stored snapshot, and the sample file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competition.states import PhaseKind
from competition.views.challenge import challenge_head, find_challenge
from core import clock
from core.kept_pages import kept_for_visitors
from core.tables import csv_response, plain_csv
from scoring.queries import benchmark as benchmark_queries
from scoring.queries import leaderboard as queries
from scoring.states import BoardKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from competition.models import Challenge
    from scoring.models import Benchmark, Freeze, LeaderboardSnapshot
    from scoring.queries.leaderboard import Board

PER_PAGE: Final = 100
PAST_PER_PAGE: Final = 50
A_WEEK: Final = dt.timedelta(days=7)
HIDDEN: Final = "hidden"


@require_safe
@kept_for_visitors("number", "page", "part", "with")
def leaderboard_show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show a board: the provisional one, and after the results the final one too (S-4).

    Without `number` it is the newest; ranks are compared with the board `with`, else with the one
    that stood a week before.
    """
    now = clock.now()
    challenge, benchmark = _find(request, slug, code)
    kind = _kind(request, challenge)
    snapshot = _snapshot(request, challenge, kind)
    before = _before(request, challenge, kind, snapshot)
    board = queries.board(snapshot, request.user, before=before) if snapshot else None
    page = Paginator(board.scored if board else [], PER_PAGE).get_page(request.GET.get("page"))
    shown = set(page.object_list)
    submission = challenge.phase(PhaseKind.SUBMISSION)
    return render(
        request,
        "scoring/public/leaderboard_show.html",
        {
            "head": challenge_head(request, challenge, now),
            "here": _("Leaderboard"),
            "challenge": challenge,
            "benchmark": benchmark,
            "truth": benchmark.truth,
            "groups": benchmark_queries.groups_in_force(benchmark),
            "weights": benchmark_queries.weight_rows(board.header.get("weights", ()))
            if board
            else [],
            "board": board,
            "page": page,
            # The own row is there on every page of a long board.
            "pinned": board.own if board and board.own and board.own not in shown else None,
            "is_last_page": not page.has_next(),
            "is_final": kind == BoardKind.PRIVATE,
            "results_are_public": request.user.has_perm("scoring.view_results", challenge),
            "is_over": submission is not None and submission.is_over(now),
            "is_past": "number" in request.GET,
            "is_compared": "with" in request.GET,
            "query": _query(request, kind),
            "part": HIDDEN if kind == BoardKind.PRIVATE else "",
            "freezes": queries.freezes(challenge, now),
            "rules": queries.rules_of(challenge),
            "further": [card.label for card in board.cards[1:]] if board else [],
        },
    )


def _query(request: HttpRequest, kind: str) -> str:
    """Return the query of the downloads: the same part and number as the page."""
    wanted = {"part": HIDDEN} if kind == BoardKind.PRIVATE else {}
    if "number" in request.GET:
        wanted["number"] = request.GET["number"]
    return f"?{urlencode(wanted)}" if wanted else ""


def _snapshot(request: HttpRequest, challenge: Challenge, kind: str) -> LeaderboardSnapshot | None:
    """Return the board of the number that is asked for, the newest without one.

    Raises:
        Http404: there is no board of this number.

    """
    if "number" not in request.GET:
        return queries.latest(challenge, kind)
    return _numbered(challenge, kind, request.GET["number"])


def _numbered(challenge: Challenge, kind: str, number: str) -> LeaderboardSnapshot:
    is_number = number.isascii() and number.isdigit() and len(number) < 9
    found = queries.numbered(challenge, kind, int(number)) if is_number else None
    if found is None:
        raise Http404
    return found


def _before(
    request: HttpRequest,
    challenge: Challenge,
    kind: str,
    snapshot: LeaderboardSnapshot | None,
) -> LeaderboardSnapshot | None:
    """Return the board with which the ranks are compared."""
    if snapshot is None:
        return None
    if request.GET.get("with"):
        return _numbered(challenge, kind, request.GET["with"])
    return queries.as_of(challenge, kind, snapshot.computed_at - A_WEEK)


@require_safe
@kept_for_visitors("page", "part")
def leaderboard_history(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """List every board there was, each as it stood, to look at or to compare."""
    challenge, _benchmark = _find(request, slug, code)
    kind = _kind(request, challenge)
    now = clock.now()
    found = queries.public_boards(challenge, kind)
    page = Paginator(found, PAST_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "scoring/public/leaderboard_history.html",
        {
            "head": challenge_head(request, challenge, now),
            "here": _("Earlier leaderboards"),
            "challenge": challenge,
            "page": page,
            "past": queries.history(list(page.object_list)),
            "part": HIDDEN if kind == BoardKind.PRIVATE else "",
            "freezes": queries.freezes(challenge, now),
        },
    )


@require_safe
def leaderboard_csv(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the newest board as a table for spreadsheets."""
    return _download(request, slug, code, _csv)


@require_safe
def leaderboard_json(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the newest board for programs."""
    return _download(request, slug, code, _json)


@require_safe
def sample_csv(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with a prediction file that passes the check and predicts nothing."""
    challenge, benchmark = _find(request, slug, code)
    # As a program reads it: an apostrophe before an id would be another id.
    content = plain_csv(*benchmark_queries.sample_rows(benchmark))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{challenge.code}-sample.csv"'
    return response


def _find(request: HttpRequest, slug: str, code: str) -> tuple[Challenge, Benchmark]:
    """Return a statement with a benchmark that is ready.

    Raises:
        Http404: there is none for this person.

    """
    challenge = find_challenge(request, slug, code)
    benchmark = benchmark_queries.of_challenge(challenge) if challenge.wants_predictions else None
    if benchmark is None or benchmark.truth is None:
        raise Http404
    return challenge, benchmark


def _kind(request: HttpRequest, challenge: Challenge) -> BoardKind:
    """Return which board is asked for; that of the hidden part only after the results."""
    if request.GET.get("part") != HIDDEN:
        return BoardKind.PUBLIC
    if not request.user.has_perm("scoring.view_results", challenge):
        raise Http404
    return BoardKind.PRIVATE


def _download(
    request: HttpRequest,
    slug: str,
    code: str,
    write: Callable[[Challenge, Board, Freeze | None], HttpResponse],
) -> HttpResponse:
    challenge, _benchmark = _find(request, slug, code)
    snapshot = _snapshot(request, challenge, _kind(request, challenge))
    if snapshot is None:
        raise Http404
    frozen = queries.freezes(challenge, clock.now()).in_force
    # A snapshot never changes, so its code says everything about the content, beside the freeze and
    # whether made-up names have been told.
    state = [snapshot.code, *([str(frozen.pk)] if frozen else [])]
    etag = f'"{"-".join(state + ["named"] * queries.is_named(snapshot))}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = write(challenge, queries.board(snapshot), frozen)
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=30" if challenge.is_public else "private, no-store"
    return response


def _file_name(challenge: Challenge, snapshot: LeaderboardSnapshot, suffix: str) -> str:
    return f"{challenge.code}-{snapshot.kind}-{snapshot.number}.{suffix}"


def _csv(challenge: Challenge, board: Board, _frozen: Freeze | None) -> HttpResponse:
    header = ["rank", "team", "baseline", "versions", "note"]
    for card in board.cards:
        header += [card.key, f"{card.key}_low", f"{card.key}_high"]
    header += ["rank_from", "rank_to"]
    rows = [
        [
            row.rank or "",
            row.name,
            int(row.is_baseline),
            row.versions,
            row.note,
            # A number with the digits that are published; as text a minus would be a formula.
            *(
                Decimal(text) if text else ""
                for cell in row.cells
                for text in (cell.value, cell.low, cell.high)
            ),
            *(row.likely or ("", "")),
        ]
        for row in board.rows
    ]
    return csv_response(_file_name(challenge, board.snapshot, "csv"), header, rows)


def _json(challenge: Challenge, board: Board, frozen: Freeze | None) -> HttpResponse:
    snapshot, header = board.snapshot, board.header
    content: dict[str, Any] = {
        "challenge": challenge.code,
        "kind": snapshot.kind,
        "provisional": snapshot.kind == BoardKind.PUBLIC,
        "snapshot": snapshot.code,
        "number": snapshot.number,
        "computed_at": snapshot.computed_at.isoformat(),
        "frozen_since": frozen.starts_at.isoformat() if frozen else None,
        "rule": snapshot.rule_version,
        "code": snapshot.code_version or None,
        "rules": header.get("rules"),
        "inputs_sha256": snapshot.inputs_sha256,
        "benchmark_version": header["benchmark_version"],
        "rows_measured": header["rows"],
        "interval_level": header["interval_level"],
        "interval_seed": header["interval_seed"],
        # Where several metrics make one number: what each counts.
        "weights": header.get("weights", []),
        "metrics": [
            {
                "key": card.key,
                "name": card.english[0],
                "definition": card.english[1],
                "higher_is_better": card.higher_is_better,
            }
            for card in board.cards
        ],
        "rows": [
            {
                "rank": row.rank,
                "likely_ranks": row.likely,
                "team": row.name,
                **({"pseudonym": row.pseudonym} if row.pseudonym else {}),
                **({"decided_by": row.decided_by} if row.decided_by else {}),
                "baseline": row.is_baseline,
                "versions": row.versions,
                "note": row.note or None,
                "values": {
                    cell.card.key: {
                        "value": _number(cell.value),
                        "low": _number(cell.low),
                        "high": _number(cell.high),
                    }
                    for cell in row.cells
                    if cell.value
                },
            }
            for row in board.rows
        ],
    }
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 1})


def _number(text: str) -> float | None:
    return float(text) if text else None
