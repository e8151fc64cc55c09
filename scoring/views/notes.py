"""Notes while the jury talks, which save themselves, and the marks that it agrees on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core import autosave, clock
from core.access import get_permitted, get_visible
from core.exceptions import StaleVersion
from scoring.actions import deliberation
from scoring.forms.deliberation import ConsensusForm, NoteForm
from scoring.models import Jury, JurySeat
from scoring.queries import board as board_queries
from scoring.queries import discussion as queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from scoring.models import MeetingNote
    from submissions.models import Entry

_JURIES = Jury.objects.select_related("challenge__competition", "challenge__agency")


def _led(request: UserRequest, code: str) -> tuple[Jury, JurySeat]:
    """Return the jury if the person leads its meeting now, and their seat, else 404."""
    jury = get_permitted(_JURIES.all(), "scoring.deliberate", request.user, challenge__code=code)
    seats = JurySeat.objects.select_related("jury__challenge")
    return jury, get_visible(seats, request.user, jury=jury)


def _entry(jury: Jury, seat: JurySeat, submission_code: str) -> Entry:
    """Return an entry that the person is not in conflict with, else 404."""
    entry = board_queries.entries_by_code(jury).get(submission_code)
    if entry is None or entry.pk in queries.closed_entries(seat):
        raise Http404
    return entry


def note_parts(seat: JurySeat, note: MeetingNote | None, submission_code: str) -> dict[str, Any]:
    """Return what the form of notes needs on any page: form, address, name of the outbox."""
    code = seat.jury.challenge.code
    return {
        "form": NoteForm(initial=NoteForm.stored(note)),
        "url": _url(code, submission_code),
        "outbox": f"{seat.code}:note:{submission_code}",
        "saved_at": note.saved_at if note is not None else None,
    }


def _url(code: str, submission_code: str) -> str:
    if submission_code:
        return reverse("scoring:note-edit", args=[code, submission_code])
    return reverse("scoring:note-general", args=[code])


@require_http_methods(["GET", "POST"])
@login_required
def note_edit(request: UserRequest, code: str, submission_code: str = "") -> HttpResponse:
    """Write notes about a submission, or about the meeting; they save themselves (J-90)."""
    jury, seat = _led(request, code)
    entry = _entry(jury, seat, submission_code) if submission_code else None
    note = queries.note_about(jury, entry.pk if entry is not None else None)
    parts = note_parts(seat, note, submission_code)
    stale, status = None, 200
    if request.method == "POST":
        form = NoteForm(request.POST, initial=NoteForm.stored(note))
        if autosave.is_autosave(request):
            return _autosave(request, jury, entry, note, form)
        parts["form"], status = form, 422
        if form.is_valid():
            try:
                deliberation.save_note(jury, by=request.user, entry=entry, **form.cleaned_data)
            except StaleVersion as error:
                stale, status = error, 409
                # Saving once more overwrites what the page shows beside the own text.
                parts["form"] = NoteForm(
                    initial={
                        "version": error.data["version"],
                        "text": form.cleaned_data["text"],
                    }
                )
                note = queries.note_about(jury, entry.pk if entry is not None else None)
            else:
                messages.success(request, _("The notes are saved."))
                return redirect(parts["url"])
    return render(
        request,
        "scoring/jury/note_edit.html",
        {
            "jury": jury,
            "challenge": jury.challenge,
            "competition": jury.challenge.competition,
            "brand_note": jury.challenge.competition.name,
            "entry": entry,
            "submission_code": submission_code,
            "note": parts,
            "stale": stale,
            "stored": note,
        },
        status=status,
    )


def _autosave(
    request: UserRequest,
    jury: Jury,
    entry: Entry | None,
    note: MeetingNote | None,
    form: NoteForm,
) -> HttpResponse:
    """Save and answer in the words of static/js/autosave.js."""
    if "version" in form.errors:
        return autosave.unreadable()
    stored = NoteForm.stored(note)
    if not form.is_valid():
        unsaved = {name: str(errors[0]) for name, errors in form.errors.items()}
        at = note.saved_at if note is not None else clock.now()
        return autosave.saved(stored["version"], at, unsaved)
    if note is not None and form.cleaned_data["text"] == stored["text"]:
        # The same content from two tabs is no collision.
        return autosave.saved(note.version, note.saved_at, {})
    try:
        saved = deliberation.save_note(jury, by=request.user, entry=entry, **form.cleaned_data)
    except StaleVersion as error:
        return autosave.refused(error)
    return autosave.saved(saved.version, saved.saved_at, {})


@require_POST
@login_required
def consensus_set(request: UserRequest, code: str, submission_code: str) -> HttpResponse:
    """Store the levels that the jury agrees on."""
    jury, seat = _led(request, code)
    entry = _entry(jury, seat, submission_code)
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        raise Http404
    form = ConsensusForm(request.POST, criteria=list(rubric.criteria.all()))
    if form.is_valid():
        deliberation.set_consensus(jury, by=request.user, entry=entry, marks=form.marks())
        messages.success(
            request, _("The consensus is stored. It changes neither points nor ranking.")
        )
    else:
        messages.error(request, _("This level is not on the scale of the criterion."))
    return redirect(
        f"{reverse('scoring:board-show', args=[code])}?submission={submission_code}#selected"
    )
