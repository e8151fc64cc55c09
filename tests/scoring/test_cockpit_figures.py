"""The jury's number in the cockpit of the office."""

from __future__ import annotations

import pytest

from competition.extensions import Place, contributed_items
from competition.models import Competition
from core import clock
from scoring.models import Assessment, Assignment, Recusal
from scoring.states import AssessmentState, RecusalReason
from tests.factories import AssignmentFactory, CompetitionFactory, assessing_jury

pytestmark = pytest.mark.django_db


def shown(competition: Competition) -> list[tuple[str, str]]:
    figures = contributed_items(Place.OFFICE_FIGURES, None, competition)  # type: ignore[arg-type]
    return [(figure.value, figure.note) for figure in figures if figure.label == "Bewertet"]


def assessed(assignment: Assignment, state: str) -> None:
    now = clock.now()
    Assessment.objects.create(
        assignment=assignment,
        state=state,
        saved_at=now,
        released_at=None if state == AssessmentState.DRAFT else now,
    )


def test_released_and_locked_assessments_count_and_recused_pairs_do_not() -> None:
    jury = assessing_jury()
    assignments = [
        AssignmentFactory(seat__jury=jury, submission__entry__challenge=jury.challenge)
        for _number in range(5)
    ]
    assessed(assignments[0], AssessmentState.RELEASED)
    assessed(assignments[1], AssessmentState.LOCKED)
    assessed(assignments[2], AssessmentState.DRAFT)
    Recusal.objects.create(
        seat=assignments[4].seat,
        entry=assignments[4].submission.entry,
        reason=RecusalReason.CONFLICT,
        recused_at=clock.now(),
    )
    assessed(AssignmentFactory(), AssessmentState.RELEASED)

    assert shown(jury.challenge.competition) == [("50\u00a0%", "2 von 4")]


def test_competition_without_assignments_shows_a_dash() -> None:
    assert shown(CompetitionFactory()) == [("–", "0 von 0")]
