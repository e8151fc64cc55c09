"""From the decision to the publication: names, eligibility, amendments, publication."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import translation

from competition.states import ChallengeState
from core import clock, signing
from core.audit import canonical
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.models import AuditEvent, OutboxMessage
from scoring import jury_maintenance
from scoring.actions import final_boards, leaderboard
from scoring.actions import publication as actions
from scoring.actions.decision import AwardInput, AwardRefused
from scoring.models import (
    Amendment,
    Award,
    Decision,
    EligibilityCheck,
    Freeze,
    LeaderboardSnapshot,
    Objection,
    Unsealing,
)
from scoring.queries import publication as queries
from scoring.queries import results
from scoring.states import BoardKind, EligibilityCondition, JuryState
from submissions.models import LeafKind, LogLeaf, Seal, SealKind
from submissions.states import SubmissionState
from tests.factories import SubmissionFactory, break_audit, scored
from tests.scoring.decided import DAY, Room, closed_room, measured_room

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
    codes = [obstacle.code for obstacle in queries.obstacles(returned.decision, clock.now())]
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
    returned.tell(days=0)

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
    now = clock.now()
    freeze = Freeze.objects.create(
        challenge=room.challenge, starts_at=now - DAY, announced_at=now - 2 * DAY, reason="So."
    )
    kept_back = leaderboard.refresh(room.challenge, BoardKind.PUBLIC)
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
    # With the results the freeze of the provisional board is over, too.
    assert kept_back is not None
    assert (kept_back.is_public, sorted(public)) == (
        False,
        ["combined", "jury", "private", "public"],
    )
    freeze.refresh_from_db()
    assert (freeze.ended_at, freeze.ended_by) == (decision.published_at, room.ada)
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
    assert not OutboxMessage.objects.filter(template="results_published").exists()


def test_publication_waits_for_names_winners_teams_and_objections(decided: Room) -> None:
    codes = []
    eibe = decided.submissions["Eibe"]
    later = clock.now() + 9 * DAY

    def answer() -> None:
        actions.answer_objection(
            Objection.objects.get(), by=decided.ada, answer="Gezählt.", is_upheld=False
        )

    steps = (
        decided.unseal,
        lambda: decided.check(no_bar=False),
        decided.check,
        decided.tell,
        lambda: actions.raise_objection(eibe, by=decided.cem, text="Bitte nachzählen."),
        answer,
    )
    for number, step in enumerate(steps):
        with pytest.raises(DomainError) as error:
            actions.publish(decided.jury, by=decided.ada, now=later if number == 5 else None)
        codes.append(error.value.code)
        step()
    actions.publish(decided.jury, by=decided.ada, now=later)

    assert codes == [
        "sealed",
        "not_checked",
        "not_eligible",
        "not_told",
        "objection_period",
        "objection_open",
    ]


# ---- telling the teams -----------------------------------------------------------------------
@pytest.fixture
def told(decided: Room) -> Room:
    """The same, with every step done and a week for objections."""
    decided.make_ready(days=7)
    return decided


def test_teams_are_told_by_mail_without_a_figure(told: Room) -> None:
    mails = OutboxMessage.objects.filter(template="team_result")

    assert {mail.recipient for mail in mails} == {told.cem.email, told.emil.email}
    assert not any("90,00" in mail.body or "Eibe" in mail.body for mail in mails)
    event = AuditEvent.objects.get(action="decision.teams_told")
    assert event.data["days"] == 7


@pytest.mark.parametrize(
    ("told_at", "days", "ends"),
    [
        # Whole days here, whatever the hour; the second one crosses the change of the clocks.
        ("2027-03-01T00:30+01:00", 7, "2027-03-08T23:59+01:00"),
        ("2027-03-25T18:00+01:00", 7, "2027-04-01T23:59+02:00"),
        ("2027-03-01T12:00+01:00", 0, "2027-03-01T12:00+01:00"),
    ],
)
def test_period_ends_with_its_last_whole_day(told_at: str, days: int, ends: str) -> None:
    moment = dt.datetime.fromisoformat(told_at)

    assert actions.end_of_period(moment, days) == dt.datetime.fromisoformat(ends)


def test_teams_are_told_after_names_and_winners(decided: Room) -> None:
    codes = []
    for step in (decided.unseal, decided.check):
        with pytest.raises(DomainError) as error:
            actions.tell_teams(decided.jury, by=decided.ada)
        codes.append(error.value.code)
        step()
    actions.tell_teams(decided.jury, by=decided.ada)

    assert codes == ["sealed", "not_checked"]


def test_chair_does_not_tell_the_teams_and_nobody_tells_them_twice(told: Room) -> None:
    with pytest.raises(PermissionRefused):
        actions.tell_teams(told.jury, by=told.frida)
    with pytest.raises(DomainError) as error:
        actions.tell_teams(told.jury, by=told.anton)

    assert error.value.code == "told_already"


def test_nobody_is_told_if_the_audit_fails(decided: Room) -> None:
    decided.unseal()
    decided.check()
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        actions.tell_teams(decided.jury, by=decided.ada)

    assert decided.decision.told_at is None
    assert not OutboxMessage.objects.filter(template="team_result").exists()


# ---- objections ------------------------------------------------------------------------------
def test_captain_objects_until_the_period_ends(told: Room) -> None:
    until = told.decision.objections_until
    assert until is not None

    for who, at in (("emil", until - TICK), ("cem", until)):
        if at == until:
            with pytest.raises(PermissionRefused):
                actions.raise_objection(
                    told.submissions["Eibe"], by=getattr(told, who), text="Zu wenig.", now=at
                )
        else:
            actions.raise_objection(
                told.submissions["Ahorn"], by=getattr(told, who), text="Zu wenig.", now=at
            )

    objection = Objection.objects.get()
    assert (objection.raised_by, objection.is_open) == (told.emil, True)
    assert AuditEvent.objects.filter(action="objection.raised").count() == 1
    templates = OutboxMessage.objects.filter(template__startswith="objection")
    assert {(mail.template, mail.recipient) for mail in templates} == {
        ("objection_received", told.emil.email),
        ("objection_to_office", told.ada.email),
        ("objection_to_office", told.anton.email),
    }


@pytest.mark.parametrize("who", ["ada", "bea", "emil", "frida", "gus"])
def test_only_the_captain_of_the_team_objects(told: Room, who: str) -> None:
    with pytest.raises(PermissionRefused):
        actions.raise_objection(told.submissions["Eibe"], by=getattr(told, who), text="Falsch.")

    assert not Objection.objects.exists()


def test_objection_needs_a_text_and_waits_for_its_answer(told: Room) -> None:
    eibe = told.submissions["Eibe"]
    with pytest.raises(Incomplete):
        actions.raise_objection(eibe, by=told.cem, text=" ")
    objection = actions.raise_objection(eibe, by=told.cem, text="Falsch.")
    with pytest.raises(DomainError) as error:
        actions.raise_objection(eibe, by=told.cem, text="Noch einmal.")
    actions.answer_objection(objection, by=told.ada, answer="Stimmt so.", is_upheld=False)
    with pytest.raises(DomainError) as again:
        actions.answer_objection(objection, by=told.ada, answer="Doch nicht.", is_upheld=True,
                                 note="Anders.")  # fmt: skip

    assert (error.value.code, again.value.code) == ("waits", "answered")
    mail = OutboxMessage.objects.get(template="objection_answered")
    assert (mail.recipient, "Stimmt so." in mail.body) == (told.cem.email, False)


def test_upheld_objection_goes_to_the_chair_and_the_teams_are_told_anew(told: Room) -> None:
    eibe = told.submissions["Eibe"]
    objection = actions.raise_objection(eibe, by=told.cem, text="Der Betrag ist falsch.")
    with pytest.raises(Incomplete):
        actions.answer_objection(objection, by=told.ada, answer="Stimmt.", is_upheld=True)
    actions.answer_objection(
        objection, by=told.ada, answer="Stimmt.", is_upheld=True, note="Ausgelobt waren 25 000 €."
    )
    before = [found.code for found in queries.obstacles(told.decision, clock.now())]

    actions.amend(told.jury, by=told.frida, awards=[told.award(amount=25_000)], reason_de="Betrag.")

    after = [found.code for found in queries.obstacles(told.decision, clock.now())]
    assert (before, after) == (["objection_period", "objection_upheld"], ["not_told"])
    assert OutboxMessage.objects.get(template="objection_upheld").recipient == told.frida.email
    told.tell(days=0)
    actions.publish(told.jury, by=told.ada)


def test_objection_is_not_stored_if_the_audit_fails(told: Room) -> None:
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        actions.raise_objection(told.submissions["Eibe"], by=told.cem, text="Falsch.")

    assert not Objection.objects.exists()


# ---- planned publication ---------------------------------------------------------------------
def test_sweep_publishes_at_the_planned_moment_and_not_before(told: Room) -> None:
    until = told.decision.objections_until
    assert until is not None
    actions.plan(told.jury, by=told.ada, at=until)

    with time_machine.travel(until - dt.timedelta(seconds=1), tick=False):
        before = actions.publish_due(clock.now())
    Decision.objects.update(told_at=clock.now() - 9 * DAY, objections_until=clock.now() - DAY)
    Decision.objects.update(publish_at=clock.now() - MINUTES_15)
    due = [actions.publish_due(clock.now()) for _time in range(2)]

    assert (before, due) == (0, [1, 0])
    told.jury.refresh_from_db()
    decision = told.decision
    assert (told.jury.state, decision.published_by) == (JuryState.PUBLISHED, told.ada)


def test_dropped_plan_and_what_got_in_the_way_keep_the_result_back(told: Room) -> None:
    until = told.decision.objections_until
    assert until is not None
    actions.plan(told.jury, by=told.ada, at=until)
    actions.raise_objection(told.submissions["Eibe"], by=told.cem, text="Falsch.")
    Decision.objects.update(
        publish_at=clock.now() - MINUTES_15, objections_until=clock.now() - dt.timedelta(minutes=1)
    )

    kept_back = actions.publish_due(clock.now())
    actions.plan(told.jury, by=told.anton, at=None)

    assert (kept_back, told.decision.publish_at) == (0, None)
    events = AuditEvent.objects.filter(action__startswith="decision.plan").order_by("pk")
    assert [event.action for event in events] == ["decision.planned", "decision.plan_dropped"]


def test_plan_must_lie_after_the_period_and_in_the_future(told: Room) -> None:
    until = told.decision.objections_until
    assert until is not None

    codes = []
    for at in (until - TICK, clock.now() - DAY):
        with pytest.raises(actions.PlanRefused) as error:
            actions.plan(told.jury, by=told.ada, at=at)
        codes.append(error.value.code)
    with pytest.raises(PermissionRefused):
        actions.plan(told.jury, by=told.fritz, at=until)

    assert codes == ["too_early", "over"]


def test_nothing_is_planned_before_the_teams_are_told(decided: Room) -> None:
    with pytest.raises(DomainError) as error:
        actions.plan(decided.jury, by=decided.ada, at=clock.now() + DAY)

    assert error.value.code == "sealed"


# ---- errata ----------------------------------------------------------------------------------
def correct(room: Room, *awards: AwardInput, excluded: tuple[str, ...] = ()) -> Amendment:
    return actions.correct(
        room.jury,
        by=room.ada,
        awards=awards,
        excluded=[room.submissions[name].entry for name in excluded],
        reason_de="Ein Text war abgeschrieben.",
        reason_en="A text was copied.",
    )


def shown(room: Room, version: int | None = None) -> Any:
    boards = final_boards.of_decision(room.decision, version)
    found = results.result(room.decision, boards, version=version)
    return (
        [(line.name, line.rank) for line in found.lines],
        [line.name for line in found.awards],
    )


@pytest.fixture
def public() -> Room:
    """A published result with a first prize for Team Dachs."""
    room = measured_room()
    room.publish()
    return room


def test_erratum_puts_a_version_beside_the_one_that_it_corrects(public: Room) -> None:
    before = shown(public)

    erratum = correct(public, public.award("Ahorn"), excluded=("Eibe",))

    assert before == (
        [("Team Dachs", 1), ("Team Luchs", 2), ("Team Otter", None)],
        ["Team Dachs"],
    )
    assert shown(public, 1) == before
    assert shown(public) == ([("Team Luchs", 1), ("Team Otter", None)], ["Team Luchs"])
    assert shown(public, 2) == shown(public)
    assert erratum.snapshot != public.decision.snapshot
    erratum.snapshot.refresh_from_db()
    assert erratum.snapshot.is_public
    assert public.decision.snapshot.is_public
    event = AuditEvent.objects.get(action="decision.corrected")
    assert (event.data["corrects"], event.data["snapshot"]) == (
        public.decision.snapshot.code,
        erratum.snapshot.code,
    )


def test_log_commits_to_both_versions_and_the_erratum_names_the_first(public: Room) -> None:
    correct(public, public.award(amount=25_000))

    first, second = LogLeaf.objects.filter(kind=LeafKind.RESULT).order_by("index")
    assert second.data["corrects"] == first.hash
    assert first.data["rows_sha256"] != second.data["rows_sha256"] or (
        first.data["decision_sha256"] != second.data["decision_sha256"]
    )
    assert Seal.objects.order_by("number").last().kind == SealKind.ERRATUM
    assert list(jury_maintenance.broken_commitments()) == []
    assert list(jury_maintenance.final_boards_that_differ()) == []


def test_every_member_hears_of_the_erratum(public: Room) -> None:
    correct(public)

    mails = OutboxMessage.objects.filter(template="result_corrected")
    assert {mail.recipient for mail in mails} == {public.cem.email, public.emil.email}


@pytest.mark.parametrize("reasons", [("", "A text."), ("Ein Text.", " ")])
def test_erratum_needs_its_reason_in_both_languages(public: Room, reasons: tuple[str, str]) -> None:
    with pytest.raises(Incomplete):
        actions.correct(
            public.jury,
            by=public.ada,
            awards=[],
            excluded=[],
            reason_de=reasons[0],
            reason_en=reasons[1],
        )

    assert not Amendment.objects.exists()


def test_erratum_that_changes_nothing_or_awards_the_excluded_is_refused(public: Room) -> None:
    with pytest.raises(DomainError) as same, transaction.atomic():
        correct(public, public.award())
    with pytest.raises(AwardRefused), transaction.atomic():
        correct(public, public.award(), excluded=("Eibe",))

    public.submissions["Eibe"].refresh_from_db()
    assert same.value.code == "nothing_changes"
    assert public.submissions["Eibe"].state == SubmissionState.HANDED_IN
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("who", ["bea", "cem", "fritz", "gus"])
def test_only_chair_and_office_correct_a_result(public: Room, who: str) -> None:
    public.ada = getattr(public, who)

    with pytest.raises(PermissionRefused):
        correct(public)


def test_result_that_is_not_public_is_not_corrected(told: Room) -> None:
    with pytest.raises(PermissionRefused):
        correct(told)


def test_nothing_is_corrected_if_the_audit_fails(public: Room) -> None:
    break_audit()

    with pytest.raises(IntegrityError), transaction.atomic():
        correct(public)

    assert not Amendment.objects.exists()
    assert Award.objects.standing().count() == 1
