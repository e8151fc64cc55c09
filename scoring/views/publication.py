"""From the decision to its publication: names, eligibility, amendments, the publication itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.access import get_permitted
from core.display import moment_words
from core.exceptions import DomainError
from scoring.actions import final_boards
from scoring.actions import publication as actions
from scoring.actions.decision import AwardInput
from scoring.forms.publication import (
    AmendmentForm,
    AnswerForm,
    EligibilityForm,
    ErratumForm,
    PlanForm,
)
from scoring.models import Decision, Jury
from scoring.queries import publication as queries
from scoring.queries import results as result_queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from scoring.queries.publication import Winner

_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency", "challenge__decision__unsealing"
).prefetch_related("challenge__phases")


def _find(request: UserRequest, permission: str, code: str) -> tuple[Jury, Decision]:
    jury = get_permitted(_JURIES.all(), permission, request.user, challenge__code=code)
    decision = result_queries.decision_of(jury.challenge)
    if decision is None:
        raise Http404
    return jury, decision


def _common(request: UserRequest, jury: Jury) -> dict[str, Any]:
    competition = jury.challenge.competition
    is_office = request.user.has_perm("scoring.manage_jury", jury)
    return {
        "jury": jury,
        "challenge": jury.challenge,
        "competition": competition,
        "brand_note": competition.name,
        "is_office": is_office,
        "back": reverse(
            "competition:office-challenge", args=[competition.slug, jury.challenge.code]
        )
        if is_office
        else reverse("scoring:board-show", args=[jury.challenge.code]),
    }


# -- publication -----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def results_publish(request: UserRequest, code: str) -> HttpResponse:
    """Show what is to do and what will be public, and publish it.

    Before the names are unsealed everybody reads pseudonyms; afterwards the office reads names.
    """
    jury, decision = _find(request, "scoring.publish_results", code)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            actions.publish(jury, by=request.user)
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("The result is published. All teams get a message."))
            return redirect("scoring:results-show", jury.challenge.competition.slug, code)
    return _page(request, jury, decision, problem=problem)


def _page(
    request: UserRequest,
    jury: Jury,
    decision: Decision,
    *,
    problem: DomainError | None = None,
    plan: PlanForm | None = None,
) -> HttpResponse:
    from scoring import figures  # noqa: PLC0415  (charts are heavy)

    shows_teams = request.user.has_perm("scoring.read_teams", jury)
    result = result_queries.result(
        decision, final_boards.of_decision(decision), shows_teams=shows_teams
    )
    common = _common(request, jury)
    obstacles = queries.obstacles(decision, clock.now())
    has_errors = problem is not None or (plan is not None and bool(plan.errors))
    return render(
        request,
        "scoring/jury/results_publish.html",
        {
            **common,
            "result": result,
            "figure": figures.contributions(result) if result.adds_up else None,
            "explanation": rubric_queries.explain(result.rubric),
            "shows_teams": shows_teams,
            "steps": _steps(decision, is_office=common["is_office"]),
            "returned": queries.reasons_to_amend(decision),
            "obstacles": obstacles,
            "minutes_are_sealed": queries.minutes_are_sealed(decision),
            "objections": queries.objections_of(decision),
            "upheld": queries.upheld_objections(decision),
            "decision": decision,
            "may_plan": all(found.code == "objection_period" for found in obstacles),
            "plan": plan or PlanForm(initial={"at": decision.publish_at}),
            "may_amend": request.user.has_perm("scoring.amend_decision", jury),
            "may_tell": decision.told_at is None
            and common["is_office"]
            and not queries.obstacles_before_telling(decision),
            "days": jury.challenge.competition.objection_days,
            "is_ready": not obstacles,
            "problem": problem,
            "has_errors": has_errors,
        },
        status=problem.status if problem is not None else (422 if has_errors else 200),
    )


@require_POST
@login_required
def publication_plan(request: UserRequest, code: str) -> HttpResponse:
    """Plan the publication for a moment; the sweep makes it."""
    jury, decision = _find(request, "scoring.publish_results", code)
    form = PlanForm(request.POST)
    problem: DomainError | None = None
    if form.is_valid():
        try:
            actions.plan(jury, by=request.user, at=form.cleaned_data["at"])
        except actions.PlanRefused as refusal:
            form.add_error("at", str(refusal))
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("The publication is planned."))
            return redirect("scoring:results-publish", code)
    return _page(request, jury, decision, problem=problem, plan=form)


@require_POST
@login_required
def plan_drop(request: UserRequest, code: str) -> HttpResponse:
    """Take the plan back: nothing is published by itself."""
    jury, _decision = _find(request, "scoring.publish_results", code)
    actions.plan(jury, by=request.user, at=None)
    messages.success(request, _("The plan is dropped. Nothing is published by itself."))
    return redirect("scoring:results-publish", code)


@require_POST
@login_required
def teams_tell(request: UserRequest, code: str) -> HttpResponse:
    """Tell every team its own result."""
    jury, decision = _find(request, "scoring.read_teams", code)
    try:
        actions.tell_teams(jury, by=request.user)
    except DomainError as refusal:
        return _page(request, jury, decision, problem=refusal)
    messages.success(request, _("The teams have a message and read their own results."))
    return redirect("scoring:results-publish", code)


@require_http_methods(["GET", "POST"])
@login_required
def objection_answer(request: UserRequest, code: str, objection_code: str) -> HttpResponse:
    """Read the objection of a team and answer it."""
    jury, decision = _find(request, "scoring.read_teams", code)
    objection = next(
        (row for row in queries.objections_of(decision) if row.code == objection_code), None
    )
    if objection is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_objection(
                objection,
                by=request.user,
                answer=form.cleaned_data["answer"],
                is_upheld=form.cleaned_data["outcome"] == "upheld",
                note=form.cleaned_data["note"],
            )
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("The answer is stored. The team has a message."))
            return redirect("scoring:results-publish", code)
    has_errors = bool(form.errors) or problem is not None
    return render(
        request,
        "scoring/office/objection_answer.html",
        {
            **_common(request, jury),
            "objection": objection,
            "form": form,
            "problem": problem,
            "has_errors": has_errors,
        },
        status=(problem.status if problem is not None else 422) if has_errors else 200,
    )


def _steps(decision: Decision, *, is_office: bool) -> list[dict[str, Any]]:
    """Return what is done on the way to the publication, in order; links are the office's."""
    code = decision.challenge.code
    unsealing = queries.unsealing_of(decision)
    is_unsealed = unsealing is not None and unsealing.is_done
    is_waiting = unsealing is not None and unsealing.is_waiting(clock.now())
    steps = [
        {
            "label": _("Unseal the names"),
            "note": _("Two people of the office, within 15 minutes"),
            "url": reverse("scoring:unsealing-show", args=[code]) if is_office else "",
            "status": _("done")
            if is_unsealed
            else (_("one confirmation is there") if is_waiting else _("to do")),
            "tone": "" if is_unsealed else "warn",
        }
    ]
    steps += [
        _winner_step(winner, code, is_unsealed and is_office)
        for winner in queries.winners(decision)
    ]
    steps.append(_telling_step(decision))
    return steps


