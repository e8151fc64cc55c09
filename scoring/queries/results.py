"""Reads of a published result, and of its preview: everything comes from the stored boards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from core.display import iso_utc, money_words, number_words, percent_words
from scoring.models import (
    Amendment,
    Award,
    Cut,
    Decision,
    JurySeat,
    LeaderboardRow,
    Rubric,
)
from scoring.models.benchmark import MetricSetting
from scoring.queries import rounds as round_queries
from scoring.queries import rubric as rubric_queries
from scoring.queries.benchmark import weight_rows
from scoring.queries.board import award_words, decimal_of, reason_words, tie_words
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import AwardKind, BoardKind
from submissions.models import Entry, LeafKind, Submission
from submissions.queries import proof

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from competition.models import Challenge
    from scoring.models import LeaderboardSnapshot
    from scoring.queries.rubric import MethodWords

# By what the data of a result may be used, unless the statement names another licence.
LICENCE = "dl-de/by-2-0"
ATTRIBUTION_LICENCES = {
    "dl-de/by-2-0": "https://www.govdata.de/dl-de/by-2-0",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
METRIC = "metric"
FIRST = "first"


def decision_of(challenge: Challenge) -> Decision | None:
    """Return the decision on a statement with its board, None before it is made."""
    return (
        Decision.objects.filter(challenge=challenge)
        .select_related("challenge__competition", "challenge__agency", "snapshot", "decided_by")
        .prefetch_related("amendments")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What a criterion or the metric adds to the total."""

    key: str
    label: str
    # Share of the total, in per cent, and how it comes about.
    share: Decimal
    weight: Decimal
    of_side: Decimal

    @property
    def is_metric(self) -> bool:
        """Say whether it is measured."""
        return self.key == METRIC

    @property
    def way(self) -> str:
        """Say how its share of the total comes about."""
        words = {"weight": percent_words(self.weight), "share": percent_words(self.of_side)}
        if self.is_metric:
            return _("%(weight)s of the metric's points × %(share)s") % words
        return _("%(weight)s of the jury's points × %(share)s") % words


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """A submission in the final ranking; figures as published, missing is None."""

    entry_id: int
    team_code: str
    name: str
    organisation: str
    submission: str
    rank: int | None
    is_tied: bool
    tie_step: str
    tie: str
    reason: str
    points: Decimal | None
    jury_points: Decimal | None
    jury_part: Decimal | None
    metric_value: str
    metric_raw: str
    metric_points: Decimal | None
    metric_part: Decimal | None
    median: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None
    n: int
    # Points of the jury's score by criterion, the average marks, and the counted sheets.
    criteria: Mapping[str, Mapping[str, Any]]
    sheets: tuple[Mapping[str, Any], ...]
    has_prize: bool
    # "final" or "first" where there was a cut.
    round: str = ""
    # What the team answered and declared with the version (submissions.cards, footprint).
    card: Mapping[str, Any] = field(default_factory=dict)
    # By key, where several metrics make one number.
    metrics: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        """Say whether it was not in the final round."""
        return self.round == FIRST

    def contribution(self, part: Part) -> Decimal | None:
        """Return what a part adds to the total, in points."""
        if part.key == METRIC:
            return self.metric_part
        points = decimal_of(self.criteria.get(part.key, {}).get("points"))
        return None if points is None else points * part.of_side / 100


@dataclass(frozen=True, slots=True)
class MetricPart:
    """What one of several metrics adds to the weighted points of a line."""

    label: str
    value: str
    points: Decimal | None
    weight: Decimal
    part: Decimal | None


@dataclass(frozen=True, slots=True)
class LonglistRow:
    """A submission after the first round, as it is published with the result."""

    rank: int | None
    name: str
    submission: str
    points: Decimal | None
    is_finalist: bool
    # Why it was taken up from below the line; empty: it was above, or did not go on.
    taken_up: str


@dataclass(frozen=True, slots=True)
class AwardLine:
    """A winner: who, what, why."""

    award: Award
    name: str
    organisation: str
    further: tuple[Award, ...]

    @property
    def words(self) -> str:
        """Name all awards of the winner, the first in front."""
        return " · ".join(
            award_words(award.kind, award.place)
            + (f", {money_words(award.amount)}" if award.amount else "")
            for award in (self.award, *self.further)
        )


