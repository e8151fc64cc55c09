"""The juror's room: declare, read, assess, release, step back. Only own marks, only pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from core import autosave, clock, display
from core.access import get_permitted, get_visible
from core.exceptions import DomainError, Incomplete, PhaseClosed, StaleVersion
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.forms.assessment import (
    CANNOT_JUDGE,
    AfterSavingForm,
    AssessmentForm,
    RecusalForm,
)
from scoring.forms.conflict import DeclarationForm
from scoring.models import Assignment, JurySeat
from scoring.queries import calibration as calibration_queries
from scoring.queries import compare, reopening
from scoring.queries import conflict as conflict_queries
from scoring.queries import invitation as invitation_queries
from scoring.queries import juror as queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AfterSaving, JuryState
from submissions import documents, footprint

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict
    from django.http.response import HttpResponseBase

    from accounts.views.person import UserRequest
    from scoring.models import Assessment, Reopening
    from scoring.queries.juror import Grid, Line, Sheet

_SEATS = JurySeat.objects.select_related("user", "jury__challenge__competition").prefetch_related(
    "jury__challenge__phases"
)
_ASSIGNMENTS = Assignment.objects.select_related(
    "seat__user", "seat__jury__challenge__competition", "submission__entry__team"
).prefetch_related("seat__jury__challenge__phases")


def _own_seat(request: UserRequest, code: str) -> JurySeat:
    """Return the person's seat in the jury of a statement, else 404."""
    return get_visible(_SEATS.all(), request.user, jury__challenge__code=code)


def _own_assignment(request: UserRequest, code: str, submission_code: str) -> Assignment:
    """Return the person's assignment if it may be opened, else 404.

    A conflict that has appeared since the declaration closes it at once. A form that is sent then
    leaves the recusal behind; reading a page writes nothing.
    """
    lookup = {
        "seat__user": request.user,
        "seat__jury__challenge__code": code,
        "submission__code": submission_code,
    }
    try:
        return get_permitted(_ASSIGNMENTS.all(), "scoring.open_assignment", request.user, **lookup)
    except Http404:
        refused = _ASSIGNMENTS.filter(**lookup).first() if request.method == "POST" else None
        if refused is not None and refused.is_detected:
            conflict_actions.look_again(refused.seat.jury, now=clock.now(), seat=refused.seat_id)
        raise


def _posted(request: UserRequest) -> QueryDict | None:
    """Return what was sent; an empty answer is one, too."""
    return request.POST if request.method == "POST" else None


def _kept(request: UserRequest) -> str:
    """Return the filter of the list, which goes along from page to page (J-95)."""
    return queries.kept_filter(request.GET.get("state", ""), request.GET.get("sort", ""))


def _common(seat: JurySeat) -> dict[str, Any]:
    challenge = seat.jury.challenge
    return {
        "seat": seat,
        "jury": seat.jury,
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
    }


# -- lists -----------------------------------------------------------------------------------------


@require_safe
@login_required
def jury_list(request: UserRequest) -> HttpResponse:
    """List the juries in which the person has a seat, with own progress and deadline."""
    return render(
        request,
        "scoring/jury/jury_list.html",
        {
            "desks": queries.desks(request.user),
            "invitations": invitation_queries.open_for(request.user),
            "now": clock.now(),
        },
    )


@require_safe
@login_required
def jury_show(request: UserRequest, code: str) -> HttpResponse:
    """Show the juror's grid; before the declaration is complete nothing opens (J-81)."""
    seat = _own_seat(request, code)
    if not conflict_queries.has_declared_everything(seat):
        return redirect("scoring:jury-declare", code)
    now = clock.now()
    grid = queries.grid(
        seat,
        request.user,
        now=now,
        state=request.GET.get("state", queries.ALL),
        sort=request.GET.get("sort", ""),
    )
    url = reverse("scoring:jury-show", args=[code])
    state = request.GET.get("state", queries.ALL)
    tabs = [
        {
            "label": f"{tab.label} ({tab.count})",
            "url": url if tab.key == queries.ALL else f"{url}?state={tab.key}",
            "current": tab.key == state,
        }
        for tab in grid.tabs
    ]
    query = f"state={state}&" if state in {tab.key for tab in grid.tabs} - {queries.ALL} else ""
    return render(
        request,
        "scoring/jury/jury_show.html",
        {
            **_common(seat),
            "grid": grid,
            "samples": calibration_queries.count_to_score(seat),
            "minutes_are_due": seat.jury.state in {JuryState.DECIDED, JuryState.PUBLISHED},
            "discussion_is_open": request.user.has_perm("scoring.join_discussion", seat.jury),
            "tabs": tabs,
            "now": now,
            "sort": request.GET.get("sort", ""),
            "sorts": [
                {"label": label, "url": f"{url}?{query}sort={key}"}
                for key, label in (
                    ("state", pgettext("sort by", "state")),
                    ("total", pgettext("sort by", "total")),
                    ("title", pgettext("sort by", "title")),
                )
            ],
            "url": url,
            "kept": _kept(request),
            "reopened": _reopened(seat, grid),
            "rubric_version": rubric_queries.latest_amendment(seat.jury.challenge),
        },
    )


