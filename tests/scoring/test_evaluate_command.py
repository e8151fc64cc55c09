"""`manage.py evaluate`: two files, the strict reader, the metrics, no database."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

TRUTH = "id,kind,region,part\n" + "".join(
    f"{at},{'cat' if at % 3 else 'dog'},{'north' if at < 12 else 'south'},"
    f"{'public' if at % 2 else 'private'}\n"
    for at in range(24)
)
PREDICTIONS = "id,kind\n" + "".join(f"{at},cat\n" for at in reversed(range(24)))


@pytest.fixture
def evaluate(tmp_path: Path):
    def run(predictions: str | bytes, truth: str | bytes, *options: str) -> str:
        for name, content in (("p.csv", predictions), ("t.csv", truth)):
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        out = io.StringIO()
        files = (str(tmp_path / "p.csv"), "--truth", str(tmp_path / "t.csv"))
        call_command("evaluate", *files, *options, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return run


@pytest.fixture
def refusal(evaluate):
    def run(predictions: str | bytes, truth: str | bytes, *options: str) -> tuple[int, str]:
        with pytest.raises(CommandError) as raised:
            evaluate(predictions, truth, *options)
        return raised.value.returncode, str(raised.value)

    return run


def values_of(answer: str) -> dict[tuple[str, str], object]:
    return {(v["metric"], v["split"]): v["value"] for v in json.loads(answer)["values"]}


def test_answer_has_every_metric_on_every_part_and_group(evaluate) -> None:
    options = ("--metric=accuracy", "--metric=f1_of@dog", "--target=kind", "--split=part")

    answer = json.loads(
        evaluate(PREDICTIONS, TRUTH, *options, "--group=region", "--json", "--metric=accuracy")
    )

    assert [(v["metric"], v["split"], v["rows"], v["value"]) for v in answer["values"]] == [
        ("accuracy", "public", 12, pytest.approx(2 / 3)),
        ("f1_of@dog", "public", 12, 0.0),
        ("accuracy", "private", 12, pytest.approx(2 / 3)),
        ("f1_of@dog", "private", 12, 0.0),
    ]
    # Six rows of a region are too few, so both regions are one group.
    assert [(g["column"], g["group"], g["rows"], g["value"]) for g in answer["groups"][:2]] == [
        ("region", None, 12, pytest.approx(2 / 3)),
        ("region", None, 12, 0.0),
    ]
    assert (answer["kind"], answer["target"], answer["rows"], answer["notes"]) == (
        "label",
        "kind",
        24,
        [],
    )


def test_table_for_people_names_part_and_group(evaluate) -> None:
    lines = evaluate(
        PREDICTIONS,
        TRUTH,
        *("--metric=accuracy", "--target=kind", "--group=region", "--group=part"),
    ).splitlines()

    assert [re.split(" {2,}", line)[:4] for line in lines] == [
        ["metric", "part", "group", "rows"],
        ["accuracy", "all", "–", "24"],
        ["accuracy", "all", "region: north", "12"],
        ["accuracy", "all", "region: south", "12"],
        ["accuracy", "all", "part: private", "12"],
        ["accuracy", "all", "part: public", "12"],
    ]


@pytest.mark.parametrize(
    ("metric", "truth", "predictions", "value"),
    [
        ("mae", "id,y\na,1\nb,2\n", "id;y\nb;2,5\na;1,0\n", 0.25),
        ("quantile_loss@0.9", "id,y\na,10\n", "id,y\na,0\n", 9.0),
        ("roc_auc", "id,y\na,1\nb,0\n", "id,y\nb,0.2\na,0.6\n", 1.0),
        ("top_accuracy@1", "id,y\na,x\nb,z\n", "id,p_z,p_x\nb,0.2,0.8\na,0.3,0.7\n", 0.5),
        ("labels_jaccard", "id,y\na,x|z\nb,\n", "id,y\nb,\na,z\n", 0.75),
        ("mrr", "id,y\na,x\nb,z\n", "id,y\nb,q|z\na,x\n", 0.75),
        ("map@3", "id,y\na,x|z\n", "id,y\na,x|q|z\n", pytest.approx(5 / 6)),
        ("kappa_quadratic", "id,y\na,1\nb,10\nc,9\n", "id,y\na,1\nb,10\nc,9\n", 1.0),
    ],
)
def test_every_kind_of_prediction_has_its_form(
    evaluate, metric: str, truth: str, predictions: str, value: float
) -> None:
    answer = evaluate(predictions, truth, "--metric", metric, "--json")

    assert values_of(answer) == {(metric, "all"): value}


def test_declared_labels_give_the_order(evaluate) -> None:
    truth, predictions = "id,y\na,low\nb,mid\nc,high\n", "id,y\na,mid\nb,mid\nc,mid\n"

    ordered = evaluate(
        predictions, truth, "--metric=kappa_quadratic", "--labels=low|mid|high", "--json"
    )
    close = "id,y\na,mid\nb,mid\nc,high\n"
    better = evaluate(close, truth, "--metric=kappa_quadratic", "--labels=low|mid|high", "--json")
    by_letter = evaluate(close, truth, "--metric=kappa_quadratic", "--json")

    key = ("kappa_quadratic", "all")
    assert values_of(ordered)[key] == 0
    assert values_of(better)[key] == pytest.approx(2 / 3)
    assert values_of(by_letter)[key] == pytest.approx(0.8)


def test_metric_without_a_value_says_why(evaluate) -> None:
    truth, predictions = "id,y\na,1\nb,1\n", "id,y\nb,0.2\na,0.6\n"

    answer = json.loads(evaluate(predictions, truth, "--metric=roc_auc", "--json"))

    assert [(v["value"], v["error"]) for v in answer["values"]] == [(None, "one_class")]
    assert "the truth holds a single class" in evaluate(predictions, truth, "--metric=roc_auc")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--metric=acuracy"], "Did you mean accuracy?"),
        (["--metric=ndcg@0"], "no such metric"),
        (["--metric=accuracy", "--metric=mae"], "one kind of predictions"),
        (["--metric=accuracy", "--group=id"], "a part of its own"),
        (["--metric=accuracy", "--target="], "a part of its own"),
    ],
)
def test_wrong_use_ends_with_2(refusal, options: list[str], sentence: str) -> None:
    code, text = refusal("id,y\na,x\n", "id,y\na,x\n", *options)

    assert code == 2
    assert sentence in text


def test_file_that_is_not_there_ends_with_2() -> None:
    with pytest.raises(CommandError) as raised:
        call_command("evaluate", "nowhere.csv", "--truth=nowhere.csv", "--metric=mae")

    assert raised.value.returncode == 2


@pytest.mark.parametrize(
    ("predictions", "truth", "metric", "sentence"),
    [
        ("id,y\na,x\n", "id,y,z\na,x,1\n", "accuracy", "--target"),
        ("id,y\na,x\n", b"PK\x03\x04", "accuracy", "--target"),
        ("id,y\na,x\n", "id,y\na,1\na,2\n", "mae", "Truth, line 3, column id: E07"),
        ("id,y\na,1\n", "id,y\na,1\nb,2\n", "mae", "E05 1 id is missing."),
        ("id,y\na,1,5\n", "id,y\na,1\n", "mae", "E02"),
        ("id,p_x\na,0.5\n", "id,y\na,x\n", "log_loss_classes", "E17"),
        ("id,y\na,0.5\n", "id,y\na,x\n", "log_loss_classes", "no labels"),
        ("id,y\na,x\n", "id,y\na,\n", "mrr", "Truth, line 2, column y: E08"),
        ("id,y\na,x\n", "id,y\na,x |z\n", "mrr", "Truth, line 2, column y: E16"),
        (b"\xff\xfei\x00d\x00", "id,y\na,1\n", "mae", "E01"),
    ],
)
def test_files_that_cannot_be_used_end_with_3(
    refusal, predictions: str | bytes, truth: str | bytes, metric: str, sentence: str
) -> None:
    code, text = refusal(predictions, truth, "--metric", metric)

    assert code == 3
    assert sentence in text


def test_no_refusal_names_a_label_of_the_truth(refusal) -> None:
    truth = "id,y\na,marmot\nb,badger\n"

    _, of_label = refusal("id,y\na,marmott\nb,x\n", truth, "--metric=accuracy")
    _, of_truth = refusal("id,y\na,1\nb,2\n", truth, "--metric=mae")

    assert "“marmott” is unknown" in of_label
    for text in (of_label.replace("marmott", ""), of_truth):
        assert "marmot" not in text
        assert "badger" not in text
