"""Reads about a benchmark: its checks before the publication, and what is frozen of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from competition.extensions import CheckResult
from core import storage
from core.display import MISSING, number_words, percent_words
from core.tables import plain_csv
from scoring.compute.exact import round_half_up
from scoring.compute.schema import Split
from scoring.formats import benchmark_format, sample_table
from scoring.models import Benchmark, BenchmarkVersion, Evaluation, GroundTruth
from scoring.models.benchmark import MetricSetting, TargetKind
from scoring.problems import figure
from scoring.queries import scoring_program
from scoring.queries.evaluation import not_evaluated
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import EvaluationState
from scoring.validators import file_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from competition.models import Challenge, Resource

# Larger files of a data package are no task files, and too long to read for a check list.
TASK_FILE_BYTES: Final = 20_000_000
LABELS_SHOWN: Final = 20
DIGEST_SHOWN: Final = 12


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
    in_groups = truth.facts.get("undefined_groups", {})
    columns = set(benchmark.group_columns)
    if any(columns & set(in_groups.get(metric, {})) for metric in benchmark.metrics):
        detail = _("A metric is not defined in each of the groups.")
        return CheckResult(passed=False, label=label, detail=detail, url=url)
    if sentences := _sample_problems(benchmark):
        return CheckResult(passed=False, label=label, detail=" ".join(sentences), url=url)
    return CheckResult(passed=True, label=label, detail=_ready_words(benchmark, truth))


def _ready_words(benchmark: Benchmark, truth: GroundTruth) -> str:
    words = _(
        "%(rows)s rows, %(public)s of them public, each in exactly one part. The sample file "
        "passes the check, and the metrics are defined on both parts."
    ) % {"rows": number_words(truth.rows), "public": number_words(truth.public_rows)}
    groups = sum(len(column.groups) for column in group_columns_of(truth, benchmark.group_columns))
    if not groups:
        return words
    more = _("They are defined in each of the %(count)s groups, too.")
    return f"{words} {more % {'count': number_words(groups)}}"


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
    return constant_rows(constant, benchmark.settings)


def constant_rows(
    constant: Mapping[str, Mapping[str, float]], metrics: Iterable[MetricSetting]
) -> list[ConstantRow]:
    """Write down what a constant prediction reaches by these metrics, with their digits."""

    def figure(one: MetricSetting, card: MetricCard, part: Split) -> str:
        value = constant[one.key].get(part.value)
        return card.figure(None if value is None else round_half_up(value, one.digits))

    return [
        ConstantRow(card, figure(one, card, Split.PUBLIC), figure(one, card, Split.PRIVATE))
        for one in metrics
        if one.key in constant
        for card in [metric_card(one.key)]
    ]


@dataclass(frozen=True, slots=True)
class WeightRow:
    """What one metric counts, in words: its share, and the values of 0 and 100 points."""

    card: MetricCard
    weight: Decimal
    baseline: str
    target: str


def weight_rows(stored: Iterable[Mapping[str, Any]]) -> list[WeightRow]:
    """Write down what metrics count, as it is stored with a benchmark, a board or a result."""
    settings = [MetricSetting.from_json(dict(one)) for one in stored]
    return [
        WeightRow(
            card,
            one.weight,
            card.figure(Decimal(repr(one.baseline))),
            card.figure(Decimal(repr(one.target))),
        )
        for one in settings
        if one.weight
        for card in [metric_card(one.key)]
    ]


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group with its rows in both parts; without a name: the small groups, taken together."""

    name: str
    public: int
    private: int


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """A column whose groups are measured by themselves; `merged` groups are not among them."""

    name: str
    groups: tuple[GroupSize, ...]
    merged: int

    @classmethod
    def from_facts(cls, stored: Mapping[str, Any]) -> GroupColumn:
        """Read what is kept beside a ground truth."""
        groups = (
            GroupSize(row["name"], row[Split.PUBLIC], row[Split.PRIVATE])
            for row in stored["groups"]
        )
        return cls(stored["column"], tuple(groups), stored["merged"])


def group_columns_of(truth: GroundTruth, wanted: Iterable[str]) -> tuple[GroupColumn, ...]:
    """Return the wanted columns with their groups, in the order of the file."""
    names = set(wanted)
    return tuple(
        GroupColumn.from_facts(stored)
        for stored in truth.facts.get("groups", [])
        if stored["column"] in names
    )


def groups_in_force(benchmark: Benchmark) -> tuple[GroupColumn, ...]:
    """Return which groups a benchmark measures; none where a program computes the values."""
    truth = benchmark.truth
    if truth is None or not benchmark.group_columns or scoring_program.in_force(benchmark):
        return ()
    return group_columns_of(truth, benchmark.group_columns)


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
    return {"benchmark": {"version": benchmark.version, **content_of(benchmark)}}


# ---- versions ----------------------------------------------------------------------------------
def content_of(benchmark: Benchmark) -> dict[str, Any]:
    """Return everything that decides how a file is read and measured, without any label."""
    truth, program = benchmark.truth, scoring_program.in_force(benchmark)
    return {
        # Only where there is one: versions from before programs have no such entry.
        **({"program_sha256": program.sha256} if program else {}),
        **(_groups_content(benchmark) if benchmark.group_columns else {}),
        "id_column": benchmark.id_column,
        "target_column": benchmark.target_column,
        "target_kind": benchmark.target_kind,
        "labels": benchmark.labels,
        "minimum": benchmark.minimum,
        "maximum": benchmark.maximum,
        "metrics": benchmark.metric_settings,
        "rows": truth.rows if truth else 0,
        "public_rows": truth.public_rows if truth else 0,
        "truth_sha256": truth.sha256 if truth else "",
    }


