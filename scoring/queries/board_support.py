"""Decision support on the chair's desk: what was computed, in words and rows of a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import number_words
from scoring.queries.stability import LikelyRanks, Stability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scoring.compute.support import Prompt, Support, WithoutJuror
    from scoring.models import Rubric
    from scoring.queries.board import Line

GOOD, TENTATIVE = 0.8, 2 / 3  # of Krippendorff's alpha
FEW = 10  # degrees of freedom; with fewer the error itself is hardly known


@dataclass(frozen=True, slots=True)
class Estimate:
    """A submission: its official points, and what the model makes of them."""

    name: str
    # By the published points among these; None without any.
    rank: int | None
    official: Decimal | None
    adjusted: Decimal
    error: Decimal | None
    low: int
    high: int
    top: int

    @property
    def ranks(self) -> str:
        """Say between which ranks it could lie."""
        if self.low == self.high:
            return _("rank %(rank)s") % {"rank": self.low}
        return _("rank %(low)s to %(high)s") % {"low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Juror:
    """A juror by letter: strictness, and what is worth a question."""

    letter: str
    severity: Decimal | None
    error: Decimal | None
    words: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """Another jury or rule, and who would win."""

    label: str
    winners: str
    changes: bool
    margin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A criterion, its weight, and the weight at which the first two are equal."""

    label: str
    weight: Decimal
    at: Decimal | None


@dataclass(frozen=True, slots=True)
class Strip:
    """A juror by letter with the total given to each submission, 0 to 100."""

    letter: str
    totals: Mapping[str, float]

    @property
    def mean(self) -> float:
        """Return the average of the juror's totals."""
        return fmean(self.totals.values())

    @property
    def lowest(self) -> float:
        """Return the lowest of the juror's totals."""
        return min(self.totals.values())

    @property
    def highest(self) -> float:
        """Return the highest of the juror's totals."""
        return max(self.totals.values())


@dataclass(frozen=True, slots=True)
class Spread:
    """A submission with average and standard deviation of the jurors' totals."""

    name: str
    mean: float
    sd: float
    n: int
    is_disputed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSupport:
    """Everything the page shows; a reason stands where something could not be computed."""

    estimates: tuple[Estimate, ...]
    jurors: tuple[Juror, ...]
    without: tuple[Other, ...]
    rules: tuple[Other, ...]
    turns: tuple[Turn, ...] | None
    alpha: Decimal | None
    alpha_words: str
    concordance: Decimal | None
    consistency: Decimal | None
    top: int
    seed: int | None
    draws: int | None
    is_indication: bool
    reasons: Mapping[str, str]
    strips: tuple[Strip, ...]
    spreads: tuple[Spread, ...]
    # Letter of a juror, and submissions whose comparison with the others hangs on that juror alone.
    bridges: tuple[tuple[str, str], ...]

    @property
    def by_rank(self) -> list[Estimate]:
        """Return the estimates in the order of the ranking."""
        return sorted(self.estimates, key=lambda row: (row.rank is None, row.rank or 0, row.name))

    @property
    def stability(self) -> Stability:
        """Return the ranks with those that another jury might have given."""
        return Stability(
            rows=tuple(
                LikelyRanks(row.name, row.rank, row.low, row.high)
                for row in self.by_rank
                if row.rank is not None
            ),
            seed=self.seed or 0,
            draws=self.draws or 0,
        )

    @property
    def overall(self) -> float:
        """Return the average of all totals of the jurors."""
        return fmean(total for strip in self.strips for total in strip.totals.values())

    @property
    def strips_takeaway(self) -> str:
        """Say between which two jurors the averages lie (P-5)."""
        low = min(self.strips, key=lambda row: row.mean)
        high = max(self.strips, key=lambda row: row.mean)
        return _(
            "On average the jurors gave %(low)s (juror %(strict)s) to %(high)s points (juror "
            "%(mild)s)."
        ) % {
            "low": number_words(low.mean, 1),
            "strict": low.letter,
            "high": number_words(high.mean, 1),
            "mild": high.letter,
        }

    @property
    def spreads_takeaway(self) -> str:
        """Say on what the jurors are furthest apart (P-6)."""
        widest = max(self.spreads, key=lambda row: row.sd)
        count = sum(row.is_disputed for row in self.spreads)
        first = _("The jurors are furthest apart on %(name)s: %(sd)s points.") % {
            "name": widest.name,
            "sd": number_words(widest.sd, 1),
        }
        if not count:
            return f"{first} " + _("On no submission are they so far apart that it stands out.")
        return f"{first} " + ngettext(
            "%(count)s submission is worth a talk.",
            "%(count)s submissions are worth a talk.",
            count,
        ) % {"count": count}


