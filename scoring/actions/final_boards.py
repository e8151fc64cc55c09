"""The boards a decision rests on: the jury's, and the combined one where something is measured.

Both carry jury pseudonyms as names: who is who is read from the entry, and only after publication.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from scoring.actions import leaderboard
from scoring.actions.leaderboard import Computed, Row
from scoring.models import Benchmark, JurySeat, LeaderboardSnapshot, Recusal, Rubric
from scoring.queries import rounds as round_queries
from scoring.queries import rubric as rubric_queries
from scoring.states import BoardKind
from submissions.models import Submission

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from competition.models import Challenge
    from scoring.compute.schema import OfficialResult
    from scoring.compute.support import Support
    from scoring.models import Decision

COMBINED_DIGITS = 2
# What the rows of a board after a cut say of their round, in the order in which they rank.
FINAL, FIRST = "final", "first"
TWO_ROUNDS = (
    "The jury has assessed in two rounds: the finalists are ranked first, by the marks of the "
    "whole panel; the others behind them, by the marks of the first round."
)
# From which spread of the jurors' totals a submission is worth a talk: half a level and a level
# and a half of a scale with five levels. A prompt, nothing more.
DISCUSS_SD, DISCUSS_SPREAD = Decimal("12.5"), Decimal("37.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalBoards:
    """What was computed for a decision; `final` is the one that ranks officially."""

    jury: LeaderboardSnapshot
    private: LeaderboardSnapshot | None
    combined: LeaderboardSnapshot | None

    @property
    def final(self) -> LeaderboardSnapshot:
        """Return the combined board if there is one, else the jury's."""
        return self.combined or self.jury

    @property
    def all(self) -> list[LeaderboardSnapshot]:
        """Return every board of the decision."""
        return [board for board in (self.jury, self.private, self.combined) if board is not None]


def store_all(challenge: Challenge, *, now: dt.datetime | None = None) -> FinalBoards:
    """Compute and store the final boards; boards whose inputs have not changed are kept.

    Must run in the transaction of the decision, so that boards and decision agree.
    """
    rubric = rubric_queries.of(challenge)
    computed = compute_jury(challenge, rubric)
    if not is_combined(challenge):
        told = _with_stability(challenge, rubric, computed, computed)
        jury = leaderboard.store(challenge, BoardKind.JURY, told, now=now)
        return FinalBoards(jury=jury, private=None, combined=None)
    jury = leaderboard.store(challenge, BoardKind.JURY, computed, now=now)
    private = leaderboard.refresh(challenge, BoardKind.PRIVATE, now=now)
    total = _with_stability(challenge, rubric, compute_combined(challenge, computed), computed)
    combined = leaderboard.store(challenge, BoardKind.COMBINED, total, now=now)
    return FinalBoards(jury=jury, private=private, combined=combined)


def _with_stability(
    challenge: Challenge, rubric: Rubric | None, final: Computed, jury: Computed
) -> Computed:
    """Add to the header which ranks another jury might have given, where that was announced.

    Drawn once, with the decision: a later version of the drawing library may draw otherwise, and
    what was published has to stay. Keys are codes of submissions.
    """
    if rubric is None or not rubric.tells_stability:
        return final
    found = support(challenge, rubric, rows=jury.rows, combined=None if final is jury else final)
    if found.chances is None:
        told: dict[str, Any] = {"reason": found.reasons["adjusted"]}
    else:
        low, high = found.chances.low.tolist(), found.chances.high.tolist()
        likely = dict(zip(found.submissions, zip(low, high, strict=True), strict=True))
        told = {
            "seed": found.chances.seed,
            "draws": found.chances.draws,
            "ranks": {
                row.submission.code: list(likely[row.name])
                for row in final.rows
                if row.name in likely and row.rank is not None and row.submission is not None
            },
        }
    return replace(final, header={**final.header, "stability": told})


