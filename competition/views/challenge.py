"""The public page of one problem statement, and the head that its further pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competition.extensions import Place, contributions
from competition.models import Challenge, Resource
from competition.queries import challenge as queries
from competition.queries.phases import Step, phase_steps
from competition.states import ChallengeState, Outcome, PhaseKind
from core import clock, storage
from core.access import get_permitted, get_visible

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from competition.states import Standing


_OUTCOME_TONES = {
    Outcome.PROHIBITED: "bad",
    Outcome.HIGH_RISK_ANNEX_I: "warn",
    Outcome.HIGH_RISK_ANNEX_III: "warn",
    Outcome.ANNEX_III_DEROGATION: "warn",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A line of the tabs of a statement."""

    label: Any
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ChallengeHead:
    """What stands on top of each public page of a statement (challenge_base.html)."""

    challenge: Challenge
    standing: Standing
    steps: list[Step]
    tabs: list[Tab]
    is_preview: bool
    competition_url: str
    outcome: str
    outcome_tone: str
    is_high_risk: bool
    licence: str


def find_challenge(request: HttpRequest, slug: str, code: str) -> Challenge:
    """Return a statement that the person may read, with what its pages need.

    Raises:
        Http404: there is none, or it is not for this person.

    """
    rows = Challenge.objects.select_related("competition", "agency", "precheck").prefetch_related(
        "phases"
    )
    return get_permitted(
        rows, "competition.view_challenge", request.user, competition__slug=slug, code=code
    )


def challenge_head(request: HttpRequest, challenge: Challenge, now: dt.datetime) -> ChallengeHead:
    """Return title, tags, phases and tabs; higher apps use it for their pages below a statement."""
    url = challenge.get_absolute_url()
    own = [
        Tab(_("Problem statement"), url, request.path == url),
        Tab(_("Data"), f"{url}#data", current=False),
    ]
    precheck = getattr(challenge, "precheck", None)
    is_published = challenge.competition.published_at is not None
    further = [
        Tab(part.context["label"], part.context["url"], part.context.get("current", False))
        for part in contributions(Place.CHALLENGE_TABS, request, challenge)
    ]
    return ChallengeHead(
        challenge=challenge,
        standing=challenge.standing(now),
        steps=phase_steps(challenge.phases.all(), now),
        tabs=[*own, *further],
        is_preview=not (challenge.is_public and is_published),
        competition_url=challenge.competition.get_absolute_url() if is_published else "",
        outcome=precheck.get_outcome_display() if precheck else "",
        outcome_tone=_OUTCOME_TONES.get(precheck.outcome, "plain") if precheck else "plain",
        is_high_risk=bool(precheck and precheck.is_high_risk),
        licence=queries.licence_words(challenge),
    )


@require_safe
def challenge_show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show the problem statement itself (S-3)."""
    now = clock.now()
    challenge = find_challenge(request, slug, code)
    submission = challenge.phase(PhaseKind.SUBMISSION)
    about, conditions = queries.statement_texts(challenge)
    return render(
        request,
        "competition/public/challenge_show.html",
        {
            "head": challenge_head(request, challenge, now),
            "challenge": challenge,
            "competition": challenge.competition,
            "brand_note": challenge.competition.name,
            "now": now,
            "submission": submission,
            "submission_is_over": submission is not None and submission.is_over(now),
            "deliverables": queries.deliverables(challenge),
            "prizes": queries.prize_amounts(challenge),
            "other_prizes": queries.other_prizes(challenge),
            "about": about,
            "conditions": conditions,
            "easy_summary": challenge.text("easy_summary"),
            "contact": challenge.answer("contact") or challenge.competition.contact_email,
            "files": queries.files(challenge, request.user),
            "changes": queries.deadline_changes(challenge),
            "result_parts": contributions(Place.RESULT_SUMMARY, request, challenge)
            if challenge.state == ChallengeState.CONCLUDED
            else [],
            "aside_parts": contributions(Place.CHALLENGE_ASIDE, request, challenge),
            "main_parts": contributions(Place.CHALLENGE_MAIN, request, challenge),
        },
    )


@require_safe
def resource_download(
    request: HttpRequest, slug: str, code: str, resource_code: str
) -> HttpResponseBase:
    """Answer with a file of the statement to those it is meant for."""
    resource = get_visible(
        Resource,
        request.user,
        challenge__competition__slug=slug,
        challenge__code=code,
        code=resource_code,
    )
    return storage.download(storage.RESOURCES, resource.key, name=resource.file_name)
