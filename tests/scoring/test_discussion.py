"""The jury's discussion: what members see once the chair has opened it, and the chair's list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock, storage
from core.exceptions import DomainError, PermissionRefused
from core.models import AuditEvent
from scoring.actions import deliberation
from scoring.models import DiscussionItem, Talk
from scoring.states import JuryState
from submissions.models import SubmissionFile
from submissions.states import FileKind
from tests.factories import break_audit
from tests.scoring.decided import Room, add_submission, closed_room, measured_room, recuse

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

STRANGERS = ["ada", "bea", "cem", "emil", "gus"]


@pytest.fixture
def room() -> Room:
    return closed_room(state=JuryState.DELIBERATING)


def url(name: str, room: Room) -> str:
    return reverse(f"scoring:{name}", args=[room.challenge.code])


def arrange(client: Client, room: Room, step: str) -> Any:
    return client.post(url("discussion-arrange", room), {"step": step})


def listed(room: Room) -> list[str]:
    items = DiscussionItem.objects.filter(jury=room.jury).order_by("position")
    return [item.entry.jury_pseudonym for item in items]


# ---- page of the members ---------------------------------------------------------------------
def test_discussion_shows_a_member_the_marks_and_comments_of_all(
    room: Room, sign_in: SignIn
) -> None:
    ahorn = room.submissions["Ahorn"].code

    page = sign_in(room.fritz).get(url("discussion-show", room), {"submission": ahorn})

    ranking, detail = page.context["ranking"], page.context["detail"]
    assert [(line.rank, line.pseudonym, str(line.points)) for line in ranking.lines] == [
        (1, "Eibe", "90.00"),
        (2, "Ahorn", "50.00"),
        (None, "Weide", "None"),
    ]
    assert (detail.letters, {comment.letter for comment in detail.comments}) == (
        ("A", "B"),
        {"A", "B"},
    )
    assert page.context["letter"] in {"A", "B"}
    assert "Geheime Notiz" not in page.content.decode()


@pytest.mark.parametrize("state", ["preparing", "assessing", "closed"])
def test_discussion_is_closed_until_the_chair_opens_it(
    room: Room, sign_in: SignIn, state: str
) -> None:
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=state)

    answers = {
        name: sign_in(getattr(room, name)).get(url("discussion-show", room)).status_code
        for name in ("frida", "fritz")
    }

    assert answers == {"frida": 404, "fritz": 404}


def test_members_read_what_was_not_assigned_to_them_once_the_jury_talks(
    room: Room, sign_in: SignIn
) -> None:
    submission = room.submissions["Weide"]  # Fritz has not assessed it
    stored = storage.store(
        storage.SUBMISSIONS,
        ContentFile(b"%PDF-1.7\nEin Konzept.\n%%EOF\n", name="concept.pdf"),
        folder=submission.code,
        suffix=".pdf",
    )
    SubmissionFile.objects.create(
        submission=submission,
        kind=FileKind.CONCEPT,
        original_name="Konzept von Team Otter.pdf",
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        uploaded_at=clock.now(),
    )
    address = reverse("scoring:discussion-document", args=[room.challenge.code, submission.code])
    page = sign_in(room.fritz).get(url("discussion-show", room), {"submission": submission.code})

    answers = {}
    for name in ("frida", "fritz", *STRANGERS):
        answer = sign_in(getattr(room, name)).get(address)
        answers[name] = answer.status_code
        if answer.streaming:
            assert b"".join(answer).startswith(b"%PDF")
            assert "Otter" not in str(answer.headers)
    recuse(room.seats[1], submission)
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=JuryState.CLOSED)
    before = sign_in(room.frida).get(address)
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=JuryState.DELIBERATING)

    assert address in page.content.decode()
    assert answers == {"frida": 200, "fritz": 200, **dict.fromkeys(STRANGERS, 404)}
    assert before.status_code == 404
    assert sign_in(room.fritz).get(address).status_code == 404


def test_discussion_is_for_members_of_the_jury_only(room: Room, sign_in: SignIn) -> None:
    answers = {
        name: sign_in(getattr(room, name)).get(url("discussion-show", room)).status_code
        for name in STRANGERS
    }

    assert answers == dict.fromkeys(STRANGERS, 404)


def test_ranks_of_the_discussion_leave_no_gap_where_a_member_is_recused(sign_in: SignIn) -> None:
    room = measured_room(title_de="Ziffern")
    deliberation_of(room)
    recuse(room.seats[1], room.submissions["Eibe"])

    page = sign_in(room.fritz).get(url("discussion-show", room))

    assert [(line.rank, line.pseudonym) for line in page.context["ranking"].lines] == [
        (1, "Ahorn"),
        (None, "Weide"),
    ]
    assert "Eibe" not in page.content.decode()
    foreign = {"submission": room.submissions["Eibe"].code}
    assert sign_in(room.fritz).get(url("discussion-show", room), foreign).context["line"].code == (
        room.submissions["Ahorn"].code
    )


def deliberation_of(room: Room) -> None:
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=JuryState.DELIBERATING)
    room.jury.refresh_from_db()


def test_member_in_conflict_is_asked_to_leave_and_sees_nothing_else(
    room: Room, sign_in: SignIn
) -> None:
    recuse(room.seats[1], room.submissions["Ahorn"])
    deliberation.begin_talk(room.jury, entry=room.submissions["Ahorn"].entry, by=room.frida)

    inside = sign_in(room.frida).get(url("discussion-show", room))
    outside = sign_in(room.fritz).get(url("discussion-show", room))

    assert inside.context["agenda"].current.pseudonym == "Ahorn"
    assert [name for name in room.submissions if name in outside.content.decode()] == []
    assert outside.templates[0].name == "scoring/jury/discussion_leave.html"


def test_member_is_called_in_again_when_the_talk_is_over(room: Room, sign_in: SignIn) -> None:
    recuse(room.seats[1], room.submissions["Ahorn"])
    deliberation.begin_talk(room.jury, entry=room.submissions["Ahorn"].entry, by=room.frida)
    deliberation.end_talk(room.jury, by=room.frida)

    page = sign_in(room.fritz).get(url("discussion-show", room))

    assert [line.pseudonym for line in page.context["ranking"].lines] == ["Eibe", "Weide"]


def test_member_who_has_declared_nothing_sees_no_submission(room: Room, sign_in: SignIn) -> None:
    room.seats[1].declarations.all().delete()

    page = sign_in(room.fritz).get(url("discussion-show", room))

    assert page.context["ranking"] is None
    assert [name for name in room.submissions if name in page.content.decode()] == []


def test_discussion_asks_the_same_number_of_questions_for_more_submissions(
    room: Room, sign_in: SignIn
) -> None:
    client = sign_in(room.fritz)
    client.get(url("discussion-show", room))

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as questions:
            client.get(url("discussion-show", room))
        return len(questions)

    few = asked()
    for name in ("Birke", "Linde"):
        add_submission(room.challenge, room.seats, name, f"Team {name}", (4, 4), (3, 3))
        entry = room.challenge.entries.get(jury_pseudonym=name)
        deliberation.put_on_list(room.jury, entry=entry, by=room.frida)

    assert asked() == few


# ---- the chair's list ------------------------------------------------------------------------
def test_chair_puts_submissions_on_the_list_orders_them_and_takes_them_off(
    room: Room, sign_in: SignIn
) -> None:
    client = sign_in(room.frida)
    code = {name: row.code for name, row in room.submissions.items()}

    for step in ("add:Weide", "add:Ahorn", "add:Eibe", "add:Weide", "up:Eibe", "remove:Weide"):
        verb, name = step.split(":")
        answer = arrange(client, room, f"{verb}:{code[name]}")
        assert answer.headers["Location"] == (
            f"{url('board-show', room)}?submission={code[name]}#selected"
        )

    assert listed(room) == ["Eibe", "Ahorn"]
    assert list(
        AuditEvent.objects.filter(action__startswith="discussion.")
        .order_by("sequence")
        .values_list("action", "actor")
    ) == [
        *[("discussion.put_on", room.frida.pk)] * 3,
        ("discussion.moved_up", room.frida.pk),
        ("discussion.taken_off", room.frida.pk),
    ]


def test_calling_a_submission_ends_the_talk_about_another_one(room: Room, sign_in: SignIn) -> None:
    client = sign_in(room.frida)
    for step in ("call:Eibe", "call:Ahorn", "call:Ahorn"):
        verb, name = step.split(":")
        arrange(client, room, f"{verb}:{room.submissions[name].code}")

    arrange(client, room, "end")
    arrange(client, room, "end")

    talks = [(talk.entry.jury_pseudonym, talk.ended_at is None) for talk in Talk.objects.all()]
    assert talks == [("Eibe", False), ("Ahorn", False)]


@pytest.mark.parametrize("step", ["", "add", "add:", "add:S-000000", "dance:{code}"])
def test_arranging_something_unknown_is_not_found(room: Room, sign_in: SignIn, step: str) -> None:
    wanted = step.format(code=room.submissions["Eibe"].code)

    assert arrange(sign_in(room.frida), room, wanted).status_code == 404
    assert listed(room) == []


def test_only_the_chair_arranges_the_list(room: Room, sign_in: SignIn) -> None:
    step = f"add:{room.submissions['Eibe'].code}"

    answers = {
        name: arrange(sign_in(getattr(room, name)), room, step).status_code
        for name in [*STRANGERS, "fritz"]
    }

    assert answers == dict.fromkeys([*STRANGERS, "fritz"], 404)
    assert listed(room) == []


def test_list_cannot_be_arranged_by_reading(room: Room, sign_in: SignIn) -> None:
    assert sign_in(room.frida).get(url("discussion-arrange", room)).status_code == 405


@pytest.mark.parametrize("state", ["assessing", "closed", "decided", "published"])
def test_list_belongs_to_the_deliberation(room: Room, state: str) -> None:
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=state)

    with pytest.raises(PermissionRefused):
        deliberation.put_on_list(room.jury, entry=room.submissions["Eibe"].entry, by=room.frida)


def test_submission_of_another_statement_is_refused(room: Room) -> None:
    other = closed_room().submissions["Eibe"].entry

    with pytest.raises(DomainError) as refusal:
        deliberation.begin_talk(room.jury, entry=other, by=room.frida)

    assert refusal.value.code == "not_running"


@pytest.mark.parametrize("act", ["put_on_list", "begin_talk"])
def test_nothing_of_the_list_is_stored_without_its_audit_event(room: Room, act: str) -> None:
    break_audit()

    with pytest.raises(IntegrityError):
        getattr(deliberation, act)(room.jury, entry=room.submissions["Eibe"].entry, by=room.frida)

    assert (listed(room), Talk.objects.count()) == ([], 0)


def test_board_marks_the_prize_line(room: Room, sign_in: SignIn) -> None:
    room.challenge.answers = {**room.challenge.answers, "prizes": [{"amount": 1000}]}
    room.challenge.save()

    page = sign_in(room.frida).get(url("board-show", room))

    assert (page.context["prizes"], page.context["prize_cut"]) == (
        1,
        room.submissions["Ahorn"].code,
    )
