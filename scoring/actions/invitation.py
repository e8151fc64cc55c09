"""Invite people into a jury; they accept or decline. Only an acceptance makes a seat."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.user import normalise_email
from core import audit, clock
from core.exceptions import Incomplete, PermissionRefused
from core.transitions import move
from scoring.actions import jury as jury_actions
from scoring.actions.jury import SeatRefused
from scoring.emails import invitation as emails
from scoring.models import Jury, JuryInvitation, JurySeat
from scoring.queries import expertise
from scoring.states import DeclineReason, InvitationState, JuryState, SeatRole

if TYPE_CHECKING:
    from collections.abc import Collection

# Who has not answered for this long is reminded, once.
REMIND_AFTER: Final = dt.timedelta(days=7)
ANSWERABLE: Final[Collection[str]] = (
    JuryState.PREPARING,
    JuryState.ASSESSING,
    JuryState.CUTTING,
)


@transaction.atomic
def invite(
    jury: Jury,
    *,
    by: User,
    email: str,
    name: str = "",
    role: str = SeatRole.JUROR,
    organisation: str = "",
    field: str = "",
    tags: Collection[str] = (),
    language: str = "de",
    expected: int = 0,
    now: dt.datetime | None = None,
) -> JuryInvitation:
    """Ask a person into the jury, by the address of an existing or of a new account.

    The posting agency may sit in the jury, since it knows the problem and assesses under the same
    blindness, but it may not lead it. `expected` is about how many submissions there will be.

    Raises:
        PermissionRefused: not of the office of this competition.
        SeatRefused: works in the office (R-14), belongs to a team of the competition (R-13), has a
            seat or an open invitation, leads although staff of the posting agency, or would be a
            second chair.

    """
    moment = now or clock.now()
    locked = jury_actions.managed(jury, by)
    address = normalise_email(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise SeatRefused("email_invalid", _("Please enter a complete e-mail address.")) from error
    if role not in SeatRole.values:
        raise SeatRefused("role_unknown", _("Please choose a role."))
    person = User.objects.filter(email=address).first()
    is_new = person is None
    if person is None:
        person = User.objects.create_user(address, name=name.strip(), language=language)
    jury_actions.check_person(locked, person)
    waiting = JuryInvitation.objects.unanswered().filter(jury=locked)
    if waiting.filter(user=person).exists():
        raise SeatRefused("is_invited", _("%(person)s is invited already.") % {"person": person})
    if role == SeatRole.DEPUTY:
        jury_actions.check_independent(locked, person)
    if role == SeatRole.CHAIR:
        jury_actions.check_chair(locked, person)
        if waiting.filter(role=SeatRole.CHAIR).exists():
            raise SeatRefused(
                "has_chair", _("Somebody is invited to chair the jury and has not answered yet.")
            )
    invitation = JuryInvitation.objects.create(
        jury=locked,
        user=person,
        role=role,
        organisation=organisation.strip(),
        field=field.strip(),
        tags=expertise.known(tags, locked.challenge),
        # Advisory members assess nothing.
        expected=0 if role == SeatRole.ADVISORY else expected,
        invited_at=moment,
    )
    audit.record(
        "jury.invited",
        target=invitation,
        by=by,
        data={"jury": locked.pk, "user": person.pk, "role": role, "new_account": is_new},
        now=moment,
    )
    emails.juror_invited(invitation, now=moment)
    return invitation


def _answerable(invitation: JuryInvitation, by: User) -> Jury:
    """Return the locked jury if the person may answer the invitation now."""
    jury = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=invitation.jury_id)
    )
    fresh = JuryInvitation.objects.select_related("jury").get(pk=invitation.pk)
    if not by.has_perm("scoring.answer_invitation", fresh):
        raise PermissionRefused(
            "not_permitted", _("This invitation is not yours, or can no longer be answered.")
        )
    return jury


@transaction.atomic
def accept(
    invitation: JuryInvitation,
    *,
    by: User,
    organisation: str | None = None,
    field: str | None = None,
    tags: Collection[str] | None = None,
    now: dt.datetime | None = None,
) -> JurySeat:
    """Take the seat; the person may correct the organisation and the field the office wrote.

    Raises:
        PermissionRefused: somebody else's, answered or withdrawn, or the assessments are closed.
        SeatRefused: the person organises or takes part by now, or the jury has another chair.

    """
    moment = now or clock.now()
    jury = _answerable(invitation, by)
    # Joining a team locks the same row: nobody gets a seat and a team at once.
    person = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    jury_actions.check_person(jury, person)
    if invitation.role == SeatRole.DEPUTY:
        jury_actions.check_independent(jury, person)
    if invitation.role == SeatRole.CHAIR:
        jury_actions.check_chair(jury, person)
    seat = JurySeat.objects.create(
        jury=jury,
        user=person,
        role=invitation.role,
        organisation=(invitation.organisation if organisation is None else organisation).strip(),
        field=(invitation.field if field is None else field).strip(),
        tags=expertise.known(invitation.tags if tags is None else tags, jury.challenge),
        added_at=moment,
    )
    move(
        invitation,
        to=InvitationState.ACCEPTED,
        by=by,
        now=moment,
        data={"jury": jury.pk, "seat": seat.pk, "role": seat.role},
        answered_at=moment,
    )
    emails.seat_accepted(seat, now=moment)
    emails.invitation_answered(invitation, now=moment)
    return seat


@transaction.atomic
def decline(
    invitation: JuryInvitation,
    *,
    by: User,
    reason: str,
    text: str = "",
    now: dt.datetime | None = None,
) -> JuryInvitation:
    """Say no, with a reason that office and chair alone read (Q-29).

    Raises:
        PermissionRefused: somebody else's, answered or withdrawn, or the assessments are closed.
        Incomplete: no reason of the list, or "other" without an explanation.

    """
    moment = now or clock.now()
    _answerable(invitation, by)
    if reason not in DeclineReason.values:
        raise Incomplete("reason_unknown", _("Please choose a reason."))
    if reason == DeclineReason.OTHER and not text.strip():
        raise Incomplete("text_missing", _("Please explain the other reason."))
    move(
        invitation,
        to=InvitationState.DECLINED,
        by=by,
        now=moment,
        data={"jury": invitation.jury_id, "code": reason},
        answered_at=moment,
        reason_code=reason,
        text=text.strip(),
    )
    emails.invitation_answered(invitation, now=moment)
    return invitation


@transaction.atomic
def withdraw(
    invitation: JuryInvitation, *, by: User, now: dt.datetime | None = None
) -> JuryInvitation:
    """Take an unanswered invitation back and tell the person.

    Raises:
        PermissionRefused: not of the office of this competition.
        SeatRefused: it has been answered, or the assessments are closed.

    """
    moment = now or clock.now()
    jury_actions.managed(invitation.jury, by)
    fresh = JuryInvitation.objects.get(pk=invitation.pk)
    if not fresh.is_open:
        raise SeatRefused("is_answered", _("This invitation has been answered already."))
    move(
        invitation,
        to=InvitationState.WITHDRAWN,
        by=by,
        now=moment,
        data={"jury": invitation.jury_id},
        answered_at=moment,
    )
    emails.invitation_withdrawn(invitation, now=moment)
    return invitation


def remind(now: dt.datetime) -> int:
    """Remind people who have not answered for a week, once; return how many mails were written."""
    waiting = JuryInvitation.objects.unanswered().filter(
        reminded_at=None, invited_at__lte=now - REMIND_AFTER, jury__state__in=ANSWERABLE
    )
    return sum(_remind(key, now) for key in waiting.values_list("pk", flat=True))


@transaction.atomic
def _remind(key: int, now: dt.datetime) -> int:
    """Write one mail, unless the person answers at this very moment."""
    invitation = (
        JuryInvitation.objects.select_for_update(of=("self",), no_key=True)
        .unanswered()
        .filter(pk=key, reminded_at=None)
        .first()
    )
    if invitation is None:
        return 0
    invitation.reminded_at = now
    invitation.save(update_fields=["reminded_at"])
    audit.record(
        "jury.invitation_reminded",
        target=invitation,
        by=None,
        data={"jury": invitation.jury_id},
        now=now,
    )
    emails.invitation_reminder(invitation, now=now)
    return 1
