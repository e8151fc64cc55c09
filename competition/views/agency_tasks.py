"""The forms of an agency: sections of the statement, pre-check, timeline, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition import precheck, statement, timeline
from competition.actions import phase as phase_actions
from competition.actions import resource as resource_actions
from competition.actions import statement as actions
from competition.forms.agency import PhasesForm, PreCheckForm, ResourceForm
from competition.forms.statement import ENGLISH, SectionForm, posted_rows
from competition.queries import agency as queries
from competition.queries.statement import (
    facts_of,
    legal_dates,
    legal_values,
    precheck_of,
    today,
    windows_of,
)
from competition.statement.choices import Personal
from competition.statement.completeness import gaps_of_section, progress_of
from competition.views.agency import find
from core import autosave, conflicts
from core.access import get_permitted
from core.exceptions import DomainError, StaleVersion, UploadRefused

if TYPE_CHECKING:
    from django import forms
    from django.http import QueryDict

    from accounts.views.person import UserRequest
    from competition.models import Challenge, PreCheck, StatementSection

FORM_METHODS = ["GET", "HEAD", "POST"]
ADD, REMOVE, NEXT = "add_row", "remove_row", "save_next"


def _may_write(request: UserRequest, challenge: Challenge) -> bool:
    return request.user.has_perm("competition.change_challenge", challenge)


def _saved(challenge: Challenge, key: str) -> StatementSection | None:
    return challenge.sections.select_related("saved_by").filter(key=key).first()


def _frame(challenge: Challenge, key: str, saved: StatementSection | None) -> dict[str, Any]:
    """Return what every task page shows: where one is, who saved last, questions of the office."""
    return {
        "challenge": challenge,
        "brand_note": challenge.competition.name,
        "task_label": statement.TOPICS[key],
        "last_saved": queries.last_saved(saved),
        "next_label": statement.TOPICS[following] if (following := queries.task_after(key)) else "",
        "exchanges": [
            row for row in queries.exchanges_of(challenge) if row.question.section == key
        ],
    }


def _go_on(
    request: UserRequest, challenge: Challenge, key: str, fragment: str = ""
) -> HttpResponse:
    """Answer a successful save: stay on the page, or go to the next task."""
    messages.success(request, _("Saved. You can interrupt at any time."))
    following = queries.task_after(key)
    if NEXT in request.POST:
        after = queries.task_url(challenge, following) if following else ""
        return redirect(after or queries.task_url(challenge, ""))
    return redirect(queries.task_url(challenge, key) + fragment)


# -- sections -------------------------------------------------------------------------------------


@require_http_methods(FORM_METHODS)
@login_required
def statement_section(request: UserRequest, code: str, section: str) -> HttpResponse:
    """Show and save the questions of one section; rows are added and removed without saving."""
    challenge = find(request, code)
    if section not in statement.BY_KEY:
        raise Http404
    if request.method != "POST":
        if not _may_write(request, challenge):
            return redirect(f"{queries.task_url(challenge, '')}#{section}")
        return _section_page(request, challenge, section, _stored_form(challenge, section))
    if ADD in request.POST or REMOVE in request.POST:
        return _section_page(
            request, challenge, section, _form_with_rows(request, challenge, section)
        )
    form = SectionForm(statement.BY_KEY[section], challenge, facts_of(challenge), request.POST)
    by_itself = autosave.is_autosave(request)
    is_valid = form.is_valid()
    if "version" not in form.cleaned_data or not (is_valid or by_itself):
        if by_itself:
            return autosave.unreadable()
        return _section_page(request, challenge, section, form, status=422)
    kept = conflicts.taken_as_stored(request.POST)
    try:
        task = actions.save_section(
            challenge,
            by=request.user,
            section=section,
            answers={key: value for key, value in form.answers.items() if key not in kept},
            translations={
                key: text
                for key, text in form.translations.items()
                if f"{key}{ENGLISH}" not in kept
            },
            version=form.cleaned_data["version"],
            is_finished=form.is_finished,
            is_autosave=by_itself,
        )
    except DomainError as error:
        if error.status == 404:
            raise
        if by_itself:
            return autosave.refused(error)
        if isinstance(error, StaleVersion):
            form.show_conflict(error)
            return _section_page(request, challenge, section, form, status=409)
        return _section_page(request, challenge, section, form, refusal=error, status=error.status)
    if by_itself:
        return autosave.saved(task.version, task.saved_at, form.unsaved)
    return _go_on(request, challenge, section)


def _stored_form(challenge: Challenge, section: str) -> SectionForm:
    saved = _saved(challenge, section)
    return SectionForm(
        statement.BY_KEY[section],
        challenge,
        facts_of(challenge),
        initial={
            "version": saved.version if saved else 0,
            "finished": "yes" if saved and saved.is_finished else "later",
        },
    )


def _form_with_rows(request: UserRequest, challenge: Challenge, section: str) -> SectionForm:
    """Return the form as it was typed, with one row more or less."""
    rows: dict[str, list[dict[str, Any]]] = {}
    wanted = request.POST.get(ADD, "")
    unwanted, _dash, number = request.POST.get(REMOVE, "").rpartition("-")
    for question in statement.BY_KEY[section].fields:
        if not question.is_rows:
            continue
        if question.key == wanted:
            rows[wanted] = [*posted_rows(question, request.POST), {}][: question.max_rows]
        if question.key == unwanted and number.isdecimal():
            typed = posted_rows(question, request.POST)
            rows[unwanted] = typed[: int(number)] + typed[int(number) + 1 :]
    return SectionForm(
        statement.BY_KEY[section],
        challenge,
        facts_of(challenge),
        typed=request.POST,
        typed_rows=rows,
    )


def _section_page(
    request: UserRequest,
    challenge: Challenge,
    key: str,
    form: SectionForm,
    *,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    section = statement.BY_KEY[key]
    facts = facts_of(challenge)
    saved = _saved(challenge, key)
    return render(
        request,
        "competition/agency/statement_section.html",
        {
            **_frame(challenge, key, saved),
            "saved_at": saved and saved.saved_at,
            "form": form,
            "section": section,
            "progress": progress_of(challenge, section, facts),
            "gaps": list(gaps_of_section(challenge, section, facts)),
            "refusal": refusal,
            "has_errors": status >= 400,
            # What differs is saved by a decision only; what was typed with another row is not yet.
            "autosave": "" if form.conflict or refusal else "dirty" if form.is_typed else "on",
        },
        status=status,
    )


# -- pre-check ------------------------------------------------------------------------------------


@require_http_methods(FORM_METHODS)
@login_required
def statement_precheck(request: UserRequest, code: str) -> HttpResponse:
    """Ask the questions of the AI Act pre-check and show what follows from the answers."""
    challenge = find(request, code)
    values = legal_values(today())
    legal = legal_dates(values)
    stored = precheck_of(challenge)
    if request.method != "POST":
        if not _may_write(request, challenge):
            return redirect(f"{queries.task_url(challenge, '')}#precheck")
        saved = _saved(challenge, statement.PRECHECK)
        initial: dict[str, Any] = {
            **(stored.answers if stored else {}),
            "reasoning": stored.reasoning if stored else "",
            "version": saved.version if saved else 0,
            "finished": "yes" if saved and saved.is_finished else "later",
        }
        return _precheck_page(request, challenge, PreCheckForm(legal=legal, initial=initial), legal)
    chosen = _stored_precheck(stored) if stored else {}
    form = PreCheckForm(conflicts.with_stored(request.POST, chosen), legal=legal)
    unsaved = _sentences(form)
    by_itself = autosave.is_autosave(request)
    if "version" in unsaved or (unsaved and not by_itself):
        if by_itself:
            return autosave.unreadable()
        return _precheck_page(request, challenge, form, legal, status=422)
    # What cannot be saved stays as it is stored.
    given = {
        name: chosen.get(name) if name in unsaved else form.cleaned_data[name]
        for name in (*precheck.BY_KEY, "reasoning")
    }
    version: int = form.cleaned_data["version"]
    try:
        row = actions.save_precheck(
            challenge,
            by=request.user,
            reasoning=given.pop("reasoning") or "",
            answers=given,
            version=version,
            is_finished=None if "finished" in unsaved else form.is_finished,
            is_autosave=by_itself,
        )
    except DomainError as error:
        if error.status == 404:
            raise
        if by_itself:
            return autosave.refused(error)
        if not isinstance(error, StaleVersion):
            return _precheck_page(
                request, challenge, form, legal, refusal=error, status=error.status
            )
        form.data = _with_version(request, error)
        if newer := precheck_of(challenge):
            conflicts.show_both(form, _stored_precheck(newer))
        return _precheck_page(request, challenge, form, legal, conflict=error, status=409)
    if by_itself:
        # With another number than the stored one it would have been refused.
        return autosave.saved(version + 1, row.checked_at, unsaved)
    return _go_on(request, challenge, statement.PRECHECK, "#outcome")


def _sentences(form: forms.Form) -> dict[str, str]:
    """Return the first sentence about each field that is not acceptable."""
    return {} if form.is_valid() else {name: str(one[0]) for name, one in form.errors.items()}


def _with_version(request: UserRequest, conflict: StaleVersion) -> QueryDict:
    """Return what was posted with the number of what is stored: the next save is a decision."""
    data = request.POST.copy()
    data["version"] = str(conflict.data["version"])
    return data


def _stored_precheck(stored: PreCheck) -> dict[str, Any]:
    """Return what is stored for every question of the form."""
    answers = {question.key: stored.answers.get(question.key) for question in precheck.QUESTIONS}
    return {**answers, "reasoning": stored.reasoning}


def _precheck_page(
    request: UserRequest,
    challenge: Challenge,
    form: PreCheckForm,
    legal: precheck.LegalDates,
    *,
    conflict: StaleVersion | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    answers = {key: value for key, value in form.answers.items() if value}
    result = precheck.classify(answers, ruleset=precheck.RULESET, legal=legal)
    saved = _saved(challenge, statement.PRECHECK)
    return render(
        request,
        "competition/agency/statement_precheck.html",
        {
            **_frame(challenge, statement.PRECHECK, saved),
            "saved_at": saved and saved.saved_at,
            "autosave": _autosave_of(form, conflict or refusal),
            "form": form,
            "result": result,
            "open_numbers": [precheck.BY_KEY[key].number for key in result.open_questions],
            "has_answers": bool(answers),
            "ruleset": precheck.RULESET,
            "today": today(),
            "conflict": conflict,
            "refusal": refusal,
            "has_errors": status >= 400,
        },
        status=status,
    )


def _autosave_of(form: forms.Form, refusal: DomainError | None) -> str:
    """Say whether a form saves itself, and whether it holds what is not saved yet.

    What differs from what somebody else has saved is saved by a decision only.
    """
    if refusal is not None:
        return ""
    return "dirty" if form.is_bound else "on"


# -- timeline -------------------------------------------------------------------------------------


@require_http_methods(FORM_METHODS)
@login_required
def statement_phases(request: UserRequest, code: str) -> HttpResponse:
    """Show and save all deadlines of a statement."""
    challenge = find(request, code)
    with_limits = challenge.wants_predictions
    windows = windows_of(challenge)
    if request.method != "POST":
        if not _may_write(request, challenge):
            return redirect(f"{queries.task_url(challenge, '')}#phases")
        saved = _saved(challenge, statement.PHASES)
        initial = {
            "version": saved.version if saved else 0,
            "finished": "yes" if saved and saved.is_finished else "later",
        }
        form = PhasesForm(windows=windows, with_limits=with_limits, initial=initial)
        return _phases_page(request, challenge, form)
    stored = PhasesForm(windows=windows, with_limits=with_limits).stored_answers(windows)
    data = conflicts.with_stored(request.POST, stored)
    form = PhasesForm(data, windows=windows, with_limits=with_limits)
    unsaved = _sentences(form)
    by_itself = autosave.is_autosave(request)
    if "version" in unsaved or (unsaved and not by_itself):
        if by_itself:
            return autosave.unreadable()
        return _phases_page(request, challenge, form, status=422)
    try:
        task = phase_actions.set_phases(
            challenge,
            by=request.user,
            windows=form.acceptable_windows(windows) if by_itself else form.windows,
            version=form.cleaned_data["version"],
            is_finished=None if "finished" in unsaved else form.is_finished,
            is_autosave=by_itself,
        )
    except ValidationError as error:
        _add_errors(form, error)
        return _phases_page(request, challenge, form, status=422)
    except DomainError as error:
        if error.status == 404:
            raise
        if by_itself:
            return autosave.refused(error)
        if not isinstance(error, StaleVersion):
            return _phases_page(request, challenge, form, refusal=error, status=error.status)
        form.data = _with_version(request, error)
        conflicts.show_both(form, form.stored_answers(windows_of(challenge)))
        return _phases_page(request, challenge, form, conflict=error, status=409)
    if by_itself:
        return autosave.saved(task.version, task.saved_at, _sentences(form))
    return _go_on(request, challenge, statement.PHASES)


def _phases_page(
    request: UserRequest,
    challenge: Challenge,
    form: PhasesForm,
    *,
    conflict: StaleVersion | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    zone = timezone.get_default_timezone()
    windows = windows_of(challenge)
    saved = _saved(challenge, statement.PHASES)
    return render(
        request,
        "competition/agency/statement_phases.html",
        {
            **_frame(challenge, statement.PHASES, saved),
            "saved_at": saved and saved.saved_at,
            "autosave": _autosave_of(form, conflict or refusal),
            "conflict": conflict,
            "form": form,
            "windows": windows,
            "missing_kinds": timeline.missing_kinds(windows),
            "warnings": timeline.warnings(windows, zone),
            "zone": str(zone),
            "refusal": refusal,
            "has_errors": status >= 400,
        },
        status=status,
    )


def _add_errors(form: forms.Form, error: ValidationError) -> None:
    for name, sentences in error.message_dict.items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)


# -- files ----------------------------------------------------------------------------------------


@require_http_methods(FORM_METHODS)
@login_required
def resource_list(request: UserRequest, code: str) -> HttpResponse:
    """Show the files for the teams, and take one more."""
    challenge = find(request, code)
    if request.method != "POST":
        if not _may_write(request, challenge):
            return redirect(f"{queries.task_url(challenge, '')}#resources")
        initial = {"licence": challenge.answer("data_licence") or ""}
        return _resource_page(request, challenge, ResourceForm(initial=initial))
    form = ResourceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _resource_page(request, challenge, form, status=422)
    try:
        resource_actions.add(
            challenge,
            by=request.user,
            source=form.cleaned_data["file"],
            title_de=form.cleaned_data["title_de"],
            title_en=form.cleaned_data["title_en"],
            licence=form.cleaned_data["licence"],
            audience=form.cleaned_data["audience"],
        )
    except UploadRefused as error:
        form.add_error("file", str(error))
        return _resource_page(request, challenge, form, status=422)
    except ValidationError as error:
        _add_errors(form, error)
        return _resource_page(request, challenge, form, status=422)
    except DomainError as error:
        if error.status == 404:
            raise
        return _resource_page(request, challenge, form, refusal=error, status=error.status)
    messages.success(request, _("The file is stored."))
    return redirect("competition:resource-list", challenge.code)


def _resource_page(
    request: UserRequest,
    challenge: Challenge,
    form: ResourceForm,
    *,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "competition/agency/resource_list.html",
        {
            **_frame(challenge, statement.RESOURCES, _saved(challenge, statement.RESOURCES)),
            "form": form,
            "files": challenge.resources.select_related("uploaded_by"),
            "data_given": challenge.answer("data_given"),
            "is_personal": challenge.answer("personal") == Personal.YES,
            "refusal": refusal,
            "has_errors": status >= 400,
        },
        status=status,
    )


@require_http_methods(FORM_METHODS)
@login_required
def resource_delete(request: UserRequest, code: str, resource_code: str) -> HttpResponse:
    """Ask once more, then remove a file."""
    challenge = find(request, code)
    if not _may_write(request, challenge):
        raise Http404
    resource = get_permitted(
        challenge.resources.all(),
        "competition.change_resource",
        request.user,
        code=resource_code,
    )
    if request.method != "POST":
        return render(
            request,
            "competition/agency/resource_delete.html",
            {
                "challenge": challenge,
                "brand_note": challenge.competition.name,
                "resource": resource,
            },
        )
    resource_actions.remove(resource, by=request.user)
    messages.success(request, _("The file is removed."))
    return redirect("competition:resource-list", challenge.code)
