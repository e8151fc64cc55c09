"""Reads for leaderboards: what counts, and a stored snapshot as pages show it."""

from __future__ import annotations

import bisect
import math
import statistics
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Count, Max
from django.utils.translation import gettext, ngettext

from core.display import number_words
from scoring.compute.exact import round_half_up
from scoring.compute.ladder import Rung, ladder
from scoring.compute.points import weighted
from scoring.compute.schema import HAND_IN, TRIES
from scoring.models import (
    Benchmark,
    BoardName,
    BoardRules,
    Evaluation,
    Freeze,
    LeaderboardRow,
    LeaderboardSnapshot,
    MetricScore,
)
from scoring.queries import evaluation
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import BoardKind, BoardTies, Counts, EvaluationState, Split
from submissions.models import Submission

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from competition.models import Challenge
    from scoring.models.leaderboard import LeaderboardQuerySet
    from submissions.models import Entry

# Why a row stands below the line: keys of the sentences in `NOTES`.
WAITING: Final = "waiting"
NOT_MEASURABLE: Final = "not_measurable"
FAULT: Final = "fault"
CANCELLED: Final = "cancelled"
NO_SCORE: Final = "no_score"
# From the leader, in median distances: what lies further off is not drawn to scale.
FAR_BEHIND: Final = 3


# ---- what counts -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Line:
    """One team's line: the version that counts, its run, and why there is none."""

    entry: Entry
    submission: Submission
    evaluation: int | None
    evaluation_code: str
    versions: int
    note: str
    # Under this name the team stands on the board.
    name: str
    # How many versions have cost a try, withdrawn ones among them.
    tries: int
    is_baseline: bool
    # The public value after the version that counts, where it moves in steps.
    ladder: Decimal | None = None


def version_shown(benchmark: Benchmark) -> int:
    """Return the version of the benchmark that boards use.

    A new version takes over when everything that had a value by an older one has been evaluated
    anew; until then the old board stays (as a whole, never mixed).
    """
    version = benchmark.version
    shown = Evaluation.objects.filter(benchmark=benchmark, state=EvaluationState.SUCCEEDED)
    older = shown.filter(benchmark_version__lt=version).aggregate(last=Max("benchmark_version"))
    if older["last"] is None:
        return version
    done = Evaluation.objects.filter(
        benchmark=benchmark,
        benchmark_version=version,
        state__in=EvaluationState.final(),
    ).values("submission")
    is_behind = (
        shown.filter(benchmark_version=older["last"], submission__state="handed_in")
        .exclude(submission__in=done)
        .exists()
    )
    return int(older["last"]) if is_behind else version


def lines(
    challenge: Challenge,
    version: int,
    *,
    rules: BoardRules | None = None,
    entry: Entry | None = None,
) -> list[Line]:
    """Return one line per team, or that of one team: the version that counts by the rules.

    The first that could be evaluated of: the one the team chose, then the latest ones; or of the
    latest ones; or the best one. A newer version that waits, or whose file is at fault, takes
    nothing away from the one before.
    """
    rules = rules or BoardRules.objects.in_force(challenge)
    of_team = {} if entry is None else {"entry": entry}
    handed_in = Submission.objects.for_challenge(challenge).handed_in().filter(**of_team)
    # Of all versions the keys alone; what a line shows is read of the one that counts.
    versions = [
        Version(*row)
        for row in handed_in.order_by().values_list("pk", "entry", "number", "entry__chosen")
    ]
    runs = _runs(challenge, version, {f"submission__{name}": of for name, of in of_team.items()})
    rungs = {} if rules.ladder_step is None else _rungs(challenge, rules, versions, runs)
    chosen = _counting(challenge, rules, versions, runs, rungs)
    names = _names(challenge, rules)
    tries = _tries(challenge) if TRIES in rules.tie_steps else {}
    counted = Counter(version.entry for version in versions)
    found = []
    for submission in (
        Submission.objects.filter(pk__in=chosen)
        .select_related("entry__team")
        # The rest of these rows is long, and on no board.
        .only(
            *("code", "number", "state", "handed_in_at"),
            *("entry__is_baseline", "entry__challenge", "entry__jury_pseudonym"),
            *("entry__team__code", "entry__team__name"),
        )
    ):
        run = chosen[submission.pk]
        found.append(
            Line(
                entry=submission.entry,
                submission=submission,
                evaluation=run.pk if run.has_value else None,
                evaluation_code=run.code if run.has_value else "",
                versions=counted[submission.entry_id],
                note="" if run.has_value else _NOTE_OF_STATE.get(run.state, NO_SCORE),
                name=names.get(submission.entry_id, "")
                if rules.is_anonymous
                else submission.entry.team.name,
                tries=tries.get(submission.entry_id, 0),
                is_baseline=submission.entry.is_baseline,
                ladder=rungs[submission.entry_id].score if submission.entry_id in rungs else None,
            )
        )
    # By the name that is shown: the order of equals must not tell who is who.
    return sorted(found, key=lambda line: (line.name, line.entry.pk))


