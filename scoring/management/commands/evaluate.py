"""Measure a file of predictions against a file of the truth, without any competition."""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

if TYPE_CHECKING:
    from scoring.compute.comparison import Compared, Comparison, ComparisonError
    from scoring.compute.metrics import Metric
    from scoring.compute.schema import GroupValue, MetricValue, Problem

WRONG_USE = 2  # exit code: a file cannot be read, or an option is wrong
UNUSABLE = 3  # exit code: the files were read and cannot be used
SHOWN_DIGITS = 6

# Why there is no value, and why a truth cannot be used.
REASONS = {
    "class_missing": "the truth lacks a class",
    "constant": "the truth is the same everywhere",
    "group_too_small": "too few cases: a value could tell about a single one",
    "no_cases": "no cases",
    "not_finite": "not a finite number",
    "one_class": "the truth holds a single class",
    "zero_truth": "a true value is 0",
}
TRUTH = {
    "no_target": "The truth has not exactly one column besides ids, group and split: --target.",
    "no_labels": "There are no labels: neither as values of the truth nor as columns p_<label>.",
    "too_many_labels": "The target holds too many different labels for these metrics.",
    "names": "Columns and labels need names of their own; a label of a list holds no bar.",
    "no_relevant": "The truth has a row without any relevant item.",
    "unknown_split": "The column of --split holds something else than public and private.",
    "empty_split": "The column of --split needs both, public and private.",
    "unknown_label": "The truth has a label that is not declared.",
}


