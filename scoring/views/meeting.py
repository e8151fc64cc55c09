"""The meeting as its chair leads it: who is present, motions, votes; and the members' votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import get_permitted, get_visible
from core.exceptions import DomainError
from scoring.actions import deliberation
from scoring.forms.deliberation import GuestForm, HandsForm, MotionForm, QuorumForm, VoteForm
from scoring.models import Jury, JurySeat, Motion
from scoring.queries import board as board_queries
from scoring.queries import discussion as queries
from scoring.queries import jury as jury_queries
from scoring.states import JuryState
from scoring.views.notes import note_parts

if TYPE_CHECKING:
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


def _led(request: UserRequest, code: str) -> Jury:
    """Return the jury if the person leads its meeting now, else 404."""
    return get_permitted(_JURIES.all(), "scoring.deliberate", request.user, challenge__code=code)


def _closed(request: UserRequest, jury: Jury) -> set[int]:
    """Return the entries that the person is in conflict with."""
    seats = JurySeat.objects.select_related("jury__challenge")
    return queries.closed_entries(get_visible(seats, request.user, jury=jury))


def board_tabs(jury: Jury, current: str) -> list[dict[str, Any]]:
    """Return the pages of the chair after closing."""
    code = jury.challenge.code
    return [
        {
            "label": label,
            "url": reverse(f"scoring:{name}", args=[code]),
            "current": name == current,
        }
        for name, label in (
            ("board-show", _("Ranking")),
            ("board-compare", _("Side by side")),
            ("meeting-show", _("Presence and votes")),
            ("board-support", _("What the figures say")),
            ("minutes-show", _("Minutes")),
        )
        if name != "minutes-show" or jury.state in {JuryState.DECIDED, JuryState.PUBLISHED}
    ]


@require_http_methods(["GET", "POST"])
@login_required
def deliberation_open(request: UserRequest, code: str) -> HttpResponse:
    """State the quorum and open the jury's discussion."""
    jury = get_permitted(_JURIES.all(), "scoring.decide", request.user, challenge__code=code)
    form = QuorumForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        deliberation.open_meeting(
            jury, by=request.user, quorum_percent=form.cleaned_data["quorum_percent"]
        )
        messages.success(request, _("The deliberation is open."))
        return redirect("scoring:board-show", code)
    return render(
        request,
        "scoring/jury/deliberation_open.html",
        {**_common(jury), "form": form},
        status=422 if request.method == "POST" else 200,
    )


@require_safe
@login_required
def meeting_show(request: UserRequest, code: str) -> HttpResponse:
    """Show the chair who is present, and the motions but those of the chair's own conflicts."""
    jury = get_permitted(_JURIES.all(), "scoring.view_board", request.user, challenge__code=code)
    return _page(request, jury)


