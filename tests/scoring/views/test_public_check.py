"""The check of a prediction file for everyone."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from competition.states import ChallengeState
from core.models import AuditEvent
from scoring.views import public_check
from submissions.models import SubmissionFile
from tests import factories
from tests.factories import TRUTH, measured_challenge, predictions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counters():
    cache.clear()


@pytest.fixture
def challenge():
    return measured_challenge()


def address(challenge, language="en"):
    with translation.override(language):
        return reverse("scoring:file-check", args=[challenge.competition.slug, challenge.code])


def upload(content, name="predictions.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    return SimpleUploadedFile(name, data, content_type="text/csv")


def check(challenge, content, *, client=None, language="en", **fields):
    return (client or Client()).post(
        address(challenge, language), {"file": upload(content), **fields}
    )


GERMAN = "\ufeffid;animal\r\n" + "".join(f"{name};quokka\r\n" for name in TRUTH)


def test_page_shows_the_format_and_an_example(challenge):
    response = Client().get(address(challenge))

    assert response.status_code == 200
    assert response.context["sample"] == ["id,animal", "r01,quokka", "r02,quokka", "r03,quokka"]
    assert response.context["allowed"] == "quokka, axolotl"
    for words in ("Nothing is stored.", "id,animal", "quokka, axolotl", "E15"):
        assert words in response.text


def test_good_file_is_praised(challenge):
    response = check(challenge, "\n".join(predictions()))

    assert response.status_code == 200
    assert response.context["report"].ok
    assert "10 rows, 2 columns, all ids found." in response.text


def test_german_excel_file_is_understood_and_said_so(challenge):
    response = check(challenge, GERMAN.encode(), language="de")

    assert response.context["report"].ok
    facts = {fact["label"]: fact["value"] for fact in response.context["detected"]}
    assert facts == {
        "Zeichensatz": "UTF-8",
        "Trennzeichen": "Semikolon ;",
        "Spalten": "id, animal",
        "Zeilen": "10",
    }
    assert "durch Semikolons getrennt" in response.text
    assert "Byte" in response.text


def test_all_problems_come_at_once_with_lines_and_suggestions(challenge):
    lines = predictions()
    lines[2], lines[4], lines[5] = "r02,Quokka", "r03,axolotl", "R05,quokka"

    response = check(challenge, "\n".join(lines))

    problems = response.context["report"].problems
    found = [(p.code, [(f.line, f.value, f.suggestion) for f in p.findings]) for p in problems]
    assert found == [
        ("E05", []),
        ("E06", [(6, "R05", "r05")]),
        ("E07", [(5, "r03", "")]),
        ("E10", [(3, "Quokka", "quokka")]),
    ]
    assert response.context["has_errors"]
    assert "4 kinds of errors in a file with 10 rows." in response.text


def test_whole_list_is_a_csv_file_that_runs_nothing(challenge):
    content = "id,animal\n" + "".join(f"=x{at},quokka\n" for at in range(30))

    response = check(challenge, content, list="1")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].endswith(f'filename="{challenge.code}-problems.csv"')
    rows = list(csv.DictReader(io.StringIO(response.text)))
    unknown = [row for row in rows if row["code"] == "E06"]
    assert [row["line"] for row in unknown] == [str(line) for line in range(2, 32)]
    assert {row["value"] for row in unknown} == {f"'=x{at}" for at in range(30)}
    missing = [row["value"] for row in rows if row["code"] == "E05"]
    assert missing == list(TRUTH)
    assert [row["problem"] for row in rows if row["code"] == "E11"] == [
        "The file has 30 rows; 10 are expected."
    ]


def test_list_says_where_it_was_cut(challenge, monkeypatch):
    monkeypatch.setattr(public_check, "LISTED_LINES", 4)

    response = check(challenge, "id,animal\n" + "r01,quokka\n" * 9, list="1")

    rows = [row for row in csv.reader(io.StringIO(response.text)) if row[0] == "E07"]
    assert [(row[1], row[5], row[6]) for row in rows[:4]] == [
        (str(line), "2", "The id “r01” is there more than once.") for line in (3, 4, 5, 6)
    ]
    assert rows[4][6] == "and 4 more"


def test_whole_list_of_a_good_file_is_the_page(challenge):
    response = check(challenge, "\n".join(predictions()), list="1")

    assert response["Content-Type"].startswith("text/html")
    assert response.context["report"].ok


def test_nothing_is_stored(challenge):
    before = (AuditEvent.objects.count(), SubmissionFile.objects.count(), Session.objects.count())
    client = Client()

    check(challenge, "\n".join(predictions()), client=client)
    check(challenge, "id,animal\nx,y\n", client=client, list="1")

    after = (AuditEvent.objects.count(), SubmissionFile.objects.count(), Session.objects.count())
    assert after == before
    assert set(client.cookies) <= {"csrftoken"}


def test_post_without_a_file_asks_for_one(challenge):
    response = Client().post(address(challenge))

    assert response.status_code == 422
    assert "Choose the file with your predictions." in response.text


def test_empty_file_is_called_empty(challenge):
    response = check(challenge, b"")

    assert [problem.code for problem in response.context["report"].problems] == ["E13"]


def test_token_is_demanded(challenge):
    client = Client(enforce_csrf_checks=True)

    response = client.post(address(challenge), {"file": upload("id,animal\n")})

    assert response.status_code == 403


def test_report_holds_no_correct_answer_and_no_split(challenge):
    content = "id,animal\n" + "".join(f"{name},numbat\n" for name in TRUTH)

    for fields in ({}, {"list": "1"}):
        text = check(challenge, content, **fields).text
        said = text.partition("<aside")[0]  # in which an example shows a label
        for name, (label, part) in TRUTH.items():
            assert f"{name},{label}" not in said
            assert f">{part}<" not in said


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: factories.open_challenge(wants_predictions=True), id="no benchmark"),
        pytest.param(factories.open_challenge, id="no prediction file"),
        pytest.param(lambda: _changed(state=ChallengeState.DRAFT), id="not public"),
    ],
)
def test_there_is_no_check_where_there_is_no_public_format(make):
    challenge = make()
    staff = Client()
    staff.force_login(factories.agency_staff(challenge.agency))

    for client in (Client(), staff):
        assert client.get(address(challenge)).status_code == 404
        assert check(challenge, "id,animal\n", client=client).status_code == 404


def _changed(**fields):
    challenge = measured_challenge()
    type(challenge)._default_manager.filter(pk=challenge.pk).update(
        **fields, published_at=None, frozen_hash=""
    )
    challenge.refresh_from_db()
    return challenge


def test_check_works_after_the_deadline(challenge):
    challenge.phases.update(starts_at="2020-01-01T00:00Z", ends_at="2020-02-01T00:00Z")

    assert check(challenge, "\n".join(predictions())).context["report"].ok


def test_checks_of_one_address_are_limited(challenge, monkeypatch):
    monkeypatch.setattr(public_check, "LIMIT", 2)
    content = "\n".join(predictions())

    statuses = [check(challenge, content).status_code for _ in range(3)]
    refused = check(challenge, content)
    elsewhere = check(challenge, content, client=Client(REMOTE_ADDR="198.51.100.7"))

    assert statuses == [200, 200, 429]
    assert "Too many checks in a short time" in refused.text
    assert elsewhere.status_code == 200


def test_address_is_the_readers_and_not_the_proxys(challenge, monkeypatch, settings):
    monkeypatch.setattr(public_check, "LIMIT", 1)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    content = "\n".join(predictions())

    statuses = [
        check(challenge, content, client=Client(HTTP_X_FORWARDED_FOR=given)).status_code
        for given in ("203.0.113.1", "203.0.113.2", "10.0.0.9, 203.0.113.1")
    ]

    assert statuses == [200, 200, 429]


def test_page_count_of_queries(challenge, django_assert_num_queries):
    client = Client()
    client.get(address(challenge))

    with django_assert_num_queries(3):
        client.get(address(challenge))


def test_count_of_queries_does_not_grow_with_the_file(challenge, django_assert_num_queries):
    client = Client()
    check(challenge, "id,animal\n", client=client)

    for rows in (1, 500):
        with django_assert_num_queries(9):
            check(challenge, "id,animal\n" + "x,y\n" * rows, client=client)


def test_public_page_leads_to_the_check(challenge):
    with translation.override("en"):
        page = Client().get(challenge.get_absolute_url())

    assert address(challenge) in page.text


@pytest.mark.parametrize("language", ["de", "en"])
def test_result_is_in_the_language_of_the_page(challenge, language):
    response = check(challenge, "id,animal\nr01,cat\n", language=language)

    word = {"de": "steht nicht auf der Liste", "en": "is unknown"}[language]
    assert word in response.text


def test_upload_of_predictions_leads_to_the_check(challenge, sign_in):
    entry = factories.EntryFactory(challenge=challenge)
    draft = factories.SubmissionFactory(entry=entry)
    client = sign_in(factories.team_member(entry.team))

    page = client.get(reverse("submissions:file-upload", args=[draft.code, "predictions"]))

    assert reverse("scoring:file-check", args=[challenge.competition.slug, challenge.code]) in (
        page.text
    )