def store_longlist(challenge: Challenge, *, now: dt.datetime | None = None) -> LeaderboardSnapshot:
    """Compute and store the official ranking after the first round, which the cut goes by.

    The whole rule counts, with the metric where one is part of it. Must run in the transaction
    that ends the round or makes the cut; a board whose inputs have not changed is kept.
    """
    rubric = _rubric(challenge, None)
    ranked, _own = official(challenge, rubric)
    return leaderboard.store(challenge, BoardKind.LONGLIST, ranked, now=now)


def official(challenge: Challenge, rubric: Rubric) -> tuple[Computed, Computed]:
    """Compute the board that ranks officially, and the jury's part of it (the same without one)."""
    jury = compute_jury(challenge, rubric)
    return (compute_combined(challenge, jury) if is_combined(challenge) else jury), jury


def is_combined(challenge: Challenge) -> bool:
    """Say whether jury and metric are put together: something is measured and both weigh."""
    return (
        Rubric.objects.filter(challenge=challenge, jury_weight__gt=0, jury_weight__lt=100).exists()
        and Benchmark.objects.filter(challenge=challenge).exists()
    )


def _in_the_running(challenge: Challenge) -> list[Submission]:
    """Return what the jury assesses: the counting version per entry, by pseudonym."""
    return list(
        Submission.objects.for_challenge(challenge)
        .counting()
        .filter(entry__is_baseline=False)
        .select_related("entry")
        .order_by("entry__jury_pseudonym")
    )


def _rubric(challenge: Challenge, rubric: Rubric | None) -> Rubric:
    found = rubric or rubric_queries.of(challenge)
    if found is None:
        message = "A jury ranks by a rubric."
        raise LookupError(message)
    return found


@dataclass(frozen=True, slots=True)
class _Group:
    """Submissions that are ranked among themselves: all of them, or one round of a cut."""

    round: str
    submissions: list[Submission]
    result: OfficialResult
    marks: pd.DataFrame


def _official(
    challenge: Challenge, rubric: Rubric, without: Collection[int], finalists: set[int] | None
) -> list[_Group]:
    """Rank by the official score: everything at once, or the finalists and then the others."""
    from scoring import frames  # noqa: PLC0415  (heavy)
    from scoring.compute.jury import official_score  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import SUBMISSION  # noqa: PLC0415  (with pandas)

    settings = rubric_queries.settings_of(rubric)
    submissions = [row for row in _in_the_running(challenge) if row.entry_id not in without]
    marks = frames.jury_marks(challenge)
    parts = {"": submissions}
    if finalists is not None:
        parts = {
            FINAL: [row for row in submissions if row.entry_id in finalists],
            FIRST: [row for row in submissions if row.entry_id not in finalists],
        }
    groups = []
    for name, rows in parts.items():
        keys = [row.pk for row in rows]
        # A version that was replaced after it had been assessed is no longer in the running.
        own = marks[marks[SUBMISSION].isin(keys)]
        groups.append(_Group(name, rows, official_score(own, settings, submissions=keys), own))
    return groups


