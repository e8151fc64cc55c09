"""Notes while the jury talks, and the levels that it agrees on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import PermissionRefused, StaleVersion
from core.models import AuditEvent
from scoring.actions import deliberation, final_boards
from scoring.actions.deliberation import VoteRefused
from scoring.models import ConsensusMark, Criterion, MeetingNote, MeetingNoteVersion
from scoring.states import JuryState
from tests.factories import break_audit
from tests.scoring.decided import Room, closed_room, recuse

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

OTHERS = ["ada", "bea", "cem", "emil", "fritz", "gus"]


@pytest.fixture
def room() -> Room:
    return closed_room(state=JuryState.DELIBERATING)


def note_url(room: Room, pseudonym: str = "") -> str:
    code = room.challenge.code
    if not pseudonym:
        return reverse("scoring:note-general", args=[code])
    return reverse("scoring:note-edit", args=[code, room.submissions[pseudonym].code])


def write(room: Room, text: str, version: int, pseudonym: str = "") -> MeetingNote:
    entry = room.submissions[pseudonym].entry if pseudonym else None
    return deliberation.save_note(room.jury, by=room.frida, entry=entry, text=text, version=version)


def autosaved(client: Client, address: str, **data: Any) -> Any:
    return client.post(address, data, headers={"Accept": "application/json"})


# ---- notes -----------------------------------------------------------------------------------
@pytest.mark.parametrize("pseudonym", ["", "Eibe"])
def test_notes_save_themselves_and_keep_every_save(
    room: Room, sign_in: SignIn, pseudonym: str
) -> None:
    client = sign_in(room.frida)
    address = note_url(room, pseudonym)

    answers = [
        autosaved(client, address, version=str(version), text=text)
        for version, text in enumerate(("Die Jury", "Die Jury fragt nach.", "Die Jury fragt nach."))
    ]

    # The same text from another tab is no collision, whatever version it read.
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [
        (200, 1),
        (200, 2),
        (200, 2),
    ]
    versions = MeetingNoteVersion.objects.order_by("number").values_list("number", "text")
    assert list(versions) == [(1, "Die Jury"), (2, "Die Jury fragt nach.")]
    assert AuditEvent.objects.filter(action="meeting.noted").count() == 1
    assert "Die Jury fragt nach." in client.get(address).content.decode()


def test_stale_notes_are_refused_and_both_texts_are_shown(room: Room, sign_in: SignIn) -> None:
    write(room, "Aus dem anderen Fenster.", 0, "Eibe")
    client = sign_in(room.frida)
    address = note_url(room, "Eibe")

    refused = autosaved(client, address, version="0", text="Mein Text.")
    page = client.post(address, {"version": "0", "text": "Mein Text."})

    assert (refused.status_code, page.status_code) == (409, 409)
    text = page.content.decode()
    assert ("Mein Text." in text, "Aus dem anderen Fenster." in text) == (True, True)
    # Nothing is saved by itself while somebody chooses.
    assert "data-autosave " not in text
    chosen = client.post(address, {"version": "1", "text": "Mein Text."})
    assert chosen.status_code == 302
    assert MeetingNote.objects.get().text == "Mein Text."


@pytest.mark.parametrize(
    ("data", "status"),
    [({"text": "Ohne Version"}, 422), ({"version": "0", "text": "x" * 8_001}, 200)],
)
def test_autosave_says_what_it_cannot_save(
    room: Room, sign_in: SignIn, data: dict[str, str], status: int
) -> None:
    answer = autosaved(sign_in(room.frida), note_url(room), **data)

    assert answer.status_code == status
    assert set(answer.json().get("unsaved", {})) == ({"text"} if status == 200 else set())
    assert not MeetingNote.objects.exists()


def test_only_the_chair_reads_and_writes_notes(room: Room, sign_in: SignIn) -> None:
    write(room, "Vertraulich gesprochen.", 0, "Eibe")
    answers = {}

    for name in OTHERS:
        client = sign_in(getattr(room, name))
        answers[name] = [
            client.get(note_url(room, "Eibe")).status_code,
            client.post(note_url(room), {"version": "0", "text": "Nein"}).status_code,
        ]

    assert answers == {name: [404, 404] for name in OTHERS}
    discussion = sign_in(room.fritz).get(
        reverse("scoring:discussion-show", args=[room.challenge.code])
    )
    assert "Vertraulich gesprochen." not in discussion.content.decode()


def test_chair_in_conflict_writes_no_notes_about_the_submission(
    room: Room, sign_in: SignIn
) -> None:
    recuse(room.seats[0], room.submissions["Eibe"])

    assert sign_in(room.frida).get(note_url(room, "Eibe")).status_code == 404
    with pytest.raises(PermissionRefused):
        write(room, "Text", 0, "Eibe")


@pytest.mark.parametrize("state", ["closed", "decided", "published"])
def test_notes_belong_to_the_deliberation(room: Room, sign_in: SignIn, state: str) -> None:
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=state)

    assert sign_in(room.frida).get(note_url(room)).status_code == 404
    with pytest.raises(PermissionRefused):
        write(room, "Text", 0)


def test_stale_version_names_what_is_stored(room: Room) -> None:
    write(room, "Eins", 0)

    with pytest.raises(StaleVersion) as refusal:
        write(room, "Zwei", 0)

    assert (refusal.value.data["version"], MeetingNote.objects.get().text) == (1, "Eins")


# ---- consensus -------------------------------------------------------------------------------
def consensus_url(room: Room, pseudonym: str) -> str:
    return reverse(
        "scoring:consensus-set", args=[room.challenge.code, room.submissions[pseudonym].code]
    )


def keys(room: Room) -> list[str]:
    criteria = Criterion.objects.filter(rubric__challenge=room.challenge).order_by("position")
    return [criterion.key for criterion in criteria]


def test_consensus_stands_beside_the_marks_and_counts_nowhere(room: Room, sign_in: SignIn) -> None:
    before = final_boards.compute_jury(room.challenge)
    first, second = keys(room)

    answer = sign_in(room.frida).post(consensus_url(room, "Ahorn"), {first: "5", second: ""})

    after = final_boards.compute_jury(room.challenge)
    assert answer.status_code == 302
    assert (after.inputs_sha256, after.rows, after.header) == (
        before.inputs_sha256,
        before.rows,
        before.header,
    )
    page = sign_in(room.fritz).get(
        reverse("scoring:discussion-show", args=[room.challenge.code]),
        {"submission": room.submissions["Ahorn"].code},
    )
    rows = page.context["detail"].rows
    assert [(row.agreed, [mark.words for mark in row.marks]) for row in rows] == [
        (5, ["3", "3"]),
        (None, ["3", "3"]),
    ]
    event = AuditEvent.objects.get(action="meeting.consensus")
    assert event.data["marks_hundredths"] == {first: 500}


def test_consensus_can_be_taken_back(room: Room, sign_in: SignIn) -> None:
    first, second = keys(room)
    client = sign_in(room.frida)

    for level in ("5", "5", ""):
        client.post(consensus_url(room, "Ahorn"), {first: level, second: ""})

    assert [row.mark_hundredths for row in ConsensusMark.objects.all()] == [None]
    assert AuditEvent.objects.filter(action="meeting.consensus").count() == 2


@pytest.mark.parametrize("level", ["0", "6", "x"])
def test_level_beyond_the_scale_is_no_consensus(room: Room, sign_in: SignIn, level: str) -> None:
    sign_in(room.frida).post(consensus_url(room, "Ahorn"), {keys(room)[0]: level})

    assert not ConsensusMark.objects.exists()


def test_consensus_refuses_foreign_criteria_and_levels(room: Room) -> None:
    entry = room.submissions["Ahorn"].entry
    foreign = Criterion.objects.filter(rubric__challenge=closed_room().challenge).first()
    own = Criterion.objects.filter(rubric__challenge=room.challenge).first()
    assert foreign is not None
    assert own is not None

    for marks in ({foreign.pk: 3}, {own.pk: 9}):
        with pytest.raises(VoteRefused):
            deliberation.set_consensus(room.jury, by=room.frida, entry=entry, marks=marks)


def test_only_the_chair_without_conflict_stores_a_consensus(room: Room, sign_in: SignIn) -> None:
    data = {keys(room)[0]: "5"}
    answers = {
        name: sign_in(getattr(room, name)).post(consensus_url(room, "Ahorn"), data).status_code
        for name in OTHERS
    }
    recuse(room.seats[0], room.submissions["Ahorn"])

    assert answers == dict.fromkeys(OTHERS, 404)
    assert sign_in(room.frida).post(consensus_url(room, "Ahorn"), data).status_code == 404
    assert sign_in(room.frida).get(consensus_url(room, "Eibe")).status_code == 405
    assert not ConsensusMark.objects.exists()


@pytest.mark.parametrize("act", ["note", "consensus"])
def test_nothing_is_written_down_without_its_audit_event(room: Room, act: str) -> None:
    criterion = Criterion.objects.filter(rubric__challenge=room.challenge).first()
    assert criterion is not None
    break_audit()

    acts = {
        "note": lambda: write(room, "Text", 0),
        "consensus": lambda: deliberation.set_consensus(
            room.jury,
            by=room.frida,
            entry=room.submissions["Eibe"].entry,
            marks={criterion.pk: 3},
        ),
    }
    with pytest.raises(IntegrityError):
        acts[act]()

    assert (MeetingNote.objects.count(), ConsensusMark.objects.count()) == (0, 0)
