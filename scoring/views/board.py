"""The chair's board after closing: ranking, one submission in detail, decision, publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from competition.states import PhaseKind
from core import clock
from core.access import get_permitted
from core.exceptions import DomainError
from core.tables import csv_response
from scoring.actions import decision as decision_actions
from scoring.actions import final_boards
from scoring.actions.decision import AwardInput
from scoring.forms.decision import DecisionForm
from scoring.forms.deliberation import ConsensusForm
from scoring.models import Jury, JurySeat
from scoring.queries import board as queries
from scoring.queries import board_support as support_queries
from scoring.queries import compare, discussion, reopening
from scoring.queries import jury as jury_queries
from scoring.queries import rubric as rubric_queries
from scoring.queries.metrics import metric_card
from scoring.states import JuryState
from scoring.views.meeting import board_tabs
from scoring.views.notes import note_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.http import HttpRequest, HttpResponse

    from scoring.actions.leaderboard import Computed, Row
    from scoring.models import Rubric
    from scoring.queries.board import Line, Ranking
    from scoring.queries.board_support import BoardSupport

ROWS_SHOWN = 3
# From when on members read what was not assigned to them.
DISCUSSED = frozenset({JuryState.DELIBERATING, JuryState.DECIDED, JuryState.PUBLISHED})
_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency"
).prefetch_related("challenge__phases")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page of the chair after closing starts from."""

    jury: Jury
    rubric: Rubric
    ranking: Ranking
    hidden: set[int]
    inputs_sha256: str
    header: Any
    rows: Sequence[Row]
    # Where jury and metric make the total.
    combined: Computed | None


def _common(jury: Jury) -> dict[str, Any]:
    return {
        "jury": jury,
        "challenge": jury.challenge,
        "competition": jury.challenge.competition,
        "brand_note": jury.challenge.competition.name,
    }


def _own_seat(jury: Jury, user: Any) -> JurySeat:
    return (
        JurySeat.objects.visible_to(user).select_related("user", "jury__challenge").get(jury=jury)
    )


def _hidden(jury: Jury, user: Any) -> set[int]:
    """Return the entries about which the chair may know nothing but rank and points."""
    return jury_queries.barred_entries(_own_seat(jury, user))


def _desk(
    request: HttpRequest, jury: Jury, *, hidden: set[int], without: Collection[int] = ()
) -> Desk:
    """Compute the boards from the locked assessments; nothing is stored before the decision.

    Of `hidden` entries rank and points alone are shown, `without` others there is no trace at all.
    """
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        raise Http404
    computed = final_boards.compute_jury(jury.challenge, rubric, without=without)
    final, total, combined = computed, None, None
    if final_boards.is_combined(jury.challenge):
        final = total = final_boards.compute_combined(jury.challenge, computed)
        combined = (final.rows, final.header, metric_card(final.header["metric"]))
    first = next((row for row in final.rows if row.rank is not None), None)
    default = first.submission.code if first is not None and first.submission is not None else ""
    return Desk(
        jury=jury,
        rubric=rubric,
        ranking=queries.ranking(
            computed.rows,
            computed.header,
            combined,
            hidden=hidden,
            discuss=final_boards.disputed(computed),
            selected=request.GET.get("submission", default),
        ),
        hidden=hidden,
        inputs_sha256=final.inputs_sha256,
        header=computed.header,
        rows=computed.rows,
        combined=total,
    )