@dataclass(frozen=True, slots=True)
class Result:
    """A decided problem statement, ready for a page."""

    decision: Decision
    challenge: Challenge
    final: LeaderboardSnapshot
    jury: LeaderboardSnapshot
    rubric: Rubric
    card: MetricCard | None
    parts: tuple[Part, ...]
    lines: tuple[ResultLine, ...]
    baselines: tuple[tuple[str, str], ...]
    awards: tuple[AwardLine, ...]
    received: int
    jurors: tuple[JurySeat, ...]
    amendments: tuple[Amendment, ...]
    # Which version of the result this is, from 1 on; each erratum makes another one.
    version: int
    is_current: bool
    shows_teams: bool
    # Of two rounds: the cut, and the ranking that it went by.
    cut: Cut | None = None
    longlist: tuple[LonglistRow, ...] = ()
    # The board of the hidden rows, where something is measured.
    hidden: LeaderboardSnapshot | None = None

    @property
    def finalists(self) -> int:
        """Return how many lines with a rank were in the final."""
        return sum(not line.is_cut for line in self.ranked)

    @property
    def errata(self) -> list[Amendment]:
        """Return the corrections after the publication, oldest first."""
        return [row for row in self.amendments if row.is_erratum]

    @property
    def earlier(self) -> list[Amendment]:
        """Return the amendments before the publication."""
        return [row for row in self.amendments if not row.is_erratum]

    @property
    def ranked(self) -> list[ResultLine]:
        """Return the lines with a rank."""
        return [line for line in self.lines if line.rank is not None]

    @property
    def unranked(self) -> list[ResultLine]:
        """Return the lines without a rank."""
        return [line for line in self.lines if line.rank is None]

    @property
    def is_combined(self) -> bool:
        """Say whether jury and metric make the total together."""
        return self.card is not None

    @property
    def jury_weight(self) -> Decimal:
        """Return the share of the jury in the total, in per cent."""
        return self.rubric.jury_weight if self.is_combined else Decimal(100)

    @property
    def metric_weight(self) -> Decimal:
        """Return the share of the metric in the total, in per cent."""
        return Decimal(100) - self.jury_weight

    @property
    def method(self) -> MethodWords:
        """Return how pages speak of the scores."""
        return rubric_queries.method_words(self.rubric.method, self.rubric.aggregate)

    @property
    def adds_up(self) -> bool:
        """Say whether the points of the criteria add up to the score."""
        return rubric_queries.settings_of(self.rubric).adds_up

    @property
    def jury_words(self) -> str:
        """Say how much of the total the jury counts."""
        return _("count %(share)s of the total") % {"share": percent_words(self.jury_weight)}

    @property
    def metric_words(self) -> str:
        """Say how much of the total the metric counts."""
        return _("count %(share)s of the total") % {"share": percent_words(self.metric_weight)}

    @property
    def digits(self) -> int:
        """Return the decimal places of the total."""
        return int(self.final.header["digits"])

    @property
    def recusals(self) -> int:
        """Return how often a juror did not assess a submission."""
        return int(self.jury.header["recusals"])

    @property
    def assessments(self) -> int:
        """Return how many assessments count."""
        return int(self.jury.header["assessments"])

    @property
    def headline(self) -> str:
        """Say who won; two lines of a tie are both named."""
        first = [line.name for line in self.ranked if line.rank == 1]
        if len(first) == 1:
            return _("%(name)s wins") % {"name": first[0]}
        return _("%(names)s share first place") % {"names": _(" and ").join(first)}

    @property
    def lead(self) -> str:
        """Say in two sentences how it ended, from the table."""
        ranked = self.ranked
        counted = ngettext(
            "%(count)s submission was ranked.", "%(count)s submissions were ranked.", len(ranked)
        ) % {"count": len(ranked)}
        # Who was cut ranks behind every finalist, also with more points.
        ranked = [line for line in ranked if line.is_cut == ranked[0].is_cut]
        first = ranked[0]
        if self.rubric.ranks_by_sum:
            sums = _("The smallest sum of ranks has %(name)s: %(sum)s.") % {
                "name": first.name,
                "sum": number_words(first.points, self.digits),
            }
            return f"{counted} {sums}"
        leads = _("%(name)s has %(points)s of 100 points.") % {
            "name": first.name,
            "points": number_words(first.points, self.digits),
        }
        if len(ranked) > 1 and first.points is not None and ranked[1].points is not None:
            gap = first.points - ranked[1].points
            leads = (
                _("%(name)s leads with %(points)s of 100 points, %(gap)s ahead of %(second)s.")
                if gap
                else _("%(name)s and %(second)s have %(points)s of 100 points each.")
            ) % {
                "name": first.name,
                "points": number_words(first.points, self.digits),
                "gap": number_words(gap, self.digits),
                "second": ranked[1].name,
            }
        return f"{counted} {leads}"

    @property
    def takeaway(self) -> str:
        """Say where the lead of the first over the second comes from (V-60)."""
        ranked = [line for line in self.ranked if line.is_cut == self.ranked[0].is_cut]
        if len(ranked) < 2:
            return _("What each part adds to the total.")
        first, second = ranked[0], ranked[1]
        gaps = [
            ((first.contribution(part) or 0) - (second.contribution(part) or 0), part)
            for part in self.parts
        ]
        best, part = max(gaps, key=lambda gap: gap[0])
        worst, other = min(gaps, key=lambda gap: gap[0])
        words = {
            "first": first.name,
            "second": second.name,
            "gain": number_words(best, 1),
            "part": part.label,
        }
        sentence = _("%(first)s gains most on %(second)s in “%(part)s”: %(gain)s points.") % words
        if worst < 0:
            sentence += " " + _("In “%(part)s” %(second)s is ahead by %(loss)s points.") % {
                "part": other.label,
                "second": second.name,
                "loss": number_words(-worst, 1),
            }
        return sentence

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Return what each metric counts; empty where there is one, or none."""
        found: list[dict[str, Any]] = self.final.header.get("metrics", [])
        return found

    def metric_parts(self, line: ResultLine) -> list[MetricPart]:
        """Return how the metrics of a line make its weighted points; empty where there is one."""
        parts = []
        for stored in self.metrics:
            card = metric_card(stored["key"])
            weight = MetricSetting.from_json(stored).as_weight()
            text = line.metrics.get(card.key, "")
            value = Decimal(text) if text else None
            parts.append(
                MetricPart(
                    label=card.label,
                    value=card.figure(value),
                    points=None if value is None else weight.points(value),
                    weight=weight.weight,
                    part=None if value is None else weight.part(value),
                )
            )
        return parts

    @property
    def metric_sentence(self) -> str:
        """Say how a value of the metric becomes points; empty where nothing is measured."""
        if self.card is None:
            return ""
        if self.metrics:
            rows = weight_rows(self.metrics)
            listed = (
                f"{row.card.label} {percent_words(row.weight)} ({row.baseline} → {row.target})"
                for row in rows
            )
            words = _(
                "The automatic evaluation measures several metrics on data that nobody has seen. "
                "Each becomes points, which grow evenly from 0 to 100 between two values, and "
                "counts with its weight: %(metrics)s."
            )
            return words % {"metrics": ", ".join(listed)}
        return _(
            "The automatic evaluation measures “%(metric)s” on data that nobody has seen. A value "
            "of %(baseline)s or worse gives 0 points, %(target)s or better gives 100, and between "
            "them points grow evenly."
        ) % {
            "metric": self.card.label,
            "baseline": self.card.figure(self.final.header["baseline"]),
            "target": self.card.figure(self.final.header["target"]),
        }

    @property
    def licence(self) -> str:
        """Return the licence of the downloads: attribution, as the statement's data have it."""
        code = str(self.challenge.answer("data_licence") or "")
        return code if code in ATTRIBUTION_LICENCES else LICENCE

    @property
    def licence_url(self) -> str:
        """Return where the licence can be read."""
        return ATTRIBUTION_LICENCES[self.licence]

    def line_of(self, team_code: str) -> ResultLine | None:
        """Return the line of a team."""
        return next((line for line in self.lines if line.team_code == team_code), None)


