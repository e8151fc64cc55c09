"""What the values hide: for the team of the public part, for the jury once its marks are locked."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from scoring.actions import leaderboard
from scoring.compute.schema import DetailKind
from scoring.models import (
    ConflictDeclaration,
    Decision,
    Evaluation,
    EvaluationDetail,
    Jury,
    Rubric,
)
from scoring.states import BoardKind, ConflictAnswer, JuryState, Split
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions, scored
from tests.scoring.decided import Room, measured_room

pytestmark = pytest.mark.django_db
PUBLIC = "true,predicted,cases,cases_of_the_class\r\n0,0,20,30\r\n0,1,10,30\r\n"
HIDDEN = "true,predicted,cases,cases_of_the_class\r\n0,0,45,55\r\n0,1,,55\r\n"


def tell(evaluation: Evaluation) -> Evaluation:
    for split, row in {
        Split.PUBLIC: {"at": 0, "n": 30, "cells": [20, 10]},
        Split.PRIVATE: {"at": 0, "n": 55, "cells": [45, None]},
    }.items():
        EvaluationDetail.objects.create(
            evaluation=evaluation,
            split=split,
            kind=DetailKind.CONFUSION,
            content={
                "smallest": 10,
                "step": 5,
                "labels": ["0", "1"],
                "merged": [],
                "rows": [row],
            },
        )
    return evaluation


# ---- the team ------------------------------------------------------------------------------------
@pytest.fixture
def evaluation() -> Evaluation:
    entry = factories.EntryFactory(challenge=measured_challenge())
    return tell(scored(handed_in_predictions(entry, *predictions()), public=0.9))


def csv_url(evaluation: Evaluation, kind: str = "confusion") -> str:
    return reverse("scoring:evaluation-detail-csv", args=[evaluation.code, kind])


def test_page_draws_what_the_values_hide(sign_in: Any, evaluation: Evaluation) -> None:
    cem = factories.team_member(evaluation.submission.entry.team)

    page = sign_in(cem).get("/en" + reverse("scoring:evaluation-show", args=[evaluation.code]))

    (figure,) = page.context["details"]
    assert figure.takeaway == (
        "Most often mistaken: of about 30 cases of “0”, about 10 are taken for “1”."
    )
    assert figure.rows == [["0", "30", "20", "10"]]
    assert figure.csv_url.endswith(csv_url(evaluation))


def test_csv_holds_the_public_part(sign_in: Any, evaluation: Evaluation) -> None:
    cem = factories.team_member(evaluation.submission.entry.team)

    answer = sign_in(cem).get(csv_url(evaluation))

    assert answer.content.decode() == PUBLIC


def test_hidden_part_is_closed_until_the_results(sign_in: Any, evaluation: Evaluation) -> None:
    client = sign_in(factories.team_member(evaluation.submission.entry.team))
    show = reverse("scoring:evaluation-show", args=[evaluation.code])

    before = [client.get(f"{url}?part=hidden").status_code for url in (csv_url(evaluation), show)]
    challenge = evaluation.submission.entry.challenge
    Decision.objects.create(
        challenge=challenge,
        snapshot=leaderboard.refresh(challenge, BoardKind.PRIVATE),
        reasons_de="Einstimmig.",
        decided_at=evaluation.queued_at,
        published_at=evaluation.queued_at,
    )
    after = client.get(f"{csv_url(evaluation)}?part=hidden")

    assert before == [404, 404]
    assert after.content.decode() == HIDDEN


@pytest.mark.parametrize("kind", ["calibration", "errors", "truth"])
def test_there_is_no_csv_of_what_is_not_told(
    sign_in: Any, evaluation: Evaluation, kind: str
) -> None:
    cem = factories.team_member(evaluation.submission.entry.team)

    assert sign_in(cem).get(csv_url(evaluation, kind)).status_code == 404


def test_another_team_gets_404(sign_in: Any, evaluation: Evaluation) -> None:
    other = factories.EntryFactory(challenge=evaluation.submission.entry.challenge)

    answer = sign_in(factories.team_member(other.team)).get(csv_url(evaluation))

    assert answer.status_code == 404


# ---- the jury ------------------------------------------------------------------------------------
def jury_url(room: Room, name: str = "scoring:measured-csv") -> str:
    args = [room.challenge.code, room.submissions["Eibe"].code]
    return reverse(name, args=[*args, *(["confusion"] if name.endswith("csv") else [])])


@pytest.fixture
def measured() -> Room:
    room = measured_room()
    tell(room.submissions["Eibe"].evaluations.get())
    return room


def test_chair_reads_the_hidden_part_once_marks_are_locked(sign_in: Any, measured: Room) -> None:
    answer = sign_in(measured.frida).get(jury_url(measured))

    assert answer.content.decode() == HIDDEN


def test_page_of_the_jury_names_the_pseudonym_only(sign_in: Any, measured: Room) -> None:
    page = sign_in(measured.frida).get("/en" + jury_url(measured, "scoring:measured-show"))

    text = page.content.decode()
    assert "Measured: Eibe" in text
    assert measured.submissions["Eibe"].entry.team.name not in text


def test_jurors_read_it_when_the_discussion_is_open(sign_in: Any, measured: Room) -> None:
    client = sign_in(measured.fritz)

    before = client.get(jury_url(measured)).status_code
    Jury.objects.update(state=JuryState.DELIBERATING)
    after = client.get(jury_url(measured)).status_code

    assert (before, after) == (404, 200)


def test_who_is_in_conflict_gets_404(sign_in: Any, measured: Room) -> None:
    ConflictDeclaration.objects.filter(
        seat__user=measured.frida, entry=measured.submissions["Eibe"].entry
    ).update(answer=ConflictAnswer.CONFLICT)

    assert sign_in(measured.frida).get(jury_url(measured)).status_code == 404


def test_where_no_metric_counts_the_jury_reads_nothing(sign_in: Any, measured: Room) -> None:
    Rubric.objects.update(jury_weight=100)

    assert sign_in(measured.frida).get(jury_url(measured)).status_code == 404
