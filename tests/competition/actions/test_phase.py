"""Windows of time: set by the agency, extended by the office, never shortened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from competition.actions import phase as actions
from competition.extensions import Addressee, followers
from competition.models import Challenge, Phase, PhaseChange, StatementSection
from competition.queries.statement import windows_of
from competition.states import ChallengeState, PhaseKind
from competition.timeline import Window, shifted
from core import clock
from core.exceptions import DomainError, PermissionRefused
from core.models import AuditEvent, OutboxMessage
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    EntryFactory,
    PhaseFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    break_audit,
    noon,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db

Q, S, A, D = PhaseKind


def plan() -> list[Window]:
    return [
        Window(Q, noon(5), noon(30)),
        Window(S, noon(5), noon(60), 3, 30),
        Window(A, noon(70), noon(90)),
        Window(D, noon(90), noon(95)),
    ]


def published(state: str = ChallengeState.PUBLISHED) -> Challenge:
    challenge = ChallengeFactory(published=True)
    challenge.state = state
    challenge.save()
    for window in plan():
        PhaseFactory(
            challenge=challenge,
            kind=window.kind,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
        )
    return challenge


@pytest.fixture
def one_follower(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two sources name the same person: she must get one mail."""

    def source(_challenge: Challenge) -> Iterator[Addressee]:
        yield Addressee(7, "cem@team.example", "en")

    def other_source(_challenge: Challenge) -> Iterator[Addressee]:
        yield Addressee(7, "cem@team.example", "en")

    monkeypatch.setattr(followers, "_items", [source, other_source])


# -- set ------------------------------------------------------------------------------------------


def test_plan_is_stored_as_given() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)

    task = actions.set_phases(challenge, by=bea, windows=plan(), is_finished=True)

    assert windows_of(challenge) == plan()
    assert (task.key, task.version, task.is_finished) == ("phases", 1, True)


def test_new_plan_replaces_the_old_one() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)
    actions.set_phases(challenge, by=bea, windows=plan())

    actions.set_phases(challenge, by=bea, windows=[Window(S, noon(6), noon(50))])

    assert windows_of(challenge) == [Window(S, noon(6), noon(50))]
    event = AuditEvent.objects.latest("sequence")
    assert (sorted(event.data["before"]), sorted(event.data["after"])) == (
        ["assessment", "deliberation", "questions", "submission"],
        ["submission"],
    )


def test_impossible_plan_is_refused_field_by_field() -> None:
    challenge = ChallengeFactory()

    with pytest.raises(ValidationError) as caught:
        actions.set_phases(
            challenge,
            by=agency_staff(challenge.agency),
            windows=[Window(S, noon(9), noon(5)), Window(A, noon(1), noon(20))],
        )

    assert sorted(caught.value.message_dict) == ["assessment-starts_at", "submission-ends_at"]
    assert not Phase.objects.exists()


@pytest.mark.parametrize("state", sorted(set(ChallengeState) - {"draft", "needs_changes"}))
def test_plan_is_fixed_once_it_left_the_desk(state: str) -> None:
    challenge = ChallengeFactory(state=state, published_at=clock.now(), frozen_hash="0" * 64)

    with pytest.raises(DomainError) as caught:
        actions.set_phases(challenge, by=agency_staff(challenge.agency), windows=plan())

    assert caught.value.code == "not_editable"


def test_plan_is_for_staff_of_the_agency() -> None:
    challenge = ChallengeFactory()

    for stranger in (organiser(challenge.competition), agency_staff(AgencyFactory())):
        with pytest.raises(PermissionRefused):
            actions.set_phases(challenge, by=stranger, windows=plan())


def test_plan_without_its_event_is_not_stored() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.set_phases(challenge, by=bea, windows=plan())

    assert (Phase.objects.count(), StatementSection.objects.count()) == (0, 0)


# -- extend ---------------------------------------------------------------------------------------


def extend(challenge: Challenge, by: User, kind: str = S, **changes: Any) -> PhaseChange:
    phase = challenge.phases.get(kind=kind)
    fields = {"ends_at": noon(65), "reason_de": "Die Plattform war gestört.", **changes}
    return actions.extend(phase, by=by, **fields)


@pytest.mark.usefixtures("one_follower")
def test_extension_is_public_recorded_and_told_once() -> None:
    challenge = published()
    ada = organiser(challenge.competition)

    change = extend(challenge, ada, reason_en="The platform was down.")

    phase = challenge.phases.get(kind=S)
    assert (phase.ends_at, phase.starts_at) == (noon(65), noon(5))
    assert (change.old_ends_at, change.new_ends_at, change.changed_by) == (
        noon(60),
        noon(65),
        ada,
    )
    assert (change.reason_de, change.reason_en) == (
        "Die Plattform war gestört.",
        "The platform was down.",
    )
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("phase.extended", "Die Plattform war gestört.")
    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.recipient) == ("deadline_moved", "cem@team.example")
    assert "The platform was down." in mail.body


