"""Declaring conflicts, stepping back, settling what is not sure."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from core import clock
from core.exceptions import Incomplete, PermissionRefused
from core.models import AuditEvent, OutboxMessage
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions.conflict import Answer, ConflictStands, OathMissing
from scoring.forms.assessment import RecusalForm
from scoring.models import (
    Assessment,
    Assignment,
    ConflictDeclaration,
    Jury,
    JurySeat,
    Recusal,
)
from scoring.queries import conflict as queries
from scoring.states import ConflictAnswer, JuryState, RecusalReason
from tests.factories import EntryFactory, TeamFactory, break_audit, team_member
from tests.scoring.jury_room import CONFLICTS, ORGANISATIONS

pytestmark = pytest.mark.django_db

NONE, CONFLICT, UNSURE = ConflictAnswer.NONE, ConflictAnswer.CONFLICT, ConflictAnswer.UNSURE


def answers_of(room, name):
    rows = ConflictDeclaration.objects.filter(seat=room.seats[name]).select_related("entry")
    return {row.entry.jury_pseudonym: row.answer for row in rows}


def visible_to(room, name):
    rows = Assignment.objects.visible_to(room.people[name])
    return {row.submission.entry.jury_pseudonym for row in rows}


def given(room, **answers):
    return {entry.pk: Answer(answers.get(name, NONE)) for name, entry in room.entries.items()}


# -- declare ---------------------------------------------------------------------------------------


def test_declaration_answers_about_every_entry(room):
    seat = room.declare("frida", Zeder=UNSURE)

    assert answers_of(room, "frida") == {"Ulme": NONE, "Zeder": UNSURE, "Eibe": NONE}
    assert seat.declared_at is not None
    assert queries.has_declared_everything(seat)


@pytest.mark.parametrize("answer", [CONFLICT, UNSURE])
def test_conflict_and_doubt_recuse_at_once(room, answer):
    room.declare("frida", Ulme=answer)

    recusal = Recusal.objects.get()
    assert (recusal.seat, recusal.entry, recusal.reason) == (
        room.seats["frida"],
        room.entries["Ulme"],
        RecusalReason.CONFLICT,
    )
    assert recusal.declaration.answer == answer


def test_declaration_needs_an_answer_for_every_organisation(room):
    answers = given(room)
    del answers[room.entries["Ulme"].pk]

    with pytest.raises(Incomplete) as refusal:
        conflict_actions.declare(room.seats["frida"], by=room.frida, answers=answers, oath=True)

    assert refusal.value.data["missing"] == ["Hochschule Elbufer"]
    assert not ConflictDeclaration.objects.exists()


def test_declaration_asks_nothing_about_private_teams(room):
    answers = given(room)
    del answers[room.entries["Eibe"].pk]

    conflict_actions.declare(room.seats["frida"], by=room.frida, answers=answers, oath=True)

    assert answers_of(room, "frida")["Eibe"] == NONE


def test_declaration_needs_the_oath(room):
    with pytest.raises(OathMissing):
        conflict_actions.declare(
            room.seats["frida"], by=room.frida, answers=given(room), oath=False
        )

    assert not ConflictDeclaration.objects.exists()


@pytest.mark.parametrize("who", ["ada", "iris", "gus"])
def test_declaration_is_the_juror_s_own(room, who):
    with pytest.raises(PermissionRefused):
        conflict_actions.declare(
            room.seats["frida"], by=room.people[who], answers=given(room), oath=True
        )


def test_declaration_is_free_before_the_start(room):
    room.declare("frida", Ulme=CONFLICT)

    room.declare("frida")

    assert answers_of(room, "frida")["Ulme"] == NONE
    assert not Recusal.objects.exists()


@pytest.mark.parametrize(
    ("before", "after"), [(CONFLICT, NONE), (UNSURE, NONE), (CONFLICT, UNSURE)]
)
def test_declaration_cannot_be_softened_after_the_start(room, before, after):
    """Else a juror could find out by trying which submission belongs to an organisation."""
    room.declare("frida", Ulme=before)
    room.start()

    with pytest.raises(ConflictStands):
        room.declare("frida", Ulme=after)

    assert answers_of(room, "frida")["Ulme"] == before
    assert Recusal.objects.count() == 1


def test_conflict_can_be_added_after_the_start(assessing):
    assessing.save("frida", "Ulme", 3, 3, 5)

    assessing.declare("frida", Ulme=CONFLICT)

    assert visible_to(assessing, "frida") == {"Zeder", "Eibe"}
    # The marks stay in the books and count nowhere.
    assert Assessment.objects.count() == 1
    assert not Assessment.objects.counted().exists()


def test_declaration_ends_with_the_decision(room):
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.DECIDED)

    with pytest.raises(ConflictStands):
        room.declare("frida")


def test_late_entry_has_to_be_declared_about(room):
    seat = room.declare("frida")
    EntryFactory(challenge=room.challenge, jury_pseudonym="Weide")

    assert not queries.has_declared_everything(seat)
    assert queries.seats_with_open_questions([seat]) == {seat.pk}


def test_reference_of_the_host_is_nobody_s_conflict(room):
    EntryFactory(challenge=room.challenge, jury_pseudonym="Weide", is_baseline=True)

    seat = room.declare("frida")

    assert queries.has_declared_everything(seat)
    assert len(queries.entries_of(room.jury)) == 3


def test_declaration_is_recorded_in_numbers(room):
    room.declare("frida", Ulme=CONFLICT)

    event = AuditEvent.objects.get(action="conflict.declared")
    assert event.actor == room.frida.pk
    assert event.data == {
        "answers": {"none": 2, "conflict": 1, "unsure": 0},
        "detected": [],
        "recused": [room.entries["Ulme"].pk],
        "no_longer_recused": [],
    }


def test_declaration_is_not_stored_without_its_event(room):
    break_audit()

    with pytest.raises(IntegrityError):
        room.declare("frida", Ulme=CONFLICT)

    assert not ConflictDeclaration.objects.exists()
    assert not Recusal.objects.exists()


# -- what the platform notices ---------------------------------------------------------------------


def test_same_organisation_is_a_conflict_whatever_is_declared(room):
    JurySeat.objects.filter(pk=room.seats["frida"].pk).update(organisation="HOCHSCHULE  Elbufer ")
    room.seats["frida"].refresh_from_db()

    room.declare("frida")

    assert answers_of(room, "frida")["Ulme"] == CONFLICT
    assert ConflictDeclaration.objects.get(entry=room.entries["Ulme"]).is_detected


def test_same_mail_domain_of_any_member_is_a_conflict(room):
    """All members are looked at, not the captain alone (N-12)."""
    team_member(room.entries["Zeder"].team, role="member", email="anna@JURY.example".lower())

    room.declare("frida")

    assert answers_of(room, "frida")["Zeder"] == CONFLICT


def test_private_team_with_the_same_mail_domain_is_a_conflict_in_silence(room):
    team_member(room.entries["Eibe"].team, role="member", email="anna@jury.example")

    room.declare("frida")

    asked = queries.questions_for(room.seats["frida"]).organisations
    assert answers_of(room, "frida")["Eibe"] == CONFLICT
    assert [question.organisation for question in asked] == [
        "Hochschule Elbufer",
        "Klarschrift AG",
    ]


@pytest.mark.parametrize("domain", ["gmx.de", "gmail.com", "example.org"])
def test_mail_providers_say_nothing_about_an_employer(room, domain):
    room.frida.email = f"frida@{domain}"
    room.frida.save()
    team_member(room.entries["Ulme"].team, role="member", email=f"anna@{domain}")
    room.seats["frida"].refresh_from_db()

    assert queries.detect(room.seats["frida"], queries.entries_of(room.jury)) == set()


def test_own_team_is_a_conflict(room):
    team_member(room.entries["Ulme"].team, role="member", email="x@other.example")
    membership = room.entries["Ulme"].team.memberships.get(user__email="x@other.example")
    membership.user = room.frida
    membership.save()

    assert queries.detect(room.seats["frida"], queries.entries_of(room.jury)) == {
        room.entries["Ulme"].pk
    }


def test_questions_group_the_teams_of_an_organisation(room):
    team = TeamFactory(competition=room.competition, organisation="klarschrift ag")
    second = EntryFactory(challenge=room.challenge, team=team, jury_pseudonym="Weide")

    questions = queries.questions_for(room.seats["frida"])

    assert [(row.organisation, row.entries) for row in questions.organisations] == [
        ("Hochschule Elbufer", (room.entries["Ulme"].pk,)),
        ("Klarschrift AG", (room.entries["Zeder"].pk, second.pk)),
    ]
    assert questions.unnamed == (room.entries["Eibe"].pk,)


# -- recuse ----------------------------------------------------------------------------------------


def test_stepping_back_removes_the_submission_for_the_juror(assessing):
    assignment = assessing.assignment("frida", "Ulme")

    recusal = conflict_actions.recuse(
        assignment, by=assessing.frida, reason="other", text=" Ich kenne das Projekt. "
    )

    assert (recusal.reason, recusal.text) == ("other", "Ich kenne das Projekt.")
    assert visible_to(assessing, "frida") == {"Zeder", "Eibe"}
    assert visible_to(assessing, "iris") == {"Ulme", "Zeder", "Eibe"}


def test_stepping_back_does_not_touch_the_declaration(assessing):
    """The page of organisations would otherwise tell whose submission it was."""
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )

    assert answers_of(assessing, "frida")["Ulme"] == NONE


def test_recusal_of_one_s_own_survives_a_new_declaration(assessing):
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )

    assessing.declare("frida")

    assert visible_to(assessing, "frida") == {"Zeder", "Eibe"}


def test_stepping_back_tells_the_office_the_pseudonym_only(assessing):
    OutboxMessage.objects.all().delete()

    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="overload"
    )

    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.recipient) == ("recusal_reported", assessing.ada.email)
    assert "Ulme" in mail.body
    assert "Elbufer" not in mail.body


@pytest.mark.parametrize(
    ("reason", "text", "code"),
    [("other", "  ", "text_missing"), ("bored", "", "reason_unknown"), ("", "", "reason_unknown")],
)
def test_stepping_back_needs_a_reason_of_the_list(assessing, reason, text, code):
    with pytest.raises(Incomplete) as refusal:
        conflict_actions.recuse(
            assessing.assignment("frida", "Ulme"), by=assessing.frida, reason=reason, text=text
        )

    assert refusal.value.code == code


@pytest.mark.parametrize("who", ["iris", "hanna", "ada", "gus"])
def test_stepping_back_is_the_juror_s_own(assessing, who):
    with pytest.raises(PermissionRefused):
        conflict_actions.recuse(
            assessing.assignment("frida", "Ulme"),
            by=assessing.people[who],
            reason="conflict",
        )


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (JuryState.PREPARING, False),
        (JuryState.ASSESSING, True),
        (JuryState.CLOSED, True),
        (JuryState.DELIBERATING, True),
        (JuryState.DECIDED, False),
        (JuryState.PUBLISHED, False),
    ],
)
def test_stepping_back_is_possible_until_the_decision(assessing, state, allowed):
    assignment = assessing.assignment("frida", "Ulme")
    Jury.objects.filter(pk=assessing.jury.pk).update(state=state)

    if allowed:
        conflict_actions.recuse(assignment, by=assessing.frida, reason="conflict")
    else:
        with pytest.raises(PermissionRefused):
            conflict_actions.recuse(assignment, by=assessing.frida, reason="conflict")

    assert Recusal.objects.exists() is allowed


def test_stepping_back_happens_once(assessing):
    assignment = assessing.assignment("frida", "Ulme")
    conflict_actions.recuse(assignment, by=assessing.frida, reason="conflict")

    with pytest.raises(PermissionRefused):
        conflict_actions.recuse(assignment, by=assessing.frida, reason="conflict")


def test_stepping_back_is_undone_without_its_event(assessing):
    break_audit()

    with pytest.raises(IntegrityError):
        conflict_actions.recuse(
            assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
        )

    assert not Recusal.objects.exists()


# -- settle ----------------------------------------------------------------------------------------


def doubt(room):
    room.declare("frida", Ulme=UNSURE)
    room.start()
    return ConflictDeclaration.objects.get(seat=room.seats["frida"], entry=room.entries["Ulme"])


def test_doubt_keeps_the_submission_closed_and_asks_the_office(room):
    declaration = doubt(room)

    mails = OutboxMessage.objects.filter(template="conflict_unsure")
    assert [mail.recipient for mail in mails] == [room.ada.email]
    assert [line.declaration for line in queries.unsettled(room.jury)] == [declaration]
    assert "Ulme" not in visible_to(room, "frida")


def test_settled_as_no_conflict_the_juror_may_be_assigned(room):
    declaration = doubt(room)

    conflict_actions.settle(declaration, by=room.ada, answer=NONE, reason="Drei Jahre vorbei.")
    room.assign_everything()

    assert declaration.answer == NONE
    assert queries.unsettled(room.jury) == []
    assert "Ulme" in visible_to(room, "frida")


def test_settled_as_conflict_the_recusal_stands(room):
    declaration = doubt(room)

    conflict_actions.settle(declaration, by=room.ada, answer=CONFLICT, reason="Betreuerin.")

    event = AuditEvent.objects.get(action="conflict.settled")
    assert (event.reason, event.data["answer"]) == ("Betreuerin.", CONFLICT)
    assert Recusal.objects.filter(declaration=declaration).exists()


@pytest.mark.parametrize(
    ("answer", "reason"), [(NONE, " "), (UNSURE, "Weiß nicht."), ("", "Weiß nicht.")]
)
def test_settling_needs_an_answer_and_a_reason(room, answer, reason):
    declaration = doubt(room)

    with pytest.raises(Incomplete):
        conflict_actions.settle(declaration, by=room.ada, answer=answer, reason=reason)

    assert Recusal.objects.exists()


def test_settling_happens_once(room):
    declaration = doubt(room)
    conflict_actions.settle(declaration, by=room.ada, answer=CONFLICT, reason="Ja.")

    with pytest.raises(ConflictStands):
        conflict_actions.settle(declaration, by=room.ada, answer=NONE, reason="Doch nicht.")


@pytest.mark.parametrize("who", ["frida", "hanna", "bea", "gus"])
def test_settling_is_the_office_s(room, who):
    declaration = doubt(room)

    with pytest.raises(PermissionRefused):
        conflict_actions.settle(declaration, by=room.people[who], answer=NONE, reason="Ja.")


def test_settling_is_undone_without_its_event(room):
    declaration = doubt(room)
    break_audit()

    with pytest.raises(IntegrityError):
        conflict_actions.settle(declaration, by=room.ada, answer=NONE, reason="Ja.")

    assert Recusal.objects.filter(declaration=declaration).exists()


# -- what appears after the declaration ------------------------------------------------------------


def recusals():
    rows = Recusal.objects.select_related("seat__user", "entry", "declaration")
    return [
        (row.seat.user.email.partition("@")[0], row.entry.jury_pseudonym, row.reason)
        for row in rows
    ]


@pytest.mark.parametrize("appears", CONFLICTS)
def test_sweep_recuses_for_a_conflict_that_has_appeared(assessing, appears):
    assessing.finish("frida", 3, 3, 5)
    CONFLICTS[appears](assessing)
    OutboxMessage.objects.all().delete()

    assert conflict_actions.look_again_everywhere(clock.now()) == 1

    assert recusals() == [("frida", "Ulme", RecusalReason.DETECTED)]
    declaration = Recusal.objects.get().declaration
    assert (declaration.answer, declaration.is_detected) == (CONFLICT, True)
    assert Assessment.objects.counted().count() == 2
    assert [mail.template for mail in OutboxMessage.objects.all()] == ["conflict_detected"]
    event = AuditEvent.objects.filter(action="recusal.created").get()
    assert (event.actor, event.data["entry"]) == (None, assessing.entries["Ulme"].pk)
    assert conflict_actions.look_again_everywhere(clock.now()) == 0


@pytest.mark.parametrize(
    ("state", "looked_at"),
    [
        (JuryState.PREPARING, False),
        (JuryState.ASSESSING, True),
        (JuryState.CLOSED, True),
        (JuryState.DELIBERATING, True),
        (JuryState.DECIDED, False),
        (JuryState.PUBLISHED, False),
    ],
)
def test_conflicts_are_looked_for_until_the_decision(assessing, state, looked_at):
    CONFLICTS["works there"](assessing)
    Jury.objects.filter(pk=assessing.jury.pk).update(state=state)

    assert conflict_actions.look_again_everywhere(clock.now()) == looked_at

    assert Recusal.objects.exists() is looked_at


def test_sweep_touches_no_recusal_of_one_s_own(assessing):
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="overload"
    )
    CONFLICTS["left"](assessing)

    assert conflict_actions.look_again_everywhere(clock.now()) == 0

    assert recusals() == [("frida", "Ulme", RecusalReason.OVERLOAD)]


def test_recusal_for_a_new_conflict_is_undone_without_its_event(assessing):
    CONFLICTS["works there"](assessing)
    break_audit()

    with pytest.raises(IntegrityError):
        conflict_actions.look_again(assessing.jury, now=clock.now())

    assert not Recusal.objects.exists()
    assert answers_of(assessing, "frida")["Ulme"] == NONE


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Interessenkonflikt"), ("en", "conflict of interest")]
)
def test_office_hears_of_a_new_conflict_without_the_submission(assessing, language, words):
    """It knows where the juror works: a pseudonym would tell who is behind it (R-20)."""
    assessing.ada.language = language
    assessing.ada.save()
    CONFLICTS["works there"](assessing)
    OutboxMessage.objects.all().delete()

    conflict_actions.look_again(assessing.jury, now=clock.now())

    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.recipient) == ("conflict_detected", assessing.ada.email)
    assert "Frida Jurorin" in mail.body
    assert words in mail.body
    assert [name for name in (*assessing.entries, *ORGANISATIONS) if name in mail.body] == []


@pytest.mark.parametrize("appears", CONFLICTS)
def test_saving_looks_for_a_conflict_again(assessing, appears):
    before = assessing.save("frida", "Ulme", 3, 3, 5)
    CONFLICTS[appears](assessing)

    with pytest.raises(PermissionRefused):
        assessing.save("frida", "Ulme", 5, 5, 10)

    assert recusals() == [("frida", "Ulme", RecusalReason.DETECTED)]
    before.refresh_from_db()
    assert (before.version, before.versions.count()) == (1, 1)


def test_releasing_one_looks_for_a_conflict_again(assessing):
    assessment = assessing.save("frida", "Ulme", 3, 3, 5)
    CONFLICTS["left"](assessing)

    with pytest.raises(PermissionRefused):
        assessment_actions.release(assessment, by=assessing.frida)

    assert recusals() == [("frida", "Ulme", RecusalReason.DETECTED)]
    assessment.refresh_from_db()
    assert assessment.is_draft


def test_releasing_everything_leaves_out_what_is_in_conflict(assessing):
    for pseudonym in assessing.entries:
        assessing.save("frida", pseudonym, 3, 3, 5)
    CONFLICTS["left"](assessing)

    released = assessment_actions.release_all(assessing.seats["frida"], by=assessing.frida)

    assert {row.assignment.submission.entry.jury_pseudonym for row in released} == {
        "Zeder",
        "Eibe",
    }
    assert recusals() == [("frida", "Ulme", RecusalReason.DETECTED)]


def test_saving_of_somebody_else_recuses_nobody(assessing):
    CONFLICTS["left"](assessing)

    with pytest.raises(PermissionRefused):
        assessment_actions.save(
            assessing.assignment("frida", "Ulme"), by=assessing.iris, version=0, answers={}
        )

    assert not Recusal.objects.exists()


def test_former_member_is_in_conflict_from_the_start(room):
    CONFLICTS["left"](room)

    room.start()

    assert recusals() == [("frida", "Ulme", RecusalReason.DETECTED)]
    assert visible_to(room, "frida") == {"Zeder", "Eibe"}


def test_no_juror_gives_the_reason_of_the_platform(assessing):
    with pytest.raises(Incomplete) as refusal:
        conflict_actions.recuse(
            assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="detected"
        )

    assert refusal.value.code == "reason_unknown"
    assert "detected" not in dict(RecusalForm().fields["reason"].choices)
