"""Two rounds: the first one by k of n jurors, the cut by the chair, the final by the whole panel.

Two jurors assess each submission in the first round: Hanna and Iris give Ulme full marks (100),
Zeder and Eibe get 76 from everybody and share rank 2. One place goes on by the published rule.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import translation

from core.exceptions import Incomplete, PermissionRefused, PhaseClosed
from core.maintenance import invariants
from core.models import AuditEvent, OutboxMessage
from scoring.actions import decision as decision_actions
from scoring.actions import final_boards
from scoring.actions import jury as jury_actions
from scoring.actions import minutes as minutes_actions
from scoring.actions import rounds as actions
from scoring.actions.decision import AwardInput, AwardRefused
from scoring.actions.rounds import CutRefused
from scoring.actions.rubric import RubricInvalid, Rules, _check_rounds
from scoring.models import Assessment, Assignment, Cut, Jury, LeaderboardSnapshot
from scoring.models.rubric import Rubric
from scoring.queries import juror as juror_queries
from scoring.queries import jury as jury_queries
from scoring.queries import minutes as minutes_queries
from scoring.queries import results
from scoring.queries import rounds as queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AssessmentState, AwardKind, BoardKind, JuryState
from submissions import verify
from submissions.models import LeafKind, LogLeaf, Seal, SealKind
from tests.factories import break_audit
from tests.kept import kept_rows
from tests.scoring.decided import recuse
from tests.scoring.two_rounds import FAIR, GOOD, POOR, give, make_cutting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scoring.jury_room import Room

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept_cutting(
    request: pytest.FixtureRequest, django_db_blocker: Any, kept: None
) -> Iterator[Room]:
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, make_cutting) as room:
        yield room


@pytest.fixture
def cutting(kept_cutting: Room, db: None) -> Room:
    """A jury whose first round is over."""
    return copy.deepcopy(kept_cutting)


def cut(room: Room, place: int = 1, **taken_up: str) -> Cut:
    chosen = {room.entries[name].pk: text for name, text in taken_up.items()}
    return actions.make_cut(
        room.jury, by=room.hanna, place=place, reason="Klarer Abstand.", taken_up=chosen
    )


def finish(room: Room) -> None:
    """Take up Zeder, let the panel mark Ulme down, and close."""
    cut(room, Zeder="Nur knapp dahinter.")
    give(room, "frida", "Ulme", POOR)
    give(room, "iris", "Zeder", FAIR)
    jury_actions.close(room.jury, by=room.hanna)


def names(room: Room, entries: Any) -> set[str]:
    return {name for name, entry in room.entries.items() if entry.pk in set(entries)}


# -- the end of the first round --------------------------------------------------------------------


def test_first_round_ends_locked_with_a_root_and_its_ranking(cutting):
    board = LeaderboardSnapshot.objects.get(kind=BoardKind.LONGLIST)

    assert Jury.objects.get(pk=cutting.jury.pk).state == JuryState.CUTTING
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.LOCKED}
    assert [seal.kind for seal in Seal.objects.order_by("number")] == [
        SealKind.DEADLINE,
        SealKind.ROUND_LOCK,
    ]
    assert sorted(board.rows.values_list("name", "rank", "score")) == [
        ("Eibe", 2, "76.00"),
        ("Ulme", 1, "100.00"),
        ("Zeder", 2, "76.00"),
    ]
    assert not board.is_public
    assert list(
        OutboxMessage.objects.filter(template="cut_due").values_list("recipient", flat=True)
    ) == ["hanna@jury.example"]


@pytest.mark.parametrize("permission", ["view_board", "join_discussion", "decide", "deliberate"])
def test_between_the_rounds_no_mark_is_shown_and_nothing_is_decided(cutting, permission):
    jury = Jury.objects.get(pk=cutting.jury.pk)

    assert not cutting.hanna.has_perm(f"scoring.{permission}", jury)


# -- the cut ---------------------------------------------------------------------------------------


def test_cut_gives_the_finalists_to_the_whole_panel(cutting):
    before = set(Assignment.objects.values_list("pk", flat=True))

    made = cut(cutting)

    added = Assignment.objects.exclude(pk__in=before)
    jury = Jury.objects.get(pk=cutting.jury.pk)
    assert (jury.state, jury.round) == (JuryState.ASSESSING, 2)
    assert list(made.finalists.values_list("entry", "rank", "reason")) == [
        (cutting.entries["Ulme"].pk, 1, "")
    ]
    assert [(row.seat_id, row.submission_id) for row in added] == [
        (cutting.seats["frida"].pk, cutting.submissions["Ulme"].pk)
    ]
    assert list(
        OutboxMessage.objects.filter(template="final_round").values_list("recipient", flat=True)
    ) == ["frida@jury.example"]
    leaf = LogLeaf.objects.get(kind=LeafKind.CUT)
    assert leaf.data["finalists"] == [[cutting.submissions["Ulme"].code, ""]]
    event = AuditEvent.objects.filter(target_type="scoring.jury").order_by("-sequence").first()
    assert event is not None
    assert (event.data["place"], event.data["finalists"]) == (1, [cutting.entries["Ulme"].pk])


def test_equal_places_go_on_together(cutting):
    made = cut(cutting, 2)

    assert names(cutting, made.finalists.values_list("entry", flat=True)) == {
        "Ulme",
        "Zeder",
        "Eibe",
    }


def test_submission_is_taken_up_with_its_reason(cutting):
    made = cut(cutting, Eibe="Als einzige ohne Cloud.")

    assert set(made.finalists.values_list("rank", "reason")) == {
        (1, ""),
        (2, "Als einzige ohne Cloud."),
    }


@pytest.mark.parametrize(
    ("place", "taken_up", "code"),
    [
        (0, {}, "no_such_line"),
        (3, {}, "no_such_line"),
        (1, {"Ulme": "Gut."}, "not_below"),
        (2, {"Eibe": "Gut."}, "not_below"),
        (1, {"Eibe": " "}, "no_reason"),
    ],
)
def test_impossible_cut_is_refused(cutting, place, taken_up, code):
    with pytest.raises(CutRefused) as refusal:
        cut(cutting, place, **taken_up)

    assert refusal.value.code == code
    assert not Cut.objects.exists()


def test_cut_needs_a_reason(cutting):
    with pytest.raises(Incomplete):
        actions.make_cut(cutting.jury, by=cutting.hanna, place=1, reason=" ")


@pytest.mark.parametrize("who", ["ada", "frida", "bea", "cem", "gus"])
def test_only_who_leads_the_jury_makes_the_cut(cutting, who):
    with pytest.raises(PermissionRefused):
        actions.make_cut(cutting.jury, by=cutting.people[who], place=1, reason="Ja.")


@pytest.mark.parametrize(("place", "taken_up"), [(2, {}), (1, {"Eibe": "Gut."})])
def test_nobody_lets_go_on_what_they_are_in_conflict_with(cutting, place, taken_up):
    recuse(cutting.seats["hanna"], cutting.submissions["Eibe"])

    with pytest.raises(CutRefused) as refusal:
        cut(cutting, place, **taken_up)

    assert refusal.value.code == "in_conflict"


def test_published_rule_holds_whoever_is_in_conflict(cutting):
    recuse(cutting.seats["frida"], cutting.submissions["Ulme"])
    # Hanna gave marks to Ulme and is in conflict now: they no longer count.
    Rubric.objects.update(min_assessments=1)
    recuse(cutting.seats["hanna"], cutting.submissions["Ulme"])

    made = cut(cutting)

    assert names(cutting, made.finalists.values_list("entry", flat=True)) == {"Ulme"}
    assert not Assignment.objects.filter(
        seat=cutting.seats["frida"], submission=cutting.submissions["Ulme"]
    ).exists()


def test_cut_without_its_audit_event_is_no_cut(cutting):
    break_audit()

    with pytest.raises(Exception, match="audit"):
        cut(cutting)

    assert not Cut.objects.exists()
    assert Jury.objects.get(pk=cutting.jury.pk).round == 1


# -- the final -------------------------------------------------------------------------------------


def test_final_is_about_the_finalists_alone(cutting):
    cut(cutting)
    seats = jury_queries.seats_of(cutting.jury)

    progress = {
        row.seat.user.display_name.split()[0]: (row.assigned, row.released)
        for row in jury_queries.progress(cutting.jury, seats)
    }
    grid = juror_queries.grid(
        cutting.seats["frida"]
        .__class__.objects.select_related("jury__challenge", "user")
        .get(pk=cutting.seats["frida"].pk),
        cutting.frida,
        now=cutting.jury.challenge.phases.first().ends_at,
    )

    assert progress == {"Hanna": (1, 1), "Frida": (1, 0), "Iris": (1, 1)}
    assert [line.pseudonym for line in grid.lines] == ["Ulme"]
    assert sorted(line.pseudonym for line in grid.earlier) == ["Eibe", "Zeder"]
    matrix = jury_queries.matrix(Jury.objects.get(pk=cutting.jury.pk))
    assert [(row.pseudonym, row.wanted) for row in matrix.rows] == [("Ulme", 3)]


def test_draft_of_the_first_round_ends_with_the_cut(cutting):
    begun = Assignment.objects.create(
        seat=cutting.seats["hanna"],
        submission=cutting.submissions["Eibe"],
        assigned_at=cutting.jury.seats.first().added_at,
    )
    Assessment.objects.create(assignment=begun, saved_at=begun.assigned_at)
    cut(cutting)

    with pytest.raises(PhaseClosed) as refusal:
        cutting.save("hanna", "Eibe", *GOOD)

    assert refusal.value.code == "not_in_the_final"
    give(cutting, "frida", "Ulme", GOOD)
    assert jury_queries.gaps_before_close(Jury.objects.get(pk=cutting.jury.pk)) == []


def test_finalist_that_somebody_was_not_given_is_a_gap(cutting):
    cut(cutting)
    Assignment.objects.filter(
        seat=cutting.seats["frida"], submission=cutting.submissions["Ulme"]
    ).delete()

    gaps = jury_queries.gaps_before_close(Jury.objects.get(pk=cutting.jury.pk))

    assert len(gaps) == 1
    assert gaps[0].startswith("Ulme")


def test_finalists_rank_before_all_others_whatever_their_points(cutting):
    finish(cutting)

    board = final_boards.compute_jury(cutting.challenge)

    assert cutting.jury.state == JuryState.CLOSED
    assert [(row.name, row.rank, row.score, row.columns["round"]) for row in board.rows] == [
        ("Zeder", 1, "76.00", "final"),
        ("Ulme", 2, "66.67", "final"),
        ("Eibe", 3, "76.00", "first"),
    ]
    assert Seal.objects.order_by("number").last().kind == SealKind.JURY_LOCK


def decide(room: Room, *awards: AwardInput) -> Any:
    decision_actions.open_deliberation(room.jury, by=room.hanna)
    return decision_actions.decide(room.jury, by=room.hanna, reasons_de="So.", awards=awards)


def test_lead_of_the_first_is_over_finalists_alone(cutting):
    """Eibe was cut with as many points as the winner, and is nobody's rival."""
    cut(cutting)
    give(cutting, "frida", "Ulme", POOR)
    jury_actions.close(cutting.jury, by=cutting.hanna)
    decision = decide(cutting)

    found = results.result(decision, final_boards.of_decision(decision), shows_teams=False)

    with translation.override("en"):
        assert found.lead == "3 submissions were ranked. Ulme has 66.67 of 100 points."


