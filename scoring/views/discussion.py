"""The jury's meeting: what every member sees once the chair has opened it, and the chair's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import get_permitted, get_visible
from scoring.actions import deliberation, final_boards
from scoring.forms.deliberation import VoteForm
from scoring.models import Jury, JurySeat
from scoring.queries import board as board_queries
from scoring.queries import discussion as queries
from scoring.queries import jury as jury_queries
from scoring.queries import reopening
from scoring.queries import rubric as rubric_queries
from scoring.queries.metrics import metric_card
from scoring.states import JuryState
from submissions import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from accounts.views.person import UserRequest
    from scoring.models import Rubric
    from scoring.queries.board import Ranking

_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency"
).prefetch_related("challenge__phases")


def _common(jury: Jury) -> dict[str, Any]:
    return {
        "jury": jury,
        "challenge": jury.challenge,
        "competition": jury.challenge.competition,
        "brand_note": jury.challenge.competition.name,
    }


def _seat(request: UserRequest, jury: Jury) -> JurySeat:
    seats = JurySeat.objects.select_related("jury__challenge")
    return get_visible(seats, request.user, jury=jury)


@require_safe
@login_required
def discussion_show(request: UserRequest, code: str) -> HttpResponse:
    """Show a member of the jury the ranking, one submission in detail, and the list for the talk.

    Computed without the submissions the member is in conflict with, as if they did not exist.
    While the jury talks about one of those, the page says so and nothing else (Q-50).
    """
    jury = get_permitted(
        _JURIES.all(), "scoring.join_discussion", request.user, challenge__code=code
    )
    seat = _seat(request, jury)
    closed = queries.closed_entries(seat)
    meets = jury.state == JuryState.DELIBERATING
    if meets and queries.current_entry(jury) in closed:
        return render(request, "scoring/jury/discussion_leave.html", _common(jury))
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        raise Http404
    submissions = [
        row for row in jury_queries.running_submissions(jury) if row.entry_id not in closed
    ]
    agenda = queries.agenda(jury, submissions, hidden=closed)
    default = agenda.current.code if agenda.current is not None else ""
    ranking = (
        _ranking(jury, rubric, closed, selected=request.GET.get("submission", default))
        if submissions
        else None
    )
    line = ranking.selected if ranking is not None else None
    return render(
        request,
        "scoring/jury/discussion_show.html",
        {
            **_common(jury),
            "ranking": ranking,
            "line": line,
            "detail": None if line is None else board_queries.detail(jury, line.code, rubric),
            "agenda": agenda,
            "motions": _motions(jury, closed, seat),
            "may_vote": meets and seat.has_vote,
            "is_present": meets and queries.is_present(seat),
            "reopened": reopening.reopened(jury, hidden=closed),
            "meets": meets,
            "leads": seat.leads,
            "letter": board_queries.letters(jury)[seat.pk],
            "explanation": rubric_queries.explain(rubric),
            "method": rubric_queries.method_words(rubric.method, rubric.aggregate),
            "limits": (final_boards.DISCUSS_SD, final_boards.DISCUSS_SPREAD),
        },
    )


@require_safe
@login_required
def discussion_document(request: UserRequest, code: str, submission_code: str) -> HttpResponseBase:
    """Answer with the concept of any submission the jury talks about, under a neutral name.

    Who talks about a submission must be able to read it, also where it was not assigned to them.
    """
    jury = get_permitted(
        _JURIES.all(), "scoring.join_discussion", request.user, challenge__code=code
    )
    closed = queries.closed_entries(_seat(request, jury))
    submission = next(
        (
            row
            for row in jury_queries.running_submissions(jury)
            if row.code == submission_code and row.entry_id not in closed
        ),
        None,
    )
    if submission is None or submission.concept is None:
        raise Http404
    return documents.download(
        submission.concept,
        name=submission.concept.neutral_name,
        inline="download" not in request.GET,
    )


def _motions(jury: Jury, closed: set[int], seat: JurySeat) -> list[dict[str, Any]]:
    """Return the motions with the form of one's vote on each that is open."""
    return [
        {
            "line": line,
            "form": VoteForm(initial={"choice": line.own}, auto_id=f"{line.motion.code}_%s"),
        }
        for line in queries.motions(jury, hidden=closed, seat=seat)
    ]


def _ranking(jury: Jury, rubric: Rubric, closed: set[int], *, selected: str) -> Ranking:
    """Rank the submissions that are open to the reader; the first one is shown unless one is."""
    computed = final_boards.compute_jury(jury.challenge, rubric, without=closed)
    final, combined = computed, None
    if final_boards.is_combined(jury.challenge):
        final = final_boards.compute_combined(jury.challenge, computed)
        combined = (final.rows, final.header, metric_card(final.header["metric"]))
    codes = [row.submission.code for row in final.rows if row.submission is not None]
    return board_queries.ranking(
        computed.rows,
        computed.header,
        combined,
        hidden=(),
        discuss=final_boards.disputed(computed),
        selected=selected if selected in codes else codes[0],
    )


# -- the chair's list ------------------------------------------------------------------------------

# As the buttons send them, followed by a colon and the code of the submission.
_STEPS: dict[str, Callable[..., Any]] = {
    "add": deliberation.put_on_list,
    "remove": deliberation.take_off_list,
    "up": deliberation.move_up,
    "call": deliberation.begin_talk,
}


@require_POST
@login_required
def discussion_arrange(request: UserRequest, code: str) -> HttpResponse:
    """Put a submission on the list or off, move it, call it, or end the talk."""
    jury = get_permitted(_JURIES.all(), "scoring.deliberate", request.user, challenge__code=code)
    step, _colon, wanted = request.POST.get("step", "").partition(":")
    url = reverse("scoring:board-show", args=[code])
    if step == "end":
        deliberation.end_talk(jury, by=request.user)
        messages.success(request, _("The talk is ended. Everybody may come in again."))
        return redirect(url)
    entry = board_queries.entries_by_code(jury).get(wanted)
    if entry is None or step not in _STEPS:
        raise Http404
    _STEPS[step](jury, entry=entry, by=request.user)
    if step == "call":
        messages.success(
            request,
            _("The jury talks about %(name)s. Members in conflict are asked to leave.")
            % {"name": entry.jury_pseudonym},
        )
    return redirect(f"{url}?submission={wanted}#selected")
