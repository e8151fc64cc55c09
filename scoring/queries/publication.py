"""Reads between decision and publication: names, eligibility of winners, what is still to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competition.statement.choices import Eligible, Territory
from core.display import moment_words
from core.exceptions import DomainError
from scoring.models import (
    Award,
    EligibilityCheck,
    LeaderboardRow,
    Minutes,
    Objection,
    Unsealing,
)
from scoring.queries.board import award_words, decimal_of
from scoring.states import AwardKind
from submissions.extensions import participation_bar
from submissions.models import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from competition.models import Challenge
    from scoring.models import Decision, LeaderboardSnapshot


# -- names -----------------------------------------------------------------------------------------


def unsealing_of(decision: Decision) -> Unsealing | None:
    """Return the unsealing of the names, done or begun."""
    return (
        Unsealing.objects.filter(decision=decision).select_related("first_by", "second_by").first()
    )


def current_snapshot(decision: Decision) -> LeaderboardSnapshot:
    """Return the table that holds: that of the last amendment, else that of the decision."""
    last = decision.amendments.select_related("snapshot").last()
    return decision.snapshot if last is None else last.snapshot


@dataclass(frozen=True, slots=True)
class Place:
    """A submission of the table that was decided on."""

    entry: Entry
    code: str
    pseudonym: str
    rank: int | None
    points: Decimal | None


def places(decision: Decision) -> list[Place]:
    """Return the table of the decision, ranked lines first."""
    rows = LeaderboardRow.objects.filter(snapshot=current_snapshot(decision)).select_related(
        "entry__team", "submission"
    )
    return [
        Place(row.entry, row.submission.code, row.name, row.rank, decimal_of(row.score))
        for row in rows
        if row.submission is not None
    ]


# -- eligibility -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Winner:
    """A submission with an award, and the last check of its eligibility."""

    place: Place
    awards: tuple[Award, ...]
    check: EligibilityCheck | None

    @property
    def words(self) -> str:
        """Name the awards."""
        return " · ".join(award_words(award.kind, award.place) for award in self.awards)

    @property
    def status(self) -> str:
        """Say what the check found."""
        if self.check is None:
            return _("not checked")
        return _("eligible") if self.check.is_eligible else _("not eligible")

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        if self.check is None:
            return "warn"
        return "good" if self.check.is_eligible else "bad"


def last_checks(decision: Decision) -> dict[int, EligibilityCheck]:
    """Return the check that counts, by entry: the last one."""
    checks = EligibilityCheck.objects.filter(decision=decision).select_related("checked_by")
    return {check.entry_id: check for check in checks.order_by("pk")}


def winners(decision: Decision) -> list[Winner]:
    """Return the submissions that are to receive something, best rank first."""
    awards: dict[int, list[Award]] = {}
    standing = Award.objects.filter(decision=decision).standing()
    order = {kind: at for at, kind in enumerate(AwardKind.values)}
    for award in sorted(standing, key=lambda row: (order[row.kind], row.place or 0, row.pk)):
        awards.setdefault(award.entry_id, []).append(award)
    checks = last_checks(decision)
    return [
        Winner(place, tuple(awards[place.entry.pk]), checks.get(place.entry.pk))
        for place in places(decision)
        if place.entry.pk in awards
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows about the eligibility of a team, beside the call's conditions."""

    organisations: tuple[str, ...]
    people: int
    declared: bool
    # Why a member may not take part, as the product's own bars see it today.
    bars: tuple[str, ...]


def known_of(place: Place, challenge: Challenge) -> Known:
    """Look up what the platform knows about a winner."""
    team = place.entry.team
    people = [row.user for row in team.memberships.select_related("user")]
    found = (participation_bar(person, challenge.competition) for person in people)
    return Known(
        organisations=tuple(team.organisations),
        people=len(people),
        declared=place.entry.submissions.filter(code=place.code, is_declared=True).exists(),
        bars=tuple(dict.fromkeys(str(bar) for bar in found if bar)),
    )


@dataclass(frozen=True, slots=True)
class Conditions:
    """Who may take part by the statement."""

    eligible: tuple[str, ...]
    territory: str
    details: Any
    exclusions: Any


