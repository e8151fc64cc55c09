"""The take-along kit: documents and form for a journey, and what comes back from it (J-93)."""

from __future__ import annotations

import io
import tempfile
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from competition.states import PhaseKind
from core import clock, display
from core.access import get_visible
from scoring import kit
from scoring.actions import kit as actions
from scoring.forms.kit import KitForm, Returned, Standing, compare
from scoring.models import JurySeat
from scoring.queries import conflict as conflict_queries
from scoring.queries import kit as queries
from scoring.states import JuryState

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from accounts.views.person import UserRequest
    from scoring.queries.kit import Bag

_SEATS = JurySeat.objects.select_related("user", "jury__challenge__competition").prefetch_related(
    "jury__challenge__phases"
)
# How long a preview may lie open before it is looked at as too old.
_PREVIEW_SECONDS = 24 * 60 * 60


def _bag(request: UserRequest, code: str) -> Bag:
    """Return what the person may take along in a jury of theirs, else 404."""
    seat = get_visible(_SEATS.all(), request.user, jury__challenge__code=code)
    if not conflict_queries.has_declared_everything(seat):
        raise Http404
    bag = queries.bag(seat, request.user)
    if bag is None or not bag.assignments:
        raise Http404
    return bag


def _is_open(bag: Bag) -> bool:
    jury = bag.seat.jury
    phase = jury.challenge.phase(PhaseKind.ASSESSMENT)
    return jury.state == JuryState.ASSESSING and (phase is None or phase.is_open(clock.now()))


def _page(request: UserRequest, bag: Bag, form: KitForm, *, status: int = 200) -> HttpResponse:
    challenge = bag.seat.jury.challenge
    return render(
        request,
        "scoring/jury/kit_show.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "bag": bag,
            "is_open": _is_open(bag),
            "form": form,
            "form_name": kit.FORM_NAME,
        },
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def kit_show(request: UserRequest, code: str) -> HttpResponse:
    """Offer the kit; a form that comes back is shown beside what is stored, and not yet saved."""
    bag = _bag(request, code)
    if request.method != "POST":
        return _page(request, bag, KitForm())
    form = KitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, bag, form, status=422)
    try:
        sheets = kit.read(form.cleaned_data["file"].file)
    except kit.KitRefused as error:
        form.add_error("file", str(error))
        return _page(request, bag, form, status=error.status)
    lines = compare(sheets, bag.assignments, bag.criteria, is_open=_is_open(bag))
    challenge = bag.seat.jury.challenge
    return render(
        request,
        "scoring/jury/kit_preview.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "lines": lines,
            "count": sum(line.standing is Standing.CHANGED for line in lines),
            "signed": signing.dumps(
                {
                    line.code: asdict(sheets[line.code])
                    for line in lines
                    if line.standing is Standing.CHANGED
                },
                salt=_salt(bag),
                compress=True,
            ),
        },
    )


def _salt(bag: Bag) -> str:
    return f"scoring.kit:{bag.seat.code}"


@require_POST
@login_required
def kit_take(request: UserRequest, code: str) -> HttpResponseBase:
    """Answer with the kit as a ZIP; that it was taken is recorded."""
    bag = _bag(request, code)
    form = io.BytesIO()
    kit.write(form, bag.lines(), bag.anchors())
    held = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it)
    try:
        actions.take_along(
            bag.seat,
            held,
            by=request.user,
            assignments=bag.assignments,
            files={
                kit.FORM_NAME: form.getvalue(),
                "LIESMICH.txt": _read_me(bag).encode(),
                **_page_files(bag),
            },
        )
    except BaseException:
        held.close()
        raise
    held.seek(0)
    return FileResponse(held, as_attachment=True, filename=f"jury-{code}.zip")


def _page_files(bag: Bag) -> dict[str, bytes]:
    """Return the form as a page with all that it needs, to be opened from a folder."""
    sheets = [
        list(lines) for _code, lines in groupby(bag.lines(), key=lambda line: line.submission)
    ]
    page = render_to_string(
        "scoring/jury/kit_form.html",
        {"bag": bag, "sheets": sheets, "language": get_language() or "de"},
    )
    folder = Path(settings.BASE_DIR) / "static" / "kit"
    return {kit.PAGE_NAME: page.encode()} | {
        name: (folder / name).read_bytes() for name in ("bewertung.js", "bewertung.css")
    }


def _read_me(bag: Bag) -> str:
    """Return what a juror has to know on the train, as a text file that every program shows."""
    phase = bag.seat.jury.challenge.phase(PhaseKind.ASSESSMENT)
    ends = "" if phase is None else display.moment_words(phase.ends_at, "minutes")
    parts = [
        _("Take-along kit: %(title)s") % {"title": bag.seat.jury.challenge.title},
        _("Made on %(at)s. Everything in here is confidential: delete it after the meeting.")
        % {"at": display.moment_words(clock.now(), "minutes")},
        _(
            "1. Unpack the kit. Read the documents; each is called after the code of its"
            " submission."
        ),
        _(
            "2. Fill in the yellow cells of %(name)s. An empty level means: not yet assessed."
            " “x” means: I cannot judge this, where the scale shows it. Without a spreadsheet open"
            " %(page)s instead and save it as a file."
        )
        % {"name": kit.FORM_NAME, "page": kit.PAGE_NAME},
        _(
            "3. Back online, upload the form on the page of the kit. You see every change before"
            " it is saved. What you saved elsewhere meanwhile is not overwritten."
        ),
        _("Nothing is released by it: you release your assessments yourself, until %(at)s.")
        % {"at": ends}
        if ends
        else _("Nothing is released by it: you release your assessments yourself."),
    ]
    return "\r\n\r\n".join(parts) + "\r\n"


@require_POST
@login_required
def kit_apply(request: UserRequest, code: str) -> HttpResponse:
    """Save what the preview showed; what was saved elsewhere since then is left as it is."""
    bag = _bag(request, code)
    try:
        packed: dict[str, dict[str, Any]] = signing.loads(
            request.POST.get("signed", ""), salt=_salt(bag), max_age=_PREVIEW_SECONDS
        )
    except signing.BadSignature:
        messages.error(
            request, _("This preview is too old or incomplete. Please choose the form once more.")
        )
        return redirect("scoring:kit-show", code)
    sheets = {name: kit.KitSheet(**values) for name, values in packed.items()}
    lines = compare(sheets, bag.assignments, bag.criteria, is_open=_is_open(bag))
    saved, refused = actions.bring_back(
        [line.brought for line in lines if line.standing is Standing.CHANGED], by=request.user
    )
    if saved:
        messages.success(
            request,
            ngettext(
                "%(count)s assessment is saved. It is not released.",
                "%(count)s assessments are saved. They are not released.",
                len(saved),
            )
            % {"count": len(saved)},
        )
    for assignment, error in refused:
        messages.error(request, f"{assignment.submission.entry.jury_pseudonym}: {error}")
    for line in lines:
        if line.standing is not Standing.CHANGED:
            messages.error(request, _left_out(line))
    return redirect("scoring:jury-show", code)


def _left_out(line: Returned) -> str:
    """Say why a line of the preview was not saved after all."""
    if line.standing is Standing.FOREIGN:
        return _("A submission of the form is no longer on your list. Nothing of it was saved.")
    return _("%(pseudonym)s was changed elsewhere meanwhile. Nothing of it was saved.") % {
        "pseudonym": line.pseudonym
    }
