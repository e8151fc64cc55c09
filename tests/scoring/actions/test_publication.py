"""From the decision to the publication: names, eligibility, amendments, publication."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from competition.states import ChallengeState
from core import clock, signing
from core.audit import canonical
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.models import AuditEvent, OutboxMessage
from scoring.actions import leaderboard
from scoring.actions import publication as actions
from scoring.actions.decision import AwardRefused
from scoring.models import (
    Amendment,
    Award,
    EligibilityCheck,
    LeaderboardSnapshot,
    Unsealing,
)
from scoring.queries import publication as queries
from scoring.queries import results
from scoring.states import BoardKind, EligibilityCondition, JuryState
from tests.factories import SubmissionFactory, break_audit, scored
from tests.scoring.decided import Room, closed_room, measured_room

pytestmark = pytest.mark.django_db
ALL_MET = dict.fromkeys(EligibilityCondition.values, True)
MINUTES_15 = dt.timedelta(minutes=15)
TICK = dt.timedelta(microseconds=1)


@pytest.fixture
def decided() -> Room:
    """A decision with a first prize for Eibe, its names sealed."""
    room = closed_room()
    room.decide(room.award())
    return room


@pytest.fixture
def returned(decided: Room) -> Room:
    """The same, with names unsealed and a winner that is not eligible."""
    decided.unseal()
    decided.check(declarations=False)
    return decided


# ---- names -----------------------------------------------------------------------------------
def test_two_people_unseal_and_the_record_is_signed(decided: Room) -> None:
    at = clock.now()

    actions.unseal(decided.jury, by=decided.ada, now=at)
    unsealing = actions.unseal(decided.jury, by=decided.anton, now=at + MINUTES_15 - TICK)

    decision = unsealing.decision
    assert (unsealing.first_by, unsealing.second_by, unsealing.is_done) == (
        decided.ada,
        decided.anton,
        True,
    )
    assert signing.is_valid(canonical(unsealing.record).encode(), unsealing.signature)
    assert unsealing.record["snapshot_inputs_sha256"] == decision.snapshot.inputs_sha256
    assert [person["name"] for person in unsealing.record["confirmed_by"]] == [
        "Ada Büro",
        "Anton Büro",
    ]
    assert unsealing.record["names"] == [
        {"pseudonym": name, "submission": version.code, "team": version.entry.team.code}
        for name in ("Eibe", "Ahorn", "Weide")
        for version in [decided.submissions[name]]
    ]
    event = AuditEvent.objects.get(action="unsealing.unsealed")
    assert (event.actor, event.data["sha256"]) == (decided.anton.pk, unsealing.record_sha256)


def test_first_confirmation_ends_after_15_minutes_and_the_next_begins_anew(decided: Room) -> None:
    at = clock.now()

    actions.unseal(decided.jury, by=decided.ada, now=at)
    unsealing = actions.unseal(decided.jury, by=decided.anton, now=at + MINUTES_15)

    assert (unsealing.is_done, unsealing.first_by) == (False, decided.anton)


def test_same_person_does_not_unseal_twice_and_nobody_unseals_again(decided: Room) -> None:
    actions.unseal(decided.jury, by=decided.ada)

    with pytest.raises(DomainError, match="zweite Person") as same:
        actions.unseal(decided.jury, by=decided.ada)
    actions.unseal(decided.jury, by=decided.anton)
    with pytest.raises(DomainError) as again:
        actions.unseal(decided.jury, by=decided.ada)

    assert (same.value.code, again.value.code) == ("same_person", "unsealed_already")


@pytest.mark.parametrize("who", ["frida", "fritz", "bea", "cem", "gus"])
def test_only_the_office_unseals(decided: Room, who: str) -> None:
    with pytest.raises(PermissionRefused):
        actions.unseal(decided.jury, by=getattr(decided, who))

    assert not Unsealing.objects.exists()


def test_nothing_is_unsealed_before_the_decision() -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    with pytest.raises(PermissionRefused):
        actions.unseal(room.jury, by=room.ada)


def test_database_refuses_the_same_person_twice(decided: Room) -> None:
    decided.unseal()

    with pytest.raises(IntegrityError), transaction.atomic():
        Unsealing.objects.update(second_by=decided.ada)


def test_names_are_readable_from_the_unsealing_to_the_publication(decided: Room) -> None:
    def may_read() -> bool:
        room = type(decided.jury).objects.get(pk=decided.jury.pk)
        return decided.ada.has_perm("scoring.read_teams", room)

    before = may_read()
    actions.unseal(decided.jury, by=decided.ada)
    begun = may_read()
    actions.unseal(decided.jury, by=decided.anton)
    unsealed = may_read()

    assert (before, begun, unsealed) == (False, False, True)
    assert not decided.frida.has_perm("scoring.read_teams", decided.jury)


def test_nothing_is_unsealed_if_the_audit_fails(decided: Room) -> None:
    actions.unseal(decided.jury, by=decided.ada)
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        actions.unseal(decided.jury, by=decided.anton)

    assert not Unsealing.objects.get().is_done


# ---- eligibility -----------------------------------------------------------------------------
def test_check_is_kept_and_the_last_one_counts(returned: Room) -> None:
    returned.check()

    decision = returned.decision
    assert [check.is_eligible for check in EligibilityCheck.objects.all()] == [False, True]
    assert [winner.status for winner in queries.winners(decision)] == ["teilnahmeberechtigt"]
    events = AuditEvent.objects.filter(action="decision.eligibility_checked").order_by("pk")
    assert [event.data["not_met"] for event in events] == [["declarations"], []]


def test_negative_check_tells_the_chair_without_a_name(returned: Room) -> None:
    message = OutboxMessage.objects.get(template="award_returned")

    assert message.recipient == returned.frida.email
    assert "Eibe" in message.body
    assert "Team Dachs" not in message.body


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "answers_missing"),
        ({**ALL_MET, "haircut": True}, "answers_missing"),
        ({**ALL_MET, "sides": False}, "remark_missing"),
    ],
)
def test_check_needs_every_answer_and_a_remark(
    decided: Room, answers: dict[str, bool], code: str
) -> None:
    decided.unseal()

    with pytest.raises(Incomplete) as error:
        actions.check_eligibility(
            decided.jury,
            decided.submissions["Eibe"].entry,
            by=decided.ada,
            answers=answers,
            remark=" ",
        )

    assert error.value.code == code
    assert not EligibilityCheck.objects.exists()


def test_only_winners_are_checked_and_only_by_the_office_after_the_unsealing(
    decided: Room,
) -> None:
    eibe, ahorn = (decided.submissions[name].entry for name in ("Eibe", "Ahorn"))
    with pytest.raises(PermissionRefused):
        actions.check_eligibility(decided.jury, eibe, by=decided.ada, answers=ALL_MET)
    decided.unseal()
    with pytest.raises(PermissionRefused):
        actions.check_eligibility(decided.jury, eibe, by=decided.frida, answers=ALL_MET)

    with pytest.raises(DomainError) as error:
        actions.check_eligibility(decided.jury, ahorn, by=decided.ada, answers=ALL_MET)

    assert error.value.code == "no_award"
    assert not EligibilityCheck.objects.exists()


def test_check_is_not_stored_if_the_audit_fails(decided: Room) -> None:
    decided.unseal()
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        decided.check()

    assert not EligibilityCheck.objects.exists()


# ---- amendment -------------------------------------------------------------------------------
def test_chair_passes_the_award_on_and_the_first_one_stays_on_record(returned: Room) -> None:
    amendment = actions.amend(
        returned.jury,
        by=returned.frida,
        awards=[returned.award("Ahorn", reason_de="Rückt nach.")],
        reason_de="Eine Erklärung fehlt.",
    )

    eibe, ahorn = (returned.submissions[name].entry_id for name in ("Eibe", "Ahorn"))
    kept = Award.objects.order_by("pk").values_list("entry", "added_in", "lapsed_in")
    assert list(kept) == [(eibe, None, amendment.pk), (ahorn, amendment.pk, None)]
    assert amendment.snapshot == returned.decision.snapshot
    event = AuditEvent.objects.get(action="decision.amended")
    assert (event.data["lapsed"], event.data["added"]) == (
        [["prize", 1, 20_000]],
        [["prize", 1, 20_000]],
    )
    codes = [obstacle.code for obstacle in queries.obstacles(returned.decision)]
    assert codes == ["not_checked"]


def test_amendment_keeps_awards_that_stay_the_same() -> None:
    room = closed_room()
    second = room.award("Ahorn", place=2, amount=10_000)
    room.decide(room.award(), second)
    room.unseal()
    room.check(declarations=False)

    actions.amend(room.jury, by=room.frida, awards=[second], reason_de="Eine Erklärung fehlt.")

    standing = Award.objects.standing().values_list("entry", "added_in")
    assert list(standing) == [(room.submissions["Ahorn"].entry_id, None)]


def test_published_result_shows_the_amended_awards_and_seals_the_reason(returned: Room) -> None:
    actions.amend(returned.jury, by=returned.frida, awards=[], reason_de="Eine Erklärung fehlt.")

    decision = actions.publish(returned.jury, by=returned.ada)

    found = results.result(decision, actions.final_boards.of_decision(decision))
    sealed = results.sealed_decision(found)
    assert (found.awards, sealed["awards"]) == ((), [])
    assert [row["reason_de"] for row in sealed["amendments"]] == ["Eine Erklärung fehlt."]


def test_ineligible_or_unranked_submissions_receive_nothing(returned: Room) -> None:
    for name in ("Eibe", "Weide"):
        with pytest.raises(AwardRefused) as error:
            actions.amend(
                returned.jury, by=returned.frida, awards=[returned.award(name)], reason_de="Grund."
            )
        assert error.value.code == "entry_not_ranked"

    assert not Amendment.objects.exists()


def test_decision_that_can_be_kept_is_not_opened_again(decided: Room) -> None:
    decided.make_ready()

    with pytest.raises(DomainError) as error:
        actions.amend(decided.jury, by=decided.frida, awards=[], reason_de="Anders überlegt.")

    assert error.value.code == "no_reason"


@pytest.mark.parametrize("who", ["ada", "fritz", "bea", "cem", "gus"])
def test_only_the_chair_amends(returned: Room, who: str) -> None:
    with pytest.raises(PermissionRefused):
        actions.amend(returned.jury, by=getattr(returned, who), awards=[], reason_de="Grund.")


def test_amendment_needs_a_reason_and_is_not_stored_if_the_audit_fails(returned: Room) -> None:
    with pytest.raises(Incomplete):
        actions.amend(returned.jury, by=returned.frida, awards=[], reason_de=" ")
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        actions.amend(returned.jury, by=returned.frida, awards=[], reason_de="Grund.")

    assert (Amendment.objects.count(), Award.objects.standing().count()) == (0, 1)


# ---- publication -----------------------------------------------------------------------------
def test_publication_opens_the_boards_of_the_decision_and_tells_every_team() -> None:
    room = measured_room()
    decision = room.decide(room.award())
    room.make_ready()

    actions.publish(room.jury, by=room.ada)

    decision.refresh_from_db()
    room.jury.refresh_from_db()
    room.challenge.refresh_from_db()
    assert decision.published_by == room.ada
    assert (room.jury.state, room.challenge.state) == (
        JuryState.PUBLISHED,
        ChallengeState.CONCLUDED,
    )
    public = LeaderboardSnapshot.objects.filter(is_public=True).values_list("kind", flat=True)
    assert sorted(public) == ["combined", "jury", "private"]
    assert set(OutboxMessage.objects.values_list("recipient", flat=True)) == {
        room.cem.email,
        room.emil.email,
    }


def test_mail_about_the_result_links_to_it_and_holds_no_score() -> None:
    room = measured_room()
    with translation.override("en"):
        room.publish()

    message = OutboxMessage.objects.get(recipient=room.cem.email, template="results_published")

    path = (
        f"/competitions/{room.challenge.competition.slug}/challenges/{room.challenge.code}/results/"
    )
    assert path in message.body
    assert "/submissions/" in message.body
    # Codes in addresses may hold any digits, and so may the names of this suite.
    words = re.sub(r"https?://\S+|[A-Z]-[0-9A-Z]{6}", "", message.body)
    challenge, competition = room.challenge, room.challenge.competition
    titles = (challenge.title_de, challenge.title_en, competition.name_de, competition.name_en)
    for name in (*titles, room.cem.name):
        words = words.replace(name, "")
    assert not any(figure in words for figure in ("70.00", "70,00", "0.7", "20"))
    assert "Eibe" not in message.body


def test_board_computed_after_the_decision_stays_closed() -> None:
    room = measured_room()
    room.decide(room.award())
    extra = SubmissionFactory(entry=room.submissions["Weide"].entry, number=2, handed_in=True)
    scored(extra, public=1.0, private=1.0)
    late = leaderboard.refresh(room.challenge, BoardKind.PRIVATE)
    room.make_ready()

    actions.publish(room.jury, by=room.frida)

    assert late is not None
    late.refresh_from_db()
    assert not late.is_public
    assert LeaderboardSnapshot.objects.get(kind="private", number=1).is_public


@pytest.mark.parametrize("who", ["bea", "cem", "fritz", "gus"])
def test_only_chair_and_office_publish(who: str) -> None:
    room = closed_room()
    room.decide()
    room.make_ready()

    with pytest.raises(PermissionRefused):
        actions.publish(room.jury, by=getattr(room, who))

    assert not LeaderboardSnapshot.objects.filter(is_public=True).exists()


def test_undecided_jury_cannot_be_published() -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    with pytest.raises(PermissionRefused):
        actions.publish(room.jury, by=room.ada)


def test_nothing_is_published_if_the_audit_fails() -> None:
    room = closed_room()
    decision = room.decide()
    room.make_ready()
    break_audit()

    with pytest.raises(IntegrityError):
        actions.publish(room.jury, by=room.ada)

    decision.refresh_from_db()
    assert decision.published_at is None
    assert not LeaderboardSnapshot.objects.filter(is_public=True).exists()
    assert not OutboxMessage.objects.exists()


def test_publication_waits_for_names_and_winners(decided: Room) -> None:
    codes = []
    steps = (decided.unseal, lambda: decided.check(no_bar=False), decided.check)
    for step in steps:
        with pytest.raises(DomainError) as error:
            actions.publish(decided.jury, by=decided.ada)
        codes.append(error.value.code)
        step()
    actions.publish(decided.jury, by=decided.ada)

    assert codes == ["sealed", "not_checked", "not_eligible"]
