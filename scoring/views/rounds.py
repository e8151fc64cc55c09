"""The cut between the rounds: the ranking of the first one, the line, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.access import get_permitted
from scoring.actions import rounds as actions
from scoring.forms.rounds import CutForm
from scoring.models import Jury
from scoring.queries import longlist as queries
from scoring.queries import rounds as round_queries
from scoring.queries import rubric as rubric_queries
from scoring.states import JuryState

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpResponse

    from accounts.views.person import UserRequest

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


@require_http_methods(["GET", "POST"])
@login_required
def jury_cut(request: UserRequest, code: str) -> HttpResponse:
    """Let the chair draw the line below the first round; afterwards show where it is."""
    jury = get_permitted(_JURIES.all(), "scoring.view_cut", request.user, challenge__code=code)
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        raise Http404
    hidden = actions.barred(jury, request.user)
    if jury.state != JuryState.CUTTING:
        if request.method == "POST":
            raise Http404
        return _made(request, jury, hidden)
    board = actions.table(jury, hidden=hidden, tells_likely=True)
    step = request.POST.get("step", "")
    form = CutForm(request.POST if request.method == "POST" else None, longlist=board)
    refusal: actions.CutRefused | None = None
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and step == "edit":
        status = 200
    elif request.method == "POST" and form.is_valid():
        choice: dict[str, Any] = {
            "place": form.cleaned_data["place"],
            "taken_up": form.taken_up(),
        }
        try:
            if step == "cut":
                cut = actions.make_cut(
                    jury, by=request.user, reason=form.cleaned_data["reason"], **choice
                )
                messages.success(request, _began(cut.finalists.count()))
                return redirect("scoring:jury-cut", code)
            return _check(request, jury, form, actions.preview(jury, by=request.user, **choice))
        except actions.CutRefused as error:
            refusal = error
    return render(
        request,
        "scoring/jury/jury_cut.html",
        {
            **_common(jury),
            "form": form,
            "longlist": board,
            "plan": round_queries.plan_words(rubric),
            "method": rubric_queries.method_words(rubric.method, rubric.aggregate),
            "refusal": refusal,
            "has_errors": status == 422,
        },
        status=status,
    )


def _began(count: int) -> str:
    return ngettext(
        "The final round has begun with %(count)s submission. The jurors get a message.",
        "The final round has begun with %(count)s submissions. The jurors get a message.",
        count,
    ) % {"count": count}


def _check(request: UserRequest, jury: Jury, form: CutForm, final: actions.Final) -> HttpResponse:
    """Show what the cut would lead to, before anything is stored."""
    lines = {line.entry_id: line for line in form.longlist.lines}
    return render(
        request,
        "scoring/jury/cut_check.html",
        {
            **_common(jury),
            "form": form,
            "finalists": [(lines[row.entry_id], row.reason) for row in final.finalists],
            "left": len(lines) - len(final.finalists),
            "jurors": final.jurors,
            "added": len(final.pairs),
        },
    )


def _made(request: UserRequest, jury: Jury, hidden: set[int]) -> HttpResponse:
    """Show the cut as it was made, with the ranking of the first round that was stored."""
    cut = round_queries.cut_of(jury)
    rubric = rubric_queries.of(jury.challenge)
    if cut is None or rubric is None:
        raise Http404
    return render(
        request,
        "scoring/jury/cut_show.html",
        {
            **_common(jury),
            "cut": cut,
            "longlist": queries.stored(cut, rubric, hidden=hidden),
            "method": rubric_queries.method_words(rubric.method, rubric.aggregate),
        },
    )