def test_prize_goes_to_a_finalist(cutting):
    finish(cutting)
    eibe = cutting.entries["Eibe"]

    with pytest.raises(AwardRefused) as refusal:
        decide(cutting, AwardInput(entry=eibe, kind=AwardKind.PRIZE, place=1, reason_de="Gut."))
    decide_again = decision_actions.decide(
        cutting.jury,
        by=cutting.hanna,
        reasons_de="So.",
        awards=[AwardInput(entry=eibe, kind=AwardKind.RECOGNITION, reason_de="Gut.")],
    )

    assert refusal.value.code == "not_in_the_final"
    assert decide_again.awards.count() == 1


def test_result_minutes_and_open_data_tell_both_rounds(cutting):
    finish(cutting)
    decision = decide(cutting)
    found = results.result(decision, final_boards.of_decision(decision))

    data = results.open_data(found)
    report = verify.Report()
    verify.check_ranks(results.sealed_rows(found), report)
    verify.check_cut(data, results.sealed_rows(found), report)
    version = minutes_actions.draw_up(cutting.jury, by=cutting.hanna)
    sections = minutes_queries.sections(minutes_queries.Copy(version.content, is_excerpt=False))

    assert [(row["round"], row["rank"]) for row in data["rows"]] == [
        ("final", 1),
        ("final", 2),
        ("first", 3),
    ]
    assert (data["rounds"]["place"], data["rounds"]["reason"]) == (1, "Klarer Abstand.")
    assert [
        (row["rank"], row["points"], row["round"], row["taken_up"])
        for row in data["rounds"]["first_round"]
        if row["submission"] == cutting.submissions["Zeder"].code
    ] == [(2, "76.00", "final", "Nur knapp dahinter.")]
    assert verify.unnamed(data["rounds"]) == results.sealed_decision(found)["rounds"]
    rounds = next(part for part in sections if part.key == "rounds")
    assert sorted(row[1] for row in rounds.rows) == ["Eibe", "Ulme", "Zeder"]
    kept = {"cuts", "commitments", "final_boards", "decisions", "locked", "leave"}
    assert [problem for row in invariants if row.key in kept for problem in row.violations()] == []


