from __future__ import annotations

import datetime as dt
import hashlib
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from competition.models import Phase
from competition.states import ChallengeState
from core import clock, signing
from core.audit import canonical
from core.exceptions import (
    IllegalTransition,
    Incomplete,
    LimitReached,
    PhaseClosed,
    StaleVersion,
)
from core.models import AuditEvent, OutboxMessage
from submissions import queries
from submissions.actions import submission as actions
from submissions.actions import upload
from submissions.models import LateAttempt, Receipt, Submission
from submissions.signals import submission_handed_in
from submissions.states import FileKind, SubmissionState
from tests.factories import DAY, SubmissionFactory, break_audit

TICK = dt.timedelta(microseconds=1)
BERLIN = ZoneInfo("Europe/Berlin")


def hand_in(draft: Submission, by, *, key: str = "key-1", **fields: object) -> Receipt:
    return actions.hand_in(draft, by=by, key=key, declared=True, **fields)


def set_phase(world, **fields: object) -> Phase:
    Phase.objects.filter(challenge=world.challenge).update(**fields)
    return Phase.objects.get(challenge=world.challenge)


# -- start a draft --------------------------------------------------------------------------------


def test_start_draft_makes_version_one(world):
    draft = actions.start_draft(world.entry, by=world.dora)

    assert (draft.number, draft.state, draft.title, draft.created_by) == (
        1,
        SubmissionState.DRAFT,
        "",
        world.dora,
    )
    assert AuditEvent.objects.get().action == "submission.started"


def test_start_draft_returns_the_one_there_is(world):
    first = actions.start_draft(world.entry, by=world.cem)

    again = actions.start_draft(world.entry, by=world.dora)

    assert again == first
    assert AuditEvent.objects.count() == 1


def test_start_draft_takes_texts_and_files_over(world, pdf):
    type(world.challenge).objects.update(wants_concept=True)
    world.entry.challenge.wants_concept = True
    first = world.draft(link="https://example.org/code")
    old = upload.attach_file(first, by=world.cem, kind=FileKind.CONCEPT, file=pdf)
    hand_in(first, world.cem)

    second = actions.start_draft(world.entry, by=world.dora)

    assert (second.number, second.title, second.summary, second.link, second.is_declared) == (
        2,
        first.title,
        first.summary,
        "https://example.org/code",
        False,
    )
    new = second.files.get()
    assert (new.key, new.sha256, new.original_name, new.uploaded_at, new.uploaded_by) == (
        old.key,
        old.sha256,
        "konzept.pdf",
        old.uploaded_at,
        world.cem,
    )
    assert second.code != first.code


def test_start_draft_follows_the_window_to_the_tick(world):
    phase = set_phase(world)
    for moment in (phase.starts_at - TICK, phase.ends_at):
        with pytest.raises(PhaseClosed):
            actions.start_draft(world.entry, by=world.cem, now=moment)

    draft = actions.start_draft(world.entry, by=world.cem, now=phase.ends_at - TICK)

    assert draft.created_at == phase.ends_at - TICK


def test_start_draft_writes_nothing_if_the_audit_fails(world):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.start_draft(world.entry, by=world.cem)

    assert not Submission.objects.exists()


# -- save texts -----------------------------------------------------------------------------------


def save(draft: Submission, by, **fields: object) -> Submission:
    given = {"version": draft.version, "title": "Neu", "summary": "Text", **fields}
    return actions.save_text(draft, by=by, **given)


def test_save_text_counts_versions(world):
    draft = world.draft()

    save(draft, world.dora, title=" Neuer Titel ", summary="Zeile 1\r\nZeile 2 ", link="")

    draft.refresh_from_db()
    assert (draft.title, draft.summary, draft.version) == ("Neuer Titel", "Zeile 1\nZeile 2", 1)
    assert AuditEvent.objects.get().data == {"part": "version"}


def test_save_text_overwrites_nobody(world):
    draft = world.draft()
    save(draft, world.dora, title="Von Dora")

    with pytest.raises(StaleVersion) as error:
        actions.save_text(draft, by=world.cem, version=0, title="Von Cem", summary="")

    assert error.value.data == {"version": 1}
    assert Submission.objects.get().title == "Von Dora"


def test_save_text_never_changes_what_is_handed_in(world):
    draft = world.draft()
    hand_in(draft, world.cem)

    with pytest.raises(StaleVersion) as error:
        save(draft, world.cem, title="Nachträglich")

    assert error.value.code == "handed_in"
    assert Submission.objects.get().title == "Lesen, zweifeln, fragen"


