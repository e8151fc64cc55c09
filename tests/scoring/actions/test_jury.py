"""Forming a jury, handing out submissions, starting and closing."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import translation

from competition.models import Phase
from competition.states import PhaseKind
from core import clock
from core.exceptions import IllegalTransition, Incomplete, PermissionRefused
from core.models import AuditEvent, OutboxMessage
from core.transitions import move, tables
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.actions.jury import AssignmentRefused, Change, SeatRefused
from scoring.models import Assessment, Assignment, Jury, JurySeat, Recusal
from scoring.states import (
    AssessmentState,
    ConflictAnswer,
    JuryState,
    RecusalReason,
    SeatRole,
)
from submissions.extensions import participation_bar
from tests.factories import (
    DAY,
    SubmissionFactory,
    break_audit,
    team_member,
)
from tests.scoring.jury_room import CONFLICTS, seated

pytestmark = pytest.mark.django_db


def last_event(action):
    return AuditEvent.objects.filter(action=action).order_by("-sequence").first()


# -- seats -----------------------------------------------------------------------------------------


def test_jury_is_formed_once(room):
    again = jury_actions.form(room.challenge, by=room.ada)

    assert again == room.jury
    assert AuditEvent.objects.filter(action="jury.formed", target_key=str(again.pk)).count() == 1


def test_jury_is_formed_by_the_office_only(room):
    Jury.objects.filter(pk=room.jury.pk)
    for person in (room.bea, room.hanna, room.gus):
        with pytest.raises(PermissionRefused):
            jury_actions.form(room.challenge, by=person)


def test_agency_may_sit_but_not_lead(room):
    jury_actions.remove_seat(room.seats["hanna"], by=room.ada)

    with pytest.raises(SeatRefused) as refusal:
        invitation_actions.invite(room.jury, by=room.ada, email=room.bea.email, role=SeatRole.CHAIR)
    seat = seated(room.jury, by=room.ada, email=room.bea.email)

    assert refusal.value.code == "chair_of_agency"
    assert seat.role == SeatRole.JUROR


def test_jury_has_one_chair(room):
    with pytest.raises(SeatRefused) as refusal:
        invitation_actions.invite(
            room.jury, by=room.ada, email="x@jury.example", role=SeatRole.CHAIR
        )

    assert refusal.value.code == "has_chair"


def test_chair_is_handed_over(room):
    jury_actions.make_chair(room.seats["frida"], by=room.ada)

    roles = dict(room.jury.seats.values_list("user__email", "role"))
    assert roles == {
        "hanna@jury.example": SeatRole.JUROR,
        "frida@jury.example": SeatRole.CHAIR,
        "iris@jury.example": SeatRole.JUROR,
    }
    assert last_event("jury.chair_changed").data["from"] == room.seats["hanna"].pk


def test_chair_is_not_handed_to_the_agency(room):
    seat = seated(room.jury, by=room.ada, email=room.bea.email)

    with pytest.raises(SeatRefused):
        jury_actions.make_chair(seat, by=room.ada)

    room.seats["hanna"].refresh_from_db()
    assert room.seats["hanna"].is_chair


def test_seat_is_removed_with_what_hangs_on_it(room):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.assign_everything()

    jury_actions.remove_seat(room.seats["frida"], by=room.ada)

    assert set(room.jury.seats.values_list("user__email", flat=True)) == {
        "hanna@jury.example",
        "iris@jury.example",
    }
    assert not Assignment.objects.filter(seat__user=room.frida).exists()


def test_seat_with_drafts_is_removed_only_after_asking(assessing):
    assessing.save("frida", "Ulme", 3)

    with pytest.raises(SeatRefused) as refusal:
        jury_actions.remove_seat(assessing.seats["frida"], by=assessing.ada)
    jury_actions.remove_seat(assessing.seats["frida"], by=assessing.ada, discard_drafts=True)

    assert refusal.value.code == "has_drafts"
    assert not Assessment.objects.exists()


def test_seat_stays_once_something_is_released(assessing):
    assessing.finish("frida", 3, 3, 5)

    with pytest.raises(SeatRefused) as refusal:
        jury_actions.remove_seat(assessing.seats["frida"], by=assessing.ada, discard_drafts=True)

    assert refusal.value.code == "has_released"


@pytest.mark.parametrize("who", ["bea", "hanna", "gus", "cem"])
def test_seats_are_managed_by_the_office_only(room, who):
    person = room.people[who]

    with pytest.raises(PermissionRefused):
        invitation_actions.invite(room.jury, by=person, email="x@jury.example")
    with pytest.raises(PermissionRefused):
        jury_actions.remove_seat(room.seats["iris"], by=person)
    with pytest.raises(PermissionRefused):
        jury_actions.make_chair(room.seats["iris"], by=person)


def test_removal_is_undone_without_its_event(room):
    break_audit()

    with pytest.raises(IntegrityError):
        jury_actions.remove_seat(room.seats["iris"], by=room.ada)

    assert room.jury.seats.count() == 3


def test_jurors_cannot_join_a_team_of_the_competition(room):
    assert participation_bar(room.frida, room.competition)
    assert participation_bar(room.jan, room.competition)
    assert participation_bar(room.gus, room.competition) is None


# -- assignments -----------------------------------------------------------------------------------


def test_proposal_is_repeatable_and_writes_nothing(room):
    first = jury_actions.propose(room.jury, k=2, seed=4)

    second = jury_actions.propose(room.jury, k=2, seed=4)

    assert first == second
    assert len(first.pairs) == 6
    assert not Assignment.objects.filter(seat__jury=room.jury).exists()


def test_proposal_leaves_out_who_is_in_conflict(room):
    """Declared, unsure, recused or noticed by the platform: no such pair comes up (Q-24)."""
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.declare("iris", Zeder=ConflictAnswer.UNSURE)
    JurySeat.objects.filter(pk=room.seats["hanna"].pk).update(organisation=" klarschrift  ag ")

    plan = jury_actions.propose(room.jury, k=3, seed=1)

    given = {(seat, submission) for seat, submission in plan.pairs}
    assert given == {
        (room.seats[name].pk, room.submissions[pseudonym].pk)
        for name, pseudonym in (
            ("hanna", "Ulme"),
            ("hanna", "Eibe"),
            ("frida", "Zeder"),
            ("frida", "Eibe"),
            ("iris", "Ulme"),
            ("iris", "Eibe"),
        )
    }
    assert plan.short == {room.submissions["Ulme"].pk: 1, room.submissions["Zeder"].pk: 2}


def test_assignments_equal_the_pairs_that_were_given(room):
    hanna, frida = (room.seats[name].pk for name in ("hanna", "frida"))
    ulme, zeder = (room.submissions[name].pk for name in ("Ulme", "Zeder"))
    jury_actions.apply(room.jury, pairs={(hanna, ulme), (frida, ulme)}, by=room.ada)

    change = jury_actions.apply(
        room.jury, pairs={(hanna, ulme), (hanna, zeder)}, by=room.ada, seed=9
    )

    stored = set(Assignment.objects.values_list("seat", "submission"))
    assert change == Change(added=1, removed=1)
    assert stored == {(hanna, ulme), (hanna, zeder)}
    assert last_event("jury.assigned").data == {
        "added": [[hanna, zeder]],
        "removed": [[frida, ulme]],
        "seed": 9,
    }


def test_same_assignments_leave_no_event(room):
    room.assign_everything()
    count = AuditEvent.objects.count()

    room.assign_everything()

    assert AuditEvent.objects.count() == count


def test_single_assignment_is_added_and_taken_away(room):
    seat, submission = room.seats["frida"], room.submissions["Eibe"]

    assignment = jury_actions.assign(seat, submission=submission, by=room.ada)
    jury_actions.unassign(assignment, by=room.ada)

    assert not Assignment.objects.filter(seat=seat).exists()


def test_assignment_against_a_conflict_is_refused(room):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)

    with pytest.raises(AssignmentRefused) as refusal:
        jury_actions.assign(room.seats["frida"], submission=room.submissions["Ulme"], by=room.ada)

    assert refusal.value.code == "in_conflict"
    # The office learns the pseudonym, never the organisation behind it.
    assert "Ulme" in str(refusal.value)
    assert "Elbufer" not in str(refusal.value)


def test_assignment_waits_for_the_deadline(room):
    Phase.objects.filter(challenge=room.challenge, kind=PhaseKind.SUBMISSION).update(
        ends_at=clock.now() + DAY
    )

    with pytest.raises(AssignmentRefused) as refusal:
        jury_actions.assign(room.seats["frida"], submission=room.submissions["Ulme"], by=room.ada)

    assert refusal.value.code == "phase_open"


def test_assignment_takes_the_version_that_counts(room):
    newer = SubmissionFactory(entry=room.entries["Ulme"], number=2, handed_in=True)

    with pytest.raises(AssignmentRefused) as refusal:
        jury_actions.assign(room.seats["frida"], submission=room.submissions["Ulme"], by=room.ada)
    assignment = jury_actions.assign(room.seats["frida"], submission=newer, by=room.ada)

    assert refusal.value.code == "not_in_the_running"
    assert assignment.submission == newer


def test_assignment_that_is_begun_is_not_taken_away(assessing):
    assessing.save("frida", "Ulme", 3)

    with pytest.raises(AssignmentRefused) as refusal:
        jury_actions.unassign(assessing.assignment("frida", "Ulme"), by=assessing.ada)

    assert refusal.value.code == "assessment_begun"


def test_substitute_gets_a_message_after_the_start(room):
    room.start()
    late = seated(room.jury, by=room.ada, email="nele@jury.example", name="Nele")
    OutboxMessage.objects.all().delete()

    jury_actions.assign(late, submission=room.submissions["Ulme"], by=room.ada)

    assert list(OutboxMessage.objects.values_list("template", "recipient")) == [
        ("assignment_added", "nele@jury.example")
    ]


@pytest.mark.parametrize("who", ["bea", "hanna", "gus"])
def test_assignments_are_the_office_s(room, who):
    with pytest.raises(PermissionRefused):
        jury_actions.apply(room.jury, pairs=set(), by=room.people[who])


def test_assignments_do_not_change_without_their_event(room):
    break_audit()

    with pytest.raises(IntegrityError):
        room.assign_everything()

    assert not Assignment.objects.filter(seat__jury=room.jury).exists()


# -- start -----------------------------------------------------------------------------------------


def missing(room):
    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        jury_actions.start(room.jury, by=room.ada)
    return [str(sentence) for sentence in refusal.value.data["missing"]]


def test_start_tells_the_jurors_how_much_waits(room):
    for name in room.seats:
        room.declare(name)
    room.assign_everything()
    OutboxMessage.objects.all().delete()

    jury_actions.start(room.jury, by=room.ada)

    assert room.jury.state == JuryState.ASSESSING
    assert sorted(OutboxMessage.objects.values_list("recipient", "subject")) == [
        (f"{name}@jury.example", "3 Einreichungen liegen für Sie bereit")
        for name in ("frida", "hanna", "iris")
    ]
    assert last_event("jury.assessing").data["from"] == JuryState.PREPARING


def test_start_needs_enough_jurors_for_each_submission(room):
    assert missing(room) == [
        "Eibe has 0 of 2 jurors.",
        "Ulme has 0 of 2 jurors.",
        "Zeder has 0 of 2 jurors.",
    ]


def test_start_does_not_count_who_is_recused(room):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.declare("iris", Ulme=ConflictAnswer.CONFLICT)
    room.assign_everything()

    assert missing(room) == ["Ulme has 1 of 2 jurors."]


def test_start_needs_a_chair(room):
    room.assign_everything()
    JurySeat.objects.filter(pk=room.seats["hanna"].pk).update(role=SeatRole.JUROR)

    assert missing(room) == ["The jury has no chair."]


def test_start_needs_a_rubric(room):
    room.assign_everything()
    room.rubric.criteria.all().delete()

    assert missing(room) == ["There is no rubric to assess by."]


def test_start_needs_the_deadline_to_be_over(room):
    room.assign_everything()
    Phase.objects.filter(challenge=room.challenge, kind=PhaseKind.SUBMISSION).update(
        ends_at=clock.now() + DAY
    )

    assert missing(room) == ["Teams can still hand in. The jury starts after the deadline."]


def test_start_finds_conflicts_that_appeared_since_the_declaration(room):
    """A member who joined the team later makes the juror's conflict (N-12)."""
    for name in room.seats:
        room.declare(name)
    room.assign_everything()
    team_member(room.entries["Ulme"].team, role="member", email="neu@jury.example")

    with pytest.raises(Incomplete):
        jury_actions.start(room.jury, by=room.ada)

    # Refused as a whole: all three jurors share that mail domain, and nothing was written.
    assert not Recusal.objects.exists()


