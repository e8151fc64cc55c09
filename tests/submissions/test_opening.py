"""Sealed documents: nobody reads them before two people of the office open them."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from competition.actions import phase as phase_actions
from competition.extensions import Place, contributed_items
from competition.models import Phase
from core import audit, clock, signing, storage
from core.audit import canonical
from core.display import grouped_hash
from core.exceptions import DomainError, PermissionRefused, PhaseClosed
from core.models import AuditEvent
from scoring.models import Jury
from scoring.queries.jury import gaps_before_start
from submissions import blind, documents, guard, maintenance, openings
from submissions.actions import opening as actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload
from submissions.documents import Sealed
from submissions.models import (
    DocumentKey,
    LeafKind,
    LogLeaf,
    Opening,
    OpeningKey,
    Seal,
    Submission,
)
from submissions.states import FileKind
from tests.factories import CompetitionFactory, JuryFactory, RubricFactory, organiser

PDF = b"%PDF-1.7\nMARKER of a concept that nobody may read yet.\n%%EOF\n"
MINUTES_15 = dt.timedelta(minutes=15)
TICK = dt.timedelta(microseconds=1)


@pytest.fixture
def sealed(world) -> Submission:
    """A version with a sealed concept, handed in by Cem."""
    return handed_in(world, world.entry, world.cem)


@pytest.fixture
def anton(world):
    return organiser(world.challenge.competition, name="Anton Amt")


@pytest.fixture
def after(world, settings) -> dt.datetime:
    """The first moment at which nothing can come in any more."""
    phase = world.challenge.phases.get(kind="submission")
    return phase.ends_at + dt.timedelta(seconds=settings.UPLOAD_GRACE_SECONDS)


def handed_in(world, entry, captain) -> Submission:
    type(world.challenge).objects.filter(pk=world.challenge.pk).update(wants_concept=True)
    entry.refresh_from_db()
    draft = submission_actions.start_draft(entry, by=captain)
    submission_actions.save_text(draft, by=captain, version=0, title="Titel", summary="Kurz")
    upload.attach_file(
        draft, by=captain, kind=FileKind.CONCEPT, file=SimpleUploadedFile("konzept.pdf", PDF)
    )
    submission_actions.hand_in(draft, by=captain, key="k", declared=True)
    draft.refresh_from_db()
    return draft


def read(version: Submission) -> bytes:
    with documents.open_file(version.files.get(kind=FileKind.CONCEPT)) as stream:
        return stream.read()


def opened(world, anton, at: dt.datetime) -> Opening:
    actions.confirm(world.challenge, by=world.ada, now=at)
    return actions.confirm(world.challenge, by=anton, now=at + dt.timedelta(minutes=1))


def stored_bytes() -> bytes:
    place = storages[storage.SUBMISSIONS]
    found = b""
    for folder in place.listdir("")[0]:
        for name in place.listdir(folder)[1]:
            with place.open(f"{folder}/{name}") as stream:
                found += stream.read()
    return found


def test_draft_is_stored_encrypted_and_read_by_its_team(world):
    world.challenge.wants_concept = True
    world.challenge.save()
    draft = world.draft()
    upload.attach_file(
        draft, by=world.cem, kind=FileKind.CONCEPT, file=SimpleUploadedFile("k.pdf", PDF)
    )

    assert read(draft) == PDF
    assert b"MARKER" not in stored_bytes()


def test_handing_in_seals_the_document_from_everybody(sealed):
    with pytest.raises(Sealed):
        read(sealed)


def test_dump_of_database_and_storage_holds_no_plain_text_and_no_key(sealed):
    """What the operator keeps elsewhere is the only thing that opens it (TH-27)."""
    assert DocumentKey.objects.get().readable == ""
    assert b"MARKER" not in stored_bytes()


def test_next_version_takes_the_sealed_document_over_unread(sealed, world):
    draft = submission_actions.start_draft(world.entry, by=world.cem)

    with pytest.raises(Sealed):
        read(draft)
    submission_actions.hand_in(draft, by=world.cem, key="k2", declared=True)


def test_two_people_open_and_the_record_is_signed(sealed, world, anton, after):
    opening = opened(world, anton, after)

    assert read(sealed) == PDF
    assert (opening.first_by, opening.second_by, opening.opened_at) == (
        world.ada,
        anton,
        after + dt.timedelta(minutes=1),
    )
    assert signing.is_valid(canonical(opening.record).encode(), opening.signature)
    file = sealed.files.get(kind=FileKind.CONCEPT)
    assert [version["files"] for version in opening.record["versions"]] == [
        [{"kind": "concept", "size": len(PDF), "sha256": file.sha256}]
    ]
    assert [person["name"] for person in opening.record["confirmed_by"]] == [
        "Ada Amt",
        "Anton Amt",
    ]


def test_record_names_no_team_and_no_code(sealed, world, anton, after):
    text = canonical(opened(world, anton, after).record)

    assert not [
        word
        for word in (sealed.code, world.team.name, world.team.code, "Ulme", "Cem", "konzept")
        if word in text
    ]


def test_log_is_sealed_with_the_record(sealed, world, anton, after):
    opening = opened(world, anton, after)

    seals = Seal.objects.filter(challenge=world.challenge).order_by("number")
    leaf = LogLeaf.objects.get(kind=LeafKind.OPENING)
    # The root of the deadline is made before, should the sweep not have been there yet.
    assert [(seal.kind, seal.size) for seal in seals] == [("deadline", 2), ("opening", 3)]
    assert (leaf.data["record"], leaf.index) == (opening.record_sha256, 2)


def test_document_that_came_over_is_sealed_and_cannot_be_cleaned(sealed, world, sign_in):
    draft = submission_actions.start_draft(world.entry, by=world.cem)
    page = f"/submissions/{draft.code}/files/concept/"
    file = draft.files.get()
    line = {"place": blind.Place.PROPERTY, "where": "Author", "source": "person", "pages": []}
    file.guard = {"lines": [{**line, "found": "Cem", "before": "", "after": ""}], "total": 1}
    file.save()
    assert guard.of_file(file).can_be_cleaned

    response = sign_in(world.cem).post(f"{page}clean/", {"sha256": file.sha256})

    assert (response.status_code, draft.files.get()) == (404, file)
    assert f'action="{page}clean/"' not in sign_in(world.cem).get(page).content.decode()


def test_record_lists_withdrawn_versions_and_late_attempts(sealed, world, anton, after):
    other = handed_in(world, world.other_entry, world.emil)
    submission_actions.withdraw(other, by=world.emil)
    draft = submission_actions.start_draft(world.entry, by=world.cem)
    with pytest.raises(PhaseClosed):
        submission_actions.hand_in(draft, by=world.cem, key="late", declared=True, now=after)

    record = opened(world, anton, after).record

    assert [version["is_withdrawn"] for version in record["versions"]] == [False, True]
    assert len(record["late_attempts"]) == 1
    with pytest.raises(Sealed):
        read(other)


def test_same_person_twice_is_refused(sealed, world, after):
    actions.confirm(world.challenge, by=world.ada, now=after)

    with pytest.raises(DomainError) as refusal:
        actions.confirm(world.challenge, by=world.ada, now=after + TICK)

    assert refusal.value.code == "same_person"
    with pytest.raises(Sealed):
        read(sealed)


@pytest.mark.parametrize(("wait", "is_done"), [(MINUTES_15 - TICK, True), (MINUTES_15, False)])
def test_first_confirmation_ends_after_fifteen_minutes(sealed, world, anton, after, wait, is_done):
    actions.confirm(world.challenge, by=world.ada, now=after)

    opening = actions.confirm(world.challenge, by=anton, now=after + wait)

    assert opening.is_done == is_done
    # Anton's late click is the first one of a new opening.
    assert opening.first_by == (world.ada if is_done else anton)


@pytest.mark.parametrize(("ticks", "code"), [(-1, "not_over"), (0, None)])
def test_opening_begins_when_nothing_can_come_in_any_more(sealed, world, after, ticks, code):
    found = None
    try:
        actions.confirm(world.challenge, by=world.ada, now=after + ticks * TICK)
    except PhaseClosed as refusal:
        found = refusal.code

    assert found == code


def test_only_the_office_opens(sealed, world, after):
    for person in (world.bea, world.cem, world.gus):
        with pytest.raises(PermissionRefused):
            actions.confirm(world.challenge, by=person, now=after)


def test_superuser_cannot_open_or_read(sealed, world, after, sign_in):
    root = world.gus
    root.is_superuser = root.is_staff = True
    root.save()

    with pytest.raises(PermissionRefused):
        actions.confirm(world.challenge, by=root, now=after)
    url = f"/submissions/{sealed.code}/files/concept/download/"
    assert sign_in(root).get(url).status_code == 404


def test_own_team_reads_again_after_the_opening_only(sealed, world, anton, after, sign_in):
    url = f"/submissions/{sealed.code}/files/concept/download/"
    before = sign_in(world.cem).get(url).status_code

    opened(world, anton, after)

    response = sign_in(world.cem).get(url)
    assert (before, b"".join(response), response["Content-Length"]) == (404, PDF, str(len(PDF)))


def test_key_that_the_operator_keeps_elsewhere_is_asked_for(sealed, world, anton, after):
    key = OpeningKey.objects.get()
    path = documents.key_file(key)
    elsewhere = path.rename(path.with_suffix(".away"))
    with translation.override("en"), pytest.raises(DomainError, match=path.name) as refusal:
        actions.confirm(world.challenge, by=world.ada, now=after)
    assert refusal.value.code == "key_missing"

    elsewhere.rename(path)

    assert opened(world, anton, after).is_done


def test_documents_are_opened_once(sealed, world, anton, after):
    opened(world, anton, after)

    with pytest.raises(DomainError) as refusal:
        actions.confirm(world.challenge, by=world.ada, now=after + MINUTES_15)

    assert refusal.value.code == "open_already"


def test_deadline_cannot_be_extended_after_the_opening(sealed, world, anton, after):
    phase = Phase.objects.get(challenge=world.challenge, kind="submission")
    opened(world, anton, after)

    with pytest.raises(DomainError) as refusal:
        phase_actions.extend(
            phase, by=world.ada, ends_at=phase.ends_at + MINUTES_15, reason_de="Störung"
        )

    assert refusal.value.code == "not_extendable"


def test_both_confirmations_are_audited_without_names(sealed, world, anton, after):
    opening = opened(world, anton, after)

    events = AuditEvent.objects.filter(action__startswith="opening.").order_by("sequence")
    assert [(event.action, event.actor, event.data) for event in events] == [
        ("opening.begun", world.ada.pk, {}),
        ("opening.opened", anton.pk, {"documents": 1, "sha256": opening.record_sha256}),
    ]


def test_nothing_opens_if_the_audit_fails(sealed, world, anton, after, monkeypatch):
    actions.confirm(world.challenge, by=world.ada, now=after)

    def fail(*_args: object, **_named: object) -> None:
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="disk full"):
        actions.confirm(world.challenge, by=anton, now=after)

    assert (Opening.objects.get().is_done, DocumentKey.objects.get().is_sealed) == (False, True)


def test_invariants_notice_what_must_not_be(sealed, world, anton, after):
    checks = (
        maintenance.damaged_files,
        maintenance.readable_before_the_opening,
        maintenance.bad_opening_records,
    )
    assert [list(check()) for check in checks] == [[], [], []]

    DocumentKey.objects.update(readable="x")
    assert len(list(maintenance.readable_before_the_opening())) == 1
    DocumentKey.objects.update(readable="")
    opening = opened(world, anton, after)
    assert [list(check()) for check in checks] == [[], [], []]

    opening.record["late_attempts"] = ["2026-01-01T00:00:00Z"]
    opening.save()
    assert len(list(maintenance.bad_opening_records())) == 1
    DocumentKey.objects.update(stored_sha256="0" * 64)
    assert len(list(maintenance.damaged_files())) == 1


def test_record_on_paper_is_a_pdf_in_both_languages(sealed, world, anton, after):
    opening = opened(world, anton, after)

    for language in ("de", "en"):
        with translation.override(language):
            assert openings.pdf_of(opening).startswith(b"%PDF-")


# -- pages of the office ---------------------------------------------------------------------------


def url(world, name: str = "opening-show") -> str:
    challenge = world.challenge
    return reverse(f"submissions:{name}", args=[challenge.competition.slug, challenge.code])


def test_page_is_for_the_office_of_this_competition(sealed, world, sign_in):
    people = {name: getattr(world, name) for name in ("ada", "bea", "cem", "gus")}
    people["elsewhere"] = organiser(CompetitionFactory())

    codes = {name: sign_in(user).get(url(world)).status_code for name, user in people.items()}

    assert codes == {"ada": 200, "bea": 404, "cem": 404, "gus": 404, "elsewhere": 404}


def test_two_clicks_open_and_the_record_is_offered(sealed, world, anton, sign_in):
    now = clock.of_database()
    Phase.objects.filter(challenge=world.challenge).update(
        starts_at=now - dt.timedelta(days=9), ends_at=now - dt.timedelta(hours=1)
    )
    first = sign_in(world.ada).post(url(world), follow=True)
    again = sign_in(world.ada).post(url(world))
    second = sign_in(anton).post(url(world), follow=True)

    assert ("eine zweite Person" in first.content.decode(), again.status_code) == (True, 409)
    page = second.content.decode()
    digest = sealed.files.get(kind=FileKind.CONCEPT).sha256
    assert (grouped_hash(digest) in page, sealed.code in page) == (True, False)
    assert sign_in(anton).get(url(world, "opening-pdf")).content.startswith(b"%PDF-")
    document = sign_in(anton).get(url(world, "opening-json")).json()
    assert signing.is_valid(
        canonical(document["record"]).encode(), document["signature"], document["public_key"]
    )


def test_confirming_too_early_says_so_and_changes_nothing(sealed, world, sign_in):
    response = sign_in(world.ada).post(url(world))

    assert (response.status_code, Opening.objects.count()) == (403, 0)
    assert "nach dem Fristende" in response.content.decode()


def test_record_is_not_there_before_the_opening(sealed, world, sign_in):
    names = ("opening-pdf", "opening-json")

    assert [sign_in(world.ada).get(url(world, name)).status_code for name in names] == [404, 404]


def test_cockpit_reminds_of_sealed_documents_after_the_deadline(sealed, world, anton, after, rf):
    competition = world.challenge.competition
    request = rf.get("/")

    def needs(moment: dt.datetime) -> list[str]:
        with time_machine.travel(moment, tick=False):
            items = contributed_items(Place.OFFICE_NEEDS, request, competition)
        return [need.url for need in items]

    assert needs(after - TICK) == []
    assert needs(after) == [url(world)]
    opened(world, anton, after)
    assert needs(after + MINUTES_15) == []


def test_jury_starts_after_the_opening(sealed, world, anton, after):
    jury = JuryFactory(challenge=world.challenge)
    RubricFactory(challenge=world.challenge)
    word = "versiegelt"

    assert any(word in gap for gap in gaps_before_start(jury, after))
    opened(world, anton, after)
    jury = Jury.objects.get()
    assert not any(word in gap for gap in gaps_before_start(jury, after))
