"""The published result: page, explanation, open data. Before publication all of it is 404."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competition.models import Challenge
from competition.views.challenge import find_challenge
from core import clock
from core.tables import csv_response
from scoring.actions import commitments, final_boards
from scoring.queries import footprints as footprint_queries
from scoring.queries import results as queries
from scoring.queries import rubric as rubric_queries
from scoring.queries import sensitivity as sensitivity_queries
from scoring.queries import shift as shift_queries
from scoring.queries import stability as stability_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from core.charts import Figure
    from scoring.queries.results import Result, ResultLine
    from scoring.queries.sensitivity import Sensitivity
    from scoring.queries.stability import Stability

    type View = Callable[[HttpRequest, str, str], HttpResponse]


def _find(request: HttpRequest, slug: str, code: str) -> Result:
    """Return the published result, else 404 for everybody."""
    challenge = find_challenge(request, slug, code)
    decision = queries.decision_of(challenge)
    if decision is None or not request.user.has_perm("scoring.view_results", challenge):
        raise Http404
    wanted = request.GET.get("version", "")
    version = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else None
    last = sum(row.is_erratum for row in decision.amendments.all()) + 1
    if wanted and (version is None or not 1 <= version <= last):
        raise Http404
    boards = final_boards.of_decision(decision, version)
    return queries.result(decision, boards, version=version)


def _common(result: Result) -> dict[str, Any]:
    challenge: Challenge = result.challenge
    return {
        "result": result,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "is_demo": settings.DEMO,
        "now": clock.now(),
    }


@require_safe
def results_show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show who won and how it was decided (S-20)."""
    from scoring import figures  # noqa: PLC0415  (charts are heavy)

    result = _find(request, slug, code)
    return render(
        request,
        "scoring/public/results_show.html",
        {
            **_common(result),
            "shift_figure": _slopes(result),
            "footprints": footprint_queries.published(result),
            "figure": figures.contributions(
                result, csv_url=reverse("scoring:results-csv", args=[slug, code])
            )
            if result.adds_up
            else None,
            "explanation": rubric_queries.explain(result.rubric),
            "fields": queries.dictionary(result),
            "versions": _versions(result),
            "may_correct": request.user.is_authenticated
            and request.user.has_perm("scoring.correct_result", result.challenge.jury),
        },
    )


def _versions(result: Result) -> list[dict[str, Any]]:
    """Return every version of a corrected result with its hashes; nothing without an erratum."""
    decision = result.decision
    errata = [row for row in decision.amendments.all() if row.is_erratum]
    if not errata:
        return []
    moments = [decision.published_at, *(row.made_at for row in errata)]
    return [
        {
            "number": number,
            "at": at,
            "facts": commitments.result_facts(decision, number),
            "erratum": errata[number - 2] if number > 1 else None,
            "is_shown": number == result.version,
        }
        for number, at in enumerate(moments, start=1)
    ]