def compute_jury(
    challenge: Challenge, rubric: Rubric | None = None, *, without: Collection[int] = ()
) -> Computed:
    """Rank by the official score: exact decimals, from released marks of unrecused jurors only.

    `rubric` is that of the challenge, where it has been read already. `without` are entries of
    which nothing may be told to whoever reads the board, neither a row nor a gap between ranks.
    After a cut the finalists are ranked among themselves, and the others among themselves behind
    them; each row then names its round.
    """
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)
    from scoring.compute.jury import explain  # noqa: PLC0415  (heavy)
    from scoring.compute.ranking import RANKING_RULES  # noqa: PLC0415  (heavy)

    rubric = _rubric(challenge, rubric)
    finalists = round_queries.finalists_before(challenge, rubric)
    groups = _official(challenge, rubric, without, finalists)
    rows: list[Row] = []
    for group in groups:
        ahead = sum(row.rank is not None for row in rows)
        rows += _jury_rows(challenge, rubric, group, ahead)
    submissions = [row for group in groups for row in group.submissions]
    by_key = {row.pk: row for row in submissions}
    rule = RANKING_RULES["jury"]
    header = {
        "criteria": [
            {
                "key": criterion.key,
                "name_de": criterion.name_de,
                "name_en": criterion.name_en,
                "weight": f"{criterion.weight:.2f}",
                "lowest": criterion.lowest,
                "highest": criterion.highest,
            }
            for criterion in rubric.criteria.all()
        ],
        "aggregate": rubric.aggregate,
        "method": rubric.method,
        "digits": rubric.digits,
        "min_assessments": rubric.min_assessments,
        "rule": {"key": rule.key, "version": rule.version, "definition": rule.definition},
        "explanation": [
            *explain(rubric_queries.settings_of(rubric)),
            *([TWO_ROUNDS] if finalists is not None else []),
        ],
        "jurors": len({juror for group in groups for juror in group.marks[schema.JUROR]}),
        "assessments": sum(len(group.result.juror_totals) for group in groups),
        "recusals": Recusal.objects.filter(
            seat__jury__challenge=challenge, entry__in=[row.entry_id for row in submissions]
        ).count(),
    }
    inputs = {
        "rule": [rule.key, rule.version],
        "rubric": rubric_queries.canonical(rubric),
        "submissions": sorted(row.code for row in submissions),
        "marks": sorted(
            (by_key[submission].code, juror, criterion, mark)
            for group in groups
            for submission, juror, criterion, mark in _each_mark(group.marks)
        ),
        # Only where there is a cut, so that boards of before keep their hash.
        **(
            {}
            if finalists is None
            else {"finalists": sorted(r.code for r in submissions if r.entry_id in finalists)}
        ),
    }  # fmt: skip
    return Computed(
        rows=rows, header=header, inputs=inputs, rule_version=f"{rule.key}/{rule.version}"
    )


def _jury_rows(challenge: Challenge, rubric: Rubric, group: _Group, ahead: int) -> list[Row]:
    """Return the rows of those who are ranked among themselves, behind `ahead` others."""
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)

    by_key = {row.pk: row for row in group.submissions}
    criteria = {
        (record[schema.SUBMISSION], record[schema.CRITERION]): record
        for record in _records(group.result.criteria)
    }
    keys = [criterion.key for criterion in rubric.criteria.all()]
    sheets = _sheets(challenge, by_key, group.result, group.marks, are_linked=rubric.ranks_by_sum)
    rows = []
    for record in _records(group.result.table):
        submission = by_key[record[schema.SUBMISSION]]
        score = record[schema.SCORE] if record[schema.REASON] is None else None
        rank = _whole(record[schema.RANK])
        rows.append(
            Row(
                entry=submission.entry,
                submission=submission,
                name=submission.entry.jury_pseudonym,
                rank=None if rank is None else ahead + rank,
                score=_text(score),
                columns={
                    "points": _text(record[schema.SCORE]),
                    "n": int(record[schema.N]),
                    "mean": _text(record[schema.MEAN]),
                    "median": _text(record[schema.MEDIAN]),
                    "sd": _text(record[schema.SD]),
                    "lowest": _text(record[schema.MINIMUM]),
                    "highest": _text(record[schema.MAXIMUM]),
                    "tied": bool(record[schema.TIED]),
                    "tie_step": record[schema.TIE_STEP] or "",
                    "criteria": {
                        key: {
                            "mean": _text(part[schema.MEAN]),
                            "points": _text(part[schema.POINTS]),
                            "n": int(part[schema.N]),
                        }
                        for key in keys
                        if (part := criteria.get((submission.pk, key))) is not None
                    },
                    "sheets": sheets[submission.pk],
                    **({"round": group.round} if group.round else {}),
                },
                note=str(record[schema.REASON] or ""),
            )
        )
    return rows


