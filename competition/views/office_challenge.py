"""The office's pages of one problem statement: review, checklist, publication, deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition import statement
from competition.actions import phase as phase_actions
from competition.actions import statement as statement_actions
from competition.extensions import (
    CheckResult,
    Place,
    PublicationCheck,
    contributions,
    publication_checks,
)
from competition.forms.office import (
    AcceptForm,
    ExtendForm,
    QuestionsForm,
    ReasonsForm,
    SendBackForm,
)
from competition.models import Challenge
from competition.queries import office
from competition.queries.statement import facts_of
from competition.statement import SECTIONS, TOPICS
from competition.statement.display import ShownSection, shown
from core import clock
from core.access import get_permitted
from core.exceptions import DomainError, Incomplete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from competition.models import Phase


def _find(request: UserRequest, slug: str, code: str, permission: str) -> Challenge:
    rows = Challenge.objects.select_related("competition", "agency", "precheck").prefetch_related(
        "phases"
    )
    return get_permitted(rows, permission, request.user, competition__slug=slug, code=code)


# -- reading and review ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """A task of the statement as the office reads it: answers, dialogue, field for a question."""

    key: str
    label: Any
    section: ShownSection | None
    exchanges: Sequence[office.Exchange]
    field: forms.BoundField | None

    @property
    def is_shown(self) -> bool:
        """Say whether there is anything to read or to write."""
        own = {statement.PRECHECK, statement.RESOURCES, statement.PHASES}
        return bool(self.section or self.exchanges or self.field or self.key in own)


def _topics(challenge: Challenge, form: QuestionsForm | None) -> list[Topic]:
    sections = {
        section.key: section
        for section in shown(challenge, SECTIONS, facts_of(challenge), is_public=False)
    }
    exchanges = office.exchanges(challenge)
    return [
        Topic(
            key=key or "whole",
            label=label,
            section=sections.get(key),
            exchanges=exchanges.get(key, []),
            field=form.of_topic(key) if form else None,
        )
        for key, label in TOPICS.items()
    ]


def _review_page(
    request: UserRequest,
    challenge: Challenge,
    form: QuestionsForm,
    *,
    status: int = 200,
    missing: Sequence[str] = (),
) -> HttpResponse:
    user = request.user
    may_return = user.has_perm("competition.return_challenge", challenge)
    may_accept = user.has_perm("competition.review_challenge", challenge)
    may_extend = user.has_perm("competition.extend_phase", challenge)
    return render(
        request,
        "competition/office/office_challenge.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": _("Competition office"),
            "standing": challenge.standing(clock.now()),
            "form": form,
            "topics": _topics(challenge, form if may_return else None),
            "changed": office.changed_answers(challenge),
            "phases": office.phase_rows(challenge),
            "versions": challenge.versions.select_related("made_by"),
            "files": challenge.resources.all(),
            "precheck": getattr(challenge, "precheck", None),
            "gates": missing or (statement_actions.closed_gates(challenge) if may_accept else ()),
            "may_return": may_return,
            "may_accept": may_accept,
            "may_publish": user.has_perm("competition.publish_challenge", challenge),
            "may_extend": may_extend,
            "extendable": [
                phase.kind
                for phase in challenge.phases.all()
                if may_extend and phase_actions.is_extendable(challenge, phase.kind)
            ],
            "parts": contributions(Place.OFFICE_CHALLENGE, request, challenge),
        },
        status=status,
    )


@require_safe
@login_required
def office_challenge(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show everything the agency wrote, the dialogue about it, and the next step."""
    challenge = _find(request, slug, code, "competition.oversee_challenge")
    return _review_page(request, challenge, QuestionsForm())