ROWS = [
    {"submission": "A", "rank": 1, "points": "50", "round": "final"},
    {"submission": "B", "rank": 2, "points": "90", "round": "first"},
]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rank": 1}, "has rank 1"),
        ({"round": "final"}, "has rank"),
        ({"round": "other"}, "mixed up"),
    ],
)
def test_verifier_finds_ranks_that_do_not_follow_from_the_rounds(change, message):
    rows = [
        {"metric_part": "", "tie_step": "", "jury_points": row["points"], **row} for row in ROWS
    ]
    verify.check_ranks(rows, verify.Report())
    rows[1] |= change

    with pytest.raises(verify.Failed, match=message):
        verify.check_ranks(rows, verify.Report())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"round": "first"}, "above the line"),
        ({"rank": 2}, "taken up"),
    ],
)
def test_verifier_finds_a_cut_that_does_not_hold(change, message):
    first: list[dict[str, Any]] = [
        {"submission": "A", "rank": 1, "round": "final", "taken_up": ""},
        {"submission": "B", "rank": 2, "round": "first", "taken_up": ""},
    ]
    result = {"rounds": {"place": 1, "first_round": first}}
    verify.check_cut(result, ROWS, verify.Report())
    first[0] |= change

    with pytest.raises(verify.Failed, match=message):
        verify.check_cut(result, ROWS, verify.Report())