class Version(NamedTuple):
    """A handed-in version by its keys."""

    pk: int
    entry: int
    number: int
    chosen: int | None  # the version that its team chose


class Run(NamedTuple):
    """The run of a version that boards rest on."""

    pk: int
    code: str
    state: str

    @property
    def has_value(self) -> bool:
        """Say whether it came to a value."""
        return self.state == EvaluationState.SUCCEEDED


_NO_RUN: Final = Run(0, "", "")


def _runs(challenge: Challenge, version: int, of_team: Mapping[str, Any]) -> dict[int, Run]:
    """Return the run of each version that boards rest on: the newest with a result, else newest."""
    rows = (
        Evaluation.objects.filter(
            evaluation.shown_repeats(challenge),
            submission__entry__challenge=challenge,
            benchmark_version=version,
            **of_team,
        )
        .order_by()
        .values_list("submission", "repeat", "pk", "code", "state")
    )
    found: dict[int, tuple[tuple[bool, int], Run]] = {}
    for submission, repeat, key, code, state in rows:
        place = (state in evaluation.RESULTS, repeat)
        if submission not in found or place > found[submission][0]:
            found[submission] = (place, Run(key, code, state))
    return {submission: run for submission, (_place, run) in found.items()}


def _rungs(
    challenge: Challenge, rules: BoardRules, versions: Sequence[Version], runs: Mapping[int, Run]
) -> dict[int, Rung]:
    """Return by entry the public value after all its versions, and the version that made it."""
    benchmark = Benchmark.objects.get(challenge=challenge)
    step = rules.ladder_step
    assert step is not None  # noqa: S101  (asked for by those only who have one)
    rows = MetricScore.objects.filter(
        evaluation__in=[run.pk for run in runs.values()],
        metric=benchmark.main_metric,
        split=Split.PUBLIC,
    )
    values = {
        run: value for run, value in rows.values_list("evaluation", "value") if math.isfinite(value)
    }
    higher = metric_card(benchmark.main_metric).higher_is_better
    by_entry: dict[int, list[Version]] = {}
    for version in sorted(versions, key=lambda version: version.number):
        by_entry.setdefault(version.entry, []).append(version)
    found = {}
    for entry, own in by_entry.items():
        of_versions = [values.get(runs.get(version.pk, _NO_RUN).pk) for version in own]
        rung = ladder(of_versions, step=step, higher_is_better=higher)[-1]
        if rung is not None:
            found[entry] = Rung(rung.score, own[rung.made_by].pk)
    return found


def ladder_value(evaluation: Evaluation) -> str:
    """Return what a team reads of a version where public values move in steps.

    That is the public value after this version and those before it, as far as they are in.
    """
    entry = evaluation.submission.entry
    own = Submission.objects.filter(entry=entry, number__lte=evaluation.submission.number)
    versions = [
        Version(*row)
        for row in own.handed_in().order_by().values_list("pk", "entry", "number", "entry__chosen")
    ]
    rung = _rungs(
        entry.challenge,
        BoardRules.objects.in_force(entry.challenge),
        versions,
        _runs(entry.challenge, evaluation.benchmark_version, {"submission__entry": entry}),
    ).get(entry.pk)
    benchmark = evaluation.benchmark
    return (
        ""
        if rung is None
        else str(round_half_up(rung.score, benchmark.digits_of(benchmark.main_metric)))
    )