def support(
    challenge: Challenge,
    rubric: Rubric,
    *,
    rows: Sequence[Row],
    combined: Computed | None = None,
    hidden: Collection[int] = (),
    letters: Mapping[str, str] | None = None,
) -> Support:
    """Compute the decision support of the jury's board: submissions and jurors by pseudonym.

    `rows` are those of the board. Of the entries in `hidden` nothing enters, nor of submissions
    without a score or, after a cut, outside the final. `letters` are the names of the jurors by
    the code of their seat, which else stands for them. Where jury and metric make the total, the
    chances of ranks are of `combined`.
    """
    from scoring import frames  # noqa: PLC0415  (heavy)
    from scoring.compute import panel  # noqa: PLC0415  (heavy)
    from scoring.compute import support as support_of  # noqa: PLC0415  (heavy)

    names = {
        row.submission.pk: row.name
        for row in rows
        if row.score
        and row.submission is not None
        and row.entry.pk not in hidden
        and row.columns.get("round") != FIRST
    }
    settings = rubric_queries.settings_of(rubric)
    sheets: dict[str, dict[str, dict[str, Fraction]]] = {name: {} for name in names.values()}
    for submission, juror, criterion, mark in _each_mark(frames.jury_marks(challenge)):
        name = names.get(submission)
        if name is not None:
            sheet = sheets[name].setdefault(letters[juror] if letters else juror, {})
            sheet[criterion] = Fraction(mark, 100)
    return support_of.support(
        sheets,
        panel.PanelRubric(
            criteria=tuple(
                panel.PanelCriterion(
                    key=criterion.key,
                    weight=Fraction(criterion.weight),
                    low=Fraction(criterion.low, 100),
                    high=Fraction(criterion.high, 100),
                )
                for criterion in settings.criteria
            ),
            scale=panel.Scale.PERCENT,
            aggregation=settings.aggregation,
            rounding=settings.rounding,
            digits=settings.digits,
            method=settings.method,
        ),
        settings.method,
        beside=None
        if combined is None
        else support_of.Beside(
            share=Fraction(rubric.jury_weight) / 100,
            points={
                row.name: Decimal(row.columns["metric_part"])
                for row in combined.rows
                if row.score and row.name in sheets
            },
        ),
    )


def likely_ranks(
    challenge: Challenge, rubric: Rubric, ranked: Computed, own: Computed
) -> dict[str, tuple[int, int]]:
    """Return between which ranks another jury would likely have put each submission, by pseudonym.

    `ranked` and `own` are what `official` gives. Nothing where it cannot be said.
    """
    combined = None if ranked is own else ranked
    found = support(challenge, rubric, rows=own.rows, combined=combined)
    if found.chances is None:
        return {}
    ends = zip(found.chances.low.tolist(), found.chances.high.tolist(), strict=True)
    return dict(zip(found.submissions, ends, strict=True))


def compute_combined(challenge: Challenge, jury: Computed | None = None) -> Computed:
    """Put the jury's points and the metric on the hidden part together, as published beforehand.

    `jury` is the jury's board, where it has been computed already.
    """
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)
    from scoring.compute.ranking import RANKING_RULES  # noqa: PLC0415  (heavy)

    jury = jury or compute_jury(challenge)
    private = leaderboard.compute(challenge, BoardKind.PRIVATE)
    rubric = Rubric.objects.get(challenge=challenge)
    benchmark = Benchmark.objects.get(challenge=challenge)
    baseline, target = benchmark.points_scale
    settings = schema.Combination(
        jury_weight=rubric.jury_weight,
        metric_weight=rubric.metric_weight,
        baseline=baseline,
        target=target,
        digits=COMBINED_DIGITS,
        tie_chain=(schema.JURY_POINTS,),
    )
    rule = RANKING_RULES["combined"]
    rows: list[Row] = []
    # After a cut the finalists are ranked first, then the others behind them.
    for name in dict.fromkeys(row.columns.get("round", "") for row in jury.rows):
        own = {row.entry.pk: row for row in jury.rows if row.columns.get("round", "") == name}
        measured = [row for row in private.rows if row.entry.pk in own]
        table: Any = rule.compute(
            _scores(own.values()), _scores(measured), settings, submissions=list(own)
        )
        ahead = sum(row.rank is not None for row in rows)
        rows += [_combined_row(own[r[schema.SUBMISSION]], r, ahead) for r in _records(table)]
    weights = private.header.get("weights")
    if weights:
        values = {row.entry.pk: row.columns["metrics"] for row in private.rows}
        rows = [_with_values(row, values.get(row.entry.pk, {})) for row in rows]
    header = {
        "jury_weight": f"{rubric.jury_weight:.2f}",
        "metric_weight": f"{rubric.metric_weight:.2f}",
        "metric": benchmark.ranked_by,
        "metric_digits": benchmark.digits_of(benchmark.ranked_by),
        "baseline": str(settings.baseline),
        "target": str(settings.target),
        "digits": settings.digits,
        "rule": {"key": rule.key, "version": rule.version, "definition": rule.definition},
        "jury": jury.header,
        # Only where several metrics make one number, so that results of before keep their hash.
        **({"metrics": weights} if weights else {}),
    }
    inputs = {
        "rule": [rule.key, rule.version],
        "jury": jury.inputs_sha256,
        "private": private.inputs_sha256,
        "weights": [header["jury_weight"], header["metric_weight"]],
        "points": [header["baseline"], header["target"]],
    }
    return Computed(
        rows=rows, header=header, inputs=inputs, rule_version=f"{rule.key}/{rule.version}"
    )