def board_support(
    found: Support, rubric: Rubric, lines: Sequence[Line], reasons: Mapping[str, str]
) -> BoardSupport:
    """Return the rows of the page; `reasons` are the sentences of what is missing, translated."""
    points = {line.pseudonym: line.jury_points for line in lines}
    # Among those that the reader may know of, who may be fewer than the ranking has.
    ranks = _ranks(
        {line.pseudonym: line.points for line in lines if line.pseudonym in found.submissions},
        is_lower_better=rubric.ranks_by_sum,
    )
    disputed = {line.pseudonym for line in lines if line.discuss}
    model, chances = found.adjustment, found.chances
    estimates = []
    if model is not None and chances is not None:
        estimates = [
            Estimate(
                name=name,
                rank=ranks.get(name),
                official=points.get(name),
                adjusted=_decimal(model.adjusted[at]) or Decimal(0),
                error=_decimal(model.adjusted_se[at]),
                low=int(chances.low[at]),
                high=int(chances.high[at]),
                top=round(100 * float(chances.top[at])),
            )
            for at, name in enumerate(found.submissions)
        ]
    official = found.rules[0].winners
    names = {criterion.key: str(criterion) for criterion in rubric.criteria.all()}
    return BoardSupport(
        estimates=tuple(sorted(estimates, key=lambda row: (-row.adjusted, row.name))),
        jurors=tuple(
            Juror(
                letter=letter,
                severity=None if model is None else _decimal(model.severity[at]),
                error=None if model is None else _decimal(model.severity_se[at]),
                words="" if model is None else _severity_words(float(model.severity[at])),
                prompts=tuple(_prompt(row) for row in found.prompts if row.juror == letter),
            )
            for at, letter in enumerate(found.jurors)
        ),
        without=tuple(_without(row) for row in found.leave_one_out),
        rules=tuple(
            Other(
                label=rule_words(rule.key, names.get(rule.criterion or "", "")),
                winners=", ".join(rule.winners),
                changes=rule.winners != official,
            )
            for rule in found.rules
        ),
        turns=None
        if found.break_even is None
        else tuple(
            Turn(
                label=str(criterion),
                weight=criterion.weight,
                at=None
                if (turn := found.break_even[criterion.key]) is None
                else Decimal(turn.numerator) / Decimal(turn.denominator),
            )
            for criterion in rubric.criteria.all()
        ),
        alpha=_decimal(found.alpha),
        alpha_words=_alpha_words(found.alpha),
        concordance=None if found.kendall_w is None else _decimal(found.kendall_w.w),
        consistency=None if found.icc is None else _decimal(found.icc["ICC(C,k)"]),
        top=3 if chances is None else chances.k,
        seed=None if chances is None else chances.seed,
        draws=None if chances is None else chances.draws,
        is_indication=model is not None
        and model.variances is not None
        and model.variances.freedom < FEW,
        reasons={key: reasons[reason] for key, reason in found.reasons.items()},
        bridges=_bridges(found),
        strips=tuple(
            Strip(letter, _given(found.submissions, found.totals[at]))
            for at, letter in enumerate(found.jurors)
        ),
        spreads=tuple(
            Spread(name, fmean(own), stdev(own), len(own), name in disputed)
            for at, name in enumerate(found.submissions)
            if len(own := list(_given(found.jurors, found.totals[:, at]).values())) > 1
        ),
    )


