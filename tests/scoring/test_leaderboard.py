"""Leaderboards: what counts, stored equals recomputed, and nothing hidden gets out."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.exceptions import DomainError
from scoring.actions import benchmark as benchmark_actions
from scoring.actions import board_rules
from scoring.actions import leaderboard as actions
from scoring.maintenance import boards_that_differ
from scoring.models import Decision, Evaluation, LeaderboardRow, LeaderboardSnapshot, MetricScore
from scoring.models.benchmark import MetricSetting
from scoring.queries import evaluation_page
from scoring.queries import leaderboard as queries
from scoring.states import BoardKind, EvaluationState, Split
from scoring.templatetags.boards import interval_svg
from submissions.models import Entry, Submission
from tests import factories
from tests.factories import (
    TRUTH,
    benchmark_settings,
    break_audit,
    evaluated,
    handed_in_predictions,
    lose,
    measured_challenge,
    predictions,
    scored,
)
from tests.kept import kept_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from competition.models import Challenge

pytestmark = pytest.mark.django_db

# A value that occurs nowhere but in the hidden part.
HIDDEN = 0.31415


@pytest.fixture(scope="module")
def kept_challenge(
    request: pytest.FixtureRequest, django_db_blocker: Any, kept: None
) -> Iterator[Challenge]:
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, measured_challenge) as challenge:
        yield challenge


@pytest.fixture
def challenge(kept_challenge: Challenge, db: None) -> Challenge:
    return copy.deepcopy(kept_challenge)


def team(challenge, name, **fields):
    return factories.EntryFactory(challenge=challenge, team__name=name, **fields)


def version(entry, number=1, **fields):
    return factories.SubmissionFactory(entry=entry, number=number, handed_in=True, **fields)


def rows(snapshot):
    return [(row.rank, row.name, row.score) for row in snapshot.rows.all()]


def refresh(challenge, kind=BoardKind.PUBLIC):
    return actions.refresh(challenge, kind)


# ---- what counts ---------------------------------------------------------------------------------
def test_equal_values_share_a_rank_and_the_next_is_skipped(challenge):
    for name, value in (("A", 0.9), ("B", 0.7), ("C", 0.7), ("D", 0.1)):
        scored(version(team(challenge, name)), public=value)

    assert rows(refresh(challenge)) == [
        (1, "A", "0.9000"),
        (2, "B", "0.7000"),
        (2, "C", "0.7000"),
        (4, "D", "0.1000"),
    ]


def test_values_are_ranked_as_they_are_published(challenge):
    scored(version(team(challenge, "A")), public=0.70001)
    scored(version(team(challenge, "B")), public=0.70004)

    assert rows(refresh(challenge)) == [(1, "A", "0.7000"), (1, "B", "0.7000")]


def test_without_a_value_there_is_no_rank(challenge):
    scored(version(team(challenge, "A")), public=0.5)
    version(team(challenge, "Without a run"))
    waiting = handed_in_predictions(team(challenge, "Waiting"), *predictions())
    factories.evaluation_actions.enqueue(waiting)

    snapshot = refresh(challenge)

    assert rows(snapshot) == [
        (1, "A", "0.5000"),
        (None, "Waiting", ""),
        (None, "Without a run", ""),
    ]
    assert [row.note for row in snapshot.rows.all()] == ["", "waiting", "no_score"]


def test_references_stand_in_their_place_without_a_rank(challenge):
    scored(version(team(challenge, "A")), public=0.9)
    scored(version(team(challenge, "Host", is_baseline=True)), public=0.8)
    scored(version(team(challenge, "B")), public=0.7)

    assert rows(refresh(challenge)) == [
        (1, "A", "0.9000"),
        (None, "Host", "0.8000"),
        (2, "B", "0.7000"),
    ]


def test_the_latest_version_that_could_be_evaluated_counts(challenge):
    entry = team(challenge, "A")
    scored(version(entry, 1), public=0.9)
    scored(version(entry, 2), public=0.4)
    failed = scored(version(entry, 3), public=0.8)
    Evaluation.objects.filter(pk=failed.pk).update(state=EvaluationState.FAILED)
    version(entry, 4)

    snapshot = refresh(challenge)

    (row,) = snapshot.rows.all()
    assert (row.score, row.columns["versions"], row.columns["version"]) == ("0.4000", 4, 2)


def test_the_chosen_version_counts_whichever_came_later(challenge):
    entry = team(challenge, "A")
    chosen = version(entry, 1)
    scored(chosen, public=0.4)
    scored(version(entry, 2), public=0.9)
    Entry.objects.filter(pk=entry.pk).update(chosen=chosen)

    snapshot = refresh(challenge)

    (row,) = snapshot.rows.all()
    assert (row.score, row.columns["versions"], row.columns["version"]) == ("0.4000", 2, 1)
    assert evaluation_page.counting_of(Entry.objects.get(pk=entry.pk)).submission == chosen


def test_withdrawn_and_ineligible_versions_do_not_count(challenge):
    entry = team(challenge, "A")
    scored(version(entry, 1), public=0.4)
    scored(version(entry, 2), public=0.9)
    scored(version(entry, 3), public=0.95)
    Submission.objects.filter(number=2).update(state="withdrawn")
    Submission.objects.filter(number=3).update(state="ineligible")

    assert rows(refresh(challenge)) == [(1, "A", "0.4000")]


def test_further_metrics_break_ties(challenge):
    for name, f1 in (("A", 0.6), ("B", 0.7)):
        evaluation = scored(version(team(challenge, name)), public=0.5)
        evaluation.scores.filter(metric="f1_macro").update(value=f1)

    assert rows(refresh(challenge)) == [(1, "B", "0.5000"), (2, "A", "0.5000")]


WEIGHTS = (
    MetricSetting(key="accuracy", weight=Decimal("62.5"), digits=2, baseline=0.5, target=0.9),
    MetricSetting(key="mcc", weight=Decimal("37.5"), digits=3, baseline=0.0, target=0.6),
    MetricSetting(key="f1_macro"),
)


def weigh(challenge, metrics=WEIGHTS):
    data = benchmark_settings(metrics=metrics, split_column="", reason="Beides zählt.")
    by = factories.organiser(challenge.competition)
    benchmark_actions.save(challenge, by=by, data=data)
    challenge.benchmark.refresh_from_db()


def measured_by(entry, **values):
    """Store what each metric measures; None takes the value away."""
    evaluation = scored(version(entry), public=0.0)
    for metric, value in values.items():
        found = evaluation.scores.filter(metric=metric)
        if value is None:
            lose(found)
        else:
            found.update(value=value, low=None, high=None)


def test_several_metrics_rank_by_their_weighted_points(challenge):
    weigh(challenge)
    for name, accuracy, mcc, f1 in (
        ("A", 0.7, 0.6, 0.1),  # 50 × 0.625 + 100 × 0.375
        ("B", 0.95, 0.1, 0.2),  # clipped: 100 × 0.625, and 16.67 × 0.375 = 6.25; more accurate
        ("C", 0.7, 0.6, 0.2),  # like A, and the third metric is better
        ("D", 0.4, -0.3, 0.9),
    ):
        measured_by(team(challenge, name), accuracy=accuracy, mcc=mcc, f1_macro=f1)
    measured_by(team(challenge, "E"), accuracy=0.7, mcc=None, f1_macro=0.9)

    snapshot = refresh(challenge)

    assert rows(snapshot) == [
        (1, "B", "68.75"),
        (2, "C", "68.75"),
        (3, "A", "68.75"),
        (4, "D", "0.00"),
        (None, "E", ""),
    ]
    header = snapshot.header
    assert (snapshot.rule_version, [one["key"] for one in header["metrics"]]) == (
        "weighted/1",
        ["weighted_points", "accuracy", "mcc", "f1_macro"],
    )
    assert header["digits"] == {"weighted_points": 2, "accuracy": 2, "mcc": 3, "f1_macro": 4}
    assert [one["weight"] for one in header["weights"]] == ["62.5", "37.5"]
    values = snapshot.rows.get(name="B").columns["metrics"]
    assert {key: cell["value"] for key, cell in values.items()} == {
        "weighted_points": "68.75",
        "accuracy": "0.95",
        "mcc": "0.100",
        "f1_macro": "0.2000",
    }
    assert list(boards_that_differ()) == []


def test_the_best_version_is_the_one_with_the_most_weighted_points(challenge):
    weigh(challenge)
    ada = factories.organiser(challenge.competition)
    rules = {"counts": "best", "ties": "shared", "is_anonymous": False, "reason": "Das Beste."}
    board_rules.save(challenge, by=ada, **rules)
    entry = team(challenge, "A")
    for number, (accuracy, mcc) in enumerate(((0.9, 0.0), (0.7, 0.6), (0.6, 0.6)), start=1):
        found = scored(version(entry, number), public=0.0)
        found.scores.filter(metric="accuracy").update(value=accuracy)
        found.scores.filter(metric="mcc").update(value=mcc)

    (row,) = refresh(challenge).rows.all()

    assert (row.columns["version"], row.score) == (2, "68.75")


def test_steps_and_several_metrics_exclude_each_other(challenge):
    ada = factories.organiser(challenge.competition)
    rules = {"counts": "best", "ties": "shared", "is_anonymous": False, "reason": "Gegen Raten."}
    step = {"step": Decimal("0.05")}

    board_rules.save(challenge, by=ada, **rules, **step)
    with pytest.raises(benchmark_actions.BenchmarkRefused) as refused:
        weigh(challenge)
    board_rules.save(challenge, by=ada, **rules)
    weigh(challenge)
    with pytest.raises(DomainError) as other:
        board_rules.save(challenge, by=ada, **rules, **step)

    assert (refused.value.field, other.value.code) == ("weight_1", "step_needs_one_metric")


def test_page_and_downloads_of_weighted_points_say_how_they_come_about(challenge, client):
    weigh(challenge)
    measured_by(team(challenge, "A"), accuracy=0.7, mcc=0.6, f1_macro=0.1)
    refresh(challenge)
    names = ("leaderboard-show", "leaderboard-csv", "leaderboard-json")
    args = [challenge.competition.slug, challenge.code]

    page, table, data = (client.get(reverse(f"scoring:{name}", args=args)) for name in names)

    assert page.context["board"].summary == "A führt mit 68,75."
    assert [(row.card.key, row.weight) for row in page.context["weights"]] == [
        ("accuracy", Decimal("62.5")),
        ("mcc", Decimal("37.5")),
    ]
    (line,) = csv.DictReader(io.StringIO(table.content.decode()))
    assert (line["weighted_points"], line["accuracy"], line["mcc"]) == ("68.75", "0.70", "0.600")
    content = json.loads(data.content)
    assert [one["baseline"] for one in content["weights"]] == [0.5, 0.0]
    assert content["rows"][0]["values"]["weighted_points"]["value"] == 68.75


def test_old_board_keeps_its_own_metrics_until_all_is_evaluated_anew(challenge):
    one, two = version(team(challenge, "A")), version(team(challenge, "B"))
    scored(one, public=0.9)
    scored(two, public=0.8)
    before = refresh(challenge)
    weigh(challenge, ("mcc",))
    for submission in (one, two):
        submission.entry.challenge.benchmark.refresh_from_db()
    scored(one, public=0.1)

    assert refresh(challenge) == before
    scored(two, public=0.2)
    assert [one["key"] for one in refresh(challenge).header["metrics"]] == ["mcc"]


def test_the_hidden_board_uses_the_hidden_part(challenge):
    scored(version(team(challenge, "A")), public=0.9, private=0.2)
    scored(version(team(challenge, "B")), public=0.8, private=0.3)

    public, private = refresh(challenge), refresh(challenge, BoardKind.PRIVATE)

    assert [row.name for row in public.rows.all()] == ["A", "B"]
    assert rows(private) == [(1, "B", "0.3000"), (2, "A", "0.2000")]
    assert (public.is_public, private.is_public) == (True, False)


def test_a_new_benchmark_takes_over_only_as_a_whole(challenge):
    one, two = version(team(challenge, "A")), version(team(challenge, "B"))
    scored(one, public=0.9)
    scored(two, public=0.8)
    benchmark_actions.save(
        challenge,
        by=factories.organiser(challenge.competition),
        data=benchmark_settings(digits=3, split_column="", reason="Weniger Stellen."),
    )
    challenge.refresh_from_db()
    one.entry.challenge.benchmark.refresh_from_db()
    two.entry.challenge.benchmark.refresh_from_db()

    scored(one, public=0.1)
    assert [name for _rank, name, _score in rows(refresh(challenge))] == ["A", "B"]
    scored(two, public=0.2)

    assert rows(refresh(challenge)) == [(1, "B", "0.200"), (2, "A", "0.100")]


# ---- snapshots -----------------------------------------------------------------------------------
def test_a_board_is_stored_again_only_if_its_inputs_change(challenge):
    entry = team(challenge, "A")
    scored(version(entry), public=0.5)

    first, again = refresh(challenge), refresh(challenge)
    scored(version(entry, 2), public=0.6)
    second = refresh(challenge)

    assert first == again
    assert (first.number, second.number) == (1, 2)
    assert rows(first) == [(1, "A", "0.5000")]  # the old one is what it was
    assert first.inputs_sha256 != second.inputs_sha256


def test_a_stored_board_equals_its_recomputation(challenge):
    for name, value in (("A", 0.9), ("B", 0.7), ("C", 0.7)):
        evaluated(handed_in_predictions(team(challenge, name), *predictions(wrong=int(value * 5))))
    version(team(challenge, "D"))
    refresh(challenge)
    refresh(challenge, BoardKind.PRIVATE)

    assert list(boards_that_differ()) == []

    latest = LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
    LeaderboardRow.objects.filter(name="B", snapshot=latest).update(score="0.9999")
    assert list(boards_that_differ()) == [
        f"Board {latest.code} of {challenge.code} differs from its recomputation."
    ]


def test_a_board_does_not_depend_on_the_order_of_rows(challenge):
    evaluations = [scored(version(team(challenge, f"T{at}")), public=at / 10) for at in (3, 1, 2)]
    before = actions.compute(challenge, BoardKind.PUBLIC)
    for evaluation in evaluations[::-1]:  # the same rows under other keys
        values = list(evaluation.scores.values("metric", "split", "value", "low", "high", "rows"))
        lose(evaluation.scores.all())
        MetricScore.objects.bulk_create(
            MetricScore(evaluation=evaluation, **value) for value in values[::-1]
        )

    after = actions.compute(challenge, BoardKind.PUBLIC)

    assert before.inputs_sha256 == after.inputs_sha256
    assert before.rows == after.rows


def test_a_board_leaves_nothing_if_the_event_cannot_be_written(challenge):
    scored(version(team(challenge, "A")), public=0.5)
    break_audit()

    with pytest.raises(IntegrityError):
        refresh(challenge)

    assert not LeaderboardSnapshot.objects.exists()


def test_a_challenge_without_benchmark_has_no_board():
    assert refresh(factories.open_challenge()) is None


# ---- pages ---------------------------------------------------------------------------------------
def url(challenge, name="show"):
    return reverse(f"scoring:leaderboard-{name}", args=[challenge.competition.slug, challenge.code])


def publish(challenge):
    snapshot = refresh(challenge, BoardKind.PRIVATE)
    Decision.objects.create(
        challenge=challenge,
        snapshot=snapshot,
        reasons_de="Einstimmig.",
        decided_at=clock.now(),
        published_at=clock.now(),
    )
    LeaderboardSnapshot.objects.filter(pk=snapshot.pk).update(is_public=True)


def test_leaderboard_show_marks_the_own_row(challenge, sign_in):
    entry = team(challenge, "Dachs")
    scored(version(entry), public=0.5)
    scored(version(team(challenge, "Fuchs")), public=0.9)
    refresh(challenge)

    board = sign_in(factories.team_member(entry.team)).get(url(challenge)).context["board"]

    assert [(row.name, row.is_own) for row in board.rows] == [("Fuchs", False), ("Dachs", True)]


def test_leaderboard_show_pins_the_own_row_on_long_boards(challenge, sign_in, monkeypatch):
    monkeypatch.setattr("scoring.views.public_leaderboard.PER_PAGE", 2)
    entries = [team(challenge, f"Team {at}") for at in range(5)]
    for at, entry in enumerate(entries):
        scored(version(entry), public=0.9 - at / 10)
    refresh(challenge)
    client = sign_in(factories.team_member(entries[4].team))

    first, last = client.get(url(challenge)), client.get(url(challenge), {"page": 3})

    assert [row.name for row in first.context["page"]] == ["Team 0", "Team 1"]
    assert first.context["pinned"].name == "Team 4"
    assert last.context["pinned"] is None


def test_leaderboard_show_says_that_there_is_nothing_yet(challenge, client):
    answer = client.get(url(challenge))

    assert (answer.status_code, answer.context["board"]) == (200, None)


def test_leaderboard_show_is_not_there_without_a_benchmark(client):
    challenge = factories.open_challenge()

    assert [client.get(url(challenge, name)).status_code for name in ("show", "csv", "json")] == [
        404,
        404,
        404,
    ]


def test_leaderboard_show_needs_as_many_queries_for_three_rows_as_for_one(
    challenge, client, django_assert_max_num_queries
):
    counts = []
    for at in range(3):
        scored(version(team(challenge, f"Team {at}")), public=at / 10)
        refresh(challenge)
        client.get(url(challenge))
        with django_assert_max_num_queries(14) as queries_of_page:
            client.get(url(challenge))
        counts.append(len(queries_of_page))

    assert counts[0] == counts[2]


# ---- the past --------------------------------------------------------------------------------
def test_every_board_stays_to_look_at_and_to_compare(challenge, client):
    dachs, fuchs = team(challenge, "Dachs"), team(challenge, "Fuchs")
    scored(version(dachs), public=0.8)
    scored(version(fuchs), public=0.5)
    first = refresh(challenge)
    scored(version(fuchs, number=2), public=0.9)
    scored(version(team(challenge, "Luchs")), public=0.1)
    second = refresh(challenge)

    past = client.get(url(challenge), {"number": first.number})
    compared = client.get(url(challenge), {"number": second.number, "with": first.number})
    listed = client.get(url(challenge, "history"))
    download = client.get(url(challenge, "json"), {"number": first.number}).json()

    assert [row.name for row in past.context["board"].rows] == ["Dachs", "Fuchs"]
    assert [(row.name, row.moved, row.is_new) for row in compared.context["board"].rows] == [
        ("Fuchs", 1, False), ("Dachs", -1, False), ("Luchs", None, True),
    ]  # fmt: skip
    assert [(line.snapshot, line.leaders, line.teams) for line in listed.context["past"]] == [
        (second, ("Fuchs",), 3), (first, ("Dachs",), 2),
    ]  # fmt: skip
    assert download["snapshot"] == first.code
    for wanted in ({"number": "9"}, {"number": "x"}, {"number": "1", "with": "9"}):
        assert client.get(url(challenge), wanted).status_code == 404


def test_ranks_are_compared_with_the_board_of_a_week_before(challenge, client):
    dachs, fuchs = team(challenge, "Dachs"), team(challenge, "Fuchs")
    scored(version(dachs), public=0.8)
    scored(version(fuchs), public=0.5)
    actions.refresh(challenge, BoardKind.PUBLIC, now=clock.now() - 8 * factories.DAY)
    alone = client.get(url(challenge)).context["board"]
    scored(version(fuchs, number=2), public=0.9)
    refresh(challenge)

    board = client.get(url(challenge)).context["board"]

    assert alone.before is None
    assert [(row.name, row.moved) for row in board.rows] == [("Fuchs", 1), ("Dachs", -1)]


def test_the_past_of_the_hidden_board_waits_for_the_results(challenge, client):
    scored(version(team(challenge, "Dachs")), public=0.5, private=HIDDEN)
    refresh(challenge, BoardKind.PRIVATE)

    found = [
        client.get(url(challenge, name), {"part": "hidden", "number": "1"}).status_code
        for name in ("history", "show", "json")
    ]

    assert found == [404, 404, 404]


def interval_row(rank, low, value, high):
    cell = queries.Cell(card=None, value=str(value), low=str(low), high=str(high))
    return queries.ShownRow(
        rank=rank, is_tied=False, name="", is_baseline=False, is_own=False, versions=1, note="",
        cells=(cell,),
    )  # fmt: skip


@settings(max_examples=80)
@given(
    data=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.integers(0, 5)), max_size=12),
    higher=st.booleans(),
)
def test_likely_ranks_follow_their_definition(data, higher):
    rows = [interval_row(1, value - low, value, value + high) for value, low, high in data]
    rows.append(replace(interval_row(None, 0, 0, 0), rank=None))

    found = queries.likely_ranks(rows, higher_is_better=higher)

    spans = [(value - low, value + high) for value, low, high in data]
    for (low, high), got in zip(spans, found, strict=False):
        above = sum(other[0] > high if higher else other[1] < low for other in spans)
        below = sum(other[1] < low if higher else other[0] > high for other in spans)
        assert got == (1 + above, len(spans) - below)
    assert found[-1] is None


def test_leaderboard_csv_has_the_published_digits(challenge, client):
    scored(version(team(challenge, "=cmd")), public=0.5)
    refresh(challenge)

    answer = client.get(url(challenge, "csv"))

    header, row = list(csv.reader(io.StringIO(answer.content.decode())))
    assert header[:5] == ["rank", "team", "baseline", "versions", "note"]
    assert header[5:] == [
        "accuracy", "accuracy_low", "accuracy_high", "f1_macro", "f1_macro_low", "f1_macro_high",
        "rank_from", "rank_to",
    ]  # fmt: skip
    assert row[:5] == ["1", "'=cmd", "0", "1", ""]  # harmless in a spreadsheet
    assert row[5:8] == ["0.5000", "0.4000", "0.6000"]


def test_leaderboard_json_names_the_snapshot(challenge, client):
    scored(version(team(challenge, "A")), public=0.5)
    snapshot = refresh(challenge)

    content = client.get(url(challenge, "json")).json()

    assert (content["snapshot"], content["number"]) == (snapshot.code, 1)
    assert content["inputs_sha256"] == snapshot.inputs_sha256
    assert content["provisional"] is True
    assert content["rows"] == [
        {
            "rank": 1,
            "likely_ranks": [1, 1],
            "team": "A",
            "baseline": False,
            "versions": 1,
            "note": None,
            "values": {
                "accuracy": {"value": 0.5, "low": 0.4, "high": 0.6},
                "f1_macro": {"value": 0.5, "low": 0.4, "high": 0.6},
            },
        }
    ]


@pytest.mark.parametrize("name", ["csv", "json"])
def test_downloads_are_not_sent_twice(challenge, client, name):
    entry = team(challenge, "A")
    scored(version(entry), public=0.5)
    refresh(challenge)
    first = client.get(url(challenge, name))

    again = client.get(url(challenge, name), headers={"If-None-Match": first["ETag"]})
    scored(version(entry, 2), public=0.6)
    refresh(challenge)
    new = client.get(url(challenge, name), headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (new.status_code, new["ETag"] != first["ETag"]) == (200, True)


def test_challenge_page_shows_the_first_rows(challenge, client):
    for at in range(7):
        scored(version(team(challenge, f"Team {at}")), public=at / 10)
    refresh(challenge)

    text = client.get(challenge.get_absolute_url()).content.decode()

    assert [f"Team {at}" in text for at in range(7)] == [False, False, True, True, True, True, True]
    assert url(challenge) in text


def axis_for(challenge, *values):
    for value in values:
        scored(version(team(challenge, f"Team {value}")), public=value)
    return queries.board(refresh(challenge)).axis


def test_the_scale_holds_every_interval(challenge):
    assert axis_for(challenge, 0.9, 0.7, 0.6) == (0.5, 1.0)  # intervals are ± 0.1


def test_a_row_far_behind_does_not_press_the_others_together(challenge):
    axis = axis_for(challenge, 0.98, 0.97, 0.95, 0.9, 0.05)

    assert axis == (0.8, 1.0)
    assert "line-mark" in interval_svg("0.02", "0.05", "0.08", axis)  # an arrow at the edge
    assert 'cx="' in interval_svg("0.90", "0.95", "0.99", axis)


@pytest.mark.parametrize("values", [(0.5,), (0.0, 0.0), (1.0, 1.0, 1.0)])
def test_a_scale_has_two_ends_whatever_the_values_are(challenge, values):
    for at, value in enumerate(values):
        evaluation = scored(version(team(challenge, f"Team {at}")), public=value)
        evaluation.scores.update(low=None, high=None)

    low, high = queries.board(refresh(challenge)).axis

    assert low < high


# ---- nothing hidden gets out ---------------------------------------------------------------------
def everything_public(client, challenge, *codes):
    """Return the text of every page and file that shows something of a challenge's evaluations."""
    with translation.override("de"):
        addresses = [
            challenge.get_absolute_url(),
            *(url(challenge, name) for name in ("show", "csv", "json")),
            reverse("scoring:sample-csv", args=[challenge.competition.slug, challenge.code]),
            *(reverse("scoring:evaluation-show", args=[code]) for code in codes),
        ]
    answers = [client.get(f"{prefix}{address}") for address in addresses for prefix in ("", "/en")]
    assert {
        answer.request["PATH_INFO"]: answer.status_code
        for answer in answers
        if answer.status_code != 200
    } == {}
    return "\n".join(answer.content.decode() + answer.headers.get("ETag", "") for answer in answers)


