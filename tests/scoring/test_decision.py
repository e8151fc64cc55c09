"""Deliberate, decide, publish; and the boards that a decision rests on, computed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from competition.states import ChallengeState, PhaseKind
from core import clock
from core.exceptions import Incomplete, PermissionRefused, PhaseClosed
from core.models import AuditEvent
from scoring.actions import decision as actions
from scoring.actions import final_boards
from scoring.actions.decision import AwardRefused
from scoring.models import (
    Assessment,
    Award,
    Benchmark,
    Criterion,
    CriterionScore,
    Decision,
    LeaderboardRow,
    LeaderboardSnapshot,
    MetricScore,
    Recusal,
)
from scoring.queries import results
from scoring.states import AssessmentState, AwardKind, BoardKind, JuryState
from submissions import verify
from submissions.states import SubmissionState
from tests.factories import (
    AssignmentFactory,
    JurySeatFactory,
    SubmissionFactory,
    break_audit,
    lose,
)
from tests.scoring.decided import DAY, assess, closed_room, measured_room, recuse

pytestmark = pytest.mark.django_db


def table(rows: Any) -> list[tuple[str, int | None, str, str]]:
    return [(row.name, row.rank, row.score, row.note) for row in rows]


# ---- boards ----------------------------------------------------------------------------------
def test_jury_board_equals_the_values_computed_by_hand() -> None:
    room = closed_room()

    board = final_boards.compute_jury(room.challenge)

    assert table(board.rows) == [
        ("Eibe", 1, "90.00", ""),
        ("Ahorn", 2, "50.00", ""),
        ("Weide", None, "", "too_few_assessments"),
    ]
    columns = dict(board.rows[0].columns)
    sheets = columns.pop("sheets")
    # 100 and 80: standard deviation 10 · √2.
    assert columns == {
        "points": "90.00",
        "n": 2,
        "mean": "90.00",
        "median": "90.00",
        "sd": "14.14",
        "lowest": "80.00",
        "highest": "100.00",
        "tied": False,
        "tie_step": "",
        "criteria": {
            "k1": {"mean": "5.00", "points": "60.00", "n": 2},
            "k2": {"mean": "4.00", "points": "30.00", "n": 2},
        },
    }
    assert sorted(sheets, key=lambda sheet: sheet["total"]) == [
        {"marks": {"k1": 500, "k2": 500}, "total": "100.00"},
        {"marks": {"k1": 500, "k2": 300}, "total": "80.00"},
    ]
    counts = ("jurors", "assessments", "recusals")
    assert [board.header[name] for name in counts] == [2, 5, 0]


def test_marks_of_drafts_recused_jurors_and_replaced_versions_never_enter() -> None:
    room = closed_room()
    before = final_boards.compute_jury(room.challenge)
    ahorn = room.submissions["Ahorn"]
    drafting, recused = JurySeatFactory(jury=room.jury), JurySeatFactory(jury=room.jury)
    draft = assess(
        AssignmentFactory(seat=drafting, submission=ahorn), 5, 5, state=AssessmentState.DRAFT
    )
    assess(AssignmentFactory(seat=recused, submission=ahorn), 5, 5)
    recuse(recused, ahorn)
    old = SubmissionFactory(entry=ahorn.entry, number=7, handed_in=True)
    ahorn.number, old.number = 8, 1
    ahorn.save()
    old.save()
    assess(AssignmentFactory(seat=drafting, submission=old), 5, 5)

    after = final_boards.compute_jury(room.challenge)

    assert table(after.rows) == table(before.rows)
    assert after.inputs == before.inputs
    assert draft.state == AssessmentState.DRAFT


def test_withdrawn_submission_is_on_no_board() -> None:
    room = closed_room()
    ahorn = room.submissions["Ahorn"]
    ahorn.state = SubmissionState.WITHDRAWN
    ahorn.save()

    board = final_boards.compute_jury(room.challenge)

    assert [row.name for row in board.rows] == ["Eibe", "Weide"]


def test_cannot_judge_is_missing_and_never_zero() -> None:
    room = closed_room()
    Criterion.objects.filter(rubric__challenge=room.challenge, position=2).update(may_abstain=True)
    ahorn = room.submissions["Ahorn"]
    lose(Assessment.objects.filter(assignment__submission=ahorn))
    for seat in room.seats:
        assess(ahorn.assignments.get(seat=seat), 3, None)

    board = final_boards.compute_jury(room.challenge)

    assert [(row.name, row.score) for row in board.rows if row.rank] == [
        ("Eibe", "90.00"),
        ("Ahorn", "50.00"),
    ]


def test_combined_parts_add_up_to_the_score() -> None:
    room = measured_room()

    board = final_boards.compute_combined(room.challenge)

    assert table(board.rows) == [
        ("Eibe", 1, "70.00", ""),
        ("Ahorn", 2, "66.00", ""),
        ("Weide", None, "", "no_jury_score"),
    ]
    parts = [
        (row.columns["jury_part"], row.columns["metric_part"], row.columns["metric_value"])
        for row in board.rows
    ]
    assert parts == [
        ("54.00", "16.00", "0.7000"),
        ("30.00", "36.00", "0.9500"),
        ("", "24.00", "0.8000"),
    ]
    assert all(
        Decimal(row.columns["jury_part"]) + Decimal(row.columns["metric_part"])
        == Decimal(row.score)
        for row in board.rows
        if row.rank
    )


def test_several_metrics_count_by_their_weighted_points_and_can_be_recomputed() -> None:
    room = measured_room()
    weights = [("accuracy", "75", 0.5, 1.0), ("mcc", "25", 0.0, 0.5)]
    Benchmark.objects.update(
        metric_settings=[
            {"key": key, "weight": weight, "digits": 3, "baseline": baseline, "target": target}
            for key, weight, baseline, target in weights
        ]
    )
    for score in MetricScore.objects.all():
        score.pk, score.metric, score.value = None, "mcc", score.value / 3
        score.save()

    room.decide(room.award())
    found = results.result(room.decision, final_boards.of_decision(room.decision))

    # Eibe: 0.7 is 40 × 0.75 = 30, 0.233 is 46.6 × 0.25 = 11.65; 41.65 × 0.4 = 16.66, and 54.
    (eibe,) = [line for line in found.lines if line.name == found.lines[0].name]
    assert (eibe.metric_points, eibe.metric_part, eibe.points) == (
        Decimal("41.65"),
        Decimal("16.66"),
        Decimal("70.66"),
    )
    assert [(part.points, part.weight, part.part) for part in found.metric_parts(eibe)] == [
        (Decimal("40.00"), Decimal(75), Decimal("30.00")),
        (Decimal("46.60"), Decimal(25), Decimal("11.65")),
    ]
    assert "75" in found.metric_sentence
    row = results.records(found)[0]
    assert (row["metric_value"], row["value_accuracy"], row["value_mcc"]) == (
        "41.65",
        "0.700",
        "0.233",
    )
    assert {name for name, _meaning in results.dictionary(found)} == set(row)
    data, rows, report = results.open_data(found), results.sealed_rows(found), verify.Report()
    verify.check_metrics(data, rows, report)
    with pytest.raises(verify.Failed, match="metrics"):
        verify.check_metrics(data, [{**rows[0], "value_mcc": "0.234"}], report)


def test_same_inputs_keep_the_stored_board() -> None:
    room = measured_room()

    first = final_boards.store_all(room.challenge)
    second = final_boards.store_all(room.challenge)

    assert [board.pk for board in first.all] == [board.pk for board in second.all]
    assert first.final.kind == BoardKind.COMBINED
    assert not any(board.is_public for board in first.all)


def test_sheets_stand_in_an_order_of_their_own_per_submission() -> None:
    room = closed_room()
    for number in range(6):
        seat = JurySeatFactory(jury=room.jury, order_seed=number)
        for submission in room.submissions.values():
            level = 1 + number % 5
            assess(AssignmentFactory(seat=seat, submission=submission), level, 5 - level or 1)

    first = final_boards.compute_jury(room.challenge)
    again = final_boards.compute_jury(room.challenge)

    assert [row.columns["sheets"] for row in first.rows] == [
        row.columns["sheets"] for row in again.rows
    ]
    orders = {tuple(sheet["marks"]["k1"] for sheet in row.columns["sheets"]) for row in first.rows}
    assert len(orders) == 3


def test_disputed_submissions_are_named_by_spread_or_deviation() -> None:
    room = closed_room()
    weide = room.submissions["Weide"]
    assess(AssignmentFactory(seat=room.seats[1], submission=weide), 2, 1)

    found = final_boards.disputed(final_boards.compute_jury(room.challenge))

    assert found == {weide.entry_id, room.submissions["Eibe"].entry_id}


# ---- deliberation ----------------------------------------------------------------------------
def test_chair_opens_the_deliberation() -> None:
    room = closed_room()

    actions.open_deliberation(room.jury, by=room.frida)

    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.DELIBERATING
    assert AuditEvent.objects.last().action == "jury.deliberating"  # type: ignore[union-attr]


@pytest.mark.parametrize("who", ["ada", "bea", "cem", "fritz", "gus"])
def test_nobody_but_the_chair_opens_the_deliberation_or_decides(who: str) -> None:
    room = closed_room()
    person = getattr(room, who)

    with pytest.raises(PermissionRefused):
        actions.open_deliberation(room.jury, by=person)
    actions.open_deliberation(room.jury, by=room.frida)
    with pytest.raises(PermissionRefused):
        actions.decide(room.jury, by=person, reasons_de="Gut.", awards=[])

    assert not Decision.objects.exists()


@pytest.mark.parametrize("state", [JuryState.PREPARING, JuryState.ASSESSING])
def test_deliberation_opens_only_after_closing(state: str) -> None:
    room = closed_room(state=state)

    with pytest.raises(PermissionRefused):
        actions.open_deliberation(room.jury, by=room.frida)


# ---- decision --------------------------------------------------------------------------------
def test_decision_keeps_table_reasons_and_awards() -> None:
    room = measured_room()
    pilot = room.award(kind=AwardKind.PILOT, place=None, amount=None, reason_de="Wird erprobt.")

    decision = room.decide(room.award(), pilot, room.award("Ahorn", place=2, amount=10_000))

    assert (decision.snapshot.kind, decision.decided_by, decision.published_at) == (
        "combined",
        room.frida,
        None,
    )
    assert decision.reasons_de == "Die Jury ist sich einig."
    given = Award.objects.order_by("pk").values_list("entry", "kind", "place", "amount")
    eibe, ahorn = (room.submissions[name].entry_id for name in ("Eibe", "Ahorn"))
    assert list(given) == [
        (eibe, "prize", 1, 20_000),
        (eibe, "pilot", None, None),
        (ahorn, "prize", 2, 10_000),
    ]
    room.jury.refresh_from_db()
    room.challenge.refresh_from_db()
    assert (room.jury.state, room.challenge.state) == (JuryState.DECIDED, ChallengeState.DECIDED)
    event = AuditEvent.objects.get(action="jury.decided")
    assert event.data["snapshot"] == decision.snapshot.code
    assert event.data["inputs_sha256"] == decision.snapshot.inputs_sha256


def test_decision_closes_a_statement_whose_window_has_ended() -> None:
    room = closed_room()
    room.challenge.state = ChallengeState.PUBLISHED
    room.challenge.save()

    room.decide()

    room.challenge.refresh_from_db()
    assert room.challenge.state == ChallengeState.DECIDED


def test_decision_is_refused_while_teams_may_hand_in() -> None:
    room = closed_room()
    room.challenge.state = ChallengeState.PUBLISHED
    room.challenge.save()
    phase = room.challenge.phases.get(kind=PhaseKind.SUBMISSION)
    phase.ends_at = clock.now() + DAY
    phase.save()

    with pytest.raises(PhaseClosed):
        room.decide()

    assert not Decision.objects.exists()
    assert not LeaderboardSnapshot.objects.exists()


@pytest.mark.parametrize("state", [JuryState.CLOSED, JuryState.DECIDED, JuryState.PUBLISHED])
def test_decision_needs_the_deliberation(state: str) -> None:
    room = closed_room(state=state)

    with pytest.raises(PermissionRefused):
        actions.decide(room.jury, by=room.frida, reasons_de="Gut.", awards=[])


def test_decision_waits_until_the_chair_has_seen_what_a_new_conflict_changed() -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    fritz, team = room.seats[1], room.submissions["Ahorn"].entry.team
    fritz.organisation = team.organisation = "Hochschule B"
    fritz.save()
    team.save()

    with pytest.raises(actions.BoardChanged):
        room.decide()

    assert [(row.seat, row.entry) for row in Recusal.objects.all()] == [
        (fritz, room.submissions["Ahorn"].entry)
    ]
    assert not Decision.objects.exists()
    # The second time the chair knows: one assessment is left, and two are needed for a rank.
    ranked = room.decide().snapshot.rows.filter(rank__isnull=False)
    assert [row.name for row in ranked] == ["Eibe"]


def test_decision_needs_reasons_and_a_rank() -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    with pytest.raises(Incomplete) as without_reasons:
        actions.decide(room.jury, by=room.frida, reasons_de="  ", awards=[])
    lose(CriterionScore.objects.all())
    with pytest.raises(Incomplete) as without_rank:
        actions.decide(room.jury, by=room.frida, reasons_de="Gut.", awards=[])

    assert (without_reasons.value.code, without_rank.value.code) == (
        "reasons_missing",
        "nothing_ranked",
    )
    assert not LeaderboardSnapshot.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"pseudonym": "Weide"}, "entry_not_ranked"),
        ({"kind": "medal"}, "unknown_kind"),
        ({"reason_de": " "}, "remark_missing"),
        ({"place": None}, "place_missing"),
        ({"place": 0}, "place_missing"),
    ],
)
def test_award_that_does_not_fit_is_refused(fields: dict[str, Any], code: str) -> None:
    room = closed_room()

    with pytest.raises(AwardRefused) as error:
        room.decide(room.award(**fields))

    assert error.value.code == code
    assert not Decision.objects.exists()


def test_same_award_twice_and_foreign_entries_are_refused() -> None:
    room, other = closed_room(), closed_room()

    with pytest.raises(AwardRefused) as twice:
        room.decide(room.award(), room.award(place=2))
    with pytest.raises(AwardRefused) as foreign:
        room.decide(other.award())

    assert (twice.value.code, foreign.value.code) == ("twice", "entry_not_ranked")
    assert not Decision.objects.exists()


def test_nothing_is_decided_if_the_audit_fails() -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    break_audit()

    with pytest.raises(IntegrityError):
        room.decide(room.award())

    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.DELIBERATING
    assert (Decision.objects.count(), LeaderboardSnapshot.objects.count()) == (0, 0)


def test_stored_boards_equal_their_recomputation() -> None:
    room = measured_room()
    room.decide(room.award())

    for board in LeaderboardSnapshot.objects.all():
        computed = final_boards.recompute(board)
        stored = LeaderboardRow.objects.filter(snapshot=board)
        assert computed.inputs_sha256 == board.inputs_sha256
        assert table(computed.rows) == table(stored)
