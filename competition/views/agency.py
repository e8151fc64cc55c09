"""Pages of an agency: its statements, the tasks of one, checking and handing in, the dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition import checks, statement
from competition.actions import statement as actions
from competition.forms.agency import AnswerForm, StatementForm
from competition.models import Challenge
from competition.queries import agency as queries
from competition.queries.statement import facts_of, precheck_of, unmet_for_hand_in
from competition.statement.completeness import missing
from competition.statement.display import shown
from competition.statement.fields import Need
from competition.states import ChallengeState
from core.access import get_permitted
from core.exceptions import Incomplete

if TYPE_CHECKING:
    from accounts.views.person import UserRequest


def find(request: UserRequest, code: str) -> Challenge:
    """Return a statement for the staff of its agency; for its office too, but to read only."""
    permission = "view" if request.method in {"GET", "HEAD"} else "write"
    rows = Challenge.objects.select_related(
        "agency", "competition", "precheck", "updated_by", "created_by"
    ).prefetch_related("phases")
    return get_permitted(rows, f"competition.{permission}_statement", request.user, code=code)


# -- list and start -------------------------------------------------------------------------------


@require_safe
@login_required
def statement_list(request: UserRequest) -> HttpResponse:
    """Show the statements of one's agencies, what waits for the agency first."""
    statements = list(queries.statements_of(request.user))
    return render(
        request,
        "competition/agency/statement_list.html",
        {
            "statements": statements,
            "agencies": {row.agency_id for row in statements},
            "works_for_agency": request.user.agency_memberships.exists(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def statement_create(request: UserRequest) -> HttpResponse:
    """Start a problem statement."""
    if not request.user.agency_memberships.exists():
        raise Http404
    form = StatementForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        challenge = actions.create(
            form.cleaned_data["agency"],
            by=request.user,
            competition=form.cleaned_data["competition"],
            title_de=form.cleaned_data["title_de"],
        )
        messages.success(request, _("The draft is saved. Nobody but your agency can see it."))
        return redirect("competition:statement-show", challenge.code)
    return render(
        request,
        "competition/agency/statement_create.html",
        {
            "form": form,
            "has_competitions": form.fields["competition"].queryset.exists(),  # type: ignore[attr-defined]
        },
        status=422 if form.is_bound else 200,
    )


# -- one statement --------------------------------------------------------------------------------


@require_safe
@login_required
def statement_show(request: UserRequest, code: str) -> HttpResponse:
    """Show the tasks while the agency may write, and the statement to read afterwards."""
    challenge = find(request, code)
    return _show(request, challenge)


def _show(
    request: UserRequest,
    challenge: Challenge,
    *,
    answer_form: AnswerForm | None = None,
    answer_to: int = 0,
    status: int = 200,
) -> HttpResponse:
    exchanges = queries.exchanges_of(challenge)
    versions = list(challenge.versions.select_related("made_by").defer("content"))
    facts = facts_of(challenge)
    precheck = precheck_of(challenge)
    may_answer = request.user.has_perm("competition.answer_question", challenge)
    context: dict[str, Any] = {
        "challenge": challenge,
        "brand_note": challenge.competition.name,
        "precheck": precheck,
        "exchanges": exchanges,
        "open_exchanges": [row for row in exchanges if row.answer is None],
        "answered_exchanges": [row for row in exchanges if row.answer is not None],
        "versions": versions,
        "latest": versions[0] if versions else None,
        "way": queries.way_of(challenge, versions[-1].made_at if versions else None),
        "may_answer": may_answer,
        "answer_form": answer_form or AnswerForm(),
        "answer_to": answer_to,
        "has_errors": answer_form is not None,
    }
    if request.user.has_perm("competition.change_challenge", challenge):
        tasks = queries.tasks_of(
            request,
            challenge,
            facts,
            exchanges,
            precheck_is_done=checks.precheck_is_complete(challenge).passed,
        )
        context |= {"tasks": tasks, "totals": queries.totals_of(tasks)}
        return render(request, "competition/agency/statement_tasks.html", context, status=status)
    context |= {
        "sections": shown(challenge, statement.SECTIONS, facts, is_public=False),
        "files": challenge.resources.all(),
        "is_in_review": challenge.state == ChallengeState.IN_REVIEW,
    }
    return render(request, "competition/agency/statement_read.html", context, status=status)


@require_POST
@login_required
def message_answer(request: UserRequest, code: str, number: int) -> HttpResponse:
    """Answer a question of the office."""
    challenge = find(request, code)
    exchange = next((row for row in queries.exchanges_of(challenge) if row.number == number), None)
    if exchange is None:
        raise Http404
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, challenge, answer_form=form, answer_to=number, status=422)
    actions.answer_message(exchange.question, by=request.user, text=form.cleaned_data["text"])
    messages.success(request, _("Your answer is with the competition office."))
    return redirect(f"{_url(challenge)}#{exchange.anchor}")


# -- check and hand in ----------------------------------------------------------------------------


@require_safe
@login_required
def statement_check(request: UserRequest, code: str) -> HttpResponse:
    """Show all answers and what is missing before the statement is handed in."""
    challenge = find(request, code)
    if not request.user.has_perm("competition.change_challenge", challenge):
        return redirect("competition:statement-show", challenge.code)
    return _check(request, challenge)


def _check(request: UserRequest, challenge: Challenge, *, tried: bool = False) -> HttpResponse:
    facts = facts_of(challenge)
    gaps = missing(challenge, statement.SECTIONS, facts, need=Need.PUBLISH)
    by_section: dict[str, list[Any]] = {}
    for gap in gaps:
        if gap.need is Need.HAND_IN:
            by_section.setdefault(gap.section, []).append(gap)
    exchanges = queries.exchanges_of(challenge)
    precheck_check = checks.precheck_is_complete(challenge)
    tasks = queries.tasks_of(
        request, challenge, facts, exchanges, precheck_is_done=precheck_check.passed
    )
    sections = {
        row.key: row for row in shown(challenge, statement.SECTIONS, facts, is_public=False)
    }
    return render(
        request,
        "competition/agency/statement_check.html",
        {
            "challenge": challenge,
            "brand_note": challenge.competition.name,
            "unmet": unmet_for_hand_in(challenge),
            "later": [gap for gap in gaps if gap.need is Need.PUBLISH],
            "parts": [
                {
                    "task": task,
                    "section": sections.get(task.key),
                    "gaps": by_section.get(task.key, []),
                }
                for task in tasks
            ],
            "precheck": precheck_of(challenge),
            "phases": challenge.phases.all(),
            "files": challenge.resources.all(),
            "totals": queries.totals_of(tasks),
            "has_errors": tried,
            "tried": tried,
        },
        status=422 if tried else 200,
    )


@require_POST
@login_required
def statement_hand_in(request: UserRequest, code: str) -> HttpResponse:
    """Hand the statement in; what is missing is shown on the page of all answers."""
    challenge = find(request, code)
    try:
        actions.hand_in(challenge, by=request.user)
    except Incomplete:
        return _check(request, challenge, tried=True)
    return redirect("competition:statement-show", challenge.code)


def _url(challenge: Challenge) -> str:
    return reverse("competition:statement-show", args=[challenge.code])
