"""Proofs of the promises: each holds, and each breaks when it should."""

from __future__ import annotations

import copy
import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from core import clock, maintenance, storage
from scoring.models import Evaluation, MetricScore
from scoring.states import EvaluationState as S
from submissions.actions import submission as submission_actions
from submissions.actions import upload
from submissions.models import Receipt
from submissions.states import FileKind
from tests import factories
from tests.factories import csv_file, evaluated, lose, measured_challenge, predictions
from tests.kept import kept_rows


def violations(key):
    (invariant,) = [one for one in maintenance.invariants if one.key == key]
    return list(invariant.violations())


def make_version():
    """Make a version that was handed in, checked, evaluated and ranked."""
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    cem = factories.team_member(entry.team)
    draft = submission_actions.start_draft(entry, by=cem)
    submission_actions.save_text(
        draft, by=cem, version=0, title="Lesen", summary="Ein Verfahren, das nachfragt."
    )
    upload.attach_file(
        draft,
        by=cem,
        kind=FileKind.PREDICTIONS,
        file=csv_file(*predictions(wrong=2), name="v.csv"),
    )
    submission_actions.hand_in(draft, by=cem, key="k", declared=True)
    draft.refresh_from_db()
    evaluated(draft)
    return draft


@pytest.fixture(scope="module")
def kept_version(django_db_setup, django_db_blocker):
    """Keep the version for all tests: making it starts a process."""
    with kept_rows(django_db_blocker, make_version) as version:
        yield version


@pytest.fixture
def version(kept_version, db):
    return copy.deepcopy(kept_version)


@pytest.fixture
def stored(version):
    """Return where its file lies; it is put back afterwards."""
    path = Path(storages[storage.SUBMISSIONS].path(version.predictions.key))
    content = path.read_bytes()
    yield path
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def test_everything_holds_after_a_walk_through_the_house(version):
    output = io.StringIO()

    call_command("check_invariants", stdout=output)

    lines = output.getvalue().splitlines()
    count = len(list(maintenance.invariants))
    assert lines[-1] == f"{count} promises hold."
    assert all(line.startswith("holds") for line in lines[:-1])


def test_check_invariants_ends_with_an_error_and_names_the_breach(version):
    lose(MetricScore.objects.all())
    output = io.StringIO()

    with pytest.raises(CommandError, match="breach"):
        call_command("check_invariants", "values", stdout=output)

    code = version.evaluations.get().code
    assert f"Evaluation {code} has succeeded without a value." in output.getvalue()


def test_a_changed_file_is_noticed(version, stored):
    stored.chmod(0o600)
    stored.write_text("id,animal\n")

    assert violations("files") == [f"{version.reference}: the file predictions has changed."]


def test_a_missing_file_is_noticed(version, stored):
    stored.unlink()

    assert violations("files") == [f"{version.reference}: the file predictions is missing."]


def test_a_changed_receipt_is_noticed(version):
    Receipt.objects.update(payload={**version.receipt.payload, "team": "T-OTHER"})

    assert violations("receipts") == [
        f"The signature of the receipt {version.reference} does not fit."
    ]


def test_a_receipt_that_does_not_fit_its_version_is_noticed(version):
    file = version.predictions
    type(file).objects.filter(pk=file.pk).update(sha256="0" * 64)

    assert violations("receipts") == [
        f"The receipt {version.reference} does not say what is stored."
    ]


def test_a_version_without_receipt_is_noticed(version):
    lose(Receipt.objects.all())

    assert violations("acknowledged") == [f"{version.reference} was handed in without a receipt."]


def test_a_charged_fault_is_noticed(version):
    evaluation = version.evaluations.get()
    lose(evaluation.scores.all())
    Evaluation.objects.update(state=S.FAILED)

    assert violations("faults") == [
        f"Evaluation {evaluation.code} ended in a fault, and its version costs a try all the same."
    ]


def test_a_benchmark_that_expects_other_ids_is_noticed(version):
    benchmark = version.entry.challenge.benchmark
    type(benchmark).objects.update(expected_ids=["x"])

    assert violations("labels") == [
        f"The benchmark of {version.entry.challenge.code} expects other ids than it has."
    ]


def test_a_benchmark_that_was_changed_without_a_version_is_noticed(version):
    benchmark = version.entry.challenge.benchmark
    type(benchmark).objects.update(id_column="key")

    code = version.entry.challenge.code
    assert violations("versions") == [f"The benchmark of {code} differs from its newest version."]
    type(benchmark).objects.update(version=7)
    assert violations("versions") == [f"The version 7 of {code} is not kept."]


def test_a_board_that_was_not_renewed_is_noticed_after_a_while(version):
    Evaluation.objects.update(finished_at=clock.now() + dt.timedelta(minutes=10))
    version.evaluations.get().scores.filter(split="public").update(value=0.1)

    late, changed = violations("boards")

    assert late.endswith("was not renewed although its inputs have changed.")
    assert changed.endswith("rests on values that are not what they were.")


def test_a_planted_event_is_noticed(version):
    assert violations("audit_chain") == []

    factories.break_audit()

    (sentence,) = violations("audit_chain")
    assert sentence.startswith("The audit chain is broken at event ")
