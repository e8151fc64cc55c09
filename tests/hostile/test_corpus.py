"""The corpus through the reader, the open check and the upload: right codes, no 500, never slow."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from scoring.compute.predictions import read_predictions
from scoring.compute.schema import FileCheck, ReaderLimits
from scoring.models import Benchmark
from submissions.states import TeamRole
from tests import factories
from tests.hostile.corpus import FOLDER, FORMAT, IDS, SMALL, Hostile, corpus

# What a file may cost, in seconds of a processor. The slowest costs one; this catches what grows
# with the square of its size, and no slow machine.
PATIENCE = 20.0

LIGHT = [hostile for hostile in corpus() if not hostile.is_heavy]


def read(content: bytes, **limits: int) -> FileCheck:
    return read_predictions(
        io.BytesIO(content), FORMAT, expected_ids=IDS, limits=ReaderLimits(**limits)
    )


def codes_of(check: FileCheck) -> str:
    return " ".join(dict.fromkeys(problem.code for problem in check.errors))


def test_every_small_file_has_its_codes():
    assert sorted(SMALL) == sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("hostile", corpus(), ids=lambda hostile: hostile.name)
def test_reader_gives_the_codes_and_is_quick(hostile):
    content = hostile.make()

    start = time.process_time()
    check = read(content)
    seconds = time.process_time() - start

    assert codes_of(check) == hostile.codes
    assert check.ok == hostile.is_good
    assert seconds < PATIENCE


@pytest.mark.parametrize("hostile", corpus()[: len(SMALL)], ids=lambda hostile: hostile.name)
def test_keeping_every_line_changes_no_total(hostile):
    content = hostile.make()

    short, long = read(content, lines_kept=1), read(content, lines_kept=1_000)

    for one, other in zip(short.problems, long.problems, strict=True):
        kept = replace(one, lines=(), values=(), suggestions=(), params={})
        assert kept == replace(other, lines=(), values=(), suggestions=(), params={})
        assert other.lines[:1] == one.lines
        assert other.values[:1] == one.values


def test_repeated_ids_on_both_sides_stay_as_many_as_they_are():
    content = b"id,p\n" + b"a,0.5\n" * 1_000

    check = read_predictions(io.BytesIO(content), FORMAT, expected_ids=["a"] * 1_000)

    assert (codes_of(check), check.rows, check.table) == ("E07", 1_000, None)


@pytest.fixture
def challenge(db):
    """A statement that asks for the format of the corpus."""
    cache.clear()
    challenge = factories.measured_challenge()
    Benchmark.objects.filter(challenge=challenge).update(
        id_column=FORMAT.id_column,
        target_column=FORMAT.target_column,
        target_kind=FORMAT.kind,
        labels=[],
        expected_ids=list(IDS),
    )
    return challenge


def sent(hostile: Hostile) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("predictions.csv", hostile.make(), content_type="text/csv")}


@pytest.mark.parametrize("wants_list", [False, True])
def test_open_check_gives_the_codes(challenge, wants_list):
    address = reverse("scoring:file-check", args=[challenge.competition.slug, challenge.code])
    client = Client()
    answers = {}

    for hostile in LIGHT[: len(SMALL)] if wants_list else LIGHT:
        response = client.post(address, sent(hostile) | ({"list": "1"} if wants_list else {}))
        if response["Content-Type"].startswith("text/csv"):
            rows = response.text.splitlines()[1:]
            found = " ".join(code for code in all_codes() if any(r.startswith(code) for r in rows))
        else:
            problems = response.context["report"].problems
            found = " ".join(dict.fromkeys(problem.code for problem in problems))
        answers[hostile.name] = (response.status_code, found)

    asked = LIGHT[: len(SMALL)] if wants_list else LIGHT
    assert answers == {hostile.name: (200, hostile.codes) for hostile in asked}


def all_codes() -> list[str]:
    return [f"E{number:02}" for number in range(1, 16)]


def test_upload_stores_a_report_or_refuses(challenge, sign_in):
    entry = factories.EntryFactory(challenge=challenge)
    cem = factories.team_member(entry.team, role=TeamRole.CAPTAIN)
    draft = factories.SubmissionFactory(entry=entry)
    address = reverse("submissions:file-upload", args=[draft.code, "predictions"])
    client = sign_in(cem)
    wrong = {}

    for hostile in LIGHT:
        response = client.post(address, sent(hostile))
        draft.refresh_from_db()
        file = draft.files.filter(original_name="predictions.csv").first()
        is_accepted = response.status_code == 302 and file is not None and file.report["ok"]
        if response.status_code not in {302, 422} or is_accepted != hostile.is_good:
            wrong[hostile.name] = (response.status_code, file and file.report)

    assert wrong == {}


def test_pages_quote_markup_and_formulas_harmlessly(challenge):
    address = reverse("scoring:file-check", args=[challenge.competition.slug, challenge.code])
    client = Client()
    markup, formulas, bidirectional = (
        next(hostile for hostile in corpus() if hostile.name == name)
        for name in ("markup_in_cells.csv", "formulas.csv", "bidirectional.csv")
    )

    page = client.post(address, sent(markup)).text
    table = client.post(address, sent(formulas) | {"list": "1"}).text
    turned = client.post(address, sent(bidirectional)).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "'=cmd|" in table
    assert "'@SUM(1)" in table
    assert "\u202e" not in turned
    assert "[U+202E]r04" in turned