def test_save_text_works_after_the_deadline_for_what_was_not_handed_in(world):
    draft = world.draft()
    set_phase(world, ends_at=clock.now() - DAY / 2)

    save(draft, world.cem, title="Für eine Verlängerung")

    assert Submission.objects.get().title == "Für eine Verlängerung"


def test_save_text_writes_nothing_if_the_audit_fails(world):
    draft = world.draft()
    break_audit()

    with pytest.raises(IntegrityError):
        save(draft, world.cem)

    assert Submission.objects.get().version == 0


# -- hand in --------------------------------------------------------------------------------------


def test_hand_in_moves_the_draft_and_issues_a_receipt(world):
    draft, now = world.draft(), clock.now()

    receipt = hand_in(draft, world.cem, now=now)

    stored = Submission.objects.get()
    assert (stored.state, stored.handed_in_at, stored.handed_in_by, stored.is_declared) == (
        SubmissionState.HANDED_IN,
        now,
        world.cem,
        True,
    )
    assert (receipt.submission, receipt.issued_at) == (stored, now)
    event = AuditEvent.objects.get()
    assert (event.action, event.data["number"]) == ("submission.handed_in", 1)


def test_hand_in_signs_the_canonical_payload(world):
    receipt = hand_in(world.draft(), world.cem)

    stored = Receipt.objects.get()
    assert stored.key_id == signing.key_id() == stored.payload["key_id"]
    assert signing.is_valid(canonical(stored.payload).encode(), receipt.signature)


def test_receipt_says_what_arrived_when(world, pdf):
    type(world.challenge).objects.update(wants_concept=True)
    world.entry.challenge.wants_concept = True
    phase = set_phase(
        world,
        starts_at=dt.datetime(2027, 3, 1, tzinfo=dt.UTC),
        ends_at=dt.datetime(2027, 3, 15, 11, tzinfo=dt.UTC),
    )
    draft = world.draft()
    uploaded = dt.datetime(2027, 3, 15, 9, 21, 12, tzinfo=dt.UTC)
    file = upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=pdf, now=uploaded)

    receipt = hand_in(
        draft, world.cem, now=dt.datetime(2027, 3, 15, 9, 47, 38, 500_000, tzinfo=dt.UTC)
    )

    leaf = draft.leaves.get()
    assert receipt.payload == {
        "schema": "auslobung-receipt/1",
        "issuer": "http://localhost:8000",
        "key_id": signing.key_id(),
        "reference": f"{draft.code}-v1",
        "submission": draft.code,
        "version": 1,
        "competition": world.challenge.competition.slug,
        "challenge": world.challenge.code,
        "statement_sha256": "0" * 64,
        "terms_version": 1,
        "team": world.team.code,
        "received_at_utc": "2027-03-15T09:47:38Z",
        "received_at_local": "2027-03-15T10:47:38+01:00",
        "time_zone": "Europe/Berlin",
        "deadline_utc": "2027-03-15T11:00:00Z",
        "deadline_local": "2027-03-15T12:00:00+01:00",
        "on_time_by_seconds": 4341,
        "text_sha256": hashlib.sha256(
            b'{"link":"","summary":"Ein Verfahren, das nachfragt.",'
            b'"title":"Lesen, zweifeln, fragen"}'
        ).hexdigest(),
        "files": [
            {
                "kind": "concept",
                "name": "konzept.pdf",
                "size": file.size,
                "sha256": file.sha256,
                "uploaded_at_utc": "2027-03-15T09:21:12Z",
            }
        ],
        "upload_begun_at_utc": None,
        "leaf": leaf.data,
        "leaf_hash": leaf.hash,
    }
    assert receipt.deadline_at == phase.ends_at
    assert receipt.on_time_by == dt.timedelta(seconds=4341)


def test_receipt_names_no_person(world):
    receipt = hand_in(world.draft(), world.cem)

    text = canonical(receipt.payload)
    for secret in (
        world.cem.name,
        world.cem.email,
        world.team.name,
        world.team.organisation,
        world.entry.jury_pseudonym,
    ):
        assert secret not in text


def test_hand_in_mails_the_receipt_to_every_member(world):
    draft = world.draft()

    hand_in(draft, world.cem)

    mails = OutboxMessage.objects.order_by("recipient")
    assert sorted(m.recipient for m in mails) == sorted([world.cem.email, world.dora.email])
    assert {m.topic for m in mails} == {world.challenge.competition.slug}
    for message in mails:
        assert draft.reference in message.subject
        assert f"/submissions/{draft.code}/receipt/" in message.body