def test_values_of_the_hidden_part_wait_for_the_results(challenge, sign_in):
    entry = team(challenge, "Dachs")
    evaluation = scored(version(entry), public=0.5, private=HIDDEN)
    refresh(challenge)
    refresh(challenge, BoardKind.PRIVATE)  # computed for the decision, not published
    cem = factories.team_member(entry.team)
    ada = factories.organiser(challenge.competition)

    for person in (cem, ada):
        text = everything_public(sign_in(person), challenge, evaluation.code)
        text = re.sub(r":\d\d\.\d+", "", text)  # the seconds of a moment may hold any digits
        for figure in ("0.314", "0,314", "31.4", "31,4"):
            assert figure not in text


def test_the_hidden_board_is_not_there_before_the_results(challenge, sign_in):
    scored(version(team(challenge, "A")), public=0.5, private=HIDDEN)
    refresh(challenge, BoardKind.PRIVATE)
    people = [
        factories.organiser(challenge.competition),
        factories.agency_staff(challenge.agency),
        factories.UserFactory(is_superuser=True),
    ]

    answers = [
        sign_in(person).get(url(challenge, name), {"part": "hidden"}).status_code
        for person in people
        for name in ("show", "csv", "json")
    ]

    assert answers == [404] * 9


def test_the_hidden_board_is_there_after_the_results(challenge, client):
    scored(version(team(challenge, "A")), public=0.5, private=HIDDEN)
    publish(challenge)

    page = client.get(url(challenge), {"part": "hidden"})
    content = client.get(url(challenge, "json"), {"part": "hidden"}).json()

    assert rows(page.context["board"].snapshot) == [(1, "A", "0.3142")]
    assert (content["kind"], content["rows"][0]["values"]["accuracy"]["value"]) == (
        "private",
        0.3142,
    )


