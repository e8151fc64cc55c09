"""Mails about evaluations: to the team whose file could not be measured, to the office on faults.

Mails to the office name the evaluation and never the submission: its code stands beside the
pseudonym on the jury's pages.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from core import outbox
from submissions.models import Membership

if TYPE_CHECKING:
    from scoring.models import Evaluation


def not_measurable(evaluation: Evaluation, *, now: dt.datetime) -> None:
    """Tell the team that a file could not be evaluated and that it costs no try."""
    _to_team("evaluation_failed", evaluation, now=now)


def cancelled(evaluation: Evaluation, *, now: dt.datetime) -> None:
    """Tell the team that the office has ended a run, why, and that it costs no try."""
    _to_team("evaluation_cancelled", evaluation, now=now)


def fault(evaluation: Evaluation, *, now: dt.datetime) -> None:
    """Tell the office that a run ended in a fault of ours, and the team that it costs nothing."""
    challenge = evaluation.submission.entry.challenge
    competition = challenge.competition
    for member in competition.office.select_related("user").order_by("pk"):
        outbox.queue(
            "evaluation_fault_office",
            to=member.user.email,
            key=f"evaluation_fault_office:{evaluation.code}:{_moment(now)}:{member.user_id}",
            language=member.user.language,
            context={
                "evaluation": evaluation,
                "challenge": challenge,
                "competition": competition,
                "reader": member.user,
            },
            topic=competition.slug,
            now=now,
        )
    _to_team("evaluation_fault_team", evaluation, now=now)


def _to_team(template: str, evaluation: Evaluation, *, now: dt.datetime) -> None:
    submission = evaluation.submission
    members = Membership.objects.filter(team=submission.entry.team_id).select_related("user")
    for member in members.order_by("pk"):
        outbox.queue(
            template,
            to=member.user.email,
            key=f"{template}:{evaluation.code}:{_moment(now)}:{member.user_id}",
            language=member.user.language,
            context={
                "evaluation": evaluation,
                "submission": submission,
                "challenge": submission.entry.challenge,
                "competition": submission.entry.challenge.competition,
                "reader": member.user,
            },
            now=now,
        )


def _moment(now: dt.datetime) -> str:
    return f"{now:%Y%m%d%H%M%S}"