def test_hand_in_tells_the_machine_after_the_commit(world, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, submission_id, **kwargs):
        heard.append((submission_id, Submission.objects.get(pk=submission_id).state))

    submission_handed_in.connect(listen)
    draft = world.draft()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            hand_in(draft, world.cem)
            assert heard == []
    finally:
        submission_handed_in.disconnect(listen)

    assert heard == [(draft.pk, SubmissionState.HANDED_IN)]


def test_hand_in_survives_a_listener_that_fails(world, django_capture_on_commit_callbacks):
    def fail(sender, **kwargs):
        raise RuntimeError

    submission_handed_in.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            receipt = hand_in(world.draft(), world.cem)
    finally:
        submission_handed_in.disconnect(fail)

    assert Receipt.objects.get() == receipt


def test_hand_in_follows_the_window_to_the_tick(world):
    phase = set_phase(world, starts_at=clock.now() - DAY, ends_at=clock.now() + DAY)
    draft = world.draft()
    for moment in (phase.starts_at - TICK, phase.ends_at, phase.ends_at + TICK):
        with pytest.raises(PhaseClosed):
            hand_in(draft, world.cem, now=moment)

    receipt = hand_in(draft, world.cem, now=phase.ends_at - TICK)

    assert receipt.on_time_by == dt.timedelta()
    assert Submission.objects.get().handed_in_at == phase.ends_at - TICK


def test_hand_in_at_the_first_instant_works(world):
    phase = set_phase(world)

    hand_in(world.draft(), world.cem, now=phase.starts_at)

    assert Submission.objects.get().state == SubmissionState.HANDED_IN


def test_hand_in_too_late_is_recorded_although_it_is_refused(world):
    phase = set_phase(world)
    draft = world.draft()
    moment = phase.ends_at + dt.timedelta(seconds=90)

    with pytest.raises(PhaseClosed) as error:
        hand_in(draft, world.cem, now=moment)

    assert (error.value.code, error.value.status) == ("deadline_passed", 403)
    attempt = LateAttempt.objects.get()
    assert (attempt.submission, attempt.user, attempt.attempted_at, attempt.ended_at) == (
        draft,
        world.cem,
        moment,
        phase.ends_at,
    )
    assert attempt.late_by == dt.timedelta(seconds=90)
    event = AuditEvent.objects.get()
    assert (event.action, event.data) == ("submission.late", {"late_by_seconds": 90})
    assert Submission.objects.get().state == SubmissionState.DRAFT
    assert not OutboxMessage.objects.exists()


def test_hand_in_too_early_is_no_late_attempt(world):
    phase = set_phase(world)

    with pytest.raises(PhaseClosed) as error:
        hand_in(world.draft(), world.cem, now=phase.starts_at - TICK)

    assert error.value.code == "not_open_yet"
    assert not LateAttempt.objects.exists()


def test_hand_in_refuses_a_cancelled_statement(world):
    type(world.challenge).objects.update(state=ChallengeState.CANCELLED)

    with pytest.raises(PhaseClosed) as error:
        hand_in(world.draft(), world.cem)

    assert error.value.code == "cancelled"


def test_hand_in_reads_the_deadline_afresh(world):
    draft = world.draft()
    draft.entry.challenge.phases.all()  # what the page had loaded
    set_phase(world, ends_at=clock.now() - dt.timedelta(minutes=1))

    with pytest.raises(PhaseClosed):
        hand_in(draft, world.cem)


@pytest.mark.parametrize(
    ("fields", "declared", "missing"),
    [
        ({"title": ""}, True, ["Give your solution a title."]),
        ({"summary": ""}, True, ["Write the summary."]),
        ({}, False, ["Confirm the declaration."]),
        (
            {"title": "", "summary": ""},
            False,
            ["Give your solution a title.", "Write the summary.", "Confirm the declaration."],
        ),
    ],
)
def test_hand_in_refuses_what_is_incomplete(world, english, fields, declared, missing):
    draft = world.draft(**fields)

    with pytest.raises(Incomplete) as error:
        actions.hand_in(draft, by=world.cem, key="k", declared=declared)

    assert error.value.data["missing"] == missing
    assert Submission.objects.get().state == SubmissionState.DRAFT