def _bridges(found: Support) -> tuple[tuple[str, str], ...]:
    """Return for each juror on whom a comparison hangs the submissions, by letter (A-17)."""
    hanging: dict[str, list[str]] = {}
    for submission, juror in found.bridges:
        hanging.setdefault(juror, []).append(submission)
    return tuple((juror, ", ".join(names)) for juror, names in sorted(hanging.items()))


def _given(names: Sequence[str], totals: Iterable[float]) -> dict[str, float]:
    """Return what was marked, by name."""
    return {
        name: float(total)
        for name, total in zip(names, totals, strict=True)
        if not math.isnan(total)
    }


def _ranks(points: Mapping[str, Decimal | None], *, is_lower_better: bool) -> dict[str, int]:
    """Rank by the published points alone: equals share the smallest rank."""
    sign = 1 if is_lower_better else -1
    given = {name: sign * value for name, value in points.items() if value is not None}
    return {name: 1 + sum(other < own for other in given.values()) for name, own in given.items()}


def _decimal(value: float | None) -> Decimal | None:
    if value is None or value != value:  # noqa: PLR0124  (NaN alone is not itself)
        return None
    return Decimal(f"{value:.4f}") + 0


def _severity_words(value: float) -> str:
    shown = number_words(abs(value), 1)
    if shown == number_words(0.0, 1):
        return _("like the average")
    if value < 0:
        return _("stricter by %(points)s points") % {"points": shown}
    return _("milder by %(points)s points") % {"points": shown}


def _alpha_words(alpha: float | None) -> str:
    if alpha is None:
        return ""
    if alpha >= GOOD:
        return _("Good agreement.")
    if alpha >= TENTATIVE:
        return _("Agreement that allows tentative conclusions.")
    return _(
        "The scores alone do not separate these submissions. Among finalists that is normal: they "
        "lie close together."
    )


def _without(row: WithoutJuror) -> Other:
    return Other(
        label=_("Without juror %(letter)s") % {"letter": row.juror},
        winners=", ".join(row.winners),
        changes=row.changes_winner,
        margin=row.margin,
    )


def rule_words(key: str, criterion: str) -> str:
    """Name a rule under which somebody might win; `criterion` is the one left out, if any."""
    return {
        "official": _("The published rule"),
        "without_criterion": _("Without “%(criterion)s”") % {"criterion": criterion},
        "median": _("Median instead of the average"),
        "trimmed-mean": _("Without the highest and the lowest total"),
        "rank-sum": _("Sum of the ranks"),
        "adjusted": _("Adjusted for strictness"),
    }[key]


def _prompt(row: Prompt) -> str:
    words = {"name": row.submission or "", "other": row.other or ""}
    return {
        "severity": _("Clearly stricter or milder than the others."),
        "spread": _("Uses a much wider or narrower part of the scale than the others."),
        "fit": _("Orders the submissions against the others."),
        "residual": _("Far off the others with %(name)s.") % words,
        "same_marks": _("Gave every submission the same total."),
        "same_sheet": _("Has the same marks as juror %(other)s everywhere.") % words,
    }[row.kind]


# -- the download of the chair ---------------------------------------------------------------------

FIELDS = ("submission", "rank", "jury_points", "adjusted", "rank_from", "rank_to", "top_of_100")


def records(found: BoardSupport) -> list[list[str]]:
    """Return the estimates as a table, in the order of the points of the jury."""
    return [
        [
            row.name,
            "" if row.rank is None else str(row.rank),
            "" if row.official is None else str(row.official),
            str(row.adjusted),
            str(row.low),
            str(row.high),
            str(row.top),
        ]
        for row in found.by_rank
    ]


TOTAL_FIELDS = ("juror", "submission", "total")


def totals(found: BoardSupport) -> list[tuple[str, str, str]]:
    """Return what each juror gave to each submission, in points of 0 to 100."""
    return [
        (strip.letter, name, f"{total:.2f}")
        for strip in found.strips
        for name, total in sorted(strip.totals.items())
    ]
