"""The maintenance page: in both languages, without a database, until it is turned off (S-26)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import Client

from core import upkeep


@pytest.fixture
def closed() -> Iterator[None]:
    upkeep.turn(on=True)
    yield
    upkeep.turn(on=False)


# Without the mark of a database, a query would be an error.
@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("address", "heading", "promise"),
    [
        ("/", "Wir arbeiten an diesem Angebot", "Was Sie eingereicht haben, ist gesichert."),
        ("/en/jury/", "We are working on this service", "What you handed in is safe."),
        ("/no/such/page/", "Wir arbeiten an diesem Angebot", "Was Sie eingereicht haben"),
    ],
)
def test_every_page_says_in_its_language_that_we_are_at_work(method, address, heading, promise):
    answer = getattr(Client(), method)(address)

    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert f"<h1>{heading}</h1>" in page
    assert promise in page
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.usefixtures("closed")
def test_program_gets_a_problem():
    answer = Client().get("/", headers={"accept": "application/json"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert (answer["Content-Type"], answer.json()["code"]) == (
        "application/problem+json",
        "maintenance",
    )


@pytest.mark.usefixtures("closed")
def test_process_still_says_that_it_lives():
    assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db
def test_pages_are_closed_and_opened_by_a_command_at_once():
    client, output = Client(), io.StringIO()

    answers = []
    for position in ("on", "on", "off", "off"):
        call_command("maintenance", position, stdout=output)
        answers.append(client.get("/").status_code)

    assert answers == [503, 503, 200, 200]
    assert output.getvalue().splitlines() == [
        "Every page answers 503: maintenance.",
        "Every page answers 503: maintenance.",
        "Pages are served again.",
        "Pages are served again.",
    ]
