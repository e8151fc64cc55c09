"""Two teams become one: a captain proposes, a captain of the other team consents.

The other team's people and entries come to the proposing team; its row stays and says where it
went. Where both take part in a problem statement, one entry goes on under its own name before the
jury; the other is closed: its versions stay as they are, since receipts name them, but count no
more. Its tries count on, so a merge never wins tries.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, transitions
from core.exceptions import DomainError
from submissions import emails, queries
from submissions.actions.team import refuse_fixed
from submissions.models import Entry, FormerMembership, MergeProposal, Team
from submissions.states import RequestState, TeamRole

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def propose(team: Team, *, by: User, other: Team, now: dt.datetime | None = None) -> MergeProposal:
    """Propose that another team becomes part of one's own; its captains are told.

    Raises:
        DomainError: the other team is none of the same competition, another proposal is open, or
            the merge is impossible (see `refuse`).
        PhaseClosed: the members of one of the teams are fixed.

    """
    own, partner = _lock(team, other)
    moment = now or clock.of_database()
    if own == partner or own.competition_id != partner.competition_id or partner.merged_into_id:
        raise DomainError(
            "no_such_team", _("There is no other team of this name or code in the competition.")
        )
    known = own.proposals_made.filter(state=RequestState.OPEN).first()
    if known is not None and known.is_open(moment):
        raise DomainError(
            "proposal_open",
            _("Your team has proposed a merge already. Withdraw that proposal first."),
        )
    if known is not None:
        _move(known, to=RequestState.EXPIRED, by=None, now=moment)
    refuse(own, partner, moment)
    proposal = MergeProposal.objects.create(
        team=own,
        other=partner,
        proposed_by=by,
        created_at=moment,
        expires_at=moment + MergeProposal.VALID_FOR,
    )
    audit.record(
        "team.merge_proposed",
        target=own,
        by=by,
        data={"proposal": proposal.pk, "other": partner.code},
        now=moment,
    )
    emails.merge_proposed(proposal)
    return proposal


@transaction.atomic
def consent(proposal: MergeProposal, *, by: User, now: dt.datetime | None = None) -> Team:
    """Merge both teams, as a captain of the one that becomes part of the other; all are told.

    Raises:
        DomainError: the proposal is over, or the merge has become impossible.
        PhaseClosed: the members of one of the teams are fixed.

    """
    own, other = _lock(proposal.team, proposal.other)
    # Nothing may be handed in while tries are added up.
    list(Entry.objects.select_for_update(no_key=True).filter(team__in=[own, other]).order_by("pk"))
    moment = now or clock.of_database()
    _refuse_over(proposal, moment)
    refuse(own, other, moment)
    people = list(own.memberships.all()) + list(other.memberships.all())
    _move(proposal, to=RequestState.ACCEPTED, by=by, now=moment)
    closed = [
        _close(pair) for pair in queries.pairings(own, other, moment) if pair.closed is not None
    ]
    moved = list(other.entries.values_list("pk", flat=True))
    other.entries.update(team=own)
    own.add_organisations(other)
    own.save(update_fields=["organisation"])
    _remember(other, into=own, now=moment)
    other.memberships.update(team=own, role=TeamRole.MEMBER)
    _retire(other, into=own, by=by, now=moment)
    audit.record(
        "team.merged",
        target=own,
        by=by,
        data={"proposal": proposal.pk, "other": other.code, "entries": moved, "closed": closed},
        now=moment,
    )
    emails.merged(proposal, people=[membership.user_id for membership in people])
    return own


@transaction.atomic
def decline(proposal: MergeProposal, *, by: User, now: dt.datetime | None = None) -> MergeProposal:
    """Answer a proposal with no; the captains who proposed are told.

    Raises:
        DomainError: the proposal is over.

    """
    _lock(proposal.team, proposal.other)
    moment = now or clock.now()
    _refuse_over(proposal, moment)
    _move(proposal, to=RequestState.DECLINED, by=by, now=moment)
    emails.merge_declined(proposal)
    return proposal


@transaction.atomic
def withdraw(proposal: MergeProposal, *, by: User, now: dt.datetime | None = None) -> MergeProposal:
    """Take one's own proposal back.

    Raises:
        DomainError: the proposal is over.

    """
    _lock(proposal.team, proposal.other)
    moment = now or clock.now()
    _refuse_over(proposal, moment)
    _move(proposal, to=RequestState.WITHDRAWN, by=by, now=moment)
    return proposal


def refuse(team: Team, other: Team, at: dt.datetime) -> None:
    """Refuse a merge that the rules forbid.

    Raises:
        PhaseClosed: the members of one of the teams are fixed.
        DomainError: together they would be too many, or have used more tries than one team may.

    """
    for one in (team, other):
        refuse_fixed(one, at)
    size = team.memberships.count() + other.memberships.count()
    limit = team.competition.team_size_limit
    if limit is not None and size > limit:
        raise DomainError(
            "merge_too_large",
            _("Together you are %(size)s; a team of this competition has %(limit)s at most.")
            % {"size": size, "limit": limit},
        )
    for pair in queries.pairings(team, other, at):
        if pair.closed is not None and pair.limit is not None and pair.used > pair.limit:
            raise DomainError(
                "merge_quota",
                _(
                    "In “%(challenge)s” both teams together have used %(used)s tries;"
                    " one team has %(limit)s. Tries add up, so you cannot merge any more."
                )
                % {
                    "challenge": pair.goes_on.challenge.title,
                    "used": pair.used,
                    "limit": pair.limit,
                },
            )


def _close(pair: queries.Pairing) -> int:
    """Close the entry that does not go on, and whatever was closed in its favour before."""
    closed = pair.closed
    assert closed is not None  # noqa: S101  (callers ask)
    closed.merged_entries.update(merged_into=pair.goes_on)
    Entry.objects.filter(pk=closed.pk).update(merged_into=pair.goes_on)
    return closed.pk


def _remember(team: Team, *, into: Team, now: dt.datetime) -> None:
    """Write down whose membership ends, and let the team that goes on know the former members.

    Its entries answer with the work of both, so whoever was in one of them was in it.
    """
    FormerMembership.objects.bulk_create(
        [
            FormerMembership(
                team=into, user_id=row.user_id, joined_at=row.joined_at, left_at=row.left_at
            )
            for row in team.former_memberships.all()
        ]
        + [
            FormerMembership(team=team, user_id=row.user_id, joined_at=row.joined_at, left_at=now)
            for row in team.memberships.all()
        ]
    )


def _retire(team: Team, *, into: Team, by: User, now: dt.datetime) -> None:
    """Let a team without people keep nothing that is open."""
    team.invitations.usable_at(now).update(withdrawn_at=now)
    for request in team.join_requests.filter(state=RequestState.OPEN):
        transitions.move(request, to=RequestState.DECLINED, by=by, now=now, data={"team": team.pk})
        emails.join_declined(request, team=team)
    for proposal in MergeProposal.objects.of_team(team).filter(state=RequestState.OPEN):
        _move(proposal, to=RequestState.EXPIRED, by=None, now=now)
    # Flat: whoever came to this team before goes with it.
    team.merged_teams.update(merged_into=into)
    team.join_code = team.join_code_expires_at = None
    team.merged_into = into
    team.save(update_fields=["join_code", "join_code_expires_at", "merged_into"])


def _refuse_over(proposal: MergeProposal, now: dt.datetime) -> None:
    proposal.refresh_from_db()
    if not proposal.is_open(now):
        raise DomainError(
            "proposal_over",
            _("This proposal is over: it was answered, withdrawn, or has expired."),
        )


def _move(proposal: MergeProposal, *, to: RequestState, by: User | None, now: dt.datetime) -> None:
    transitions.move(proposal, to=to, by=by, now=now, answered_by=by, answered_at=now)


def _lock(team: Team, other: Team) -> tuple[Team, Team]:
    """Lock both teams, always in the same order, and read them afresh."""
    rows = {
        row.pk: row
        for row in Team.objects.select_for_update(of=("self",), no_key=True)
        .select_related("competition")
        .filter(pk__in=[team.pk, other.pk])
        .order_by("pk")
    }
    return rows[team.pk], rows[other.pk]