class Command(BaseCommand):
    """Read both files strictly, compute, print; touches no database and writes nothing."""

    help = (
        "Measure predictions against a truth with the reader and the metrics of the platform. "
        "Example: manage.py evaluate predictions.csv --truth truth.csv --metric f1_macro --json. "
        "The metrics say what a prediction is; manage.py metrics lists them."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, metrics, columns and the form of the answer."""
        parser.add_argument("predictions", metavar="PREDICTIONS.csv")
        parser.add_argument("--truth", metavar="TRUTH.csv", required=True)
        parser.add_argument(
            "--metric",
            metavar="NAME",
            action="append",
            required=True,
            help="such as accuracy or ndcg@10; may be repeated",
        )
        parser.add_argument("--id-column", metavar="COLUMN", default="id")
        parser.add_argument(
            "--target", metavar="COLUMN", help="if the truth has more than one other column"
        )
        parser.add_argument(
            "--group",
            metavar="COLUMN",
            action="append",
            default=[],
            help="of the truth: values for each group; may be repeated",
        )
        parser.add_argument(
            "--split", metavar="COLUMN", help="of the truth: public and private, measured apart"
        )
        parser.add_argument(
            "--labels",
            metavar="A|B|C",
            help="all labels in their order; without it those of the truth",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute and print; notes go to standard error."""
        from scoring import problems  # noqa: PLC0415  (with the others)
        from scoring.compute.comparison import (  # noqa: PLC0415  (heavy)
            SEED,
            ComparisonError,
            compare,
        )
        from scoring.validators import reader_limits  # noqa: PLC0415  (with the others)

        wanted = _wanted(options)
        predictions, truth = _read(options["predictions"]), _read(options["truth"])
        with translation.override("en"):
            try:
                compared = compare(predictions, truth, wanted, limits=reader_limits())
            except ComparisonError as error:
                lines = _refusal(error, shows_labels=wanted.labels is not None)
                raise CommandError("\n".join(lines), returncode=UNUSABLE) from None
            notes = [problems.title(note) for note in compared.notes]
        if options["as_json"]:
            answer = {
                "kind": wanted.kind.value,
                "id_column": wanted.id_column,
                "target": compared.format.target_column,
                "inputs": {
                    "predictions_sha256": hashlib.sha256(predictions).hexdigest(),
                    "truth_sha256": hashlib.sha256(truth).hexdigest(),
                },
                "seed": SEED,
                "notes": notes,
                "rows": compared.result.n,
                "values": [_value_data(value) for value in compared.result.values],
                "groups": [
                    {"column": value.column, "group": value.group, **_value_data(value)}
                    for value in compared.result.groups
                ],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
            return
        for note in notes:
            self.stderr.write(note)
        self.stdout.write("\n".join(_table(compared)))


def _wanted(options: dict[str, Any]) -> Comparison:
    from scoring.compute.comparison import Comparison  # noqa: PLC0415  (heavy)

    labels = options["labels"]
    try:
        return Comparison(
            metrics=tuple(_metric(key) for key in dict.fromkeys(options["metric"])),
            id_column=options["id_column"],
            target=options["target"],
            groups=tuple(dict.fromkeys(options["group"])),
            split=options["split"],
            labels=None if labels is None else tuple(dict.fromkeys(labels.split("|"))),
        )
    except ValueError as error:
        raise CommandError(str(error), returncode=WRONG_USE) from None


def _metric(key: str) -> Metric:
    from scoring.compute.metrics import (  # noqa: PLC0415  (heavy)
        FAMILIES,
        METRICS,
        UnknownMetric,
        get_metric,
    )

    try:
        return get_metric(key)
    except UnknownMetric:
        known = [*METRICS, *(f"{name}@…" for name in FAMILIES)]
        close = difflib.get_close_matches(key[:40], known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        text = f"--metric {key[:40]}: no such metric; manage.py metrics lists them.{meant}"
        raise CommandError(text, returncode=WRONG_USE) from None


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        text = f"{name} cannot be read: {error.strerror}."
        raise CommandError(text, returncode=WRONG_USE) from error


def _refusal(error: ComparisonError, *, shows_labels: bool) -> list[str]:
    """Return a line for each problem: of the truth the place only, never what stands there."""
    from scoring import problems  # noqa: PLC0415  (with the others)
    from scoring.compute.schema import ProblemKey  # noqa: PLC0415  (with the others)

    if error.code == "truth":
        rules = dict(problems.RULES)
        return [
            f"Truth, {_place(found)}{found.code} {rules[found.code]}" for found in error.problems
        ]
    if error.code != "predictions":
        return [TRUTH.get(error.code, "The truth cannot be used.")]
    lines = []
    for found in error.problems:
        if found.key is ProblemKey.LABEL_UNKNOWN and not shows_labels:
            # The labels come from the truth, so they are not named here.
            lines.append(f"{_place(found)}{found.code} {problems.title(found)}")
            continue
        words = f"{problems.sentence(found)} {problems.advice(found)}".strip()
        lines.append(f"{found.code} {words}")
    return lines


def _place(problem: Problem) -> str:
    if not problem.lines:
        return ""
    column = f", column {problem.column}" if problem.column else ""
    more = f" and {problem.total - 1} more" if problem.total > 1 else ""
    return f"line {problem.lines[0]}{more}{column}: "


def _value_data(value: MetricValue | GroupValue) -> dict[str, Any]:
    interval = value.interval
    return {
        "metric": value.metric,
        "split": value.split.value,
        "rows": value.n,
        "value": value.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "interval": interval.method if interval else None,
        "error": value.error,
    }


def _table(compared: Compared) -> list[str]:
    """Return aligned lines: first the whole parts, then the groups."""
    head = ["metric", "part", "group", "rows", "value", "95 % from", "to"]
    lines = [head, *(_cells(value, "–") for value in compared.result.values)]
    lines += [
        _cells(own, f"{own.column}: {own.group or '(small groups)'}")
        for own in compared.result.groups
    ]
    width = [max(len(line[at]) for line in lines) for at in range(len(head))]
    texts = (0, 1, 2)
    return [
        "  ".join(
            cell.ljust(width[at]) if at in texts else cell.rjust(width[at])
            for at, cell in enumerate(line)
        ).rstrip()
        for line in lines
    ]


def _cells(value: MetricValue | GroupValue, group: str) -> list[str]:
    figures = ["–", "–", "–"]
    if value.value is None:
        figures[0] = REASONS.get(value.error or "", value.error or "")
    else:
        figures[0] = f"{value.value:.{SHOWN_DIGITS}g}"
        if value.interval is not None:
            figures[1:] = [
                f"{end:.{SHOWN_DIGITS}g}" for end in (value.interval.low, value.interval.high)
            ]
    return [value.metric, value.split.value, group, str(value.n), *figures]
