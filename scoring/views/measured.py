"""What the machine measured of one submission, for the jury once its marks are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.access import get_permitted, get_visible
from core.tables import csv_response
from scoring.actions import final_boards
from scoring.compute.schema import DetailKind
from scoring.models import Jury, JurySeat
from scoring.queries import details as queries
from scoring.queries import evaluation as evaluation_queries
from scoring.queries import groups
from scoring.queries import jury as jury_queries
from scoring.states import EvaluationState, Split

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from scoring.models import Evaluation
    from submissions.models import Submission

_JURIES = Jury.objects.select_related("challenge__competition", "challenge__agency")


@require_safe
@login_required
def measured_show(request: HttpRequest, code: str, submission_code: str) -> HttpResponse:
    """Show what lies behind the value of one submission on the jury's board.

    Of the hidden part only: the values of the public part stand on a public board under the names
    of teams, and nobody in the jury shall find a submission there.
    """
    from scoring import detail_figures, group_figures  # noqa: PLC0415  (charts are heavy)

    jury, submission, evaluation = _find(request, code, submission_code)

    def address(kind: str) -> str:
        return reverse("scoring:measured-csv", args=[code, submission_code, kind])

    return render(
        request,
        "scoring/jury/measured_show.html",
        {
            "jury": jury,
            "challenge": jury.challenge,
            "competition": jury.challenge.competition,
            "brand_note": jury.challenge.competition.name,
            "submission": submission,
            "pseudonym": submission.entry.jury_pseudonym,
            "details": detail_figures.of_details(
                queries.of_evaluation(evaluation, Split.PRIVATE), address
            ),
            "groups": [
                group_figures.group_values(column, csv_url=address("groups"))
                for column in groups.of_evaluation(evaluation, Split.PRIVATE)
            ],
            "leads": request.user.has_perm("scoring.view_board", jury),
        },
    )


@require_safe
@login_required
def measured_csv(request: HttpRequest, code: str, submission_code: str, kind: str) -> HttpResponse:
    """Hand out what one of the drawings is drawn from."""
    _jury, _submission, evaluation = _find(request, code, submission_code)
    table = None
    if kind == "groups":
        table = groups.table(evaluation, Split.PRIVATE)
    elif kind in set(DetailKind):
        table = queries.table(evaluation, Split.PRIVATE, DetailKind(kind))
    if table is None:
        raise Http404
    return csv_response(f"submission-{submission_code}-{kind}.csv", *table)


def _find(
    request: HttpRequest, code: str, submission_code: str
) -> tuple[Jury, Submission, Evaluation]:
    """Return a submission that the reader's board holds, and what was measured of it.

    Raises:
        Http404: too early, in conflict, or the jury's board holds no metric.

    """
    jury = get_permitted(_JURIES.all(), "scoring.view_measured", request.user, challenge__code=code)
    if not final_boards.is_combined(jury.challenge):
        raise Http404
    seat = get_visible(JurySeat.objects.select_related("jury__challenge"), request.user, jury=jury)
    barred = jury_queries.barred_entries(seat)
    for submission in jury_queries.running_submissions(jury):
        if submission.code == submission_code and submission.entry_id not in barred:
            evaluation = evaluation_queries.latest_of(submission)
            if evaluation is not None and evaluation.state == EvaluationState.SUCCEEDED:
                return jury, submission, evaluation
    raise Http404
