"""Roots of a log: when they are made, what they hold, what is refused, who is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings

from competition.models import Phase
from competition.states import ChallengeState
from core import clock, merkle, signing
from core.audit import canonical
from core.models import AuditEvent, OutboxMessage
from submissions import log
from submissions.actions import seal as actions
from submissions.actions import submission as submission_actions
from submissions.actions.seal import LogBroken
from submissions.models import LeafKind, LogLeaf, Seal, SealKind
from tests.factories import break_audit, damage_log

pytestmark = pytest.mark.django_db

GRACE = dt.timedelta(seconds=120)


def hand_in(world, **fields):
    draft = world.draft(**fields)
    return submission_actions.hand_in(draft, by=world.cem, key=draft.code, declared=True)


def deadline(world) -> dt.datetime:
    return Phase.objects.get(challenge=world.challenge, kind="submission").ends_at


def leaves(world) -> list[tuple[int, str]]:
    rows = LogLeaf.objects.filter(challenge=world.challenge)
    return list(rows.values_list("index", "kind"))


def test_receipt_and_leaf_say_the_same_and_name_nobody(world):
    receipt = hand_in(world)

    leaf = LogLeaf.objects.get()
    salt = leaf.data["salt"]
    assert leaf.data == {
        "v": 1,
        "kind": "submission",
        "competition": world.challenge.competition.slug,
        "challenge": world.challenge.code,
        "submission": receipt.submission.code,
        "version": 1,
        "received_at": log.moment(receipt.issued_at),
        "text_sha256": receipt.payload["text_sha256"],
        "files": [],
        "salt": salt,
    }
    assert len(bytes.fromhex(salt)) == 16
    assert leaf.hash == merkle.leaf_hash(canonical(leaf.data).encode()).hex()
    assert (receipt.payload["leaf"], receipt.payload["leaf_hash"]) == (leaf.data, leaf.hash)
    assert "Dachs" not in canonical(leaf.data)


def test_leaf_is_in_the_transaction_of_the_receipt(world):
    draft = world.draft()
    break_audit()

    with pytest.raises(IntegrityError):
        submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert (LogLeaf.objects.count(), Seal.objects.count()) == (0, 0)


def test_leaf_needs_a_transaction(world, monkeypatch):
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)

    with pytest.raises(RuntimeError, match="needs the transaction"):
        log.lock(world.challenge)


def test_late_attempt_is_no_leaf(world):
    draft = world.draft()
    at = deadline(world) + GRACE + dt.timedelta(days=1)

    with pytest.raises(Exception, match=r"deadline|Frist"):
        submission_actions.hand_in(draft, by=world.cem, key="k", declared=True, now=at)

    assert leaves(world) == []


def test_deadline_is_sealed_when_the_grace_is_over_and_once(world):
    receipt = hand_in(world)
    end = deadline(world)
    tick = dt.timedelta(microseconds=1)

    assert actions.at_deadline(world.challenge, now=end) is None
    assert actions.at_deadline(world.challenge, now=end + GRACE - tick) is None
    seal = actions.at_deadline(world.challenge, now=end + GRACE)

    assert leaves(world) == [(0, LeafKind.SUBMISSION), (1, LeafKind.COUNTING)]
    counting = LogLeaf.objects.get(kind=LeafKind.COUNTING)
    assert (counting.data["submission"], counting.data["version"]) == (receipt.submission.code, 1)
    assert (seal.kind, seal.number, seal.size, seal.previous) == (SealKind.DEADLINE, 1, 2, None)
    assert seal.root == merkle.root(log.hashes(world.challenge)).hex()
    assert signing.is_valid(canonical(seal.note).encode(), seal.signature)
    assert seal.note == {
        "schema": "auslobung-root/1",
        "issuer": "http://localhost:8000",
        "key_id": signing.key_id(),
        "competition": world.challenge.competition.slug,
        "challenge": world.challenge.code,
        "kind": "deadline",
        "number": 1,
        "size": 2,
        "root": seal.root,
        "time": log.moment(end + GRACE),
    }
    assert actions.at_deadline(world.challenge, now=end + 2 * GRACE) is None
    assert Seal.objects.count() == 1


def test_withdrawn_version_keeps_its_leaf_but_does_not_count(world):
    receipt = hand_in(world)
    submission_actions.withdraw(receipt.submission, by=world.cem)

    actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    assert leaves(world) == [(0, LeafKind.SUBMISSION)]


def test_moved_deadline_gets_a_root_of_its_own(world):
    hand_in(world)
    first = actions.at_deadline(world.challenge, now=deadline(world) + GRACE)
    Phase.objects.update(ends_at=deadline(world) + dt.timedelta(days=3))

    early = actions.at_deadline(world.challenge, now=first.made_at + dt.timedelta(days=1))
    second = actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    assert early is None
    assert (second.number, second.previous, second.size) == (2, first, 3)
    path = [bytes.fromhex(node) for node in second.consistency]
    old, new = bytes.fromhex(first.root), bytes.fromhex(second.root)
    assert merkle.verify_consistency(2, 3, old, new, path)


def test_sweep_seals_each_deadline_once(world):
    hand_in(world)
    now = deadline(world) + GRACE

    counts = [actions.seal_deadlines(moment) for moment in (now - GRACE, clock.now(), now, now)]

    # The clock of the database decides, and for it the deadline lies ahead.
    assert counts == [0, 0, 0, 0]
    Phase.objects.update(ends_at=clock.now() - 2 * GRACE)
    assert [actions.seal_deadlines(clock.now()) for _again in range(2)] == [1, 0]


def test_sweep_leaves_cancelled_statements_alone(world):
    hand_in(world)
    Phase.objects.update(ends_at=clock.now() - 2 * GRACE)
    type(world.challenge).objects.update(state=ChallengeState.CANCELLED)

    assert actions.seal_deadlines(clock.now()) == 0


@override_settings(UPLOAD_GRACE_SECONDS=0)
def test_without_grace_the_deadline_is_sealed_at_its_instant(world):
    end = deadline(world)

    assert actions.at_deadline(world.challenge, now=end - dt.timedelta(microseconds=1)) is None
    assert actions.at_deadline(world.challenge, now=end) is not None


def test_root_of_nothing_is_the_root_of_the_empty_tree(world):
    seal = actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    assert (seal.size, seal.root) == (0, merkle.EMPTY_ROOT.hex())


def test_root_is_mailed_to_every_member_once(world):
    hand_in(world)
    seal = actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    mails = OutboxMessage.objects.filter(template="root_published")
    people = {world.cem.email, world.dora.email, world.emil.email}
    assert {mail.recipient for mail in mails} == people
    for mail in mails:
        assert seal.root in mail.body
        assert seal.signature in mail.body
        assert f"/challenges/{world.challenge.code}/proof/" in mail.body
        assert len(mail.subject) <= 90


def test_root_is_audited_with_its_figures(world):
    seal = actions.make(world.challenge, SealKind.OPENING, by=world.ada)

    event = AuditEvent.objects.get(action="log.sealed")
    assert event.actor == world.ada.pk
    assert event.data == {"kind": "opening", "number": 1, "size": 0, "root": seal.root}


def test_nothing_is_sealed_if_the_audit_fails(world):
    hand_in(world)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    assert (Seal.objects.count(), LogLeaf.objects.count()) == (0, 1)
    assert not OutboxMessage.objects.filter(template="root_published").exists()


def test_changed_log_is_not_sealed_again(world):
    hand_in(world)
    actions.at_deadline(world.challenge, now=deadline(world) + GRACE)
    damage_log('UPDATE submissions_logleaf SET hash = %s WHERE "index" = 0', "0" * 64)

    with pytest.raises(LogBroken):
        actions.make(world.challenge, SealKind.JURY_LOCK)

    assert Seal.objects.count() == 1


def test_shortened_log_is_not_sealed_again(world):
    hand_in(world)
    actions.at_deadline(world.challenge, now=deadline(world) + GRACE)
    damage_log('DELETE FROM submissions_logleaf WHERE "index" = 1')

    with pytest.raises(LogBroken):
        actions.make(world.challenge, SealKind.JURY_LOCK)


@pytest.mark.parametrize("model", [LogLeaf, Seal])
def test_database_refuses_to_change_or_delete(world, model):
    hand_in(world)
    actions.at_deadline(world.challenge, now=deadline(world) + GRACE)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(kind="other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        # Past Django, which would refuse because of the rows that point here.
        model.objects.all()._raw_delete("default")
