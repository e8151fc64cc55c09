"""Reads for the lists that everybody may open. Nothing here looks at drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Max, Prefetch, Q

from competition.models import Agency, Challenge, Competition
from competition.queries.challenge import prize_amounts
from competition.states import PUBLIC_STATES, ChallengeState, PhaseKind, Standing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet


# A competition is as far as the least advanced of its statements.
_ORDER = (
    Standing.OPEN,
    Standing.ANNOUNCED,
    Standing.CLOSED,
    Standing.ASSESSMENT,
    Standing.DECISION,
    Standing.CONCLUDED,
    Standing.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class ChallengeCard:
    """A statement in a list."""

    challenge: Challenge
    standing: Standing
    deadline: dt.datetime | None  # of handing in, while it lies ahead
    prize_total: int


@dataclass(frozen=True, slots=True)
class CompetitionCard:
    """A competition with its public statements."""

    competition: Competition
    standing: Standing
    challenges: tuple[ChallengeCard, ...]
    deadline: dt.datetime | None  # the next one
    decision_by: dt.datetime | None
    has_one_deadline: bool


def _challenge_card(challenge: Challenge, now: dt.datetime) -> ChallengeCard:
    phase = challenge.phase(PhaseKind.SUBMISSION)
    standing = challenge.standing(now)
    waits = standing in {Standing.ANNOUNCED, Standing.OPEN}
    return ChallengeCard(
        challenge=challenge,
        standing=standing,
        deadline=phase.ends_at if phase and waits else None,
        prize_total=sum(prize_amounts(challenge)),
    )


def _competition_card(competition: Competition, now: dt.datetime) -> CompetitionCard:
    challenges: Sequence[Challenge] = competition.shown  # type: ignore[attr-defined]  # prefetched
    far = now.replace(year=9999)
    cards = tuple(
        sorted(
            (_challenge_card(challenge, now) for challenge in challenges),
            key=lambda card: (_ORDER.index(card.standing), card.deadline or far),
        )
    )
    found = {card.standing for card in cards}
    deadlines = sorted({card.deadline for card in cards if card.deadline})
    decisions = [
        phase.ends_at
        for challenge in challenges
        if (phase := challenge.phase(PhaseKind.DELIBERATION)) and phase.ends_at > now
    ]
    return CompetitionCard(
        competition=competition,
        standing=next((state for state in _ORDER if state in found), Standing.ANNOUNCED),
        challenges=cards,
        deadline=deadlines[0] if deadlines else None,
        decision_by=max(decisions, default=None),
        has_one_deadline=len(deadlines) < 2,
    )


def _with_public_challenges(rows: QuerySet[Competition]) -> QuerySet[Competition]:
    shown = (
        Challenge.objects.filter(state__in=PUBLIC_STATES)
        .select_related("agency", "competition")
        .prefetch_related("phases")
    )
    return rows.prefetch_related(Prefetch("challenges", shown, to_attr="shown"))


def leading(challenges: Iterable[Challenge], now: dt.datetime) -> list[Challenge]:
    """Return the least advanced statements: those that decide how far a competition is.

    Their phases make its phase bar; windows of all statements together would say nothing once some
    are decided and others still open.
    """
    standings = [(challenge, challenge.standing(now)) for challenge in challenges]
    first = min((_ORDER.index(standing) for _challenge, standing in standings), default=0)
    return [challenge for challenge, standing in standings if _ORDER.index(standing) == first]


def competition_cards(now: dt.datetime) -> list[CompetitionCard]:
    """Return all published competitions, the nearest deadline first, finished ones last."""
    rows = _with_public_challenges(Competition.objects.published())
    cards = [_competition_card(competition, now) for competition in rows]
    # Sorting keeps the order of equals: the latest publication first.
    far = now.replace(year=9999)
    return sorted(cards, key=lambda card: (_ORDER.index(card.standing), card.deadline or far))


def competition_card(competition: Competition, now: dt.datetime) -> CompetitionCard:
    """Return one competition, which the caller was allowed to find, with its public statements."""
    rows = _with_public_challenges(Competition.objects.filter(pk=competition.pk))
    return _competition_card(rows.get(), now)


def agencies() -> QuerySet[Agency]:
    """Return the agencies with public statements, and their number as `public_count`."""
    is_public = Q(
        challenges__state__in=PUBLIC_STATES, challenges__competition__published_at__isnull=False
    )
    return Agency.objects.public().annotate(public_count=Count("challenges", is_public))


def challenges_of_agency(agency: Agency, now: dt.datetime) -> list[ChallengeCard]:
    """Return the public statements of an agency, the latest first."""
    rows = (
        Challenge.objects.public()
        .filter(agency=agency)
        .select_related("competition", "agency")
        .prefetch_related("phases")
        .order_by(F("published_at").desc(nulls_last=True), "pk")
    )
    return [_challenge_card(challenge, now) for challenge in rows]


def concluded() -> QuerySet[Challenge]:
    """Return the statements whose result is published, the latest decision first."""
    return (
        Challenge.objects.public()
        .filter(state=ChallengeState.CONCLUDED)
        .select_related("competition", "agency")
        .annotate(decided_by=Max("phases__ends_at"))
        .order_by(F("decided_by").desc(nulls_last=True), "pk")
    )
