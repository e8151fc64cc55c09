"""Saving, releasing and reopening assessments."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import translation

from competition.models import Phase
from competition.states import PhaseKind
from core import clock
from core.exceptions import (
    IllegalTransition,
    Incomplete,
    PermissionRefused,
    PhaseClosed,
    StaleVersion,
)
from core.models import AuditEvent, OutboxMessage
from core.transitions import move, tables
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import jury as jury_actions
from scoring.actions.assessment import AlreadyReleased, Answer, MarkRefused
from scoring.models import Assessment, CriterionScore, Jury
from scoring.states import AssessmentState, ConflictAnswer, JuryState
from submissions.models import Submission
from tests.factories import DAY, break_audit
from tests.scoring.jury_room import make_rubric

pytestmark = pytest.mark.django_db


def marks_of(assessment):
    rows = assessment.scores.order_by("criterion__position")
    return [(row.criterion.key, row.mark_hundredths, row.cannot_judge) for row in rows]


def save(room, assignment, **fields):
    return assessment_actions.save(
        assignment, **{"by": room.frida, "version": 0, "answers": {}, **fields}
    )


# -- save ------------------------------------------------------------------------------------------


def test_assessment_is_saved_as_a_draft(assessing):
    assessment = assessing.save(
        "frida", "Ulme", 4, 3, 7, on_each="Gut.", comment="Weiter so.", private_note="Vergleichen."
    )

    assert marks_of(assessment) == [("k1", 400, False), ("k2", 300, False), ("k3", 700, False)]
    assert (assessment.state, assessment.version) == (AssessmentState.DRAFT, 1)
    assert (assessment.comment, assessment.private_note) == ("Weiter so.", "Vergleichen.")
    # 50 · 3/4 + 30 · 2/4 + 20 · 7/10
    assert assessment.total_hundredths == 6650


def test_incomplete_assessment_is_saved_without_a_total(assessing):
    assessment = assessing.save("frida", "Ulme", 4)

    assert marks_of(assessment) == [("k1", 400, False)]
    assert assessment.total_hundredths is None


def test_criterion_that_cannot_be_judged_is_missing_and_not_zero(assessing):
    answers = assessing.answers(4, 3)
    answers[assessing.criteria[2].pk] = Answer(cannot_judge=True)

    assessment = save(assessing, assessing.assignment("frida", "Ulme"), answers=answers)

    assert marks_of(assessment)[2] == ("k3", None, True)
    # (50 · 3/4 + 30 · 2/4) / 80: divided by the weights that were answered.
    assert assessment.total_hundredths == 6563


def test_lowest_level_of_a_scale_from_zero_is_a_mark(assessing):
    assessment = assessing.save("frida", "Ulme", 5, 5, 0)

    assert marks_of(assessment)[2] == ("k3", 0, False)
    assert assessment.total_hundredths == 8000


def test_mark_can_be_taken_back(assessing):
    assessing.save("frida", "Ulme", 4, 3, 7)

    assessment = assessing.save("frida", "Ulme", 4, None, 7)

    assert marks_of(assessment)[1] == ("k2", None, False)
    assert assessment.total_hundredths is None


@pytest.mark.parametrize("mark", [0, 600, 450, 50])
def test_mark_outside_the_scale_is_refused(assessing, mark):
    answers = {assessing.criteria[0].pk: Answer(mark)}

    with pytest.raises(MarkRefused) as refusal:
        save(assessing, assessing.assignment("frida", "Ulme"), answers=answers)

    assert refusal.value.code == "mark_outside_scale"
    assert not Assessment.objects.exists()


def test_foreign_criterion_is_refused(assessing):
    other = make_rubric(assessing.jan.jury_seats.get().jury.challenge)

    with pytest.raises(MarkRefused) as refusal:
        save(
            assessing,
            assessing.assignment("frida", "Ulme"),
            answers={other.criteria.first().pk: Answer(300)},
        )

    assert refusal.value.code == "foreign_criterion"


@pytest.mark.parametrize("answer", [Answer(cannot_judge=True), Answer(300, cannot_judge=True)])
def test_required_criterion_has_to_be_judged(assessing, answer):
    with pytest.raises(MarkRefused) as refusal:
        save(
            assessing,
            assessing.assignment("frida", "Ulme"),
            answers={assessing.criteria[0].pk: answer},
        )

    assert refusal.value.code == "may_not_abstain"


def test_stale_save_is_refused_and_overwrites_nothing(assessing):
    """Two tabs of one juror are two clients (N-17, N-19)."""
    assignment = assessing.assignment("frida", "Ulme")
    save(assessing, assignment, answers=assessing.answers(4), comment="Erster Tab")

    with pytest.raises(StaleVersion) as refusal:
        save(assessing, assignment, answers=assessing.answers(1), comment="Zweiter Tab")

    stored = Assessment.objects.get()
    assert refusal.value.data["version"] == stored.version == 1
    assert (stored.comment, marks_of(stored)) == ("Erster Tab", [("k1", 400, False)])


def test_version_from_the_future_is_refused(assessing):
    with pytest.raises(StaleVersion):
        save(assessing, assessing.assignment("frida", "Ulme"), version=3)

    assert not Assessment.objects.exists()


@pytest.mark.parametrize("who", ["iris", "hanna", "jan", "ada", "bea", "cem", "gus"])
def test_assessment_is_the_juror_s_own(assessing, who):
    with pytest.raises(PermissionRefused):
        save(assessing, assessing.assignment("frida", "Ulme"), by=assessing.people[who])


def test_assessment_waits_for_the_declaration(room):
    for name in ("hanna", "iris"):
        room.declare(name)
    room.assign_everything()
    jury_actions.start(room.jury, by=room.ada)

    with pytest.raises(PermissionRefused):
        save(room, room.assignment("frida", "Ulme"))


def test_assessment_stops_with_a_recusal(assessing):
    """Conflict is checked again at the moment of saving (Q-24)."""
    assignment = assessing.assignment("frida", "Ulme")
    conflict_actions.recuse(assignment, by=assessing.frida, reason="conflict")

    with pytest.raises(PermissionRefused):
        save(assessing, assignment)


def test_assessment_stops_when_the_submission_leaves_the_running(assessing):
    Submission.objects.filter(pk=assessing.submissions["Ulme"].pk).update(state="ineligible")

    with pytest.raises(PermissionRefused):
        save(assessing, assessing.assignment("frida", "Ulme"))


def test_assessment_before_the_start_is_refused(room):
    room.declare("frida")
    room.assign_everything()

    with pytest.raises(PermissionRefused):
        save(room, room.assignment("frida", "Ulme"))


@pytest.mark.parametrize(
    ("starts", "ends", "is_open"),
    [
        (-DAY, DAY, True),
        (-DAY, 0 * DAY, False),  # at the end exactly is late
        (DAY, 2 * DAY, False),
        (0 * DAY, DAY, True),
    ],
)
def test_window_of_assessment_is_half_open(assessing, time_machine, starts, ends, is_open):
    now = clock.now()
    time_machine.move_to(now, tick=False)
    Phase.objects.filter(challenge=assessing.challenge, kind=PhaseKind.ASSESSMENT).update(
        starts_at=now + starts, ends_at=now + ends
    )
    assignment = assessing.assignment("frida", "Ulme")

    if is_open:
        save(assessing, assignment)
    else:
        with pytest.raises(PhaseClosed):
            save(assessing, assignment)

    assert Assessment.objects.exists() is is_open


def test_closed_jury_takes_no_assessment(assessing):
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.CLOSED)

    with pytest.raises(PhaseClosed):
        save(assessing, assessing.assignment("frida", "Ulme"))


def test_save_is_recorded_in_numbers(assessing):
    assessing.save("frida", "Ulme", 4, 3, comment="Geheim", private_note="Sehr geheim")

    event = AuditEvent.objects.get(action="assessment.saved")
    assert event.actor == assessing.frida.pk
    assert event.data == {"part": "assessment"}


def test_save_is_undone_without_its_event(assessing):
    break_audit()

    with pytest.raises(IntegrityError):
        assessing.save("frida", "Ulme", 4)

    assert not Assessment.objects.exists()
    assert not CriterionScore.objects.exists()


# -- release ---------------------------------------------------------------------------------------


def test_release_makes_an_assessment_count(assessing):
    assessment = assessing.save("frida", "Ulme", 4, 3, 7)

    assessment_actions.release(assessment, by=assessing.frida)

    assert assessment.state == AssessmentState.RELEASED
    assert assessment.released_at is not None
    assert list(Assessment.objects.counted()) == [assessment]


def test_release_needs_an_answer_to_every_criterion(assessing):
    assessment = assessing.save("frida", "Ulme", 4)

    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        assessment_actions.release(assessment, by=assessing.frida)

    assert refusal.value.data["missing"] == ["Ulme: Betrieb (en), Recht (en) not assessed."]
    assessment.refresh_from_db()
    assert assessment.is_draft


def test_release_accepts_what_cannot_be_judged(assessing):
    answers = assessing.answers(4, 3)
    answers[assessing.criteria[2].pk] = Answer(cannot_judge=True)
    assessment = save(assessing, assessing.assignment("frida", "Ulme"), answers=answers)

    assessment_actions.release(assessment, by=assessing.frida)

    assert assessment.state == AssessmentState.RELEASED


def test_released_assessment_cannot_be_changed(assessing):
    assessment = assessing.save("frida", "Ulme", 4, 3, 7)
    assessment_actions.release(assessment, by=assessing.frida)

    with pytest.raises(AlreadyReleased):
        assessing.save("frida", "Ulme", 1, 1, 0)
    with pytest.raises(AlreadyReleased):
        assessment_actions.release(assessment, by=assessing.frida)

    assert assessment.scores.first().mark_hundredths == 400


@pytest.mark.parametrize("who", ["iris", "hanna", "ada", "gus"])
def test_release_is_the_juror_s_own(assessing, who):
    assessment = assessing.save("frida", "Ulme", 4, 3, 7)

    with pytest.raises(PermissionRefused):
        assessment_actions.release(assessment, by=assessing.people[who])


def test_release_is_undone_without_its_event(assessing):
    assessment = assessing.save("frida", "Ulme", 4, 3, 7)
    break_audit()

    with pytest.raises(IntegrityError):
        assessment_actions.release(assessment, by=assessing.frida)

    assessment.refresh_from_db()
    assert assessment.is_draft


def test_release_of_everything_is_all_or_nothing(assessing):
    assessing.save("frida", "Ulme", 4, 3, 7)
    assessing.save("frida", "Zeder", 4)

    with translation.override("en"), pytest.raises(Incomplete) as refusal:
        assessment_actions.release_all(assessing.seats["frida"], by=assessing.frida)

    assert sorted(refusal.value.data["missing"]) == [
        "Eibe: Nutzen (en), Betrieb (en), Recht (en) not assessed.",
        "Zeder: Betrieb (en), Recht (en) not assessed.",
    ]
    assert not Assessment.objects.exclude(state=AssessmentState.DRAFT).exists()


def test_release_of_everything_thanks_the_juror(assessing):
    OutboxMessage.objects.all().delete()

    assessing.finish("frida", 4, 3, 7)

    assert Assessment.objects.counted().count() == 3
    assert list(OutboxMessage.objects.values_list("template", "recipient")) == [
        ("assessments_released", "frida@jury.example")
    ]


def test_release_of_everything_leaves_out_what_the_juror_is_recused_from(assessing):
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )

    assessing.finish("frida", 4, 3, 7)

    released = Assessment.objects.counted().values_list(
        "assignment__submission__entry__jury_pseudonym", flat=True
    )
    assert set(released) == {"Zeder", "Eibe"}


def test_release_of_everything_is_the_juror_s_own(assessing):
    with pytest.raises(PermissionRefused):
        assessment_actions.release_all(assessing.seats["frida"], by=assessing.iris)


def test_release_of_everything_is_undone_without_its_events(assessing):
    for pseudonym in ("Ulme", "Zeder", "Eibe"):
        assessing.save("frida", pseudonym, 4, 3, 7)
    break_audit()

    with pytest.raises(IntegrityError):
        assessment_actions.release_all(assessing.seats["frida"], by=assessing.frida)

    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.DRAFT}


# -- reopen ----------------------------------------------------------------------------------------


def released(room, pseudonym="Ulme"):
    assessment = room.save("frida", pseudonym, 4, 3, 7, comment="Gut.")
    return assessment_actions.release(assessment, by=room.frida)


def test_reopened_assessment_keeps_marks_and_texts(assessing):
    assessment = released(assessing)
    OutboxMessage.objects.all().delete()

    assessment_actions.reopen(assessment, by=assessing.hanna, reason="Falsche Datei gelesen.")

    assert (assessment.state, assessment.released_at, assessment.comment) == (
        AssessmentState.DRAFT,
        None,
        "Gut.",
    )
    assert [mark for _key, mark, _cannot in marks_of(assessment)] == [400, 300, 700]
    mail = OutboxMessage.objects.get()
    assert mail.recipient == "frida@jury.example"
    assert "Falsche Datei gelesen." in mail.body
    event = AuditEvent.objects.filter(action="assessment.draft").get()
    assert (event.actor, event.reason) == (assessing.hanna.pk, "Falsche Datei gelesen.")


def test_reopening_needs_a_reason(assessing):
    assessment = released(assessing)

    with pytest.raises(Incomplete):
        assessment_actions.reopen(assessment, by=assessing.hanna, reason=" ")

    assert assessment.state == AssessmentState.RELEASED


@pytest.mark.parametrize("who", ["frida", "iris", "ada", "gus", "jan"])
def test_reopening_is_the_chair_s(assessing, who):
    assessment = released(assessing)

    with pytest.raises(PermissionRefused):
        assessment_actions.reopen(assessment, by=assessing.people[who], reason="Bitte.")


def test_chair_in_conflict_cannot_reopen(room):
    room.declare("hanna", Ulme=ConflictAnswer.CONFLICT)
    room.start()
    assessment = released(room)

    with pytest.raises(PermissionRefused):
        assessment_actions.reopen(assessment, by=room.hanna, reason="Bitte.")


def test_locked_assessment_cannot_be_reopened(assessing):
    for name in assessing.seats:
        assessing.finish(name, 3, 3, 5)
    jury_actions.close(assessing.jury, by=assessing.ada)

    with pytest.raises(PermissionRefused):
        assessment_actions.reopen(Assessment.objects.first(), by=assessing.hanna, reason="Bitte.")


def test_reopening_is_undone_without_its_event(assessing):
    assessment = released(assessing)
    break_audit()

    with pytest.raises(IntegrityError):
        assessment_actions.reopen(assessment, by=assessing.hanna, reason="Bitte.")

    assessment.refresh_from_db()
    assert assessment.state == AssessmentState.RELEASED


# -- "cannot judge" --------------------------------------------------------------------------------


@pytest.fixture
def abstention(assessing):
    answers = assessing.answers(4, 3)
    answers[assessing.criteria[2].pk] = Answer(cannot_judge=True)
    assessment = save(assessing, assessing.assignment("frida", "Ulme"), answers=answers)
    assessment_actions.release(assessment, by=assessing.frida)
    return assessment.scores.get(cannot_judge=True)


def test_chair_accepts_that_a_criterion_cannot_be_judged(assessing, abstention):
    assessment_actions.accept_abstention(abstention, by=assessing.hanna)
    assessment_actions.accept_abstention(abstention, by=assessing.hanna)

    abstention.refresh_from_db()
    assert abstention.accepted_at is not None
    assert abstention.mark_hundredths is None
    assert AuditEvent.objects.filter(action="abstention.accepted").count() == 1


@pytest.mark.parametrize("who", ["frida", "ada", "gus"])
def test_accepting_is_the_chair_s(assessing, abstention, who):
    with pytest.raises(PermissionRefused):
        assessment_actions.accept_abstention(abstention, by=assessing.people[who])


def test_acceptance_falls_when_the_juror_judges_after_all(assessing, abstention):
    assessment_actions.accept_abstention(abstention, by=assessing.hanna)
    assessment_actions.reopen(abstention.assessment, by=assessing.hanna, reason="Bitte.")

    assessing.save("frida", "Ulme", 4, 3, 7)

    abstention.refresh_from_db()
    assert (abstention.mark_hundredths, abstention.accepted_at) == (700, None)


def test_acceptance_is_undone_without_its_event(assessing, abstention):
    break_audit()

    with pytest.raises(IntegrityError):
        assessment_actions.accept_abstention(abstention, by=assessing.hanna)

    abstention.refresh_from_db()
    assert abstention.accepted_at is None


# -- the table of states ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target"),
    [(source, target) for source in AssessmentState for target in AssessmentState],
)
def test_assessment_moves_along_the_edges_only(assessing, source, target):
    assessment = assessing.save("frida", "Ulme", 4, 3, 7)
    now = clock.now()
    Assessment.objects.update(
        state=source, released_at=None if source == AssessmentState.DRAFT else now
    )
    released_at = None if target == AssessmentState.DRAFT else now

    if target in tables()[AssessmentState][source]:
        move(assessment, to=target, by=assessing.ada, now=now, released_at=released_at)
        assert assessment.state == target
    else:
        with pytest.raises(IllegalTransition):
            move(assessment, to=target, by=assessing.ada, now=now, released_at=released_at)