def result(
    decision: Decision,
    boards: Mapping[str, LeaderboardSnapshot],
    *,
    shows_teams: bool = True,
    version: int | None = None,
) -> Result:
    """Put together what was decided; before publication `shows_teams` is for the office only.

    `boards` are those of the same `version`: from 1 on, None is the one that holds.
    """
    challenge = decision.challenge
    amendments = amendments_of(decision, version)
    rubric = rubric_queries.of(challenge)
    if rubric is None:
        message = "A decision rests on a rubric."
        raise LookupError(message)
    cut = round_queries.cut_before(challenge) if rubric.has_final else None
    jury = boards[BoardKind.JURY]
    final = boards.get(BoardKind.COMBINED, jury)
    is_combined = final.kind == BoardKind.COMBINED
    card = metric_card(final.header["metric"]) if is_combined else None
    english = (get_language() or "de").startswith("en")
    names = {
        item["key"]: (item["name_en"] if english else "") or item["name_de"]
        for item in jury.header["criteria"]
    }
    jury_weight = rubric.jury_weight if is_combined else Decimal(100)
    parts = [
        Part(
            key=item["key"],
            label=names[item["key"]],
            share=Decimal(item["weight"]) * jury_weight / 100,
            weight=Decimal(item["weight"]),
            of_side=jury_weight,
        )
        for item in jury.header["criteria"]
    ]
    if card is not None:
        share = Decimal(final.header["metric_weight"])
        parts.append(Part(METRIC, card.label, share, Decimal(100), share))
    awards = awards_at(decision, amendments)
    prizes = {award.entry_id for award in awards if award.kind == AwardKind.PRIZE}
    sheets = {row.entry_id: row for row in LeaderboardRow.objects.filter(snapshot=jury)}
    lines = tuple(
        _line(row, sheets[row.entry_id], card, names, jury.header, row.entry_id in prizes,
              shows_teams=shows_teams)
        for row in LeaderboardRow.objects.filter(snapshot=final).select_related(
            "entry__team", "submission"
        )
    )  # fmt: skip
    return Result(
        decision=decision,
        challenge=challenge,
        final=final,
        jury=jury,
        rubric=rubric,
        card=card,
        parts=tuple(parts),
        lines=lines,
        baselines=_baselines(boards.get(BoardKind.PRIVATE), card),
        hidden=boards.get(BoardKind.PRIVATE),
        awards=_awards(awards, {line.entry_id: line for line in lines}),
        received=Entry.objects.live()
        .filter(
            challenge=challenge,
            is_baseline=False,
            pk__in=Submission.objects.for_challenge(challenge)
            .filter(handed_in_at__isnull=False)
            .values("entry"),
        )
        .count(),
        jurors=tuple(_jurors(challenge)),
        amendments=tuple(amendments),
        version=1 + sum(row.is_erratum for row in amendments),
        is_current=version is None or len(amendments) == len(decision.amendments.all()),
        shows_teams=shows_teams,
        cut=cut,
        longlist=_longlist(cut, shows_teams=shows_teams) if cut is not None else (),
    )