def test_start_recuses_who_is_in_conflict_by_now(room):
    for name in room.seats:
        room.declare(name)
    room.assign_everything()
    JurySeat.objects.filter(pk=room.seats["iris"].pk).update(organisation="Hochschule Elbufer")

    jury_actions.start(room.jury, by=room.ada)

    recusal = Recusal.objects.get()
    assert (recusal.seat, recusal.entry) == (room.seats["iris"], room.entries["Ulme"])
    assert recusal.declaration.is_detected


@pytest.mark.parametrize("who", ["bea", "hanna", "gus"])
def test_start_is_the_office_s(room, who):
    room.assign_everything()

    with pytest.raises(PermissionRefused):
        jury_actions.start(room.jury, by=room.people[who])


def test_start_is_undone_without_its_event(room):
    room.assign_everything()
    break_audit()

    with pytest.raises(IntegrityError):
        jury_actions.start(room.jury, by=room.ada)

    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.PREPARING


# -- close -----------------------------------------------------------------------------------------


def finish_all(room, *marks):
    for name in room.seats:
        room.finish(name, *marks)


@pytest.mark.parametrize("who", ["ada", "hanna"])
def test_close_locks_what_is_released(assessing, who):
    finish_all(assessing, 3, 4, 5)

    jury_actions.close(assessing.jury, by=assessing.people[who])

    assert assessing.jury.state == JuryState.CLOSED
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.LOCKED}
    assert last_event("jury.closed").data == {
        "from": "assessing",
        "to": "closed",
        "locked": 9,
        "drafts_left_out": 0,
        "gaps": 0,
    }


