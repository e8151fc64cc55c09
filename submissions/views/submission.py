"""Pages on which a team takes part: enter, draft, upload, check, hand in."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.models import Challenge
from competition.precheck import BY_KEY
from competition.queries.statement import legal_dates, legal_values, today
from core import autosave, clock, conflicts
from core.access import get_permitted
from core.exceptions import DomainError, IllegalTransition, StaleVersion
from submissions import cards, deadlines, documents, footprint, guard, queries
from submissions.actions import entry as entry_actions
from submissions.actions import submission as submission_actions
from submissions.actions import team as team_actions
from submissions.extensions import SubmissionPlace, participation_bar, submission_parts
from submissions.forms import (
    CardForm,
    EntryForm,
    HandInForm,
    SelfCheckForm,
    TeamForm,
    TextForm,
    WithdrawForm,
)
from submissions.models import Submission

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from accounts.views.person import UserRequest
    from competition.precheck import Result
    from submissions.models import Entry, Team

_ALONE = Submission.objects.select_related(
    "entry__team", "entry__terms", "entry__challenge__competition", "entry__challenge__agency"
)
_ROWS = _ALONE.prefetch_related(
    "files", "entry__challenge__phases", "entry__submissions", "entry__merged_entries__submissions"
)


# -- taking part ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def entry_create(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Enter one's team, founding it if there is none, and begin the first draft."""
    challenge = get_permitted(
        Challenge.objects.select_related("competition", "agency").prefetch_related("phases"),
        "competition.view_challenge",
        request.user,
        competition__slug=slug,
        code=code,
    )
    competition = challenge.competition
    team = queries.team_of(request.user, competition)
    is_captain = team is not None and request.user.has_perm("submissions.manage_team", team)
    entry = queries.entry_of(team, challenge)
    if entry is not None:
        return _to_own_entry(request, entry)
    terms = queries.current_terms(competition)
    version = {"terms_version": terms.version} if terms else {}
    data = request.POST if request.method == "POST" else None
    form = EntryForm(data, initial=version)
    team_form = TeamForm(data, prefix="team")
    problem: DomainError | None = None
    if data is not None:
        if team is not None and not is_captain:
            raise Http404  # the page offers no button
        deadlines.open_window(challenge, clock.now())
        if form.is_valid() and (team is not None or team_form.is_valid()):
            try:
                draft = _enter(request, challenge, team, form, team_form)
            except DomainError as error:
                problem = error
            else:
                messages.success(request, _("You take part. Your first draft is ready."))
                return redirect(draft)
    if problem and problem.code == "team_name_taken":
        team_form.add_error("name", str(problem))
    elif problem and problem.code == "terms_changed":
        form = EntryForm(initial=version)
    now = clock.now()
    context = {
        "challenge": challenge,
        "competition": competition,
        "brand_note": competition.name,
        "team": team,
        "is_captain": is_captain,
        "captains": queries.captain_names(team),
        "terms": terms,
        "form": form,
        "team_form": team_form,
        "forms": [form] if team else [team_form, form],
        "problem": problem,
        "closed": deadlines.refusal(challenge, now),
        "bar": participation_bar(request.user, competition),
        "phase": deadlines.window(challenge),
        "wanted": queries.wanted_kinds(challenge),
        "now": now,
    }
    status = (problem.status if problem else 422) if data is not None else 200
    return render(request, "submissions/team/entry_create.html", context, status=status)


def _enter(
    request: UserRequest,
    challenge: Challenge,
    team: Team | None,
    form: EntryForm,
    team_form: TeamForm,
) -> Submission:
    """Found the team if there is none, enter it, and begin the first draft."""
    version = form.cleaned_data["terms_version"]
    terms = challenge.competition.terms.filter(version=version).first()
    if terms is None:
        raise StaleVersion("terms_changed", _("Read the terms of participation again."))
    own = team or team_actions.create(
        challenge.competition,
        by=request.user,
        name=team_form.cleaned_data["name"],
        organisation=team_form.cleaned_data["organisation"],
    )
    entry = entry_actions.enter(challenge, by=request.user, team=own, terms=terms)
    return submission_actions.start_draft(entry, by=request.user)