@require_POST
@login_required
def challenge_return(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Send the statement back to its agency with questions (T-3)."""
    challenge = _find(request, slug, code, "competition.return_challenge")
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _review_page(request, challenge, form, status=422)
    statement_actions.send_back(challenge, by=request.user, messages=form.questions)
    messages.success(request, _("The statement is back with the agency, with your questions."))
    return redirect(office.office_url(challenge))


@require_POST
@login_required
def challenge_accept(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Accept the statement (T-7)."""
    challenge = _find(request, slug, code, "competition.review_challenge")
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _review_page(request, challenge, form, status=422)
    try:
        statement_actions.accept(challenge, by=request.user)
    except DomainError as error:
        if error.code not in {"gate_closed", "four_eyes"}:
            raise
        form.add_error(None, str(error))
        missing = error.data.get("missing", ())
        return _review_page(request, challenge, form, status=422, missing=missing)
    messages.success(request, _("The statement is accepted. The checklist comes next."))
    return redirect(office.office_url(challenge, "challenge-checklist"))


# -- publication ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the checklist with its outcome."""

    check: PublicationCheck
    result: CheckResult
    url: str
    field: forms.BoundField | None = None


def _run(challenge: Challenge) -> list[tuple[PublicationCheck, CheckResult]]:
    return [(check, check.run(challenge)) for check in publication_checks]


def _fix_url(challenge: Challenge, result: CheckResult, desk: str) -> str:
    """Return where a check is mended: what lies on the agency's desk is sent back to it."""
    if result.url.startswith(desk):
        return office.office_url(challenge)
    return result.url


def _checklist_page(
    request: UserRequest,
    challenge: Challenge,
    runs: list[tuple[PublicationCheck, CheckResult]],
    form: ReasonsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    desk = reverse("competition:statement-list")
    lines = [
        CheckLine(
            check,
            result,
            _fix_url(challenge, result, desk),
            form[check.key] if check.key in form.fields else None,
        )
        for check, result in runs
    ]
    passed: dict[str, list[CheckLine]] = {}
    for line in lines:
        if line.result.passed:
            passed.setdefault(str(line.check.group), []).append(line)
    failed = [line for line in lines if not line.result.passed]
    blocking = [line for line in failed if line.check.blocking]
    return render(
        request,
        "competition/office/challenge_checklist.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": _("Competition office"),
            "now": clock.now(),
            "form": form,
            "blocking": blocking,
            "warnings": [line for line in failed if not line.check.blocking],
            "passed": passed,
            "passed_count": len(lines) - len(failed),
            "count": len(lines),
            "desk": desk,
            "submission": challenge.phase("submission"),
            "version": challenge.versions.first(),
            "may_publish": request.user.has_perm("competition.publish_challenge", challenge),
        },
        status=status,
    )


def _warnings(runs: list[tuple[PublicationCheck, CheckResult]]) -> dict[str, CheckResult]:
    return {check.key: result for check, result in runs if not (result.passed or check.blocking)}


@require_safe
@login_required
def challenge_checklist(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show the checks before publication (S-18)."""
    challenge = _find(request, slug, code, "competition.oversee_challenge")
    runs = _run(challenge)
    return _checklist_page(request, challenge, runs, ReasonsForm(failed=_warnings(runs)))


@require_POST
@login_required
def challenge_publish(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Publish the statement if every check passes or has its reason (T-8)."""
    challenge = _find(request, slug, code, "competition.publish_challenge")
    runs = _run(challenge)
    form = ReasonsForm(request.POST, failed=_warnings(runs))
    if not form.is_valid():
        return _checklist_page(request, challenge, runs, form, status=422)
    try:
        statement_actions.publish(challenge, by=request.user, reasons=form.cleaned_data)
    except Incomplete as error:
        form.add_error(None, str(error))
        return _checklist_page(request, challenge, runs, form, status=422)
    messages.success(request, _("The problem statement is public."))
    return redirect(office.office_url(challenge))


# -- deadlines ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def phase_extend(request: UserRequest, slug: str, code: str, kind: str) -> HttpResponse:
    """Extend a phase: fill in, look at what it does to the plan, confirm (R-23)."""
    challenge = _find(request, slug, code, "competition.extend_phase")
    phase = challenge.phase(kind)
    if phase is None or not phase_actions.is_extendable(challenge, kind):
        raise Http404
    form = ExtendForm(request.POST or None, initial={"ends_at": phase.ends_at})
    if request.method != "POST" or not form.is_valid():
        return _extend_page(request, challenge, phase, form)
    plan = office.plan_extension(
        challenge,
        kind,
        form.cleaned_data["ends_at"],
        shift_later=form.cleaned_data["shift_later"],
    )
    if form.cleaned_data["ends_at"] <= phase.ends_at:
        form.add_error(
            "ends_at", _("A deadline can be extended, never shortened: choose a later moment.")
        )
    for problem in plan.problems:
        form.add_error(None, problem)
    if form.errors or "change" in request.POST:
        return _extend_page(request, challenge, phase, form)
    if "confirm" not in request.POST:
        return _extend_page(request, challenge, phase, form, plan)
    try:
        phase_actions.extend(phase, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _extend_page(request, challenge, phase, form)
    messages.success(request, _("The phase is extended. The reason stands on the public page."))
    return redirect(office.office_url(challenge))


def _extend_page(
    request: UserRequest,
    challenge: Challenge,
    phase: Phase,
    form: ExtendForm,
    plan: office.Plan | None = None,
) -> HttpResponse:
    return render(
        request,
        "competition/office/phase_extend.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": _("Competition office"),
            "now": clock.now(),
            "phase": phase,
            "form": form,
            "plan": plan,
            "phases": office.phase_rows(challenge),
        },
        status=422 if form.errors else 200,
    )
