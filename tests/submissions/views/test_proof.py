"""The public page of proofs and its downloads."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from competition.models import Phase
from core import merkle
from submissions import log, receipts, verify
from submissions.actions import seal as seal_actions
from submissions.actions import submission as submission_actions
from submissions.deadlines import grace
from submissions.models import Seal, SealKind
from submissions.queries import proof

pytestmark = pytest.mark.django_db


def url(world, name: str = "proof-show", **further: object) -> str:
    challenge = world.challenge
    return reverse(
        f"submissions:{name}",
        kwargs={"slug": challenge.competition.slug, "code": challenge.code, **further},
    )


@pytest.fixture
def receipt(world):
    return submission_actions.hand_in(world.draft(), by=world.cem, key="k", declared=True)


def seal_deadline(world) -> Seal:
    return seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())


def test_page_before_the_deadline_says_when_the_first_root_is_made(client, world, receipt, english):
    text = client.get(url(world)).text

    assert "There is no root yet." in text
    assert "What this does not prove" in text
    assert receipt.payload["leaf_hash"] not in text


def test_page_lists_every_root_and_links_its_files(client, world, receipt, english):
    first = seal_deadline(world)
    second = seal_actions.make(world.challenge, SealKind.JURY_LOCK)

    text = client.get(url(world)).text

    for seal in (first, second):
        assert seal.root[:8] in text
        assert url(world, "root-json", number=seal.number) in text
    assert f"{url(world, 'consistency-json')}?from=1&amp;to=2" in text
    assert "bundle.zip" not in text


@pytest.mark.parametrize("what", ["hash", "receipt"])
def test_leaf_is_found_by_its_hash_and_by_the_receipt(client, world, receipt, what, english):
    seal_deadline(world)
    leaf_hash = receipt.payload["leaf_hash"]
    pasted = leaf_hash.upper() if what == "hash" else json.dumps(receipts.document_of(receipt))

    response = client.post(url(world), {"leaf": pasted})

    assert response.status_code == 200
    assert "Yes, from root 1 on" in response.text
    assert f"?leaf={leaf_hash}&amp;root=1" in response.text


def test_unknown_leaf_is_said_to_be_in_no_root(client, world, receipt, english):
    seal_deadline(world)

    response = client.post(url(world), {"leaf": "0" * 64})

    assert (response.status_code, "No published root holds this leaf" in response.text) == (
        200,
        True,
    )


@pytest.mark.parametrize("text", ["", "abc", "{", '{"payload": {}}', "0" * 63, "x" * 64])
def test_what_is_neither_hash_nor_receipt_is_refused(client, world, text):
    assert client.post(url(world), {"leaf": text}).status_code == 422


def test_root_is_answered_as_it_was_signed(client, world, receipt):
    seal = seal_deadline(world)

    response = client.get(url(world, "root-json", number=1))

    assert json.loads(response.content) == log.document_of(seal)
    assert response["Content-Disposition"].endswith('-root-1.json"')
    assert client.get(url(world, "root-json", number=2)).status_code == 404


def test_inclusion_is_proven_for_roots_that_hold_the_leaf(client, world, receipt):
    seal = seal_deadline(world)
    query = {"leaf": receipt.payload["leaf_hash"], "root": "1"}

    document = json.loads(client.get(url(world, "inclusion-json"), query).content)

    path = [bytes.fromhex(node) for node in document["path"]]
    leaf, root = bytes.fromhex(query["leaf"]), bytes.fromhex(seal.root)
    assert merkle.verify_inclusion(leaf, document["index"], document["size"], path, root)
    for wrong in ({**query, "root": "2"}, {**query, "root": "x"}, {**query, "leaf": "0" * 64}):
        assert client.get(url(world, "inclusion-json"), wrong).status_code == 404


def test_leaf_that_came_after_a_root_is_not_in_it(client, world, receipt):
    old = seal_actions.make(world.challenge, SealKind.OPENING)
    log_size = old.size
    seal_deadline(world)
    leaf = world.challenge.leaves.get(index=log_size)

    assert proof.inclusion(old, leaf.hash) is None
    assert proof.first_root_with(world.challenge, leaf.hash).number == 2


def test_consistency_is_proven_between_any_two_roots(client, world, receipt):
    seals = [
        seal_actions.make(world.challenge, SealKind.OPENING),
        seal_deadline(world),
        seal_actions.make(world.challenge, SealKind.JURY_LOCK),
    ]

    document = json.loads(
        client.get(url(world, "consistency-json"), {"from": "1", "to": "3"}).content
    )

    verify.check_consistency(document, seals[0].note, seals[2].note, verify.Report())
    for query in ({}, {"from": "2", "to": "1"}, {"from": "1", "to": "1"}, {"from": "1", "to": "9"}):
        assert client.get(url(world, "consistency-json"), query).status_code == 404


def test_program_is_answered_with_a_tag_and_not_twice(client, db):
    address = reverse("submissions:verify-script")

    response = client.get(address)
    again = client.get(address, headers={"If-None-Match": response["ETag"]})

    assert response.content.startswith(b"#!/usr/bin/env python3")
    assert (again.status_code, again.content) == (304, b"")


def test_statement_leads_to_its_proofs_once_there_is_a_root(client, world, receipt):
    page = world.challenge.get_absolute_url()
    before = client.get(page).text
    seal_deadline(world)

    assert url(world) not in before
    assert url(world) in client.get(page).text


def test_page_asks_as_many_questions_for_one_root_as_for_three(client, world, receipt, own_queries):
    seal_deadline(world)
    one = own_queries(client, url(world))
    for _more in range(2):
        seal_actions.make(world.challenge, SealKind.JURY_LOCK)

    assert own_queries(client, url(world)) == one
