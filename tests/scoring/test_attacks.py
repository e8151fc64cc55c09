"""What somebody can learn who hands in files only to learn something (security TH on probing).

What a team sees of an evaluation may depend on the public rows alone, by no more than what is
published, and never on how right it was: neither by a text nor by the work that is done. The child
process is asked in this process here; that it answers the same is proven by `test_isolation`.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import sys
from collections import Counter
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from scoring import evaluator
from scoring.actions.leaderboard import refresh
from scoring.compute.evaluate import evaluate
from scoring.compute.ladder import ladder
from scoring.compute.metrics import get_metric, metrics_for
from scoring.compute.predictions import read_predictions
from scoring.compute.schema import PredictionFormat, PredictionKind, PredictionTable, Split
from scoring.compute.split import stratified_split
from scoring.compute.truth import Truth, build_truth
from scoring.evaluator import place_of
from scoring.models import MetricScore
from scoring.protocol import Answer, Question, StoredAs
from scoring.states import BoardKind
from tests import factories
from tests.hostile.corpus import SMALL, Hostile, corpus

K = PredictionKind
CASES = 60  # half of them public
IDS = tuple(f"r{at:03}" for at in range(CASES))
SPLITS = tuple("public" if at % 2 else "private" for at in range(CASES))
LABELS = ("ape", "bee", "cat")
DIGITS = 4
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
CODE_POINT = re.compile(r"\[U\+[0-9A-F]+\]")  # what the reader shows for a character that is none
FORMATS = {
    kind: PredictionFormat(
        id_column="id",
        target_column="y",
        kind=kind,
        labels=LABELS if kind in {K.LABEL, K.DISTRIBUTION, K.LABELS, K.RANKING} else (),
    )
    for kind in K
}
# Numbers that no file and no page has by chance.
SECRETS = tuple(f"{7919 * (at + 1) % 9973}.{at:03}61803" for at in range(CASES))


def dice(seed: int | str) -> Random:
    """Return chance that is the same each time."""
    return Random(seed)  # noqa: S311  (no secret)


def truth_cells(kind: PredictionKind) -> list[str]:
    chance = dice(f"truth of {kind}")
    if kind is K.NUMBER:
        return list(SECRETS)
    if kind is K.PROBABILITY:
        return [str(chance.randint(0, 1)) for _ in IDS]
    return [chance.choice(LABELS) for _ in IDS]


def guess(kind: PredictionKind, chance: Random) -> tuple[str, ...]:
    """Return the cells of one row, as nobody knows better."""
    if kind is K.NUMBER:
        return (f"{chance.uniform(0, 9999):.3f}",)
    if kind is K.PROBABILITY:
        return (f"{chance.uniform(0.05, 0.95):.3f}",)
    if kind is K.DISTRIBUTION:
        first = chance.uniform(0.1, 0.6)
        return (f"{first:.4f}", f"{0.8 - first:.4f}", "0.2000")
    if kind is K.RANKING:
        return ("|".join(chance.sample(LABELS, 2)),)
    return (chance.choice(LABELS),)


def csv_of(kind: PredictionKind, rows: list[tuple[str, ...]]) -> bytes:
    lines = [",".join(FORMATS[kind].columns)]
    lines += [",".join((name, *cells)) for name, cells in zip(IDS, rows, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def stored(alias: str, content: bytes) -> StoredAs:
    digest = hashlib.sha256(content).hexdigest()
    path = Path(settings.DATA_DIR) / "files" / alias / "attack" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return StoredAs(key=f"attack/{digest}", sha256=digest)


def question(kind: PredictionKind, predictions: bytes, truth: list[str] | None = None) -> Question:
    lines = zip(IDS, truth or truth_cells(kind), SPLITS, strict=True)
    content = "id,target,split\n" + "".join(",".join(line) + "\n" for line in lines)
    return Question(
        predictions=stored("submissions", predictions),
        truth=stored("ground_truth", content.encode()),
        format=FORMATS[kind],
        metrics=tuple(metric.key for metric in metrics_for(kind)),
        seed=1,
        size_limit=1_000_000,
        memory_limit=1_500_000_000,
        cpu_limit=20,
    )


def seen_by_team(answer: Answer) -> str:
    """Return all of an answer that a team may be shown before the results."""
    content = json.loads(answer.to_json())
    for part in ("values", "groups", "details"):
        content[part] = [row for row in content[part] if row["split"] == Split.PUBLIC.value]
    return json.dumps(content)


# ---- the hidden rows tell nothing ------------------------------------------------------------
@pytest.mark.parametrize("kind", K)
def test_what_a_team_sees_does_not_depend_on_the_hidden_rows(kind: PredictionKind) -> None:
    chance = dice(kind.value)
    rows = [guess(kind, chance) for _ in IDS]
    other = [
        row if split == "public" else guess(kind, chance)
        for row, split in zip(rows, SPLITS, strict=True)
    ]

    first, second = (
        evaluator.evaluate(question(kind, csv_of(kind, lines))) for lines in (rows, other)
    )

    assert rows != other
    assert first != second  # the hidden values differ
    assert seen_by_team(first) == seen_by_team(second)


@pytest.fixture(scope="module")
def truth() -> Truth:
    table = PredictionTable(
        ids=IDS, values=tuple(truth_cells(K.PROBABILITY)), texts={"split": SPLITS}
    )
    return build_truth(table, FORMATS[K.PROBABILITY], split_column="split")


def loss(truth: Truth, shares: list[float]) -> dict[Split, float]:
    """Return the log loss of both parts, as it is published."""
    table = PredictionTable(ids=IDS, values=tuple(shares))
    found = evaluate(table, truth, [get_metric("log_loss")], seed=None)
    return {value.split: round(value.value or 0, DIGITS) for value in found.values}


def test_climbing_the_public_board_gains_nothing_on_the_hidden_rows(truth: Truth) -> None:
    """Try each row both ways and keep what the board rewards: it is the public rows alone."""
    shares = [0.5] * CASES
    start = loss(truth, shares)
    best = start[Split.PUBLIC]
    for at in range(CASES):
        for wanted in (0.99, 0.01):
            tried = [*shares[:at], wanted, *shares[at + 1 :]]
            value = loss(truth, tried)[Split.PUBLIC]
            if value < best:
                shares, best = tried, value
    end = loss(truth, shares)

    assert end[Split.PUBLIC] < 0.02 < start[Split.PUBLIC]  # the climber has learned the public rows
    assert abs(end[Split.PRIVATE] - start[Split.PRIVATE]) < 10**-DIGITS


def test_behind_a_step_the_climber_sees_nothing_move(truth: Truth) -> None:
    """One row moves the value by less than the step, so no try of a row is ever rewarded."""
    step = Decimal("0.15")  # -ln 0.01 + ln 0.5 over 30 public rows is 0.13
    shares = [0.5] * CASES
    tried = [loss(truth, shares)[Split.PUBLIC]]
    for at in range(CASES):
        for wanted in (0.99, 0.01):
            probe = [*shares[:at], wanted, *shares[at + 1 :]]
            tried.append(loss(truth, probe)[Split.PUBLIC])

    shown = ladder(tried, step=step, higher_is_better=False)

    assert len(set(tried)) > 2  # the values themselves would tell
    assert {rung.score for rung in shown if rung is not None} == {Decimal("0.75")}


def test_reading_labels_out_of_one_value_ends_at_the_published_digits(truth: Truth) -> None:
    """Weigh rows by powers of two so that their sum names each label (Whitehill 2017).

    With every digit of the value all labels of a dozen rows can be read; with the published ones
    no more than the digits hold.
    """
    metric = get_metric("log_loss")
    known = {name: int(label) for name, label in zip(IDS, truth_cells(K.PROBABILITY), strict=True)}
    public = [name for name, split in zip(IDS, SPLITS, strict=True) if split == "public"]
    asked = public[:12]
    weights = {name: 2.0**place * 2e-4 for place, name in enumerate(asked)}
    # ln(p / (1 - p)) is the weight: the loss falls by it where the label is 1.
    shares = [1 / (1 + math.exp(-weights[name])) if name in weights else 0.5 for name in IDS]
    table = PredictionTable(ids=IDS, values=tuple(shares))
    exact = next(
        value.value or 0
        for value in evaluate(table, truth, [metric], seed=None).values
        if value.split is Split.PUBLIC
    )
    no_ones = sum(
        -math.log(1 - share)
        for share, split in zip(shares, SPLITS, strict=True)
        if split == "public"
    )

    def read(value: float) -> list[int]:
        sums = round((no_ones - value * len(public)) / 2e-4)
        return [sums >> place & 1 for place in range(len(asked))]

    right = [known[name] for name in asked]
    assert read(exact) == right
    assert read(round(exact, DIGITS)) != right


@pytest.mark.django_db
def test_no_page_of_a_team_changes_by_a_hidden_value(sign_in, monkeypatch):
    challenge = factories.measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    for number, hidden in enumerate((0.4, 0.6)):
        submission = factories.handed_in_predictions(entry, *factories.predictions(wrong=number))
        evaluation = factories.scored(submission, public=0.5, private=hidden)
    refresh(challenge, BoardKind.PUBLIC)
    client = sign_in(factories.team_member(entry.team))
    board = [challenge.competition.slug, challenge.code]
    paths = [
        reverse("scoring:evaluation-show", args=[evaluation.code]),
        reverse("submissions:submission-show", args=[submission.code]),
        reverse("submissions:team-show", args=[entry.team.code]),
        reverse("scoring:leaderboard-show", args=board),
        reverse("scoring:leaderboard-csv", args=board),
        reverse("scoring:leaderboard-json", args=board),
        reverse("scoring:leaderboard-history", args=board),
    ]

    # Pages tell how much time is left, and only a demo may stop the clock.
    monkeypatch.setattr(settings, "DEMO", True)
    with clock.simulated(clock.now()):
        before = [client.get(path) for path in paths]
        MetricScore.objects.filter(split=Split.PRIVATE).update(value=0.123456, low=0.1, high=0.2)
        refresh(challenge, BoardKind.PUBLIC)
        refresh(challenge, BoardKind.PRIVATE)
        after = [client.get(path) for path in paths]

    assert [answer.status_code for answer in before] == [200] * len(paths)
    for path, old, new in zip(paths, before, after, strict=True):
        assert TOKEN.sub(b"", old.content) == TOKEN.sub(b"", new.content), path
        assert old.get("ETag") == new.get("ETag")


# ---- probes that are no predictions ----------------------------------------------------------
PROBES = {
    "one row": lambda rows: rows[:1],
    "all but one row": lambda rows: rows[:-1],
    "the rows twice": lambda rows: rows + rows,
    "one row, again and again": lambda rows: rows[:1] * len(rows),
}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("kind", K)
def test_a_file_of_other_rows_is_refused_without_a_value(kind: PredictionKind, probe: str) -> None:
    lines = csv_of(kind, [guess(kind, dice(1)) for _ in IDS]).splitlines()
    content = b"\n".join([lines[0], *PROBES[probe](lines[1:])])

    answer = evaluator.evaluate(question(kind, content))

    assert not answer.check.ok
    assert (answer.values, answer.groups, answer.details) == ((), (), ())


@pytest.mark.parametrize("cell", ["nan", "NaN", "", "inf", "-inf", "1e400", "NA", "null", "None"])
@pytest.mark.parametrize("kind", [K.NUMBER, K.PROBABILITY, K.DISTRIBUTION])
def test_a_value_that_is_none_is_refused_wherever_it_stands(
    kind: PredictionKind, cell: str
) -> None:
    rows = [guess(kind, dice(1)) for _ in IDS]
    rows[7] = (cell, *rows[7][1:])

    answer = evaluator.evaluate(question(kind, csv_of(kind, rows)))

    assert [problem.lines for problem in answer.check.errors] == [(9,)]
    assert answer.values == ()


# ---- neither work nor length tells how right a file is ---------------------------------------
def calls_of(asked: Question) -> Counter[str]:
    """Return how often each function is called while a file is evaluated."""
    found: Counter[str] = Counter()

    def count(frame: object, event: str, argument: object) -> None:
        if event == "call":
            code = frame.f_code  # type: ignore[attr-defined]
            if "/scoring/" in code.co_filename:
                found[f"{Path(code.co_filename).name} {code.co_qualname}"] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        evaluator.evaluate(asked)
    finally:
        sys.setprofile(before)
    return found


@pytest.mark.parametrize("kind", [K.LABEL, K.NUMBER, K.PROBABILITY])
def test_the_same_work_is_done_for_right_and_wrong_files(kind: PredictionKind) -> None:
    """Counted in steps, as a clock shows its own noise: they differ by less than one in twenty."""
    cells = truth_cells(kind)
    turned = cells[1:] + cells[:1]
    # Both hold the same values, at the right rows and at others.
    files = [csv_of(kind, [(cell,) for cell in column]) for column in (cells, turned)]
    asked = [question(kind, file) for file in files]
    evaluator.evaluate(asked[0])  # whatever is done once only

    right, wrong = map(calls_of, asked)

    assert sum(right.values()) > 200
    assert (right - wrong).total() + (wrong - right).total() < right.total() / 20


@pytest.mark.parametrize("kind", K)
def test_an_answer_has_the_same_fields_however_right_it_is(kind: PredictionKind) -> None:
    cells = truth_cells(kind)
    if kind is K.DISTRIBUTION:
        best = [tuple(f"{float(label == cell):.4f}" for label in LABELS) for cell in cells]
    else:
        best = [(cell,) for cell in cells]
    chance = dice(5)

    right, wrong = (
        evaluator.evaluate(question(kind, csv_of(kind, rows)))
        for rows in (best, [guess(kind, chance) for _ in IDS])
    )

    def fields(answer: Answer) -> list[tuple[object, ...]]:
        return [(v.metric, v.split, v.rows) for v in answer.values]

    assert fields(right) == fields(wrong)
    assert asdict(right.check) | {"table": None} == asdict(wrong.check) | {"table": None}


# ---- no text holds a label -------------------------------------------------------------------
@pytest.mark.parametrize("hostile", corpus()[: len(SMALL)], ids=lambda hostile: hostile.name)
def test_no_report_quotes_the_truth(hostile: Hostile) -> None:
    answer = evaluator.evaluate(question(K.NUMBER, hostile.make()))

    assert not any(secret in answer.to_json() for secret in SECRETS)


@given(st.lists(st.sampled_from(["r001", "r002", "x", "", "ape", "0.5", ",", ";", '"', "\n"])))
def test_whatever_is_handed_in_gets_back_its_own_texts_only(parts: list[str]) -> None:
    upload = "id,y\n" + "".join(parts)
    check = read_predictions(io.BytesIO(upload.encode()), FORMATS[K.NUMBER], expected_ids=IDS)
    quoted = {text for problem in check.problems for text in (problem.value or "", *problem.values)}

    words = {
        word for text in quoted for word in re.findall(r"[a-z0-9.]+", CODE_POINT.sub(" ", text))
    }
    assert all(word in upload for word in words - set(IDS))


def test_a_fault_is_told_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ValueError(f"cannot compare {SECRETS[0]} with ape")

    monkeypatch.setattr("scoring.compute.evaluate.evaluate", fail)
    rows = [guess(K.NUMBER, dice(1)) for _ in IDS]
    with pytest.raises(ValueError, match="cannot compare") as caught:
        evaluator.evaluate(question(K.NUMBER, csv_of(K.NUMBER, rows)))

    told = place_of(caught.value)

    assert "ValueError" in told
    assert SECRETS[0] not in told
    assert "cannot compare" not in told


def test_which_rows_are_public_follows_from_a_secret_alone() -> None:
    """Not from their order or labels: who knows the rule must not know the public rows."""
    labels = [LABELS[at % 3] for at in range(900)]

    first, second = (stratified_split(labels, share=0.5, seed=seed) for seed in (1, 2))

    agree = np.mean([a is b for a, b in zip(first, second, strict=True)])
    assert 0.4 < agree < 0.6
