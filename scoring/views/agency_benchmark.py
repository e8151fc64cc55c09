"""The agency sets up the benchmark; the office may too, later with a public reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition.models import Challenge
from core.access import get_permitted
from core.tables import plain_csv
from scoring.actions import benchmark as actions
from scoring.formats import benchmark_format, sample_table
from scoring.forms.benchmark import BenchmarkForm
from scoring.models import Benchmark
from scoring.queries import benchmark as queries
from scoring.queries.metrics import metric_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from scoring.compute.schema import PredictionFormat

_PREVIEW_ROWS = 3
_MERGED_SHOWN = 20


@require_http_methods(["GET", "POST"])
@login_required
def benchmark_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Show the benchmark of a statement, and let those who may change it do so."""
    rows = Challenge.objects.select_related("competition", "agency")
    challenge = get_permitted(rows, "scoring.view_benchmark", request.user, code=code)
    benchmark = queries.of_challenge(challenge)
    if request.method == "POST":
        get_permitted(rows, "scoring.change_benchmark", request.user, code=code)
        return _save(request, challenge, benchmark)
    form = None
    if challenge.wants_predictions and request.user.has_perm("scoring.change_benchmark", challenge):
        initial = BenchmarkForm.values_of(benchmark) if benchmark else None
        form = BenchmarkForm(challenge=challenge, initial=initial)
    return _show(request, challenge, benchmark, form)


def _save(request: HttpRequest, challenge: Challenge, benchmark: Benchmark | None) -> HttpResponse:
    form = BenchmarkForm(request.POST, request.FILES, challenge=challenge)
    if form.is_valid() and "preview" in request.POST:
        try:
            trial = actions.preview(
                challenge, data=form.settings(), truth_file=form.cleaned_data["truth_file"]
            )
        except actions.BenchmarkRefused as error:
            form.take(error)
        else:
            return _show(request, challenge, benchmark, form, trial=trial)
    elif form.is_valid():
        try:
            saved = actions.save(
                challenge,
                by=request.user,  # type: ignore[arg-type]  # signed in: the permission was checked
                data=form.settings(),
                truth_file=form.cleaned_data["truth_file"],
            )
        except actions.BenchmarkRefused as error:
            form.take(error)
        else:
            if benchmark is not None and saved.version == benchmark.version:
                messages.info(request, _("Nothing has changed."))
            else:
                messages.success(
                    request,
                    _("The benchmark is saved as version %(number)s.") % {"number": saved.version},
                )
            return redirect("scoring:benchmark-edit", challenge.code)
    return _show(request, challenge, benchmark, form, status=422)


def _show(
    request: HttpRequest,
    challenge: Challenge,
    benchmark: Benchmark | None,
    form: BenchmarkForm | None,
    *,
    trial: actions.Preview | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "scoring/agency/benchmark_edit.html",
        {
            "challenge": challenge,
            "benchmark": benchmark,
            "truth": benchmark.truth if benchmark else None,
            "cards": [metric_card(key) for key in benchmark.metrics] if benchmark else [],
            "ranked_by": metric_card(benchmark.ranked_by) if benchmark else None,
            "weights": queries.weight_rows(benchmark.metric_settings) if benchmark else [],
            "trial": trial,
            "trial_sample": _first_lines(trial.format, trial.ids) if trial else "",
            "trial_constant": queries.constant_rows(trial.constant, trial.metrics) if trial else [],
            "trial_groups": [
                (column, column.merged and trial.merged.get(column.name, ())[:_MERGED_SHOWN])
                for column in trial.groups
            ]
            if trial
            else [],
            "groups": queries.groups_in_force(benchmark) if benchmark else (),
            "preview": _preview(benchmark) if benchmark else "",
            "constant": queries.constant_values(benchmark) if benchmark else [],
            "versions": queries.versions(benchmark) if benchmark else [],
            "waiting": queries.still_to_evaluate(benchmark) if benchmark else 0,
            "checks": [
                queries.is_ready(challenge),
                queries.baseline_scores(challenge),
                queries.ids_are_published(challenge),
            ]
            if benchmark
            else [],
            "form": form,
            "brand_note": challenge.competition.name,
        },
        status=status,
    )


def _preview(benchmark: Benchmark) -> str:
    """Return the first lines of a prediction file."""
    return _first_lines(benchmark_format(benchmark), benchmark.expected_ids)


def _first_lines(fmt: PredictionFormat, ids: Sequence[str]) -> str:
    lines = plain_csv(*sample_table(fmt, ids[:_PREVIEW_ROWS])).splitlines()
    if len(ids) > _PREVIEW_ROWS:
        lines.append("…")
    return "\n".join(lines)
