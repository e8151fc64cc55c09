"""What teams declare about their solutions: beside the marks of jurors, and with the result."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from competition.models import Challenge
from scoring.actions import rubric as rubric_actions
from scoring.models import Criterion
from scoring.queries import rubric as rubric_queries
from submissions.models import Submission
from tests import factories
from tests.scoring.decided import closed_room
from tests.scoring.jury_room import Room

pytestmark = pytest.mark.django_db
EIBE = {"train_energy": "3.5", "services": "none"}


def declare(room: Any, **cards: dict[str, Any]) -> None:
    Challenge.objects.filter(pk=room.challenge.pk).update(
        answers={**room.challenge.answers, "footprint": "optional"}
    )
    for name, card in cards.items():
        Submission.objects.filter(pk=room.submissions[name].pk).update(card=card)


def test_jurors_read_it_in_columns(sign_in: Any, assessing: Room) -> None:
    declare(assessing, Eibe=EIBE)

    page = sign_in(assessing.people["frida"]).get(
        "/en" + reverse("scoring:jury-show", args=[assessing.challenge.code])
    )

    grid = page.context["grid"]
    with translation.override("en"):
        assert [field.key for field in grid.footprint_columns] == ["train_energy", "services"]
        shown = {name: [cell.text for cell in cells] for name, cells in grid.footprints}
    assert shown["Eibe"] == ["3.5 kWh", "none"]
    assert {name: cells for name, cells in shown.items() if any(cells)} == {"Eibe": shown["Eibe"]}


def test_jurors_compare_it_side_by_side(sign_in: Any, assessing: Room) -> None:
    declare(assessing, Eibe=EIBE, Zeder={"train_energy": "0"})
    codes = [assessing.submissions[name].code for name in ("Eibe", "Zeder")]

    page = sign_in(assessing.people["frida"]).get(
        "/en" + reverse("scoring:assessment-compare", args=[assessing.challenge.code]),
        {"with": codes},
    )

    with translation.override("en"):
        found = {field.key: dict(cells) for field, cells in page.context["comparison"].footprints}
    assert found == {
        "train_energy": {"Eibe": "3.5 kWh", "Zeder": "0 kWh"},
        "services": {"Eibe": "none", "Zeder": ""},
    }


@pytest.mark.parametrize(
    ("pseudonym", "declared"), [("Eibe", "3.5 kWh"), ("Zeder", "not declared")]
)
def test_a_criterion_shows_the_declared_value_beside_it(
    sign_in: Any, assessing: Room, pseudonym: str, declared: str
) -> None:
    declare(assessing, Eibe=EIBE)
    first = assessing.criteria[0]
    Criterion.objects.filter(pk=first.pk).update(footprint="train_energy")
    args = [assessing.challenge.code, assessing.submissions[pseudonym].code]

    page = sign_in(assessing.people["frida"]).get(
        "/en" + reverse("scoring:assessment-edit", args=args)
    )

    assert [row.declared for row in page.context["rows"]] == [
        declared,
        *[""] * (len(assessing.criteria) - 1),
    ]


def test_the_hash_of_a_rubric_knows_the_declared_value_and_old_ones_stay(assessing: Room) -> None:
    def criteria() -> list[dict[str, Any]]:
        rubric = rubric_queries.of(assessing.challenge)
        assert rubric is not None
        return rubric_queries.canonical(rubric)["criteria"]

    before = criteria()
    Criterion.objects.filter(pk=assessing.criteria[0].pk).update(footprint="use_cost")
    after = criteria()

    assert ["footprint" in row for row in before] == [False] * len(before)
    assert after == [{**before[0], "footprint": "use_cost"}, *before[1:]]


def test_rubric_keeps_which_value_stands_beside_a_criterion() -> None:
    challenge = factories.ChallengeFactory()
    rubric_actions.save(
        challenge,
        by=factories.agency_staff(challenge.agency),
        criteria=[
            rubric_actions.CriterionText(
                name_de="Betrieb", description_de="", weight=Decimal(100), footprint="use_cost"
            )
        ],
        rules=rubric_actions.Rules(),
    )

    assert list(Criterion.objects.values_list("footprint", flat=True)) == ["use_cost"]


def test_result_publishes_what_was_declared(client: Any) -> None:
    room = closed_room()
    declare(room, Eibe=EIBE)
    room.publish()
    args = [room.challenge.competition.slug, room.challenge.code]

    page = client.get("/en" + reverse("scoring:results-show", args=args))
    lines = client.get(reverse("scoring:results-footprint", args=args)).content.decode()
    data = client.get(reverse("scoring:results-json", args=args)).json()

    team = room.submissions["Eibe"].entry.team.name
    named = dict(page.context["footprints"].named)
    assert [cell.text for cell in named[team]] == ["3.5 kWh", "none"]
    head, *rows = lines.splitlines()
    assert head == ("team,rank,train_energy,train_hours,use_energy,use_cost,size,licence,services")
    assert f"{team},1,3.5,,,,,,none" in rows
    assert [row for row in data["footprints"] if row["team"] == team] == [
        {
            "team": team,
            "rank": 1,
            "train_energy": "3.5",
            "train_hours": "",
            "use_energy": "",
            "use_cost": "",
            "size": "",
            "licence": "",
            "services": "none",
        }
    ]


def test_result_without_declarations_says_nothing_about_them(client: Any) -> None:
    room = closed_room()
    room.publish()
    args = [room.challenge.competition.slug, room.challenge.code]

    page = client.get(reverse("scoring:results-show", args=args))
    data = client.get(reverse("scoring:results-json", args=args)).json()

    assert page.context["footprints"] is None
    assert "footprints" not in data
