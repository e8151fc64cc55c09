"""Persons who should not judge: named by a team, settled by the office (Q-21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import notice as actions
from scoring.forms.notice import NOBODY, NoticeForm, NoticeSettleForm
from scoring.models import Jury
from scoring.queries import jury as jury_queries
from scoring.queries import notice as queries
from submissions.models import Submission

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from scoring.models import JurySeat
    from scoring.queries.notice import Named


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notice_list(request: UserRequest, code: str) -> HttpResponse:
    """Let a team name persons who should not judge its work, and take a name back."""
    submission = get_permitted(
        Submission.objects.select_related("entry__team", "entry__challenge__competition"),
        "scoring.name_conflicts",
        request.user,
        code=code,
    )
    form, problem = NoticeForm(), None
    if request.method == "POST":
        try:
            if removed := request.POST.get("remove"):
                _take_back(request, submission, removed)
                return redirect("scoring:notice-list", code)
            form = NoticeForm(request.POST)
            if form.is_valid():
                actions.give(submission, by=request.user, **form.cleaned_data)
                messages.success(request, _("The office will look at it."))
                return redirect("scoring:notice-list", code)
        except DomainError as refusal:
            problem = refusal
    challenge = submission.entry.challenge
    return render(
        request,
        "scoring/team/notice_list.html",
        {
            "submission": submission,
            "team": submission.entry.team,
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "notices": queries.given_by(submission),
            "form": form,
            "problem": problem,
            "limit": actions.MAX_NOTICES,
        },
        status=problem.status if problem is not None else 422 if form.errors else 200,
    )


def _take_back(request: UserRequest, submission: Submission, removed: str) -> None:
    is_key = removed.isascii() and removed.isdigit() and len(removed) < 19
    found = queries.given_by(submission).filter(pk=int(removed) if is_key else 0).first()
    if found is None:
        raise Http404
    actions.take_back(found, by=request.user, submission=submission)
    messages.success(request, _("The name is removed."))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notice_settle(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show the office whom teams have named, and settle one after the other."""
    jury = get_permitted(
        Jury.objects.select_related("challenge__competition", "challenge__agency"),
        "scoring.settle_notices",
        request.user,
        challenge__competition__slug=slug,
        challenge__code=code,
    )
    seats = jury_queries.seats_of(jury)
    rows = queries.waiting(jury)
    forms = {row.notice.pk: _form(seats, row) for row in rows}
    problem, failed = None, None
    if request.method == "POST":
        failed = NoticeSettleForm(seats, request.POST)
        if failed.is_valid():
            try:
                _settle(request, failed, rows, seats)
            except DomainError as refusal:
                problem = refusal
            else:
                messages.success(request, _("The notice is settled."))
                return redirect("scoring:notice-settle", slug, code)
        wanted = request.POST.get("notice", "")
        if wanted.isdecimal() and int(wanted) in forms:
            failed.auto_id = f"id_{wanted}_%s"
            forms[int(wanted)] = failed
    challenge = jury.challenge
    status = problem.status if problem is not None else 422 if failed is not None else 200
    return render(
        request,
        "scoring/office/notice_settle.html",
        {
            "jury": jury,
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "rows": [(row, forms[row.notice.pk]) for row in rows],
            "settled": queries.settled(jury),
            "failed": failed,
            "problem": problem,
        },
        status=status,
    )


def _form(seats: list[JurySeat], row: Named) -> NoticeSettleForm:
    """Return the form of one notice; whoever may be meant stands first."""
    meant = {seat.pk for seat in row.candidates}
    initial: dict[str, Any] = {"notice": row.notice.pk}
    if not meant:
        initial["seat"] = NOBODY
    return NoticeSettleForm(
        sorted(seats, key=lambda seat: seat.pk not in meant),
        initial=initial,
        auto_id=f"id_{row.notice.pk}_%s",
    )


def _settle(
    request: UserRequest, form: NoticeSettleForm, rows: list[Named], seats: list[JurySeat]
) -> None:
    data = form.cleaned_data
    notice = next((row.notice for row in rows if row.notice.pk == data["notice"]), None)
    if notice is None:
        raise Http404
    seat = next((seat for seat in seats if seat.code == data["seat"]), None)
    actions.settle(notice, by=request.user, seat=seat, reason=data["reason"])
