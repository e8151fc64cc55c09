"""Mails to teams: one function each, written to the outbox in the transaction of the change.

The codes of submissions stand beside the pseudonym on the jury's pages. The office's list of
messages masks them in subjects, since it would read there which code is whose (R-20).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import translation

from accounts.models import User
from core import outbox
from core.display import deadline_words
from submissions import queries, receipts
from submissions.models import Membership, Submission

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from competition.models import Phase
    from submissions.models import (
        Invitation,
        JoinRequest,
        MergeProposal,
        Receipt,
        Seal,
        Team,
    )


def invitation(invitation: Invitation, *, token: str) -> None:
    """Invite somebody into a team (M-3); the text holds the token and is erased once sent."""
    team = invitation.team
    inviter = invitation.invited_by
    known = User.objects.filter(email=invitation.email).first()
    reader = known or inviter
    outbox.queue(
        "team_invitation",
        to=invitation.email,
        key=f"team_invitation:{invitation.code}",
        language=reader.language if reader else "de",
        context={"team": team, "invitation": invitation, "inviter": inviter, "token": token},
        topic=team.competition.slug,
        is_confidential=True,
        now=invitation.created_at,
    )


def member_joined(membership: Membership) -> None:
    """Tell the captains who joined (M-4)."""
    team = membership.team
    for captain in _captains(team):
        _queue(
            "team_joined",
            captain,
            key=f"team_joined:{membership.code}",
            team=team,
            person=membership.user,
        )


def member_left(team: Team, *, person: User, by: User, code: str) -> None:
    """Tell the captains who left, and a removed person that the team did it (M-4)."""
    for captain in _captains(team):
        _queue("team_left", captain, key=f"team_left:{code}", team=team, person=person)
    if person != by:
        _queue("team_removed", person, key=f"team_removed:{code}", team=team, person=person)


def join_requested(request: JoinRequest) -> None:
    """Tell the captains that somebody with the join code asks (M-4)."""
    for captain in _captains(request.team):
        _queue(
            "team_join_requested",
            captain,
            key=f"team_join_requested:{request.code}",
            team=request.team,
            person=request.user,
        )


def join_accepted(request: JoinRequest, *, by: User, membership: Membership) -> None:
    """Tell the person who asked, and the other captains (M-4)."""
    team = membership.team
    key = f"team_join_accepted:{request.code}"
    _queue("team_join_accepted", membership.user, key=key, team=team, person=by)
    for captain in _captains(team).exclude(pk=by.pk):
        _queue("team_joined", captain, key=key, team=team, person=membership.user)


def join_declined(request: JoinRequest, *, team: Team) -> None:
    """Tell the person who asked, without naming a person (M-4)."""
    _queue(
        "team_join_declined",
        request.user,
        key=f"team_join_declined:{request.code}",
        team=team,
        person=request.user,
    )


def merge_proposed(proposal: MergeProposal) -> None:
    """Ask the captains of the other team (M-4)."""
    for captain in _captains(proposal.other):
        _queue_merge("team_merge_proposed", captain, proposal)


def merge_declined(proposal: MergeProposal) -> None:
    """Tell the captains who proposed (M-4)."""
    for captain in _captains(proposal.team):
        _queue_merge("team_merge_declined", captain, proposal)


def merged(proposal: MergeProposal, *, people: Collection[int]) -> None:
    """Tell everybody who was in either team."""
    for person in User.objects.filter(pk__in=people).order_by("pk"):
        _queue_merge("team_merged", person, proposal)


def _queue_merge(template: str, to: User, proposal: MergeProposal) -> None:
    competition = proposal.team.competition
    outbox.queue(
        template,
        to=to.email,
        key=f"{template}:{proposal.code}:{to.pk}",
        language=to.language,
        context={
            "team": proposal.team,
            "other": proposal.other,
            "proposal": proposal,
            "competition": competition,
        },
        topic=competition.slug,
    )


def captain_changed(membership: Membership, *, by: User, now: dt.datetime) -> None:
    """Tell the new captain (M-4); the role may come back to a person, hence the time."""
    _queue(
        "team_captain",
        membership.user,
        key=f"team_captain:{membership.code}:{now.timestamp()}",
        team=membership.team,
        person=by,
    )


def receipt(receipt: Receipt, *, by: User) -> None:
    """Send the receipt to every member (M-10); `by` has handed in."""
    submission = receipt.submission
    for member in _members(submission.entry.team):
        key = f"{receipts.mail_key(submission)}{member.pk}"
        receipt_again(receipt, member, by=by, key=key, now=receipt.issued_at)


def receipt_again(
    receipt: Receipt, person: User, *, by: User | None, key: str, now: dt.datetime
) -> None:
    """Send the receipt to one member; `by` has handed in, None if the account is gone."""
    submission = receipt.submission
    team = submission.entry.team
    outbox.queue(
        "receipt",
        to=person.email,
        key=key,
        language=person.language,
        context={
            "submission": submission,
            "receipt": receipt,
            "challenge": submission.entry.challenge,
            "competition": team.competition,
            "team": team,
            "files": submission.files.all(),
            "by": by,
        },
        topic=team.competition.slug,
        now=now,
    )


def chosen(submission: Submission, *, by: User, at: dt.datetime) -> None:
    """Tell every member that the team has chosen which version counts (M-11)."""
    team = submission.entry.team
    for member in _members(team):
        outbox.queue(
            "submission_chosen",
            to=member.email,
            key=f"chosen:{submission.code}:{at.timestamp()}:{member.pk}",
            language=member.language,
            context={
                "submission": submission,
                "challenge": submission.entry.challenge,
                "competition": team.competition,
                "person": by,
            },
            topic=team.competition.slug,
            now=at,
        )


def reminder_key(phase: Phase, before: dt.timedelta) -> str:
    """Return how the outbox keys begin of all reminders at one moment before a deadline."""
    return f"draft_reminder:{phase.ends_at.timestamp():.0f}:{before.total_seconds():.0f}:"


def reminder_keys(submission: Submission, *, phase: Phase, before: dt.timedelta) -> dict[User, str]:
    """Return who is reminded of a draft, and the outbox key of each mail."""
    prefix = reminder_key(phase, before)
    members = _members(submission.entry.team).filter(is_active=True)
    return {member: f"{prefix}{submission.code}:{member.pk}" for member in members}


def draft_reminder(
    submission: Submission, *, phase: Phase, before: dt.timedelta, now: dt.datetime
) -> int:
    """Remind every member of a draft that is not handed in (M-9); return how many were not yet."""
    challenge = submission.entry.challenge
    counting = Submission.objects.filter(entry=submission.entry).counting().first()
    written = 0
    for member, key in reminder_keys(submission, phase=phase, before=before).items():
        with translation.override(member.language):
            missing = queries.missing(submission)
            deadline = deadline_words(phase.ends_at, now)
        message = outbox.queue(
            "draft_reminder",
            to=member.email,
            key=key,
            language=member.language,
            context={
                "submission": submission,
                "team": submission.entry.team,
                "challenge": challenge,
                "competition": challenge.competition,
                "deadline_at": phase.ends_at,
                "deadline": deadline,
                "missing": missing,
                "counting": counting,
                "captains": queries.captain_names(submission.entry.team),
            },
            topic=challenge.competition.slug,
            now=now,
        )
        written += message is not None
    return written


def withdrawn(submission: Submission, *, by: User, counting: Submission | None) -> None:
    """Tell every member that a version was withdrawn, and which one counts now (M-11)."""
    team = submission.entry.team
    for member in _members(team):
        outbox.queue(
            "submission_withdrawn",
            to=member.email,
            key=f"withdrawn:{submission.code}:{member.pk}",
            language=member.language,
            context={
                "submission": submission,
                "challenge": submission.entry.challenge,
                "competition": team.competition,
                "counting": counting,
                "person": by,
            },
            topic=team.competition.slug,
        )


def root_published(seal: Seal) -> None:
    """Send a root to everyone in a team that takes part: each copy is a witness (VE-6)."""
    challenge = seal.challenge
    members = User.objects.filter(team_memberships__team__entries__challenge=challenge)
    for member in members.filter(is_active=True).distinct().order_by("pk"):
        outbox.queue(
            "root_published",
            to=member.email,
            key=f"root:{challenge.code}:{seal.number}:{member.pk}",
            language=member.language,
            context={"seal": seal, "challenge": challenge, "competition": challenge.competition},
            topic=challenge.competition.slug,
            now=seal.made_at,
        )


def _queue(template: str, to: User, *, key: str, team: Team, person: User) -> None:
    context: dict[str, Any] = {"team": team, "person": person, "competition": team.competition}
    outbox.queue(
        template,
        to=to.email,
        key=f"{key}:{to.pk}",
        language=to.language,
        context=context,
        topic=team.competition.slug,
    )


def _members(team: Team) -> QuerySet[User]:
    return User.objects.filter(team_memberships__team=team).order_by("pk")


def _captains(team: Team) -> QuerySet[User]:
    captains = Membership.objects.captains().filter(team=team)
    return User.objects.filter(team_memberships__in=captains).order_by("pk")
