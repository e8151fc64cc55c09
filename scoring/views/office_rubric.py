"""The office publishes a rubric anew, with a public reason, until the first release (Q-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition.models import Challenge
from core.access import get_permitted
from core.exceptions import Incomplete, StaleVersion
from scoring.actions import rubric as actions
from scoring.forms import rubric as forms
from scoring.queries import rubric as queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from scoring.forms.rubric import AmendmentForm, CriterionForm, RulesForm


@require_http_methods(["GET", "POST"])
@login_required
def rubric_amend(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Change a published rubric; every button but the one that publishes only shows it anew."""
    challenge = get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "scoring.amend_rubric",
        request.user,
        code=code,
        competition__slug=slug,
    )
    stored = queries.of(challenge)
    has_metric = challenge.wants_predictions
    if request.method != "POST":
        rows = [forms.values_of(row) for row in stored.criteria.all()] if stored else []
        rules = forms.RulesForm(instance=stored, has_metric=has_metric)
        return _render(request, challenge, rules, forms.shown_forms(rows), forms.AmendmentForm())
    typed = forms.typed_values(request.POST)
    rules = forms.RulesForm(request.POST, has_metric=has_metric)
    reason = forms.AmendmentForm(request.POST)
    operation = request.POST.get("do", "save")
    if operation != "save":
        # Nothing is checked yet: what was typed is shown again, perhaps with one criterion more.
        rows = forms.rearranged(typed, "add" if operation == "add" else "", -1)
        initial: dict[str, Any] = {name: request.POST.get(name, "") for name in rules.fields}
        initial["tells_stability"] = "tells_stability" in request.POST
        shown = forms.RulesForm(initial=initial, instance=stored, has_metric=has_metric)
        texts = {name: request.POST.get(name, "") for name in reason.fields}
        return _render(
            request, challenge, shown, forms.shown_forms(rows), forms.AmendmentForm(initial=texts)
        )
    criteria = forms.checked_forms(request.POST, len(typed))
    filled = [form for form, row in zip(criteria, typed, strict=True) if not forms.is_blank(row)]
    valid = [form.is_valid() for form in (rules, reason, *filled)]
    if not all(valid):
        return _render(request, challenge, rules, criteria, reason, status=422)
    version = request.POST.get("version", "")
    try:
        actions.publish_anew(
            challenge,
            by=request.user,
            criteria=[form.text() for form in filled],
            rules=rules.rules(),
            reason_de=reason.cleaned_data["reason_de"],
            reason_en=reason.cleaned_data["reason_en"],
            version=int(version) if version.isdecimal() and len(version) < 9 else 0,
        )
    except (actions.RubricInvalid, Incomplete, StaleVersion) as error:
        reason.add_error(None, " ".join([str(error), *error.data.get("missing", [])]))
        return _render(request, challenge, rules, criteria, reason, status=error.status)
    messages.success(request, _("The rubric is published anew. Teams and jury are told."))
    return redirect("scoring:rubric-edit", code)


def _render(
    request: UserRequest,
    challenge: Challenge,
    rules: RulesForm,
    criteria: list[CriterionForm],
    reason: AmendmentForm,
    *,
    status: int = 200,
) -> HttpResponse:
    stored = queries.of(challenge)
    total = forms.weight_sum(criteria)
    return render(
        request,
        "scoring/office/rubric_amend.html",
        {
            "challenge": challenge,
            "competition": challenge.competition,
            "rules": rules,
            "reason": reason,
            "criteria": criteria,
            "all_forms": [form for form in (reason, rules, *criteria) if form.is_bound],
            "sum": total,
            "sum_digits": 0 if total is None or total == total.to_integral_value() else 2,
            "full": queries.FULL,
            "version": stored.version if stored else 0,
            "limit": actions.MAX_CRITERIA,
            "has_errors": status != 200,
            "brand_note": challenge.competition.name,
        },
        status=status,
    )
