"""The agency writes the rubric; the office and, once frozen, the agency read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from competition.models import Challenge
from core.access import get_permitted
from core.exceptions import StaleVersion
from scoring.actions import rubric as rubric_actions
from scoring.forms import rubric as forms
from scoring.models import Rubric
from scoring.presets import PRESETS
from scoring.queries import rubric as queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from scoring.forms.rubric import CriterionForm, RulesForm

# Refusals of the action that belong beside a field of the rules.
_FIELD_OF = {"jury_weight_invalid": "jury_weight"}


@require_http_methods(["GET", "POST"])
@login_required
def rubric_edit(request: UserRequest, code: str) -> HttpResponse:
    """Edit the rubric; every button but the two that save only rearranges what was typed."""
    challenge = get_permitted(
        Challenge.objects.select_related("competition", "agency"),
        "competition.view_statement",
        request.user,
        code=code,
    )
    stored = queries.of(challenge)
    if not request.user.has_perm("scoring.change_rubric", challenge):
        if request.method == "POST":
            get_permitted(Challenge, "scoring.change_rubric", request.user, code=code)
        return _show(request, challenge, stored)
    if request.method == "POST":
        return _answer(request, challenge, stored)
    rows = [forms.values_of(row) for row in stored.criteria.all()] if stored else []
    return _render(
        request,
        challenge,
        _rules_form(challenge, instance=stored),
        forms.shown_forms(rows or [{}]),
        version=stored.version if stored else 0,
    )


def _show(request: UserRequest, challenge: Challenge, rubric: Rubric | None) -> HttpResponse:
    return render(
        request,
        "scoring/agency/rubric_show.html",
        {
            "challenge": challenge,
            "rubric": rubric,
            "explanation": queries.explain(rubric) if rubric and rubric.criteria.all() else None,
            "versions": queries.published_versions(rubric) if rubric else [],
            "can_amend": request.user.has_perm("scoring.amend_rubric", challenge),
            "brand_note": challenge.competition.name,
        },
    )


def _rules_form(
    challenge: Challenge, *, data: object = None, instance: Rubric | None = None
) -> RulesForm:
    return forms.RulesForm(
        data,
        instance=instance,
        has_metric=challenge.wants_predictions,
    )


def _answer(request: UserRequest, challenge: Challenge, stored: Rubric | None) -> HttpResponse:
    operation, _colon, argument = request.POST.get("do", "save").partition(":")
    typed = forms.typed_values(request.POST)
    version = request.POST.get("version", "0")
    number = int(version) if version.isdecimal() else 0
    if operation not in {"save", "draft"}:
        if operation == "copy" and argument in PRESETS:
            kept = [row for row in typed if not forms.is_blank(row)]
            copied = forms.values_of_preset(PRESETS[argument])
            rows = [*kept, *copied][: rubric_actions.MAX_CRITERIA]
        else:
            index = int(argument) if argument.isdecimal() else -1
            rows = forms.rearranged(typed, operation, index)
        rules = _rules_form(challenge, instance=stored)
        rules.initial.update(
            {name: request.POST[name] for name in rules.fields if name in request.POST}
        )
        # A box that is not ticked is not sent.
        rules.initial["tells_stability"] = "tells_stability" in request.POST
        return _render(
            request, challenge, rules, forms.shown_forms(rows), version=number, is_changed=True
        )
    return _save(request, challenge, stored, typed, number, is_draft=operation == "draft")


def _save(
    request: UserRequest,
    challenge: Challenge,
    stored: Rubric | None,
    typed: list[forms.Values],
    version: int,
    *,
    is_draft: bool,
) -> HttpResponse:
    rules = _rules_form(challenge, data=request.POST)
    criteria = forms.checked_forms(request.POST, len(typed))
    # A row in which nothing was typed is no criterion.
    filled = [form for form, row in zip(criteria, typed, strict=True) if not forms.is_blank(row)]
    valid = [form.is_valid() for form in filled]
    if not (rules.is_valid() and all(valid)):
        return _render(request, challenge, rules, criteria, version=version, status=422)
    try:
        rubric_actions.save(
            challenge,
            by=request.user,
            criteria=[form.text() for form in filled],
            rules=rules.rules(),
            is_draft=is_draft,
            version=version,
        )
    except rubric_actions.RubricInvalid as error:
        rules.add_error(_FIELD_OF.get(error.code), error.message)
        return _render(request, challenge, rules, criteria, version=version, status=422)
    except StaleVersion:
        # Their version stays readable beside what was typed here; saving again decides.
        current = queries.of(challenge)
        return _render(
            request,
            challenge,
            rules,
            criteria,
            version=current.version if current else 0,
            other=current,
            status=409,
        )
    messages.success(
        request,
        _("The draft of the rubric is saved.") if is_draft else _("The rubric is saved."),
    )
    return redirect("scoring:rubric-edit", challenge.code)


def _render(
    request: UserRequest,
    challenge: Challenge,
    rules: RulesForm,
    criteria: list[CriterionForm],
    *,
    version: int,
    other: Rubric | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    stored = queries.of(challenge)
    total = forms.weight_sum(criteria)
    return render(
        request,
        "scoring/agency/rubric_edit.html",
        {
            "challenge": challenge,
            "rules": rules,
            "criteria": criteria,
            "all_forms": [rules, *(form for form in criteria if form.is_bound)],
            "sum": total,
            "sum_digits": 0 if total is None or total == total.to_integral_value() else 2,
            "full": queries.FULL,
            "version": version,
            "other": other,
            "is_changed": is_changed,
            "gaps": queries.missing_texts(stored) if stored and not is_changed else [],
            "presets": PRESETS.values(),
            "limit": rubric_actions.MAX_CRITERIA,
            "has_errors": status == 422,
            "brand_note": challenge.competition.name,
        },
        status=status,
    )
