"""The pages from the decision to the publication: who may, when, and who reads which name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from core import clock
from core.models import AuditEvent
from scoring.actions import publication as actions
from scoring.models import (
    Amendment,
    Award,
    EligibilityCheck,
    LeaderboardSnapshot,
    Minutes,
    Objection,
    Unsealing,
)
from scoring.states import EligibilityCondition, JuryState
from submissions.models import LogLeaf
from tests.scoring.decided import Room, closed_room, measured_room

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def url(name: str, room: Room, **further: str) -> str:
    return reverse(f"scoring:{name}", kwargs={"code": room.challenge.code, **further})


def read(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def decided() -> Room:
    """A decision with a first prize for Eibe, its names sealed."""
    room = closed_room()
    room.decide(room.award())
    return room


# ---- publication -----------------------------------------------------------------------------
def test_results_publish_works_and_is_audited(sign_in: SignIn) -> None:
    room = closed_room()
    room.decide(room.award())
    room.make_ready()

    response = sign_in(room.ada).post(url("results-publish", room))

    room.jury.refresh_from_db()
    assert (response.status_code, room.jury.state) == (302, JuryState.PUBLISHED)
    event = AuditEvent.objects.get(action="decision.published")
    assert (event.actor, event.data["boards"], event.data["minutes_sealed"]) == (
        room.ada.pk,
        [LeaderboardSnapshot.objects.get().code],
        False,
    )


def test_publication_warns_while_the_minutes_are_not_sealed(told: Room, sign_in: SignIn) -> None:
    client = sign_in(told.ada)
    warning = "Die Niederschrift der Jury ist nicht versiegelt"
    before = warning in read(client.get(url("results-publish", told)))
    Minutes.objects.update_or_create(
        decision=told.decision, defaults={"sealed_at": clock.now(), "sealed_sha256": "0" * 64}
    )
    after = warning in read(client.get(url("results-publish", told)))

    assert (before, after) == (True, False)


def names_in(text: str) -> set[str]:
    return {name for name in ("Team Dachs", "Eibe") if name in text}


def test_preview_names_submissions_by_their_tree(sign_in: SignIn) -> None:
    room = measured_room()
    room.decide(room.award())

    to_office = read(sign_in(room.ada).get(url("results-publish", room)))
    to_chair = read(sign_in(room.frida).get(url("results-publish", room)))

    assert (names_in(to_office), names_in(to_chair)) == ({"Eibe"}, {"Eibe"})
    offer = url("unsealing-show", room)
    assert (offer in to_office, offer in to_chair) == (True, False)
    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.DECIDED


@pytest.mark.parametrize("who", ["bea", "cem", "emil", "fritz", "gus"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_results_publish_is_404_for_a_stranger(sign_in: SignIn, who: str, method: str) -> None:
    room = closed_room()
    room.decide(room.award())

    response = getattr(sign_in(getattr(room, who)), method)(url("results-publish", room))

    room.jury.refresh_from_db()
    assert (response.status_code, room.jury.state) == (404, JuryState.DECIDED)


@pytest.mark.parametrize("state", [JuryState.ASSESSING, JuryState.CLOSED, JuryState.DELIBERATING])
@pytest.mark.parametrize("who", ["ada", "frida"])
def test_results_publish_in_the_wrong_phase(sign_in: SignIn, state: str, who: str) -> None:
    room = closed_room(state=state)
    client = sign_in(getattr(room, who))

    assert client.get(url("results-publish", room)).status_code == 404
    assert client.post(url("results-publish", room)).status_code == 404


def test_result_is_published_once(sign_in: SignIn) -> None:
    room = closed_room()
    room.publish()

    assert sign_in(room.ada).post(url("results-publish", room)).status_code == 404
    assert AuditEvent.objects.filter(action="decision.published").count() == 1


def test_preview_names_teams_to_the_office_once_they_are_unsealed(
    decided: Room, sign_in: SignIn
) -> None:
    decided.unseal()

    to_office = read(sign_in(decided.ada).get(url("results-publish", decided)))
    to_chair = read(sign_in(decided.frida).get(url("results-publish", decided)))

    assert (names_in(to_office), names_in(to_chair)) == ({"Team Dachs"}, {"Eibe"})


def test_result_that_is_not_ready_is_refused_with_the_reason(
    decided: Room, sign_in: SignIn
) -> None:
    response = sign_in(decided.ada).post(url("results-publish", decided))

    assert response.status_code == 409
    assert "Die Namen sind versiegelt." in response.content.decode()
    decided.jury.refresh_from_db()
    assert decided.jury.state == JuryState.DECIDED


# ---- names -----------------------------------------------------------------------------------
def test_unsealing_works_with_two_people(decided: Room, sign_in: SignIn) -> None:
    page = url("unsealing-show", decided)

    first = sign_in(decided.ada).post(page, follow=True)
    twice = sign_in(decided.ada).post(page)
    second = sign_in(decided.anton).post(page, follow=True)

    assert names_in(first.content.decode()) == set()
    assert (twice.status_code, names_in(read(second))) == (409, {"Team Dachs", "Eibe"})
    record = sign_in(decided.ada).get(url("unsealing-json", decided)).json()
    assert record["record"] == Unsealing.objects.get().record


@pytest.mark.parametrize("who", ["frida", "fritz", "bea", "cem", "emil", "gus"])
def test_unsealing_is_404_for_a_stranger(decided: Room, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(decided, who))

    answers = [
        client.get(url("unsealing-show", decided)).status_code,
        client.post(url("unsealing-show", decided)).status_code,
        client.get(url("unsealing-json", decided)).status_code,
    ]

    assert (answers, Unsealing.objects.exists()) == ([404] * 3, False)


def test_record_is_404_before_the_unsealing(decided: Room, sign_in: SignIn) -> None:
    assert sign_in(decided.ada).get(url("unsealing-json", decided)).status_code == 404


# ---- eligibility -----------------------------------------------------------------------------
def answered(**not_met: str) -> dict[str, str]:
    return {**dict.fromkeys(EligibilityCondition.values, "met"), "remark": "Geprüft.", **not_met}


def checking(room: Room) -> str:
    return url("eligibility-edit", room, submission_code=room.submissions["Eibe"].code)


def test_eligibility_works(decided: Room, sign_in: SignIn) -> None:
    decided.unseal()
    client = sign_in(decided.ada)

    page = read(client.get(checking(decided)))
    response = client.post(checking(decided), answered())

    assert "Team Dachs" in page
    assert response["Location"] == url("results-publish", decided)
    check = EligibilityCheck.objects.get()
    assert (check.is_eligible, check.remark, check.checked_by) == (True, "Geprüft.", decided.ada)


def test_eligibility_of_an_incomplete_form_keeps_what_was_typed(
    decided: Room, sign_in: SignIn
) -> None:
    decided.unseal()
    client = sign_in(decided.ada)

    missing = client.post(checking(decided), {"entitled": "met", "remark": "Vertretung unklar."})
    silent = client.post(checking(decided), answered(sides="not_met", remark=""))

    assert (missing.status_code, silent.status_code) == (422, 422)
    assert "Vertretung unklar." in missing.content.decode()
    assert not EligibilityCheck.objects.exists()


@pytest.mark.parametrize("who", ["frida", "fritz", "bea", "cem", "emil", "gus"])
def test_eligibility_is_404_for_a_stranger(decided: Room, sign_in: SignIn, who: str) -> None:
    decided.unseal()
    client = sign_in(getattr(decided, who))

    answers = [client.get(checking(decided)), client.post(checking(decided), answered())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not EligibilityCheck.objects.exists()


def test_eligibility_is_404_while_names_are_sealed_and_without_an_award(
    decided: Room, sign_in: SignIn
) -> None:
    client = sign_in(decided.ada)
    sealed = client.get(checking(decided)).status_code
    decided.unseal()

    code = decided.submissions["Ahorn"].code
    without = client.get(url("eligibility-edit", decided, submission_code=code)).status_code

    assert (sealed, without) == (404, 404)


# ---- amendment -------------------------------------------------------------------------------
def test_chair_amends_an_award_that_cannot_be_given(decided: Room, sign_in: SignIn) -> None:
    decided.unseal()
    decided.check(declarations=False)
    client = sign_in(decided.frida)
    ahorn = decided.submissions["Ahorn"]
    entered = {
        "reason_de": "Eine Erklärung fehlt.",
        f"{ahorn.code}-1-kind": "prize",
        f"{ahorn.code}-1-place": "1",
    }

    offered = read(client.get(url("results-publish", decided)))
    page = read(client.get(url("decision-amend", decided)))
    refused = client.post(url("decision-amend", decided), entered)
    response = client.post(
        url("decision-amend", decided), {**entered, f"{ahorn.code}-1-reason_de": "Rückt nach."}
    )

    assert url("decision-amend", decided) in offered
    assert "Eine Erklärung fehlt." in page
    assert f"{decided.submissions['Eibe'].code}-1-kind" not in page
    assert (refused.status_code, response.status_code) == (422, 302)
    standing = Award.objects.standing().values_list("entry", "kind", "place", "reason_de")
    assert list(standing) == [(ahorn.entry_id, "prize", 1, "Rückt nach.")]


@pytest.mark.parametrize("who", ["ada", "fritz", "bea", "cem", "emil", "gus"])
def test_amendment_is_404_for_a_stranger(decided: Room, sign_in: SignIn, who: str) -> None:
    decided.unseal()
    decided.check(declarations=False)
    client = sign_in(getattr(decided, who))

    answers = [
        client.get(url("decision-amend", decided)).status_code,
        client.post(url("decision-amend", decided), {"reason_de": "Grund."}).status_code,
    ]

    assert (answers, Amendment.objects.exists()) == ([404, 404], False)


def test_amendment_is_404_while_every_award_can_be_given(decided: Room, sign_in: SignIn) -> None:
    decided.make_ready()

    assert sign_in(decided.frida).get(url("decision-amend", decided)).status_code == 404


# ---- telling the teams -----------------------------------------------------------------------
@pytest.fixture
def told(decided: Room) -> Room:
    """The same, with every step of the office done and a week for objections."""
    decided.make_ready(days=7)
    return decided


def own(room: Room, name: str = "scoring:team-result", pseudonym: str = "Eibe") -> str:
    return reverse(name, args=[room.submissions[pseudonym].code])


def test_office_tells_the_teams(decided: Room, sign_in: SignIn) -> None:
    client = sign_in(decided.ada)
    sealed = client.post(url("teams-tell", decided)).status_code
    decided.unseal()
    early = client.post(url("teams-tell", decided))
    decided.check()

    response = client.post(url("teams-tell", decided))

    assert (sealed, early.status_code, response.status_code) == (404, 409, 302)
    assert decided.decision.told_by == decided.ada
    assert sign_in(decided.frida).post(url("teams-tell", decided)).status_code == 404


def test_team_reads_its_own_result_before_the_publication_and_nobody_elses(
    told: Room, sign_in: SignIn
) -> None:
    page = read(sign_in(told.cem).get(own(told)))
    beside = read(sign_in(told.cem).get(told.submissions["Eibe"].get_absolute_url()))

    assert "Rang 1 von 2 mit 90,00 von 100 Punkten." in page
    assert "Vertraulich bis zur Veröffentlichung" in page
    assert "Nutzen: Bemerkung zu Eibe" in page
    foreign = ("Team Luchs", "Ahorn", "Eibe ", "Geheime Notiz", "Frida", "Fritz")
    assert [word for word in foreign if word in page.replace("zu Eibe", "")] == []
    assert own(told) in beside
    others = [told.emil, told.frida, told.fritz, told.ada, told.bea, told.gus]
    assert {sign_in(person).get(own(told)).status_code for person in others} == {404}


def test_team_result_is_404_before_the_teams_are_told(decided: Room, sign_in: SignIn) -> None:
    decided.unseal()

    assert sign_in(decided.cem).get(own(decided)).status_code == 404


def test_captain_objects_and_the_office_answers(told: Room, sign_in: SignIn) -> None:
    captain = sign_in(told.cem)
    empty = captain.post(own(told, "scoring:objection-create"), {"text": " "})
    sent = captain.post(
        own(told, "scoring:objection-create"), {"text": "Bitte nachzählen."}, follow=True
    )
    twice = captain.post(own(told, "scoring:objection-create"), {"text": "Noch einmal."})
    objection = Objection.objects.get()
    address = url("objection-answer", told, objection_code=objection.code)
    office = sign_in(told.ada)
    listed = read(office.get(url("results-publish", told)))
    page = read(office.get(address))
    half = office.post(address, {"answer": "Stimmt.", "outcome": "upheld"})
    answered = office.post(address, {"answer": "Nachgezählt.", "outcome": "rejected"})

    assert (empty.status_code, twice.status_code, half.status_code) == (422, 404, 422)
    assert "Bitte nachzählen." in sent.content.decode()
    assert (address in listed, "Bitte nachzählen." in page) == (True, True)
    assert (answered.status_code, "Stimmt." in half.content.decode()) == (302, True)
    assert "Nachgezählt." in read(sign_in(told.cem).get(own(told)))


@pytest.mark.parametrize("who", ["frida", "fritz", "bea", "cem", "emil", "gus"])
def test_objections_are_404_for_a_stranger(told: Room, sign_in: SignIn, who: str) -> None:
    objection = actions.raise_objection(
        told.submissions["Eibe"], by=told.cem, text="Bitte nachzählen."
    )
    client = sign_in(getattr(told, who))
    address = url("objection-answer", told, objection_code=objection.code)

    answers = [
        client.get(address).status_code,
        client.post(address, {"answer": "Nein.", "outcome": "rejected"}).status_code,
        client.get(own(told, "scoring:objection-create")).status_code,
    ]

    assert answers == [404] * 3
    assert Objection.objects.get().is_open


# ---- planned publication ---------------------------------------------------------------------
def test_publication_is_planned_and_dropped(told: Room, sign_in: SignIn) -> None:
    client = sign_in(told.ada)
    early = client.post(url("publication-plan", told), {"at": "2020-01-01T10:00"})
    planned = client.post(url("publication-plan", told), {"at": "2999-01-01T10:00"})
    page = read(client.get(url("results-publish", told)))
    moment = told.decision.publish_at
    dropped = client.post(url("plan-drop", told))

    assert (early.status_code, planned.status_code, dropped.status_code) == (422, 302, 302)
    assert "01.01.2999, 10:00" in page
    assert (moment is not None, told.decision.publish_at) == (True, None)


@pytest.mark.parametrize("who", ["fritz", "bea", "cem", "gus"])
def test_planning_is_404_for_a_stranger(told: Room, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(told, who))

    answers = [
        client.post(url("publication-plan", told), {"at": "2999-01-01T10:00"}).status_code,
        client.post(url("plan-drop", told)).status_code,
    ]

    assert (answers, told.decision.publish_at) == ([404, 404], None)


# ---- errata ----------------------------------------------------------------------------------
@pytest.fixture
def public(decided: Room) -> Room:
    """A published result."""
    decided.make_ready()
    actions.publish(decided.jury, by=decided.ada)
    return decided


def public_page(room: Room) -> str:
    return reverse(
        "scoring:results-show", args=[room.challenge.competition.slug, room.challenge.code]
    )


def test_erratum_works_and_both_versions_stay_readable(public: Room, sign_in: SignIn) -> None:
    client = sign_in(public.ada)
    eibe, ahorn = (public.submissions[name] for name in ("Eibe", "Ahorn"))
    entered = {
        "reason_de": "Ein Text war abgeschrieben.",
        "reason_en": "A text was copied.",
        "excluded": [eibe.code],
        f"{ahorn.code}-1-kind": "prize",
        f"{ahorn.code}-1-place": "1",
        f"{ahorn.code}-1-reason_de": "Rückt nach.",
    }

    page = read(client.get(url("erratum-create", public)))
    unchecked = client.post(url("erratum-create", public), entered)
    response = client.post(url("erratum-create", public), {**entered, "is_checked": "on"})

    assert "Team Dachs" in page
    assert (unchecked.status_code, response["Location"]) == (422, public_page(public))
    client.logout()
    now, before = (
        read(client.get(public_page(public))),
        read(client.get(public_page(public), {"version": "1"})),
    )
    assert ("Team Luchs gewinnt" in now, "Team Dachs gewinnt" in before) == (True, True)
    assert "Ein Text war abgeschrieben." in now
    assert "Diese Fassung wurde korrigiert" in before
    for facts in LogLeaf.objects.filter(kind="result").values_list("data", flat=True):
        assert f"{facts['rows_sha256'][:4]}" in now
    missing = [
        client.get(public_page(public), {"version": version}).status_code
        for version in ("0", "3", "x", "²")
    ]
    assert missing == [404] * 4


@pytest.mark.parametrize("who", ["fritz", "bea", "cem", "emil", "gus"])
def test_erratum_is_404_for_a_stranger(public: Room, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(public, who))

    answers = [
        client.get(url("erratum-create", public)).status_code,
        client.post(url("erratum-create", public), {"reason_de": "Grund."}).status_code,
    ]

    assert (answers, Amendment.objects.exists()) == ([404, 404], False)


def test_erratum_is_404_before_the_publication(told: Room, sign_in: SignIn) -> None:
    assert sign_in(told.ada).get(url("erratum-create", told)).status_code == 404
