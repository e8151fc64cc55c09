"""Calibration: the office sets up samples, jurors score them and compare (Q-72)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import get_permitted, get_visible
from core.exceptions import DomainError
from scoring.actions import calibration as actions
from scoring.forms.calibration import LevelsForm, SampleForm
from scoring.models import Jury, JurySeat
from scoring.queries import calibration as queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from scoring.queries.calibration import Sample

_SEATS = JurySeat.objects.select_related("user", "jury__challenge__competition")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def calibration_edit(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Let the office add and remove samples, and see how far the jurors are apart."""
    jury = get_permitted(
        Jury.objects.select_related("challenge__competition", "challenge__agency"),
        "scoring.prepare_calibration",
        request.user,
        challenge__competition__slug=slug,
        challenge__code=code,
    )
    samples = queries.samples(jury)
    form, problem = SampleForm(), None
    if request.method == "POST":
        try:
            if removed := request.POST.get("remove"):
                actions.remove_sample(_sample(samples, removed).sample, by=request.user)
                messages.success(request, _("The sample is removed."))
                return redirect("scoring:calibration-edit", slug, code)
            form = SampleForm(request.POST)
            if form.is_valid():
                actions.add_sample(jury, by=request.user, **form.cleaned_data)
                messages.success(request, _("The sample is there. Jurors find it in their room."))
                return redirect("scoring:calibration-edit", slug, code)
        except DomainError as refusal:
            problem = refusal
    challenge = jury.challenge
    return render(
        request,
        "scoring/office/calibration_edit.html",
        {
            "jury": jury,
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "samples": samples,
            "form": form,
            "problem": problem,
            "is_full": len(samples) >= actions.MAX_SAMPLES,
        },
        status=problem.status if problem is not None else 422 if form.errors else 200,
    )


def _sample(samples: list[Sample], code: str) -> Sample:
    found = next((row for row in samples if row.sample.code == code), None)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def calibration_show(request: UserRequest, code: str) -> HttpResponse:
    """Let a juror score the samples; afterwards the levels of all stand there, without a name."""
    seat = get_visible(_SEATS.all(), request.user, jury__challenge__code=code)
    if not request.user.has_perm("scoring.calibrate", seat):
        raise Http404
    samples = queries.samples(seat.jury, seat)
    rubric = rubric_queries.of(seat.jury.challenge)
    if not samples or rubric is None:
        raise Http404
    criteria = list(rubric.criteria.all())
    forms = {
        row.sample.code: LevelsForm(criteria=criteria, auto_id=f"{row.sample.code}_%s")
        for row in samples
        if row.own is None
    }
    failed, problem = None, None
    if request.method == "POST":
        row = _sample(samples, request.POST.get("sample", ""))
        failed = LevelsForm(request.POST, criteria=criteria, auto_id=f"{row.sample.code}_%s")
        if failed.is_valid():
            try:
                actions.give_levels(row.sample, by=request.user, marks=failed.marks)
            except DomainError as refusal:
                problem = refusal
            else:
                messages.success(request, _("Your levels are in. Below are those of all."))
                return redirect("scoring:calibration-show", code)
        forms[row.sample.code] = failed
    challenge = seat.jury.challenge
    status = problem.status if problem is not None else 422 if failed is not None else 200
    return render(
        request,
        "scoring/jury/calibration_show.html",
        {
            "seat": seat,
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "rows": [(row, forms.get(row.sample.code)) for row in samples],
            "failed": failed,
            "problem": problem,
        },
        status=status,
    )