def test_close_counts_nothing_of_somebody_who_is_in_conflict_by_now(assessing):
    finish_all(assessing, 3, 3, 5)
    CONFLICTS["works there"](assessing)

    jury_actions.close(assessing.jury, by=assessing.ada, reason="Vertretung fehlt.")

    recusal = Recusal.objects.get()
    assert (recusal.seat, recusal.reason) == (assessing.seats["frida"], RecusalReason.DETECTED)
    assert not Assessment.objects.counted().filter(
        assignment__seat=recusal.seat, assignment__submission__entry=recusal.entry
    )


def test_close_is_refused_while_something_is_open(assessing):
    assessing.finish("hanna", 3, 3, 5)
    assessing.finish("iris", 3, 3, 5)
    assessing.save("frida", "Ulme", 3)

    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        jury_actions.close(assessing.jury, by=assessing.hanna)

    assert refusal.value.data["missing"] == ["Frida Jurorin has not released 3 assessments."]
    assessing.jury.refresh_from_db()
    assert assessing.jury.state == JuryState.ASSESSING


def test_close_with_a_reason_is_the_office_s(assessing):
    """The chair cannot close over gaps, with or without a reason (T-15)."""
    assessing.finish("hanna", 3, 3, 5)
    assessing.save("frida", "Ulme", 3)

    with pytest.raises(Incomplete):
        jury_actions.close(assessing.jury, by=assessing.hanna, reason="Frida ist krank.")
    with pytest.raises(Incomplete):
        jury_actions.close(assessing.jury, by=assessing.ada)
    jury_actions.close(assessing.jury, by=assessing.ada, reason="Frida ist krank.")

    event = last_event("jury.closed")
    assert (event.reason, event.data["locked"], event.data["drafts_left_out"]) == (
        "Frida ist krank.",
        3,
        1,
    )
    draft = Assessment.objects.get(assignment=assessing.assignment("frida", "Ulme"))
    assert draft.state == AssessmentState.DRAFT


