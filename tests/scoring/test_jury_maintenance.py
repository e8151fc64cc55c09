"""The proofs over the jury's rows hold on honest data and notice each breach."""

from __future__ import annotations

from typing import Any

import pytest

from scoring import jury_maintenance as proofs
from scoring.models import (
    Assessment,
    ConflictDeclaration,
    CriterionScore,
    Jury,
    LeaderboardRow,
    LeaderboardSnapshot,
)
from scoring.states import AssessmentState, BoardKind
from tests.scoring.decided import Room, closed_room, measured_room

pytestmark = pytest.mark.django_db

ALL = (
    proofs.final_boards_that_differ,
    proofs.marks_outside_their_scale,
    proofs.assessments_without_leave,
    proofs.released_after_closing,
    proofs.decisions_without_their_state,
)


def test_published_result_breaks_no_promise() -> None:
    measured_room().publish()

    assert [list(proof()) for proof in ALL] == [[]] * 5


def _forge_a_rank(room: Room) -> None:
    LeaderboardRow.objects.filter(snapshot__kind=BoardKind.COMBINED, rank=2).update(score="99.00")


def _change_a_mark(room: Room) -> None:
    score = CriterionScore.objects.filter(mark_hundredths=300).first()
    assert score is not None
    score.mark_hundredths = 400
    score.save()


def _hide_a_board(room: Room) -> None:
    LeaderboardSnapshot.objects.filter(kind=BoardKind.JURY).update(is_public=False)


def _leave_the_scale(room: Room) -> None:
    CriterionScore.objects.filter(mark_hundredths=500).update(mark_hundredths=600)


def _forget_a_declaration(room: Room) -> None:
    ConflictDeclaration.objects.filter(
        seat=room.seats[0], entry=room.submissions["Eibe"].entry
    ).delete()


def _unlock(room: Room) -> None:
    Assessment.objects.filter(assignment__seat=room.seats[0]).update(state=AssessmentState.RELEASED)


def _reopen_the_jury(room: Room) -> None:
    Jury.objects.filter(pk=room.jury.pk).update(state="deliberating")


@pytest.mark.parametrize(
    ("breach", "proof"),
    [
        (_forge_a_rank, proofs.final_boards_that_differ),
        (_change_a_mark, proofs.final_boards_that_differ),
        (_hide_a_board, proofs.final_boards_that_differ),
        (_leave_the_scale, proofs.marks_outside_their_scale),
        (_forget_a_declaration, proofs.assessments_without_leave),
        (_unlock, proofs.released_after_closing),
        (_reopen_the_jury, proofs.decisions_without_their_state),
    ],
)
def test_each_breach_is_noticed(breach: Any, proof: Any) -> None:
    room = measured_room()
    room.publish()

    breach(room)

    assert list(proof())


def test_unpublished_decision_keeps_its_boards_closed() -> None:
    room = closed_room()
    room.decide()
    LeaderboardSnapshot.objects.update(is_public=True)

    assert [sentence.split()[-2:] for sentence in proofs.final_boards_that_differ()] == [
        ["too", "early."]
    ]