@require_safe
@login_required
def board_show(request: HttpRequest, code: str) -> HttpResponse:
    """Show the chair the ranking under pseudonyms and one submission in detail (S-19)."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    seat = _own_seat(jury, request.user)
    desk = _desk(request, jury, hidden=jury_queries.barred_entries(seat))
    line = desk.ranking.selected
    prizes = len(jury.challenge.answer("prizes") or [])
    return render(
        request,
        "scoring/jury/board_show.html",
        {
            **_common(jury),
            **_talk(request, jury, desk),
            "prizes": prizes,
            "prize_cut": queries.first_below(desk.ranking, prizes),
            "ranking": desk.ranking,
            "line": line,
            "detail": queries.detail(jury, line.code, desk.rubric)
            if line is not None and not line.is_hidden
            else None,
            "gap": None if desk.rubric.ranks_by_sum else _gap(desk.ranking, line),
            "has_hidden": any(row.is_hidden for row in desk.ranking.lines),
            "inputs_sha256": desk.inputs_sha256,
            "rule": desk.header["rule"],
            "explanation": rubric_queries.explain(desk.rubric),
            "method": rubric_queries.method_words(desk.rubric.method, desk.rubric.aggregate),
            "limits": (final_boards.DISCUSS_SD, final_boards.DISCUSS_SPREAD),
            "tabs": board_tabs(jury, "board-show"),
            "reopened": reopening.reopened(jury, hidden=desk.hidden),
            "is_chair": seat.is_chair,
            "history": _history(request, seat, line),
            "agenda": discussion.agenda(
                jury, [row.submission for row in desk.rows if row.submission is not None]
            ),
            "can_lead": request.user.has_perm("scoring.deliberate", jury),
            "document": code if jury.state in DISCUSSED else "",
            "closed": jury.challenge.phase(PhaseKind.ASSESSMENT),
            "meeting": jury.challenge.phase(PhaseKind.DELIBERATION),
            "states": JuryState,
            "now": clock.now(),
        },
    )


def _history(request: HttpRequest, seat: JurySeat, line: Line | None) -> str:
    """Return the code of the statement where the person may look at versions of the line."""
    if line is None or line.is_hidden:
        return ""
    if seat.is_chair:
        return seat.jury.challenge.code
    assignment = reopening.an_assignment(seat.jury, line.code)
    may = assignment is not None and request.user.has_perm("scoring.read_versions", assignment)
    return seat.jury.challenge.code if may else ""


def _talk(request: HttpRequest, jury: Jury, desk: Desk) -> dict[str, Any]:
    """Return the forms of notes and consensus about the selected submission, for who leads."""
    line = desk.ranking.selected
    if line is None or line.is_hidden or not request.user.has_perm("scoring.deliberate", jury):
        return {}
    seats = JurySeat.objects.visible_to(request.user)
    seat = seats.select_related("jury__challenge").get(jury=jury)
    return {
        "note": note_parts(seat, discussion.note_about(jury, line.entry_id), line.code),
        "consensus": ConsensusForm(
            criteria=list(desk.rubric.criteria.all()),
            agreed=queries.consensus(jury, line.entry_id),
            auto_id="consensus_%s",
        ),
    }


def _gap(ranking: Ranking, line: Line | None) -> Any:
    """Return the points to the next better line, and its name."""
    if line is None or line.rank is None or line.points is None:
        return None
    better = [
        row
        for row in ranking.ranked
        if row.is_cut == line.is_cut and row.points is not None and row.points > line.points
    ]
    if not better or better[-1].points is None:
        return None
    return {"points": better[-1].points - line.points, "name": better[-1].pseudonym}


@require_safe
@login_required
def board_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Answer with the chair's board as a table; entries in conflict keep their figures hidden."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    desk = _desk(request, jury, hidden=_hidden(jury, request.user))
    header = [
        "rank", "submission", "points", "jury_points", "median", "sd", "n", "lowest", "highest",
        "metric_value", "metric_points", "jury_part", "metric_part", "discuss", "reason",
    ]  # fmt: skip
    rows = [
        [
            "" if cell is None else cell
            for cell in (
                line.rank, line.pseudonym, line.points, line.jury_points, line.median, line.sd,
                None if line.is_hidden else line.n, line.lowest, line.highest, line.metric_raw,
                line.metric_points, line.jury_part, line.metric_part,
                "yes" if line.discuss else "", line.reason,
            )
        ]
        for line in desk.ranking.lines
    ]  # fmt: skip
    return csv_response(f"{code}-jury.csv", header, rows)


@require_safe
@login_required
def board_compare(request: HttpRequest, code: str) -> HttpResponse:
    """Show the chair two to four submissions side by side, with the marks of all (J-86)."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    desk = _desk(request, jury, hidden=_hidden(jury, request.user))
    chosen = request.GET.getlist("with")
    comparison = compare.of_jury(jury, desk.ranking.lines, desk.rubric, chosen)
    if comparison is None:
        raise Http404
    return render(
        request,
        "scoring/jury/board_compare.html",
        {
            **_common(jury),
            "comparison": comparison,
            "sentence": compare.sentence(len(set(chosen))),
            "tabs": board_tabs(jury, "board-compare"),
        },
    )