@require_safe
def results_explain(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show the way from the marks to the rank, for one team or for all (J-143)."""
    result = _find(request, slug, code)
    wanted = request.GET.get("team", "")
    line = result.line_of(wanted) if wanted else None
    if wanted and line is None:
        raise Http404
    sensitivity = sensitivity_queries.sensitivity(result, line)
    stability = stability_queries.published(result)
    return render(
        request,
        "scoring/public/results_explain.html",
        {
            **_common(result),
            "line": line,
            "steps": queries.steps(result, line) if line is not None else None,
            "metric_parts": result.metric_parts(line) if line is not None else [],
            "neighbours": _neighbours(result, line),
            "sensitivity": sensitivity,
            "figure": _weight_bands(result, sensitivity, is_of_all=line is None),
            "stability": stability,
            "likely": stability.of(line.name) if stability and line is not None else None,
            "stability_figure": _rank_stability(result, stability) if line is None else None,
            "explanation": rubric_queries.explain(result.rubric),
        },
    )


def _weight_bands(
    result: Result, sensitivity: Sensitivity | None, *, is_of_all: bool
) -> Figure | None:
    """Return the drawing of the bands; the download is of the first place."""
    from scoring import figures  # noqa: PLC0415  (charts are heavy)

    if sensitivity is None or not sensitivity.bands:
        return None
    url = _download(result, "results-weights") if is_of_all else ""
    return figures.weight_bands(sensitivity, csv_url=url)


def _rank_stability(result: Result, stability: Stability | None) -> Figure | None:
    """Return the drawing of the likely ranks; none where nothing was announced or drawn."""
    from scoring import figures  # noqa: PLC0415  (charts are heavy)

    if stability is None or not stability.rows:
        return None
    return figures.rank_stability(
        stability,
        names=_("Team") if result.shows_teams else _("Submission"),
        ranked_by=_("published rank"),
        csv_url=_download(result, "results-stability"),
    )


def _slopes(result: Result) -> Figure | None:
    """Return the drawing of how ranks moved to the hidden rows; none without two boards."""
    from scoring import shift_figures  # noqa: PLC0415  (charts are heavy)

    found = shift_queries.published(result)
    if found is None:
        return None
    return shift_figures.slopes(found, csv_url=_download(result, "results-shift"))


def _download(result: Result, name: str) -> str:
    """Return the address of a table of the same version of the result."""
    challenge = result.challenge
    url = reverse(f"scoring:{name}", args=[challenge.competition.slug, challenge.code])
    return url if result.is_current else f"{url}?version={result.version}"


def _neighbours(result: Result, line: ResultLine | None) -> list[ResultLine]:
    """Return the line, the one before and the one after it."""
    if line is None or line.rank is None:
        return []
    at = result.ranked.index(line)
    return result.ranked[max(at - 1, 0) : at + 2]


# -- open data -------------------------------------------------------------------------------------


def _etag(result: Result) -> str:
    return f'"{result.final.code}-{result.version}-{result.final.inputs_sha256[:16]}"'


def _open_data(write: Callable[[Result], HttpResponse]) -> View:
    """Make a download of a function that writes a result: found, tagged, dated and licensed.

    Whoever has this version of the result already is told so (304), without writing it.
    """

    @require_safe
    @functools.wraps(write)
    def download(request: HttpRequest, slug: str, code: str) -> HttpResponse:
        result = _find(request, slug, code)
        etag = _etag(result)
        response = get_conditional_response(request, etag=etag) or write(result)
        response["ETag"] = etag
        if result.decision.published_at is not None:
            response["Last-Modified"] = http_date(result.decision.published_at.timestamp())
        response["Link"] = f'<{result.licence_url}>; rel="license"'
        return response

    return download


def _file_name(result: Result, what: str) -> str:
    return f"{result.challenge.code}-{what}"


@_open_data
def results_csv(result: Result) -> HttpResponse:
    """Answer with the final ranking as a table."""
    names = [name for name, _meaning in queries.dictionary(result)]
    rows = [[record.get(name, "") for name in names] for record in queries.records(result)]
    return csv_response(_file_name(result, "results.csv"), names, rows)


@_open_data
def results_marks(result: Result) -> HttpResponse:
    """Answer with the counted marks, so that anybody can compute the jury's points again (X-54)."""
    return csv_response(_file_name(result, "marks.csv"), queries.MARK_FIELDS, queries.marks(result))


@_open_data
def results_rubric(result: Result) -> HttpResponse:
    """Answer with the rubric of the marks, for the same computation."""
    response = HttpResponse(queries.rubric_toml(result), content_type="application/toml")
    name = _file_name(result, "rubric.toml")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@_open_data
def results_weights(result: Result) -> HttpResponse:
    """Answer with the weights at which the first place changes hands; only a head without any."""
    found = sensitivity_queries.records(sensitivity_queries.sensitivity(result))
    return csv_response(_file_name(result, "weights.csv"), sensitivity_queries.FIELDS, found)


@_open_data
def results_stability(result: Result) -> HttpResponse:
    """Answer with the ranks that another jury might have given; only a head without any."""
    found = stability_queries.records(stability_queries.published(result))
    return csv_response(_file_name(result, "stability.csv"), stability_queries.FIELDS, found)


@_open_data
def results_shift(result: Result) -> HttpResponse:
    """Answer with the ranks on public and hidden rows; only a head without both boards."""
    found = shift_queries.records(shift_queries.published(result))
    return csv_response(_file_name(result, "shift.csv"), shift_queries.FIELDS, found)


@_open_data
def results_footprint(result: Result) -> HttpResponse:
    """Answer with what the teams declare about their solutions; only a head without anything."""
    found = footprint_queries.published(result)
    rows = [
        [record[name] for name in footprint_queries.FIELDS]
        for record in (found.records if found else ())
    ]
    return csv_response(_file_name(result, "footprint.csv"), footprint_queries.FIELDS, rows)


@_open_data
def results_json(result: Result) -> HttpResponse:
    """Answer with the whole result for programs."""
    found = footprint_queries.published(result)
    data = queries.open_data(result)
    return JsonResponse(
        {**data, "footprints": found.records} if found else data,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