def step_in_force(challenge: Challenge) -> Decimal | None:
    """Return by which steps public values move; None without, and once the results are public."""
    step = BoardRules.objects.in_force(challenge).ladder_step
    if step is None:
        return None
    decision = getattr(challenge, "decision", None)
    return None if decision is not None and decision.published_at is not None else step


def _counting(
    challenge: Challenge,
    rules: BoardRules,
    versions: Sequence[Version],
    runs: Mapping[int, Run],
    rungs: Mapping[int, Rung],
) -> dict[int, Run]:
    """Return the version of each team that counts, with its run; one without a run has `_NO_RUN`.

    Of those with a value the first by the rules; where none has one, the first of all. Where public
    values move in steps, the best one is the one that made the last step.
    """
    values = _values(challenge, runs) if rules.counts == Counts.BEST else {}
    made = {rung.made_by for rung in rungs.values()}

    def place(version: Version) -> tuple[object, ...]:
        run = runs.get(version.pk, _NO_RUN)
        if version.pk in made:
            return (False,)
        if run.pk in values:  # of equally good ones the earliest
            return (not run.has_value, 0, values[run.pk], version.number)
        is_chosen = rules.counts == Counts.CHOSEN and version.chosen == version.pk
        return (not run.has_value, 1, not is_chosen, -version.number)

    first: dict[int, tuple[tuple[object, ...], Version]] = {}
    for version in versions:
        own = place(version)
        if version.entry not in first or own < first[version.entry][0]:
            first[version.entry] = (own, version)
    return {version.pk: runs.get(version.pk, _NO_RUN) for _place, version in first.values()}


def stored_lines(snapshot: LeaderboardSnapshot) -> tuple[list[Line], bool]:
    """Return the lines that a stored board was made from, and whether its rows name the runs.

    Boards from before they did are given what the rows say and the runs that there were by then.
    """
    rows = list(
        LeaderboardRow.objects.filter(snapshot=snapshot).select_related("entry", "submission")
    )
    is_named = all("evaluation" in row.columns for row in rows)
    then = Evaluation.objects.filter(
        submission__in=[row.submission_id for row in rows],
        benchmark_version=snapshot.header["benchmark_version"],
        state=EvaluationState.SUCCEEDED,
    ).order_by("repeat")
    if not is_named:
        then = then.filter(finished_at__lte=snapshot.computed_at)
    runs: dict[object, tuple[int, str]] = {
        code if is_named else submission: (key, code)
        for submission, key, code in then.values_list("submission", "pk", "code")
    }
    found = []
    for row in rows:
        if row.submission is None:
            continue  # boards of metrics name one in each row
        name = row.columns["evaluation"] if is_named else row.submission_id
        key, code = runs.get(name, (None, ""))
        found.append(
            Line(
                entry=row.entry,
                submission=row.submission,
                evaluation=key,
                evaluation_code=code,
                versions=row.columns["versions"],
                note="" if code else row.note,
                name=row.name,
                tries=row.columns.get("tries", 0),
                is_baseline=row.is_baseline,
                ladder=Decimal(row.columns["ladder"]) if row.columns.get("ladder") else None,
            )
        )
    return sorted(found, key=lambda line: (line.name, line.entry.pk)), is_named


def line_of(entry: Entry) -> Line | None:
    """Return the line of one team as the boards have it: which of its versions counts."""
    benchmark = Benchmark.objects.filter(challenge=entry.challenge_id).first()
    if benchmark is None:
        return None
    found = lines(entry.challenge, version_shown(benchmark), entry=entry)
    return found[0] if found else None


def _names(challenge: Challenge, rules: BoardRules) -> dict[int, str]:
    """Return the made-up names by entry; none where teams stand there by their own."""
    if not rules.is_anonymous:
        return {}
    return dict(BoardName.objects.filter(challenge=challenge).values_list("entry", "name"))


def _tries(challenge: Challenge) -> dict[int, int]:
    """Return by entry how many versions have cost a try; to withdraw one saves none."""
    rows = Submission.objects.for_challenge(challenge).costing_a_try().order_by()
    return dict(rows.values_list("entry").annotate(count=Count("pk")))