def _page(
    request: UserRequest,
    jury: Jury,
    *,
    motion: MotionForm | None = None,
    guest: GuestForm | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    hidden = _closed(request, jury)
    choices = _choices(jury, hidden)
    has_errors = motion is not None or guest is not None or problem is not None
    can_lead = request.user.has_perm("scoring.deliberate", jury)
    lines = queries.motions(jury, hidden=hidden)
    wanted = request.GET.get("submission", "")
    first = {"submission": wanted} if wanted in {code for code, _name in choices} else {}
    return render(
        request,
        "scoring/jury/meeting_show.html",
        {
            **_common(jury),
            "tabs": board_tabs(jury, "meeting-show"),
            "presence": queries.presence(jury),
            "motions": lines,
            "voting": [
                {"line": line, "form": HandsForm(auto_id=f"{line.motion.code}_%s")}
                for line in lines
                if can_lead and line.motion.is_open
            ],
            "can_lead": can_lead,
            "note": _general_note(request, jury) if can_lead else None,
            "motion_form": motion or MotionForm(submissions=choices, initial=first),
            "guest_form": guest or GuestForm(),
            "forms": [form for form in (motion, guest) if form is not None],
            "problem": problem,
            "has_errors": has_errors,
        },
        status=422 if has_errors else 200,
    )


def _general_note(request: UserRequest, jury: Jury) -> dict[str, Any]:
    seats = JurySeat.objects.select_related("jury__challenge")
    seat = get_visible(seats, request.user, jury=jury)
    return note_parts(seat, queries.note_about(jury, None), "")


def _choices(jury: Jury, hidden: set[int]) -> list[tuple[str, str]]:
    return [
        (row.code, row.entry.jury_pseudonym)
        for row in jury_queries.running_submissions(jury)
        if row.entry_id not in hidden
    ]


# -- presence --------------------------------------------------------------------------------------


@require_POST
@login_required
def attendance_update(request: UserRequest, code: str) -> HttpResponse:
    """Record that one member or all have come, or that somebody has left."""
    jury = _led(request, code)
    came, left = request.POST.get("came", ""), request.POST.get("left", "")
    seats = jury.seats.all()
    if "all" not in request.POST:
        seats = seats.filter(code=came)
    there = jury.attendances.filter(pk=int(left) if left.isdecimal() else 0).first()
    if not seats and there is None:
        raise Http404
    for seat in seats:
        deliberation.arrive(jury, seat=seat, by=request.user)
    if there is not None:
        deliberation.leave(there, by=request.user)
    return redirect("scoring:meeting-show", code)


@require_POST
@login_required
def guest_create(request: UserRequest, code: str) -> HttpResponse:
    """Record somebody who is present and no member."""
    jury = _led(request, code)
    form = GuestForm(request.POST)
    if not form.is_valid():
        return _page(request, jury, guest=form)
    deliberation.arrive(jury, by=request.user, **form.cleaned_data)
    return redirect("scoring:meeting-show", code)


# -- motions ---------------------------------------------------------------------------------------


@require_POST
@login_required
def motion_create(request: UserRequest, code: str) -> HttpResponse:
    """Put a motion to the vote."""
    jury = _led(request, code)
    choices = _choices(jury, _closed(request, jury))
    form = MotionForm(request.POST, submissions=choices)
    if not form.is_valid():
        return _page(request, jury, motion=form)
    wanted = form.cleaned_data["submission"]
    try:
        deliberation.open_motion(
            jury,
            by=request.user,
            kind=form.cleaned_data["kind"],
            text=form.cleaned_data["text"],
            entry=board_queries.entries_by_code(jury)[wanted] if wanted else None,
        )
    except deliberation.VoteRefused as error:
        form.add_error("text", str(error))
        return _page(request, jury, motion=form)
    messages.success(request, _("The motion is put to the vote."))
    return redirect(f"{reverse('scoring:meeting-show', args=[code])}#motions")


def _own_motion(request: UserRequest, jury: Jury, motion_code: str) -> Motion:
    """Return a motion of the jury that the person may know of, else 404."""
    for line in queries.motions(jury, hidden=_closed(request, jury)):
        if line.motion.code == motion_code:
            return line.motion
    raise Http404


@require_POST
@login_required
def motion_close(request: UserRequest, code: str, motion_code: str) -> HttpResponse:
    """Close a vote: with the votes of the product, by a show of hands, or without a result."""
    jury = _led(request, code)
    motion = _own_motion(request, jury, motion_code)
    step = request.POST.get("step", "")
    hands = None
    if step == "hands":
        form = HandsForm(request.POST)
        if not form.is_valid():
            problem = deliberation.VoteRefused(
                "hands_missing", _("Enter the hands for yes, no and abstention as numbers.")
            )
            return _page(request, jury, problem=problem)
        hands = deliberation.Hands(**form.cleaned_data)
    elif step not in {"count", "withdraw"}:
        raise Http404
    try:
        if step == "withdraw":
            closed = deliberation.withdraw_motion(motion, by=request.user)
        else:
            closed = deliberation.close_motion(motion, by=request.user, hands=hands)
    except deliberation.VoteRefused as error:
        return _page(request, jury, problem=error)
    messages.success(
        request,
        _("The vote is closed: %(result)s.") % {"result": closed.get_state_display()},
    )
    return redirect(f"{reverse('scoring:meeting-show', args=[code])}#motions")


@require_POST
@login_required
def vote_cast(request: UserRequest, code: str, motion_code: str) -> HttpResponse:
    """Vote on a motion."""
    jury = get_permitted(
        _JURIES.all(), "scoring.join_discussion", request.user, challenge__code=code
    )
    motion = _own_motion(request, jury, motion_code)
    form = VoteForm(request.POST)
    url = f"{reverse('scoring:discussion-show', args=[code])}#motions"
    if not form.is_valid():
        messages.error(request, _("Choose yes, no or abstention."))
        return redirect(url)
    try:
        deliberation.vote(motion, by=request.user, choice=form.cleaned_data["choice"])
    except deliberation.VoteRefused as error:
        messages.error(request, str(error))
        return redirect(url)
    messages.success(request, _("Your vote is in. You can change it until the vote is closed."))
    return redirect(url)
