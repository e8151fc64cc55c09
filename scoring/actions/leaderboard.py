"""Leaderboards: computed from rows, stored as an immutable snapshot, never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from competition.models import Challenge
from core import audit, clock
from scoring import board_names
from scoring.code_version import code_version
from scoring.models import (
    Benchmark,
    BoardName,
    BoardRules,
    Evaluation,
    Freeze,
    LeaderboardRow,
    LeaderboardSnapshot,
)
from scoring.models.benchmark import settings_in
from scoring.queries import leaderboard as queries
from scoring.queries import scoring_program
from scoring.queries.metrics import metric_card
from scoring.states import BoardKind, Split

if TYPE_CHECKING:
    from decimal import Decimal

    from submissions.models import Entry, Submission

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# So long a board stands at least while further runs wait.
PAUSE: Final = dt.timedelta(seconds=10)
_SPLITS: Final = {BoardKind.PUBLIC.value: Split.PUBLIC, BoardKind.PRIVATE.value: Split.PRIVATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a board before it is stored; `score` is the published figure as text."""

    entry: Entry
    submission: Submission | None
    name: str
    rank: int | None
    score: str
    columns: Mapping[str, Any]
    is_baseline: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A whole board: rows in their order, what pages need beside them, and what it rests on.

    `inputs` is everything that enters the computation, as JSON can hold it: its hash says whether
    a board has to be made anew, and proves later what a stored one was made from.
    """

    rows: Sequence[Row]
    header: Mapping[str, Any]
    inputs: Mapping[str, Any]
    rule_version: str

    @property
    def inputs_sha256(self) -> str:
        """Return the hash of the canonical inputs."""
        return hashlib.sha256(audit.canonical(self.inputs).encode()).hexdigest()


def refresh(
    challenge: Challenge, kind: str, *, now: dt.datetime | None = None
) -> LeaderboardSnapshot | None:
    """Compute the public or the hidden board and store it if its inputs have changed.

    Returns the newest snapshot, None where nothing is measured. The hidden board is computed for
    the decision; nobody is shown it before the results are published. While a freeze is in force
    the board goes on and is kept back from the public.

    Raises:
        KeyError: the kind is ranked elsewhere.

    """
    if not Benchmark.objects.filter(challenge=challenge).exists():
        return None
    with transaction.atomic():
        # One writer per challenge, so that numbers have no gaps and no board is older than it says.
        Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
        _name_entries(challenge)
        computed = compute(challenge, kind)
        moment = now or clock.now()
        is_public = kind == BoardKind.PUBLIC and not (
            Freeze.objects.filter(challenge=challenge).in_force(moment).exists()
        )
        return store(challenge, kind, computed, is_public=is_public, now=moment)


def refresh_after_run(challenge: Challenge, *, now: dt.datetime | None = None) -> None:
    """Renew the public board after a run, unless it was renewed just now and more runs come.

    In a rush each run would store a whole board. The last one of the rush always renews it, and so
    does the sweep, each minute.
    """
    moment = now or clock.now()
    latest = LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
    is_young = latest is not None and moment - latest.computed_at < PAUSE
    if is_young and Evaluation.objects.filter(benchmark__challenge=challenge).unfinished().exists():
        return
    refresh(challenge, BoardKind.PUBLIC, now=now)


def _name_entries(challenge: Challenge) -> None:
    """Give every entry without one a made-up name, where the board is anonymous."""
    if not BoardRules.objects.in_force(challenge).is_anonymous:
        return
    taken = set(BoardName.objects.filter(challenge=challenge).values_list("name", flat=True))
    nameless = challenge.entries.filter(board_name=None).select_related("team")
    for entry in nameless.order_by("pk"):
        name = board_names.pick(entry.team.name, taken)
        taken.add(name)
        BoardName.objects.create(challenge=challenge, entry=entry, name=name)


@transaction.atomic
def store(
    challenge: Challenge,
    kind: str,
    computed: Computed,
    *,
    is_public: bool = False,
    now: dt.datetime | None = None,
) -> LeaderboardSnapshot:
    """Keep a computed board as the next snapshot; the newest one if it rests on the same inputs."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    latest = LeaderboardSnapshot.objects.latest_of(challenge.pk, kind)
    fingerprint = computed.inputs_sha256
    if latest is not None and latest.inputs_sha256 == fingerprint:
        return latest
    moment = now or clock.now()
    snapshot = LeaderboardSnapshot.objects.create(
        challenge=challenge,
        kind=kind,
        number=latest.number + 1 if latest else 1,
        computed_at=moment,
        rule_version=computed.rule_version,
        code_version=code_version(),
        inputs_sha256=fingerprint,
        header=dict(computed.header),
        is_public=is_public,
    )
    LeaderboardRow.objects.bulk_create(stored_rows(computed, snapshot), batch_size=500)
    audit.record(
        "leaderboard.computed",
        target=snapshot,
        by=None,
        data={
            "challenge": challenge.code,
            "kind": kind,
            "number": snapshot.number,
            "rows": len(computed.rows),
            "inputs_sha256": fingerprint,
        },
        now=moment,
    )
    return snapshot


