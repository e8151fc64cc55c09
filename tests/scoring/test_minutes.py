"""The jury's minutes: what they say, who reads what, confirmations and the seal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError
from django.urls import reverse
from pypdf import PdfReader

from core.exceptions import DomainError, PermissionRefused
from core.maintenance import invariants
from core.models import AuditEvent, OutboxMessage
from scoring.actions import deliberation, publication
from scoring.actions import minutes as actions
from scoring.models import Attendance, Minutes, MinutesConfirmation, MinutesVersion
from scoring.queries import minutes as queries
from scoring.states import EligibilityCondition, JuryState, MotionKind, VoteChoice
from tests.factories import break_audit
from tests.scoring.decided import Room, closed_room, recuse

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

STRANGERS = ["bea", "cem", "emil", "gus"]


def meeting(*, recused: bool = False) -> Room:
    """A jury that has met, voted and decided; Fritz may be in conflict with Eibe."""
    room = closed_room()
    eibe = room.submissions["Eibe"].entry
    if recused:
        recuse(room.seats[1], room.submissions["Eibe"])
        # Two assessments are needed for a rank.
        room.challenge.rubric.min_assessments = 1
        room.challenge.rubric.save()
    deliberation.open_meeting(room.jury, by=room.frida)
    for seat in room.seats:
        deliberation.arrive(room.jury, seat=seat, by=room.frida)
    deliberation.arrive(room.jury, name="Gerda Gast", function="Protokoll", by=room.frida)
    deliberation.begin_talk(room.jury, entry=eibe, by=room.frida)
    deliberation.end_talk(room.jury, by=room.frida)
    motion = deliberation.open_motion(
        room.jury, by=room.frida, kind=MotionKind.PRIZE, text="Erster Preis", entry=eibe
    )
    deliberation.vote(motion, by=room.frida, choice=VoteChoice.YES)
    deliberation.close_motion(motion, by=room.frida)
    deliberation.save_note(
        room.jury, by=room.frida, entry=eibe, text="Fragt nach, wo es schwierig wird.", version=0
    )
    deliberation.save_note(room.jury, by=room.frida, text="Ohne Unterbrechung.", version=0)
    room.decide(room.award())
    return room


@pytest.fixture
def room() -> Room:
    return meeting()


def url(name: str, room: Room) -> str:
    return reverse(f"scoring:minutes-{name}", args=[room.challenge.code])


def draw_up(room: Room, remarks: str = "Offen bleibt der Betrieb.") -> MinutesVersion:
    return actions.draw_up(room.jury, by=room.frida, remarks=remarks)


def confirm_all(room: Room, version: MinutesVersion) -> Minutes:
    for person in (room.frida, room.fritz):
        actions.confirm(room.jury, by=person, version=version.number)
    return Minutes.objects.get()


# ---- what they say ---------------------------------------------------------------------------
def test_minutes_are_drawn_up_from_the_rows(room: Room) -> None:
    content = draw_up(room).content

    eibe = room.submissions["Eibe"].code
    assert [(row["name"], row["role"], row["organisation"]) for row in content["jury"]] == [
        ("Frida Vorsitz", "chair", "Hochschule A"),
        ("Fritz Juror", "juror", ""),
    ]
    assert [(row["name"], row["function"], row["is_member"]) for row in content["presence"]] == [
        ("Frida Vorsitz", "", True),
        ("Fritz Juror", "", True),
        ("Gerda Gast", "Protokoll", False),
    ]
    assert content["quorum"] == {"percent": 50, "members": 2, "present": 2, "is_reached": True}
    assert content["ranking"][0] == {
        "submission": "Eibe", "code": eibe, "rank": 1, "points": "90.00", "reason": "",
    }  # fmt: skip
    assert content["without_juror"] == {"juries": 2, "other_winner": 0}
    assert content["rules"][0] == {"key": "official", "criterion": "", "winners": ["Eibe"]}
    assert [(row["submission"], row["text"]) for row in content["notes"]] == [
        ("", "Ohne Unterbrechung."),
        ("Eibe", "Fragt nach, wo es schwierig wird."),
    ]
    assert [
        (row["text"], row["state"], row["yes"], row["present"]) for row in content["votes"]
    ] == [("Erster Preis", "no_quorum" if room.seats[1].pk == 0 else "accepted", 1, 2)]
    assert [(row["submission"], row["place"]) for row in content["decision"]["awards"]] == [
        ("Eibe", 1)
    ]
    snapshot = room.decision.snapshot
    assert content["rule"] == {
        "version": snapshot.rule_version,
        "snapshot": snapshot.code,
        "inputs_sha256": snapshot.inputs_sha256,
    }
    assert content["remarks"] == "Offen bleibt der Betrieb."
    names = ("Team Dachs", "Team Luchs", "Geheime Notiz", "@")
    assert [word for word in names if word in json.dumps(content)] == []


def test_page_paper_and_data_say_the_same(room: Room, sign_in: SignIn) -> None:
    draw_up(room)
    client = sign_in(room.fritz)

    page = client.get(url("show", room)).content.decode()
    document = PdfReader(io.BytesIO(client.get(url("pdf", room)).content))
    data = client.get(url("json", room)).json()

    words = ("Gerda Gast", "Erster Preis", "Ohne Unterbrechung.", "Offen bleibt der Betrieb.")
    paper = " ".join(sheet.extract_text() for sheet in document.pages)
    assert [word for word in words if word not in page] == []
    assert [word for word in words if word not in paper] == []
    assert data["record"]["content"]["remarks"] == "Offen bleibt der Betrieb."
    assert (data["sha256"], data["is_excerpt"]) == (None, False)
    # Tagged, as PDF/UA asks: structure, language, title.
    assert {"/StructTreeRoot", "/MarkInfo", "/Lang"} <= set(document.root_object)
    assert document.metadata is not None
    assert document.metadata.title == "Niederschrift der Jury"
    assert b"pdfuaid" in document.root_object["/Metadata"].get_data()


def test_members_who_took_part_are_asked_by_mail(room: Room) -> None:
    draw_up(room)

    mails = OutboxMessage.objects.filter(template="minutes_to_confirm")
    assert {mail.recipient for mail in mails} == {room.frida.email, room.fritz.email}
    assert [mail.pk for mail in mails if url("show", room) not in mail.body] == []
    assert [mail.pk for mail in mails if "Eibe" in mail.subject + mail.body] == []


def test_member_who_was_not_there_is_not_asked(room: Room, sign_in: SignIn) -> None:
    Attendance.objects.filter(seat=room.seats[1]).update(seat=None, name="Ersatz")

    version = draw_up(room)

    assert list(version.members.all()) == [room.seats[0]]
    answer = sign_in(room.fritz).post(url("confirm", room), {"version": "1"})
    assert answer.status_code == 404
    with pytest.raises(PermissionRefused):
        actions.confirm(room.jury, by=room.fritz, version=1)


# ---- drawing up ------------------------------------------------------------------------------
def test_chair_draws_up_the_minutes_and_it_is_audited(room: Room, sign_in: SignIn) -> None:
    answer = sign_in(room.frida).post(url("draw", room), {"remarks": "Keine."})

    version = MinutesVersion.objects.get()
    event = AuditEvent.objects.get(action="minutes.drawn_up")
    assert answer.status_code == 302
    assert (event.actor, event.data["content_sha256"]) == (
        room.frida.pk,
        queries.sha256_of(version.content),
    )


def test_minutes_drawn_up_anew_have_to_be_confirmed_anew(room: Room, sign_in: SignIn) -> None:
    draw_up(room)
    actions.confirm(room.jury, by=room.frida, version=1)
    draw_up(room, "Nachgetragen.")

    page = sign_in(room.fritz).post(url("confirm", room), {"version": "1", "remark": "Nein."})

    assert (page.status_code, Minutes.objects.get().is_sealed) == (409, False)
    assert MinutesConfirmation.objects.filter(version__number=2).count() == 0
    assert OutboxMessage.objects.filter(template="minutes_to_confirm").count() == 4


def test_only_the_chair_draws_up_minutes(room: Room, sign_in: SignIn) -> None:
    names = [*STRANGERS, "ada", "fritz"]

    answers = {
        name: sign_in(getattr(room, name)).post(url("draw", room)).status_code for name in names
    }

    assert answers == dict.fromkeys(names, 404)
    assert sign_in(room.frida).get(url("draw", room)).status_code == 405
    assert not Minutes.objects.exists()


@pytest.mark.parametrize("state", [JuryState.CLOSED, JuryState.DELIBERATING])
def test_minutes_follow_the_decision(sign_in: SignIn, state: str) -> None:
    room = closed_room(state=state)

    assert sign_in(room.frida).post(url("draw", room)).status_code == 404
    assert sign_in(room.fritz).get(url("show", room)).status_code == 404
    with pytest.raises(PermissionRefused):
        draw_up(room)


# ---- reading ---------------------------------------------------------------------------------
def test_minutes_are_for_jury_and_office(room: Room, sign_in: SignIn) -> None:
    draw_up(room)
    answers = {}

    for who in [*STRANGERS, "ada", "frida", "fritz"]:
        client = sign_in(getattr(room, who))
        answers[who] = {client.get(url(name, room)).status_code for name in ("show", "pdf", "json")}

    readers = {"ada": {200}, "frida": {200}, "fritz": {200}}
    assert answers == {who: {404} for who in STRANGERS} | readers


def test_member_in_conflict_reads_an_excerpt_until_the_publication(sign_in: SignIn) -> None:
    room = meeting(recused=True)
    version = draw_up(room, "Zur Eibe blieb etwas offen.")
    client = sign_in(room.fritz)

    data = client.get(url("json", room)).json()
    texts = [
        client.get(url("show", room)).content.decode(),
        json.dumps(data),
        " ".join(
            sheet.extract_text()
            for sheet in PdfReader(io.BytesIO(client.get(url("pdf", room)).content)).pages
        ),
    ]

    content = data["record"]["content"]
    hidden = ("Eibe", room.submissions["Eibe"].code, "schwierig", room.decision.snapshot.code)
    assert [[word for word in hidden if word in text] for text in texts] == [[], [], []]
    assert [(row["submission"], row["rank"]) for row in content["ranking"]] == [
        ("Weide", 1),
        ("Ahorn", 2),
    ]
    assert (content["votes"], content["dialogue"], content["recusals"]) == ([], [], [])
    assert (content["decision"]["awards"], content["remarks"]) == ([], None)
    confirm_all(room, version)
    room.make_ready()
    publication.publish(room.jury, by=room.ada)
    whole = client.get(url("json", room)).json()
    assert (whole["is_excerpt"], whole["record"]["content"]) == (False, version.content)


def test_office_reads_of_no_recusal_which_submission_until_the_names_are_unsealed(
    sign_in: SignIn,
) -> None:
    """The office knows who declared a conflict with which organisation (R-20)."""
    room = meeting(recused=True)
    draw_up(room)
    client = sign_in(room.ada)

    before = client.get(url("json", room)).json()["record"]["content"]["recusals"]
    room.unseal()
    after = client.get(url("json", room)).json()["record"]["content"]["recusals"]

    row = {"name": "Fritz Juror", "reason": "conflict"}
    assert (before, after) == (
        [row | {"submission": ""}],
        [row | {"submission": "Eibe"}],
    )


# ---- confirming ------------------------------------------------------------------------------
def test_last_confirmation_seals_the_minutes(room: Room, sign_in: SignIn) -> None:
    draw_up(room)

    for person, remark in ((room.frida, ""), (room.fritz, "Ich hätte anders entschieden.")):
        assert not Minutes.objects.get().is_sealed
        answer = sign_in(person).post(url("confirm", room), {"version": "1", "remark": remark})
        assert answer.status_code == 302

    minutes = Minutes.objects.get()
    data = sign_in(room.frida).get(url("json", room)).json()
    assert [row["remark"] for row in data["record"]["confirmations"]] == [
        "",
        "Ich hätte anders entschieden.",
    ]
    # Whoever keeps the file computes the same.
    assert minutes.sealed_sha256 == data["sha256"] == queries.sha256_of(data["record"])
    events = AuditEvent.objects.filter(action__startswith="minutes.").order_by("sequence")
    assert [event.action for event in events] == [
        "minutes.drawn_up",
        "minutes.confirmed",
        "minutes.confirmed",
        "minutes.sealed",
    ]
    assert events[3].data["sha256"] == minutes.sealed_sha256


def test_sealed_minutes_take_no_change(room: Room, sign_in: SignIn) -> None:
    minutes = confirm_all(room, draw_up(room))

    answers = [
        sign_in(room.frida).post(url("draw", room), {"remarks": "Doch noch."}),
        sign_in(room.frida).post(url("confirm", room), {"version": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert (MinutesVersion.objects.count(), Minutes.objects.get().sealed_sha256) == (
        1,
        minutes.sealed_sha256,
    )


def test_member_confirms_once(room: Room) -> None:
    draw_up(room)
    actions.confirm(room.jury, by=room.frida, version=1)

    with pytest.raises(DomainError) as refusal:
        actions.confirm(room.jury, by=room.frida, version=1)

    assert refusal.value.code == "confirmed_already"


def test_confirmation_without_a_version_is_refused(room: Room, sign_in: SignIn) -> None:
    draw_up(room)

    assert sign_in(room.fritz).post(url("confirm", room), {}).status_code == 422
    assert sign_in(room.fritz).get(url("confirm", room)).status_code == 405
    assert not MinutesConfirmation.objects.exists()


def test_amendment_after_the_minutes_is_named_on_the_page(room: Room, sign_in: SignIn) -> None:
    confirm_all(room, draw_up(room))
    room.unseal()
    room.check("Eibe", **{EligibilityCondition.values[0]: False})
    publication.amend(
        room.jury, by=room.frida, awards=[room.award("Ahorn")], reason_de="Nicht zugelassen."
    )

    page = sign_in(room.fritz).get(url("show", room))

    assert page.context["amended"] is True


def test_seal_that_no_longer_fits_is_found(room: Room) -> None:
    confirm_all(room, draw_up(room))
    [check] = [row for row in invariants if row.key == "minutes"]
    before = list(check.violations())

    MinutesConfirmation.objects.filter(seat=room.seats[1]).update(remark="Hinterher geschrieben")

    assert before == []
    assert list(check.violations()) == [
        f"The minutes of {room.challenge.code} differ from what was sealed."
    ]


def test_seal_holds_when_a_member_is_renamed(room: Room) -> None:
    minutes = confirm_all(room, draw_up(room))
    room.fritz.name = "Fritz Anders"
    room.fritz.save()

    assert queries.sha256_of(queries.record_of(minutes.current)) == minutes.sealed_sha256


@pytest.mark.parametrize("act", ["draw", "confirm"])
def test_nothing_of_the_minutes_is_stored_without_its_audit_event(room: Room, act: str) -> None:
    if act == "confirm":
        draw_up(room)
    break_audit()

    acts = {
        "draw": lambda: draw_up(room),
        "confirm": lambda: actions.confirm(room.jury, by=room.frida, version=1),
    }
    with pytest.raises(IntegrityError):
        acts[act]()

    assert MinutesConfirmation.objects.count() == 0
    assert MinutesVersion.objects.count() == (1 if act == "confirm" else 0)