def _longlist(cut: Cut, *, shows_teams: bool) -> tuple[LonglistRow, ...]:
    """Return the stored ranking of the first round, and who of it was in the final."""
    finalists = {row.entry_id: row.reason for row in cut.finalists.all()}
    rows = LeaderboardRow.objects.filter(snapshot=cut.snapshot_id)
    return tuple(
        LonglistRow(
            rank=row.rank,
            name=row.entry.team.name if shows_teams else row.name,
            submission=row.submission.code if row.submission is not None else "",
            points=decimal_of(row.score),
            is_finalist=row.entry_id in finalists,
            taken_up=finalists.get(row.entry_id, ""),
        )
        for row in rows.select_related("entry__team", "submission")
    )


def amendments_of(decision: Decision, version: int | None = None) -> list[Amendment]:
    """Return the amendments that a version of the result rests on, oldest first."""
    found, errata = [], 0
    for row in decision.amendments.all():
        errata += row.is_erratum
        if version is None or errata < version:
            found.append(row)
    return found


def awards_at(decision: Decision, amendments: Sequence[Amendment]) -> list[Award]:
    """Return the awards that stand after these amendments."""
    seen = {row.pk for row in amendments}
    return [
        award
        for award in decision.awards.select_related("entry__team")
        if (award.added_in_id is None or award.added_in_id in seen)
        and award.lapsed_in_id not in seen
    ]


