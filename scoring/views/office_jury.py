"""The office forms a jury, hands out submissions, and watches progress. It sees no mark."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competition.models import Challenge
from competition.states import PhaseKind
from core import clock
from core.access import get_permitted
from core.exceptions import DomainError, Incomplete
from scoring.actions import conflict as conflict_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.actions import proposal as proposal_actions
from scoring.forms.jury import (
    MatrixForm,
    ProposalForm,
    RemoveSeatForm,
    SeatForm,
    SettleForm,
    StepInForm,
    TagsForm,
    keys_of,
)
from scoring.models import Jury, JurySeat
from scoring.queries import conflict as conflict_queries
from scoring.queries import expertise
from scoring.queries import invitation as invitation_queries
from scoring.queries import jury as queries
from scoring.queries import notice as notice_queries
from scoring.queries import rounds as round_queries
from scoring.states import AssessmentState, JuryState

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from accounts.views.person import UserRequest
    from scoring.compute.assignment import Plan

_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency"
).prefetch_related("challenge__phases")
_PAGE = "scoring:jury-manage"


def _posted(request: UserRequest) -> QueryDict | None:
    """Return what was sent; an empty answer is one, too."""
    return request.POST if request.method == "POST" else None


def _challenge(request: UserRequest, slug: str, code: str) -> Challenge:
    return get_permitted(
        Challenge.objects.select_related("competition", "agency", "jury").prefetch_related(
            "phases"
        ),
        "competition.oversee_challenge",
        request.user,
        competition__slug=slug,
        code=code,
    )


def _jury(request: UserRequest, slug: str, code: str) -> Jury:
    """Return the jury of a statement that the person organises, else 404."""
    return get_permitted(
        _JURIES.all(),
        "scoring.manage_jury",
        request.user,
        challenge__competition__slug=slug,
        challenge__code=code,
    )


def _seat(request: UserRequest, slug: str, code: str, seat_code: str) -> JurySeat:
    jury = _jury(request, slug, code)
    seat = next((seat for seat in queries.seats_of(jury) if seat.code == seat_code), None)
    if seat is None:
        raise Http404
    seat.jury = jury
    return seat


@require_safe
@login_required
def jury_manage(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show seats, conflicts to settle, assignments, and progress of one jury."""
    challenge = _challenge(request, slug, code)
    jury = getattr(challenge, "jury", None)
    if jury is None:
        return render(
            request,
            "scoring/office/jury_new.html",
            {"challenge": challenge, "competition": challenge.competition},
        )
    return _page(request, jury)


