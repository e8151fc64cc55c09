"""A benchmark that is measured by a program of its organiser: set up, run, refused, taken back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.urls import reverse

from competition.extensions import freezers
from core import sandbox, storage
from core.models import AuditEvent
from scoring import frames
from scoring.actions import evaluation as evaluations
from scoring.actions import scoring_program as actions
from scoring.maintenance import benchmarks_that_changed_silently, boards_that_differ
from scoring.models import Evaluation, ScoringProgram
from scoring.protocol import Question
from scoring.queries import scoring_program as queries
from scoring.queries.benchmark import versions
from scoring.states import EvaluationState as S
from scoring.states import Split
from submissions.states import FileKind
from tests import factories
from tests.factories import (
    break_audit,
    evaluated,
    handed_in_predictions,
    measured_challenge,
    predictions,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(sandbox.refusal()), reason=sandbox.refusal()),
]
METADATA = "command: python3 $program/score.py $hidden $predictions $output\n"
SHARE = """
import csv, json, pathlib, sys
truth, found = (
    dict(list(csv.reader(next(pathlib.Path(name).iterdir()).open()))[1:]) for name in sys.argv[1:3]
)
assert list(truth) == list(found)
share = sum(found[key] == value for key, value in truth.items()) / len(truth)
scores = {"accuracy": share / 2, "f1_macro": 1 - share, "of my own": 7}
pathlib.Path(sys.argv[3], "scores.json").write_text(json.dumps(scores))
"""
REASON = "Fehler kosten verschieden viel."


def program(script=SHARE):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("metadata", METADATA)
        opened.writestr("score.py", script)
    return SimpleUploadedFile("program.zip", packed.getvalue())


@pytest.fixture
def challenge():
    return measured_challenge()


@pytest.fixture
def ada(challenge):
    return factories.organiser(challenge.competition)


@pytest.fixture
def submission(challenge):
    entry = factories.EntryFactory(challenge=challenge)
    return handed_in_predictions(entry, *predictions(wrong=3))


def attach(challenge, ada, script=SHARE):
    return actions.attach(challenge.benchmark, by=ada, archive=program(script), reason=REASON)


def page(challenge):
    return "/en" + reverse("scoring:benchmark-program", args=[challenge.code])


# ---- measured by it ------------------------------------------------------------------------------
def test_values_are_those_of_the_program_for_each_part_without_intervals(
    challenge, ada, submission
):
    attach(challenge, ada)

    evaluation = evaluated(submission)

    # Rows 1 to 3 are wrong, all of them public: 3 of 6 right there, 4 of 4 among the hidden ones.
    assert (evaluation.state, evaluation.benchmark_version) == (S.SUCCEEDED, 2)
    found = {(s.metric, s.split): (s.value, s.low, s.rows) for s in evaluation.scores.all()}
    assert found == {
        ("accuracy", Split.PUBLIC): (0.25, None, 6),
        ("accuracy", Split.PRIVATE): (0.5, None, 4),
        ("f1_macro", Split.PUBLIC): (0.5, None, 6),
        ("f1_macro", Split.PRIVATE): (0.0, None, 4),
    }


@pytest.mark.parametrize(
    "script",
    [
        "raise SystemExit('r01 is a quokka')",
        SHARE.replace('"accuracy"', '"hits"'),
        SHARE.replace("share / 2", "2.0"),
    ],
)
def test_a_program_that_fails_is_no_fault_of_the_team_and_tells_no_label(
    challenge, ada, submission, script
):
    attach(challenge, ada, script)

    evaluation = evaluated(submission)

    submission.refresh_from_db()
    assert (evaluation.state, submission.costs_a_try) == (S.QUEUED, True)
    assert evaluation.error.splitlines()[-1] == "ProgramFailed"
    assert "quokka" not in evaluation.error


def test_a_file_at_fault_is_refused_before_the_program_sees_it(challenge, ada):
    attach(challenge, ada, "raise SystemExit(1)")
    lines = predictions()
    lines[2] = "r02,numbat"
    entry = factories.EntryFactory(challenge=challenge)

    assert evaluated(handed_in_predictions(entry, *lines)).state == S.FAILED


def test_team_and_leaderboard_say_that_a_program_has_computed(challenge, ada, submission, sign_in):
    cem = factories.team_member(submission.entry.team)
    board = reverse("scoring:leaderboard-show", args=[challenge.competition.slug, challenge.code])
    row = attach(challenge, ada)
    own = reverse("scoring:evaluation-show", args=[evaluated(submission).code])
    client = sign_in(cem)

    texts = [client.get(f"/en{path}").content.decode() for path in (own, board)]

    assert ["computed by a program of the organiser" in text for text in texts] == [True, True]
    assert [row.sha256[:8] in text for text in texts] == [False, True]
    assert [text.count("The interval") for text in texts] == [0, 0]
    assert list(boards_that_differ()) == []


# ---- set up --------------------------------------------------------------------------------------
def test_a_program_is_a_new_version_by_which_everything_is_evaluated_anew(
    challenge, ada, submission
):
    waiting = evaluations.enqueue(submission)

    row = attach(challenge, ada)

    waiting.refresh_from_db()
    benchmark = row.benchmark
    benchmark.refresh_from_db()
    assert (benchmark.version, benchmark.change_reason) == (2, REASON)
    assert waiting.benchmark_version == 2
    assert (queries.in_force(benchmark), queries.in_force(benchmark, 1)) == (row, None)
    event = AuditEvent.objects.get(action="benchmark.program_changed")
    assert (event.actor, event.data["program_sha256"]) == (ada.pk, row.sha256)
    challenge.refresh_from_db()
    frozen = [dict(freeze(challenge, ada)).get("benchmark", {}) for freeze in freezers]
    assert [part["program_sha256"] for part in frozen if part] == [row.sha256]
    (first, *_older) = versions(benchmark)
    assert [(str(change.label), change.before) for change in first.changes] == [
        ("Auswertungsprogramm (SHA-256)", "–")
    ]
    assert list(benchmarks_that_changed_silently()) == []


def test_the_platform_computes_again(challenge, ada, submission):
    attach(challenge, ada)
    benchmark = challenge.benchmark
    benchmark.refresh_from_db()

    row = actions.detach(benchmark, by=ada, reason=REASON)

    assert (row.key, benchmark.version, queries.in_force(benchmark)) == ("", 3, None)
    file = submission.file(FileKind.PREDICTIONS)
    question = frames.question(benchmark, benchmark.truth, file)
    assert Question.from_json(question.to_json()) == question
    assert question.program is None
    assert actions.detach(benchmark, by=ada, reason=REASON) is None


def archives():
    folder = Path(storages[storage.GROUND_TRUTH].path("x")).parent
    return sorted(folder.rglob("*.zip"))


def test_nothing_stays_if_the_event_cannot_be_written(challenge, ada):
    before = archives()
    break_audit()

    with pytest.raises(IntegrityError):
        attach(challenge, ada)

    challenge.benchmark.refresh_from_db()
    assert (challenge.benchmark.version, archives()) == (1, before)
    assert not ScoringProgram.objects.exists()


def test_office_uploads_a_program_and_takes_it_back(challenge, ada, sign_in):
    client, url = sign_in(ada), page(challenge)

    first = client.post(url, {"computed_by": "program", "archive": program(), "reason": REASON})

    assert first.status_code == 302
    shown = client.get(url).content.decode()
    assert ScoringProgram.objects.get().sha256[:8] in shown
    assert "python3 $program/score.py" in shown
    same = client.post(url, {"computed_by": "program", "reason": REASON}, follow=True)
    assert "Nothing has changed." in same.content.decode()
    client.post(url, {"computed_by": "platform", "reason": REASON})
    assert [row.key == "" for row in ScoringProgram.objects.all()] == [True, False]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"computed_by": "program", "reason": REASON}, "Choose the archive of the program."),
        ({"computed_by": "platform", "reason": ""}, "Please give a reason; it is recorded."),
        ({"reason": REASON}, "This field is required."),
    ],
)
def test_office_is_told_what_is_missing(challenge, ada, sign_in, fields, sentence):
    answer = sign_in(ada).post(page(challenge), fields)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)


def test_office_is_told_what_is_wrong_with_an_archive(challenge, ada, sign_in):
    broken = SimpleUploadedFile("program.zip", b"PK no archive")

    answer = sign_in(ada).post(
        page(challenge), {"computed_by": "program", "archive": broken, "reason": REASON}
    )

    assert answer.status_code == 422
    assert "The file is no zip archive, or it is damaged." in answer.content.decode()
    assert not ScoringProgram.objects.exists()


def test_without_a_sandbox_a_program_is_refused_with_the_reason(
    challenge, ada, sign_in, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))

    answer = sign_in(ada).post(
        page(challenge), {"computed_by": "program", "archive": program(), "reason": REASON}
    )

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Scoring programs are refused on this installation" in text
    assert "because it has no sandbox (bubblewrap)" in text
    assert not ScoringProgram.objects.exists()


def test_page_is_for_those_who_may_change_the_benchmark(challenge, submission, sign_in):
    people = [
        factories.team_member(submission.entry.team),
        factories.agency_staff(challenge.agency),
        factories.UserFactory(),
    ]

    codes = [sign_in(person).get(page(challenge)).status_code for person in people]

    assert (codes, Evaluation.objects.count()) == ([404] * 3, 0)