def _line(
    row: LeaderboardRow,
    jury: LeaderboardRow,
    card: MetricCard | None,
    names: Mapping[str, str],
    header: Mapping[str, Any],
    has_prize: bool,  # noqa: FBT001  (private)
    *,
    shows_teams: bool,
) -> ResultLine:
    marks, metric = jury.columns, row.columns if card is not None else {}
    note = row.note if row.note == "no_metric_score" else jury.note
    return ResultLine(
        entry_id=row.entry_id,
        team_code=row.entry.team.code if shows_teams else "",
        name=row.entry.team.name if shows_teams else row.name,
        organisation=row.entry.team.organisation if shows_teams else "",
        submission=row.submission.code if row.submission is not None else "",
        rank=row.rank,
        is_tied=bool(row.columns["tied"]),
        tie_step=row.columns["tie_step"],
        tie=tie_words(row.columns["tie_step"], names),
        reason=""
        if row.rank is not None
        else reason_words(note, int(marks["n"]), int(header["min_assessments"])),
        points=decimal_of(row.score),
        jury_points=decimal_of(marks["points"]) if not jury.note else None,
        jury_part=decimal_of(metric.get("jury_part")),
        metric_value=card.figure(metric["metric_value"]) if card is not None else "",
        metric_raw=str(metric.get("metric_value", "")),
        metric_points=decimal_of(metric.get("metric_points")),
        metric_part=decimal_of(metric.get("metric_part")),
        median=decimal_of(marks["median"]),
        lowest=decimal_of(marks["lowest"]),
        highest=decimal_of(marks["highest"]),
        n=int(marks["n"]),
        criteria=marks["criteria"],
        sheets=tuple(marks["sheets"]),
        has_prize=has_prize,
        round=marks.get("round", ""),
        card=row.submission.card if row.submission is not None else {},
        metrics=metric.get("metrics", {}),
    )


def _baselines(
    private: LeaderboardSnapshot | None, card: MetricCard | None
) -> tuple[tuple[str, str], ...]:
    """Return references of the host with their value on the hidden part."""
    if private is None or card is None:
        return ()
    rows = LeaderboardRow.objects.filter(snapshot=private, is_baseline=True)
    return tuple((row.name, card.figure(row.score)) for row in rows)


_AWARD_ORDER = {kind: at for at, kind in enumerate(AwardKind.values)}


def _awards(awards: list[Award], lines: Mapping[int, ResultLine]) -> tuple[AwardLine, ...]:
    """Return one line per winner: the first award in front, further ones of the same team in it."""
    by_entry: dict[int, list[Award]] = {}
    for award in sorted(awards, key=lambda row: (_AWARD_ORDER[row.kind], row.place or 0, row.pk)):
        by_entry.setdefault(award.entry_id, []).append(award)
    return tuple(
        AwardLine(first, lines[entry].name, lines[entry].organisation, tuple(further))
        for entry, (first, *further) in by_entry.items()
    )


def _jurors(challenge: Challenge) -> list[JurySeat]:
    seats = JurySeat.objects.filter(jury__challenge=challenge).select_related("user")
    return sorted(seats, key=lambda seat: (not seat.is_chair, seat.user.display_name.casefold()))


# -- open data -------------------------------------------------------------------------------------

# Name and meaning of each field: the dictionary of the downloads.
FIELDS: tuple[tuple[str, Any], ...] = (
    ("rank", gettext_lazy("Rank; equal points share one; empty: no rank")),
    ("team", gettext_lazy("Public name of the team")),
    ("points", gettext_lazy("Total, 0 to 100")),
    ("jury_points", gettext_lazy("Points of the jury, 0 to 100")),
    ("jury_part", gettext_lazy("Points of the jury times their weight")),
    ("metric_value", gettext_lazy("Value of the metric on the hidden part")),
    ("metric_points", gettext_lazy("Value of the metric as points, 0 to 100")),
    ("metric_part", gettext_lazy("Points of the metric times their weight")),
    ("assessments", gettext_lazy("Number of counted assessments")),
    ("median", gettext_lazy("Median of the jurors' totals")),
    ("lowest", gettext_lazy("Lowest total of a juror")),
    ("highest", gettext_lazy("Highest total of a juror")),
    ("tie_step", gettext_lazy("Published rule that decided between equal points")),
    ("round", gettext_lazy("Round that the rank is of: final, or first for what was cut")),
    ("award", gettext_lazy("Awards: prize with its place, recognition, pilot")),
)
METRIC_FIELD: Any = gettext_lazy("Value of the metric “%(metric)s” on the hidden part")
CRITERION_FIELD: Any = gettext_lazy("Points of the jury for the criterion “%(criterion)s”")