def conditions_of(challenge: Challenge) -> Conditions:
    """Return the conditions of participation that the statement publishes."""
    kinds: Mapping[str, Any] = dict(Eligible.choices)
    territories: Mapping[str, Any] = dict(Territory.choices)
    return Conditions(
        eligible=tuple(
            str(kinds[key]) for key in challenge.answer("eligibility") or [] if key in kinds
        ),
        territory=str(territories.get(str(challenge.answer("territory") or ""), "")),
        details=challenge.text("eligibility_details"),
        exclusions=challenge.text("exclusions"),
    )


# -- what is still to do ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a result cannot be published yet."""

    code: str
    sentence: str

    def refusal(self) -> DomainError:
        """Return the refusal of an action."""
        return DomainError(self.code, self.sentence)


def obstacles(decision: Decision, now: dt.datetime) -> list[Obstacle]:
    """Return everything that keeps a decision from its publication, in the order of the work."""
    found = obstacles_before_telling(decision)
    if found:
        return found
    if decision.told_at is None:
        return [Obstacle("not_told", _("The teams have not been told their results."))]
    if decision.is_open_to_objections(now):
        assert decision.objections_until is not None  # noqa: S101  (it is open)
        found.append(
            Obstacle(
                "objection_period",
                _("Teams may object until %(moment)s.")
                % {"moment": moment_words(decision.objections_until)},
            )
        )
    waiting = decision.objections.unanswered().count()
    if waiting:
        found.append(
            Obstacle(
                "objection_open",
                ngettext(
                    "%(count)s objection waits for an answer.",
                    "%(count)s objections wait for an answer.",
                    waiting,
                )
                % {"count": waiting},
            )
        )
    if upheld_objections(decision):
        found.append(
            Obstacle(
                "objection_upheld",
                _("An objection is upheld. The chair has to amend the decision."),
            )
        )
    return found


def upheld_objections(decision: Decision) -> list[Objection]:
    """Return upheld objections after which the chair has not amended the decision."""
    upheld = decision.objections.filter(is_upheld=True)
    last = decision.amendments.last()
    return list(upheld if last is None else upheld.filter(answered_at__gt=last.made_at))


def obstacles_before_telling(decision: Decision) -> list[Obstacle]:
    """Return what the office has to do before it tells the teams their results."""
    unsealing = unsealing_of(decision)
    if unsealing is None or not unsealing.is_done:
        return [
            Obstacle(
                "sealed",
                _("The names are sealed. Two people of the office have to unseal them first."),
            )
        ]
    found = []
    awarded = winners(decision)
    unchecked = sum(winner.check is None for winner in awarded)
    if unchecked:
        found.append(
            Obstacle(
                "not_checked",
                ngettext(
                    "Of %(count)s submission with an award the eligibility is not checked.",
                    "Of %(count)s submissions with an award the eligibility is not checked.",
                    unchecked,
                )
                % {"count": unchecked},
            )
        )
    refused = sum(winner.check is not None and not winner.check.is_eligible for winner in awarded)
    if refused:
        found.append(
            Obstacle(
                "not_eligible",
                ngettext(
                    "%(count)s submission with an award is not eligible. The chair has to amend"
                    " the decision.",
                    "%(count)s submissions with an award are not eligible. The chair has to amend"
                    " the decision.",
                    refused,
                )
                % {"count": refused},
            )
        )
    return found


def minutes_are_sealed(decision: Decision) -> bool:
    """Say whether everybody has confirmed the minutes; publication warns where not."""
    minutes = Minutes.objects.filter(decision=decision).first()
    return minutes is not None and minutes.is_sealed


def reasons_to_amend(decision: Decision) -> list[Winner]:
    """Return the winners whose award cannot be given: only these open the decision again."""
    return [
        winner
        for winner in winners(decision)
        if winner.check is not None and not winner.check.is_eligible
    ]


def may_be_amended(decision: Decision) -> bool:
    """Say whether something opens the decision again: a winner or an objection."""
    return bool(reasons_to_amend(decision) or upheld_objections(decision))


def objections_of(decision: Decision) -> list[Objection]:
    """Return the objections for the office, open ones first."""
    found = decision.objections.select_related("entry__team", "raised_by", "answered_by")
    return sorted(found, key=lambda row: (not row.is_open, row.pk))


def may_be_awarded(decision: Decision) -> set[int]:
    """Return the entries that may receive an award: ranked, and not found to be ineligible."""
    checks = last_checks(decision)
    refused = {entry for entry, check in checks.items() if not check.is_eligible}
    return {place.entry.pk for place in places(decision) if place.rank is not None} - refused