def _page(
    request: UserRequest,
    jury: Jury,
    *,
    seat_form: SeatForm | None = None,
    settle_form: SettleForm | None = None,
    proposal_form: ProposalForm | None = None,
    plan: Plan | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    roll = queries.Roll(jury)
    seats = roll.seats
    matrix = queries.matrix(roll, plan.pairs if plan is not None else None)
    rows = queries.progress(roll, seats)
    fields = expertise.fields_of(jury.challenge)
    is_preparing = jury.state == JuryState.PREPARING
    may_assign = is_preparing or jury.state == JuryState.ASSESSING
    can_change = may_assign or jury.state == JuryState.CUTTING
    seed = secrets.randbelow(10_000)
    invitations = invitation_queries.not_seated(jury)
    waiting = sum(invitation.is_open for invitation in invitations)
    return render(
        request,
        "scoring/office/jury_manage.html",
        {
            "jury": jury,
            "challenge": jury.challenge,
            "competition": jury.challenge.competition,
            "brand_note": jury.challenge.competition.name,
            "now": now,
            "rows": rows,
            "members": [(row, expertise.words(row.seat.tags, fields)) for row in rows],
            "sum": queries.totals(rows),
            "notices": notice_queries.count_waiting([jury]),
            "open_questions": conflict_queries.seats_with_open_questions(seats),
            "unsettled": conflict_queries.unsettled(jury),
            "explanations": conflict_queries.explanations(jury),
            "invitations": invitations,
            "waiting": waiting,
            "seat_form": seat_form
            or SeatForm(
                initial={"expected": invitation_queries.expected_load(roll, waiting)},
                expertise=fields,
            ),
            "has_fields": bool(fields),
            "settle_form": settle_form,
            "answer_choices": SettleForm.base_fields["answer"].choices,  # type: ignore[attr-defined]  # a choice field
            "proposal_form": proposal_form
            or ProposalForm(
                initial={
                    "k": matrix.wanted,
                    "seed": seed,
                    "fields": [field for field in fields if _is_known(field, seats)],
                },
                expertise=fields,
            ),
            "matrix": matrix,
            "plan": plan,
            "takes_long": queries.takes_long(roll),
            "proposal": queries.latest_proposal(jury),
            "findings": queries.findings(roll, plan, fields) if plan is not None else None,
            "is_preparing": is_preparing,
            "can_change": can_change,
            "cut": round_queries.cut_of(jury) if jury.is_final else None,
            "can_assign": may_assign and queries.submission_phase_is_over(jury, now),
            "gaps": queries.gaps_before_start(roll, now) if is_preparing else [],
            "open_gaps": queries.gaps_before_close(roll)
            if jury.state == JuryState.ASSESSING
            else [],
            "phase": jury.challenge.phase(PhaseKind.ASSESSMENT),
            "refusal": refusal,
            "has_errors": status == 422,
        },
        status=status,
    )


def _back(jury: Jury, anchor: str = "") -> HttpResponse:
    response = redirect(_PAGE, jury.challenge.competition.slug, jury.challenge.code)
    if anchor:
        response["Location"] += f"#{anchor}"
    return response


@require_POST
@login_required
def jury_create(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Form the jury of a statement."""
    challenge = _challenge(request, slug, code)
    jury = jury_actions.form(challenge, by=request.user)
    messages.success(request, _("The jury is formed. Invite its members now."))
    return _back(jury)


# -- seats -----------------------------------------------------------------------------------------


@require_POST
@login_required
def seat_create(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Invite a person into the jury."""
    jury = _jury(request, slug, code)
    form = SeatForm(request.POST, expertise=expertise.fields_of(jury.challenge))
    if form.is_valid():
        try:
            invitation = invitation_actions.invite(jury, by=request.user, **form.cleaned_data)
        except jury_actions.SeatRefused as error:
            form.add_error("role" if "chair" in error.code else "email", error.message)
        else:
            messages.success(
                request,
                _("%(person)s is invited and gets a message.") % {"person": invitation.user},
            )
            return _back(jury, "seats")
    return _page(request, jury, seat_form=form, status=422)


@require_http_methods(["GET", "POST"])
@login_required
def seat_withdraw(request: UserRequest, slug: str, code: str, invitation_code: str) -> HttpResponse:
    """Take an unanswered invitation back, after asking."""
    jury = _jury(request, slug, code)
    invitation = next(
        (
            row
            for row in invitation_queries.not_seated(jury)
            if row.code == invitation_code and row.is_open
        ),
        None,
    )
    if invitation is None:
        raise Http404
    invitation.jury = jury
    if request.method == "POST":
        try:
            invitation_actions.withdraw(invitation, by=request.user)
        except jury_actions.SeatRefused as error:
            return _page(request, jury, refusal=error, status=422)
        messages.success(request, _("The invitation is withdrawn. The person gets a message."))
        return _back(jury, "seats")
    return render(
        request,
        "scoring/office/seat_withdraw.html",
        {
            "invitation": invitation,
            "jury": jury,
            "challenge": jury.challenge,
            "competition": jury.challenge.competition,
        },
    )


@require_http_methods(["GET", "POST"])
@login_required
def seat_remove(request: UserRequest, slug: str, code: str, seat_code: str) -> HttpResponse:
    """Take a seat away, after asking."""
    seat = _seat(request, slug, code, seat_code)
    drafts = seat.assignments.filter(assessment__state=AssessmentState.DRAFT).count()
    form = RemoveSeatForm(_posted(request), seat=seat, begun=drafts)
    refusal: DomainError | None = None
    if request.method == "POST":
        discard = request.POST.get("discard_drafts") == "on"
        try:
            jury_actions.remove_seat(seat, by=request.user, discard_drafts=discard)
        except jury_actions.SeatRefused as error:
            refusal = error
        else:
            messages.success(request, _("The seat is taken away."))
            return _back(seat.jury, "seats")
    return render(
        request,
        "scoring/office/seat_remove.html",
        {
            "seat": seat,
            "jury": seat.jury,
            "challenge": seat.jury.challenge,
            "competition": seat.jury.challenge.competition,
            "form": form,
            "refusal": refusal,
            "has_errors": refusal is not None,
        },
        status=422 if refusal is not None else 200,
    )


def _is_known(field: str, seats: list[JurySeat]) -> bool:
    return any(field in seat.tags for seat in seats if seat.assesses)


@require_http_methods(["GET", "POST"])
@login_required
def seat_tags(request: UserRequest, slug: str, code: str, seat_code: str) -> HttpResponse:
    """Say which fields of the statement a member of the jury knows."""
    seat = _seat(request, slug, code, seat_code)
    fields = expertise.fields_of(seat.jury.challenge)
    if not fields:
        raise Http404
    form = TagsForm(_posted(request), fields=fields, initial={"tags": seat.tags})
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            jury_actions.set_tags(seat, by=request.user, tags=form.cleaned_data["tags"])
        except jury_actions.SeatRefused as error:
            refusal = error
        else:
            messages.success(request, _("The fields of expertise are stored."))
            return _back(seat.jury, "seats")
    return render(
        request,
        "scoring/office/seat_tags.html",
        {
            "seat": seat,
            "jury": seat.jury,
            "challenge": seat.jury.challenge,
            "competition": seat.jury.challenge.competition,
            "form": form,
            "refusal": refusal,
            "has_errors": refusal is not None,
        },
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "POST"])
@login_required
def seat_step_in(request: UserRequest, slug: str, code: str, seat_code: str) -> HttpResponse:
    """Let a substitute step in for a juror, after asking for whom."""
    seat = _seat(request, slug, code, seat_code)
    if not seat.is_substitute:
        raise Http404
    loads = queries.open_loads(seat.jury)
    jurors = {
        juror: loads[juror.pk]
        for juror in queries.assessing(queries.seats_of(seat.jury))
        if loads.get(juror.pk)
    }
    form = StepInForm(_posted(request), seats=jurors)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            taken = jury_actions.step_in(seat, instead_of=form.chosen(), by=request.user)
        except jury_actions.SeatRefused as error:
            refusal = error
        else:
            messages.success(request, _taken_words(taken))
            return _back(seat.jury, "assignments")
    return render(
        request,
        "scoring/office/seat_step_in.html",
        {
            "seat": seat,
            "jury": seat.jury,
            "challenge": seat.jury.challenge,
            "competition": seat.jury.challenge.competition,
            "form": form,
            "jurors": jurors,
            "refusal": refusal,
            "has_errors": refusal is not None,
        },
        status=422 if request.method == "POST" else 200,
    )


def _taken_words(taken: jury_actions.TakenOver) -> str:
    words = ngettext(
        "%(person)s steps in and takes over %(count)s submission.",
        "%(person)s steps in and takes over %(count)s submissions.",
        taken.count,
    ) % {"person": taken.seat.user, "count": taken.count}
    if taken.left:
        words += " " + _("Because of a conflict of interest stays open: %(names)s.") % {
            "names": ", ".join(taken.left)
        }
    return words


@require_POST
@login_required
def seat_lead(request: UserRequest, slug: str, code: str, seat_code: str) -> HttpResponse:
    """Hand the chair over to another juror."""
    seat = _seat(request, slug, code, seat_code)
    try:
        jury_actions.make_chair(seat, by=request.user)
    except jury_actions.SeatRefused as error:
        return _page(request, seat.jury, refusal=error, status=422)
    messages.success(request, _("%(person)s now chairs the jury.") % {"person": seat.user})
    return _back(seat.jury, "seats")


@require_POST
@login_required
def conflict_settle(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Settle a conflict of interest that a juror is not sure about."""
    jury = _jury(request, slug, code)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, jury, settle_form=form, status=422)
    wanted = form.cleaned_data["declaration"]
    line = next(
        (line for line in conflict_queries.unsettled(jury) if line.declaration.pk == wanted), None
    )
    if line is None:
        raise Http404
    conflict_actions.settle(
        line.declaration,
        by=request.user,
        answer=form.cleaned_data["answer"],
        reason=form.cleaned_data["reason"],
    )
    messages.success(request, _("The question is settled."))
    return _back(jury, "conflicts")


# -- assignments -----------------------------------------------------------------------------------


@require_safe
@login_required
def assignment_propose(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Fill the matrix with a proposal; nothing is stored until the office saves it."""
    jury = _jury(request, slug, code)
    if "proposal" in request.GET:
        proposal = queries.finished_proposal(jury, request.GET["proposal"])
        if proposal is None:
            raise Http404
        return _page(request, jury, plan=proposal_actions.plan_of(proposal))
    form = ProposalForm(request.GET, expertise=expertise.fields_of(jury.challenge))
    if not form.is_valid():
        return _page(request, jury, proposal_form=form, status=422)
    try:
        plan = jury_actions.propose(jury, **form.cleaned_data)
    except jury_actions.AssignmentRefused as error:
        return _page(request, jury, proposal_form=form, refusal=error, status=422)
    return _page(request, jury, proposal_form=form, plan=plan)


@require_POST
@login_required
def proposal_create(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Have a proposal computed in the background."""
    jury = _jury(request, slug, code)
    form = ProposalForm(request.POST, expertise=expertise.fields_of(jury.challenge))
    if not form.is_valid():
        return _page(request, jury, proposal_form=form, status=422)
    proposal_actions.ask(jury, by=request.user, **form.cleaned_data)
    messages.success(request, _("The proposal is being computed. This page says how far it is."))
    return _back(jury, "assignments")


@require_POST
@login_required
def assignment_create(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Store the ticks of the matrix."""
    jury = _jury(request, slug, code)
    form = MatrixForm(request.POST, keys=keys_of(queries.matrix(jury)))
    if not form.is_valid():
        error = DomainError("stale_matrix", form.errors["pair"][0])
        return _page(request, jury, refusal=error, status=422)
    try:
        change = jury_actions.apply(
            jury,
            pairs=form.pairs(),
            by=request.user,
            seed=form.cleaned_data["seed"],
        )
    except jury_actions.AssignmentRefused as error:
        return _page(request, jury, refusal=error, status=422)
    messages.success(request, _change_words(change))
    return _back(jury, "assignments")


def _change_words(change: jury_actions.Change) -> str:
    added = ngettext("%(count)s added", "%(count)s added", change.added) % {"count": change.added}
    removed = ngettext("%(count)s taken away", "%(count)s taken away", change.removed) % {
        "count": change.removed
    }
    return _("The assignments are stored: %(added)s, %(removed)s.") % {
        "added": added,
        "removed": removed,
    }


# -- start -----------------------------------------------------------------------------------------


@require_POST
@login_required
def jury_start(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Let the jurors begin."""
    jury = _jury(request, slug, code)
    try:
        jury_actions.start(jury, by=request.user)
    except Incomplete as error:
        return _page(request, jury, refusal=error, status=422)
    messages.success(request, _("The jury has started. All jurors with submissions get a message."))
    return _back(jury)