def test_hand_in_wants_the_files_of_the_statement(world, english, pdf, csv):
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    draft = Submission.objects.get(pk=world.draft().pk)
    with pytest.raises(Incomplete) as error:
        hand_in(draft, world.cem)
    assert error.value.data["missing"] == [
        "Upload the concept as a PDF.",
        "Upload the prediction file.",
    ]

    upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=pdf)
    upload.attach_file(draft, by=world.cem, kind=FileKind.PREDICTIONS, file=csv)
    receipt = hand_in(draft, world.cem)

    assert [file["kind"] for file in receipt.payload["files"]] == ["concept", "predictions"]


def test_hand_in_refuses_a_file_with_problems(world, strict_check):
    type(world.challenge).objects.update(wants_predictions=True)
    draft = Submission.objects.get(pk=world.draft().pk)
    wrong = SimpleUploadedFile("v.csv", b"id,label\nd-1,x\n")
    upload.attach_file(draft, by=world.cem, kind=FileKind.PREDICTIONS, file=wrong)

    with pytest.raises(Incomplete):
        hand_in(draft, world.cem)

    assert Submission.objects.get().state == SubmissionState.DRAFT


def test_hand_in_checks_the_prediction_file_once_more(world, request):
    type(world.challenge).objects.update(wants_predictions=True)
    draft = Submission.objects.get(pk=world.draft().pk)
    unlike = SimpleUploadedFile("v.csv", b"id,label\nd-1,x\n")
    upload.attach_file(draft, by=world.cem, kind=FileKind.PREDICTIONS, file=unlike)
    # What is expected of the file changes between upload and hand-in.
    request.getfixturevalue("strict_check")

    with pytest.raises(Incomplete) as error:
        hand_in(draft, world.cem)

    assert error.value.code == "predictions"
    assert Submission.objects.get().state == SubmissionState.DRAFT


