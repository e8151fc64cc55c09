"""The minutes of a jury: drawn up by the chair, read by jury and office, confirmed by members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import get_permitted
from core.exceptions import DomainError
from scoring.actions import minutes as minutes_actions
from scoring.forms.minutes import ConfirmForm, DrawUpForm
from scoring.models import Jury
from scoring.queries import minutes as queries
from scoring.views.meeting import board_tabs

if TYPE_CHECKING:
    from accounts.views.person import UserRequest
    from scoring.models import MinutesVersion

_JURIES = Jury.objects.select_related(
    "challenge__competition", "challenge__agency"
).prefetch_related("challenge__phases")


def _jury(request: UserRequest, code: str) -> Jury:
    return get_permitted(_JURIES.all(), "scoring.view_minutes", request.user, challenge__code=code)


def _version(jury: Jury) -> MinutesVersion:
    """Return what was drawn up last, else 404."""
    minutes = queries.minutes_of(jury)
    if minutes is None:
        raise Http404
    return minutes.current


@require_safe
@login_required
def minutes_show(request: UserRequest, code: str) -> HttpResponse:
    """Show the minutes to jury and office, and who has confirmed them."""
    return _page(request, _jury(request, code))


def _page(
    request: UserRequest,
    jury: Jury,
    *,
    draw: DrawUpForm | None = None,
    confirm: ConfirmForm | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    minutes = queries.minutes_of(jury)
    version = None if minutes is None else minutes.current
    leads = request.user.has_perm("scoring.draw_minutes", jury)
    context: dict[str, Any] = {
        "jury": jury,
        "challenge": jury.challenge,
        "competition": jury.challenge.competition,
        "brand_note": jury.challenge.competition.name,
        "back": _back(request, jury, leads=leads),
        "tabs": board_tabs(jury, "minutes-show") if leads else [],
        "minutes": minutes,
        "version": version,
        "can_draw": leads and (minutes is None or not minutes.is_sealed),
        "draw_form": draw or DrawUpForm(initial=_remarks(version, request, jury)),
        "problem": problem,
        "forms": [form for form in (draw, confirm) if form is not None],
    }
    if minutes is not None and version is not None:
        copy = queries.copy_for(version, jury, request.user)
        people = queries.confirmations(version, is_excerpt=copy.is_excerpt)
        own = version.members.filter(user=request.user.pk)
        waits = own.exclude(minutes_confirmations__version=version).exists()
        context |= {
            "sections": queries.sections(copy),
            "excerpt": queries.excerpt_words(copy),
            "people": people,
            "count": queries.count_words(
                sum(person.at is not None for person in people), len(people)
            ),
            "amended": queries.amended_since(version),
            "may_confirm": waits and not minutes.is_sealed,
            "confirm_form": confirm or ConfirmForm(initial={"version": version.number}),
        }
    failed = problem is not None or draw is not None or confirm is not None
    return render(
        request,
        "scoring/jury/minutes_show.html",
        context | {"has_errors": failed},
        status=(problem.status if problem is not None else 422) if failed else 200,
    )


def _back(request: UserRequest, jury: Jury, *, leads: bool) -> str:
    """Return the page from which the reader comes: office, chair or member."""
    code = jury.challenge.code
    if request.user.has_perm("scoring.manage_jury", jury):
        slug = jury.challenge.competition.slug
        return reverse("competition:office-challenge", args=[slug, code])
    return reverse("scoring:board-show" if leads else "scoring:jury-show", args=[code])


def _remarks(version: MinutesVersion | None, request: UserRequest, jury: Jury) -> dict[str, str]:
    """Return the remarks of the last version, so that nothing has to be typed again."""
    if version is None:
        return {}
    content = queries.copy_for(version, jury, request.user).content
    return {"remarks": content["remarks"] or ""}


@require_POST
@login_required
def minutes_draw(request: UserRequest, code: str) -> HttpResponse:
    """Draw up the minutes, or draw them up anew."""
    jury = get_permitted(_JURIES.all(), "scoring.draw_minutes", request.user, challenge__code=code)
    form = DrawUpForm(request.POST)
    if not form.is_valid():
        return _page(request, jury, draw=form)
    try:
        minutes_actions.draw_up(jury, by=request.user, remarks=form.cleaned_data["remarks"])
    except minutes_actions.MinutesSealed as error:
        return _page(request, jury, problem=error)
    messages.success(
        request, _("The minutes are drawn up. Everybody who took part is asked to confirm them.")
    )
    return redirect("scoring:minutes-show", code)


@require_POST
@login_required
def minutes_confirm(request: UserRequest, code: str) -> HttpResponse:
    """Confirm the minutes, dissenting or not."""
    jury = _jury(request, code)
    version = _version(jury)
    if not version.members.filter(user=request.user.pk).exists():
        raise Http404
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, jury, confirm=form)
    try:
        minutes_actions.confirm(jury, by=request.user, **form.cleaned_data)
    except DomainError as error:
        return _page(request, jury, problem=error)
    messages.success(request, _("Thank you. You have confirmed the minutes."))
    return redirect("scoring:minutes-show", code)


@require_safe
@login_required
def minutes_pdf(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the minutes as a tagged PDF."""
    jury = _jury(request, code)
    version = _version(jury)
    copy = queries.copy_for(version, jury, request.user)
    response = HttpResponse(queries.pdf_of(version, copy), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{code}-minutes.pdf"'
    return response


@require_safe
@login_required
def minutes_json(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the minutes as data; sealed ones can be checked against their SHA-256."""
    jury = _jury(request, code)
    version = _version(jury)
    copy = queries.copy_for(version, jury, request.user)
    response = JsonResponse(
        queries.document_of(version, copy), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="{code}-minutes.json"'
    return response
