"""For whom a solution works: the largest gap, said with care, for team and jury."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from scoring.models import Evaluation, GroupScore
from scoring.queries import groups as queries
from scoring.queries.groups import Group, GroupColumn
from scoring.queries.metrics import metric_card
from scoring.states import Split
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions, scored
from tests.scoring.decided import measured_room


def column(*values: tuple[str, str | None], key: str = "accuracy") -> GroupColumn:
    """Make groups A, B, … of (value, half an interval) pairs."""
    return GroupColumn(
        column="area",
        card=metric_card(key),
        digits=3,
        overall=Decimal("0.900"),
        groups=tuple(
            Group(
                name=chr(ord("A") + at),
                is_merged=False,
                rows=40,
                value=Decimal(value),
                low=Decimal(value) - Decimal(half) if half else None,
                high=Decimal(value) + Decimal(half) if half else None,
            )
            for at, (value, half) in enumerate(values)
        ),
    )


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        (
            [("0.900", "0.03"), ("0.950", "0.02"), ("0.880", "0.05")],
            "accuracy",
            [
                "Largest gap in “area”: 7.0 percentage points between “B” (95.0%) and “C” (88.0%).",
                "Their intervals overlap, so it may be chance.",
            ],
        ),
        (
            [("0.700", "0.02"), ("0.790", "0.02")],
            "accuracy",
            [
                "Largest gap in “area”: 9.0 percentage points between “B” (79.0%) and “A” (70.0%).",
                "Their intervals do not overlap, so chance alone hardly explains it.",
            ],
        ),
        (
            [("2.500", None), ("1.500", None)],
            "rmse",
            [
                "Largest gap in “area”: 1.000 between “B” (1.500) and “A” (2.500).",
                "How sure that is cannot be said for this metric.",
            ],
        ),
        (
            [("0.900", "0.02"), ("0.900", "0.04")],
            "accuracy",
            ["In “area” every group has the same value: 90.0%."],
        ),
        (
            [("0.900", "0.02")],
            "accuracy",
            ["In “area” only one group has a value, so there is nothing to compare."],
        ),
    ],
)
def test_takeaway_names_the_largest_gap_and_how_sure_it_is(
    values: list[tuple[str, str | None]], key: str, words: list[str]
) -> None:
    with translation.override("en"):
        assert column(*values, key=key).takeaway == " ".join(words)


def test_many_pairs_make_a_large_gap_likely() -> None:
    many = column(*[("0.900", "0.02")] * 5)

    with translation.override("en"):
        assert queries.chance_words(many) == (
            "10 pairs of groups are compared: with many of them, one gap is large by chance."
        )


def measure(evaluation: Evaluation) -> None:
    for split, shift in ((Split.PUBLIC, 0.0), (Split.PRIVATE, -0.5)):
        for group, value in (("Süd", 0.8), ("", None), ("Nord", 0.9)):
            GroupScore.objects.create(
                evaluation=evaluation,
                metric="accuracy",
                split=split,
                column="area",
                group=group,
                rows=12,
                value=None if value is None else value + shift,
                error="group_too_small" if value is None else "",
            )


@pytest.mark.django_db
def test_team_reads_the_groups_of_the_public_part(sign_in) -> None:
    entry = factories.EntryFactory(challenge=measured_challenge())
    evaluation = scored(handed_in_predictions(entry, *predictions()), public=0.85)
    measure(evaluation)
    client = sign_in(factories.team_member(entry.team))

    page = client.get("/en" + reverse("scoring:evaluation-show", args=[evaluation.code]))
    lines = client.get(reverse("scoring:evaluation-detail-csv", args=[evaluation.code, "groups"]))

    (figure,) = page.context["groups"]
    assert figure.rows == [
        ["Nord", "12", "90.00%", "–"],
        ["Süd", "12", "80.00%", "–"],
        ["the others", "12", "–", "–"],
    ]
    assert lines.content.decode().splitlines() == [
        "metric,column,group,cases,value,low,high",
        "accuracy,area,Nord,12,0.9000,,",
        "accuracy,area,Süd,12,0.8000,,",
        "accuracy,area,,12,,,",
    ]


@pytest.mark.django_db
def test_jury_reads_the_groups_of_the_hidden_part(sign_in) -> None:
    room = measured_room()
    eibe = room.submissions["Eibe"]
    measure(eibe.evaluations.get())
    client = sign_in(room.frida)
    args = [room.challenge.code, eibe.code]

    page = client.get("/en" + reverse("scoring:measured-show", args=args))
    lines = client.get(reverse("scoring:measured-csv", args=[*args, "groups"]))

    (figure,) = page.context["groups"]
    assert [row[2] for row in figure.rows] == ["40.00%", "30.00%", "–"]
    assert lines.content.decode().splitlines()[1] == "accuracy,area,Nord,12,0.4000,,"