def test_a_decision_that_is_not_published_reveals_nothing(challenge, client):
    scored(version(team(challenge, "A")), public=0.5, private=HIDDEN)
    publish(challenge)
    Decision.objects.update(published_at=None)

    assert client.get(url(challenge), {"part": "hidden"}).status_code == 404


def test_labels_reach_no_page_and_no_error(challenge, sign_in):
    """The file names other labels; whatever the answer says must come from the file itself."""
    entry = team(challenge, "Dachs")
    lines = ["id,animal", *(f"{name},numbat" for name in TRUTH)]
    evaluation = evaluated(handed_in_predictions(entry, *lines))
    good = evaluated(handed_in_predictions(entry, *predictions(wrong=10)))

    client = sign_in(factories.team_member(entry.team))
    text = everything_public(client, challenge, evaluation.code, good.code)

    # The allowed labels are published; which row has which is not.
    for name, (label, _part) in TRUTH.items():
        assert f"{name},{label}" not in text.replace(f"{name},quokka", "")
    assert "r02,axolotl" not in text
    assert "private" not in text.replace('"provisional": true', "")


def test_boards_do_not_name_what_the_jury_sees(challenge, client):
    entry = team(challenge, "Dachs")
    submission = version(entry, title="Der Titel im Kopf der Jury")
    scored(submission, public=0.5)
    refresh(challenge)

    text = everything_public(client, challenge)

    for secret in (submission.code, entry.jury_pseudonym, submission.title):
        assert secret not in text


