"""Lists and predicates of the jury room agree, for every person and every state (H-70)."""

from __future__ import annotations

import itertools

import pytest

from scoring.actions import conflict as conflict_actions
from scoring.models import Assignment, ConflictDeclaration, Jury, Recusal
from scoring.models.jury import detected_entries
from scoring.queries import conflict
from scoring.queries.discussion import unbarred_seats
from scoring.queries.jury import barred_entries
from scoring.states import ConflictAnswer, JuryState
from submissions.models import Membership, Submission
from submissions.states import SubmissionState
from tests.scoring.jury_room import CONFLICTS

pytestmark = pytest.mark.django_db

PEOPLE = ("ada", "bea", "cem", "emil", "hanna", "frida", "iris", "jan", "gus")


def list_agrees_with_predicate(room, people=PEOPLE):
    """Compare both for these people, and return what Frida may open."""
    rows = Assignment.objects.select_related("seat__jury", "submission__entry__team")
    for name in people:
        person = room.people[name]
        seen = set(Assignment.objects.visible_to(person))
        permitted = {row for row in rows if person.has_perm("scoring.open_assignment", row)}
        assert seen == permitted, name
    return {
        row.submission.entry.jury_pseudonym
        for row in Assignment.objects.visible_to(room.people["frida"])
    }


@pytest.mark.parametrize("is_recused", [False, True])
def test_juror_opens_what_list_and_predicate_both_allow(assessing, is_recused):
    """Every state of the jury × every answer of the declaration × recused or not."""
    declaration = ConflictDeclaration.objects.get(
        seat=assessing.seats["frida"], entry=assessing.entries["Ulme"]
    )
    if is_recused:
        conflict_actions.recuse(
            assessing.assignment("frida", "Zeder"), by=assessing.frida, reason="conflict"
        )
    answers = [*ConflictAnswer, None]
    for answer, state in itertools.product(answers, JuryState):
        if answer is None:
            ConflictDeclaration.objects.filter(pk=declaration.pk).delete()
        else:
            ConflictDeclaration.objects.filter(pk=declaration.pk).update(answer=answer)
        Jury.objects.filter(pk=assessing.jury.pk).update(state=state)

        seen = list_agrees_with_predicate(assessing, ("frida", "iris", "gus"))

        wanted = {"Ulme", "Zeder", "Eibe"} if state != JuryState.PREPARING else set()
        if answer != ConflictAnswer.NONE:
            wanted.discard("Ulme")
        if is_recused:
            wanted.discard("Zeder")
        assert seen == wanted, (state, answer)


@pytest.mark.parametrize("state", SubmissionState)
def test_submission_out_of_the_running_disappears(assessing, state):
    fields = {"state": state}
    if state == SubmissionState.DRAFT:
        fields["handed_in_at"] = None
    Submission.objects.filter(pk=assessing.submissions["Ulme"].pk).update(**fields)

    seen = list_agrees_with_predicate(assessing)

    assert ("Ulme" in seen) is (state == SubmissionState.HANDED_IN)


def test_juror_in_the_team_sees_nothing_of_it(assessing):
    """Joining is refused, and if somebody is there all the same, list and predicate refuse too."""
    Membership.objects.filter(team=assessing.entries["Ulme"].team).update(user=assessing.frida)

    assert list_agrees_with_predicate(assessing) == {"Zeder", "Eibe"}


@pytest.mark.parametrize("appears", CONFLICTS)
def test_conflict_that_appears_closes_the_submission(assessing, appears):
    """For lists, predicates, the board and votes alike, before anybody writes a recusal (N-12)."""
    seat, entry = assessing.seats["frida"], assessing.entries["Ulme"]

    CONFLICTS[appears](assessing)

    assert list_agrees_with_predicate(assessing) == {"Zeder", "Eibe"}
    assert not Recusal.objects.exists()
    assert {key for key in assessing.entries.values() if seat.is_barred_from(key.pk)} == {entry}
    assert detected_entries(assessing.frida) == {entry.pk}
    assert barred_entries(seat) == {entry.pk}
    assert conflict.detect(seat, conflict.entries_of(assessing.jury)) == {entry.pk}
    everybody = {row.pk for row in assessing.seats.values()}
    assert unbarred_seats(assessing.jury, entry.pk) == everybody - {seat.pk}
    assert unbarred_seats(assessing.jury, assessing.entries["Eibe"].pk) == everybody


def test_list_and_predicate_agree_for_everybody(assessing):
    assert list_agrees_with_predicate(assessing) == {"Ulme", "Zeder", "Eibe"}


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("scoring.view_jury", {"ada", "hanna", "frida", "iris"}),
        ("scoring.declare_conflicts", {"hanna", "frida", "iris"}),
        ("scoring.manage_jury", {"ada"}),
        ("scoring.assign_jurors", {"ada"}),
        ("scoring.close_jury", {"ada", "hanna"}),
        ("scoring.view_progress", {"ada", "hanna"}),
        ("scoring.lead_jury", {"hanna"}),
    ],
)
def test_jury_permission_is_held_by_exactly(assessing, permission, holders):
    held = {name for name in PEOPLE if assessing.people[name].has_perm(permission, assessing.jury)}

    assert held == holders


@pytest.mark.parametrize(
    ("permission", "states"),
    [
        ("scoring.close_jury", {"assessing"}),
        ("scoring.lead_jury", {"assessing"}),
        ("scoring.view_board", {"closed", "deliberating", "decided", "published"}),
    ],
)
def test_chair_holds_permission_in_exactly_these_states(room, permission, states):
    held = set()
    for state in JuryState:
        room.jury.state = state
        if room.hanna.has_perm(permission, room.jury):
            held.add(state.value)

    assert held == states


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("scoring.open_assignment", {"frida"}),
        ("scoring.assess_submission", {"frida"}),
        ("scoring.recuse", {"frida"}),
        ("scoring.chair_assignment", {"hanna"}),
    ],
)
def test_assignment_permission_is_held_by_exactly(assessing, permission, holders):
    assignment = assessing.assignment("frida", "Ulme")

    held = {name for name in PEOPLE if assessing.people[name].has_perm(permission, assignment)}

    assert held == holders


def test_chair_leads_nothing_of_an_entry_in_conflict(assessing):
    Recusal.objects.create(
        seat=assessing.seats["hanna"],
        entry=assessing.entries["Ulme"],
        reason="conflict",
        recused_at=assessing.seats["hanna"].added_at,
    )

    allowed = {
        pseudonym: assessing.hanna.has_perm(
            "scoring.chair_assignment", assessing.assignment("frida", pseudonym)
        )
        for pseudonym in assessing.entries
    }

    assert allowed == {"Ulme": False, "Zeder": True, "Eibe": True}


@pytest.mark.parametrize(
    ("editable", "holders"), [("draft", {"bea"}), ("needs_changes", {"bea"}), ("in_review", set())]
)
def test_rubric_is_changed_by_exactly(room, editable, holders):
    room.challenge.state = editable

    held = {
        name
        for name in PEOPLE
        if room.people[name].has_perm("scoring.change_rubric", room.challenge)
    }

    assert held == holders
