from __future__ import annotations

import pytest

from submissions import queries
from submissions.models import Submission, SubmissionFile
from tests.factories import SubmissionFactory


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    return Submission.objects.get(pk=SubmissionFactory(entry=world.entry).pk)


def add_file(draft: Submission, kind: str, **report: object) -> None:
    SubmissionFile.objects.create(
        submission=draft,
        kind=kind,
        original_name=f"{kind}.dat",
        key=f"{draft.code}/{kind}.dat",
        size=2_400_000,
        sha256="0" * 64,
        report=report,
        uploaded_at=draft.created_at,
    )


REPORT = {"summary": {}, "words": {"de": {"sentences": [], "notes": [], "problems": []}}}


@pytest.mark.parametrize(
    ("fields", "status", "tone"),
    [
        ({"title": "T", "summary": "S"}, "Done", ""),
        ({"title": "T", "summary": ""}, "Summary is missing", "warn"),
        ({"title": "", "summary": "S"}, "Title is missing", "warn"),
        ({"title": "", "summary": "", "link": "https://e.org"}, "Title is missing", "warn"),
        ({"title": "", "summary": ""}, "Not started yet", "neutral"),
    ],
)
def test_text_task(draft, english, fields, status, tone):
    for name, value in fields.items():
        setattr(draft, name, value)

    task = queries.tasks(draft)[0]

    assert (task.status, task.tone, task.is_done) == (status, tone, status == "Done")


def test_text_task_says_how_much_is_written(draft, english):
    draft.summary, draft.link = "x" * 1_500, "https://example.org"

    assert queries.tasks(draft)[0].note == "1,500 of 3,000 characters · link to code given"


def test_file_tasks(draft, english):
    add_file(draft, "concept")
    add_file(draft, "predictions", ok=False, **REPORT)

    tasks = {task.key: task for task in queries.tasks(draft)}

    assert (tasks["concept"].status, tasks["concept"].is_done) == ("Done", True)
    assert tasks["concept"].note == "concept.dat · 2.4\u00a0MB"
    assert (tasks["predictions"].status, tasks["predictions"].tone) == (
        "Look at the problems",
        "bad",
    )
    assert tasks["predictions"].note == "predictions.dat · 2.4\u00a0MB · file check with errors"


def test_file_task_without_errors(draft, english):
    add_file(draft, "predictions", ok=True, **REPORT)

    task = queries.tasks(draft)[2]

    assert (task.status, task.note) == (
        "Done",
        "predictions.dat · 2.4\u00a0MB · file check without errors",
    )


def test_ready_when_nothing_is_missing(draft):
    assert not queries.is_ready(draft)
    add_file(draft, "concept")
    add_file(draft, "predictions", ok=True, **REPORT)

    assert queries.is_ready(Submission.objects.get(pk=draft.pk))


def test_file_with_problems_is_missing(draft, english):
    add_file(draft, "concept")
    add_file(draft, "predictions", ok=False, **REPORT)

    assert [str(item) for item in queries.missing(draft)] == [
        "Correct “predictions.dat”: the file check found problems."
    ]


@pytest.mark.parametrize(
    ("concept", "predictions", "kinds"),
    [
        (True, True, ["concept", "predictions"]),
        (True, False, ["concept"]),
        (False, True, ["predictions"]),
        (False, False, []),
    ],
)
def test_wanted_kinds_follow_the_statement(draft, concept, predictions, kinds):
    draft.entry.challenge.wants_concept = concept
    draft.entry.challenge.wants_predictions = predictions

    assert queries.wanted_kinds(draft.entry.challenge) == kinds