def test_later_phases_move_along_by_the_clock_on_the_wall() -> None:
    challenge = published()
    ada = organiser(challenge.competition)

    extend(challenge, ada, ends_at=noon(75), shift_later=True)

    zone = timezone.get_default_timezone()
    windows = {window.kind: window for window in windows_of(challenge)}
    assert windows[Q] == Window(Q, noon(5), noon(30))
    assert windows[A].starts_at == shifted(noon(70), 15 * DAY, zone)
    assert windows[D].ends_at == shifted(noon(95), 15 * DAY, zone)
    assert PhaseChange.objects.count() == 3
    assert AuditEvent.objects.count() == 3


def test_phase_in_the_way_must_be_moved_too() -> None:
    challenge = published()

    with pytest.raises(DomainError) as caught:
        extend(challenge, organiser(challenge.competition), ends_at=noon(75))

    assert caught.value.code == "next_phase"
    assert windows_of(challenge)[1].ends_at == noon(60)


def test_deadline_may_reach_the_very_start_of_the_next_phase() -> None:
    challenge = published()

    extend(challenge, organiser(challenge.competition), ends_at=noon(70))

    assert challenge.phases.get(kind=S).ends_at == noon(70)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": noon(60)}, "ends_at"),
        ({"ends_at": noon(60) - dt.timedelta(minutes=1)}, "ends_at"),
        ({"ends_at": noon(65) + dt.timedelta(seconds=1)}, "ends_at"),
        ({"reason_de": "  "}, "reason_de"),
        ({"reason_de": "x" * 1_001}, "reason_de"),
    ],
)
def test_extension_is_later_to_the_minute_and_reasoned(changes: dict[str, Any], field: str) -> None:
    challenge = published()

    with pytest.raises(ValidationError) as caught:
        extend(challenge, organiser(challenge.competition), **changes)

    assert list(caught.value.message_dict) == [field]
    assert windows_of(challenge)[1].ends_at == noon(60)


def test_extension_into_the_past_is_refused() -> None:
    challenge = ChallengeFactory(published=True)
    phase = PhaseFactory(challenge=challenge, starts_at=noon(-30), ends_at=noon(-10))

    with pytest.raises(ValidationError):
        actions.extend(
            phase, by=organiser(challenge.competition), ends_at=noon(-5), reason_de="Grund"
        )


EXTENDABLE = {
    ("published", "questions"),
    ("published", "submission"),
    ("published", "assessment"),
    ("published", "deliberation"),
    ("closed", "assessment"),
    ("closed", "deliberation"),
}


@pytest.mark.parametrize("state", list(ChallengeState))
@pytest.mark.parametrize("kind", list(PhaseKind))
def test_states_in_which_a_phase_can_be_extended(state: str, kind: str) -> None:
    challenge = published(state)
    ada = organiser(challenge.competition)
    changes = {"kind": kind, "ends_at": noon(40) if kind == Q else noon(120), "shift_later": True}

    if (state, kind) in EXTENDABLE:
        assert extend(challenge, ada, **changes).phase.kind == kind
    else:
        with pytest.raises(DomainError) as caught:
            extend(challenge, ada, **changes)
        assert caught.value.code == "not_extendable"


def test_extension_is_for_the_office_of_the_competition() -> None:
    challenge = published()
    people = [
        agency_staff(challenge.agency),
        organiser(CompetitionFactory()),
        UserFactory(is_superuser=True),
    ]

    for person in people:
        with pytest.raises(PermissionRefused):
            extend(challenge, person)

    assert not PhaseChange.objects.exists()


def test_extension_without_its_event_changes_nothing() -> None:
    challenge = published()
    ada = organiser(challenge.competition)
    break_audit()

    with pytest.raises(IntegrityError):
        extend(challenge, ada)

    assert windows_of(challenge)[1].ends_at == noon(60)
    assert (PhaseChange.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_extension_is_told_to_everybody_in_a_team_that_takes_part() -> None:
    challenge = published()
    entry = EntryFactory(challenge=challenge)
    cem, dora = team_member(entry.team), team_member(entry.team, role="member", language="en")
    team_member(entry.team, is_active=False)
    team_member(TeamFactory(competition=challenge.competition))
    team_member(EntryFactory().team)

    extend(challenge, organiser(challenge.competition))

    told = OutboxMessage.objects.values_list("recipient", "language")
    assert sorted(told) == sorted([(cem.email, "de"), (dora.email, "en")])
