from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core import signing
from core.audit import canonical
from submissions import receipts
from submissions.actions import submission as actions
from submissions.models import Receipt
from submissions.receipts import Unreadable, Verdict
from tests.factories import lose

SCHEMA = {"schema": receipts.SCHEMA}


@pytest.fixture
def receipt(world) -> Receipt:
    return actions.hand_in(world.draft(), by=world.cem, key="k", declared=True)


def as_text(receipt: Receipt, **changes: object) -> str:
    return json.dumps({**receipts.document_of(receipt), **changes})


def test_receipt_verifies(receipt):
    verification = receipts.verify(as_text(receipt))

    assert verification.is_genuine
    assert verification.is_on_record
    assert verification.key_id == signing.key_id()
    assert verification.payload == receipt.payload
    assert verification.received_at == receipt.issued_at.replace(microsecond=0)
    assert verification.deadline_at == receipt.deadline_at


@pytest.mark.parametrize("shape", ["indent", "unsorted", "bom", "spaces"])
def test_receipt_verifies_however_the_json_is_written(receipt, shape):
    document = receipts.document_of(receipt)
    if shape == "unsorted":
        document["payload"] = dict(reversed(list(document["payload"].items())))
    text = json.dumps(document, indent=4 if shape == "indent" else None)
    text = {"bom": "\ufeff" + text, "spaces": f"\n\n  {text}  \n"}.get(shape, text)

    assert receipts.verify(text).is_genuine


@pytest.mark.parametrize("position", [0.02, 0.2, 0.5, 0.8, 0.98])
def test_changed_byte_of_the_payload_is_found(receipt, position):
    signed = canonical(receipt.payload).encode()
    index = int(len(signed) * position)
    changed = signed[:index] + bytes([signed[index] ^ 1]) + signed[index + 1 :]

    assert signing.is_valid(signed, receipt.signature)
    assert not signing.is_valid(changed, receipt.signature)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("received_at_utc", "2020-01-01T00:00:00Z"),
        ("on_time_by_seconds", 999_999),
        ("version", 2),
        ("files", [{"name": "anderes.pdf"}]),
    ],
)
def test_changed_receipt_is_not_genuine(receipt, key, value):
    text = as_text(receipt, payload={**receipt.payload, key: value})

    verification = receipts.verify(text)

    assert verification.verdict == Verdict.CHANGED
    assert (verification.is_consistent, verification.payload) == (False, {})


def test_changed_signature_is_not_genuine(receipt):
    raw = bytearray(base64.b64decode(receipt.signature))
    raw[10] ^= 1

    verification = receipts.verify(as_text(receipt, signature=base64.b64encode(raw).decode()))

    assert verification.verdict == Verdict.CHANGED


def test_receipt_of_another_key_is_not_ours(receipt):
    stranger = Ed25519PrivateKey.generate()
    payload = {**receipt.payload, "key_id": "0" * 16}
    text = json.dumps(
        {
            "payload": payload,
            "signature": base64.b64encode(stranger.sign(canonical(payload).encode())).decode(),
            "public_key": base64.b64encode(stranger.public_key().public_bytes_raw()).decode(),
        }
    )

    verification = receipts.verify(text)

    assert verification.verdict == Verdict.FOREIGN
    assert verification.is_consistent
    assert (verification.is_genuine, verification.is_on_record) == (False, False)


def test_receipt_that_is_not_on_record_is_said_to_be_genuine_all_the_same(receipt):
    text = as_text(receipt)
    lose(Receipt.objects.all())

    verification = receipts.verify(text)

    assert (verification.is_genuine, verification.is_on_record) == (True, False)


def test_document_holds_everything_for_a_check_elsewhere(receipt):
    document = receipts.document_of(receipt)

    assert signing.is_valid(
        canonical(document["payload"]).encode(), document["signature"], document["public_key"]
    )


def test_something_else_that_we_signed_is_no_receipt(db):
    payload = {"schema": "auslobung-seal/1", "reference": "S-222222-v1"}
    signature = signing.sign(canonical(payload).encode())

    with pytest.raises(Unreadable):
        receipts.verify(json.dumps({"payload": payload, "signature": signature}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"receipt"',
        '{"payload": {}}',
        '{"payload": [], "signature": "x"}',
        '{"payload": {}, "signature": 5}',
        "[" * 50_000,
        '{"payload": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + ', "signature": "x"}',
        '{"payload": {"n": ' + "9" * 5_000 + '}, "signature": "x"}',
        " " * 100_001,
    ],
)
def test_what_is_no_receipt_is_said_to_be_none(db, text):
    with pytest.raises(Unreadable):
        receipts.verify(text)


@pytest.mark.parametrize(
    "document",
    [
        {"payload": {**SCHEMA, "key_id": "<script>"}, "signature": "x"},
        {"payload": {**SCHEMA, "key_id": "\ud800"}, "signature": "x"},
        {"payload": {**SCHEMA, "\ud800": 1}, "signature": "ä"},
        {"payload": SCHEMA, "signature": "x", "public_key": "not base64"},
        {"payload": SCHEMA, "signature": "x", "public_key": {"a": 1}},
        {"payload": {**SCHEMA, "n": float("nan")}, "signature": "AAAA"},
    ],
)
def test_hostile_receipts_are_foreign_and_repeat_nothing(db, document):
    verification = receipts.verify(json.dumps(document))

    assert (verification.verdict, verification.key_id, verification.payload) == (
        Verdict.FOREIGN,
        "",
        {},
    )
