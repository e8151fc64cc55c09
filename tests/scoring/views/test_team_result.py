"""What a team keeps of its result on paper: the letter and the certificate."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from pypdf import PdfReader

from scoring.actions import publication as actions
from tests.scoring.decided import Room, measured_room

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Room:
    """A decision with a first prize for Eibe, of which the teams have been told."""
    room = measured_room()
    room.decide(room.award())
    room.make_ready(days=7)
    return room


def url(room: Room, name: str, pseudonym: str = "Eibe") -> str:
    return reverse(name, args=[room.submissions[pseudonym].code])


def text_of(response: Any) -> str:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert b"pdfuaid" in response.content
    pages = PdfReader(io.BytesIO(response.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_letter_holds_marks_remarks_rank_and_what_comes_next(told: Room, sign_in: SignIn) -> None:
    found = text_of(sign_in(told.cem).get(url(told, "scoring:result-pdf")))

    said = [
        "Rang 1 von 2 mit 70,00 von 100 Punkten.",
        "Vertraulich bis zur Veröffentlichung",
        "Team Dachs",
        "1. Preis",
        "Fragt nach.",
        "Nutzen: Bemerkung zu Eibe",
        "Einspruch erheben",
    ]
    assert [words for words in said if words not in found] == []
    secrets = ("Team Luchs", "Ahorn", "Frida", "Fritz", "Geheime Notiz")
    assert [words for words in secrets if words in found] == []


def test_letter_speaks_the_language_of_its_reader(told: Room, sign_in: SignIn) -> None:
    found = text_of(sign_in(told.cem).get("/en" + url(told, "scoring:result-pdf")))

    assert "Rank 1 of 2 with 70.00 of 100 points." in found


def test_certificates_are_there_with_the_publication(told: Room, sign_in: SignIn) -> None:
    before = sign_in(told.cem).get(url(told, "scoring:certificate-pdf")).status_code
    until = told.decision.objections_until
    assert until is not None
    actions.publish(told.jury, by=told.ada, now=until)

    awarded = text_of(sign_in(told.cem).get(url(told, "scoring:certificate-pdf")))
    took_part = text_of(sign_in(told.emil).get(url(told, "scoring:certificate-pdf", "Ahorn")))

    assert before == 404
    assert ("Team Dachs" in awarded, "1. Preis" in awarded) == (True, True)
    assert ("Team Luchs" in took_part, "hat teilgenommen" in took_part) == (True, True)
    assert "Preis" not in took_part


@pytest.mark.parametrize("who", ["ada", "bea", "emil", "frida", "gus"])
@pytest.mark.parametrize("name", ["scoring:result-pdf", "scoring:certificate-pdf"])
def test_papers_are_404_for_a_stranger(told: Room, sign_in: SignIn, name: str, who: str) -> None:
    assert sign_in(getattr(told, who)).get(url(told, name)).status_code == 404