def _with_values(row: Row, values: Mapping[str, Mapping[str, str]]) -> Row:
    """Keep the published value of each metric beside the points that they make together."""
    found = {key: cell["value"] for key, cell in values.items()}
    return replace(row, columns={**row.columns, "metrics": found})


def _combined_row(line: Row, record: Mapping[str, Any], ahead: int) -> Row:
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)

    rank = _whole(record[schema.RANK])
    return Row(
        entry=line.entry,
        submission=line.submission,
        name=line.name,
        rank=None if rank is None else ahead + rank,
        score=_text(record[schema.SCORE]),
        columns={
            "jury_points": _text(record[schema.JURY_POINTS]),
            "jury_part": _text(record[schema.JURY_PART]),
            "metric_value": _text(record[schema.METRIC_VALUE]),
            "metric_points": _text(record[schema.METRIC_POINTS]),
            "metric_part": _text(record[schema.METRIC_PART]),
            "tied": bool(record[schema.TIED]),
            "tie_step": record[schema.TIE_STEP] or "",
        },
        note=str(record[schema.REASON] or ""),
    )


def _sheets(
    challenge: Challenge,
    submissions: dict[int, Submission],
    result: OfficialResult,
    marks: pd.DataFrame,
    *,
    are_linked: bool,
) -> dict[int, list[dict[str, Any]]]:
    """Return the counted sheets of each submission without names: marks in hundredths, total.

    The order is drawn anew for each submission from a number that only the seat has, so that no
    column of two tables belongs to the same juror, and yet the same rows give the same order.
    Only where ranks are added (`are_linked`) a sheet says by a number which juror it is of: without
    it nobody could compute the ranks that a juror gave.
    """
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)

    seeds = dict(
        JurySeat.objects.filter(jury__challenge=challenge).values_list("code", "order_seed")
    )
    given: dict[tuple[int, str], dict[str, int]] = {}
    for submission, juror, criterion, mark in _each_mark(marks):
        given.setdefault((submission, juror), {})[criterion] = mark
    drawn: dict[int, list[tuple[str, dict[str, Any]]]] = {key: [] for key in submissions}
    for record in _records(result.juror_totals):
        key, juror = record[schema.SUBMISSION], record[schema.JUROR]
        counted = {"marks": given[key, juror], "total": _text(record[schema.TOTAL])}
        about = challenge.code if are_linked else submissions[key].code
        lot = hashlib.sha256(f"{seeds[juror]} {about} {juror}".encode()).hexdigest()
        drawn[key].append((lot, counted))
    if are_linked:
        lots = sorted({lot for found in drawn.values() for lot, _sheet in found})
        for found in drawn.values():
            for lot, sheet in found:
                sheet["juror"] = 1 + lots.index(lot)
    return {
        key: [sheet for _lot, sheet in sorted(found, key=lambda pair: pair[0])]
        for key, found in drawn.items()
    }


