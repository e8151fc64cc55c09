"""Persons whom a team names: who may, what the office sees, what follows, what nobody learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import Incomplete, PermissionRefused
from core.models import AuditEvent
from scoring.actions import notice as actions
from scoring.models import Assessment, Assignment, ConflictNotice, Jury, Recusal
from scoring.queries import notice as queries
from scoring.states import ConflictRelation, JuryState, RecusalReason
from tests.factories import break_audit

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from tests.scoring.jury_room import Room

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

FRIDA = {"name": "Prof. Dr. Frida Jurorin", "relation": ConflictRelation.PROJECT}


def give(room: Room, **fields: str) -> ConflictNotice:
    return actions.give(room.submissions["Ulme"], by=room.cem, **{**FRIDA, **fields})


def page_of(room: Room) -> str:
    return reverse("scoring:notice-list", args=[room.submissions["Ulme"].code])


def desk_of(room: Room) -> str:
    return reverse("scoring:notice-settle", args=[room.competition.slug, room.challenge.code])


# -- naming ----------------------------------------------------------------------------------------


def test_team_names_a_person_and_the_log_does_not(room: Room) -> None:
    notice = give(room, note="Gemeinsames Vorhaben bis 2024.")

    event = AuditEvent.objects.latest("sequence")
    assert (notice.entry, notice.named_by, notice.is_settled) == (
        room.entries["Ulme"], room.cem, False,
    )  # fmt: skip
    assert (event.action, event.data) == (
        "notice.given", {"entry": notice.entry_id, "relation": "project"},
    )  # fmt: skip


@pytest.mark.parametrize("who", ["ada", "bea", "emil", "frida", "gus"])
def test_naming_is_the_team_s(room: Room, who: str) -> None:
    with pytest.raises(PermissionRefused):
        actions.give(room.submissions["Ulme"], by=room.people[who], **FRIDA)

    assert not ConflictNotice.objects.exists()


@pytest.mark.parametrize("state", [JuryState.DECIDED, JuryState.PUBLISHED])
def test_naming_ends_with_the_decision(room: Room, state: str) -> None:
    Jury.objects.filter(pk=room.jury.pk).update(state=state)
    room.submissions["Ulme"].refresh_from_db()

    with pytest.raises(PermissionRefused):
        give(room)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "  "}, "name_missing"),
        ({"relation": "neighbour"}, "relation_missing"),
        ({"relation": ConflictRelation.OTHER}, "note_missing"),
    ],
)
def test_notice_says_who_and_why(room: Room, fields: dict[str, str], code: str) -> None:
    with pytest.raises(Incomplete) as refused:
        give(room, **fields)

    assert (refused.value.code, ConflictNotice.objects.count()) == (code, 0)


def test_a_team_names_so_many_and_no_more(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_NOTICES", 2)
    give(room)
    give(room, name="Jan Muster")

    with pytest.raises(actions.NoticeRefused):
        give(room, name="Eva Muster")


def test_notice_is_undone_without_its_event(room: Room) -> None:
    break_audit()

    with pytest.raises(IntegrityError):
        give(room)

    assert not ConflictNotice.objects.exists()


def test_notice_is_taken_back_by_its_team_until_it_is_settled(room: Room) -> None:
    first, second = give(room), give(room, name="Jan Muster")
    own, foreign = room.submissions["Ulme"], room.submissions["Zeder"]
    actions.settle(second, by=room.ada, seat=None, reason="Nicht in der Jury.")

    with pytest.raises(PermissionRefused):
        actions.take_back(first, by=room.emil, submission=foreign)
    with pytest.raises(actions.NoticeRefused):
        actions.take_back(second, by=room.cem, submission=own)
    actions.take_back(first, by=room.cem, submission=own)

    assert list(ConflictNotice.objects.all()) == [second]


# -- settling --------------------------------------------------------------------------------------


def test_whoever_is_meant_no_longer_assesses_the_submission(assessing: Room) -> None:
    assessing.finish("frida", 3, 3, 5)
    notice = give(assessing)

    actions.settle(
        notice, by=assessing.ada, seat=assessing.seats["frida"], reason="Gemeinsames Vorhaben."
    )

    recusal = Recusal.objects.get()
    assert (recusal.seat, recusal.entry, recusal.reason) == (
        assessing.seats["frida"], assessing.entries["Ulme"], RecusalReason.NAMED,
    )  # fmt: skip
    assert not Assessment.objects.counted().filter(
        assignment__seat=recusal.seat, assignment__submission__entry=recusal.entry
    )
    assert assessing.submissions["Ulme"] not in [
        row.submission for row in Assignment.objects.visible_to(assessing.frida)
    ]
    event = AuditEvent.objects.filter(action="notice.settled").get()
    assert (event.reason, event.data) == (
        "Gemeinsames Vorhaben.", {"entry": recusal.entry_id, "seat": recusal.seat_id},
    )  # fmt: skip


def test_nobody_is_recused_where_nothing_follows(assessing: Room) -> None:
    notice = actions.settle(give(assessing), by=assessing.ada, seat=None, reason="Nur eine Tagung.")

    assert (notice.is_settled, notice.recusal, Recusal.objects.count()) == (True, None, 0)
    with pytest.raises(actions.NoticeRefused):
        actions.settle(notice, by=assessing.ada, seat=None, reason="Noch einmal.")


@pytest.mark.parametrize("who", ["bea", "cem", "frida", "hanna", "gus"])
def test_settling_a_notice_is_the_office_s(assessing: Room, who: str) -> None:
    notice = give(assessing)

    with pytest.raises(PermissionRefused):
        actions.settle(notice, by=assessing.people[who], seat=None, reason="Gut.")


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "juror", "is_found"),
    [
        ("Prof. Dr. Eva Ünal", "Eva Unal", True),
        ("Unal, Eva", "Dr. Eva-Maria Ünal", True),
        ("Strauß", "Jan Strauss", True),
        ("Eva Schmidt", "Jan Schmidt", False),
        ("Dr.", "Dr. Jan Schmidt", False),
        ("", "Jan Schmidt", False),
    ],
)
def test_names_are_compared_without_titles_accents_and_order(
    named: str, juror: str, is_found: bool
) -> None:
    assert queries.may_be(named, juror) is is_found


# -- pages -----------------------------------------------------------------------------------------


def test_team_names_and_removes_on_its_page(room: Room, sign_in: SignIn) -> None:
    client, url = sign_in(room.cem), page_of(room)

    empty = client.post(url, {"name": "Frida Jurorin"})
    client.post(url, {**FRIDA, "organisation": "Hochschule Elbufer", "note": ""})
    shown = client.get(url)
    (notice,) = ConflictNotice.objects.all()
    client.post(url, {"remove": str(notice.pk)})

    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["relation"])
    assert empty.context["form"]["name"].value() == "Frida Jurorin"
    assert "Hochschule Elbufer" in shown.text
    assert not ConflictNotice.objects.exists()
    assert client.post(url, {"remove": "x"}).status_code == 404


def test_office_compares_without_learning_the_submission(room: Room, sign_in: SignIn) -> None:
    notice, other = give(room), give(room, name="Jan Muster")
    client, url = sign_in(room.ada), desk_of(room)

    page = client.get(url)
    gap = client.post(url, {"notice": notice.pk, "seat": room.seats["frida"].code})
    client.post(url, {"notice": notice.pk, "seat": room.seats["frida"].code, "reason": "Bekannt."})
    client.post(url, {"notice": other.pk, "seat": "none", "reason": "Nicht in der Jury."})

    assert [[seat.user for seat in row.candidates] for row, _form in page.context["rows"]] == [
        [room.frida], [],
    ]  # fmt: skip
    for told in ("Ulme", room.submissions["Ulme"].code, room.entries["Ulme"].team.name):
        assert told not in page.text
    assert (gap.status_code, list(gap.context["failed"].errors)) == (422, ["reason"])
    assert [row.seat for row in Recusal.objects.all()] == [room.seats["frida"]]
    assert client.get(url).context["rows"] == []


def test_what_a_team_said_reaches_no_juror(assessing: Room, sign_in: SignIn) -> None:
    secret = "Zwistgeschichte"
    give(assessing, name=f"Karl {secret}", note=secret)
    client = sign_in(assessing.frida)

    for name in ("jury-show", "jury-declare"):
        page = client.get(reverse(f"scoring:{name}", args=[assessing.challenge.code]))
        assert secret not in page.text