def _support(desk: Desk) -> BoardSupport:
    """Return the decision support of a board, without what its reader may not know of."""
    from scoring.compute.support import REASONS  # noqa: PLC0415  (heavy)

    letters = queries.letters(desk.jury)
    found = final_boards.support(
        desk.jury.challenge,
        desk.rubric,
        rows=desk.rows,
        combined=desk.combined,
        hidden=desk.hidden,
        letters={seat.code: letters[seat.pk] for seat in desk.jury.seats.all()},
    )
    return support_queries.board_support(
        found,
        desk.rubric,
        desk.ranking.ranked,
        {key: _(sentence) for key, sentence in REASONS.items()},
    )


@require_safe
@login_required
def board_support(request: HttpRequest, code: str) -> HttpResponse:
    """Show the chair what the figures can and cannot say; nothing of it is official (Q-79 ff.)."""
    from scoring import figures  # noqa: PLC0415  (charts are heavy)
    from scoring.compute.support import SENTENCES  # noqa: PLC0415  (heavy)

    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    desk = _desk(request, jury, hidden=_hidden(jury, request.user))
    support = _support(desk)
    return render(
        request,
        "scoring/jury/board_support.html",
        {
            **_common(jury),
            "tabs": board_tabs(jury, "board-support"),
            "support": support,
            "figure": figures.rank_stability(
                support.stability,
                names=_("Submission"),
                ranked_by=_("rank by the published rule"),
                csv_url=reverse("scoring:board-support-csv", args=[code]),
            )
            if support.estimates
            else None,
            "strips": figures.juror_strips(
                support, csv_url=reverse("scoring:board-totals-csv", args=[code])
            )
            if support.strips
            else None,
            "spreads": figures.disagreement(
                support,
                limit=final_boards.DISCUSS_SD,
                csv_url=reverse("scoring:board-csv", args=[code]),
            )
            if support.spreads
            else None,
            "is_combined": desk.ranking.card is not None,
            "sentences": {key: _(sentence) for key, sentence in SENTENCES.items()},
            "has_hidden": any(row.is_hidden for row in desk.ranking.lines),
        },
    )


@require_safe
@login_required
def board_support_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Answer with the estimates of the chair's page as a table; only a head without any."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    found = _support(_desk(request, jury, hidden=_hidden(jury, request.user)))
    return csv_response(
        f"{code}-support.csv", support_queries.FIELDS, support_queries.records(found)
    )


@require_safe
@login_required
def board_totals_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Answer with the total that each juror gave to each submission, by letter and pseudonym."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    found = _support(_desk(request, jury, hidden=_hidden(jury, request.user)))
    return csv_response(
        f"{code}-totals.csv", support_queries.TOTAL_FIELDS, support_queries.totals(found)
    )


# -- decision --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def decision_create(request: HttpRequest, code: str) -> HttpResponse:
    """Enter reasons and awards, check them on a page of their own, and decide."""
    jury = get_permitted(_JURIES.all(), "scoring.decide", request.user, challenge__code=code)
    if jury.state != JuryState.DELIBERATING:
        raise Http404
    desk = _desk(request, jury, hidden=_hidden(jury, request.user))
    form = DecisionForm(desk.ranking.ranked, request.POST or None)
    step, problem = request.POST.get("step", ""), None
    context = {**_common(jury), "ranking": desk.ranking, "form": form}
    if request.method == "POST" and form.is_valid() and step == "decide":
        try:
            _decide(request, jury, form)
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _("The decision is stored. It is not published yet."))
            return redirect("scoring:results-publish", code)
    has_errors = any(part.errors for part in form.all) or problem is not None
    if request.method == "POST" and not has_errors and step == "check":
        return render(request, "scoring/jury/decision_check.html", context)
    return render(
        request,
        "scoring/jury/decision_create.html",
        {
            **context,
            "problem": problem,
            "has_errors": has_errors,
            "prizes": jury.challenge.answer("prizes") or [],
            # Rows further down are folded: awards there are rare.
            "shown": len(jury.challenge.answer("prizes") or []) or ROWS_SHOWN,
        },
        status=422 if has_errors else 200,
    )


def _decide(request: HttpRequest, jury: Jury, form: DecisionForm) -> None:
    entries = queries.entries_by_code(jury)
    decision_actions.decide(
        jury,
        by=request.user,  # type: ignore[arg-type]  # holds a permission
        reasons_de=form.reasons.cleaned_data["reasons_de"],
        reasons_en=form.reasons.cleaned_data["reasons_en"],
        awards=[
            AwardInput(entry=entries[row.line.code], **award.cleaned_data)
            for row in form.rows
            for award in row.given
        ],
    )
