"""Agency or office says who computes the values of a benchmark: the platform or their program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition.models import Challenge
from core import sandbox
from core.access import get_permitted
from scoring.actions import scoring_program as actions
from scoring.forms.scoring_program import PLATFORM, PROGRAM, ProgramForm
from scoring.queries import benchmark as benchmark_queries
from scoring.queries import scoring_program as queries

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def program_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Show who computes the values, and change it."""
    challenge = get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "scoring.change_benchmark",
        request.user,
        code=code,
    )
    benchmark = benchmark_queries.of_challenge(challenge)
    if benchmark is None:
        raise Http404
    program = queries.in_force(benchmark)
    is_posted = request.method == "POST"
    form = ProgramForm(
        request.POST if is_posted else None,
        request.FILES if is_posted else None,
        needs_reason=not challenge.is_editable,
        has_program=program is not None,
        initial={"computed_by": PROGRAM if program else PLATFORM},
    )
    if form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        archive = form.cleaned_data["archive"]
        by = request.user
        try:
            if form.cleaned_data["computed_by"] == PLATFORM:
                changed = actions.detach(benchmark, by=by, reason=reason)  # type: ignore[arg-type]  # signed in
            elif archive is None:
                changed = None
            else:
                changed = actions.attach(benchmark, by=by, archive=archive, reason=reason)  # type: ignore[arg-type]  # signed in
        except actions.ProgramNotTaken as error:
            form.add_error("archive" if error.code != "stale_version" else None, str(error))
        else:
            if changed is None:
                messages.info(request, _("Nothing has changed."))
            else:
                messages.success(
                    request,
                    _("The benchmark is saved as version %(number)s.")
                    % {"number": changed.benchmark_version},
                )
            return redirect("scoring:benchmark-program", challenge.code)
    return render(
        request,
        "scoring/agency/program_edit.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "benchmark": benchmark,
            "program": program,
            "form": form,
            "is_refused": bool(sandbox.refusal()),
        },
        status=422 if is_posted else 200,
    )
