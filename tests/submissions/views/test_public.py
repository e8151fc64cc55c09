from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competition.models import Phase
from submissions import receipts
from submissions.actions import seal as seal_actions
from submissions.actions import submission as actions
from submissions.deadlines import grace
from tests.factories import damage_log

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


def test_check_writes_nothing(client, document):
    with CaptureQueriesContext(connection) as captured:
        client.post(reverse(URL), {"text": json.dumps(document)})

    # The receipt, its leaf, roots with it, roots since it, and the roots of the deadline.
    assert [query["sql"].split()[0] for query in captured] == ["SELECT"] * 5


def test_check_says_in_which_root_the_receipt_is(client, world, document):
    address = reverse(URL)
    before = client.post(address, {"text": json.dumps(document)}).text
    seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())

    after = client.post(address, {"text": json.dumps(document)}).text

    assert "Noch ist keine Wurzel veröffentlicht." in before
    assert "Enthalten in Wurzel 1" in after
    assert "Zur Frist zählte diese Fassung." in after
    assert f"?leaf={document['payload']['leaf_hash']}&amp;root=1" in after


def test_check_says_if_a_root_lacks_the_receipt(client, world, document):
    later = document["payload"]["leaf_hash"]
    seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())
    damage_log("UPDATE submissions_logleaf SET hash = %s WHERE hash = %s", "0" * 64, later)

    text = client.post(reverse(URL), {"text": json.dumps(document)}).text

    assert "Die veröffentlichte Wurzel enthält diese Eingangsbestätigung nicht" in text
