"""Mails around the result."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core import outbox
from scoring.models import LeaderboardRow
from scoring.states import SeatRole
from submissions.models import Membership

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from competition.models import Challenge
    from scoring.models import Amendment, Decision, EligibilityCheck, Jury, Objection
    from submissions.models import Submission


def results_published(decision: Decision, *, now: dt.datetime) -> None:
    """Tell every member of every team that took part (M-25); no scores in the mail (M-34)."""
    challenge = decision.challenge
    for member in _members(challenge):
        outbox.queue(
            "results_published",
            to=member.user.email,
            key=f"results_published:{decision.pk}:{member.user_id}",
            language=member.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "team": member.team,
            },
            topic=challenge.competition.slug,
            now=now,
        )


def award_returned(check: EligibilityCheck, jury: Jury, *, now: dt.datetime) -> None:
    """Tell the chair that an award cannot be given; the mail names the pseudonym only (R-5)."""
    _to_the_chair("award_returned", check, jury, now=now)


def _to_the_chair(
    template: str, about: EligibilityCheck | Objection, jury: Jury, *, now: dt.datetime
) -> None:
    challenge = jury.challenge
    for seat in jury.seats.filter(role=SeatRole.CHAIR).select_related("user"):
        outbox.queue(
            template,
            to=seat.user.email,
            key=f"{template}:{about.pk}:{seat.user_id}",
            language=seat.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "pseudonym": about.entry.jury_pseudonym,
            },
            topic=challenge.competition.slug,
            now=now,
        )


def _members(challenge: Challenge) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(team__entries__challenge=challenge)
        .select_related("user", "team")
        .order_by("pk")
        .distinct()
    )


def team_results(decision: Decision, *, now: dt.datetime) -> None:
    """Tell every member that the own result can be read (M-24); no scores in the mail (M-34)."""
    challenge = decision.challenge
    for member in _members(challenge):
        outbox.queue(
            "team_result",
            to=member.user.email,
            # Told anew after an amendment: another moment, another mail.
            key=f"team_result:{decision.pk}:{member.user_id}:{now.isoformat()}",
            language=member.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "team": member.team,
                "until": decision.objections_until
                if decision.objections_until != decision.told_at
                else None,
            },
            topic=challenge.competition.slug,
            now=now,
        )


def objection_raised(objection: Objection, submission: Submission, *, now: dt.datetime) -> None:
    """Tell the office, and the captain that it has arrived (M-28)."""
    challenge = objection.decision.challenge
    competition = challenge.competition
    context = {"challenge": challenge, "competition": competition, "objection": objection}
    for row in competition.office.select_related("user").order_by("pk"):
        outbox.queue(
            "objection_to_office",
            to=row.user.email,
            key=f"objection_to_office:{objection.pk}:{row.user_id}",
            language=row.user.language,
            context=context,
            topic=competition.slug,
            now=now,
        )
    _to_captains("objection_received", objection, now, submission=submission.code)


def objection_answered(objection: Objection, decision: Decision, *, now: dt.datetime) -> None:
    """Tell the captains that their objection has its answer (M-28)."""
    row = LeaderboardRow.objects.filter(
        snapshot=decision.snapshot, entry=objection.entry_id
    ).select_related("submission")
    found = row.first()
    code = found.submission.code if found is not None and found.submission is not None else ""
    _to_captains("objection_answered", objection, now, submission=code)


def _to_captains(template: str, objection: Objection, now: dt.datetime, submission: str) -> None:
    challenge = objection.decision.challenge
    captains = objection.entry.team.memberships.captains().select_related("user").order_by("pk")
    for captain in captains:
        outbox.queue(
            template,
            to=captain.user.email,
            key=f"{template}:{objection.pk}:{captain.user_id}",
            language=captain.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "objection": objection,
                "submission": submission,
            },
            topic=challenge.competition.slug,
            now=now,
        )


def objection_upheld(objection: Objection, jury: Jury, *, now: dt.datetime) -> None:
    """Tell the chair to amend the decision; the mail names the pseudonym only (R-5)."""
    _to_the_chair("objection_upheld", objection, jury, now=now)


def result_corrected(erratum: Amendment, *, now: dt.datetime) -> None:
    """Tell every member of every team that the published result was corrected (M-27)."""
    challenge = erratum.decision.challenge
    for member in _members(challenge):
        outbox.queue(
            "result_corrected",
            to=member.user.email,
            key=f"result_corrected:{erratum.pk}:{member.user_id}",
            language=member.user.language,
            context={
                "challenge": challenge,
                "competition": challenge.competition,
                "erratum": erratum,
            },
            topic=challenge.competition.slug,
            now=now,
        )