def test_close_counts_a_recusal_as_finished_and_asks_for_the_minimum(assessing):
    """All of Ulme's jurors but one step back: below the published minimum of two."""
    for name in ("frida", "iris"):
        conflict_actions.recuse(
            assessing.assignment(name, "Ulme"), by=assessing.people[name], reason="conflict"
        )
    finish_all(assessing, 3, 3, 5)

    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        jury_actions.close(assessing.jury, by=assessing.ada)

    assert refusal.value.data["missing"] == ["Ulme has 1 of 2 released assessments."]


def test_close_waits_until_the_chair_settled_what_cannot_be_judged(assessing):
    finish_all(assessing, 3, 3, 5)
    assessment = Assessment.objects.get(assignment=assessing.assignment("frida", "Ulme"))
    score = assessment.scores.get(criterion=assessing.criteria[2])
    score.mark_hundredths, score.cannot_judge = None, True
    score.save()

    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        jury_actions.close(assessing.jury, by=assessing.hanna)
    assessment_actions.accept_abstention(score, by=assessing.hanna)
    jury_actions.close(assessing.jury, by=assessing.hanna)

    assert refusal.value.data["missing"] == [
        "Frida Jurorin cannot judge “Recht (en)” of Ulme; the chair settles it."
    ]
    assert assessing.jury.state == JuryState.CLOSED


