"""Reads about a benchmark: its checks before the publication, and what is frozen of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from competition.extensions import CheckResult
from core import storage
from core.display import number_words
from core.tables import plain_csv
from scoring.compute.exact import round_half_up
from scoring.compute.schema import Split
from scoring.formats import benchmark_format, sample_table
from scoring.models import Benchmark, GroundTruth
from scoring.queries.metrics import MetricCard, metric_card
from scoring.validators import file_report

if TYPE_CHECKING:
    from competition.models import Challenge, Resource

# Larger files of a data package are no task files, and too long to read for a check list.
TASK_FILE_BYTES: Final = 20_000_000


def of_challenge(challenge: Challenge) -> Benchmark | None:
    """Return the benchmark of a problem statement, remembered on the instance."""
    benchmark: Benchmark | None = getattr(challenge, "benchmark", None)
    if benchmark is not None:
        prefetch_related_objects([benchmark], "truths")
    return benchmark


def edit_url(challenge: Challenge) -> str:
    """Return the form of the benchmark."""
    return reverse("scoring:benchmark-edit", args=[challenge.code])


def sample_rows(benchmark: Benchmark) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows of a prediction file that passes the check and predicts nothing."""
    return sample_table(benchmark_format(benchmark), benchmark.expected_ids)


# ---- before the publication --------------------------------------------------------------------
def is_ready(challenge: Challenge) -> CheckResult:
    """Check that labels are there, that metrics are defined on both parts, and the sample file."""
    label = _("Benchmark for prediction files")
    if not challenge.wants_predictions:
        return CheckResult(passed=True, label=label, detail=_("No prediction file is asked for."))
    benchmark = of_challenge(challenge)
    truth = benchmark.truth if benchmark else None
    url = edit_url(challenge)
    if benchmark is None or truth is None:
        detail = _("The file with the correct answers is missing.")
        return CheckResult(passed=False, label=label, detail=detail, url=url)
    undefined = truth.facts.get("undefined", {})
    if any(metric in undefined for metric in benchmark.metrics):
        detail = _("A metric is not defined on both parts of the rows.")
        return CheckResult(passed=False, label=label, detail=detail, url=url)
    if sentences := _sample_problems(benchmark):
        return CheckResult(passed=False, label=label, detail=" ".join(sentences), url=url)
    return CheckResult(passed=True, label=label, detail=_ready_words(truth))


def _ready_words(truth: GroundTruth) -> str:
    return _(
        "%(rows)s rows, %(public)s of them public, each in exactly one part. The sample file "
        "passes the check, and the metrics are defined on both parts."
    ) % {"rows": number_words(truth.rows), "public": number_words(truth.public_rows)}


def _sample_problems(benchmark: Benchmark) -> list[str]:
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (heavy)

    check = read_predictions(
        io.BytesIO(plain_csv(*sample_rows(benchmark)).encode()),
        benchmark_format(benchmark),
        expected_ids=benchmark.expected_ids,
    )
    return [str(problem.title) for problem in file_report(check).problems]


@dataclass(frozen=True, slots=True)
class ConstantRow:
    """What the best constant prediction earns by one metric, with the digits that are published."""

    card: MetricCard
    public: str
    private: str


def constant_values(benchmark: Benchmark) -> list[ConstantRow]:
    """Return what is reached without looking at a case; empty for labels stored before it was."""
    truth = benchmark.truth
    constant = truth.facts.get("constant", {}) if truth is not None else {}

    def figure(card: MetricCard, part: Split) -> str:
        value = constant[card.key].get(part.value)
        return card.figure(None if value is None else round_half_up(value, benchmark.digits))

    return [
        ConstantRow(card, figure(card, Split.PUBLIC), figure(card, Split.PRIVATE))
        for card in (metric_card(key) for key in benchmark.metrics)
        if card.key in constant
    ]


def baseline_scores(challenge: Challenge) -> CheckResult:
    """Check that a file which predicts the same everywhere has a value, as a first baseline."""
    label = _("A constant prediction can be measured")
    benchmark = of_challenge(challenge) if challenge.wants_predictions else None
    if benchmark is None or benchmark.truth is None:
        detail = _("No prediction file is asked for.") if not challenge.wants_predictions else ""
        return CheckResult(passed=not challenge.wants_predictions, label=label, detail=detail)
    rows = constant_values(benchmark)
    if not rows:
        detail = _("The correct answers were stored before this was looked at.")
        return CheckResult(passed=True, label=label, detail=detail)
    words = _("%(metric)s: %(value)s on the public rows.")
    detail = " ".join(words % {"metric": row.card.label, "value": row.public} for row in rows)
    missing = len(rows) < len(benchmark.metrics)
    return CheckResult(
        passed=not missing, label=label, detail=detail, url=edit_url(challenge) if missing else ""
    )


def ids_are_published(challenge: Challenge) -> CheckResult:
    """Check that a file of the data package lists exactly the ids that are expected."""
    label = _("Task file with the ids to predict")
    benchmark = of_challenge(challenge) if challenge.wants_predictions else None
    if benchmark is None or not benchmark.expected_ids:
        detail = _("No prediction file is asked for.") if not challenge.wants_predictions else ""
        return CheckResult(passed=not challenge.wants_predictions, label=label, detail=detail)
    expected = set(benchmark.expected_ids)
    for resource in challenge.resources.order_by("pk"):
        if _ids_of(resource, benchmark.id_column) == expected:
            detail = _("“%(file)s” lists exactly the expected ids.") % {"file": resource.file_name}
            return CheckResult(passed=True, label=label, detail=detail)
    detail = _(
        "No CSV file of the data package has a column “%(column)s” with exactly the %(count)s "
        "expected ids, so teams would not know what to predict."
    ) % {"column": benchmark.id_column, "count": number_words(len(expected))}
    url = reverse("competition:resource-list", args=[challenge.code])
    return CheckResult(passed=False, label=label, detail=detail, url=url)


def _ids_of(resource: Resource, column: str) -> set[str] | None:
    """Return the ids in a file of the data package; None if it has no such column."""
    if not resource.file_name.lower().endswith(".csv") or resource.size > TASK_FILE_BYTES:
        return None
    try:
        with storage.open_file(storage.RESOURCES, resource.key) as stream:
            text = stream.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        if column not in (rows.fieldnames or ()):
            return None
        return {row[column] for row in rows if row[column]}
    except csv.Error:
        return None


def frozen_content(challenge: Challenge) -> dict[str, Any]:
    """Return what of the benchmark enters the hash of the published statement; never a label."""
    benchmark = of_challenge(challenge) if challenge.wants_predictions else None
    if benchmark is None:
        return {}
    truth = benchmark.truth
    return {
        "benchmark": {
            "version": benchmark.version,
            "id_column": benchmark.id_column,
            "target_column": benchmark.target_column,
            "target_kind": benchmark.target_kind,
            "labels": benchmark.labels,
            "minimum": benchmark.minimum,
            "maximum": benchmark.maximum,
            "metrics": benchmark.metrics,
            "digits": benchmark.digits,
            "points_baseline": benchmark.points_baseline,
            "points_target": benchmark.points_target,
            "rows": truth.rows if truth else 0,
            "public_rows": truth.public_rows if truth else 0,
            "truth_sha256": truth.sha256 if truth else "",
        }
    }
