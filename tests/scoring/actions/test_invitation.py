"""Inviting into a jury, accepting, declining, withdrawing, reminding."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError

from core import clock
from core.exceptions import IllegalTransition, Incomplete, PermissionRefused
from core.maintenance import sweep_steps
from core.models import AuditEvent, OutboxMessage
from core.transitions import move
from scoring.actions import invitation as actions
from scoring.actions import jury as jury_actions
from scoring.actions.jury import SeatRefused
from scoring.models import Jury, JuryInvitation, JurySeat
from scoring.queries import jury as jury_queries
from scoring.states import DeclineReason, InvitationState, JuryState, SeatRole
from submissions.models import Membership
from tests.factories import (
    DAY,
    CompetitionFactory,
    EntryFactory,
    UserFactory,
    break_audit,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited(room):
    """Return an invitation of Nele, who has no account yet, into a chairless part of the jury."""
    return actions.invite(
        room.jury,
        by=room.ada,
        email=" Neu@Jury.Example ",
        name="Nele Neu",
        organisation="Landkreistag",
        field="Recht",
        language="en",
        expected=18,
    )


def mails_to(address):
    return list(
        OutboxMessage.objects.filter(recipient=address)
        .order_by("pk")
        .values_list("template", flat=True)
    )


# -- inviting --------------------------------------------------------------------------------------


def test_invitation_creates_an_account_without_password_and_no_seat(room, invited):
    person = invited.user

    assert (person.email, person.name, person.language) == ("neu@jury.example", "Nele Neu", "en")
    assert not person.has_usable_password()
    assert not EmailAddress.objects.get(user=person, email="neu@jury.example").verified
    assert (invited.state, invited.role) == (InvitationState.OPEN, SeatRole.JUROR)
    assert room.jury.seats.count() == 3


def test_invitation_says_what_is_expected(room, invited):
    """The number of submissions, the hours and the dates of the phases (J-80)."""
    mail = OutboxMessage.objects.get(recipient="neu@jury.example")

    assert mail.subject == "Jury invitation – please accept or decline"
    for words in (
        "about 18 submissions",
        "about 6 hours",
        "Submission: ",
        "Assessment by the jury: ",
        f"/en/jury/invitations/{invited.code}/",
    ):
        assert words in mail.body


def test_invitation_takes_an_existing_account_as_it_is(room):
    person = UserFactory(email="gaby@example.org", name="Gaby")

    invitation = actions.invite(room.jury, by=room.ada, email="GABY@example.org", name="Anders")

    assert (invitation.user, invitation.user.name) == (person, "Gaby")
    event = AuditEvent.objects.get(action="jury.invited", target_key=str(invitation.pk))
    assert event.data["new_account"] is False


@pytest.mark.parametrize(
    ("who", "code"),
    [("ada", "is_organiser"), ("cem", "is_participant"), ("frida", "has_seat")],
)
def test_invitation_is_refused_to(room, who, code):
    """R-13 and R-14: whoever organises or takes part cannot judge."""
    with pytest.raises(SeatRefused) as refusal:
        actions.invite(room.jury, by=room.ada, email=room.people[who].email)

    assert refusal.value.code == code
    assert room.jury.invitations.unanswered().count() == 0


def test_invitation_is_refused_to_a_team_of_another_challenge(room):
    """The bar holds for the whole competition."""
    other = EntryFactory(challenge=room.jan.jury_seats.get().jury.challenge, jury_pseudonym="Weide")
    person = team_member(other.team)

    with pytest.raises(SeatRefused) as refusal:
        actions.invite(room.jury, by=room.ada, email=person.email)

    assert refusal.value.code == "is_participant"


@pytest.mark.parametrize("email", ["", "niemand", "a@b"])
def test_invitation_needs_an_address(room, email):
    with pytest.raises(SeatRefused) as refusal:
        actions.invite(room.jury, by=room.ada, email=email)

    assert refusal.value.code == "email_invalid"


def test_nobody_is_invited_twice_at_a_time(room, invited):
    with pytest.raises(SeatRefused) as refusal:
        actions.invite(room.jury, by=room.ada, email="neu@jury.example")

    assert refusal.value.code == "is_invited"


def test_only_one_person_is_invited_to_chair(room):
    jury_actions.remove_seat(room.seats["hanna"], by=room.ada)
    actions.invite(room.jury, by=room.ada, email="x@jury.example", role=SeatRole.CHAIR)

    with pytest.raises(SeatRefused) as refusal:
        actions.invite(room.jury, by=room.ada, email="y@jury.example", role=SeatRole.CHAIR)

    assert refusal.value.code == "has_chair"


@pytest.mark.parametrize("who", ["bea", "hanna", "gus", "cem"])
def test_office_alone_invites_and_withdraws(room, invited, who):
    person = room.people[who]

    with pytest.raises(PermissionRefused):
        actions.invite(room.jury, by=person, email="x@jury.example")
    with pytest.raises(PermissionRefused):
        actions.withdraw(invited, by=person)


def test_nothing_is_invited_without_its_event(room):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.invite(room.jury, by=room.ada, email="x@jury.example")

    assert not room.jury.invitations.unanswered().exists()


# -- accepting -------------------------------------------------------------------------------------


def test_acceptance_makes_the_seat_and_tells_both_sides(room, invited):
    seat = actions.accept(invited, by=invited.user, organisation=" Kreis Nord ")

    assert (seat.user, seat.organisation, seat.field) == (invited.user, "Kreis Nord", "Recht")
    assert (invited.state, invited.answered_at is not None) == (InvitationState.ACCEPTED, True)
    assert mails_to("neu@jury.example") == ["juror_invited", "jury_seat_accepted"]
    assert "jury_invitation_answered" in mails_to(room.ada.email)


def test_nothing_is_assigned_before_the_acceptance(room, invited):
    """An invited person is in no matrix, no figure, and may look into nothing."""
    plan = jury_actions.propose(room.jury, k=9, seed=1)

    assert {seat for seat, _submission in plan.pairs} == {s.pk for s in room.seats.values()}
    assert len(jury_queries.progress(room.jury, jury_queries.seats_of(room.jury))) == 3
    assert not invited.user.has_perm("scoring.view_jury", room.jury)
    assert not invited.user.has_perm("scoring.declare_conflicts", room.jury)


@pytest.mark.parametrize("who", ["ada", "frida", "gus"])
def test_invitation_is_answered_by_the_invited_person_only(room, invited, who):
    with pytest.raises(PermissionRefused):
        actions.accept(invited, by=room.people[who])
    with pytest.raises(PermissionRefused):
        actions.decline(invited, by=room.people[who], reason=DeclineReason.CONFLICT)


@pytest.mark.parametrize("state", [JuryState.CLOSED, JuryState.DECIDED])
def test_invitation_is_not_answered_after_the_end(room, invited, state):
    Jury.objects.filter(pk=room.jury.pk).update(state=state)

    with pytest.raises(PermissionRefused):
        actions.accept(invited, by=invited.user)


def test_invitation_is_answered_once(invited):
    actions.accept(invited, by=invited.user)

    with pytest.raises(PermissionRefused):
        actions.decline(invited, by=invited.user, reason=DeclineReason.CONFLICT)


@pytest.mark.parametrize("side", ["office", "team"])
def test_whoever_took_another_side_meanwhile_cannot_accept(room, invited, side):
    if side == "office":
        room.competition.office.create(user=invited.user)
    else:
        team = room.entries["Ulme"].team
        Membership.objects.create(
            team=team, competition=room.competition, user=invited.user, joined_at=clock.now()
        )

    with pytest.raises(SeatRefused):
        actions.accept(invited, by=invited.user)

    assert room.jury.seats.count() == 3


def test_chair_is_not_accepted_over_another_chair(room):
    jury_actions.remove_seat(room.seats["hanna"], by=room.ada)
    invitation = actions.invite(room.jury, by=room.ada, email="x@jury.example", role=SeatRole.CHAIR)
    jury_actions.make_chair(room.seats["iris"], by=room.ada)

    with pytest.raises(SeatRefused) as refusal:
        actions.accept(invitation, by=invitation.user)

    assert refusal.value.code == "has_chair"


def test_seat_is_not_taken_without_its_event(room, invited):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.accept(invited, by=invited.user)

    assert room.jury.seats.count() == 3


# -- declining and withdrawing ---------------------------------------------------------------------


def test_decline_keeps_the_reason_out_of_the_mail(room, invited):
    actions.decline(
        invited, by=invited.user, reason=DeclineReason.OTHER, text="Ich bin in Elternzeit."
    )

    assert (invited.state, invited.reason_code, invited.text) == (
        InvitationState.DECLINED,
        DeclineReason.OTHER,
        "Ich bin in Elternzeit.",
    )
    mail = OutboxMessage.objects.filter(
        recipient=room.ada.email, template="jury_invitation_answered"
    ).last()
    assert "Elternzeit" not in mail.subject + mail.body
    assert not JurySeat.objects.filter(user=invited.user).exists()


@pytest.mark.parametrize(("reason", "text"), [("", ""), ("weather", ""), ("other", "  ")])
def test_decline_needs_a_reason_of_the_list(invited, reason, text):
    with pytest.raises(Incomplete):
        actions.decline(invited, by=invited.user, reason=reason, text=text)

    invited.refresh_from_db()
    assert invited.is_open


def test_somebody_who_declined_can_be_asked_again(room, invited):
    actions.decline(invited, by=invited.user, reason=DeclineReason.NOT_AVAILABLE)

    again = actions.invite(room.jury, by=room.ada, email=invited.user.email)

    assert (again.pk != invited.pk, again.is_open) == (True, True)


def test_withdrawn_invitation_cannot_be_accepted(room, invited):
    actions.withdraw(invited, by=room.ada)

    with pytest.raises(PermissionRefused):
        actions.accept(invited, by=invited.user)
    assert mails_to("neu@jury.example") == ["juror_invited", "jury_invitation_withdrawn"]
    assert not JuryInvitation.objects.visible_to(invited.user).exists()


def test_answered_invitation_cannot_be_withdrawn(room, invited):
    actions.accept(invited, by=invited.user)

    with pytest.raises(SeatRefused) as refusal:
        actions.withdraw(invited, by=room.ada)

    assert refusal.value.code == "is_answered"


def test_answers_are_final(room, invited):
    actions.accept(invited, by=invited.user)

    with pytest.raises(IllegalTransition):
        move(invited, to=InvitationState.OPEN, by=room.ada, now=clock.now())


# -- reminding -------------------------------------------------------------------------------------


def test_whoever_does_not_answer_is_reminded_once_after_a_week(room, invited):
    early, due = (
        invited.invited_at + 7 * DAY - dt.timedelta(microseconds=1),
        invited.invited_at + 7 * DAY,
    )

    written = [actions.remind(early), actions.remind(due), actions.remind(due + DAY)]

    assert written == [0, 1, 0]
    assert mails_to("neu@jury.example") == ["juror_invited", "jury_invitation_reminder"]


def test_nobody_is_reminded_after_the_end_or_after_an_answer(room, invited):
    other = actions.invite(room.jury, by=room.ada, email="x@jury.example")
    actions.decline(other, by=other.user, reason=DeclineReason.NOT_MY_FIELD)
    later = invited.invited_at + 8 * DAY
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.CLOSED)

    assert actions.remind(later) == 0


def test_sweep_reminds(room):
    assert actions.remind in {step.run for step in sweep_steps}


def test_office_of_another_competition_is_a_stranger(invited):
    with pytest.raises(PermissionRefused):
        actions.withdraw(invited, by=organiser(CompetitionFactory()))
