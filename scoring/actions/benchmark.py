"""Setting up what prediction files are measured against.

Labels are validated on the uploaded stream and written to their own storage; nothing here, and
nothing in the web process, reads them back (R-39). A change after the publication is a new version
with a public reason, and everything is evaluated anew by it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import itertools
import math
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from competition.models import Challenge
from core import audit, clock, storage
from core.exceptions import DomainError
from core.tables import plain_csv
from scoring import problems
from scoring.compute.schema import (
    BAR,
    LEAST_GROUP,
    LONGEST_GROUP,
    MAX_LABELS,
    MAX_LABELS_OF,
    MOST_ENTRIES,
    MOST_GROUP_COLUMNS,
    MOST_GROUPS,
    SMALLEST_GROUP,
    WITH_LABELS,
    PredictionFormat,
    PredictionKind,
    PredictionTable,
    Split,
)
from scoring.formats import sample_cells
from scoring.models import Benchmark, BenchmarkVersion, BoardRules, Evaluation, GroundTruth
from scoring.models.benchmark import MetricSetting
from scoring.models.jury import new_seed
from scoring.protocol import TRUTH_ID, TRUTH_SPLIT, TRUTH_TARGET, truth_groups_of
from scoring.queries.benchmark import GroupColumn, content_of, group_columns_of
from scoring.queries.metrics import metric_card
from scoring.states import EvaluationState
from scoring.validators import reader_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.base import File

    from accounts.models import User
    from scoring.compute.truth import Truth

FULL: Final = 100
MOST_DIGITS: Final = 6
MOST_METRICS: Final = 8
SHOWN_PROBLEMS: Final = 20
SHOWN_LABELS: Final = 20
LONGEST_KEY: Final = 40  # of a metric, as scores are stored
# What was tried on every stored truth before each said which metrics were.
FIRST_METRICS: Final = (
    "accuracy", "balanced_accuracy", "f1_macro", "mcc",
    "mae", "rmse",
    "brier", "log_loss", "roc_auc",
)  # fmt: skip
OFTEN: Final = 0.5  # a label that applies to half of the cases is guessed
RANDOM, PLAIN, COLUMN = "random", "plain", "column"  # how a stored truth was split


class BenchmarkRefused(DomainError):
    """The settings or the file cannot be used; `field` names the input, `data` all sentences."""

    status = 422

    def __init__(self, field: str, code: str, sentences: list[str]) -> None:
        """Keep the field and what is wrong."""
        super().__init__(code, sentences[0], sentences=sentences)
        self.field = field
        self.sentences = sentences


def one_ranks(
    *keys: str, digits: int = 4, baseline: float = 0.0, target: float = 1.0
) -> tuple[MetricSetting, ...]:
    """Return the usual settings: the first metric ranks by itself, the others break ties."""
    first, *others = keys
    return (
        MetricSetting(
            key=first, weight=Decimal(FULL), digits=digits, baseline=baseline, target=target
        ),
        *(MetricSetting(key=key, digits=digits) for key in others),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkSettings:
    """What the agency decides.

    Without a `split_column` a random `public_share` is public; `stratified`: of each label. Of the
    metrics those that count come first.
    """

    id_column: str = "id"
    target_column: str
    target_kind: str = PredictionKind.LABEL.value
    labels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    metrics: tuple[MetricSetting, ...]
    split_column: str = ""
    public_share: int = 50
    stratified: bool = True
    group_columns: tuple[str, ...] = ()
    smallest_group: int = SMALLEST_GROUP
    reason: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the metrics."""
        return tuple(one.key for one in self.metrics)

    def format(self) -> PredictionFormat:
        """Return the format of a prediction file.

        Raises:
            BenchmarkRefused: there is no such format.

        """
        kind = PredictionKind(self.target_kind)
        if kind in WITH_LABELS - {PredictionKind.RANKING} and len(set(self.labels)) < 2:
            raise BenchmarkRefused("labels", "labels", [_("Name at least two different labels.")])
        if self.id_column == self.target_column:
            sentence = _("The column with the predictions needs a name of its own.")
            raise BenchmarkRefused("target_column", "columns", [sentence])
        is_number = kind is PredictionKind.NUMBER
        most = MAX_LABELS_OF.get(kind.value, MAX_LABELS)
        if len(self.labels) > most and kind in WITH_LABELS:
            sentence = _("At most %(number)s labels can be told apart.") % {"number": most}
            raise BenchmarkRefused("labels", "labels", [sentence])
        try:
            return PredictionFormat(
                id_column=self.id_column,
                target_column=self.target_column,
                kind=kind,
                labels=self.labels if kind in WITH_LABELS else (),
                minimum=self.minimum if is_number else None,
                maximum=self.maximum if is_number else None,
            )
        except ValueError:
            sentence = _(
                "Labels must differ from each other and from the columns, and in lists they may "
                "hold no bar (|)."
            )
            if is_number:
                sentence = _("The largest number lies below the smallest one.")
            field = "maximum" if is_number else "labels"
            raise BenchmarkRefused(field, "format", [sentence]) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labels:
    """A checked ground truth, ready to be stored."""

    table: PredictionTable
    splits: tuple[Split, ...]
    groups: dict[str, tuple[str, ...]]
    merged: dict[str, tuple[str, ...]]
    facts: dict[str, Any]

    @property
    def public_rows(self) -> int:
        return sum(split is Split.PUBLIC for split in self.splits)

    @property
    def ids(self) -> list[str]:
        return sorted(self.table.ids)

    def by_part(self) -> tuple[tuple[str, int, int], ...]:
        """Count each label in the public and in the hidden part, the most frequent first."""
        pairs = Counter(zip(map(str, self.table.values), self.splits, strict=True))
        names = Counter(map(str, self.table.values)).most_common(SHOWN_LABELS)
        return tuple(
            (name, pairs[name, Split.PUBLIC], pairs[name, Split.PRIVATE]) for name, _count in names
        )

    def to_csv(self) -> bytes:
        """Write the labels in our own form, so that one reader fits every upload."""
        rows = zip(
            self.table.ids, self.table.values, self.splits, *self.groups.values(), strict=True
        )
        return plain_csv(
            (TRUTH_ID, TRUTH_TARGET, TRUTH_SPLIT, *truth_groups_of(self.groups)),
            (
                (name, value if isinstance(value, str) else repr(value), split.value, *groups)
                for name, value, split, *groups in rows
            ),
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What saving would give; nothing of it is stored.

    `labels` says how often each label stands in the public and in the hidden part, the most
    frequent first; empty where the prediction is no single label, or no file was chosen. `merged`
    names for each group column which groups are too small; empty where no file was chosen.
    """

    format: PredictionFormat
    ids: tuple[str, ...]
    public_rows: int
    constant: dict[str, dict[str, float]]
    metrics: tuple[MetricSetting, ...]
    has_file: bool = False
    labels: tuple[tuple[str, int, int], ...] = ()
    groups: tuple[GroupColumn, ...] = ()
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def private_rows(self) -> int:
        """Return how many rows only the final leaderboard would use."""
        return len(self.ids) - self.public_rows


def preview(
    challenge: Challenge, *, data: BenchmarkSettings, truth_file: File[bytes] | None = None
) -> Preview:
    """Try settings and file as if they were saved, and store nothing.

    A random split is drawn anew by the saving of a first version, so its labels may fall otherwise.

    Raises:
        BenchmarkRefused: settings or file cannot be used, with a sentence for each problem.

    """
    fmt = data.format()
    _refuse_unusable(data, fmt)
    _refuse_steps_of_several(challenge, data)
    known = Benchmark.objects.filter(challenge=challenge).first()
    if truth_file is None:
        _refuse_without_labels(known, data, fmt)
        assert known is not None  # noqa: S101  (the line above refuses)
        assert known.truth is not None  # noqa: S101
        return Preview(
            format=fmt,
            ids=tuple(known.expected_ids),
            public_rows=known.truth.public_rows,
            constant=known.truth.facts.get("constant", {}),
            metrics=data.metrics,
            groups=group_columns_of(known.truth, data.group_columns),
        )
    labels = _read_labels(truth_file, data, fmt, seed=known.split_seed if known else new_seed())
    return Preview(
        format=fmt,
        ids=tuple(labels.ids),
        public_rows=labels.public_rows,
        constant=labels.facts["constant"],
        metrics=data.metrics,
        has_file=True,
        labels=labels.by_part()
        if fmt.kind in {PredictionKind.LABEL, PredictionKind.DISTRIBUTION}
        else (),
        groups=tuple(GroupColumn.from_facts(stored) for stored in labels.facts["groups"]),
        merged=labels.merged,
    )


def save(
    challenge: Challenge,
    *,
    by: User,
    data: BenchmarkSettings,
    truth_file: File[bytes] | None = None,
    now: dt.datetime | None = None,
) -> Benchmark:
    """Set the benchmark of a problem statement, or change it: that makes a new version.

    The file is checked by the strict reader before anything is stored. Without a file the stored
    labels stay in force; that is possible as long as what they are does not change. Nothing happens
    if nothing has changed.

    Raises:
        BenchmarkRefused: settings or file cannot be used, with a sentence for each problem.

    """
    moment = now or clock.now()
    fmt = data.format()
    _refuse_unusable(data, fmt)
    _refuse_steps_of_several(challenge, data)
    known = Benchmark.objects.filter(challenge=challenge).first()
    if not challenge.is_editable and not data.reason.strip():
        sentence = _("Give the public reason: the statement has left the agency's desk.")
        raise BenchmarkRefused("reason", "reason", [sentence])
    if truth_file is None:
        _refuse_without_labels(known, data, fmt)
        labels = None
    else:
        seed = known.split_seed if known else new_seed()
        labels = _read_labels(truth_file, data, fmt, seed=seed)
    fields = _fields(data, fmt)
    if labels is None and known is not None:
        if all(getattr(known, name) == value for name, value in fields.items()):
            return known
        return _save_row(challenge, known, fields, data, by=by, labels=None, stored=None, at=moment)
    assert labels is not None  # noqa: S101  (a first version has a file, see above)
    if known is None:
        fields["split_seed"] = seed
    content = labels.to_csv()
    stored = storage.store(
        storage.GROUND_TRUTH,
        ContentFile(content, name="truth.csv"),
        folder=challenge.code,
        suffix=".csv",
        # Ours, with one more column than what came in.
        limit=2 * reader_limits().size_bytes,
    )
    try:
        return _save_row(
            challenge, known, fields, data, by=by, labels=labels, stored=stored, at=moment
        )
    except Exception:
        # No row names it. Where the key may only write, it stays as an orphan, no more.
        with contextlib.suppress(Exception):
            storage.delete(storage.GROUND_TRUTH, stored.key)
        raise


@transaction.atomic
def _save_row(
    challenge: Challenge,
    known: Benchmark | None,
    fields: dict[str, Any],
    data: BenchmarkSettings,
    *,
    by: User,
    labels: _Labels | None,
    stored: storage.StoredFile | None,
    at: dt.datetime,
) -> Benchmark:
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    benchmark = Benchmark.objects.filter(challenge=challenge).first()
    if (benchmark is None) != (known is None) or (
        benchmark is not None and known is not None and benchmark.version != known.version
    ):
        sentence = _("Somebody else saved the benchmark in the meantime. Reload the page.")
        raise BenchmarkRefused("__all__", "stale_version", [sentence])
    if benchmark is None:
        benchmark = Benchmark(challenge=challenge, version=1)
    else:
        benchmark.version += 1
    for name, value in fields.items():
        setattr(benchmark, name, value)
    benchmark.changed_at = at
    benchmark.change_reason = "" if locked.is_editable else data.reason.strip()
    if labels is not None:
        benchmark.expected_ids = labels.ids
    benchmark.save()
    if labels is not None and stored is not None:
        GroundTruth.objects.create(
            benchmark=benchmark,
            benchmark_version=benchmark.version,
            key=stored.key,
            size=stored.size,
            sha256=stored.sha256,
            rows=len(labels.splits),
            public_rows=labels.public_rows,
            facts=labels.facts,
            uploaded_at=at,
            uploaded_by=by,
        )
    in_force = benchmark.truth
    assert in_force is not None  # noqa: S101  (a first version has labels, later ones keep them)
    BenchmarkVersion.objects.create(
        benchmark=benchmark,
        number=benchmark.version,
        content=content_of(benchmark),
        truth=in_force,
        reason=benchmark.change_reason,
        made_at=at,
        made_by=by,
    )
    # What still waits is measured by the version in force when it starts.
    Evaluation.objects.filter(benchmark=benchmark, state=EvaluationState.QUEUED).update(
        benchmark_version=benchmark.version
    )
    audit.record(
        "benchmark.saved",
        target=benchmark,
        by=by,
        reason=benchmark.change_reason,
        data={
            "challenge": challenge.code,
            "version": benchmark.version,
            "metrics": list(data.keys),
            "labels_sha256": stored.sha256 if stored else None,
            "rows": len(benchmark.expected_ids),
            "public_rows": labels.public_rows if labels else None,
        },
        now=at,
    )
    return benchmark


def _fields(data: BenchmarkSettings, fmt: PredictionFormat) -> dict[str, Any]:
    """Return what is stored of the settings; what does not belong to the kind is left out."""
    return {
        "id_column": data.id_column,
        "target_column": data.target_column,
        "target_kind": data.target_kind,
        "labels": list(fmt.labels),
        "minimum": fmt.minimum,
        "maximum": fmt.maximum,
        "metric_settings": [one.to_json() for one in data.metrics],
        "public_share": data.public_share,
        "group_columns": list(data.group_columns),
        "smallest_group": data.smallest_group if data.group_columns else SMALLEST_GROUP,
    }


def _refuse_unusable(data: BenchmarkSettings, fmt: PredictionFormat) -> None:
    if not data.metrics or len(set(data.keys)) != len(data.keys):
        sentence = _("Choose at least one metric, and each once.")
        raise BenchmarkRefused("metric_1", "metrics", [sentence])
    _refuse_group_columns(data, fmt)
    for place, one in enumerate(data.metrics, start=1):
        if misfit := _misfit(one.key, fmt):
            raise BenchmarkRefused(f"metric_{place}", "metrics", [misfit])
        _refuse_setting(place, one)
    if sum(one.weight for one in data.metrics) != FULL or not data.metrics[0].weight:
        sentence = _("The weights of the metrics add up to 100 per cent.")
        raise BenchmarkRefused("weight_1", "weights", [sentence])


def _refuse_steps_of_several(challenge: Challenge, data: BenchmarkSettings) -> None:
    """Refuse several metrics that count where the board moves in steps of one."""
    several = sum(one.weight > 0 for one in data.metrics) > 1
    if several and BoardRules.objects.in_force(challenge).ladder_step is not None:
        sentence = _(
            "The leaderboard moves in steps, which needs one metric that ranks: give it the weight "
            "100, or take the step out of the rules of the leaderboard."
        )
        raise BenchmarkRefused("weight_1", "weights", [sentence])


def _refuse_setting(place: int, one: MetricSetting) -> None:
    """Refuse what cannot be set of a metric: `place` counts from 1."""
    if one.weight < 0 or one.weight != round(one.weight, 2):
        sentence = _("A weight is not below 0 and has at most two decimal places.")
        raise BenchmarkRefused(f"weight_{place}", "weights", [sentence])
    if not 0 <= one.digits <= MOST_DIGITS:
        sentence = _("Values are published with at most %(number)s decimal places.")
        raise BenchmarkRefused(f"digits_{place}", "digits", [sentence % {"number": MOST_DIGITS}])
    if not one.weight:
        return
    if one.baseline is None or one.target is None:
        sentence = _("A metric that counts needs the values that earn 0 and 100 points.")
        raise BenchmarkRefused(f"target_{place}", "points", [sentence])
    card, way = metric_card(one.key), one.target - one.baseline
    if not math.isfinite(way) or way == 0 or (way > 0) != card.higher_is_better:
        sentence = (
            _("100 points need a higher value than 0 points: for this metric, higher is better.")
            if card.higher_is_better
            else _("100 points need a lower value than 0 points: for this metric, lower is better.")
        )
        raise BenchmarkRefused(f"target_{place}", "points", [sentence])


def _refuse_group_columns(data: BenchmarkSettings, fmt: PredictionFormat) -> None:
    columns = data.group_columns
    taken = {data.id_column, data.target_column, data.split_column, *fmt.columns}
    if len(columns) > MOST_GROUP_COLUMNS:
        sentence = _("At most %(number)s columns may have groups.") % {"number": MOST_GROUP_COLUMNS}
    elif any(len(column) > LONGEST_GROUP for column in columns):
        words = _("The name of a column has at most %(number)s characters.")
        sentence = words % {"number": LONGEST_GROUP}
    elif not all(columns) or len(set(columns)) != len(columns) or taken & set(columns):
        sentence = _("Each column with groups is named once, and is none of the columns above.")
    elif data.smallest_group < LEAST_GROUP:
        sentence = _("A group that is published has at least %(number)s rows.")
        sentence %= {"number": LEAST_GROUP}
        raise BenchmarkRefused("smallest_group", "groups", [sentence])
    else:
        return
    raise BenchmarkRefused("group_columns", "groups", [sentence])


def _misfit(key: str, fmt: PredictionFormat) -> str | None:
    """Say why a metric cannot measure such predictions; None if it can."""
    from scoring.compute.metrics import (  # noqa: PLC0415  (heavy)
        MetricError,
        UnknownMetric,
        get_metric,
    )

    try:
        metric = get_metric(key)
        if metric.kind is not fmt.kind:
            return _("This metric does not fit what the predictions are.")
        metric.bound(fmt)
    except UnknownMetric:
        return _("“%(metric)s” is no metric.") % {"metric": key[:LONGEST_KEY]}
    except MetricError:
        return _("“%(metric)s” is about a label that is not on the list.") % {"metric": key}
    if len(key) > LONGEST_KEY:
        words = _("“%(metric)s” is longer than %(number)s characters.")
        return words % {"metric": key[:LONGEST_KEY], "number": LONGEST_KEY}
    return None


def _refuse_without_labels(
    known: Benchmark | None, data: BenchmarkSettings, fmt: PredictionFormat
) -> None:
    """Refuse a change that the stored labels would have to be read for."""
    if known is None or known.truth is None:
        sentence = _("Upload the file with the correct answers.")
        raise BenchmarkRefused("truth_file", "no_truth", [sentence])
    before = (known.target_kind, known.labels, known.minimum, known.maximum)
    after = (data.target_kind, list(fmt.labels), fmt.minimum, fmt.maximum)
    facts = known.truth.facts
    way = RANDOM if data.stratified else PLAIN
    splits_anew = data.split_column or (
        facts.get("split") in {RANDOM, PLAIN}
        and (data.public_share, way) != (known.public_share, facts["split"])
    )
    untried = set(data.keys) - set(facts.get("tried", FIRST_METRICS))
    # To leave columns out is possible; what small groups are is known for one size only.
    groups_anew = bool(set(data.group_columns) - set(known.truth.group_columns)) or (
        bool(data.group_columns) and data.smallest_group != facts.get("smallest_group")
    )
    if before != after or splits_anew or untried or groups_anew:
        sentence = _(
            "Upload the file with the correct answers once more: it is stored where this page "
            "cannot read it, and it has to be checked against the change."
        )
        raise BenchmarkRefused("truth_file", "truth_needed", [sentence])
    undefined = known.truth.facts.get("undefined", {})
    if bad := [metric for metric in data.keys if metric in undefined]:
        raise _undefined(bad)
    _refuse_undefined_groups(data, facts)


def _read_labels(
    source: File[bytes], data: BenchmarkSettings, fmt: PredictionFormat, *, seed: int
) -> _Labels:
    """Check an uploaded ground truth completely."""
    from scoring.compute.predictions import read_predictions  # noqa: PLC0415  (heavy)
    from scoring.compute.split import SplitError, stratified_split  # noqa: PLC0415  (heavy)
    from scoring.compute.truth import (  # noqa: PLC0415  (heavy)
        TruthError,
        build_truth,
        truth_format,
    )

    share = data.public_share / 100
    split_column = data.split_column or None
    if split_column in {data.id_column, data.target_column}:
        sentence = _("The column that tells the parts apart needs a name of its own.")
        raise BenchmarkRefused("split_column", "columns", [sentence])
    digest = hashlib.sha256()
    for chunk in source.chunks():
        digest.update(chunk)
    source.seek(0)
    check = read_predictions(
        source,  # type: ignore[arg-type]  # an uploaded file reads like a stream
        truth_format(fmt, split_column=split_column, group_columns=data.group_columns),
        expected_ids=None,
        limits=reader_limits(),
    )
    if check.table is None:
        sentences = [problems.sentence(problem) for problem in check.errors[:SHOWN_PROBLEMS]]
        raise BenchmarkRefused("truth_file", "truth_unreadable", sentences)
    table = check.table
    groups = {column: _group_names(column, table) for column in data.group_columns}
    try:
        splits = (
            tuple(Split(name) for name in table.texts[split_column])
            if split_column
            # Without strata all rows are of one kind.
            else stratified_split(
                table.values if data.stratified else [""] * len(table.ids), share=share, seed=seed
            )
        )
        truth = build_truth(
            _with_columns(table, splits, groups),
            fmt,
            split_column=TRUTH_SPLIT,
            group_columns=data.group_columns,
        )
    except ValueError as error:
        code = error.code if isinstance(error, TruthError | SplitError) else "unknown_split"
        field = "split_column" if code in {"unknown_split", "empty_split"} else "truth_file"
        raise BenchmarkRefused(field, code, [_truth_sentence(code)]) from None
    grouped, merged = _grouped(truth, data)
    tried = _try(truth, fmt, data)
    undefined = tried["undefined"]
    if bad := [metric for metric in data.keys if metric in undefined]:
        raise _undefined(bad)
    _refuse_undefined_groups(data, tried)
    return _Labels(
        table=table,
        splits=splits,
        groups=groups,
        merged=merged,
        facts={
            "split": COLUMN if split_column else RANDOM if data.stratified else PLAIN,
            "groups": grouped,
            "smallest_group": data.smallest_group,
            **tried,
            "uploaded_sha256": digest.hexdigest(),
        },
    )


def _with_columns(
    table: PredictionTable, splits: tuple[Split, ...], groups: Mapping[str, tuple[str, ...]]
) -> PredictionTable:
    parts = tuple(split.value for split in splits)
    return table.with_texts({**groups, TRUTH_SPLIT: parts})


def _group_names(column: str, table: PredictionTable) -> tuple[str, ...]:
    """Return the group of each row as it will be shown; equal texts are one group."""
    as_shown = {
        text: " ".join(unicodedata.normalize("NFC", text).split())
        for text in set(table.texts[column])
    }
    if any(len(name) > LONGEST_GROUP for name in as_shown.values()):
        words = _("A value of the column “%(column)s” is longer than %(number)s characters.")
        sentence = words % {"column": column, "number": LONGEST_GROUP}
        raise BenchmarkRefused("group_columns", "groups", [sentence])
    return tuple(as_shown[text] for text in table.texts[column])


def _grouped(
    truth: Truth, data: BenchmarkSettings
) -> tuple[list[dict[str, Any]], dict[str, tuple[str, ...]]]:
    """Return the groups that are published, with their sizes, and the names of those that are not.

    Raises:
        BenchmarkRefused: there is nothing to compare, or what is left over would be too small.

    """
    from scoring.compute.groups import differ_by_few, grouping  # noqa: PLC0415  (heavy)

    parts, smallest = tuple(truth.splits.values()), data.smallest_group
    found = {
        column: grouping(names, parts, smallest=smallest) for column, names in truth.groups.items()
    }
    facts: list[dict[str, Any]] = []
    for column, own in found.items():
        if not 2 <= len(own.names) <= MOST_GROUPS:
            sentence = (
                _(
                    "The column “%(column)s” has no two groups of at least %(number)s rows in each "
                    "part, so there is nothing to compare."
                )
                % {"column": column, "number": smallest}
                if len(own.names) < 2
                else _("The column “%(column)s” has more than %(number)s groups.")
                % {"column": column, "number": MOST_GROUPS}
            )
            raise BenchmarkRefused("group_columns", "groups", [sentence])
        sizes = {split.value: own.sizes(at).tolist() for split, at in truth.splits.items()}
        rows = [
            {"name": name or "", **{split: counts[at] for split, counts in sizes.items()}}
            for at, name in enumerate(own.names)
        ]
        facts.append({"column": column, "groups": rows, "merged": len(own.merged)})
    for one, other in itertools.combinations(found, 2):
        if differ_by_few(found[one], found[other], parts, smallest=smallest):
            sentence = _(
                "A group of “%(one)s” and groups of “%(other)s” differ by fewer than %(number)s "
                "rows: from both values one could work out what is true of these few. Leave one of "
                "the columns out, or take coarser groups."
            ) % {"one": one, "other": other, "number": smallest}
            raise BenchmarkRefused("group_columns", "groups", [sentence])
    return facts, {column: own.merged for column, own in found.items()}


def _refuse_undefined_groups(data: BenchmarkSettings, facts: Mapping[str, Any]) -> None:
    """Refuse a metric that has no value in a group: that alone would tell about its rows."""
    undefined = facts.get("undefined_groups", {})
    for metric in data.keys:
        for column, group in undefined.get(metric, {}).items():
            if column in data.group_columns:
                words = _(
                    "%(metric)s: not defined in the group “%(group)s” of “%(column)s”. Choose "
                    "another metric or larger groups, or leave the column out."
                )
                sentence = words % {
                    "metric": metric_card(metric).label,
                    "group": group or _("small groups, taken together"),
                    "column": column,
                }
                raise BenchmarkRefused("group_columns", "undefined_in_group", [sentence])


def _try(truth: Truth, fmt: PredictionFormat, data: BenchmarkSettings) -> dict[str, Any]:
    """Measure three files that we make from the truth, by every metric that could be chosen.

    Perfect predictions, the sample file, and the best that is the same in every row. `undefined`
    says which metrics have no value on one of the parts with one of them, and why;
    `undefined_groups` for which columns and groups they have none; `constant` which values the last
    one has (metric, then part), for whoever chooses how many points they earn; `tried` which
    metrics were.
    """
    from scoring.compute.evaluate import evaluate  # noqa: PLC0415  (heavy)
    from scoring.compute.metrics import get_metric, metrics_for  # noqa: PLC0415  (heavy)

    keys = sorted({*data.keys, *(metric.key for metric in metrics_for(fmt.kind))})
    metrics = [get_metric(key) for key in keys]
    ids = tuple(truth.expected_ids())
    rows = {
        "perfect": _perfect(truth, fmt),
        "sample": [_as_read(sample_cells(fmt), fmt)] * len(ids),
        "constant": [_constant(truth, fmt)] * len(ids),
    }
    results = {
        name: evaluate(
            PredictionTable(ids=ids, values=tuple(column)),
            truth,
            metrics,
            seed=None,
            smallest_group=data.smallest_group,
        )
        for name, column in rows.items()
    }
    constant: dict[str, dict[str, float]] = {}
    for value in results["constant"].values:
        if value.value is not None:
            constant.setdefault(value.metric, {})[value.split.value] = value.value
    undefined_groups: dict[str, dict[str, str]] = {}
    for group in (group for result in results.values() for group in result.groups):
        if group.error is not None:
            undefined_groups.setdefault(group.metric, {})[group.column] = group.group or ""
    return {
        "tried": keys,
        "undefined": {
            value.metric: value.error
            for result in results.values()
            for value in result.values
            if value.error is not None
        },
        "undefined_groups": undefined_groups,
        "constant": constant,
    }


def _as_read(cells: tuple[str, ...], fmt: PredictionFormat) -> Any:
    """Return the cells of a row as the reader hands them over."""
    if fmt.kind is PredictionKind.DISTRIBUTION:
        return tuple(map(float, cells))
    return float(cells[0]) if fmt.is_numeric else cells[0]


def _perfect(truth: Truth, fmt: PredictionFormat) -> list[Any]:
    """Return the right prediction for each case."""
    if truth.relevant is not None:
        return [BAR.join(sorted(items)) for items in truth.relevant]
    values: list[Any] = truth.values.tolist()
    match fmt.kind:
        case PredictionKind.LABEL:
            return [fmt.labels[code] for code in values]
        case PredictionKind.DISTRIBUTION:
            codes = range(len(fmt.labels))
            return [tuple(float(code == right) for code in codes) for right in values]
        case PredictionKind.LABELS:
            return [
                BAR.join(label for label, applies in zip(fmt.labels, row, strict=True) if applies)
                for row in values
            ]
        case _:
            return values


def _constant(truth: Truth, fmt: PredictionFormat) -> Any:
    """Return the one prediction that a method would make that looks at no case."""
    if truth.relevant is not None:
        often = Counter(item for items in truth.relevant for item in sorted(items))
        return BAR.join(item for item, _count in often.most_common(MOST_ENTRIES))
    match fmt.kind:
        case PredictionKind.LABEL:
            return fmt.labels[Counter(truth.values.tolist()).most_common(1)[0][0]]
        case PredictionKind.DISTRIBUTION:
            counts = Counter(truth.values.tolist())
            return tuple(counts[code] / truth.cases for code in range(len(fmt.labels)))
        case PredictionKind.LABELS:
            shares = truth.values.mean(axis=0).tolist()
            return BAR.join(
                label for label, share in zip(fmt.labels, shares, strict=True) if share >= OFTEN
            )
        case _:
            return float(truth.values.mean())


def _undefined(metrics: list[str]) -> BenchmarkRefused:
    names = ", ".join(metric_card(metric).label for metric in metrics)
    sentence = _(
        "%(metrics)s: not defined on one of the two parts. A part may hold a single class only; "
        "choose another metric or more rows."
    ) % {"metrics": names}
    return BenchmarkRefused("metric_1", "undefined", [sentence])


def _truth_sentence(code: str) -> str:
    sentences = {
        "unknown_split": _("The column that tells the parts apart holds public or private only."),
        "empty_split": _("Both parts need rows: public ones and private ones."),
        "too_few_rows": _("The file needs at least two rows."),
        "not_binary": _("Where predictions are probabilities, each correct answer is 0 or 1."),
        "no_relevant": _("Each row needs at least one relevant item."),
    }
    return sentences.get(code, _("The file with the correct answers cannot be used."))
