"""Deputy, advisory member and substitute beside chair and juror."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import PermissionRefused
from core.models import AuditEvent, OutboxMessage
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import jury as jury_actions
from scoring.actions.jury import AssignmentRefused, SeatRefused
from scoring.models import Assignment, JurySeat
from scoring.queries import jury as jury_queries
from scoring.states import ConflictAnswer, SeatRole
from tests.factories import break_audit
from tests.scoring.jury_room import seated

pytestmark = pytest.mark.django_db


def give(room, name, role):
    JurySeat.objects.filter(pk=room.seats[name].pk).update(role=role)
    room.seats[name].refresh_from_db()
    return room.seats[name]


@pytest.fixture
def substitute(room):
    """Return Nele, who waits to step in."""
    return seated(
        room.jury, by=room.ada, email="nele@jury.example", name="Nele", role=SeatRole.SUBSTITUTE
    )


def held(seat):
    rows = Assignment.objects.filter(seat=seat).values_list(
        "submission__entry__jury_pseudonym", flat=True
    )
    return set(rows)


# -- who assesses and who votes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (SeatRole.DEPUTY, True),
        (SeatRole.JUROR, True),
        (SeatRole.ADVISORY, False),
        (SeatRole.SUBSTITUTE, False),
    ],
)
def test_roles_say_who_assesses_and_who_votes(room, role, may):
    seat = give(room, "iris", role)

    plan = jury_actions.propose(room.jury, k=9, seed=1)

    assert (seat.pk in {juror for juror, _submission in plan.pairs}) is may
    assert seat.has_vote is may
    assert (seat in room.jury.seats.with_vote()) is may


@pytest.mark.parametrize("role", [SeatRole.ADVISORY, SeatRole.SUBSTITUTE])
def test_who_does_not_assess_is_assigned_nothing(room, role):
    seat = give(room, "iris", role)

    with pytest.raises(AssignmentRefused) as refusal:
        jury_actions.assign(seat, submission=room.submissions["Ulme"], by=room.ada)

    assert refusal.value.code == "does_not_assess"
    assert seat not in jury_queries.matrix(room.jury).seats


def test_advisory_member_is_not_told_a_number_of_assessments(room):
    invitation = invitation_actions.invite(
        room.jury, by=room.ada, email="x@jury.example", role=SeatRole.ADVISORY, expected=12
    )

    assert invitation.expected == 0


def test_office_may_give_the_chair_to_a_deputy(room):
    jury_actions.make_chair(give(room, "iris", SeatRole.DEPUTY), by=room.ada)

    assert room.jury.seats.get(role=SeatRole.CHAIR).user == room.iris


@pytest.mark.parametrize("role", [SeatRole.ADVISORY, SeatRole.SUBSTITUTE])
def test_chair_has_a_vote(room, role):
    with pytest.raises(SeatRefused) as refusal:
        jury_actions.make_chair(give(room, "iris", role), by=room.ada)

    assert refusal.value.code == "chair_without_vote"
    assert room.jury.seats.get(role=SeatRole.CHAIR).user == room.hanna


def test_agency_is_not_deputy_either(room):
    with pytest.raises(SeatRefused) as refusal:
        invitation_actions.invite(
            room.jury, by=room.ada, email=room.bea.email, role=SeatRole.DEPUTY
        )

    assert refusal.value.code == "chair_of_agency"


# -- the deputy, where the chair is in conflict ----------------------------------------------------


@pytest.fixture
def led(room):
    """Return a jury that assesses: the chair is in conflict with Ulme, the deputy with Zeder."""
    give(room, "iris", SeatRole.DEPUTY)
    room.declare("hanna", Ulme=ConflictAnswer.CONFLICT)
    room.declare("iris", Zeder=ConflictAnswer.CONFLICT)
    room.assign_everything()
    room.rubric.min_assessments = 1
    room.rubric.save()
    room.declare("frida")
    jury_actions.start(room.jury, by=room.ada)
    room.finish("frida", 3, 3, 5)
    return room


@pytest.mark.parametrize(
    ("who", "pseudonym", "may"),
    [
        ("hanna", "Ulme", False),
        ("hanna", "Zeder", True),
        ("hanna", "Eibe", True),
        ("iris", "Ulme", True),
        ("iris", "Zeder", False),
        ("iris", "Eibe", False),
        ("frida", "Ulme", False),
    ],
)
def test_deputy_administers_what_the_chair_may_not(led, who, pseudonym, may):
    """Q-26: the deputy without conflict, and only there."""
    assignment = led.assignment("frida", pseudonym)

    assert led.people[who].has_perm("scoring.chair_assignment", assignment) is may


def test_deputy_administers_everything_while_there_is_no_chair(led):
    JurySeat.objects.filter(pk=led.seats["hanna"].pk).update(role=SeatRole.JUROR)

    assert led.iris.has_perm("scoring.chair_assignment", led.assignment("frida", "Eibe"))


def test_deputy_reopens_where_the_chair_may_not(led):
    assessment = led.assignment("frida", "Ulme").assessment

    with pytest.raises(PermissionRefused):
        assessment_actions.reopen(assessment, by=led.hanna, reason="Tippfehler")
    assessment_actions.reopen(assessment, by=led.iris, reason="Tippfehler")

    assessment.refresh_from_db()
    assert assessment.state == "draft"


def test_progress_page_lists_for_the_deputy_what_the_chair_may_not_know(led, sign_in):
    url = reverse("scoring:jury-progress", args=[led.challenge.code])

    listed = {
        who: [
            row.assignment.submission.entry.jury_pseudonym
            for row in sign_in(led.people[who]).get(url).context["released"]
        ]
        for who in ("hanna", "iris")
    }

    assert listed == {"hanna": ["Eibe", "Zeder"], "iris": ["Ulme"]}
    assert sign_in(led.frida).get(url).status_code == 404


def test_deputy_accepts_an_abstention_the_chair_may_not_know(led, sign_in):
    led.seats["iris"].refresh_from_db()
    address = reverse("scoring:abstention-accept", args=[led.challenge.code])
    score = led.assignment("frida", "Ulme").assessment.scores.get(criterion=led.criteria[2])
    type(score).objects.filter(pk=score.pk).update(cannot_judge=True, mark_hundredths=None)

    by_chair = sign_in(led.hanna).post(address, {"score": score.pk})
    by_deputy = sign_in(led.iris).post(address, {"score": score.pk})

    score.refresh_from_db()
    assert (by_chair.status_code, by_deputy.status_code) == (404, 302)
    assert score.accepted_at is not None


def test_deputy_is_no_deputy_of_the_office(led):
    for permission in ("close_jury", "decide", "manage_jury", "deliberate"):
        assert not led.iris.has_perm(f"scoring.{permission}", led.jury)


# -- substitutes -----------------------------------------------------------------------------------


def test_substitute_takes_over_what_is_not_begun(room, substitute):
    room.start()
    room.save("frida", "Ulme", 3)
    OutboxMessage.objects.all().delete()

    taken = jury_actions.step_in(substitute, instead_of=room.seats["frida"], by=room.ada)

    assert (taken.count, taken.left) == (2, ())
    assert held(substitute) == {"Zeder", "Eibe"}
    assert held(room.seats["frida"]) == {"Ulme"}
    assert JurySeat.objects.get(pk=substitute.pk).role == SeatRole.JUROR
    assert set(OutboxMessage.objects.values_list("template", "recipient")) == {
        ("assignments_ready", "nele@jury.example"),
        ("assignments_taken_over", "frida@jury.example"),
    }


def test_substitute_takes_over_what_somebody_stepped_back_from(room, substitute):
    """Marks of the recused juror count nowhere, so that somebody else has to assess (Q-28)."""
    room.start()
    room.save("frida", "Ulme", 3)
    room.save("frida", "Zeder", 3)
    room.save("frida", "Eibe", 3)
    conflict_actions.recuse(room.assignment("frida", "Ulme"), by=room.frida, reason="overload")

    taken = jury_actions.step_in(substitute, instead_of=room.seats["frida"], by=room.ada)

    assert (taken.count, held(substitute)) == (1, {"Ulme"})
    # The recused assignment stays as history beside the recusal.
    assert held(room.seats["frida"]) == {"Ulme", "Zeder", "Eibe"}


def test_substitute_takes_over_nothing_in_conflict(room, substitute):
    room.start()
    JurySeat.objects.filter(pk=substitute.pk).update(organisation="Klarschrift AG")

    taken = jury_actions.step_in(substitute, instead_of=room.seats["frida"], by=room.ada)

    assert (taken.count, taken.left) == (2, ("Zeder",))
    assert held(substitute) == {"Ulme", "Eibe"}
    assert held(room.seats["frida"]) == {"Zeder"}


def test_substitute_needs_something_to_take_over(room, substitute):
    with pytest.raises(SeatRefused) as refusal:
        jury_actions.step_in(substitute, instead_of=room.seats["frida"], by=room.ada)

    assert refusal.value.code == "nothing_to_take_over"
    assert JurySeat.objects.get(pk=substitute.pk).is_substitute


def test_only_substitutes_step_in(room):
    room.start()

    with pytest.raises(SeatRefused) as refusal:
        jury_actions.step_in(room.seats["iris"], instead_of=room.seats["frida"], by=room.ada)

    assert refusal.value.code == "not_a_substitute"


@pytest.mark.parametrize("who", ["hanna", "frida", "bea", "gus"])
def test_office_alone_lets_step_in(room, substitute, who):
    with pytest.raises(PermissionRefused):
        jury_actions.step_in(substitute, instead_of=room.seats["iris"], by=room.people[who])


def test_stepping_in_is_one_event_or_nothing(room, substitute):
    room.start()
    before = AuditEvent.objects.filter(action="jury.substitute_stepped_in").count()
    break_audit()

    with pytest.raises(IntegrityError):
        jury_actions.step_in(substitute, instead_of=room.seats["frida"], by=room.ada)

    assert before == 0
    assert held(substitute) == set()
    assert JurySeat.objects.get(pk=substitute.pk).is_substitute