def _values(challenge: Challenge, runs: Mapping[int, Run]) -> dict[int, Decimal]:
    """Return the published value of each run on the public rows, the better the smaller."""
    benchmark = Benchmark.objects.get(challenge=challenge)
    wanted = [run.pk for run in runs.values() if run.has_value]
    counting = [one.key for one in benchmark.settings if one.weight]
    rows = MetricScore.objects.filter(
        evaluation__in=wanted, metric__in=counting, split=Split.PUBLIC
    )
    of_run: dict[int, dict[str, float]] = {}
    for run, metric, value in rows.order_by().values_list("evaluation", "metric", "value"):
        of_run.setdefault(run, {})[metric] = value
    digits = {key: benchmark.digits_of(key) for key in counting}
    published = {
        run: {
            key: round_half_up(value, digits[key])
            for key, value in values.items()
            if math.isfinite(value)
        }
        for run, values in of_run.items()
    }
    if benchmark.is_weighted:
        weights = benchmark.weights
        points = {run: weighted(values, weights) for run, values in published.items()}
        return {run: -found for run, found in points.items() if found is not None}
    main = benchmark.main_metric
    sign = -1 if metric_card(main).higher_is_better else 1
    return {run: sign * values[main] for run, values in published.items() if main in values}


_NOTE_OF_STATE: Final = {
    EvaluationState.QUEUED.value: WAITING,
    EvaluationState.RUNNING.value: WAITING,
    EvaluationState.FAILED.value: NOT_MEASURABLE,
    EvaluationState.INTERNAL_ERROR.value: FAULT,
    EvaluationState.CANCELLED.value: CANCELLED,
}


# ---- what pages show -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Cell:
    """A metric's value in a row, as published; empty strings where there is none."""

    card: MetricCard
    value: str
    low: str
    high: str

    @property
    def figure(self) -> str:
        """Return the value in words."""
        return self.card.figure(self.value)

    @property
    def interval(self) -> str:
        """Return the interval in words."""
        return self.card.interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line of a board as pages and downloads show it."""

    rank: int | None
    is_tied: bool
    name: str
    is_baseline: bool
    is_own: bool
    versions: int
    note: str
    cells: tuple[Cell, ...]
    # Between which ranks the team lies if only intervals that do not touch differ; None without.
    likely: tuple[int, int] | None = None
    # The made-up name of an anonymous board whose results are public.
    pseudonym: str = ""
    # The last step of the chain that separated the team from others with equal metrics.
    decided_by: str = ""
    # How many ranks up since another board, below 0 down; None: it had no rank there or has none.
    moved: int | None = None
    is_new: bool = False

    @property
    def likely_words(self) -> str:
        """Return the likely ranks in figures, where they are more than one."""
        if self.likely is None or self.likely[0] == self.likely[1]:
            return ""
        return f"{self.likely[0]}–{self.likely[1]}"

    @property
    def decided_words(self) -> str:
        """Say what separated the team from others with equal values, if it was no metric."""
        return {
            HAND_IN: gettext("equal values, in the order of the hand-in"),
            TRIES: gettext("equal values, in the order of the tries used"),
        }.get(self.decided_by, "")

    @property
    def moved_words(self) -> str:
        """Say how the rank has changed, in a sentence for those who do not see the arrow."""
        if self.is_new:
            return gettext("new")
        if not self.moved:
            return gettext("same rank") if self.moved == 0 else ""
        if self.moved > 0:
            return ngettext("%(count)s rank up", "%(count)s ranks up", self.moved) % {
                "count": self.moved
            }
        return ngettext("%(count)s rank down", "%(count)s ranks down", -self.moved) % {
            "count": -self.moved
        }

    @property
    def main(self) -> Cell:
        """Return the cell of the metric that ranks."""
        return self.cells[0]

    @property
    def note_words(self) -> str:
        """Say why there is no rank."""
        return {
            WAITING: gettext("waiting for its evaluation"),
            NOT_MEASURABLE: gettext("file could not be evaluated"),
            FAULT: gettext("fault on our side, is repeated"),
            CANCELLED: gettext("evaluation was cancelled"),
            NO_SCORE: gettext("not evaluated"),
        }.get(self.note, "")


@dataclass(frozen=True, slots=True)
class Board:
    """A snapshot as pages show it."""

    snapshot: LeaderboardSnapshot
    cards: tuple[MetricCard, ...]
    rows: tuple[ShownRow, ...]
    axis: tuple[float, float]
    # The board with which the ranks are compared.
    before: LeaderboardSnapshot | None = None

    @property
    def header(self) -> dict[str, Any]:
        """Return what is stored beside the rows."""
        header: dict[str, Any] = self.snapshot.header
        return header

    @property
    def is_final(self) -> bool:
        """Say whether the values are those of the hidden part."""
        return self.snapshot.kind == BoardKind.PRIVATE

    @property
    def main(self) -> MetricCard:
        """Return the metric that ranks."""
        return self.cards[0]

    @property
    def scored(self) -> list[ShownRow]:
        """Return the rows above the line: ranked ones, and baselines in their places."""
        return [row for row in self.rows if row.main.value]

    @property
    def unscored(self) -> list[ShownRow]:
        """Return the rows below the line."""
        return [row for row in self.rows if not row.main.value]

    @property
    def own(self) -> ShownRow | None:
        """Return the row of the reader's team."""
        return next((row for row in self.rows if row.is_own), None)

    @property
    def teams(self) -> int:
        """Return how many teams are listed, baselines left out."""
        return sum(not row.is_baseline for row in self.rows)

    @property
    def summary(self) -> str:
        """Say in one sentence who leads."""
        leading = [row for row in self.rows if row.rank == 1]
        if not leading:
            return gettext("No team has a value yet.")
        words = (
            gettext("%(name)s leads with %(value)s.")
            if len(leading) == 1
            else gettext("%(count)s teams share the lead with %(value)s.")
        )
        return words % {
            "name": leading[0].name,
            "count": len(leading),
            "value": self.main.figure(leading[0].main.value),
        }