def _reopened(seat: JurySeat, grid: Grid) -> list[tuple[Line, Reopening]]:
    """Return what the chair has given back to the juror after the closing."""
    rows = {row.assessment.assignment.submission.code: row for row in reopening.own_open(seat.pk)}
    return [(line, rows[line.code]) for line in grid.lines if line.code in rows]


# -- conflicts of interest -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def jury_declare(request: UserRequest, code: str) -> HttpResponse:
    """Ask about every organisation that takes part, and for the promise of confidentiality."""
    seat = _own_seat(request, code)
    questions = conflict_queries.questions_for(seat)
    form = DeclarationForm(
        _posted(request),
        questions=questions,
        has_started=seat.jury.state != JuryState.PREPARING,
        has_sworn=seat.declared_at is not None,
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            conflict_actions.declare(
                seat,
                by=request.user,
                answers=form.answers(),
                oath=form.cleaned_data["oath"],
            )
            messages.success(request, _("Thank you. Your declaration is stored."))
            return redirect("scoring:jury-show", code)
        status = 422
    return render(
        request,
        "scoring/jury/jury_declare.html",
        {**_common(seat), "form": form, "questions": questions},
        status=status,
    )


@require_http_methods(["GET", "POST"])
@login_required
def recusal_create(request: UserRequest, code: str, submission_code: str) -> HttpResponse:
    """Step back from a submission."""
    assignment = get_permitted(
        _ASSIGNMENTS.all(),
        "scoring.recuse",
        request.user,
        seat__user=request.user,
        seat__jury__challenge__code=code,
        submission__code=submission_code,
    )
    form = RecusalForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        conflict_actions.recuse(
            assignment,
            by=request.user,
            reason=form.cleaned_data["reason"],
            text=form.cleaned_data["text"],
        )
        # Names nothing: the submission is gone from everything this person sees.
        messages.success(
            request, _("You have stepped back. The competition office takes care of the rest.")
        )
        return redirect("scoring:jury-show", code)
    return render(
        request,
        "scoring/jury/recusal_create.html",
        {**_common(assignment.seat), "assignment": assignment, "form": form},
        status=422 if request.method == "POST" else 200,
    )


# -- one submission --------------------------------------------------------------------------------


@require_safe
@login_required
def assessment_document(request: UserRequest, code: str, submission_code: str) -> HttpResponseBase:
    """Answer with the concept under a neutral name, to be read inside our own page."""
    assignment = _own_assignment(request, code, submission_code)
    concept = assignment.submission.concept
    if concept is None:
        raise Http404
    return documents.download(
        concept, name=concept.neutral_name, inline="download" not in request.GET
    )


@require_http_methods(["GET", "POST"])
@login_required
def assessment_edit(request: UserRequest, code: str, submission_code: str) -> HttpResponse:
    """Read a submission and assess it by the rubric (S-15)."""
    assignment = _own_assignment(request, code, submission_code)
    sheet = queries.sheet(assignment, request.user)
    if sheet is None:
        raise Http404
    if request.method == "POST":
        _remember_next(request, assignment.seat)
        return _autosave(request, sheet) if autosave.is_autosave(request) else _save(request, sheet)
    form = AssessmentForm(criteria=sheet.criteria, initial=_stored(sheet))
    return _render_sheet(request, sheet, form)


def _remember_next(request: UserRequest, seat: JurySeat) -> None:
    form = AfterSavingForm(request.POST)
    if form.is_valid():
        choice = AfterSaving(form.cleaned_data["after"])
        assessment_actions.remember_next(seat, by=request.user, choice=choice)


def _stored(sheet: Sheet) -> dict[str, Any]:
    return AssessmentForm.initial_of(sheet.assessment, sheet.criteria, sheet.scores)


def _save(request: UserRequest, sheet: Sheet) -> HttpResponse:
    data = _resolved(request, sheet)
    form = AssessmentForm(data, criteria=sheet.criteria, initial=_stored(sheet))
    for criterion in sheet.criteria:
        if request.POST.get("clear") == criterion.key:
            form.clear(criterion.key)
    if not form.is_valid():
        return _render_sheet(request, sheet, form, status=422)
    saved = None
    # Turning a page without having typed anything begins no assessment.
    if form.has_changed() or "take" in request.POST:
        try:
            saved = assessment_actions.save(
                sheet.assignment,
                by=request.user,
                version=form.cleaned_data["version"],
                answers=form.answers(),
                comment=form.cleaned_data["comment"],
                private_note=form.cleaned_data["private_note"],
            )
        except StaleVersion:
            fresh = queries.sheet(sheet.assignment, request.user)
            if fresh is None:
                raise Http404 from None
            differences = _differences(fresh, form)
            if differences:
                return _render_stale(request, fresh, form, differences)
        except (PhaseClosed, assessment_actions.AlreadyReleased) as error:
            return _render_sheet(request, sheet, form, status=error.status, refused=str(error))
    return _go_on(request, sheet, saved)


def _autosave(request: UserRequest, sheet: Sheet) -> HttpResponse:
    """Save what can be saved and answer in the words of static/js/autosave.js (J-90)."""
    stored = _stored(sheet)
    form = AssessmentForm(request.POST, criteria=sheet.criteria, initial=stored)
    unsaved = {name: str(errors[0]) for name, errors in form.errors.items()}
    if unsaved:
        form = form.without_faults(stored)
    if not form.is_valid():
        return autosave.unreadable()
    if not form.has_changed():
        assessment = sheet.assessment
        return autosave.saved(
            sheet.version, clock.now() if assessment is None else assessment.saved_at, unsaved
        )
    try:
        saved = assessment_actions.save(
            sheet.assignment,
            by=request.user,
            version=form.cleaned_data["version"],
            answers=form.answers(),
            comment=form.cleaned_data["comment"],
            private_note=form.cleaned_data["private_note"],
        )
    except StaleVersion as error:
        fresh = queries.sheet(sheet.assignment, request.user)
        if fresh is None or fresh.assessment is None or _differences(fresh, form):
            return autosave.refused(error)
        # The same content from two tabs is no collision.
        return autosave.saved(fresh.version, fresh.assessment.saved_at, unsaved)
    except (PhaseClosed, assessment_actions.AlreadyReleased) as error:
        # Its button sends the form, and the page says why and keeps what was typed.
        return JsonResponse({"sentence": str(error)}, status=409)
    return autosave.saved(saved.version, saved.saved_at, unsaved)


def _go_on(request: UserRequest, sheet: Sheet, saved: Assessment | None) -> HttpResponse:
    """Redirect to where the pressed button leads, with what is stored now in words (Q-16)."""
    code = sheet.assignment.seat.jury.challenge.code
    onward = sheet.onward(sheet.assignment.seat.after_saving)
    target = {"next": onward, "back": sheet.previous}.get(request.POST.get("go", ""))
    kept = _kept(request)
    if saved is not None and target is not None:
        messages.success(request, _read_back(sheet, saved))
    if request.POST.get("go") in {"next", "back"} and target is None:
        if saved is not None:
            messages.success(request, _read_back(sheet, saved))
        return redirect(reverse("scoring:jury-show", args=[code]) + kept)
    shown = target or sheet.assignment
    url = reverse("scoring:assessment-edit", args=[code, shown.submission.code]) + kept
    return redirect(url if target is not None else f"{url}#score")


def _read_back(sheet: Sheet, saved: Assessment) -> str:
    """Return what the database holds now, not what the form sent."""
    scores = {score.criterion_id: score for score in saved.scores.all()}
    marks = []
    for criterion in sheet.criteria:
        score = scores.get(criterion.pk)
        units = score.mark_hundredths if score is not None else None
        marks.append(display.MISSING if units is None else str(units // 100))
    words = _("%(pseudonym)s is saved: %(marks)s.") % {
        "pseudonym": sheet.pseudonym,
        "marks": ", ".join(marks),
    }
    if saved.total_hundredths is None:
        return words
    total = display.number_words(saved.total_hundredths / 100, 2)
    return f"{words} {_('Total: %(total)s of 100.') % {'total': total}}"


def _render_sheet(
    request: UserRequest,
    sheet: Sheet,
    form: AssessmentForm,
    *,
    status: int = 200,
    refused: str = "",
) -> HttpResponse:
    assignment = sheet.assignment
    can_edit = not refused and request.user.has_perm("scoring.assess_submission", assignment)
    card = assignment.submission.card
    asks_footprint = footprint.is_asked(assignment.seat.jury.challenge)
    rows = [
        replace(row, declared=footprint.words(row.criterion.footprint, card) or _("not declared"))
        if row.criterion.footprint and asks_footprint
        else row
        for row in form.rows
    ]
    answered = sum(row.picked is not None for row in rows)
    return render(
        request,
        "scoring/jury/assessment_edit.html",
        {
            **_common(assignment.seat),
            "sheet": sheet,
            "submission": assignment.submission,
            "form": form,
            "after": AfterSavingForm(initial={"after": assignment.seat.after_saving}),
            "onward": sheet.onward(assignment.seat.after_saving),
            "kept": _kept(request),
            "rows": rows,
            "answered": answered,
            "total": queries.running_total(sheet.rubric, form.levels()),
            "digits": min(sheet.rubric.digits, queries.SHOWN_DIGITS),
            "can_edit": can_edit,
            # What was typed when it could no longer be saved stays on the page, to be copied.
            "keeps_text": bool(refused),
            "refused": refused,
            "can_recuse": request.user.has_perm("scoring.recuse", assignment),
            "saved_words": _saved_words(sheet),
            "outbox": _outbox(assignment),
            "reopening": next(
                (
                    row
                    for row in reopening.own_open(assignment.seat_id)
                    if row.assessment.assignment_id == assignment.pk
                ),
                None,
            ),
            "cannot_judge": CANNOT_JUDGE,
            "may_abstain": any(criterion.may_abstain for criterion in sheet.criteria),
            "has_errors": status == 422,
        },
        status=status,
    )


def _outbox(assignment: Assignment) -> str:
    """Return the name under which a browser keeps what is not saved; it is this juror's alone."""
    return f"{assignment.seat.code}:{assignment.submission.code}"


def _saved_words(sheet: Sheet) -> str:
    """Say when the assessment was saved last: the time, on another day the date as well."""
    if sheet.assessment is None:
        return ""
    saved_at = display.to_zone(sheet.assessment.saved_at)
    is_today = saved_at.date() == display.to_zone(clock.now()).date()
    at = f"{saved_at:%H:%M}" if is_today else display.moment_words(saved_at, "short")
    return _("Saved %(at)s") % {"at": at}


@require_safe
@login_required
def assessment_versions(request: UserRequest, code: str, submission_code: str) -> HttpResponse:
    """Show the juror every save of an assessment, and one of them beside what is stored now."""
    assignment = _own_assignment(request, code, submission_code)
    sheet = queries.sheet(assignment, request.user)
    if sheet is None or sheet.assessment is None:
        raise Http404
    wanted, every = request.GET.get("number", ""), "every" in request.GET
    chosen = None
    if wanted:
        chosen = sheet.assessment.versions.filter(
            number=int(wanted) if wanted.isdecimal() and len(wanted) < 9 else 0
        ).first()
        if chosen is None:
            raise Http404
    values = {} if chosen is None else AssessmentForm.of_version(chosen, sheet.criteria)
    then = AssessmentForm({"version": sheet.version, **values}, criteria=sheet.criteria)
    return render(
        request,
        "scoring/jury/assessment_versions.html",
        {
            **_common(assignment.seat),
            "sheet": sheet,
            "submission": assignment.submission,
            "rows": queries.earlier_versions(sheet.assessment, sheet.criteria, every=every),
            "count": sheet.assessment.versions.count(),
            "every": every,
            "chosen": chosen,
            "differences": [] if chosen is None else _differences(sheet, then),
            "values": values.items(),
            "can_edit": request.user.has_perm("scoring.assess_submission", assignment),
        },
    )


@require_safe
@login_required
def assessment_compare(request: UserRequest, code: str) -> HttpResponse:
    """Show two to four of one's own submissions side by side, criterion by criterion (J-86)."""
    seat = _own_seat(request, code)
    rubric = rubric_queries.of(seat.jury.challenge)
    chosen = request.GET.getlist("with")
    comparison = None if rubric is None else compare.own(seat, request.user, rubric, chosen)
    if comparison is None:
        raise Http404
    return render(
        request,
        "scoring/jury/assessment_compare.html",
        {
            **_common(seat),
            "comparison": comparison,
            "sentence": compare.sentence(len(set(chosen))),
        },
    )


# -- two tabs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that was saved elsewhere with another content."""

    name: str
    label: str
    mine: str
    stored: str
    is_text: bool


def _differences(sheet: Sheet, form: AssessmentForm) -> list[Difference]:
    stored = _stored(sheet)
    found = []
    names = [
        (f"{kind}_{criterion.key}", str(criterion), kind)
        for criterion in sheet.criteria
        for kind in ("mark", "comment")
    ]
    names += [
        ("comment", str(form.fields["comment"].label), "text"),
        ("private_note", str(form.fields["private_note"].label), "text"),
    ]
    for name, label, kind in names:
        mine, theirs = str(form[name].value() or ""), str(stored[name])
        if mine.replace("\r\n", "\n").strip() == theirs.replace("\r\n", "\n").strip():
            continue
        if kind == "mark":
            mine, theirs = _mark_words(mine), _mark_words(theirs)
        words = _("Comment on “%(criterion)s”") % {"criterion": label}
        found.append(
            Difference(
                name,
                words if kind == "comment" else label,
                mine,
                theirs,
                is_text=kind != "mark",
            )
        )
    return found


def _mark_words(value: str) -> str:
    if value == CANNOT_JUDGE:
        return _("Cannot judge")
    return _("Level %(mark)s") % {"mark": value} if value else _("Not assessed")


def _render_stale(
    request: UserRequest, sheet: Sheet, form: AssessmentForm, differences: list[Difference]
) -> HttpResponse:
    """Show both versions of what differs and let the juror choose, field by field (N-17)."""
    return render(
        request,
        "scoring/jury/assessment_stale.html",
        {
            **_common(sheet.assignment.seat),
            "sheet": sheet,
            "differences": differences,
            "outbox": _outbox(sheet.assignment),
            "mine": [(name, form[name].value() or "") for name in form.fields if name != "version"],
        },
        status=409,
    )


def _resolved(request: UserRequest, sheet: Sheet) -> Any:
    """Return what was sent; after a collision with the stored content where it was chosen."""
    if "take" not in request.POST:
        return request.POST
    data = request.POST.copy()
    stored = _stored(sheet)
    for name, value in stored.items():
        if name != "version" and request.POST.get(f"take_{name}") == "stored":
            data[name] = value
    return data


# -- release ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def jury_release(request: UserRequest, code: str) -> HttpResponse:
    """Check what is complete, and release everything or one assessment (J-88)."""
    seat = _own_seat(request, code)
    now = clock.now()
    grid = queries.grid(seat, request.user, now=now)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            count = _release(request, seat)
        except (Incomplete, PhaseClosed, assessment_actions.AlreadyReleased) as error:
            refusal = error
        else:
            messages.success(request, _released_words(count))
            # Whoever releases one after the other stays here until the last one.
            stays = seat.after_saving != AfterSaving.LIST and grid.released + count < grid.total
            return redirect("scoring:jury-release" if stays else "scoring:jury-show", code)
    rubric = rubric_queries.of(seat.jury.challenge)
    return render(
        request,
        "scoring/jury/jury_release.html",
        {
            **_common(seat),
            "grid": grid,
            "gaps": _gaps(seat, request, rubric),
            "waiting": grid.total - grid.released,
            "given_back": [line.code for line, _row in _reopened(seat, grid)],
            "refusal": refusal,
            "has_errors": refusal is not None,
        },
        status=refusal.status if refusal is not None else 200,
    )


def _release(request: UserRequest, seat: JurySeat) -> int:
    wanted = request.POST.get("submission", "")
    given_back = {row.assessment.assignment.submission.code for row in reopening.own_open(seat.pk)}
    if wanted not in given_back:
        # The seat is the person's own: if the time is over, they get to know that.
        assessment_actions.check_time(seat.jury)
    if not wanted:
        return len(assessment_actions.release_all(seat, by=request.user))
    assignment = _own_assignment(request, seat.jury.challenge.code, wanted)
    assessment = queries.assessment_of(assignment)
    if assessment is None:
        raise Incomplete("assessment_incomplete", _("This assessment is not complete."))
    assessment_actions.release(assessment, by=request.user)
    return 1


def _released_words(count: int) -> str:
    if count == 1:
        return _("The assessment is released. Thank you.")
    return _("Your assessments are released. Thank you.")


def _gaps(seat: JurySeat, request: UserRequest, rubric: Any) -> dict[str, list[str]]:
    """Return the criteria without an answer, by submission."""
    if rubric is None:
        return {}
    found = {}
    for assignment in queries.assignments_of(seat, request.user):
        missing = assessment_actions.missing_answers(queries.assessment_of(assignment), rubric)
        if missing:
            found[assignment.submission.code] = missing
    return found