def _to_own_entry(request: UserRequest, entry: Entry) -> HttpResponse:
    """Lead to what the team has; begin the first draft where there is nothing yet."""
    current = queries.standing(entry, clock.now()).current
    if current is None and request.method == "POST":
        current = submission_actions.start_draft(entry, by=request.user)
    return redirect(current or "submissions:submission-list")


@require_safe
@login_required
def submission_list(request: UserRequest) -> HttpResponse:
    """Show where one's teams stand in each problem statement."""
    now = clock.now()
    return render(
        request,
        "submissions/team/submission_list.html",
        {"standings": queries.standings_of(request.user, now), "now": now},
    )


# -- one version ----------------------------------------------------------------------------------


@require_safe
@login_required
def submission_show(request: UserRequest, code: str) -> HttpResponse:
    """Show a draft as its tasks, a version that is in with files, state and result (S-7)."""
    submission = find_version(request, "submissions.view_submission", code)
    context = version_frame(request, submission)
    context["summary_parts"] = submission_parts(SubmissionPlace.ENTRY_SUMMARY, request, submission)
    if submission.is_draft:
        tasks = queries.tasks(submission)
        context["tasks"] = tasks
        context["done"] = sum(task.is_done for task in tasks)
        return render(request, "submissions/team/submission_draft.html", context)
    context["result_parts"] = submission_parts(
        SubmissionPlace.SUBMISSION_RESULT, request, submission
    )
    context["may_withdraw"] = context["standing"].is_open and request.user.has_perm(
        "submissions.withdraw_submission", submission
    )
    return render(request, "submissions/team/submission_show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submission_edit(request: UserRequest, code: str) -> HttpResponse:
    """Write title, summary and link; a text that somebody else changed is not overwritten."""
    submission = find_version(request, "submissions.view_submission", code)
    if request.method != "POST":
        if not submission.is_draft:
            return redirect(submission)
        form = TextForm(instance=submission, initial={"version": submission.version})
        return _edit_page(request, submission, form)
    # An instance of its own: a bound form writes into it, and the page shows what is stored.
    form = TextForm(
        conflicts.with_stored(request.POST, _texts_of(submission)),
        instance=Submission(pk=submission.pk, code=submission.code),
    )
    if autosave.is_autosave(request):
        return _autosave_text(request, submission, form)
    if not form.is_valid():
        return _edit_page(request, submission, form, status=422)
    try:
        submission_actions.save_text(
            submission,
            by=request.user,
            version=form.cleaned_data["version"],
            title=form.cleaned_data["title"],
            summary=form.cleaned_data["summary"],
            link=form.cleaned_data["link"],
        )
    except StaleVersion as error:
        submission.refresh_from_db()
        # Saving once more is then a decision: both texts are on the page.
        data = request.POST.copy()
        data["version"] = str(submission.version)
        form = TextForm(data, instance=Submission(pk=submission.pk, code=submission.code))
        if submission.is_draft:
            conflicts.show_both(form, _texts_of(submission))
        return _edit_page(request, submission, form, conflict=error, status=error.status)
    messages.success(request, _("Saved."))
    return redirect(submission)


def _texts_of(submission: Submission) -> dict[str, str]:
    return {name: getattr(submission, name) for name in ("title", "summary", "link")}


def _autosave_text(request: UserRequest, submission: Submission, form: TextForm) -> JsonResponse:
    """Save what can be saved while somebody writes, and say what cannot (J-90, J-91).

    A field that is no acceptable answer yet, such as half a link, keeps its stored value.
    """
    form.is_valid()
    if "version" not in form.cleaned_data:
        return autosave.unreadable()
    unsaved = {name: errors[0] for name, errors in form.errors.items()}
    texts = {
        name: getattr(submission, name) if name in unsaved else form.cleaned_data[name]
        for name in ("title", "summary", "link")
    }
    try:
        saved = submission_actions.save_text(
            submission, by=request.user, version=form.cleaned_data["version"], **texts
        )
    except StaleVersion as error:
        return autosave.refused(error)
    return autosave.saved(saved.version, saved.updated_at, unsaved)


def _edit_page(
    request: UserRequest,
    submission: Submission,
    form: TextForm,
    conflict: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {**version_frame(request, submission), "form": form, "conflict": conflict}
    # What differs is saved by a decision only.
    context["autosave"] = submission.is_draft and conflict is None
    return render(request, "submissions/team/submission_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submission_card(request: UserRequest, code: str) -> HttpResponse:
    """Answer the data and model card, and declare the footprint."""
    submission = find_version(request, "submissions.view_submission", code)
    challenge = submission.entry.challenge
    if not (cards.asks_card(challenge) or footprint.is_asked(challenge)):
        raise Http404
    return _answers(
        request,
        submission,
        partial(CardForm, challenge=challenge),
        column="card",
        save=submission_actions.save_card,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submission_self_check(request: UserRequest, code: str) -> HttpResponse:
    """Answer the questions of the AI Act pre-check for one's own solution."""
    submission = find_version(request, "submissions.view_submission", code)
    if not cards.asks_self_check(submission.entry.challenge):
        raise Http404
    legal = legal_dates(legal_values(today()))
    return _answers(
        request,
        submission,
        partial(SelfCheckForm, legal=legal),
        column="self_check",
        save=submission_actions.save_self_check,
        result=cards.result(submission.self_check, legal),
    )


def _answers(
    request: UserRequest,
    submission: Submission,
    make_form: Callable[..., CardForm | SelfCheckForm],
    *,
    column: str,
    save: Callable[..., Submission],
    result: Result | None = None,
) -> HttpResponse:
    """Show or save the answers of one column; what is incomplete can be saved."""
    counter = f"{column}_version"
    stored: dict[str, Any] = getattr(submission, column)
    template = f"submissions/team/submission_{column}.html"

    def page(
        form: CardForm | SelfCheckForm, *, conflict: DomainError | None = None, status: int = 200
    ) -> HttpResponse:
        context = {
            **version_frame(request, submission),
            "form": form,
            "conflict": conflict,
            "autosave": submission.is_draft and conflict is None,
            "result": result,
            "open_numbers": [BY_KEY[key].number for key in result.open_questions] if result else (),
        }
        return render(request, template, context, status=status)

    if request.method != "POST":
        if not submission.is_draft:
            return redirect(submission)
        return page(make_form(initial={**stored, "version": getattr(submission, counter)}))
    form = make_form(conflicts.with_stored(request.POST, _asked_of(make_form, stored)))
    unsaved = {} if form.is_valid() else {name: e[0] for name, e in form.errors.items()}
    is_autosave = autosave.is_autosave(request)
    if "version" in unsaved or (unsaved and not is_autosave):
        return autosave.unreadable() if is_autosave else page(form, status=422)
    given = {
        name: stored.get(name) if name in unsaved else form.cleaned_data[name]
        for name in form.fields
    }
    version = given.pop("version")
    try:
        saved = save(submission, by=request.user, version=version, answers=given)
    except StaleVersion as error:
        if is_autosave:
            return autosave.refused(error)
        submission.refresh_from_db()
        # Saving once more is then a decision: both are on the page.
        data = request.POST.copy()
        data["version"] = str(getattr(submission, counter))
        form = make_form(data)
        if submission.is_draft:
            conflicts.show_both(form, _asked_of(make_form, getattr(submission, column)))
        return page(form, conflict=error, status=error.status)
    if is_autosave:
        return autosave.saved(getattr(saved, counter), saved.updated_at, unsaved)
    messages.success(request, _("Saved."))
    return redirect(request.path if column == "self_check" else submission)


def _asked_of(
    make_form: Callable[..., CardForm | SelfCheckForm], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the stored answer to every question, None where there is none."""
    return {name: stored.get(name) for name in make_form().fields if name != "version"}


@require_safe
@login_required
def submission_check(request: UserRequest, code: str) -> HttpResponse:
    """Show everything that would be handed in, and what is missing (S-9)."""
    submission = find_version(request, "submissions.view_submission", code)
    if not submission.is_draft:
        return redirect(submission)
    return _check_page(request, submission, HandInForm(initial={"key": secrets.token_urlsafe(24)}))


def _check_page(
    request: UserRequest,
    submission: Submission,
    form: HandInForm,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **version_frame(request, submission),
        "form": form,
        "missing": queries.missing(submission),
        "hints": guard.of_version(submission),
        "asks_card": cards.asks_card(submission.entry.challenge),
        "asks_footprint": footprint.is_asked(submission.entry.challenge),
        "asks_self_check": cards.asks_self_check(submission.entry.challenge),
        "limit": queries.limit_refusal(submission.entry, clock.now(), by=request.user),
        "problem": problem,
        "files": [
            (kind, submission.file(kind), queries.upload_url(submission, kind))
            for kind in queries.wanted_kinds(submission.entry.challenge)
        ],
        "is_captain": request.user.has_perm("submissions.hand_in_submission", submission),
    }
    return render(request, "submissions/team/submission_check.html", context, status=status)


@require_POST
@login_required
def submission_hand_in(request: UserRequest, code: str) -> HttpResponse:
    """Hand the draft in, for good, and lead to the receipt."""
    submission = find_version(request, "submissions.hand_in_submission", code)
    form = HandInForm(request.POST)
    if not form.is_valid():
        if not submission.is_draft:
            return redirect(submission)
        return _check_page(request, submission, form, status=422)
    try:
        submission_actions.hand_in(
            submission,
            by=request.user,
            key=form.cleaned_data["key"],
            declared=form.cleaned_data["is_declared"],
        )
    except IllegalTransition:
        # Another tab, or another member, was faster.
        messages.info(
            request,
            _("Version %(number)s was handed in already.") % {"number": submission.number},
        )
    except DomainError as error:
        return _check_page(request, submission, form, problem=error, status=error.status)
    return redirect("submissions:receipt-show", submission.code)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submission_withdraw(request: UserRequest, code: str) -> HttpResponse:
    """Ask once more, then take the version out of the competition."""
    submission = find_version(request, "submissions.withdraw_submission", code)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        submission_actions.withdraw(submission, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(
            request, _("Version %(number)s is withdrawn.") % {"number": submission.number}
        )
        return redirect(submission)
    context = version_frame(request, submission)
    others = [v for v in context["standing"].in_the_running if v != submission]
    context |= {
        "form": form,
        "next_counting": others[0] if others else None,
        "counts_now": context["standing"].counting == submission,
        "closed": deadlines.refusal(submission.entry.challenge, context["now"]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "submissions/team/submission_withdraw.html", context, status=status)


@require_POST
@login_required
def submission_choose(request: UserRequest, code: str) -> HttpResponse:
    """Let a version count: the posted one, or the one whose page is open."""
    submission = find_version(request, "submissions.view_submission", code)
    chosen = get_permitted(
        _ROWS.filter(entry=submission.entry),
        "submissions.choose_submission",
        request.user,
        code=request.POST.get("version", code),
    )
    submission_actions.choose(chosen, by=request.user)
    messages.success(request, _("Version %(number)s counts now.") % {"number": chosen.number})
    return redirect(submission)


@require_POST
@login_required
def submission_renew(request: UserRequest, code: str) -> HttpResponse:
    """Begin the next version with texts and files of the latest one."""
    submission = find_version(request, "submissions.view_submission", code)
    draft = submission_actions.start_draft(submission.entry, by=request.user)
    return redirect(draft)


# -- shared ---------------------------------------------------------------------------------------


def find_version(request: UserRequest, permission: str, code: str) -> Submission:
    """Return a version that the person holds the permission on; for a page, with what it reads.

    What changes something is answered with a redirect, and reads afresh under its locks.
    """
    rows = _ALONE if request.method == "POST" else _ROWS
    return get_permitted(rows.all(), permission, request.user, code=code)


def version_frame(request: UserRequest, submission: Submission) -> dict[str, Any]:
    """Return what every page of a version shows: team, deadline, tries, versions."""
    now: dt.datetime = clock.now()
    entry = submission.entry
    standing = queries.standing(entry, now)
    return {
        "submission": submission,
        "entry": entry,
        "team": entry.team,
        "challenge": entry.challenge,
        "competition": entry.challenge.competition,
        "brand_note": entry.challenge.competition.name,
        "standing": standing,
        "may_choose": standing.counting is not None
        and request.user.has_perm("submissions.choose_submission", standing.counting)
        and standing.may_choose,
        "sealed": documents.sealed_among(submission.files.all()),
        "captains": queries.captain_names(entry.team),
        "bounds": queries.bounds(entry, now, by=request.user),
        "grace": deadlines.grace(),
        "grace_until": deadlines.grace_until(submission, now),
        "now": now,
    }