# What is asked for here is public: a board that a freeze keeps back does not exist for these reads.
def public_boards(challenge: Challenge, kind: str) -> LeaderboardQuerySet:
    """Return the boards of a kind that everybody may see, the newest first."""
    return LeaderboardSnapshot.objects.public().of(challenge.pk, kind)


def latest(challenge: Challenge, kind: str) -> LeaderboardSnapshot | None:
    """Return the newest public snapshot of a kind."""
    return public_boards(challenge, kind).first()


def numbered(challenge: Challenge, kind: str, number: int) -> LeaderboardSnapshot | None:
    """Return a public board of the past by its number."""
    return public_boards(challenge, kind).filter(number=number).first()


def as_of(challenge: Challenge, kind: str, moment: dt.datetime) -> LeaderboardSnapshot | None:
    """Return the public board that stood at a moment, None before the first one."""
    return public_boards(challenge, kind).filter(computed_at__lte=moment).first()


@dataclass(frozen=True, slots=True)
class RulesInWords:
    """The rules of a challenge's boards, and how they came to be what they are."""

    in_force: BoardRules
    # The newest first, where there was more than one version.
    changes: tuple[BoardRules, ...]

    @property
    def counts(self) -> str:
        """Say which version of a team counts."""
        return str(Counts(self.in_force.counts).sentence)

    @property
    def ties(self) -> str:
        """Say what separates teams whose metrics are all equal."""
        return str(BoardTies(self.in_force.ties).label)

    @property
    def step(self) -> str:
        """Write the step of the public value."""
        step = self.in_force.ladder_step
        return "" if step is None else number_words(step, max(-int(step.as_tuple().exponent), 0))

    @property
    def counts_tries(self) -> bool:
        """Say whether it matters how many tries a team has used."""
        return TRIES in self.in_force.tie_steps


def rules_of(challenge: Challenge) -> RulesInWords:
    """Return the rules of a challenge's boards, in one query."""
    rows = tuple(BoardRules.objects.filter(challenge=challenge).order_by("-number"))
    return RulesInWords(
        in_force=rows[0] if rows else BoardRules(challenge=challenge, number=0),
        changes=rows if len(rows) > 1 else (),
    )


def names_behind(snapshots: Sequence[LeaderboardSnapshot]) -> dict[int, str]:
    """Return by entry who is behind the made-up names of boards, once the results are public."""
    challenges = {row.challenge_id for row in snapshots if is_anonymous(row)}
    if not challenges:
        return {}
    rows = BoardName.objects.filter(
        challenge__in=challenges, challenge__decision__published_at__isnull=False
    )
    return dict(rows.values_list("entry", "entry__team__name"))


