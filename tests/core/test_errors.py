"""What a person sees while the database is away, and when the fault is ours (FA-6)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from core.middleware import response_headers

FAULTS: dict[str, Exception] = {
    "operational": OperationalError("server closed the connection unexpectedly"),
    "interface": InterfaceError("the connection is closed"),
    "other": DatabaseError("value too long"),
}


def faulty(_request: HttpRequest, name: str) -> HttpResponse:
    raise FAULTS[name]


urlpatterns = [path("faulty/<str:name>/", faulty), path("", faulty, name="home")]
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


@override_settings(ROOT_URLCONF=__name__)
def test_other_faults_of_the_database_are_faults_of_ours(client):
    answer = client.post("/faulty/other/")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (500, None)
    assert "<h1>Eine Störung auf unserer Seite</h1>" in answer.content.decode()


def test_every_answer_of_the_kind_says_when_to_try_again(rf):
    answer = response_headers(lambda _request: HttpResponse(status=503))(rf.get("/"))

    assert answer.headers["Retry-After"] == "3"
