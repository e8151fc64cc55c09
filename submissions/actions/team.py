"""Forming a team: create, invite, ask, accept, leave, hand over. Never without a captain (J-41).

Locks are taken in one order everywhere: team, person, request; so nothing waits in a circle.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.user import normalise_email
from core import audit, clock, transitions
from core.display import moment_words
from core.exceptions import DomainError, LimitReached, PhaseClosed
from submissions import emails, queries
from submissions.extensions import participation_bar
from submissions.models import FormerMembership, Invitation, JoinRequest, Membership, Team
from submissions.states import RequestState, TeamRole

if TYPE_CHECKING:
    from competition.models import Competition

OPEN_INVITATIONS: Final = 10
INVITATIONS_PER_ADDRESS: Final = 3  # within the time an invitation is valid (TH-64)


@transaction.atomic
def create(
    competition: Competition,
    *,
    by: User,
    name: str,
    organisation: str = "",
    now: dt.datetime | None = None,
) -> Team:
    """Found a team and make its founder the captain.

    Raises:
        DomainError: the person may not take part, is in a team of this competition already, or
            another team has this name.

    """
    moment = now or clock.now()
    _lock_person(by)
    _refuse_barred(by, competition)
    name, organisation = " ".join(name.split()), " ".join(organisation.split())
    if competition.teams.filter(name__iexact=name).exists():
        raise _name_is_taken()
    team = Team(competition=competition, name=name, organisation=organisation, created_at=moment)
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise _name_is_taken() from error
    _add_member(team, user=by, role=TeamRole.CAPTAIN, now=moment)
    audit.record("team.created", target=team, by=by, now=moment)
    return team


@transaction.atomic
def invite(team: Team, *, by: User, email: str, now: dt.datetime | None = None) -> Invitation:
    """Send an invitation that only the owner of the address can accept, once, for 72 hours.

    An earlier invitation of the same address stops working: inviting again sends it again.

    Raises:
        DomainError: the address belongs to a member, or the team is full.
        LimitReached: too many open invitations, or too many messages to one address.
        PhaseClosed: nobody can join the team any more.

    """
    locked = _lock(team)
    moment = now or clock.of_database()
    refuse_newcomer(locked, moment)
    address = normalise_email(email)
    if team.memberships.filter(user__email=address).exists():
        raise DomainError(
            "already_member", _("%(email)s is a member of your team already.") % {"email": address}
        )
    known = team.invitations.filter(email=address)
    if known.filter(created_at__gt=moment - Invitation.VALID_FOR).count() >= (
        INVITATIONS_PER_ADDRESS
    ):
        raise LimitReached(
            "invitations_per_address",
            _(
                "%(email)s has been invited %(count)s times in the last 72 hours."
                " Ask the person to look into the spam folder."
            )
            % {"email": address, "count": INVITATIONS_PER_ADDRESS},
        )
    known.usable_at(moment).update(withdrawn_at=moment)
    if team.invitations.usable_at(moment).count() >= OPEN_INVITATIONS:
        raise LimitReached(
            "open_invitations",
            _("Your team has %(count)s open invitations. Withdraw one before you send another.")
            % {"count": OPEN_INVITATIONS},
        )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        email=address,
        token_hash=Invitation.hash_of(token),
        invited_by=by,
        created_at=moment,
        expires_at=moment + Invitation.VALID_FOR,
    )
    audit.record("team.invited", target=team, by=by, data={"invitation": invitation.pk}, now=moment)
    emails.invitation(invitation, token=token)
    return invitation


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, by: User, now: dt.datetime | None = None
) -> Membership:
    """Join the team that invited the person; the captains are told (M-4).

    Raises:
        DomainError: the invitation is over or for another address, the team is full, or the
            person may not take part or is in a team of this competition already.
        PhaseClosed: nobody can join the team any more.

    """
    team = _lock(invitation.team)
    moment = now or clock.of_database()
    _lock_person(by)
    locked = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if not locked.is_usable(moment):
        raise DomainError(
            "invitation_over",
            _("This invitation is no longer valid. Ask the team for a new one."),
        )
    if locked.email != by.email:
        raise DomainError(
            "other_address",
            _("This invitation is for another address. Sign in with the address it was sent to."),
        )
    membership = _join(team, user=by, now=moment)
    locked.accepted_at = moment
    locked.save(update_fields=["accepted_at"])
    audit.record("team.joined", target=team, by=by, data={"invitation": invitation.pk}, now=moment)
    emails.member_joined(membership)
    return membership


@transaction.atomic
def withdraw_invitation(
    invitation: Invitation, *, by: User, now: dt.datetime | None = None
) -> Invitation:
    """Make an open invitation useless; nothing happens to one that is over already."""
    moment = now or clock.now()
    locked = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if locked.is_usable(moment):
        locked.withdrawn_at = moment
        locked.save(update_fields=["withdrawn_at"])
        audit.record(
            "team.invitation_withdrawn",
            target=locked.team,
            by=by,
            data={"invitation": locked.pk},
            now=moment,
        )
    return locked


@transaction.atomic
def renew_join_code(team: Team, *, by: User, now: dt.datetime | None = None) -> Team:
    """Give the team a new join code for 14 days; an earlier one stops working.

    Raises:
        DomainError: the team is full.
        PhaseClosed: nobody can join the team any more.

    """
    locked = _lock(team)
    moment = now or clock.of_database()
    refuse_newcomer(locked, moment)
    locked.join_code = Team.new_join_code()
    locked.join_code_expires_at = moment + Team.JOIN_CODE_VALID_FOR
    locked.save(update_fields=["join_code", "join_code_expires_at"])
    audit.record("team.join_code_made", target=locked, by=by, now=moment)
    return locked


@transaction.atomic
def revoke_join_code(team: Team, *, by: User, now: dt.datetime | None = None) -> Team:
    """Make the join code useless; requests made with it stay. Safe to call twice."""
    moment = now or clock.now()
    locked = _lock(team)
    if locked.join_code is not None:
        _drop_join_code(locked)
        audit.record("team.join_code_revoked", target=locked, by=by, now=moment)
    return locked


@transaction.atomic
def ask_to_join(code: str, *, by: User, now: dt.datetime | None = None) -> JoinRequest:
    """Ask the captains of the team that a join code leads to; they are told (M-4).

    Asking the same team again changes nothing.

    Raises:
        DomainError: the code leads nowhere (the sentence does not say why), the person may not
            take part, is in a team, or waits for the answer of another one, or the team is full.
        PhaseClosed: nobody can join the team any more.

    """
    at = now or clock.of_database()
    team = (
        Team.objects.with_join_code(code, at).select_for_update(of=("self",), no_key=True).first()
    )
    # Read again: the captain may have revoked the code while this request waited for the row.
    if team is None or not team.has_join_code(moment := now or clock.of_database()):
        raise DomainError(
            "join_code_unknown",
            _("This code does not work. Check it, or ask the team for a new one."),
        )
    _lock_person(by)
    _refuse_barred(by, team.competition)
    if Membership.objects.filter(competition=team.competition, user=by).exists():
        raise _in_a_team_already()
    refuse_newcomer(team, moment)
    known = JoinRequest.objects.filter(
        competition=team.competition, user=by, state=RequestState.OPEN
    ).first()
    if known is not None and known.is_open(moment):
        if known.team_id == team.pk:
            return known
        raise DomainError(
            "request_open",
            _("You have asked another team already. Take that request back first."),
        )
    if known is not None:
        transitions.move(known, to=RequestState.EXPIRED, by=None, now=moment)
    request = JoinRequest.objects.create(
        team=team,
        competition=team.competition,
        user=by,
        created_at=moment,
        expires_at=moment + JoinRequest.VALID_FOR,
    )
    audit.record(
        "team.join_requested", target=team, by=by, data={"request": request.pk}, now=moment
    )
    emails.join_requested(request)
    return request


@transaction.atomic
def accept_request(request: JoinRequest, *, by: User, now: dt.datetime | None = None) -> Membership:
    """Make the person who asked a member; both sides are told (M-4).

    Raises:
        DomainError: the request is over, the team is full, or the person may not take part or is
            in a team of this competition already.
        PhaseClosed: nobody can join the team any more.

    """
    team = _lock(request.team)
    moment = now or clock.of_database()
    person = _lock_person(request.user)
    if participation_bar(person, team.competition):
        # Not the reason itself: it speaks to the person, and is nobody else's business.
        raise DomainError(
            "asker_barred",
            _("This person may not be in a team of this competition. Decline the request."),
        )
    _answer(request, to=RequestState.ACCEPTED, by=by, now=moment)
    membership = _join(team, user=person, now=moment)
    audit.record(
        "team.joined",
        target=team,
        by=by,
        data={"request": request.pk, "user": person.pk},
        now=moment,
    )
    emails.join_accepted(request, by=by, membership=membership)
    return membership


@transaction.atomic
def decline_request(
    request: JoinRequest, *, by: User, now: dt.datetime | None = None
) -> JoinRequest:
    """Answer a request with no; the person is told (M-4).

    Raises:
        DomainError: the request is over.

    """
    team = _lock(request.team)
    moment = now or clock.now()
    _answer(request, to=RequestState.DECLINED, by=by, now=moment)
    emails.join_declined(request, team=team)
    return request


@transaction.atomic
def withdraw_request(
    request: JoinRequest, *, by: User, now: dt.datetime | None = None
) -> JoinRequest:
    """Take one's own request back.

    Raises:
        DomainError: the request is over.

    """
    _lock(request.team)
    _answer(request, to=RequestState.WITHDRAWN, by=by, now=now or clock.now())
    return request


@transaction.atomic
def remove_member(membership: Membership, *, by: User, now: dt.datetime | None = None) -> Team:
    """Take a person out of the team, or leave it oneself. What the team handed in stays.

    That the person was in the team stays known, too: the jury asks for it.

    Raises:
        DomainError: the person is the last captain.

    """
    moment = now or clock.now()
    team = _lock(membership.team)
    locked = _membership(membership)
    if locked.is_captain and team.memberships.captains().count() == 1:
        raise DomainError(
            "last_captain",
            _("A team always has a captain. Hand the role over before you leave."),
        )
    person = locked.user
    FormerMembership.objects.create(
        team=team, user=person, joined_at=locked.joined_at, left_at=moment
    )
    locked.delete()
    audit.record("team.member_removed", target=team, by=by, data={"user": person.pk}, now=moment)
    emails.member_left(team, person=person, by=by, code=membership.code)
    return team


@transaction.atomic
def hand_over(membership: Membership, *, by: User, now: dt.datetime | None = None) -> Membership:
    """Make another member the captain; whoever hands over becomes a member.

    Nothing happens if the member is a captain already.
    """
    moment = now or clock.now()
    team = _lock(membership.team)
    successor = _membership(membership)
    if successor.is_captain:
        return successor
    successor.role = TeamRole.CAPTAIN
    successor.save(update_fields=["role"])
    team.memberships.filter(user=by).update(role=TeamRole.MEMBER)
    audit.record(
        "team.handed_over", target=team, by=by, data={"user": successor.user_id}, now=moment
    )
    emails.captain_changed(successor, by=by, now=moment)
    return successor


@transaction.atomic
def dissolve(team: Team, *, by: User, now: dt.datetime | None = None) -> None:
    """Delete a team that has one member and takes part in nothing.

    Otherwise a person who founded a team by mistake could join no other one.

    Raises:
        DomainError: others are in the team, or it takes part in a problem statement.

    """
    moment = now or clock.now()
    locked = _lock(team)
    in_use = locked.entries.exists() or locked.merged_teams.exists()
    if in_use or locked.memberships.count() > 1:
        raise DomainError(
            "team_in_use",
            _(
                "A team can be dissolved while it has no other members"
                " and takes part in no problem statement."
            ),
        )
    audit.record("team.dissolved", target=locked, by=by, now=moment)
    locked.delete()


def refuse_fixed(team: Team, at: dt.datetime) -> None:
    """Refuse new people once the members of a team are fixed (J-41).

    Raises:
        PhaseClosed: they are, by the first deadline of what the team takes part in.

    """
    end = queries.changes_end(team)
    if end is not None and at >= end.moment:
        raise PhaseClosed(
            "team_is_fixed",
            _(
                "Nobody can join the team “%(team)s” since %(moment)s: that is fixed by the"
                " deadline of “%(challenge)s”, in which it takes part. Leaving stays possible."
            )
            % {
                "team": team.name,
                "moment": moment_words(end.moment, "minutes"),
                "challenge": end.challenge.title,
            },
        )


def refuse_newcomer(team: Team, at: dt.datetime) -> None:
    """Refuse one more person while the team is fixed or full.

    Raises:
        PhaseClosed: the members are fixed since a deadline.
        DomainError: the team has as many members as the competition allows.

    """
    refuse_fixed(team, at)
    limit = team.competition.team_size_limit
    if limit is not None and team.memberships.count() >= limit:
        raise DomainError(
            "team_full",
            _("The team “%(team)s” is full: it has %(limit)s members, and no more are allowed.")
            % {"team": team.name, "limit": limit},
        )


def _lock(team: Team) -> Team:
    """Let changes of one team happen one after another; refuse one that was merged meanwhile."""
    rows = Team.objects.select_for_update(of=("self",), no_key=True).select_related("competition")
    locked = rows.get(pk=team.pk)
    if locked.merged_into_id is not None:
        raise DomainError(
            "team_merged",
            _("The team “%(name)s” has become part of another team meanwhile.")
            % {"name": locked.name},
        )
    return locked


def _lock_person(user: User) -> User:
    """Let a person get into teams, juries and offices one after another.

    Whoever gives somebody a duty in a competition locks the same row, so that a person cannot join
    a team and its jury at once (R-13).
    """
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _membership(membership: Membership) -> Membership:
    """Read a membership again under the lock of its team."""
    found = Membership.objects.filter(pk=membership.pk).first()
    if found is None:
        raise DomainError("member_gone", _("This person is no longer a member of the team."))
    return found


def _drop_join_code(team: Team) -> None:
    team.join_code = team.join_code_expires_at = None
    team.save(update_fields=["join_code", "join_code_expires_at"])


def _answer(request: JoinRequest, *, to: RequestState, by: User, now: dt.datetime) -> None:
    """Close an open request under the lock of its team; one that is over stays as it is."""
    request.refresh_from_db()
    if not request.is_open(now):
        raise DomainError(
            "request_over",
            _("This request is over: it was answered, taken back, or has expired."),
        )
    transitions.move(request, to=to, by=by, now=now, data={"team": request.team_id})


def _refuse_barred(user: User, competition: Competition) -> None:
    if reason := participation_bar(user, competition):
        raise DomainError("participation_barred", reason)


def _name_is_taken() -> DomainError:
    return DomainError(
        "team_name_taken",
        _("Another team of this competition has this name. Choose a different one."),
    )


def _in_a_team_already() -> DomainError:
    return DomainError(
        "already_in_a_team",
        _("You are in a team of this competition already. Leave it before you join another."),
    )


def _join(team: Team, *, user: User, now: dt.datetime) -> Membership:
    """Add a member under the locks of team and person, if nothing stands against it."""
    _refuse_barred(user, team.competition)
    refuse_newcomer(team, now)
    return _add_member(team, user=user, role=TeamRole.MEMBER, now=now)


def _add_member(team: Team, *, user: User, role: TeamRole, now: dt.datetime) -> Membership:
    membership = Membership(
        team=team, competition=team.competition, user=user, role=role, joined_at=now
    )
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        # The constraint decides, so that two requests at once cannot both succeed (TH-63).
        raise _in_a_team_already() from error
    # Whoever is in a team waits for no other one.
    for request in JoinRequest.objects.filter(
        competition=team.competition, user=user, state=RequestState.OPEN
    ):
        transitions.move(request, to=RequestState.WITHDRAWN, by=user, now=now)
    return membership