def disputed(computed: Computed) -> set[int]:
    """Return the entries of the jury's board on which the jurors' totals are far apart."""
    import pandas as pd

    from scoring.compute import schema  # noqa: PLC0415  (with pandas)
    from scoring.compute.jury import disagreement  # noqa: PLC0415  (heavy)

    columns = {
        schema.N: "n",
        schema.MEAN: "mean",
        schema.MEDIAN: "median",
        schema.SD: "sd",
        schema.MINIMUM: "lowest",
        schema.MAXIMUM: "highest",
    }
    table = pd.DataFrame(
        {
            schema.SUBMISSION: [row.entry.pk for row in computed.rows],
            **{
                name: pd.Series(
                    [
                        Decimal(value) if (value := row.columns[key]) else None
                        for row in computed.rows
                    ]
                    if name != schema.N
                    else [row.columns[key] for row in computed.rows],
                    dtype=object,
                )
                for name, key in columns.items()
            },
        }
    )
    limits = schema.DisagreementLimits(sd=DISCUSS_SD, spread=DISCUSS_SPREAD)
    return {
        record[schema.SUBMISSION]
        for record in _records(disagreement(table, limits))
        if record[schema.FLAGS]
    }


def recompute(snapshot: LeaderboardSnapshot) -> Computed:
    """Compute a stored board again from the rows it names (for check_invariants)."""
    if snapshot.kind == BoardKind.JURY:
        return compute_jury(snapshot.challenge)
    if snapshot.kind == BoardKind.COMBINED:
        return compute_combined(snapshot.challenge)
    return leaderboard.compute(snapshot.challenge, snapshot.kind)


def of_decision(decision: Decision, version: int | None = None) -> dict[str, LeaderboardSnapshot]:
    """Return the boards that a decision rests on, by kind; a later run changes none of them.

    `version` counts from 1, the result as it was published first; None is the one that holds.
    """
    errata = [row for row in decision.amendments.all() if row.is_erratum]
    errata = errata if version is None else errata[: version - 1]
    moment = errata[-1].made_at if errata else decision.decided_at
    found = {}
    for kind in (BoardKind.JURY, BoardKind.PRIVATE, BoardKind.COMBINED):
        board = LeaderboardSnapshot.objects.filter(
            challenge=decision.challenge_id, computed_at__lte=moment
        ).latest_of(decision.challenge_id, kind)
        if board is not None:
            found[kind.value] = board
    return found


def _scores(rows: Any) -> pd.DataFrame:
    """Return rows × (submission = key of the entry, published score as Decimal)."""
    import pandas as pd

    from scoring.compute import schema  # noqa: PLC0415  (with pandas)

    known = list(rows)
    return pd.DataFrame(
        {
            schema.SUBMISSION: pd.Series([row.entry.pk for row in known], dtype=object),
            schema.SCORE: pd.Series(
                [Decimal(row.score) if row.score else None for row in known], dtype=object
            ),
        }
    )


def _each_mark(marks: pd.DataFrame) -> Iterator[tuple[int, str, str, int]]:
    """Yield submission, juror, criterion and mark in hundredths of every mark.

    Of a large jury there are tens of thousands: as dictionaries they take five times as long.
    """
    from scoring.compute import schema  # noqa: PLC0415  (with pandas)

    names = (schema.SUBMISSION, schema.JUROR, schema.CRITERION, schema.MARK)
    return zip(*(marks[name].tolist() for name in names), strict=True)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries by column name."""
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return records


def _whole(value: Any) -> int | None:
    """Return a whole number of a nullable column; missing stays missing."""
    return int(value) if isinstance(value, int) else None


def _text(value: Any) -> str:
    """Return an exact figure as text, an empty string where there is none."""
    return str(value) if isinstance(value, Decimal) else ""
