"""Two to four submissions side by side: own marks for a juror, those of the jury for the chair."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scoring.actions import conflict as conflict_actions
from tests.scoring.decided import closed_room, recuse

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def compare(client: Client, room: Any, *pseudonyms: str, page: str = "assessment-compare") -> Any:
    chosen = [room.submissions[name].code for name in pseudonyms]
    return client.get(reverse(f"scoring:{page}", args=[room.challenge.code]), {"with": chosen})


def test_own_marks_stand_side_by_side(assessing: Any, sign_in: SignIn) -> None:
    assessing.save("frida", "Ulme", 4, 3, 7, on_each="Gut belegt.", private_note="Nachfragen.")
    assessing.save("frida", "Zeder", 2, None, 7)
    assessing.save("iris", "Ulme", 1, 1, 1, on_each="Von Iris.")

    page = compare(sign_in(assessing.frida), assessing, "Zeder", "Ulme")

    comparison = page.context["comparison"]
    names = [column.line.pseudonym for column in comparison.columns]
    ulme = names.index("Ulme")
    assert set(names) == {"Ulme", "Zeder"}
    assert [
        (str(row.criterion.name_de), row.cells[ulme].mark.level, row.cells[1 - ulme].mark.level)
        for row in comparison.rows
    ] == [("Nutzen", 4, 2), ("Betrieb", 3, None), ("Recht", 7, 7)]
    assert [row.span != "" for row in comparison.rows] == [True, False, False]
    assert comparison.rows[0].cells[ulme].comment == "Gut belegt."
    assert comparison.columns[ulme].private_note == "Nachfragen."
    assert "Von Iris." not in page.content.decode()


@pytest.mark.parametrize("chosen", [(), ("Ulme",)])
def test_too_few_show_the_list_and_say_so(
    assessing: Any, sign_in: SignIn, chosen: tuple[str, ...]
) -> None:
    page = compare(sign_in(assessing.frida), assessing, *chosen)

    comparison = page.context["comparison"]
    assert (page.status_code, comparison.columns) == (200, ())
    assert {pick.pseudonym for pick in comparison.picks} == {"Ulme", "Zeder", "Eibe"}
    assert {pick.pseudonym for pick in comparison.picks if pick.is_chosen} == set(chosen)
    assert page.context["sentence"]


def test_recused_submission_cannot_be_compared_and_is_not_offered(
    assessing: Any, sign_in: SignIn
) -> None:
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )
    client = sign_in(assessing.frida)

    asked, offered = compare(client, assessing, "Ulme", "Eibe"), compare(client, assessing)

    assert asked.status_code == 404
    names = {pick.pseudonym for pick in offered.context["comparison"].picks}
    assert names == {"Zeder", "Eibe"}


def test_comparison_needs_as_many_queries_for_two_as_for_three(
    assessing: Any, sign_in: SignIn
) -> None:
    for pseudonym in ("Ulme", "Zeder", "Eibe"):
        assessing.save("frida", pseudonym, 4, 3, 7)
    client = sign_in(assessing.frida)
    compare(client, assessing)

    counts = []
    for chosen in (("Ulme", "Zeder"), ("Ulme", "Zeder", "Eibe")):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            compare(client, assessing, *chosen)
        counts.append(len(queries))

    assert counts[0] == counts[1]


# -- the chair, after closing ----------------------------------------------------------------------


def test_chair_sees_the_marks_of_all_by_letter(sign_in: SignIn) -> None:
    room = closed_room()

    page = compare(sign_in(room.frida), room, "Ahorn", "Eibe", page="board-compare")

    comparison = page.context["comparison"]
    by_name = {line.pseudonym: detail for line, detail in comparison.columns}
    assert set(by_name) == {"Ahorn", "Eibe"}
    assert all(detail.letters == ("A", "B") for detail in by_name.values())
    cell = comparison.rows[0].cells[0]
    marks = [mark.words for mark in by_name[cell.line.pseudonym].rows[0].marks]
    assert cell.marks == f"A\N{NO-BREAK SPACE}{marks[0]}, B\N{NO-BREAK SPACE}{marks[1]}"
    assert cell.mean == sum(map(int, marks)) / 2
    assert "Geheime Notiz" not in page.content.decode()


def test_chair_compares_nothing_of_an_own_conflict(sign_in: SignIn) -> None:
    room = closed_room()
    recuse(room.seats[0], room.submissions["Ahorn"])
    client = sign_in(room.frida)

    asked = compare(client, room, "Ahorn", "Eibe", page="board-compare")
    offered = compare(client, room, page="board-compare")

    assert asked.status_code == 404
    names = {pick.pseudonym for pick in offered.context["comparison"].picks}
    assert "Ahorn" not in names
    assert "Eibe" in names
