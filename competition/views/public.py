"""Pages for everybody: home, competitions, agencies, results, standing pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import registry as roles
from competition import standing_pages
from competition.extensions import Place, contributions
from competition.models import Agency, Competition
from competition.queries import pages, public
from competition.queries.phases import phase_steps
from competition.queries.statement import today
from competition.states import Standing
from core import clock
from core.access import get_visible

if TYPE_CHECKING:
    from django.http import HttpRequest

    from competition.models import Challenge

RESULTS_PER_PAGE = 25


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what runs now, how it works, the latest result, and where to go (S-1)."""
    now = clock.now()
    cards = public.competition_cards(now)
    results = public.concluded()
    latest = results.first()
    return render(
        request,
        "competition/public/home.html",
        {
            "now": now,
            "current": [
                card for card in cards if card.standing in {Standing.OPEN, Standing.ANNOUNCED}
            ],
            "with_jury": [
                card
                for card in cards
                if card.standing in {Standing.CLOSED, Standing.ASSESSMENT, Standing.DECISION}
            ],
            "latest": latest,
            "latest_parts": contributions(Place.RESULT_SUMMARY, request, latest) if latest else [],
            "result_count": results.count(),
            "entrances": {role.key: reverse(role.start_url_name) for role in roles},
        },
    )


@require_safe
def competition_list(request: HttpRequest) -> HttpResponse:
    """Show all competitions: open ones, those with the jury, finished ones."""
    now = clock.now()
    cards = public.competition_cards(now)
    finished = {Standing.CONCLUDED, Standing.CANCELLED}
    current = {Standing.OPEN, Standing.ANNOUNCED}
    return render(
        request,
        "competition/public/competition_list.html",
        {
            "now": now,
            "current": [card for card in cards if card.standing in current],
            "with_jury": [card for card in cards if card.standing not in current | finished],
            "finished": [card for card in cards if card.standing in finished],
        },
    )


@require_safe
def competition_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a competition with its phases, what counts, and its statements (S-2)."""
    now = clock.now()
    competition = get_visible(Competition, request.user, slug=slug)
    card = public.competition_card(competition, now)
    leading = public.leading([item.challenge for item in card.challenges], now)
    return render(
        request,
        "competition/public/competition_show.html",
        {
            "competition": competition,
            "brand_note": competition.name,
            "card": card,
            "now": now,
            "steps": phase_steps([phase for row in leading for phase in row.phases.all()], now),
            "has_own_courses": len(leading) < len(card.challenges),
            "agency_count": len({item.challenge.agency_id for item in card.challenges}),
            "terms": competition.terms.filter(published_at__isnull=False).first(),
        },
    )


@require_safe
def rules_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how a competition works."""
    competition = get_visible(Competition, request.user, slug=slug)
    return render(
        request,
        "competition/public/rules_show.html",
        {
            "competition": competition,
            "brand_note": competition.name,
            "terms": competition.terms.filter(published_at__isnull=False).first(),
        },
    )


@require_safe
def terms_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the terms of participation; `?version=2` shows an earlier version."""
    competition = get_visible(Competition, request.user, slug=slug)
    versions = list(competition.terms.filter(published_at__isnull=False))
    wanted = request.GET.get("version", "")
    shown = next(
        (terms for terms in versions if not wanted or str(terms.version) == wanted),
        None,
    )
    if wanted and shown is None:
        raise Http404
    return render(
        request,
        "competition/public/terms_show.html",
        {
            "competition": competition,
            "brand_note": competition.name,
            "terms": shown,
            "versions": versions,
            "is_current": bool(versions) and shown == versions[0],
        },
    )


@require_safe
def agency_list(request: HttpRequest) -> HttpResponse:
    """Show the agencies that have posted a statement."""
    return render(
        request,
        "competition/public/agency_list.html",
        {"agencies": public.agencies()},
    )


@require_safe
def agency_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an agency and its public statements."""
    now = clock.now()
    agency = get_visible(Agency, request.user, slug=slug)
    return render(
        request,
        "competition/public/agency_show.html",
        {"agency": agency, "now": now, "cards": public.challenges_of_agency(agency, now)},
    )


@require_safe
def result_list(request: HttpRequest) -> HttpResponse:
    """Show the statements whose result is published."""
    page = Paginator(public.concluded(), RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    lines = [(challenge, _result_url(request, challenge)) for challenge in page]
    return render(request, "competition/public/result_list.html", {"page": page, "lines": lines})


def _result_url(request: HttpRequest, challenge: Challenge) -> str:
    parts = contributions(Place.RESULT_LINK, request, challenge)
    return str(parts[0].context["url"]) if parts else challenge.get_absolute_url()


@require_safe
def page_show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a standing page such as the imprint (R-54)."""
    if slug not in standing_pages.SLUGS:
        raise Http404
    return render(
        request,
        "competition/public/page_show.html",
        {
            "slug": slug,
            "page": pages.shown_page(slug, today()),
            "mailbox": settings.MAIL_REPLY_TO,
            "contacts": Competition.objects.published()
            if slug in {"contact", "accessibility"}
            else None,
        },
    )
