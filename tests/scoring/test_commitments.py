"""What the jury's lock and the publication commit to in the log, and that a change is noticed."""

from __future__ import annotations

import hashlib

import pytest

from core.audit import canonical
from scoring.actions import decision as decision_actions
from scoring.actions import jury as jury_actions
from scoring.jury_maintenance import broken_commitments
from scoring.models import Assessment, Award, CriterionScore, LeaderboardRow
from scoring.queries import results
from scoring.states import AssessmentState, JuryState
from submissions.models import LeafKind, LogLeaf, Seal, SealKind
from tests.factories import damage_log
from tests.scoring.decided import closed_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room():
    """The closed jury, as it was just before: released marks, still assessing."""
    room = closed_room()
    Assessment.objects.update(state=AssessmentState.RELEASED)
    type(room.jury).objects.update(state=JuryState.ASSESSING)
    room.jury.refresh_from_db()
    return room


@pytest.fixture
def closed(room):
    jury_actions.close(room.jury, by=room.ada, reason="Fritz ist krank.")
    return room


def test_closing_commits_to_rubric_and_every_released_assessment(closed):
    leaves = LogLeaf.objects.order_by("index")

    kinds = [leaf.kind for leaf in leaves if leaf.kind != LeafKind.COUNTING]
    assert kinds == [LeafKind.RUBRIC, *[LeafKind.ASSESSMENT] * 5]
    found = {
        (leaf.data["submission"], leaf.data["juror"]): leaf.data["total_hundredths"]
        for leaf in leaves.filter(kind=LeafKind.ASSESSMENT)
    }
    stored = {
        (row.assignment.submission.code, row.assignment.seat.code): row.total_hundredths
        for row in Assessment.objects.select_related("assignment__submission", "assignment__seat")
    }
    assert found == stored
    text = canonical([leaf.data for leaf in leaves])
    names = [word for seat in closed.seats for word in (seat.user.name, seat.user.email)]
    assert [name for name in [*names, "Team Dachs", "Eibe"] if name in text] == []


def test_closing_seals_the_deadline_first(closed):
    kinds = list(Seal.objects.order_by("number").values_list("kind", flat=True))

    assert kinds == [SealKind.DEADLINE, SealKind.JURY_LOCK]


def test_publication_commits_to_the_rows_that_everybody_can_read(closed, client):
    closed.publish()

    leaf = LogLeaf.objects.get(kind=LeafKind.RESULT)
    seal = Seal.objects.order_by("number").last()
    decision = results.decision_of(closed.challenge)
    rows = results.sealed_rows(
        results.result(decision, decision_actions.final_boards.of_decision(decision))
    )
    assert (seal.kind, seal.size) == (SealKind.PUBLICATION, leaf.index + 1)
    assert leaf.data["rows_sha256"] == hashlib.sha256(canonical(rows).encode()).hexdigest()
    assert "Team Dachs" not in canonical(rows)


def test_healthy_commitments_have_no_breach(closed):
    closed.publish()

    assert list(broken_commitments()) == []


def test_mark_that_was_changed_after_the_lock_is_found(closed):
    score = CriterionScore.objects.exclude(mark_hundredths=None).first()
    CriterionScore.objects.filter(pk=score.pk).update(mark_hundredths=100)

    assert len(list(broken_commitments())) == 1


def test_total_that_was_changed_after_the_lock_is_found(closed):
    Assessment.objects.filter(pk=Assessment.objects.first().pk).update(total_hundredths=1)

    assert len(list(broken_commitments())) == 1


def test_result_that_was_changed_after_the_publication_is_found(closed):
    decision = closed.publish()
    LeaderboardRow.objects.filter(snapshot=decision.snapshot, rank=1).update(score="91.00")

    assert list(broken_commitments()) == [
        f"Version 1 of the result of {closed.challenge.code} is not the one in the log."
    ]


def test_award_that_was_changed_after_the_publication_is_found(closed):
    closed.publish()
    Award.objects.update(amount=1)

    assert len(list(broken_commitments())) == 1


def test_result_without_its_leaf_is_found(closed):
    closed.publish()
    damage_log("UPDATE submissions_logleaf SET kind = 'rubric' WHERE kind = 'result'")

    assert len(list(broken_commitments())) == 1
