"""Presence, motions and votes of the jury's meeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.exceptions import IllegalTransition, Incomplete, PermissionRefused
from core.models import AuditEvent
from scoring.actions import deliberation
from scoring.actions.deliberation import Hands, VoteRefused
from scoring.models import Attendance, ConflictDeclaration, JurySeat, Meeting, Motion, Vote
from scoring.queries import discussion
from scoring.states import ConflictAnswer, JuryState, MotionKind, MotionState, SeatRole, VoteChoice
from tests.factories import JurySeatFactory, break_audit
from tests.scoring.decided import Room, closed_room, recuse

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

STRANGERS = ["ada", "bea", "cem", "emil", "gus"]


@pytest.fixture
def room() -> Room:
    """A jury of three that meets; everybody is present."""
    room = closed_room(state=JuryState.DELIBERATING)
    third = JurySeatFactory(jury=room.jury)
    for row in room.submissions.values():
        ConflictDeclaration.objects.create(
            seat=third, entry=row.entry, answer=ConflictAnswer.NONE, declared_at=third.added_at
        )
    room.seats.append(third)
    for seat in room.seats:
        deliberation.arrive(room.jury, seat=seat, by=room.frida)
    return room


def url(name: str, room: Room, *arguments: str) -> str:
    return reverse(f"scoring:{name}", args=[room.challenge.code, *arguments])


def propose(room: Room, pseudonym: str = "", **fields: str) -> Motion:
    values: dict[str, Any] = {"kind": MotionKind.PROCEDURE, "text": "Die Jury macht Pause."}
    if pseudonym:
        values = {
            "kind": MotionKind.PRIZE,
            "text": "Der erste Preis wird vergeben.",
            "entry": room.submissions[pseudonym].entry,
        }
    return deliberation.open_motion(room.jury, by=room.frida, **(values | fields))


def vote_all(room: Room, motion: Motion, *choices: str) -> None:
    for seat, choice in zip(room.seats, choices, strict=False):
        deliberation.vote(motion, by=seat.user, choice=choice)


def figures(motion: Motion) -> tuple[Any, ...]:
    return (motion.state, motion.yes, motion.no, motion.abstained, motion.present, motion.members)


YES, NO, ABSTAIN = VoteChoice.YES, VoteChoice.NO, VoteChoice.ABSTAIN


# ---- opening ---------------------------------------------------------------------------------
def test_chair_states_the_quorum_when_opening(sign_in: SignIn) -> None:
    room = closed_room()

    answer = sign_in(room.frida).post(url("deliberation-open", room), {"quorum_percent": "66"})

    room.jury.refresh_from_db()
    assert (answer.status_code, room.jury.state) == (302, JuryState.DELIBERATING)
    assert discussion.quorum_of(room.jury) == 66
    event = AuditEvent.objects.get(action="meeting.opened")
    assert (event.actor, event.data) == (room.frida.pk, {"quorum_percent": 66})


def test_quorum_beyond_its_scale_is_refused(sign_in: SignIn) -> None:
    room = closed_room()

    answer = sign_in(room.frida).post(url("deliberation-open", room), {"quorum_percent": "100"})

    room.jury.refresh_from_db()
    assert (answer.status_code, room.jury.state) == (422, JuryState.CLOSED)
    with pytest.raises(VoteRefused):
        deliberation.open_meeting(room.jury, by=room.frida, quorum_percent=100)
    assert not Meeting.objects.exists()


# ---- presence --------------------------------------------------------------------------------
def test_chair_records_who_comes_and_leaves(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    client = sign_in(room.frida)
    path = url("attendance-update", room)

    client.post(path, {"came": room.seats[1].code})
    client.post(path, {"all": "1"})
    client.post(url("guest-create", room), {"name": "Gerda", "function": "Protokoll"})
    client.post(path, {"left": Attendance.objects.get(seat=room.seats[1]).pk})

    there = [(row.seat, row.name, row.left_at is None) for row in Attendance.objects.all()]
    assert there == [
        (room.seats[1], "", False),
        (room.seats[0], "", True),
        (None, "Gerda", True),
    ]
    presence = client.get(url("meeting-show", room)).context["presence"]
    assert (presence.voting, presence.voting_present, presence.needed) == (2, 1, 2)
    assert list(
        AuditEvent.objects.filter(action__startswith="attendance.")
        .order_by("sequence")
        .values_list("action", flat=True)
    ) == ["attendance.came"] * 3 + ["attendance.left"]


@pytest.mark.parametrize("data", [{}, {"came": "J-000000"}, {"left": "0"}, {"left": "x"}])
def test_recording_somebody_unknown_is_not_found(
    room: Room, sign_in: SignIn, data: dict[str, str]
) -> None:
    assert sign_in(room.frida).post(url("attendance-update", room), data).status_code == 404


def test_member_of_another_jury_is_not_recorded(room: Room) -> None:
    foreign = closed_room().seats[1]

    with pytest.raises(VoteRefused):
        deliberation.arrive(room.jury, seat=foreign, by=room.frida)


def test_guest_needs_a_name(room: Room, sign_in: SignIn) -> None:
    answer = sign_in(room.frida).post(url("guest-create", room), {"function": "Protokoll"})

    assert answer.status_code == 422
    assert not Attendance.objects.filter(seat=None).exists()


def test_decision_needs_a_quorum_once_presence_is_recorded(room: Room) -> None:
    for attendance in Attendance.objects.exclude(seat=room.seats[0]):
        deliberation.leave(attendance, by=room.frida)

    with pytest.raises(Incomplete) as refusal:
        room.decide(room.award())

    assert refusal.value.code == "no_quorum"


# ---- motions and votes -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("choices", "result"),
    [
        ((YES, YES, NO), (MotionState.ACCEPTED, 2, 1, 0, 3, 3)),
        ((YES, NO, ABSTAIN), (MotionState.REJECTED, 1, 1, 1, 3, 3)),
        ((YES,), (MotionState.ACCEPTED, 1, 0, 0, 3, 3)),
    ],
)
def test_vote_is_counted_when_it_is_closed(
    room: Room, choices: tuple[str, ...], result: tuple[Any, ...]
) -> None:
    motion = propose(room, "Eibe")
    vote_all(room, motion, *choices)

    closed = deliberation.close_motion(motion, by=room.frida)

    assert figures(closed) == result
    event = AuditEvent.objects.get(target_type="scoring.motion", action=f"motion.{result[0]}")
    assert (event.actor, event.data["yes"], event.data["quorum_percent"]) == (
        room.frida.pk,
        result[1],
        50,
    )


def test_last_vote_of_a_member_counts(room: Room) -> None:
    motion = propose(room)
    for choice in (YES, ABSTAIN, NO):
        deliberation.vote(motion, by=room.fritz, choice=choice)

    assert [row.choice for row in Vote.objects.all()] == [NO]
    assert AuditEvent.objects.filter(action="motion.voted").count() == 3


def test_vote_without_a_quorum_decides_nothing(room: Room) -> None:
    for attendance in Attendance.objects.exclude(seat=room.seats[0]):
        deliberation.leave(attendance, by=room.frida)
    motion = propose(room)
    vote_all(room, motion, YES)

    assert figures(deliberation.close_motion(motion, by=room.frida)) == (
        MotionState.NO_QUORUM, 1, 0, 0, 1, 3,
    )  # fmt: skip


def test_show_of_hands_is_entered_by_the_chair(room: Room, sign_in: SignIn) -> None:
    motion = propose(room)

    answer = sign_in(room.frida).post(
        url("motion-close", room, motion.code),
        {"step": "hands", "yes": "2", "no": "1", "abstained": "0"},
    )

    motion.refresh_from_db()
    assert answer.status_code == 302
    assert (figures(motion), motion.is_show_of_hands) == (
        (MotionState.ACCEPTED, 2, 1, 0, 3, 3),
        True,
    )


@pytest.mark.parametrize(
    "hands", [{"yes": "3", "no": "1", "abstained": "0"}, {"yes": "3"}, {"yes": "-1"}]
)
def test_impossible_show_of_hands_is_refused(
    room: Room, sign_in: SignIn, hands: dict[str, str]
) -> None:
    motion = propose(room)

    answer = sign_in(room.frida).post(
        url("motion-close", room, motion.code), {"step": "hands", **hands}
    )

    motion.refresh_from_db()
    assert (answer.status_code, motion.state) == (422, MotionState.OPEN)


def test_show_of_hands_does_not_replace_votes(room: Room) -> None:
    motion = propose(room)
    vote_all(room, motion, NO)

    with pytest.raises(VoteRefused) as refusal:
        deliberation.close_motion(motion, by=room.frida, hands=Hands(3, 0, 0))

    assert refusal.value.code == "voted_already"


def test_withdrawn_motion_has_no_figures(room: Room, sign_in: SignIn) -> None:
    motion = propose(room)

    sign_in(room.frida).post(url("motion-close", room, motion.code), {"step": "withdraw"})

    motion.refresh_from_db()
    assert figures(motion) == (MotionState.WITHDRAWN, None, None, None, None, None)


def test_closed_vote_takes_no_vote_and_is_not_closed_again(room: Room) -> None:
    motion = propose(room)
    deliberation.close_motion(motion, by=room.frida)

    with pytest.raises(VoteRefused):
        deliberation.vote(motion, by=room.fritz, choice=YES)
    with pytest.raises(IllegalTransition):
        deliberation.close_motion(motion, by=room.frida)


def test_only_those_who_are_present_vote(room: Room) -> None:
    motion = propose(room)
    deliberation.leave(Attendance.objects.get(seat=room.seats[1]), by=room.frida)

    with pytest.raises(VoteRefused) as refusal:
        deliberation.vote(motion, by=room.fritz, choice=YES)

    assert refusal.value.code == "not_present"


# ---- conflicts -------------------------------------------------------------------------------
def test_member_in_conflict_neither_sees_the_motion_nor_votes(room: Room, sign_in: SignIn) -> None:
    recuse(room.seats[1], room.submissions["Eibe"])
    motion = propose(room, "Eibe")
    client = sign_in(room.fritz)

    page = client.get(url("discussion-show", room))
    answer = client.post(url("vote-cast", room, motion.code), {"choice": YES})

    assert (page.context["motions"], answer.status_code) == ([], 404)
    assert motion.text not in page.content.decode()
    with pytest.raises(PermissionRefused):
        deliberation.vote(motion, by=room.fritz, choice=YES)
    vote_all(room, motion, YES)
    # Two of three are more than half; the one in conflict is not among those present.
    assert figures(deliberation.close_motion(motion, by=room.frida)) == (
        MotionState.ACCEPTED, 1, 0, 0, 2, 3,
    )  # fmt: skip
    assert client.get(url("discussion-show", room)).context["motions"] == []


def test_vote_of_a_member_who_then_declares_a_conflict_does_not_count(room: Room) -> None:
    motion = propose(room, "Eibe")
    vote_all(room, motion, NO, NO, YES)
    recuse(room.seats[1], room.submissions["Eibe"])

    assert figures(deliberation.close_motion(motion, by=room.frida)) == (
        MotionState.REJECTED, 1, 1, 0, 2, 3,
    )  # fmt: skip


def test_chair_in_conflict_leads_no_vote_about_the_submission(room: Room, sign_in: SignIn) -> None:
    motion = propose(room, "Eibe")
    recuse(room.seats[0], room.submissions["Eibe"])
    client = sign_in(room.frida)

    page = client.get(url("meeting-show", room))

    assert (page.context["motions"], motion.text in page.content.decode()) == ((), False)
    assert client.post(url("motion-close", room, motion.code), {"step": "count"}).status_code == 404
    for act in (deliberation.close_motion, deliberation.withdraw_motion):
        with pytest.raises(PermissionRefused):
            act(motion, by=room.frida)
    with pytest.raises(PermissionRefused):
        propose(room, "Eibe")


def test_deputy_leads_the_vote_where_the_chair_is_in_conflict(room: Room, sign_in: SignIn) -> None:
    recuse(room.seats[0], room.submissions["Eibe"])
    JurySeat.objects.filter(pk=room.seats[2].pk).update(role=SeatRole.DEPUTY)
    deputy = room.seats[2].user
    client = sign_in(deputy)

    client.post(
        url("motion-create", room),
        {"kind": "prize", "submission": room.submissions["Eibe"].code, "text": "Erster Preis?"},
    )
    motion = Motion.objects.get()
    for voter in (room.fritz, deputy):
        deliberation.vote(motion, by=voter, choice=YES)
    client.post(url("motion-close", room, motion.code), {"step": "count"})

    motion.refresh_from_db()
    assert figures(motion) == (MotionState.ACCEPTED, 2, 0, 0, 2, 3)
    assert client.get(url("board-show", room)).status_code == 200


@pytest.mark.parametrize(
    ("role", "status", "voting"), [("advisory", 200, 2), ("substitute", 404, 2)]
)
def test_members_without_a_vote_count_for_no_quorum(
    room: Room, sign_in: SignIn, role: str, status: int, voting: int
) -> None:
    JurySeat.objects.filter(pk=room.seats[2].pk).update(role=role)
    person = room.seats[2].user
    motion = propose(room)

    assert sign_in(person).get(url("discussion-show", room)).status_code == status
    with pytest.raises(VoteRefused) as refusal:
        deliberation.vote(motion, by=person, choice=YES)
    assert refusal.value.code == "no_vote"
    assert discussion.presence(room.jury).voting == voting


@pytest.mark.parametrize("pseudonym", ["", "Ahorn"])
def test_motion_names_no_submission_but_its_own(room: Room, pseudonym: str) -> None:
    with pytest.raises(VoteRefused) as refusal:
        propose(room, pseudonym, text="Die „Eibe“ bekommt den Preis.")

    assert refusal.value.code == "names_another"


# ---- pages -----------------------------------------------------------------------------------
def test_motion_is_put_to_the_vote_on_the_page(room: Room, sign_in: SignIn) -> None:
    client = sign_in(room.frida)

    for data, status in (
        ({"kind": "prize", "text": "Der erste Preis wird vergeben."}, 422),
        ({"kind": "dance", "text": "Pause"}, 422),
        ({"kind": "procedure", "text": "Die Eibe gewinnt."}, 422),
        (
            {
                "kind": "prize",
                "submission": room.submissions["Eibe"].code,
                "text": "Der erste Preis wird vergeben.",
            },
            302,
        ),
    ):
        assert client.post(url("motion-create", room), data).status_code == status

    assert [(row.kind, row.entry, row.state) for row in Motion.objects.all()] == [
        ("prize", room.submissions["Eibe"].entry, MotionState.OPEN)
    ]


def test_member_votes_on_the_page_and_learns_the_figures_after_closing(
    room: Room, sign_in: SignIn
) -> None:
    motion = propose(room)
    client = sign_in(room.fritz)
    path = url("vote-cast", room, motion.code)

    for data in ({"choice": "perhaps"}, {"choice": "no"}):
        assert client.post(path, data).status_code == 302
    before = client.get(url("discussion-show", room)).context["motions"][0]
    deliberation.close_motion(motion, by=room.frida)
    after = client.get(url("discussion-show", room)).context["motions"][0]

    assert (before["line"].own, before["line"].has_figures) == (NO, False)
    assert (after["line"].motion.no, after["line"].has_figures) == (1, True)


def test_only_the_chair_leads_the_meeting(room: Room, sign_in: SignIn) -> None:
    motion = propose(room)
    answers = {}

    for name in [*STRANGERS, "fritz"]:
        client = sign_in(getattr(room, name))
        answers[name] = [
            client.get(url("meeting-show", room)).status_code,
            client.post(url("attendance-update", room), {"all": "1"}).status_code,
            client.post(url("guest-create", room), {"name": "G"}).status_code,
            client.post(url("motion-create", room), {"kind": "procedure", "text": "P"}).status_code,
            client.post(url("motion-close", room, motion.code), {"step": "count"}).status_code,
        ]

    assert answers == dict.fromkeys([*STRANGERS, "fritz"], [404] * 5)
    motion.refresh_from_db()
    assert (motion.state, Motion.objects.count()) == (MotionState.OPEN, 1)


@pytest.mark.parametrize("state", ["closed", "decided", "published"])
def test_meeting_is_led_during_the_deliberation_only(
    room: Room, sign_in: SignIn, state: str
) -> None:
    type(room.jury).objects.filter(pk=room.jury.pk).update(state=state)
    client = sign_in(room.frida)

    answer = client.post(url("motion-create", room), {"kind": "procedure", "text": "Pause"})

    assert (client.get(url("meeting-show", room)).status_code, answer.status_code) == (200, 404)


def test_meeting_asks_the_same_number_of_questions_for_more_motions(
    room: Room, sign_in: SignIn
) -> None:
    pages = {name: sign_in(getattr(room, name)) for name in ("frida", "fritz")}
    paths = {"frida": url("meeting-show", room), "fritz": url("discussion-show", room)}

    def asked() -> dict[str, int]:
        counts = {}
        for name, client in pages.items():
            with CaptureQueriesContext(connection) as questions:
                client.get(paths[name])
            counts[name] = len(questions)
        return counts

    propose(room, "Eibe")
    asked()
    few = asked()
    for pseudonym in ("Ahorn", "Weide"):
        vote_all(room, propose(room, pseudonym), YES, NO)
        deliberation.arrive(room.jury, name=f"Gast {pseudonym}", by=room.frida)

    assert asked() == few


@pytest.mark.parametrize("act", ["arrive", "propose", "vote", "close"])
def test_nothing_of_the_meeting_is_stored_without_its_audit_event(room: Room, act: str) -> None:
    motion = propose(room)
    counts = (Attendance.objects.count(), Motion.objects.count(), Vote.objects.count())
    break_audit()

    with pytest.raises(IntegrityError):
        {
            "arrive": lambda: deliberation.arrive(room.jury, name="Gerda", by=room.frida),
            "propose": lambda: propose(room, "Eibe"),
            "vote": lambda: vote_all(room, motion, YES),
            "close": lambda: deliberation.close_motion(motion, by=room.frida),
        }[act]()

    motion.refresh_from_db()
    assert motion.state == MotionState.OPEN
    assert (
        Attendance.objects.count(),
        Motion.objects.count(),
        Vote.objects.count(),
    ) == counts
