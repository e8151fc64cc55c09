from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from submissions import receipts
from submissions.actions import submission as actions

URL = "submissions:receipt-verify"


@pytest.fixture
def document(world) -> dict:
    receipt = actions.hand_in(world.draft(), by=world.cem, key="k", declared=True)
    return receipts.document_of(receipt)


def test_page_is_public(db, client):
    assert client.get(reverse(URL)).status_code == 200


def test_pasted_receipt_is_genuine(client, document):
    response = client.post(reverse(URL), {"text": json.dumps(document)})

    assert response.status_code == 200
    assert response.context["verification"].is_genuine
    assert document["payload"]["reference"] in response.text


def test_uploaded_receipt_is_genuine(client, document):
    file = SimpleUploadedFile("receipt.json", json.dumps(document, indent=2).encode())

    response = client.post(reverse(URL), {"file": file})

    assert response.context["verification"].is_genuine


def test_changed_receipt_is_not_valid(client, document):
    document["payload"]["version"] = 7

    response = client.post(reverse(URL), {"text": json.dumps(document)})

    assert response.context["verification"].verdict == "changed"
    assert "Nicht gültig" in response.text


def test_page_tells_nobody_whose_receipt_it_is(client, document, world):
    response = client.post(reverse(URL), {"text": json.dumps(document)})

    for secret in (world.team.name, world.cem.name, world.entry.jury_pseudonym):
        assert secret not in response.text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": "kein JSON"},
        {"text": '{"payload": 1}'},
        {"text": "x" * 100_001},
        {"file": SimpleUploadedFile("r.json", b"")},
        {"file": SimpleUploadedFile("r.json", b"\xff\xfe\x00")},
        {"file": SimpleUploadedFile("r.json", b" " * 100_001)},
    ],
)
def test_what_is_no_receipt_is_answered_with_the_form(db, client, data):
    response = client.post(reverse(URL), data)

    assert response.status_code == 422
    assert response.context["verification"] is None


def test_words_of_strangers_are_not_repeated(db, client):
    text = json.dumps(
        {
            "payload": {
                "schema": receipts.SCHEMA,
                "key_id": "<b>x</b>",
                "reference": "\ud800<script>",
            },
            "signature": "x",
        }
    )

    response = client.post(reverse(URL), {"text": text})

    assert response.status_code == 200
    assert response.context["verification"].verdict == "foreign"
    result = response.text.split("<section", 1)[1].split("</section", 1)[0]
    assert "script" not in result
    assert "<b>x" not in result


def test_check_writes_nothing(client, document, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.post(reverse(URL), {"text": json.dumps(document)})