# -- the published plan ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Rules(final_rule="places"), "final_threshold_missing"),
        (Rules(final_rule="stars", final_threshold=3), "final_threshold_missing"),
        (Rules(final_threshold=3), "final_without_rule"),
        (Rules(final_rule="points", final_threshold=101), "final_threshold_invalid"),
        (Rules(final_rule="places", final_threshold=0), "final_threshold_invalid"),
        (
            Rules(method="rank-sum", final_rule="places", final_threshold=3),
            "rank_sum_has_one_round",
        ),
    ],
)
def test_two_rounds_need_a_rule_that_can_be_held(rules, code):
    with pytest.raises(RubricInvalid) as refusal:
        _check_rounds(rules)

    assert refusal.value.code == code


def test_one_round_and_both_ways_to_have_two_are_possible():
    for rules in (
        Rules(),
        Rules(final_rule="places", final_threshold=8),
        Rules(final_rule="points", final_threshold=100),
    ):
        _check_rounds(rules)


def test_plan_is_part_of_what_is_published_and_hashed(cutting):
    rubric = Rubric.objects.get(pk=cutting.rubric.pk)
    before = rubric_queries.canonical_text(rubric)

    words = queries.plan_words(rubric)
    rubric.final_threshold = 2

    assert set(words) <= set(rubric_queries.explain(Rubric.objects.get(pk=rubric.pk)).formula)
    assert len(words) == 3
    assert rubric_queries.canonical_text(rubric) != before
    rubric.final_rule = ""
    assert {"final_rule", "final_threshold"} & set(rubric_queries.canonical(rubric)) == set()
    assert queries.plan_words(rubric) == []