def _groups_content(benchmark: Benchmark) -> dict[str, Any]:
    """Return what is published of the groups: which there are, and how many rows each has."""
    truth = benchmark.truth
    columns = group_columns_of(truth, benchmark.group_columns) if truth else ()
    return {
        "group_columns": benchmark.group_columns,
        "smallest_group": benchmark.smallest_group,
        "groups": {
            column.name: [[group.name, group.public, group.private] for group in column.groups]
            for column in columns
        },
    }


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that a version changed, in words."""

    label: Any
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, what it changed, and how many files were evaluated by it."""

    version: BenchmarkVersion
    changes: list[Change]
    evaluated: int


CONTENT: Final[dict[str, Any]] = {
    "id_column": gettext_lazy("Column with the ids"),
    "target_column": gettext_lazy("Column with the predictions"),
    "target_kind": gettext_lazy("What is a prediction?"),
    "labels": gettext_lazy("Allowed labels"),
    "minimum": gettext_lazy("Smallest number allowed"),
    "maximum": gettext_lazy("Largest number allowed"),
    "metrics": gettext_lazy("Metrics"),
    "weights": gettext_lazy("Weights"),
    "digits": gettext_lazy("Published decimal places"),
    "points": gettext_lazy("Values that earn 0 and 100 points"),
    "group_columns": gettext_lazy("Columns with groups"),
    "smallest_group": gettext_lazy("Fewest rows of a group"),
    "rows": gettext_lazy("Rows"),
    "public_rows": gettext_lazy("Public rows"),
    "truth_sha256": gettext_lazy("File with the correct answers (SHA-256)"),
    "program_sha256": gettext_lazy("Scoring program (SHA-256)"),
}


def versions(benchmark: Benchmark) -> list[VersionRow]:
    """Return all versions with what each changed, the newest first."""
    stored = list(benchmark.versions.order_by("number"))
    counted = (
        Evaluation.objects.filter(benchmark=benchmark, state=EvaluationState.SUCCEEDED)
        .order_by()
        .values_list("benchmark_version")
        .annotate(Count("submission", distinct=True))
    )
    evaluated = dict(counted)
    older: list[BenchmarkVersion | None] = [None, *stored[:-1]]
    rows = [
        VersionRow(version, _changes(before, version), evaluated.get(version.number, 0))
        for before, version in zip(older, stored, strict=True)
    ]
    return rows[::-1]


def still_to_evaluate(benchmark: Benchmark) -> int:
    """Return how many files wait for the version in force, or are being evaluated by it."""
    missing = not_evaluated().filter(entry__challenge=benchmark.challenge_id).count()
    under_way = Evaluation.objects.filter(
        benchmark=benchmark,
        benchmark_version=benchmark.version,
        state__in=(EvaluationState.QUEUED, EvaluationState.RUNNING),
    )
    return missing + under_way.count()


def _changes(before: BenchmarkVersion | None, after: BenchmarkVersion) -> list[Change]:
    """Compare with the version before; the one before the first known one is not known."""
    if before is None:
        return []
    old, new = _spread(before.content), _spread(after.content)
    return [
        Change(label, _shown(key, old.get(key)), _shown(key, new.get(key)))
        for key, label in CONTENT.items()
        if old.get(key) != new.get(key)
    ]


def _spread(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is set of metrics by what it is about, instead of metric by metric."""
    settings = [MetricSetting.from_json(stored) for stored in content["metrics"]]
    names = {one.key: metric_card(one.key).label for one in settings}
    counting = [one for one in settings if one.weight]

    def listed(words: dict[str, str]) -> str:
        if len(set(words.values())) == 1:
            return next(iter(words.values()))
        return "; ".join(f"{names[key]}: {text}" for key, text in words.items())

    weights = {one.key: percent_words(one.weight) for one in counting}
    points = {
        one.key: f"{figure(one.baseline)} → {figure(one.target)}"
        for one in counting
        if one.baseline is not None and one.target is not None
    }
    return {
        **content,
        "metrics": [one.key for one in settings],
        "weights": listed(weights) if len(counting) > 1 else "",
        "digits": listed({one.key: number_words(one.digits) for one in settings}),
        "points": listed(points),
    }


def _shown(key: str, value: Any) -> str:
    """Write one setting for people."""
    if value is None or value in ("", []):
        return MISSING
    if key == "metrics":
        return ", ".join(metric_card(name).label for name in value)
    if key == "target_kind":
        return str(TargetKind(value).label)
    if key == "group_columns":
        return ", ".join(value)
    if key == "labels":
        more = len(value) - LABELS_SHOWN
        listed = ", ".join(value[:LABELS_SHOWN])
        words = ngettext("%(list)s and %(count)s more", "%(list)s and %(count)s more", more)
        return words % {"list": listed, "count": number_words(more)} if more > 0 else listed
    if key in {"truth_sha256", "program_sha256"}:
        return f"{value[:DIGEST_SHOWN]}…"
    return figure(value) if isinstance(value, int | float) else str(value)
