"""What a person sees while the database is away, and when the fault is ours (FA-6)."""

from __future__ import annotations

import json
import re

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from config.urls import urlpatterns as product
from core.exceptions import DomainError
from core.logs import JsonFormatter
from core.middleware import response_headers

FAULTS: dict[str, Exception] = {
    "operational": OperationalError("server closed the connection unexpectedly"),
    "interface": InterfaceError("the connection is closed"),
    "other": DatabaseError("value too long"),
}


def faulty(_request: HttpRequest, name: str) -> HttpResponse:
    raise FAULTS[name]


def refusing(_request: HttpRequest, status: int) -> HttpResponse:
    error = DomainError("no_room", "Es ist kein Platz.")
    error.status = status
    raise error


def reading(request: HttpRequest) -> HttpResponse:
    return HttpResponse(len(request.POST))


urlpatterns = [
    path("faulty/<str:name>/", faulty),
    path("refusing/<int:status>/", refusing),
    path("reading/", reading),
    *product,
]
handler400 = "core.errors.bad_request"
handler500 = "core.errors.server_error"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("name", ["operational", "interface"])
@override_settings(ROOT_URLCONF=__name__)
def test_database_that_is_away_asks_to_send_the_form_again(client, name):
    answer = client.post(f"/faulty/{name}/", {"title": "Titel"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    page = answer.content.decode()
    assert "<h1>Bitte versuchen Sie es gleich noch einmal</h1>" in page
    assert "Was Sie eingegeben haben, steht noch da" in page
    assert "closed the connection" not in page
    # Nobody was asked who reads it: no menu, and no button that opens an empty one.
    assert "<nav" not in page
    assert "<footer" not in page


@override_settings(ROOT_URLCONF=__name__)
def test_other_faults_of_the_database_are_faults_of_ours(client):
    answer = client.post("/faulty/other/")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (500, None)
    assert "<h1>Eine Störung auf unserer Seite</h1>" in answer.content.decode()


def test_every_answer_of_the_kind_says_when_to_try_again(rf):
    answer = response_headers(lambda _request: HttpResponse(status=503))(rf.get("/"))

    assert answer.headers["Retry-After"] == "3"


REFUSALS = [
    ("/faulty/operational/", 503),
    ("/faulty/other/", 500),
    ("/refusing/503/", 503),
    ("/refusing/409/", 409),
    ("/reading/", 413),
]


def ask(client, address, **headers):
    """Send a form that is larger than any of our pages sends."""
    return client.post(address, {"text": "x" * 2_600_000}, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), REFUSALS)
@override_settings(ROOT_URLCONF=__name__)
def test_page_has_a_number_that_stands_in_every_line_of_the_log(client, caplog, address, status):
    answer = ask(client, address)

    found = re.search(r"Vorgang (F-\w{8}), .*Nennen Sie ihn", answer.content.decode())
    assert found
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    about = [
        line for line in lines if found[1] in (*line["message"].split(":"), line.get("number"))
    ]
    assert answer.status_code == status
    assert len(about) == len(lines) >= 1


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), REFUSALS)
@override_settings(ROOT_URLCONF=__name__)
def test_program_gets_the_number_as_a_problem(client, caplog, address, status):
    answer = ask(client, address, accept="application/json")

    found = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, found["status"]) == (status, status)
    assert found["title"]
    assert found["instance"] in caplog.text


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_form_without_its_token_gets_a_number(caplog):
    client = Client(enforce_csrf_checks=True)

    page, problem = (
        client.post("/reading/", {"a": 1}, headers={"accept": accept})
        for accept in ("text/html", "application/json")
    )

    number = re.search(r"Vorgang (F-\w{8}),", page.content.decode())
    assert number
    assert (page.status_code, number[1] in caplog.text) == (403, True)
    assert (problem.status_code, problem.json()["code"]) == (403, "csrf")
    assert "Gehen Sie im Browser zurück" in page.content.decode()


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["only.example"])
def test_request_that_no_page_sends_gets_a_number(client):
    answer = client.get("/reading/")

    assert answer.status_code == 400
    assert re.search(r"Vorgang F-\w{8},", answer.content.decode())