def test_recomputed_rows_are_named_by_the_public_name(challenge):
    entry = team(challenge, "Dachs")
    scored(version(entry), public=0.5)

    (line,) = queries.lines(challenge, 1)
    (row,) = actions.compute(challenge, BoardKind.PUBLIC).rows

    assert (line.entry, row.name) == (entry, "Dachs")
    assert Split.PRIVATE not in json.dumps(row.columns)


# ---- a rush ----------------------------------------------------------------------------------
def test_in_a_rush_the_board_is_renewed_by_the_last_run(challenge):
    """Each run would store a whole board; those between two renewals are not missed."""
    entries = [team(challenge, name) for name in "ABC"]
    for entry in entries:
        scored(version(entry), public=0.5)
    waiting = scored(version(entries[0], 2), public=0.7)
    Evaluation.objects.filter(pk=waiting.pk).update(state=EvaluationState.QUEUED)
    first = refresh(challenge)
    now = first.computed_at

    scored(version(entries[1], 2), public=0.6)
    actions.refresh_after_run(challenge, now=now + actions.PAUSE / 2)
    between = latest(challenge)
    actions.refresh_after_run(challenge, now=now + actions.PAUSE)
    old = latest(challenge)
    Evaluation.objects.filter(pk=waiting.pk).update(state=EvaluationState.SUCCEEDED)
    actions.refresh_after_run(challenge, now=now + actions.PAUSE * 1.1)

    assert between == first
    assert old.number == 2
    assert rows(latest(challenge))[0] == (1, "A", "0.7000")


def latest(challenge):
    return LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