def _telling_step(decision: Decision) -> dict[str, Any]:
    until, now = decision.objections_until, clock.now()
    step = {"label": _("Tell the teams their results"), "url": ""}
    if decision.told_at is None or until is None:
        days = decision.challenge.competition.objection_days
        note = (
            ngettext(
                "Each reads its own and may object for %(count)s day.",
                "Each reads its own and may object for %(count)s days.",
                days,
            )
            % {"count": days}
            if days
            else _("Each reads its own. In this competition there is no period for objections.")
        )
        return {**step, "note": note, "status": _("to do"), "tone": "warn"}
    is_open = decision.is_open_to_objections(now)
    note = _("Told on %(moment)s.") % {"moment": moment_words(decision.told_at)}
    if until != decision.told_at:
        words = _("Objections until %(moment)s.") if is_open else _("Objections ended %(moment)s.")
        note += " " + words % {"moment": moment_words(until)}
    return {
        **step,
        "note": note,
        "status": _("the period runs") if is_open else _("done"),
        "tone": "warn" if is_open else "",
    }


def _winner_step(winner: Winner, code: str, links: bool) -> dict[str, Any]:  # noqa: FBT001
    name = winner.place.entry.team.name if links else winner.place.pseudonym
    is_good = winner.check is not None and winner.check.is_eligible
    return {
        "label": _("Check the eligibility of “%(name)s”") % {"name": name},
        "note": winner.words,
        "url": reverse("scoring:eligibility-edit", args=[code, winner.place.code]) if links else "",
        "status": winner.status,
        "tone": "" if is_good else winner.tone,
    }


