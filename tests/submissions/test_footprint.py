"""What a solution takes, as its team declares it: asked, read as people write, checked, proven."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from competition.models import Challenge
from submissions import footprint, guard, queries
from submissions.actions import submission as actions
from submissions.models import Submission
from submissions.receipts import text_hash

WHOLE = {
    "train_energy": "3.5",
    "use_cost": "2",
    "size": "7",
    "licence": "EUPL-1.2",
    "services": "none",
}


def card_url(version: Submission) -> str:
    return reverse("submissions:submission-card", args=[version.code])


@pytest.fixture
def asks(world):
    def ask(**needs: str) -> Submission:
        Challenge.objects.filter(pk=world.challenge.pk).update(answers=needs)
        draft = Submission.objects.filter(entry=world.entry).first() or world.draft()
        return Submission.objects.get(pk=draft.pk)

    return ask


@pytest.mark.parametrize(
    ("answers", "open_keys"),
    [
        ({}, ["train_energy", "use_energy", "size", "licence", "services"]),
        ({"train_hours": 4, "use_cost": "0.05"}, ["size", "licence", "services"]),
        # 0 is an answer.
        ({**WHOLE, "size": 0}, []),
    ],
)
def test_of_a_pair_one_value_is_enough(answers: dict[str, Any], open_keys: list[str]) -> None:
    assert [field.key for field in footprint.open_fields(answers)] == open_keys


def test_values_are_written_with_their_unit_as_the_language_does() -> None:
    with translation.override("de"):
        german = [row.text for row in footprint.lines(WHOLE)]
    with translation.override("en"):
        english = [row.text for row in footprint.lines(WHOLE)]

    assert german[:3] == ["3,5 kWh", "2 Euro", "7 Mio. Parameter"]
    assert english[:3] == ["3.5 kWh", "2 euros", "7 million parameters"]


@pytest.mark.parametrize(("need", "missing"), [("needed", 1), ("optional", 0), ("", 0)])
def test_statement_decides_whether_it_is_needed(asks, need, missing) -> None:
    draft = asks(footprint=need)

    found = [item for item in queries.missing(draft) if item.url == card_url(draft)]

    assert len(found) == missing
    assert [task.key for task in queries.tasks(draft)] == ["text", *(["footprint"] if need else [])]


def test_numbers_are_read_as_people_write_them(world, asks, sign_in) -> None:
    draft = asks(footprint="needed")
    client = sign_in(world.cem)
    data = {**WHOLE, "train_energy": "3,50", "use_cost": "1.200", "size": "7", "version": "0"}

    client.post(card_url(draft), data)

    draft.refresh_from_db()
    assert draft.card == {**WHOLE, "use_cost": "1200"}
    shown = client.get(card_url(draft)).context["form"]
    assert (shown["train_energy"].value(), shown["use_cost"].value()) == ("3,5", "1\u202f200")
    assert queries.is_ready(draft)


def test_what_is_no_number_comes_back_with_the_page(world, asks, sign_in) -> None:
    draft = asks(footprint="needed")

    answer = sign_in(world.cem).post(card_url(draft), {"size": "viel", "version": "0"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["size"])


def test_card_and_footprint_are_asked_apart(world, asks, sign_in) -> None:
    client = sign_in(world.cem)
    fields = []
    for needs in ({"model_card": "optional"}, {"footprint": "optional"}):
        form = client.get(card_url(asks(**needs))).context["form"]
        fields.append((len(form.questions), len(form.declarations)))

    assert fields == [(7, 0), (0, 7)]


def test_texts_are_searched_for_names_and_proven_by_the_receipt(world, asks) -> None:
    draft = asks(footprint="optional")
    before = text_hash(draft)
    name = draft.entry.team.name

    actions.save_card(
        draft, by=world.cem, version=0, answers={"services": f"Server von {name} in Ulm"}
    )

    draft.refresh_from_db()
    assert [line.found for line in guard.of_version(draft).texts] == [name]
    assert text_hash(draft) != before
