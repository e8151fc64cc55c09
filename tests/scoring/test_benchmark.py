"""The benchmark: what is checked before labels are stored, versions, and who may see the form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError
from django.urls import reverse
from django.utils import translation

from competition.extensions import freezers, publication_checks
from core import storage
from core.models import AuditEvent
from scoring import evaluator, frames
from scoring.actions import benchmark as actions
from scoring.models import Benchmark, BenchmarkVersion, Evaluation, GroundTruth
from scoring.models.benchmark import MetricSetting
from scoring.queries import benchmark as queries
from scoring.states import EvaluationState
from submissions.models import SubmissionFile
from tests import factories
from tests.factories import (
    TRUTH,
    benchmark_settings,
    break_audit,
    csv_file,
    measured_challenge,
    truth_file,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return factories.ChallengeFactory(wants_predictions=True)


@pytest.fixture
def bea(draft):
    return factories.agency_staff(draft.agency)


def stored_truth(benchmark):
    with storage.open_file(storage.GROUND_TRUTH, benchmark.truth.key) as stream:
        return stream.read().decode()


def stored_files():
    folder = Path(storages[storage.GROUND_TRUTH].location)
    return {path.name for path in folder.rglob("*.csv")} if folder.exists() else set()


def weights(*shares, baseline=0.5):
    """Return accuracy and MCC with these weights."""
    return tuple(
        MetricSetting(key=key, weight=Decimal(share), baseline=baseline, target=1.0)
        for key, share in zip(("accuracy", "mcc"), shares, strict=True)
    )


def refusal(challenge, by, **kwargs):
    before = stored_files()
    with pytest.raises(actions.BenchmarkRefused) as caught:
        actions.save(challenge, by=by, **kwargs)
    assert not Benchmark.objects.filter(challenge=challenge).exists()
    assert stored_files() == before
    return caught.value


# ---- saving --------------------------------------------------------------------------------------
def test_save_stores_labels_in_their_own_storage(draft, bea):
    benchmark = actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    content = stored_truth(benchmark)
    rows = [line.split(",") for line in content.splitlines()]
    assert rows[0] == ["id", "target", "split"]
    assert {row[0]: (row[1], row[2]) for row in rows[1:]} == TRUTH
    truth = benchmark.truth
    assert (truth.rows, truth.public_rows, truth.private_rows) == (10, 6, 4)
    assert truth.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert benchmark.expected_ids == sorted(TRUTH)
    assert benchmark.version == 1


def test_save_splits_at_random_but_evenly_without_a_column(draft, bea):
    lines = [f"r{at:02},{'quokka' if at % 2 else 'axolotl'}" for at in range(100)]

    benchmark = actions.save(
        draft,
        by=bea,
        data=benchmark_settings(split_column="", public_share=30),
        truth_file=csv_file("id,animal", *lines),
    )

    rows = [line.split(",") for line in stored_truth(benchmark).splitlines()[1:]]
    public = [row for row in rows if row[2] == "public"]
    assert benchmark.truth.public_rows == len(public) == 30
    assert sum(row[1] == "quokka" for row in public) == 15
    assert benchmark.truth.facts["split"] == "random"


def test_save_records_an_event_without_any_label(draft, bea):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    event = AuditEvent.objects.get(action="benchmark.saved")
    assert event.actor == bea.pk
    assert event.data["rows"] == 10
    assert event.data["public_rows"] == 6
    assert "quokka" not in json.dumps(event.data)


def test_save_leaves_nothing_behind_if_the_event_cannot_be_written(draft, bea):
    break_audit()
    before = stored_files()

    with pytest.raises(IntegrityError):
        actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    assert not Benchmark.objects.exists()
    assert not GroundTruth.objects.exists()
    assert stored_files() == before


def test_save_of_the_same_changes_nothing(draft, bea):
    first = actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    second = actions.save(draft, by=bea, data=benchmark_settings(split_column=""))

    assert second.version == first.version
    assert AuditEvent.objects.filter(action="benchmark.saved").count() == 1


def test_save_with_other_metrics_is_a_new_version_with_the_same_labels(draft, bea):
    first = actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    second = actions.save(draft, by=bea, data=benchmark_settings(metrics=("mcc",), split_column=""))

    assert (second.version, second.metrics) == (2, ["mcc"])
    assert second.truth == first.truth
    assert GroundTruth.objects.count() == 1


def test_save_needs_the_file_again_where_labels_must_be_checked_anew(draft, bea):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    with pytest.raises(actions.BenchmarkRefused) as caught:
        actions.save(
            draft,
            by=bea,
            data=benchmark_settings(labels=("quokka", "axolotl", "numbat"), split_column=""),
        )

    assert (caught.value.field, caught.value.code) == ("truth_file", "truth_needed")
    assert Benchmark.objects.get().version == 1


def test_save_moves_waiting_evaluations_to_the_new_version():
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    submission = factories.handed_in_predictions(entry, *factories.predictions())
    waiting = factories.evaluation_actions.enqueue(submission)

    actions.save(
        challenge,
        by=factories.organiser(challenge.competition),
        data=benchmark_settings(digits=3, split_column="", reason="Weniger Stellen."),
    )

    waiting.refresh_from_db()
    assert (waiting.state, waiting.benchmark_version) == (EvaluationState.QUEUED, 2)


def test_a_change_after_the_hand_in_needs_a_public_reason():
    challenge = measured_challenge()
    ada = factories.organiser(challenge.competition)

    with pytest.raises(actions.BenchmarkRefused) as caught:
        actions.save(
            challenge, by=ada, data=benchmark_settings(digits=3, split_column="", reason=" ")
        )

    assert (caught.value.field, caught.value.code) == ("reason", "reason")


# ---- versions ------------------------------------------------------------------------------------
def test_each_version_is_kept_with_what_it_changed():
    challenge = measured_challenge()
    ada = factories.organiser(challenge.competition)
    entry = factories.EntryFactory(challenge=challenge)
    factories.handed_in_predictions(entry, *factories.predictions())
    first = challenge.benchmark.versions.get()
    changed = benchmark_settings(
        metrics=("mcc",), digits=3, split_column="", reason="Seltene Klassen zählen mehr."
    )

    benchmark = actions.save(challenge, by=ada, data=changed)

    with translation.override("en"):
        newest, oldest = queries.versions(benchmark)
        changes = [(str(c.label), c.before, c.after) for c in newest.changes]
    assert (oldest.version, oldest.changes) == (first, [])
    assert first.content == BenchmarkVersion.objects.get(number=1).content
    assert (newest.version.number, newest.version.made_by) == (2, ada)
    assert newest.version.reason == "Seltene Klassen zählen mehr."
    assert newest.version.truth == first.truth
    assert changes == [
        ("Metrics", "Accuracy, F1 score (macro)", "Matthews correlation coefficient"),
        ("Published decimal places", "4", "3"),
    ]
    assert "quokka,public" not in json.dumps(newest.version.content)


def test_version_in_force_says_how_many_files_wait_for_it():
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    submission = factories.handed_in_predictions(entry, *factories.predictions())
    benchmark = challenge.benchmark
    before = queries.still_to_evaluate(benchmark)

    factories.evaluation_actions.enqueue(submission)
    queued = queries.still_to_evaluate(benchmark)
    Evaluation.objects.update(state=EvaluationState.SUCCEEDED)
    done = (queries.still_to_evaluate(benchmark), queries.versions(benchmark)[0].evaluated)
    saved = actions.save(
        challenge,
        by=factories.organiser(challenge.competition),
        data=benchmark_settings(digits=2, split_column="", reason="Weniger Stellen."),
    )

    after = [row.evaluated for row in queries.versions(saved)]
    assert (before, queued, done) == (1, 1, (0, 1))
    assert (queries.still_to_evaluate(saved), after) == (1, [0, 1])


@pytest.mark.parametrize("rows", [1, 3])
def test_versions_take_the_same_number_of_queries(django_assert_num_queries, rows):
    challenge = measured_challenge()
    ada = factories.organiser(challenge.competition)
    for digits in range(3, 3 - rows, -1):
        data = benchmark_settings(digits=digits, split_column="", reason="Weniger Stellen.")
        actions.save(challenge, by=ada, data=data)
    benchmark = Benchmark.objects.get()

    with django_assert_num_queries(2):
        assert len(queries.versions(benchmark)) == 1 + rows


# ---- refusals ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "lines", "field", "code"),
    [
        ({}, ["id,animal,part", "r1,numbat,public"], "truth_file", "truth_unreadable"),
        ({}, ["id,beast,part", "r1,quokka,public"], "truth_file", "truth_unreadable"),
        (
            {},
            ["id,animal,part", "r1,quokka,public", "r1,axolotl,private"],
            "truth_file",
            "truth_unreadable",
        ),
        (
            {},
            ["id,animal,part", "r1,quokka,public", "r2,axolotl,hidden"],
            "split_column",
            "unknown_split",
        ),
        (
            {},
            ["id,animal,part", "r1,quokka,public", "r2,axolotl,public"],
            "split_column",
            "empty_split",
        ),
        ({"split_column": ""}, ["id,animal", "r1,quokka"], "truth_file", "too_few_rows"),
        ({"split_column": "animal"}, ["id,animal", "r1,quokka"], "split_column", "columns"),
        ({"target_column": "id"}, ["id,animal", "r1,quokka"], "target_column", "columns"),
        ({"labels": ("quokka",)}, ["id,animal,part", "r1,quokka,public"], "labels", "labels"),
        ({"metrics": ("rmse",)}, ["id,animal,part"], "metric_1", "metrics"),
        ({"metrics": ()}, ["id,animal,part"], "metric_1", "metrics"),
        ({"metrics": ("luck",)}, ["id,animal,part"], "metric_1", "metrics"),
        ({"metrics": ("mcc", "f1_of@numbat")}, ["id,animal,part"], "metric_2", "metrics"),
        (
            {"metrics": ("f1_of@" + "q" * 40,), "labels": ("q" * 40, "r")},
            ["id,animal,part"],
            "metric_1",
            "metrics",
        ),
        ({"target_kind": "labels", "labels": ("a|b", "c")}, ["id,animal"], "labels", "format"),
        ({"labels": tuple(map(str, range(1001)))}, ["id,animal"], "labels", "labels"),
        (
            {"target_kind": "number", "minimum": 2.0, "maximum": 1.0},
            ["id,animal"],
            "maximum",
            "format",
        ),
        (
            {"target_kind": "ranking", "labels": (), "metrics": ("mrr",)},
            ["id,animal,part", "r1,,public"],
            "truth_file",
            "truth_unreadable",
        ),
        ({"metrics": ("mcc", "mcc")}, ["id,animal,part"], "metric_1", "metrics"),
        ({"target": 0.2}, ["id,animal,part"], "target_1", "points"),
        ({"digits": 7}, ["id,animal,part"], "digits_1", "digits"),
        ({"metrics": weights(100, 1)}, ["id,animal,part"], "weight_1", "weights"),
        ({"metrics": weights(0, 100)}, ["id,animal,part"], "weight_1", "weights"),
        ({"metrics": weights(110, -10)}, ["id,animal,part"], "weight_2", "weights"),
        ({"metrics": weights("33.333", "66.667")}, ["id,animal,part"], "weight_1", "weights"),
        ({"metrics": weights(60, 40, baseline=None)}, ["id,animal,part"], "target_1", "points"),
        ({"metrics": weights(60, 40, baseline=1e400)}, ["id,animal,part"], "target_1", "points"),
    ],
)
def test_save_refuses_what_cannot_be_measured(draft, bea, changes, lines, field, code):
    error = refusal(draft, bea, data=benchmark_settings(**changes), truth_file=csv_file(*lines))

    assert (error.field, error.code) == (field, code)
    assert all(sentence.endswith((".", ")")) for sentence in error.sentences)


def test_save_refuses_a_first_version_without_labels(draft, bea):
    error = refusal(draft, bea, data=benchmark_settings())

    assert (error.field, error.code) == ("truth_file", "no_truth")


def test_save_refuses_a_metric_that_is_undefined_on_a_part(draft, bea):
    lines = ["r1,1,public", "r2,0,public", "r3,1,private", "r4,1,private"]

    error = refusal(
        draft,
        bea,
        data=benchmark_settings(target_kind="probability", labels=(), metrics=("roc_auc",)),
        truth_file=csv_file("id,animal,part", *lines),
    )

    assert (error.field, error.code) == ("metric_1", "undefined")


def test_save_takes_numbers_with_a_range(draft, bea):
    lines = [f"r{at},{at}.5,{'public' if at % 2 else 'private'}" for at in range(8)]

    benchmark = actions.save(
        draft,
        by=bea,
        data=benchmark_settings(
            target_kind="number",
            labels=(),
            minimum=0.0,
            maximum=10.0,
            metrics=("rmse", "mae"),
            baseline=5.0,
            target=0.0,
        ),
        truth_file=csv_file("id,animal,part", *lines),
    )

    assert (benchmark.minimum, benchmark.maximum, benchmark.labels) == (0.0, 10.0, [])
    assert "r3,3.5,public" in stored_truth(benchmark)


# ---- kinds of predictions ------------------------------------------------------------------------
KINDS = {
    "distribution": {
        "settings": {"metrics": ("log_loss_classes", "top_accuracy@2")},
        "points": (1.0, 0.0),
        "truth": ["quokka", "axolotl"],
        "file": ("id,p_quokka,p_axolotl", ["1,0", "0,1"]),
        "sample": "0.5,0.5",
        "values": (0.0, 1.0),
        "constant": 0.6931,
    },
    "labels": {
        "settings": {"metrics": ("labels_jaccard", "labels_hamming")},
        "points": (0.5, 1.0),
        "truth": ["quokka|axolotl", ""],
        "file": ("id,animal", ["axolotl|quokka", ""]),
        "sample": "quokka",
        "values": (1.0, 0.0),
        "constant": 0.5,
    },
    "ranking": {
        "settings": {"labels": (), "metrics": ("ndcg@7", "mrr")},
        "points": (0.5, 1.0),
        "truth": ["b|a", "c"],
        "file": ("id,animal", ["a|b|z", "c|z"]),
        "sample": "first|second|third",
        "values": (1.0, 1.0),
        "constant": None,
    },
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_kinds_with_several_values_a_row_are_saved_checked_and_measured(draft, bea, kind):
    case = KINDS[kind]
    baseline, target = case["points"]
    cases = [
        (f"r{part}{at}", case["truth"][at % 2], part)
        for part in ("public", "private")
        for at in range(4)
    ]
    data = benchmark_settings(
        target_kind=kind, baseline=baseline, target=target, **case["settings"]
    )

    benchmark = actions.save(
        draft, by=bea, data=data, truth_file=csv_file("id,animal,part", *map(",".join, cases))
    )

    assert check(draft, "benchmark").passed
    assert check(draft, "benchmark_baseline").passed
    header, rows = queries.sample_rows(benchmark)
    assert ",".join(header) == case["file"][0]
    assert ",".join(rows[0][1:]) == case["sample"]
    main = benchmark.main_metric
    if case["constant"] is not None:
        assert benchmark.truth.facts["constant"][main]["private"] == pytest.approx(
            case["constant"], abs=1e-4
        )
    lines = [f"{name},{case['file'][1][at % 2]}" for at, (name, *_) in enumerate(cases)]
    answer = evaluator.evaluate(question_about(benchmark, case["file"][0], lines))
    assert answer.check.ok, answer.check.problems
    values = {(v.metric, v.split): v.value for v in answer.values}
    assert (values[main, "private"], values[benchmark.metrics[1], "public"]) == pytest.approx(
        case["values"], abs=1e-9
    )


def question_about(benchmark, header, lines):
    """Ask the program of the evaluation process about a file, within this process."""
    stored = storage.store(
        storage.SUBMISSIONS, csv_file(header, *lines), folder="test", suffix=".csv"
    )
    file = SubmissionFile(key=stored.key, sha256=stored.sha256)
    return frames.question(benchmark, benchmark.truth, file)


def test_split_without_strata_takes_any_rows(draft, bea):
    lines = [f"r{at:02},{'quokka' if at % 2 else 'axolotl'}" for at in range(100)]
    data = benchmark_settings(split_column="", public_share=30, stratified=False)

    benchmark = actions.save(draft, by=bea, data=data, truth_file=csv_file("id,animal", *lines))

    assert benchmark.truth.facts["split"] == "plain"
    assert benchmark.truth.public_rows == 30
    with pytest.raises(actions.BenchmarkRefused) as caught:
        actions.save(draft, by=bea, data=benchmark_settings(split_column="", public_share=30))
    assert caught.value.code == "truth_needed"


def test_metric_that_was_not_tried_on_the_labels_needs_them_again(draft, bea):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    for key in ("kappa", "f1_of@quokka"):
        data = benchmark_settings(metrics=(key,), split_column="")
        file = truth_file() if "@" in key else None
        saved = actions.save(
            draft, by=bea, data=replace(data, split_column="part" if file else ""), truth_file=file
        )
        assert saved.metrics == [key]
    with pytest.raises(actions.BenchmarkRefused) as caught:
        actions.save(
            draft, by=bea, data=benchmark_settings(metrics=("f1_of@axolotl",), split_column="")
        )
    assert caught.value.code == "truth_needed"


# ---- groups --------------------------------------------------------------------------------------
def grouped_truth(*columns):
    """Forty rows, half of them public, with columns that say a group by the number of the row."""
    lines = [
        ",".join(
            (
                f"r{at:02}",
                "quokka" if at % 3 else "axolotl",
                "public" if at % 2 else "private",
                *(column(at) for column in columns),
            )
        )
        for at in range(40)
    ]
    return csv_file(",".join(["id", "animal", "part", "region", "age"][: 3 + len(columns)]), *lines)


def region(at):
    return "nord" if at < 20 else "süd" if at < 38 else "insel" if at < 39 else "berg"


def age(at):
    return "jung" if at % 4 < 2 else "alt"


def test_groups_are_kept_with_the_labels_and_only_their_names_elsewhere(draft, bea):
    data = benchmark_settings(group_columns=("region", "age"), smallest_group=5)

    benchmark = actions.save(draft, by=bea, data=data, truth_file=grouped_truth(region, age))

    rows = [line.split(",") for line in stored_truth(benchmark).splitlines()]
    assert rows[0] == ["id", "target", "split", "group_1", "group_2"]
    assert rows[39] == ["r38", "quokka", "private", "insel", "alt"]
    # Two groups of one row each are too few even together, so the next one joins them.
    assert [
        (column.name, [(g.name, g.public, g.private) for g in column.groups], column.merged)
        for column in queries.groups_in_force(benchmark)
    ] == [
        ("region", [("nord", 10, 10), ("", 10, 10)], 3),
        ("age", [("alt", 10, 10), ("jung", 10, 10)], 0),
    ]
    assert "insel" not in json.dumps([benchmark.truth.facts, benchmark.versions.get().content])
    assert benchmark.versions.get().content["groups"]["age"] == [["alt", 10, 10], ["jung", 10, 10]]
    assert check(draft, "benchmark").passed


def test_groups_are_measured_and_stored(draft, bea):
    data = benchmark_settings(group_columns=("region", "age"), smallest_group=5)
    benchmark = actions.save(draft, by=bea, data=data, truth_file=grouped_truth(region, age))
    lines = [f"r{at:02},{'quokka' if age(at) == 'jung' else 'axolotl'}" for at in range(40)]
    evaluation = factories.evaluated_by(benchmark, "id,animal", *lines)

    found = {
        (score.metric, score.split, score.column, score.group): (score.rows, score.value)
        for score in evaluation.group_scores.all()
    }
    assert len(found) == 2 * 2 * 4
    truth = {f"r{at:02}": ("quokka" if at % 3 else "axolotl") for at in range(40)}
    for column, group, name_of in (("age", "alt", age), ("region", "nord", region)):
        own = [at for at in range(40) if at % 2 and name_of(at) == group]
        right = sum(lines[at].split(",")[1] == truth[f"r{at:02}"] for at in own)
        rows, value = found["accuracy", "public", column, group]
        assert (rows, value) == (len(own), pytest.approx(right / len(own)))
    assert all(score.low <= score.value <= score.high for score in evaluation.group_scores.all())


@pytest.mark.parametrize(
    ("changes", "column", "field", "code"),
    [
        ({"group_columns": ("id",)}, region, "group_columns", "groups"),
        ({"group_columns": ("part",)}, region, "group_columns", "groups"),
        ({"group_columns": ("region", "region")}, region, "group_columns", "groups"),
        ({"group_columns": tuple("abcdef")}, region, "group_columns", "groups"),
        ({"group_columns": ("r" * 61,)}, region, "group_columns", "groups"),
        ({"smallest_group": 4}, region, "smallest_group", "groups"),
        ({}, lambda at: f"one of {at}", "group_columns", "groups"),
        ({}, lambda _at: "x" * 61, "group_columns", "groups"),
        ({"group_columns": ("district",)}, region, "truth_file", "truth_unreadable"),
        # A group with a single class: what it is would be told by the lack of a value.
        (
            {"target_kind": "probability", "labels": (), "metrics": ("roc_auc",)},
            lambda at: "b" if at % 3 else "a",
            "group_columns",
            "undefined_in_group",
        ),
    ],
)
def test_groups_that_cannot_be_published_are_refused(draft, bea, changes, column, field, code):
    data = benchmark_settings(**{"group_columns": ("region",), "smallest_group": 5, **changes})
    file = grouped_truth(column)
    if data.target_kind == "probability":
        content = file.read().decode().replace("quokka", "1").replace("axolotl", "0")
        file = ContentFile(content.encode(), name="truth.csv")

    error = refusal(draft, bea, data=data, truth_file=file)

    assert (error.field, error.code) == (field, code)
    assert all(sentence.endswith((".", ")")) for sentence in error.sentences)


def test_columns_whose_groups_differ_by_few_rows_are_refused(draft, bea):
    data = benchmark_settings(group_columns=("region", "age"), smallest_group=5)
    file = grouped_truth(lambda at: "nord" if at < 20 else "süd", lambda at: str(at < 22))

    error = refusal(draft, bea, data=data, truth_file=file)

    assert (error.field, error.code) == ("group_columns", "groups")


def test_groups_may_be_left_out_without_the_file_and_nothing_else(draft, bea):
    both = benchmark_settings(group_columns=("region", "age"), smallest_group=5)
    actions.save(draft, by=bea, data=both, truth_file=grouped_truth(region, age))
    one = replace(both, group_columns=("age",), split_column="")

    saved = actions.save(draft, by=bea, data=one)

    assert [column.name for column in queries.groups_in_force(saved)] == ["age"]
    assert "region" not in saved.versions.first().content["groups"]
    for change in ({"smallest_group": 6}, {"group_columns": ("age", "town")}):
        with pytest.raises(actions.BenchmarkRefused) as caught:
            actions.save(draft, by=bea, data=replace(one, **change))
        assert caught.value.code == "truth_needed"
    assert actions.save(draft, by=bea, data=replace(one, group_columns=())).group_columns == []


# ---- publication ---------------------------------------------------------------------------------
def check(challenge, key):
    (found,) = [one for one in publication_checks if one.key == key]
    return found.run(challenge)


def test_publication_waits_for_the_labels(draft, bea):
    assert not check(draft, "benchmark").passed

    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    assert check(draft, "benchmark").passed


def test_publication_asks_nothing_where_no_prediction_is_wanted():
    challenge = factories.ChallengeFactory()

    assert check(challenge, "benchmark").passed
    assert check(challenge, "benchmark_ids").passed


def test_publication_looks_for_the_ids_in_the_data_package(draft, bea):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())
    assert not check(draft, "benchmark_ids").passed

    for name, ids in (("training.csv", ["x1"]), ("task.csv", list(TRUTH))):
        stored = storage.store(
            storage.RESOURCES,
            csv_file("id;image", *(f"{key};1" for key in ids)),
            folder=draft.code,
            suffix=".csv",
        )
        factories.ResourceFactory(challenge=draft, file_name=name, key=stored.key)

    result = check(draft, "benchmark_ids")
    assert result.passed
    assert "task.csv" in result.detail


def test_frozen_statement_names_the_benchmark_and_no_label_but_the_published_set(draft, bea):
    benchmark = actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    frozen = {}
    for freeze in freezers:
        frozen |= freeze(draft, bea)

    assert frozen["benchmark"]["truth_sha256"] == benchmark.truth.sha256
    assert [one["key"] for one in frozen["benchmark"]["metrics"]] == ["accuracy", "f1_macro"]
    assert "r01" not in json.dumps(frozen)


# ---- page ----------------------------------------------------------------------------------------
def url(challenge):
    return reverse("scoring:benchmark-edit", args=[challenge.code])


def posted(**changes):
    return {
        "id_column": "id",
        "target_column": "animal",
        "target_kind": "label",
        "labels": "quokka\naxolotl\n",
        "split": "column",
        "split_column": "part",
        "public_share": "50",
        "group_columns": "",
        "smallest_group": "10",
        "metric_1": "accuracy",
        "weight_1": "100",
        "digits_1": "4",
        "baseline_1": "0,5",
        "target_1": "1",
        "metric_2": "f1_macro",
        "truth_file": truth_file(),
        **changes,
    }


def test_benchmark_edit_saves(draft, bea, sign_in):
    answer = sign_in(bea).post(url(draft), posted())

    assert (answer.status_code, answer.url) == (302, url(draft))
    benchmark = Benchmark.objects.get()
    assert (benchmark.settings[0].baseline, benchmark.metrics) == (0.5, ["accuracy", "f1_macro"])
    assert benchmark.truth.rows == 10


def test_benchmark_edit_takes_metrics_with_weights_and_one_of_ones_own(draft, bea, sign_in):
    typed = {
        "weight_1": "0",
        "metric_2": "recall_of@",
        "option_2": "quokka",
        "weight_2": "62,5",
        "digits_2": "2",
        "baseline_2": "0,1",
        "target_2": "0,9",
        "metric_4": "mcc",
        "weight_4": "37,5",
        "baseline_4": "0",
        "target_4": "1",
    }

    answer = sign_in(bea).post(url(draft), posted(**typed))

    assert answer.status_code == 302
    benchmark = Benchmark.objects.get()
    assert benchmark.settings == [
        MetricSetting(
            key="recall_of@quokka", weight=Decimal("62.5"), digits=2, baseline=0.1, target=0.9
        ),
        MetricSetting(key="mcc", weight=Decimal("37.5"), baseline=0.0, target=1.0),
        MetricSetting(key="accuracy", baseline=0.5, target=1.0),
    ]
    assert (benchmark.is_weighted, benchmark.ranked_by) == (True, "weighted_points")
    again = sign_in(bea).get(url(draft)).context["form"].initial
    assert [again[name] for name in ("metric_1", "option_1", "weight_1", "metric_2")] == [
        "recall_of@",
        "quokka",
        Decimal("62.5"),
        "mcc",
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"weight_1": "90"}, "weight_1"),
        ({"metric_1": ""}, "metric_1"),
        ({"metric_5": "f1_of@"}, "option_5"),
        ({"metric_5": "f1_of@", "option_5": "numbat"}, "metric_5"),
        ({"weight_1": "50", "metric_6": "mcc", "weight_6": "50"}, "target_6"),
        ({"metric_7": "rmse"}, "metric_7"),
    ],
)
def test_benchmark_edit_says_beside_the_row_what_is_wrong(draft, bea, sign_in, typed, field):
    page = sign_in(bea).post(url(draft), posted(**typed))

    form = page.context["form"]
    assert (page.status_code, list(form.errors)) == (422, [field])
    row = form.metric_rows[int(field[-1]) - 1]
    assert row.is_open


def test_benchmark_edit_previews_without_saving(draft, bea, sign_in):
    before = stored_files()

    page = sign_in(bea).post(url(draft), posted(preview="1"))

    trial = page.context["trial"]
    assert page.status_code == 200
    assert (len(trial.ids), trial.public_rows, trial.private_rows) == (10, 6, 4)
    assert trial.labels == (("quokka", 3, 2), ("axolotl", 3, 2))
    assert page.context["trial_sample"] == "id,animal\nr01,quokka\nr02,quokka\nr03,quokka\n…"
    assert [row.public for row in page.context["trial_constant"]] == ["50,00\xa0%", "33,33\xa0%"]
    assert not Benchmark.objects.exists()
    assert stored_files() == before
    assert not AuditEvent.objects.filter(action__startswith="benchmark").exists()


def test_benchmark_edit_previews_the_groups_and_which_are_merged(draft, bea, sign_in):
    groups = {"group_columns": "region\nage\n", "smallest_group": "5"}
    typed = posted(preview="1", truth_file=grouped_truth(region, age), **groups)

    page = sign_in(bea).post(url(draft), typed)

    shown = page.context["trial_groups"]
    assert [(column.name, column.merged, names) for column, names in shown] == [
        ("region", 3, ("berg", "insel", "süd")),
        ("age", 0, 0),
    ]
    assert not Benchmark.objects.exists()


def test_benchmark_edit_previews_a_change_by_the_stored_labels(draft, bea, sign_in):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())
    change = posted(preview="1", metric_1="mcc", metric_2="", truth_file="", split_column="")

    page = sign_in(bea).post(url(draft), change)

    trial = page.context["trial"]
    assert (page.status_code, trial.labels, trial.metrics[0].key) == (200, (), "mcc")
    assert [row.private for row in page.context["trial_constant"]] == ["0,0000"]
    assert Benchmark.objects.get().version == 1


def test_benchmark_edit_previews_nothing_that_cannot_be_saved(draft, bea, sign_in):
    page = sign_in(bea).post(url(draft), posted(preview="1", truth_file=""))

    assert page.status_code == 422
    assert page.context["trial"] is None
    assert page.context["form"].errors["truth_file"]


def test_benchmark_edit_says_what_a_constant_prediction_reaches(draft, bea, sign_in):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    page = sign_in(bea).get(url(draft))

    assert [(row.card.key, row.public, row.private) for row in page.context["constant"]] == [
        ("accuracy", "50,00\xa0%", "50,00\xa0%"),
        ("f1_macro", "33,33\xa0%", "33,33\xa0%"),
    ]


def test_benchmark_edit_shows_the_stored_settings_and_no_answer(draft, bea, sign_in):
    actions.save(draft, by=bea, data=benchmark_settings(), truth_file=truth_file())

    answer = sign_in(bea).get(url(draft))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "id,animal\nr01,quokka\nr02,quokka\nr03,quokka\n…" in text  # the sample, not the answer
    assert "0,5" in text
    assert [row.version.number for row in answer.context["versions"]] == [1]
    assert "r02,axolotl" not in text


def test_benchmark_edit_keeps_what_was_typed_and_says_what_is_wrong(draft, bea, sign_in):
    bad = csv_file("id,animal,part", "r1,numbat,public", "r2,axolotl,private")

    answer = sign_in(bea).post(url(draft), posted(truth_file=bad, digits_1="3"))

    assert answer.status_code == 422
    text = answer.content.decode()
    assert "numbat" in text
    assert 'value="3"' in text
    assert not Benchmark.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7\n%\xe2\xe3",
        b"PK\x03\x04" + b"\0" * 60,
        "id,animal,part\nr1,quokka,public\n".encode("utf-16"),
        b"id,animal,part\nr1,quokka\x00,public\n",
        b'id,animal,part\nr1,"quokka,public\n',
        b",".join(b"c%d" % at for at in range(50_000)) + b"\n1\n",
        b"id,animal,part\n" + b"x" * 200_000,
        b"id;animal;part\nr1;quokka;public\nr1;axolotl;private\n",
        b"id,animal,part\nr1,=cmd|' /C calc'!A0,public\n",
    ],
)
def test_benchmark_edit_refuses_hostile_files_with_a_sentence(draft, bea, sign_in, content):
    file = ContentFile(content, name="../../truth.csv")

    answer = sign_in(bea).post(url(draft), posted(truth_file=file))

    assert answer.status_code == 422
    assert answer.context["form"].errors["truth_file"]
    assert not Benchmark.objects.exists()


def test_benchmark_edit_is_closed_to_strangers(draft, sign_in):
    actions.save(
        draft,
        by=factories.agency_staff(draft.agency),
        data=benchmark_settings(),
        truth_file=truth_file(),
    )
    other = factories.agency_staff(factories.AgencyFactory())
    ada_elsewhere = factories.organiser(factories.CompetitionFactory())
    ada = factories.organiser(draft.competition)  # the office never sees drafts

    answers = [
        sign_in(user).get(url(draft)).status_code
        for user in (other, ada_elsewhere, ada, factories.UserFactory())
    ]

    assert answers == [404, 404, 404, 404]


def test_benchmark_edit_is_read_only_for_the_agency_once_handed_in(sign_in):
    challenge = measured_challenge()
    client = sign_in(factories.agency_staff(challenge.agency))

    page = client.get(url(challenge))
    attempt = client.post(url(challenge), posted(metric_1="mcc"))

    assert page.status_code == 200
    assert page.context["form"] is None
    assert attempt.status_code == 404
    assert Benchmark.objects.get().version == 1


def test_benchmark_edit_lets_the_office_change_with_a_reason(sign_in):
    challenge = measured_challenge()
    ada = factories.organiser(challenge.competition)
    data = posted(truth_file="", split="column", digits_1="3")

    refused = sign_in(ada).post(url(challenge), data)
    saved = sign_in(ada).post(url(challenge), {**data, "reason": "Weniger Stellen genügen."})

    assert refused.status_code == 422
    assert saved.status_code == 302
    benchmark = Benchmark.objects.get()
    assert (benchmark.version, benchmark.digits_of("accuracy")) == (2, 3)
    assert benchmark.change_reason == "Weniger Stellen genügen."


def test_benchmark_edit_refuses_nothing_but_get_and_post(draft, bea, sign_in):
    assert sign_in(bea).put(url(draft)).status_code == 405


def test_sample_file_passes_the_check_and_tells_nothing(client):
    challenge = measured_challenge()
    address = reverse("scoring:sample-csv", args=[challenge.competition.slug, challenge.code])

    answer = client.get(address)

    assert answer.content.decode() == "id,animal\n" + "".join(
        f"{name},quokka\n" for name in sorted(TRUTH)
    )