# -- the page --------------------------------------------------------------------------------------


def page(room: Room) -> str:
    return reverse("scoring:jury-cut", args=[room.challenge.code])


def test_chair_makes_the_cut_on_the_page(cutting, sign_in):
    client = sign_in(cutting.hanna)
    zeder = f"up_{cutting.submissions['Zeder'].code}"
    chosen = {"place": "1", "reason": "Klarer Abstand.", zeder: "Nur knapp dahinter."}

    shown = client.get(page(cutting))
    checked = client.post(page(cutting), {**chosen, "step": "check"})
    stored_before = Cut.objects.exists()
    back = client.post(page(cutting), {**chosen, "step": "edit"})
    made = client.post(page(cutting), {**chosen, "step": "cut"})
    after = client.get(page(cutting))

    assert [answer.status_code for answer in (shown, checked, back, made, after)] == [
        200,
        200,
        200,
        302,
        200,
    ]
    assert not stored_before
    assert checked.context["added"] == 2
    assert back.context["form"].has_taken_up
    assert Cut.objects.get().finalists.count() == 2
    assert after.context["cut"].place == 1


def test_likely_ranks_help_whoever_may_see_all_of_them(cutting):
    whole = actions.table(cutting.jury, hidden=set(), tells_likely=True)
    part = actions.table(cutting.jury, hidden={cutting.entries["Eibe"].pk}, tells_likely=True)

    likely = {line.pseudonym: line.likely for line in whole.lines}
    assert all(low <= high for low, high in likely.values())
    assert (likely["Ulme"][0], whole.has_likely, part.has_likely) == (1, True, False)


@pytest.mark.parametrize("chosen", [{}, {"place": "1"}, {"place": "3", "reason": "Ja."}])
def test_incomplete_cut_stays_on_the_page(cutting, sign_in, chosen):
    answer = sign_in(cutting.hanna).post(page(cutting), {**chosen, "step": "check"})

    assert answer.status_code == 422
    assert not Cut.objects.exists()


@pytest.mark.parametrize("who", ["ada", "frida", "bea", "cem", "gus"])
def test_nobody_else_sees_the_page(cutting, sign_in, who):
    client = sign_in(cutting.people[who])

    answers = [client.get(page(cutting)), client.post(page(cutting), {"step": "cut"})]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_page_reads_as_often_for_one_submission_as_for_three(
    cutting, sign_in, django_assert_num_queries
):
    client = sign_in(cutting.hanna)
    url = page(cutting)
    client.get(url)

    with django_assert_num_queries(CUT_QUERIES):
        client.get(url)
    cutting.submissions["Eibe"].__class__.objects.exclude(pk=cutting.submissions["Ulme"].pk).update(
        state="ineligible"
    )
    with django_assert_num_queries(CUT_QUERIES):
        client.get(url)


CUT_QUERIES = 29