# -- the names -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def unsealing_show(request: UserRequest, code: str) -> HttpResponse:
    """Show whether the names are sealed, and let two people of the office unseal them (T-17)."""
    jury, decision = _find(request, "scoring.unseal", code)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            unsealing = actions.unseal(jury, by=request.user)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(
                request,
                _("The names are unsealed. The record is below.")
                if unsealing.is_done
                else _("You have confirmed. Now a second person of the office has to confirm."),
            )
            return redirect("scoring:unsealing-show", code)
    known = queries.unsealing_of(decision)
    is_done = known is not None and known.is_done
    return render(
        request,
        "scoring/office/unsealing_show.html",
        {
            **_common(request, jury),
            "decision": decision,
            "unsealing": known,
            "is_waiting": known is not None and known.is_waiting(clock.now()),
            "is_first": known is not None and known.first_by_id == request.user.pk,
            "places": queries.places(decision) if is_done else [],
            "error": error,
            "has_errors": error is not None,
        },
        status=error.status if error is not None else 200,
    )


@require_safe
@login_required
def unsealing_json(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the signed record for programs."""
    _jury, decision = _find(request, "scoring.read_teams", code)
    response = JsonResponse(
        decision.unsealing.document(), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{code}-unsealing.json"'
    return response


# -- eligibility and amendment ---------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def eligibility_edit(request: UserRequest, code: str, submission_code: str) -> HttpResponse:
    """Check whether a team with an award may receive it."""
    jury, decision = _find(request, "scoring.read_teams", code)
    winner = next(
        (row for row in queries.winners(decision) if row.place.code == submission_code), None
    )
    if winner is None:
        raise Http404
    form = EligibilityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check = actions.check_eligibility(
            jury,
            winner.place.entry,
            by=request.user,
            answers=form.answers,
            remark=form.cleaned_data["remark"],
        )
        messages.success(
            request,
            _("The check is stored.")
            if check.is_eligible
            else _("The check is stored. The chair gets a message and amends the decision."),
        )
        return redirect("scoring:results-publish", code)
    return render(
        request,
        "scoring/office/eligibility_edit.html",
        {
            **_common(request, jury),
            "winner": winner,
            "team": winner.place.entry.team,
            "known": queries.known_of(winner.place, jury.challenge),
            "conditions": queries.conditions_of(jury.challenge),
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@login_required
def decision_amend(request: UserRequest, code: str) -> HttpResponse:
    """Let the chair give the awards anew where one of them cannot be given."""
    jury, decision = _find(request, "scoring.amend_decision", code)
    returned = queries.reasons_to_amend(decision)
    if not queries.may_be_amended(decision):
        raise Http404
    allowed = queries.may_be_awarded(decision)
    places = [place for place in queries.places(decision) if place.entry.pk in allowed]
    form = AmendmentForm(
        places,
        {winner.place.entry.pk: winner.awards for winner in queries.winners(decision)},
        request.POST or None,
    )
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        entries = {place.code: place.entry for place in places}
        try:
            actions.amend(
                jury,
                by=request.user,
                awards=[
                    AwardInput(entry=entries[row.line.code], **award.cleaned_data)
                    for row in form.rows
                    for award in row.given
                ],
                **form.reason.cleaned_data,
            )
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("The decision is amended."))
            return redirect("scoring:results-publish", code)
    has_errors = any(part.errors for part in form.all) or problem is not None
    return render(
        request,
        "scoring/jury/decision_amend.html",
        {
            **_common(request, jury),
            "form": form,
            "returned": returned,
            "upheld": queries.upheld_objections(decision),
            "problem": problem,
            "has_errors": has_errors,
        },
        status=422 if has_errors else 200,
    )


# -- errata ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def erratum_create(request: UserRequest, code: str) -> HttpResponse:
    """Correct a published result by an erratum, beside the version that it corrects."""
    jury, decision = _find(request, "scoring.correct_result", code)
    data = request.POST or None
    places = [
        replace(place, pseudonym=place.entry.team.name)
        for place in queries.places(decision)
        if place.rank is not None
    ]
    form = AmendmentForm(
        places,
        {winner.place.entry.pk: winner.awards for winner in queries.winners(decision)},
        data,
        reason=ErratumForm(data, places=places),
    )
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        entries = {place.code: place.entry for place in places}
        given = form.reason.cleaned_data
        try:
            actions.correct(
                jury,
                by=request.user,
                awards=[
                    AwardInput(entry=entries[row.line.code], **award.cleaned_data)
                    for row in form.rows
                    for award in row.given
                ],
                excluded=[entries[key] for key in given["excluded"]],
                reason_de=given["reason_de"],
                reason_en=given["reason_en"],
            )
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, _("The erratum is public. All teams get a message."))
            return redirect("scoring:results-show", jury.challenge.competition.slug, code)
    has_errors = any(part.errors for part in form.all) or problem is not None
    return render(
        request,
        "scoring/office/erratum_create.html",
        {
            **_common(request, jury),
            "form": form,
            "problem": problem,
            "has_errors": has_errors,
        },
        status=422 if has_errors else 200,
    )