def test_hand_in_writes_nothing_if_the_audit_fails(world):
    draft = world.draft()
    break_audit()

    with pytest.raises(IntegrityError):
        hand_in(draft, world.cem)

    assert Submission.objects.get().state == SubmissionState.DRAFT
    assert (Receipt.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_late_attempt_is_not_recorded_without_its_audit_event(world):
    phase = set_phase(world)
    draft = world.draft()
    break_audit()

    with pytest.raises(IntegrityError):
        hand_in(draft, world.cem, now=phase.ends_at)

    assert not LateAttempt.objects.exists()


# -- the same click twice -------------------------------------------------------------------------


def test_same_key_gives_the_same_receipt(world):
    draft = world.draft()
    first = hand_in(draft, world.cem, key="click")

    again = hand_in(draft, world.cem, key="click")

    assert again == first
    assert (Receipt.objects.count(), AuditEvent.objects.count()) == (1, 1)


def test_same_key_gives_the_same_receipt_after_the_deadline_too(world):
    phase = set_phase(world)
    draft = world.draft()
    first = hand_in(draft, world.cem, key="click")

    again = hand_in(draft, world.cem, key="click", now=phase.ends_at + DAY)

    assert again == first
    assert not LateAttempt.objects.exists()


def test_another_key_does_not_hand_in_twice(world):
    draft = world.draft()
    hand_in(draft, world.cem, key="one")

    with pytest.raises(IllegalTransition):
        hand_in(draft, world.cem, key="two")

    assert Receipt.objects.count() == 1


def test_key_of_another_team_says_nothing_and_blocks_nothing(world):
    mine = hand_in(world.draft(), world.cem, key="shared")
    theirs = SubmissionFactory(entry=world.other_entry)

    receipt = hand_in(theirs, world.emil, key="shared")

    assert receipt != mine
    assert receipt.submission == theirs


def test_hand_in_is_no_way_back_for_an_ineligible_version(world):
    draft = world.draft(handed_in=True)
    Submission.objects.update(state=SubmissionState.INELIGIBLE)

    with pytest.raises(IllegalTransition):
        hand_in(draft, world.cem)

    assert Submission.objects.get().state == SubmissionState.INELIGIBLE


# -- limits ---------------------------------------------------------------------------------------


def versions(world, count: int, **fields: object) -> None:
    for number in range(1, count + 1):
        SubmissionFactory(entry=world.entry, number=number, handed_in=True, **fields)


def test_limit_per_day_refuses_one_more(world):
    set_phase(world, limit_per_day=2)
    versions(world, 1)
    hand_in(world.draft(number=2), world.cem, key="second")

    with pytest.raises(LimitReached) as error:
        hand_in(world.draft(number=3), world.cem, key="third")

    assert (error.value.code, error.value.status) == ("limit_per_day", 429)
    assert Receipt.objects.count() == 1


def test_limit_per_day_counts_from_midnight_to_midnight(world):
    midnight = dt.datetime(2027, 3, 10, tzinfo=BERLIN)
    set_phase(world, starts_at=midnight - 5 * DAY, ends_at=midnight + 5 * DAY, limit_per_day=1)
    versions(world, 1, handed_in_at=midnight - TICK)
    draft = world.draft(number=2)

    with pytest.raises(LimitReached):
        hand_in(draft, world.cem, now=midnight - TICK)
    hand_in(draft, world.cem, now=midnight)

    assert queries.tries(world.entry, midnight).left_today == 0


def test_limit_of_the_last_day_promises_no_further_try(world):
    now = dt.datetime(2027, 3, 15, 9, tzinfo=BERLIN)
    set_phase(world, starts_at=now - DAY, ends_at=now + DAY / 12, limit_per_day=1)
    versions(world, 1, handed_in_at=now)

    with pytest.raises(LimitReached) as error:
        hand_in(world.draft(number=2), world.cem, now=now)

    assert "die Frist endet heute" in str(error.value)


def test_limit_in_total_refuses_one_more(world):
    set_phase(world, limit_total=3)
    versions(world, 3, handed_in_at=clock.now() - DAY / 2)

    with pytest.raises(LimitReached) as error:
        hand_in(world.draft(number=4), world.cem)

    assert error.value.code == "limit_total"


def test_limit_stays_passed_even_if_there_are_too_many(world):
    # A limit that was lowered, or a race that was lost once, must not open the gate again (IN-21).
    set_phase(world, limit_total=3, limit_per_day=1)
    versions(world, 5)

    with pytest.raises(LimitReached):
        hand_in(world.draft(number=6), world.cem)


def test_withdrawn_version_keeps_its_try(world):
    set_phase(world, limit_total=1)
    draft = world.draft()
    hand_in(draft, world.cem, key="one")
    actions.withdraw(Submission.objects.get(), by=world.cem)

    with pytest.raises(LimitReached):
        hand_in(world.draft(number=2), world.cem, key="two")


def test_other_team_has_tries_of_its_own(world):
    set_phase(world, limit_total=1)
    versions(world, 1)

    hand_in(SubmissionFactory(entry=world.other_entry), world.emil)

    assert Receipt.objects.count() == 1


def test_give_back_try_opens_one(world):
    set_phase(world, limit_total=1)
    versions(world, 1)

    actions.give_back_try(Submission.objects.get(), reason="Störung bei der Auswertung")
    hand_in(world.draft(number=2), world.cem)

    event = AuditEvent.objects.get(action="submission.try_given_back")
    assert (event.actor, event.reason) == (None, "Störung bei der Auswertung")


def test_give_back_try_changes_nothing_the_second_time(world):
    versions(world, 1)
    version = Submission.objects.get()

    actions.give_back_try(version, reason="x")
    actions.give_back_try(version, reason="x")

    assert AuditEvent.objects.count() == 1


def test_give_back_try_writes_nothing_if_the_audit_fails(world):
    versions(world, 1)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.give_back_try(Submission.objects.get(), reason="x")

    assert Submission.objects.get().costs_a_try


# -- withdraw -------------------------------------------------------------------------------------


def test_withdraw_keeps_the_version_and_names_what_counts_now(world):
    versions(world, 2)
    second = Submission.objects.get(number=2)

    actions.withdraw(second, by=world.cem, reason="Fehler gefunden")

    second.refresh_from_db()
    assert (second.state, second.handed_in_at is not None) == (SubmissionState.WITHDRAWN, True)
    assert Submission.objects.counting().get().number == 1
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("submission.withdrawn", "Fehler gefunden")
    assert {m.recipient for m in OutboxMessage.objects.all()} == {
        world.cem.email,
        world.dora.email,
    }


def test_withdraw_follows_the_window_to_the_tick(world):
    phase = set_phase(world)
    versions(world, 1)
    version = Submission.objects.get()

    with pytest.raises(PhaseClosed):
        actions.withdraw(version, by=world.cem, now=phase.ends_at)
    actions.withdraw(version, by=world.cem, now=phase.ends_at - TICK)

    assert Submission.objects.get().state == SubmissionState.WITHDRAWN


def test_withdraw_refuses_a_draft(world):
    with pytest.raises(IllegalTransition):
        actions.withdraw(world.draft(), by=world.cem)


def test_withdraw_writes_nothing_if_the_audit_fails(world):
    versions(world, 1)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.withdraw(Submission.objects.get(), by=world.cem)

    assert Submission.objects.get().state == SubmissionState.HANDED_IN