def dictionary(found: Result) -> list[tuple[str, str]]:
    """Return every field of the downloads with its meaning in the language of the page."""
    english = (get_language() or "de").startswith("en")
    own = [
        (
            f"points_{item['key']}",
            CRITERION_FIELD
            % {"criterion": (item["name_en"] if english else "") or item["name_de"]},
        )
        for item in found.jury.header["criteria"]
    ]
    named = [row for row in FIELDS if row[0] != "round" or found.cut is not None]
    metrics = [
        (f"value_{one['key']}", METRIC_FIELD % {"metric": metric_card(one["key"]).label})
        for one in found.metrics
    ]
    return [*((name, str(meaning)) for name, meaning in named), *own, *metrics]


def records(found: Result) -> list[dict[str, Any]]:
    """Return the table of the downloads: exact figures as text, missing is an empty text."""
    awards: dict[int, list[str]] = {}
    for line in found.awards:
        for award in (line.award, *line.further):
            place = f" {award.place}" if award.place else ""
            awards.setdefault(award.entry_id, []).append(f"{award.kind}{place}")
    return [
        {
            "rank": "" if line.rank is None else line.rank,
            "team": line.name,
            "points": _plain(line.points),
            "jury_points": _plain(line.jury_points),
            "jury_part": _plain(line.jury_part),
            "metric_value": line.metric_raw,
            "metric_points": _plain(line.metric_points),
            "metric_part": _plain(line.metric_part),
            "assessments": line.n,
            "median": _plain(line.median),
            "lowest": _plain(line.lowest),
            "highest": _plain(line.highest),
            "tie_step": line.tie_step,
            # Only where there was a cut, so that results of before keep their hash.
            **({"round": line.round} if found.cut is not None else {}),
            "award": ", ".join(awards.get(line.entry_id, [])),
            **{f"points_{key}": part["points"] for key, part in line.criteria.items()},
            **{f"value_{one['key']}": line.metrics.get(one["key"], "") for one in found.metrics},
        }
        for line in found.lines
    ]