def is_named(snapshot: LeaderboardSnapshot) -> bool:
    """Say whether an anonymous board says by now who is who."""
    return bool(names_behind([snapshot]))


def is_anonymous(snapshot: LeaderboardSnapshot) -> bool:
    """Say whether a board was stored with made-up names."""
    rules: Mapping[str, Any] = snapshot.header.get("rules", {})
    return bool(rules.get("is_anonymous"))


@dataclass(frozen=True, slots=True)
class BothBoards:
    """What the public sees, and how the board stands for the office; the same without a freeze."""

    public: LeaderboardSnapshot | None
    newest: LeaderboardSnapshot | None
    # The newest one with the ranks compared with the public one.
    board: Board | None

    @property
    def differ(self) -> bool:
        """Say whether something is kept back from the public."""
        return self.public != self.newest


def both_boards(challenge: Challenge, user: User) -> BothBoards:
    """Return the public provisional board and the newest one that this person may see."""
    public = latest(challenge, BoardKind.PUBLIC)
    newest = LeaderboardSnapshot.objects.visible_to(user).latest_of(challenge.pk, BoardKind.PUBLIC)
    before = public if public != newest else None
    return BothBoards(
        public=public,
        newest=newest,
        board=board(newest, before=before) if newest is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Freezes:
    """What is announced or in force about a board standing still, and what was before."""

    in_force: Freeze | None
    announced: Freeze | None
    # The latest first: moved, dropped, lifted, or over with the results.
    ended: tuple[Freeze, ...]

    @property
    def open(self) -> Freeze | None:
        """Return what is announced or in force."""
        return self.in_force or self.announced


def freezes(challenge: Challenge, now: dt.datetime) -> Freezes:
    """Return what has been announced about the public board standing still, in one query."""
    rows = list(Freeze.objects.filter(challenge=challenge).order_by("-pk"))
    standing = next((row for row in rows if row.ended_at is None), None)
    is_in_force = standing is not None and standing.is_in_force(now)
    return Freezes(
        in_force=standing if is_in_force else None,
        announced=None if is_in_force else standing,
        ended=tuple(row for row in rows if row.ended_at is not None),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """A board of the past in one line: who led with what."""

    snapshot: LeaderboardSnapshot
    leaders: tuple[str, ...]
    figure: str
    teams: int


def history(snapshots: Sequence[LeaderboardSnapshot]) -> list[Past]:
    """Return a line for each board, in two queries."""
    leaders: dict[int, list[tuple[str, str]]] = {}
    names = names_behind(snapshots)
    for key, entry, name, score in LeaderboardRow.objects.filter(
        snapshot__in=snapshots, rank=1
    ).values_list("snapshot", "entry", "name", "score"):
        leaders.setdefault(key, []).append((names.get(entry, name), score))
    teams = dict(
        LeaderboardRow.objects.filter(snapshot__in=snapshots, is_baseline=False)
        .order_by()
        .values_list("snapshot")
        .annotate(count=Count("pk"))
    )
    found = []
    for snapshot in snapshots:
        first = leaders.get(snapshot.pk, [])
        card = _cards(snapshot)[0]
        found.append(
            Past(
                snapshot=snapshot,
                leaders=tuple(name for name, _score in first),
                figure=card.figure(first[0][1]) if first else "",
                teams=teams.get(snapshot.pk, 0),
            )
        )
    return found


def _cards(snapshot: LeaderboardSnapshot) -> tuple[MetricCard, ...]:
    return tuple(
        MetricCard(**{name: metric[name] for name in MetricCard.__dataclass_fields__})
        for metric in snapshot.header["metrics"]
    )


def board(
    snapshot: LeaderboardSnapshot,
    user: User | AnonymousUser | None = None,
    *,
    before: LeaderboardSnapshot | None = None,
) -> Board:
    """Return a stored snapshot for a page; ranks are compared with those of `before`."""
    cards = _cards(snapshot)
    own = _own_entries(snapshot, user)
    names = names_behind([snapshot])
    stored = list(LeaderboardRow.objects.filter(snapshot=snapshot))
    rows = tuple(_row(row, cards, own, names) for row in stored)
    likely = likely_ranks(rows, higher_is_better=cards[0].higher_is_better)
    ranks = (
        dict(LeaderboardRow.objects.filter(snapshot=before).values_list("entry", "rank"))
        if before is not None
        else None
    )
    rows = tuple(
        replace(row, likely=likely[at], **_since(ranks, stored[at])) for at, row in enumerate(rows)
    )
    return Board(
        snapshot=snapshot,
        cards=cards,
        rows=rows,
        axis=axis_of(rows, cards[0]),
        before=before,
    )


def _since(ranks: Mapping[int, int | None] | None, row: LeaderboardRow) -> dict[str, Any]:
    """Return how a rank has changed against the ranks of another board by entry."""
    if ranks is None or row.rank is None:
        return {}
    rank = ranks.get(row.entry_id)
    return {"is_new": True} if rank is None else {"moved": rank - row.rank}


def likely_ranks(
    rows: Sequence[ShownRow], *, higher_is_better: bool
) -> list[tuple[int, int] | None]:
    """Return between which ranks each ranked row lies if only separate intervals differ.

    The better end is one more than the rows whose whole interval is better, the worse end leaves
    out those whose whole interval is worse. None for rows without a rank; where intervals are
    missing, the value stands for both ends.
    """
    sign = 1 if higher_is_better else -1
    ends: list[tuple[float, float] | None] = []
    for row in rows:
        if row.rank is None:
            ends.append(None)
            continue
        cell = row.main
        own = sorted(sign * float(end or cell.value) for end in (cell.low, cell.high))
        ends.append((own[0], own[1]))
    lows = sorted(low for low, _high in filter(None, ends))
    highs = sorted(high for _low, high in filter(None, ends))
    return [
        None
        if own is None
        else (
            1 + len(lows) - bisect.bisect_right(lows, own[1]),
            len(highs) - bisect.bisect_left(highs, own[0]),
        )
        for own in ends
    ]


def _own_entries(snapshot: LeaderboardSnapshot, user: User | AnonymousUser | None) -> set[int]:
    if user is None or not user.is_authenticated:
        return set()
    mine = snapshot.challenge.entries.filter(team__memberships__user=user.pk)
    return set(mine.values_list("pk", flat=True))


def _row(
    row: LeaderboardRow, cards: tuple[MetricCard, ...], own: set[int], names: Mapping[int, str]
) -> ShownRow:
    values = row.columns["metrics"]
    empty = {"value": "", "low": "", "high": ""}
    return ShownRow(
        rank=row.rank,
        is_tied=row.columns["tied"],
        name=names.get(row.entry_id, row.name),
        pseudonym=row.name if row.entry_id in names else "",
        decided_by=row.columns.get("decided_by", ""),
        is_baseline=row.is_baseline,
        is_own=row.entry_id in own,
        versions=row.columns["versions"],
        note=row.note,
        cells=tuple(Cell(card=card, **{**empty, **values.get(card.key, {})}) for card in cards),
    )


def axis_of(rows: Sequence[ShownRow], card: MetricCard) -> tuple[float, float]:
    """Return round ends of a scale on which the intervals of the leading rows can be told apart.

    Rows far behind the others, such as a baseline that guesses, would press the rest together;
    they are drawn as an arrow at the edge.
    """
    cells = [row.main for row in rows if row.main.value]
    if not cells:
        return 0.0, 1.0
    values = [float(cell.value) for cell in cells]
    best = max(values) if card.higher_is_better else min(values)
    # Without a distance worth the name (half of them lead), everything is drawn.
    reach = FAR_BEHIND * statistics.median(abs(value - best) for value in values) or math.inf
    near = [cell for cell in cells if abs(float(cell.value) - best) <= reach]
    ends = [float(end) for cell in near for end in (cell.low, cell.value, cell.high) if end]
    low, high = min(ends), max(ends)
    step = 10.0 ** math.floor(math.log10(max(high - low, 1e-6)))
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    if card.lowest is not None:
        first = max(first, card.lowest)
    if card.highest is not None:
        last = min(last, card.highest)
    return (round(first, 9), round(last, 9)) if last > first else (first, first + 1.0)
