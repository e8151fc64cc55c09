"""Forming a team: create, invite, accept, leave, hand over. Never without a captain (J-41)."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models.user import normalise_email
from core import audit, clock
from core.exceptions import DomainError, LimitReached
from submissions import emails
from submissions.extensions import participation_bar
from submissions.models import Invitation, Membership, Team
from submissions.states import TeamRole

if TYPE_CHECKING:
    from accounts.models import User
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
        DomainError: the address belongs to a member.
        LimitReached: too many open invitations, or too many messages to one address.

    """
    moment = now or clock.now()
    _lock(team)
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
        DomainError: the invitation is over or for another address, or the person may not take
            part or is in a team of this competition already.

    """
    moment = now or clock.now()
    team = _lock(invitation.team)
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
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
    _refuse_barred(by, team.competition)
    membership = _add_member(team, user=by, role=TeamRole.MEMBER, now=moment)
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
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
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
def remove_member(membership: Membership, *, by: User, now: dt.datetime | None = None) -> Team:
    """Take a person out of the team, or leave it oneself. What the team handed in stays.

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
    if locked.memberships.count() > 1 or locked.entries.exists():
        raise DomainError(
            "team_in_use",
            _(
                "A team can be dissolved while it has no other members"
                " and takes part in no problem statement."
            ),
        )
    audit.record("team.dissolved", target=locked, by=by, now=moment)
    locked.delete()


def _lock(team: Team) -> Team:
    """Let changes of one team happen one after another."""
    return Team.objects.select_for_update().get(pk=team.pk)


def _membership(membership: Membership) -> Membership:
    """Read a membership again under the lock of its team."""
    found = Membership.objects.filter(pk=membership.pk).first()
    if found is None:
        raise DomainError("member_gone", _("This person is no longer a member of the team."))
    return found


def _refuse_barred(user: User, competition: Competition) -> None:
    if reason := participation_bar(user, competition):
        raise DomainError("participation_barred", reason)


def _name_is_taken() -> DomainError:
    return DomainError(
        "team_name_taken",
        _("Another team of this competition has this name. Choose a different one."),
    )


def _add_member(team: Team, *, user: User, role: TeamRole, now: dt.datetime) -> Membership:
    membership = Membership(
        team=team, competition=team.competition, user=user, role=role, joined_at=now
    )
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        # The constraint decides, so that two requests at once cannot both succeed (TH-63).
        raise DomainError(
            "already_in_a_team",
            _("You are in a team of this competition already. Leave it before you join another."),
        ) from error
    return membership
