"""After the closing: the chair unlocks an assessment or returns to a version, and it is told."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import (
    IllegalTransition,
    Incomplete,
    PermissionRefused,
    PhaseClosed,
    StaleVersion,
)
from core.models import AuditEvent, OutboxMessage
from scoring.actions import assessment as assessment_actions
from scoring.actions import conflict as conflict_actions
from scoring.actions import decision as decision_actions
from scoring.actions import deliberation, minutes, reopening
from scoring.actions import jury as jury_actions
from scoring.actions.decision import AwardInput
from scoring.jury_maintenance import broken_commitments
from scoring.models import Assessment, Reopening
from scoring.queries import board
from scoring.queries import minutes as minutes_queries
from scoring.queries import reopening as queries
from scoring.states import AssessmentState, AwardKind
from submissions import verify
from submissions.models import LeafKind, LogLeaf, Seal, SealKind
from tests.factories import break_audit
from tests.kept import kept_rows
from tests.scoring.jury_room import Room, make_room

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db
WHY = "Falsche Fassung gelesen."


def make_closed() -> Room:
    """Make a closed jury; Frida released Ulme twice, the first time with other marks."""
    room = make_room()
    room.start()
    first = room.save("frida", "Ulme", 2, 2, 2, comment="Knapp.", private_note="Nur für mich")
    assessment_actions.release(first, by=room.frida)
    assessment_actions.reopen(first, by=room.hanna, reason="Bitte prüfen.")
    room.save("frida", "Ulme", 5, None, 5, comment="Zwischenstand")
    for name in room.seats:
        room.finish(name, 4, 3, 7)
    jury_actions.close(room.jury, by=room.hanna)
    room.jury.refresh_from_db()
    OutboxMessage.objects.all().delete()
    return room


@pytest.fixture(scope="module")
def kept_closed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Room]:
    with kept_rows(django_db_blocker, make_closed) as room:
        yield room


@pytest.fixture
def closed(kept_closed: Room, db: None) -> Room:
    return copy.deepcopy(kept_closed)


def of(room: Any, name: str = "frida", pseudonym: str = "Ulme") -> Assessment:
    return Assessment.objects.get(assignment=room.assignment(name, pseudonym))


def marks(assessment: Assessment) -> list[int | None]:
    return list(assessment.scores.values_list("mark_hundredths", flat=True))


def unlock(room: Any, **given: Any) -> Reopening:
    return reopening.unlock(of(room), **{"by": room.hanna, "reason": WHY, **given})


def mails() -> set[tuple[str, str]]:
    return {
        (row.template, row.recipient)
        for row in OutboxMessage.objects.exclude(template="root_published")
    }


def url(room: Any, name: str, pseudonym: str = "Ulme") -> str:
    letter = board.letters(room.jury)[room.seats["frida"].pk]
    code = room.submissions[pseudonym].code
    return reverse(f"scoring:assessment-{name}", args=[room.challenge.code, code, letter])


# -- unlock ----------------------------------------------------------------------------------------


def test_locked_assessment_goes_back_to_its_juror_and_the_jury_is_told(closed: Any) -> None:
    unlock(closed)

    stored = of(closed)
    assert (stored.state, marks(stored)) == (AssessmentState.DRAFT, [400, 300, 700])
    assert closed.frida.has_perm("scoring.assess_submission", stored.assignment)
    event = AuditEvent.objects.filter(action="assessment.draft").latest("pk")
    assert (event.actor, event.reason) == (closed.hanna.pk, WHY)
    assert mails() == {
        ("assessment_reopened", "frida@jury.example"),
        ("reopening_told", "iris@jury.example"),
    }
    told = OutboxMessage.objects.get(template="reopening_told").body
    assert (WHY in told, "Ulme" in told, "Frida" in told) == (True, True, False)


def test_nobody_in_conflict_hears_of_a_reopening(closed: Any) -> None:
    conflict_actions.recuse(closed.assignment("iris", "Ulme"), by=closed.iris, reason="conflict")
    OutboxMessage.objects.all().delete()

    unlock(closed)

    assert mails() == {("assessment_reopened", "frida@jury.example")}


def test_reopened_assessment_counts_again_once_released_under_a_further_root(closed: Any) -> None:
    before = Seal.objects.get(kind=SealKind.JURY_LOCK)
    unlock(closed)
    meanwhile = Assessment.objects.of_jury(closed.jury).counted().count()
    closed.save("frida", "Ulme", 5, 5, 9)

    released = assessment_actions.release(of(closed), by=closed.frida)

    row = Reopening.objects.get()
    seal = Seal.objects.latest("number")
    assert meanwhile == 8
    assert (released.state, marks(released)) == (AssessmentState.LOCKED, [500, 500, 900])
    assert (row.seal, row.to_version, row.is_open) == (seal, released.version, False)
    assert (seal.kind, seal.previous) == (SealKind.REOPENING, before)
    leaf = LogLeaf.objects.filter(kind=LeafKind.ASSESSMENT).latest("index")
    replaced = LogLeaf.objects.get(hash=leaf.data["replaces"])
    assert leaf.data["marks_hundredths"] == {"k1": 500, "k2": 500, "k3": 900}
    assert replaced.data["marks_hundredths"] == {"k1": 400, "k2": 300, "k3": 700}
    assert list(broken_commitments()) == []
    report = verify.Report()
    verify.check_reopenings([row.note for row in Seal.objects.order_by("number")], report)


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        (["deadline", "jury_lock", "publication"], ""),
        (["deadline", "jury_lock", "reopening", "reopening", "publication"], "2 time(s)"),
        (["deadline", "reopening", "jury_lock"], "never locked"),
        (["jury_lock", "publication", "reopening"], "after the publication"),
    ],
)
def test_verify_tells_of_reopenings_and_of_those_in_the_wrong_place(
    capsys: pytest.CaptureFixture[str], kinds: list[str], says: str
) -> None:
    try:
        verify.check_reopenings([{"kind": kind} for kind in kinds], verify.Report())
    except verify.Failed as failure:
        said = str(failure)
    else:
        said = capsys.readouterr().out

    assert (says in said) if says else said == ""


def test_reopening_changes_nothing_else_after_the_closing(closed: Any) -> None:
    unlock(closed)

    with pytest.raises(assessment_actions.AlreadyReleased):
        closed.save("frida", "Zeder", 1, 1, 1)
    with pytest.raises(PhaseClosed):
        assessment_actions.release_all(closed.seats["frida"], by=closed.frida)


def test_nothing_is_decided_while_an_assessment_is_reopened(closed: Any) -> None:
    deliberation.open_meeting(closed.jury, by=closed.hanna)
    unlock(closed)
    award = AwardInput(
        entry=closed.entries["Ulme"], kind=AwardKind.RECOGNITION, reason_de="Gut gemacht."
    )

    def decide() -> None:
        decision_actions.decide(
            closed.jury, by=closed.hanna, reasons_de="Einstimmig.", awards=[award]
        )

    with pytest.raises(Incomplete) as refused:
        decide()
    assert refused.value.code == "assessment_reopened"
    assessment_actions.release(of(closed), by=closed.frida)
    decide()
    content = minutes.draw_up(closed.jury, by=closed.hanna).content
    (told,) = content["reopenings"]
    assert (told["submission"], told["reason"], told["is_return"]) == ("Ulme", WHY, False)
    assert told["root"] == Reopening.objects.get().seal.number
    copy = minutes_queries.Copy(content, is_excerpt=False)
    assert "reopenings" in {part.key for part in minutes_queries.sections(copy)}
    with pytest.raises(PermissionRefused):
        unlock(closed)


@pytest.mark.parametrize("who", ["frida", "iris", "ada", "gus", "jan"])
def test_unlocking_is_the_chair_s(closed: Any, who: str) -> None:
    with pytest.raises(PermissionRefused):
        unlock(closed, by=closed.people[who])


def test_unlocking_needs_a_reason_and_a_locked_assessment(closed: Any) -> None:
    with pytest.raises(Incomplete):
        unlock(closed, reason=" ")
    unlock(closed)
    with pytest.raises(IllegalTransition):
        unlock(closed)


def test_unlocking_is_undone_without_its_event(closed: Any) -> None:
    break_audit()

    with pytest.raises(IntegrityError):
        unlock(closed)

    assert of(closed).state == AssessmentState.LOCKED
    assert not Reopening.objects.exists()


# -- versions --------------------------------------------------------------------------------------


def first_and_last(room: Any) -> tuple[int, int]:
    last, first = [row.number for row in queries.shown_versions(of(room))]
    return first, last


def test_chair_sees_released_versions_and_no_draft_or_private_note(
    closed: Any, sign_in: SignIn
) -> None:
    first, last = first_and_last(closed)
    client = sign_in(closed.hanna)

    page = client.get(url(closed, "history"), {"number": first})
    draft = client.get(url(closed, "history"), {"number": first + 1})

    assert [(line.number, line.marks, line.counts) for line in page.context["lines"]] == [
        (last, ("4", "3", "7"), True),
        (first, ("2", "2", "2"), False),
    ]
    text = page.content.decode()
    hidden = ("Zwischenstand", "Nur für mich", "Frida")
    assert ("Knapp." in text, [word for word in hidden if word in text]) == (True, [])
    assert draft.status_code == 404


@pytest.mark.parametrize("is_open", [False, True])
def test_chair_returns_to_an_earlier_version(closed: Any, sign_in: SignIn, is_open: bool) -> None:
    if is_open:
        unlock(closed)
        closed.save("frida", "Ulme", 1, 1, 1, private_note="Nur für mich")
        OutboxMessage.objects.all().delete()
    first, last = first_and_last(closed)
    before = of(closed)

    answer = sign_in(closed.hanna).post(
        url(closed, "return"), {"number": first, "version": before.version, "reason": WHY}
    )

    stored = of(closed)
    assert answer.headers["Location"] == url(closed, "history")
    assert (stored.state, marks(stored)) == (AssessmentState.LOCKED, [200, 200, 200])
    assert (stored.comment, stored.private_note) == ("Knapp.", before.private_note)
    kept = stored.versions.get(number=stored.version)
    assert (kept.restores, kept.number, last in {1, kept.number}) == (
        first,
        before.version + 1,
        False,
    )
    row = Reopening.objects.get()
    assert (row.returned_to, row.seal) == (first, Seal.objects.latest("number"))
    event = AuditEvent.objects.get(action="assessment.returned")
    assert (event.actor, event.reason) == (closed.hanna.pk, WHY)
    assert mails() == {
        ("assessment_returned", "frida@jury.example"),
        ("reopening_told", "iris@jury.example"),
    }
    assert list(broken_commitments()) == []


def test_return_to_what_counts_or_was_never_released_is_refused(closed: Any) -> None:
    first, last = first_and_last(closed)

    for number in (last, first + 1, 99):
        with pytest.raises(reopening.NothingToReturnTo):
            reopening.return_to(
                of(closed), number=number, version=last, by=closed.hanna, reason=WHY
            )
    with pytest.raises(StaleVersion):
        reopening.return_to(of(closed), number=first, version=1, by=closed.hanna, reason=WHY)
    with pytest.raises(Incomplete):
        reopening.return_to(of(closed), number=first, version=last, by=closed.hanna, reason="")


def test_return_without_a_reason_shows_the_version_again(closed: Any, sign_in: SignIn) -> None:
    first, last = first_and_last(closed)

    answer = sign_in(closed.hanna).post(
        url(closed, "return"), {"number": first, "version": last, "reason": ""}
    )

    assert (answer.status_code, answer.context["chosen"].number) == (422, first)
    assert set(answer.context["form"].errors) == {"reason"}


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["frida", "iris", "ada", "cem", "gus", "jan"])
def test_versions_and_unlocking_are_404_for_others(closed: Any, sign_in: SignIn, who: str) -> None:
    client = sign_in(closed.people[who])

    answers = [client.get(url(closed, name)).status_code for name in ("history", "unlock")]

    assert answers == [404, 404]


def test_chair_in_conflict_looks_at_nothing(closed: Any, sign_in: SignIn) -> None:
    conflict_actions.recuse(closed.assignment("hanna", "Ulme"), by=closed.hanna, reason="conflict")

    answers = [
        sign_in(closed.hanna).get(url(closed, name)).status_code for name in ("history", "unlock")
    ]

    assert answers == [404, 404]


def test_unlocking_on_the_page_leads_the_juror_to_the_release(closed: Any, sign_in: SignIn) -> None:
    code = closed.submissions["Ulme"].code
    release = reverse("scoring:jury-release", args=[closed.challenge.code])
    chair = sign_in(closed.hanna)
    invalid = chair.post(url(closed, "unlock"), {"reason": ""})

    chair.post(url(closed, "unlock"), {"reason": WHY})
    juror = sign_in(closed.frida)
    grid = juror.get(reverse("scoring:jury-show", args=[closed.challenge.code]))
    sheet = juror.get(reverse("scoring:assessment-edit", args=[closed.challenge.code, code]))
    listed = juror.get(release)
    other = juror.post(release, {"submission": closed.submissions["Zeder"].code})
    done = juror.post(release, {"submission": code})

    assert invalid.status_code == 422
    assert [line.pseudonym for line, _row in grid.context["reopened"]] == ["Ulme"]
    assert (sheet.context["can_edit"], sheet.context["reopening"].reason) == (True, WHY)
    assert listed.context["given_back"] == [code]
    assert (other.status_code, done.status_code) == (403, 302)
    assert of(closed).state == AssessmentState.LOCKED


def test_board_and_discussion_tell_of_a_reopening(closed: Any, sign_in: SignIn) -> None:
    deliberation.open_meeting(closed.jury, by=closed.hanna)
    unlock(closed)
    conflict_actions.recuse(closed.assignment("iris", "Ulme"), by=closed.iris, reason="conflict")
    code = closed.challenge.code

    told = {
        name: [
            row.pseudonym
            for row in sign_in(closed.people[name])
            .get(reverse(f"scoring:{page}", args=[code]))
            .context["reopened"]
        ]
        for name, page in (
            ("hanna", "board-show"),
            ("frida", "discussion-show"),
            ("iris", "discussion-show"),
        )
    }

    assert told == {"hanna": ["Ulme"], "frida": ["Ulme"], "iris": []}