def test_chair_in_conflict_learns_that_something_is_open_not_what(room):
    """Q-26: of a submission in conflict with the chair, not even a count."""
    room.declare("hanna", Ulme=ConflictAnswer.CONFLICT)
    room.start()
    room.finish("hanna", 3, 3, 5)
    room.finish("iris", 3, 3, 5)
    for pseudonym in ("Zeder", "Eibe"):
        assessment_actions.release(room.save("frida", pseudonym, 3, 3, 5), by=room.frida)

    with pytest.raises(Incomplete) as refusal:
        jury_actions.close(room.jury, by=room.hanna)

    assert refusal.value.data["missing"] == []


@pytest.mark.parametrize("who", ["bea", "frida", "gus", "jan"])
def test_close_is_for_chair_and_office(assessing, who):
    finish_all(assessing, 3, 3, 5)

    with pytest.raises(PermissionRefused):
        jury_actions.close(assessing.jury, by=assessing.people[who])


def test_close_happens_once(assessing):
    finish_all(assessing, 3, 3, 5)
    jury_actions.close(assessing.jury, by=assessing.ada)

    with pytest.raises(PermissionRefused):
        jury_actions.close(assessing.jury, by=assessing.ada)


def test_close_is_undone_without_its_event(assessing):
    finish_all(assessing, 3, 3, 5)
    break_audit()

    with pytest.raises(IntegrityError):
        jury_actions.close(assessing.jury, by=assessing.ada)

    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.RELEASED}


# -- the table of states ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target"),
    [(source, target) for source in JuryState for target in JuryState],
)
def test_jury_moves_along_the_edges_only(room, source, target):
    Jury.objects.filter(pk=room.jury.pk).update(state=source)
    room.jury.refresh_from_db()

    if target in tables()[JuryState][source]:
        move(room.jury, to=target, by=room.ada, now=clock.now())
        assert room.jury.state == target
    else:
        with pytest.raises(IllegalTransition):
            move(room.jury, to=target, by=room.ada, now=clock.now())