def stored_rows(computed: Computed, snapshot: LeaderboardSnapshot) -> list[LeaderboardRow]:
    """Return the rows of a board as they are stored, unsaved."""
    return [
        LeaderboardRow(
            snapshot=snapshot,
            position=position,
            rank=row.rank,
            # By their keys: ten thousand rows need no checks of their objects.
            entry_id=row.entry.pk,
            submission_id=row.submission.pk if row.submission is not None else None,
            name=row.name[:80],
            score=row.score,
            columns=dict(row.columns),
            is_baseline=row.is_baseline,
            note=row.note,
        )
        for position, row in enumerate(computed.rows, start=1)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a board is computed from, as it is now or as it was when a stored one was made."""

    kind: str
    benchmark: Benchmark
    version: int
    rows_total: int
    rules: BoardRules
    lines: Sequence[queries.Line]


def compute(challenge: Challenge, kind: str) -> Computed:
    """Rank the teams of a challenge by its metrics on one part of the ground truth."""
    benchmark = Benchmark.objects.get(challenge=challenge)
    version = queries.version_shown(benchmark)
    # The old board stays as it was, with the metrics by which its files were measured.
    if version != benchmark.version and (
        older := benchmark.versions.filter(number=version).first()
    ):
        benchmark.metric_settings = older.content["metrics"]
    rules = BoardRules.objects.in_force(challenge)
    return _computed(
        _Source(
            kind=str(kind),
            benchmark=benchmark,
            version=version,
            rows_total=len(benchmark.expected_ids),
            rules=rules,
            lines=queries.lines(challenge, version, rules=rules),
        )
    )


def recompute(snapshot: LeaderboardSnapshot) -> tuple[Computed, bool]:
    """Compute a stored provisional or hidden board again, also one of the past, from its rows.

    Runs and their values are never changed, so what a row names is what it was. Returns the board
    and whether its rows name their runs; if not, the runs are guessed and may be others.
    """
    header = snapshot.header
    benchmark = Benchmark.objects.get(challenge=snapshot.challenge_id)
    # The settings of the time; this object is never saved.
    benchmark.metric_settings = settings_in(header)
    lines, is_named = queries.stored_lines(snapshot)
    rules = BoardRules(**{"number": 0, **header.get("rules", {})})
    computed = _computed(
        _Source(
            kind=snapshot.kind,
            benchmark=benchmark,
            version=header["benchmark_version"],
            rows_total=header["rows_total"],
            rules=rules,
            lines=lines,
        )
    )
    return computed, is_named


def _computed(source: _Source) -> Computed:
    from scoring import frames  # noqa: PLC0415  (heavy)
    from scoring.compute.ranking import RANKING_RULES  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import (  # noqa: PLC0415  (with them)
        HAND_IN,
        RANK,
        SCORE,
        SUBMISSION,
        TIE_STEP,
        TIED,
        TRIES,
    )
    from scoring.compute.ties import COMPETITION_RANKING  # noqa: PLC0415  (heavy)

    split = _SPLITS[source.kind]
    benchmark, version, rules = source.benchmark, source.version, source.rules
    lines = source.lines
    moves_in_steps = rules.ladder_step is not None and split == Split.PUBLIC
    if moves_in_steps:
        # Further metrics would tell more than the steps do; this object is never saved.
        benchmark.metric_settings = benchmark.metric_settings[:1]
    by_submission = {line.submission.pk: line for line in lines}
    scored = {line.submission.pk: line.evaluation for line in lines if line.evaluation is not None}
    baselines = {line.submission.pk for line in lines if line.is_baseline}
    ranking = frames.metric_ranking(benchmark, rules.tie_steps)
    scores = frames.metric_scores(
        list(by_submission), scored, split=split, metrics=benchmark.metrics, baselines=baselines
    )
    if moves_in_steps:
        scores.table[benchmark.main_metric] = [
            math.nan if line.ladder is None else float(line.ladder) for line in lines
        ]
    rule = RANKING_RULES["weighted" if benchmark.is_weighted else "metric"]
    steps: dict[str, list[int | None]] = {
        HAND_IN: [_microseconds(line.submission.handed_in_at) for line in lines],
        TRIES: [line.tries for line in lines],
    }
    for step in rules.tie_steps:
        scores.table[step] = steps[step]
    table = rule.compute(scores.table, ranking)
    # Read once: the settings are stored as JSON.
    digits = {key: benchmark.digits_of(key) for key in benchmark.metrics}
    is_weighted, ranked_by = benchmark.is_weighted, benchmark.ranked_by
    rows = []
    for record in table.to_dict("records"):  # type: ignore[union-attr]
        line = by_submission[record[SUBMISSION]]
        values = {
            key: _published(
                record[key],
                None if moves_in_steps else scores.interval(record[SUBMISSION], key),
                places,
            )
            for key, places in digits.items()
            if record[key] is not None
        }
        if is_weighted and record[SCORE] is not None:
            values[ranked_by] = {"value": str(record[SCORE])}
        main = values.get(ranked_by)
        is_ranked = isinstance(record[RANK], int)
        rows.append(
            Row(
                entry=line.entry,
                submission=line.submission,
                name=line.name,
                rank=int(record[RANK]) if is_ranked else None,
                score=main["value"] if main else "",
                columns={
                    "metrics": values,
                    "versions": line.versions,
                    "version": line.submission.number,
                    "tied": bool(record[TIED]),
                    "evaluation": line.evaluation_code,
                    **({"ladder": _text(line.ladder)} if moves_in_steps else {}),
                    **({"tries": line.tries} if TRIES in rules.tie_steps else {}),
                    **({"decided_by": step} if (step := record[TIE_STEP]) in steps else {}),
                },
                is_baseline=line.is_baseline,
                note="" if main else line.note or queries.NO_SCORE,
            )
        )
    shown = list(dict.fromkeys([ranked_by, *digits]))
    header = {
        "benchmark_version": version,
        "metrics": [metric_card(key).to_json() for key in shown],
        "digits": benchmark.written_digits(),
        "rows": scores.rows,
        "rows_total": source.rows_total,
        "rule": {"key": rule.key, "version": rule.version, "definition": rule.definition},
        "ties": COMPETITION_RANKING,
        "interval_level": 95,
        "interval_seed": frames.INTERVAL_SEED,
    }
    if rules.number:
        header["rules"] = {"number": rules.number, **rules.content}
    if (program := scoring_program.in_force(benchmark, version)) is not None:
        header["program_sha256"] = program.sha256
    if is_weighted:
        header["weights"] = [one.to_json() for one in benchmark.settings if one.weight]
    inputs = {
        "rule": [rule.key, rule.version],
        "kind": source.kind,
        "benchmark": [benchmark.pk, version],
        "metrics": benchmark.metrics,
        "digits": benchmark.written_digits(),
        "lines": [
            {
                "entry": line.entry.pk,
                "name": line.name,
                "is_baseline": line.is_baseline,
                "submission": line.submission.code,
                "versions": line.versions,
                "evaluation": line.evaluation_code,
                "note": line.note,
                "values": scores.of(line.submission.pk),
                **({"ladder": _text(line.ladder)} if moves_in_steps else {}),
                **{step: steps[step][at] for step in rules.tie_steps},
            }
            for at, line in sorted(enumerate(lines), key=lambda item: item[1].entry.pk)
        ],
        # Boards from before there were weights and rules have the hash that they had.
        **({"weights": header["weights"]} if is_weighted else {}),
        **({"rules": rules.content} if rules.number else {}),
    }
    return Computed(
        rows=rows, header=header, inputs=inputs, rule_version=f"{rule.key}/{rule.version}"
    )


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _microseconds(moment: dt.datetime | None) -> int | None:
    """Return a moment as a whole number, exactly."""
    return None if moment is None else (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _published(value: Any, interval: tuple[float, float] | None, digits: int) -> dict[str, str]:
    """Write a value and its interval with the published digits, half up."""
    from scoring.compute.exact import round_half_up  # noqa: PLC0415  (heavy)

    cell = {"value": str(value)}
    if interval is not None:
        cell["low"], cell["high"] = (str(round_half_up(end, digits)) for end in interval)
    return cell