def _plain(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def open_data(found: Result) -> dict[str, Any]:
    """Return the whole result for programs: table, weights, rules, and sheets without names."""
    challenge, decision = found.challenge, found.decision
    return {
        "problem_statement": challenge.code,
        "title": {"de": challenge.title_de, "en": challenge.title_en},
        "competition": challenge.competition.slug,
        "licence": found.licence,
        "licence_url": found.licence_url,
        "decided_at": decision.decided_at.isoformat(),
        "published_at": decision.published_at.isoformat() if decision.published_at else None,
        "version": found.version,
        "errata": [
            {
                "made_at": row.made_at.isoformat(),
                "reason": {"de": row.reason_de, "en": row.reason_en},
            }
            for row in found.errata
        ],
        "snapshot": {
            "code": found.final.code,
            "computed_at": found.final.computed_at.isoformat(),
            "inputs_sha256": found.final.inputs_sha256,
            "rule": found.final.rule_version,
        },
        "weights": {
            "jury": str(found.jury_weight),
            "metric": str(found.metric_weight),
            "criteria": found.jury.header["criteria"],
        },
        "metric": {
            name: found.final.header[name]
            for name in ("metric", "baseline", "target", "metrics")
            if name in found.final.header
        },
        "explanation": found.jury.header["explanation"],
        **({"rounds": _rounds(found, found.cut, has_names=True)} if found.cut is not None else {}),
        "fields": _dictionaries(found),
        "rows": rows_with_sheets(found),
    }


def _rounds(found: Result, cut: Cut, *, has_names: bool) -> dict[str, Any]:
    """Return how two rounds came about: the published rule, the line, its reason, the longlist."""
    return {
        "rule": found.rubric.final_rule,
        "threshold": found.rubric.final_threshold,
        "place": cut.place,
        "reason": cut.reason,
        "made_at": iso_utc(cut.made_at),
        "snapshot": cut.snapshot.code,
        "inputs_sha256": cut.snapshot.inputs_sha256,
        "first_round": [
            {
                "rank": "" if row.rank is None else row.rank,
                "submission": row.submission,
                **({"team": row.name} if has_names else {}),
                "points": _plain(row.points),
                "round": "final" if row.is_finalist else FIRST,
                "taken_up": row.taken_up,
            }
            for row in found.longlist
        ],
    }


def rows_with_sheets(found: Result) -> list[dict[str, Any]]:
    """Return the table with the counted sheets of each line, in an order drawn for it alone."""
    return [
        {
            **record,
            "sheets": [
                {"juror": f"J{at}", "total": sheet["total"], "marks_hundredths": sheet["marks"]}
                for at, sheet in enumerate(line.sheets, start=1)
            ],
        }
        for record, line in zip(records(found), found.lines, strict=True)
    ]


MARK_FIELDS = ("submission", "juror", "criterion", "mark")


def marks(found: Result) -> list[tuple[str, str, str, str]]:
    """Return the counted marks, one a line, as `manage.py rank` reads them.

    Submissions below the published minimum of assessments have no score and are left out. J1 of one
    submission is not J1 of another, unless ranks are added.
    """
    names = Counter(line.name for line in found.lines)
    return [
        (
            line.name if names[line.name] == 1 else f"{line.name} ({line.team_code})",
            _juror(sheet, at),
            key,
            f"{Decimal(hundredths) / 100:f}",
        )
        for line in found.lines
        if line.jury_points is not None
        for at, sheet in enumerate(line.sheets, start=1)
        for key, hundredths in sorted(sheet["marks"].items())
        if hundredths is not None
    ]


def rubric_toml(found: Result) -> str:
    """Return the rubric of the jury as `manage.py rank` reads it."""
    rubric, header = found.rubric, found.jury.header
    code = found.challenge.code
    lines = [
        f"# manage.py rank {code}-marks.csv --rubric {code}-rubric.toml",
        "# gives the points of the jury. Equal points share a rank there; here the published",
        "# rules for equal points follow.",
        'scale = "percent"',
        f'aggregate = "{rubric.aggregate}"',
        f'method = "{rubric.method}"',
        f'rounding = "{rubric.rounding}"',
        f"digits = {header['digits']}",
    ]
    for criterion in header["criteria"]:
        lines += [
            "",
            f"# {' '.join(criterion['name_de'].split())}",
            "[[criterion]]",
            f'key = "{criterion["key"]}"',
            f"weight = {criterion['weight']}",
            f"min = {criterion['lowest']}",
            f"max = {criterion['highest']}",
        ]
    return "\n".join(lines) + "\n"


def sealed_rows(found: Result) -> list[dict[str, Any]]:
    """Return the rows as the log commits to them: with the submission's code, without a name."""
    return [
        {
            "submission": line.submission,
            **{key: value for key, value in row.items() if key != "team"},
        }
        for row, line in zip(rows_with_sheets(found), found.lines, strict=True)
    ]


def sealed_decision(found: Result) -> dict[str, Any]:
    """Return the decision as the log commits to it: without the name of a person or a team."""
    decision = found.decision
    codes = {line.entry_id: line.submission for line in found.lines}
    awards = sorted(
        awards_at(decision, found.amendments), key=lambda row: (row.kind, row.place or 0, row.pk)
    )
    amendments = [
        {
            "number": amendment.number,
            "made_at": iso_utc(amendment.made_at),
            "is_erratum": amendment.is_erratum,
            "reason_de": amendment.reason_de,
            "reason_en": amendment.reason_en,
        }
        for amendment in found.amendments
    ]
    return {
        # Named only where there is one, so that decisions of before keep their hash.
        **({"amendments": amendments} if amendments else {}),
        **({"rounds": _rounds(found, found.cut, has_names=False)} if found.cut is not None else {}),
        "snapshot": found.final.code,
        "decided_at": iso_utc(decision.decided_at),
        "reasons_de": decision.reasons_de,
        "reasons_en": decision.reasons_en,
        "awards": [
            {
                "submission": codes[award.entry_id],
                "kind": award.kind,
                "place": award.place,
                "amount": award.amount,
                "reason_de": award.reason_de,
                "reason_en": award.reason_en,
            }
            for award in awards
        ],
    }


def bundle_files(versions: Sequence[Result]) -> dict[str, bytes]:
    """Return the files of a published result for the bundle of proofs.

    The version that holds lies in `result/`, what an erratum has corrected in `versions/`.
    """
    files: dict[str, bytes] = {}
    for number, found in enumerate(versions):
        is_last = number == len(versions) - 1
        folder = "result" if is_last else f"versions/{found.version}"
        names = [line.name for line in found.lines]
        rows = [{**row, "team": name} for row, name in zip(sealed_rows(found), names, strict=True)]
        files |= {
            f"{folder}/result.json": proof.as_file({**open_data(found), "rows": rows}),
            f"{folder}/decision.json": proof.as_file(sealed_decision(found)),
            **proof.leaf_files(found.challenge, LeafKind.RESULT, folder, number=number),
        }
    return files


def _dictionaries(found: Result) -> list[dict[str, str]]:
    by_language = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            by_language[language] = dict(dictionary(found))
    return [
        {"name": name, **{language: words[name] for language, words in by_language.items()}}
        for name, _words in dictionary(found)
    ]


# -- one team's own result -------------------------------------------------------------------------


def awards_of(decision: Decision, entry: Entry) -> list[tuple[Award, str]]:
    """Return the awards of a team with their names."""
    given = decision.awards.standing().filter(entry=entry)
    return [
        (award, award_words(award.kind, award.place))
        for award in sorted(given, key=lambda row: (_AWARD_ORDER[row.kind], row.place or 0))
    ]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the jury wrote to a team about one criterion, or about the whole."""

    label: str
    texts: tuple[str, ...]


def feedback(submission: Submission) -> list[Feedback]:
    """Return the comments of counted assessments by criterion, in an order that names nobody."""
    from scoring.models import Assessment, CriterionScore  # noqa: PLC0415  (only here)

    assessments = Assessment.objects.filter(assignment__submission=submission).counted()
    rows = (
        CriterionScore.objects.filter(assessment__in=assessments)
        .exclude(comment="")
        .select_related("criterion")
        .order_by("criterion__position", "comment")
    )
    by_criterion: dict[str, list[str]] = {}
    for row in rows:
        by_criterion.setdefault(str(row.criterion), []).append(row.comment)
    found = [Feedback(label, tuple(texts)) for label, texts in by_criterion.items()]
    overall = assessments.exclude(comment="").order_by("comment").values_list("comment", flat=True)
    if overall:
        found.append(Feedback(_("Overall"), tuple(overall)))
    return found


# -- the way from the marks to the rank ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepRow:
    """One criterion: the marks J1 to Jn, their average, weight, and points of the jury's score."""

    label: str
    marks: tuple[str, ...]
    mean: Decimal | None
    weight: Decimal
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The first step of the explanation: from the marks to the points of the jury."""

    jurors: tuple[str, ...]
    rows: tuple[StepRow, ...]
    totals: tuple[Decimal | None, ...]


def steps(found: Result, line: ResultLine) -> Steps:
    """Return the counted sheets of a submission, in an order drawn for it alone."""
    return Steps(
        jurors=tuple(_juror(sheet, at) for at, sheet in enumerate(line.sheets, start=1)),
        rows=tuple(
            StepRow(
                label=part.label,
                marks=tuple(_mark(sheet["marks"].get(part.key)) for sheet in line.sheets),
                mean=decimal_of(line.criteria.get(part.key, {}).get("mean")),
                weight=part.weight,
                points=decimal_of(line.criteria.get(part.key, {}).get("points")),
            )
            for part in found.parts
            if part.key != METRIC
        ),
        totals=tuple(decimal_of(sheet["total"]) for sheet in line.sheets),
    )


def _juror(sheet: Mapping[str, Any], at: int) -> str:
    """Return the number of a sheet's juror: of this submission alone, unless ranks are added."""
    return f"J{sheet.get('juror', at)}"


def _mark(hundredths: int | None) -> str:
    return "–" if hundredths is None else f"{hundredths / 100:g}"
