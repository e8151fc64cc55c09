"""Decision support beside the official ranking: prompts for talk, never a result.

Every figure has one sentence for people who are no statisticians. What cannot be computed is None,
and `reasons` says why. Identical input gives identical output: rows and jurors are sorted by name
first, and the seed is a constant that is named with the result.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import rankdata

from scoring.compute import agreement, severity
from scoring.compute.panel import (
    FULL,
    PanelRubric,
    Scale,
    exact_scores,
    juror_totals,
    jurors_of,
    published,
    ranks,
    without_juror,
)
from scoring.compute.schema import Method
from scoring.compute.words import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    import numpy.typing as npt

    from scoring.compute.panel import Sheets

    type Table = npt.NDArray[np.float64]

SEED: Final = 1
TOP: Final = 3
WEIGHT_DRAWS: Final = 2000
WEIGHT_CONCENTRATION: Final = 50.0
LARGE_RESIDUAL: Final = 3.0
WIDE_SPREAD: Final = 2.0  # of the median juror's spread, or the inverse
POOR_FIT: Final = 0.0  # a juror whose order does not go with that of the others
SEEN_FROM: Final = 3  # submissions; with fewer there is no pattern

SENTENCES: Final[Mapping[str, str]] = {
    "adjusted": N_(
        "Some jurors mark more strictly. This estimates the score a submission would have if all "
        "jurors were equally strict."
    ),
    "severity": N_("How much stricter or milder than the average juror somebody marked."),
    "rank_interval": N_(
        "If another, equally good jury had met, the rank would probably lie between these two."
    ),
    "p_top": N_("In how many of 100 simulated juries the submission is among the first."),
    "leave_one_out": N_("What would change if one juror had not taken part."),
    "weights": N_("How far a weight would have to move before another submission wins."),
    "rules": N_("Who would win under another rule; the published one decides."),
    "alpha": N_("How far the jurors agree: 1 = fully, 0 = like chance."),
    "icc": N_("Which share of the differences lies between the submissions, not the jurors."),
    "kendall_w": N_("How far the jurors agree on the order: 1 = the same order, 0 = none."),
    "prompts": N_("Worth a question to the juror. Nobody is left out because of it."),
}


class Reason:
    """Why a figure is missing, as the key of a sentence."""

    NOT_CONNECTED = "not_connected"
    TOO_FEW_MARKS = "too_few_marks"
    NOT_COMPLETE = "not_complete"
    NOTHING_VARIES = "nothing_varies"
    MARKS_MISSING = "marks_missing"
    OTHER_METHOD = "other_method"


REASONS: Final[Mapping[str, str]] = {
    Reason.NOT_CONNECTED: N_(
        "Some jurors share no submission with the others, so they cannot be compared."
    ),
    Reason.TOO_FEW_MARKS: N_("There are too few marks for an estimate."),
    Reason.NOT_COMPLETE: N_("Not every juror has marked every submission."),
    Reason.NOTHING_VARIES: N_("The marks do not differ."),
    Reason.MARKS_MISSING: N_("There are no two submissions in front with all their marks."),
    Reason.OTHER_METHOD: N_("Only with the weighted mean is a score a sum over the criteria."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutJuror:
    """What the ranking would be without one juror."""

    juror: str
    winners: tuple[str, ...]
    changes_winner: bool
    changes_top: bool
    ranks: Mapping[str, int | None]
    margin: Decimal | None  # between the first and the next published figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who would win under one rule. `criterion` is the one left out, if that is the rule."""

    key: str
    winners: tuple[str, ...]
    top: tuple[str, ...]
    criterion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Something about a juror that is worth a question: kind, and the figure behind it."""

    juror: str
    kind: str  # severity, spread, fit, residual, same_marks, same_sheet
    value: float | None = None
    submission: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the total has beside the points of a jury, which count with `share` (0 to 1).

    `points` are those of the total, by submission; who has none is in no ranking of the total.
    """

    share: Fraction
    points: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """All decision support of one panel. Severity below 0 is stricter than average.

    `totals` are jurors × submissions, NaN where a juror has not marked.
    """

    submissions: tuple[str, ...]
    jurors: tuple[str, ...]
    totals: Table
    adjustment: severity.Adjustment | None
    chances: severity.RankChances | None
    groups: int
    bridges: tuple[tuple[str, str], ...]
    alpha: float | None
    alpha_by_criterion: Mapping[str, float | None]
    icc: Mapping[str, float] | None
    kendall_w: agreement.Concordance | None
    generalizability: float | None
    leave_one_out: tuple[WithoutJuror, ...]
    break_even: Mapping[str, Fraction | None] | None
    weight_wins: Mapping[str, float] | None
    rules: tuple[Rule, ...]
    prompts: tuple[Prompt, ...]
    reasons: Mapping[str, str]


def support(
    sheets: Sheets,
    rubric: PanelRubric,
    method: Method,
    *,
    seed: int = SEED,
    beside: Beside | None = None,
) -> Support:
    """Compute all decision support; nothing of it enters the official ranking.

    `beside` is what the total has beside the points of the jury, if anything: it enters the chances
    of ranks alone.
    """
    totals = juror_totals(sheets, rubric)
    submissions = tuple(sorted(name for name, own in totals.items() if own))
    jurors = tuple(sorted({juror for own in totals.values() for juror in own}))
    table = np.array(
        [[float(totals[s].get(j, np.nan)) for s in submissions] for j in jurors], dtype=float
    ).reshape(len(jurors), len(submissions))
    reasons: dict[str, str] = {}
    found = severity.Totals.of(table)
    groups = found.groups() if submissions else 0
    adjustment = None
    if groups > 1:
        reasons["adjusted"] = Reason.NOT_CONNECTED
    elif submissions:
        adjustment = severity.adjust(found)
    if adjustment is None:
        reasons.setdefault("adjusted", Reason.TOO_FEW_MARKS)
    alpha = agreement.krippendorff_alpha(table, "interval") if submissions else None
    if alpha is None:
        reasons["alpha"] = Reason.NOTHING_VARIES
    complete = bool(submissions) and not np.isnan(table).any()
    icc = agreement.intraclass_correlations(table) if complete else None
    w = agreement.kendall_w(table) if complete else None
    for key, value in (("icc", icc), ("kendall_w", w)):
        if value is None:
            reasons[key] = Reason.NOTHING_VARIES if complete else Reason.NOT_COMPLETE
    shares = adjustment.variances if adjustment is not None else None
    base = _standing(sheets, rubric, method)
    is_sum = method is Method.WEIGHTED_MEAN
    break_even = _break_even(sheets, rubric, base) if is_sum else None
    if break_even is None:
        reasons["break_even"] = Reason.MARKS_MISSING if is_sum else Reason.OTHER_METHOD
    return Support(
        submissions=submissions,
        jurors=jurors,
        totals=table,
        adjustment=adjustment,
        chances=None if adjustment is None else _chances(adjustment, submissions, seed, beside),
        groups=groups,
        bridges=tuple(
            (submissions[s], jurors[j]) for s, j in (severity.bridges(found) if submissions else [])
        ),
        alpha=alpha,
        alpha_by_criterion={
            c.key: agreement.krippendorff_alpha(
                _marks(sheets, submissions, jurors, c.key), "ordinal"
            )
            for c in rubric.counted
            if submissions
        },
        icc=icc,
        kendall_w=w,
        generalizability=None
        if shares is None
        else agreement.generalizability(
            shares.submissions, shares.jurors, shares.error, len(found.value) / len(submissions)
        ),
        leave_one_out=tuple(
            _without(sheets, rubric, method, juror, base) for juror in jurors_of(sheets)
        ),
        break_even=break_even,
        weight_wins=_weight_wins(sheets, rubric, submissions, seed) if is_sum else None,
        rules=_rules(sheets, rubric, method, submissions, adjustment),
        prompts=_prompts(table, submissions, jurors, adjustment, found, sheets, rubric),
        reasons=reasons,
    )


def _chances(
    adjustment: severity.Adjustment,
    submissions: Sequence[str],
    seed: int,
    beside: Beside | None,
) -> severity.RankChances:
    if beside is None:
        return severity.rank_chances(adjustment, k=TOP, seed=seed)
    points = np.array([float(beside.points.get(name, "nan")) for name in submissions])
    return severity.rank_chances(adjustment, k=TOP, seed=seed, beside=(float(beside.share), points))


# ---- other juries, other rules ---------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Standing:
    """A ranking in short."""

    ranks: Mapping[str, int | None]
    winners: tuple[str, ...]
    top: tuple[str, ...]
    margin: Decimal | None


def _standing(sheets: Sheets, rubric: PanelRubric, method: Method) -> _Standing:
    scores = published(exact_scores(sheets, rubric, method), rubric.digits)
    places = {name: rank for name, (rank, _tied) in ranks(scores, method).items()}
    by_place = sorted(
        (score for score in scores.values() if score is not None),
        reverse=not method.lower_is_better,
    )
    return _Standing(
        ranks=dict(sorted(places.items())),
        winners=_first(places, 1),
        top=_first(places, TOP),
        margin=abs(by_place[0] - by_place[1]) if len(by_place) > 1 else None,
    )


def _first(places: Mapping[str, int | None], k: int) -> tuple[str, ...]:
    return tuple(sorted(name for name, rank in places.items() if rank is not None and rank <= k))


def _without(
    sheets: Sheets, rubric: PanelRubric, method: Method, juror: str, base: _Standing
) -> WithoutJuror:
    """Rank exactly without one juror (X-34)."""
    found = _standing(without_juror(sheets, juror), rubric, method)
    return WithoutJuror(
        juror=juror,
        winners=found.winners,
        changes_winner=found.winners != base.winners,
        changes_top=found.top != base.top,
        ranks=found.ranks,
        margin=found.margin,
    )


def _rules(
    sheets: Sheets,
    rubric: PanelRubric,
    method: Method,
    submissions: Sequence[str],
    adjustment: severity.Adjustment | None,
) -> tuple[Rule, ...]:
    """Return who wins under the published rule and under others (X-33)."""
    rows = [_rule("official", sheets, rubric, method)]
    rows += [
        _rule("without_criterion", sheets, rubric.without(c.key), method, criterion=c.key)
        for c in rubric.counted
        if len(rubric.counted) > 1
    ]
    rows += [_rule(other.value, sheets, rubric, other) for other in Method if other is not method]
    if adjustment is not None:
        # Rounded like every published figure, so that no rounding of floats decides.
        figures = np.round(adjustment.adjusted, rubric.digits)
        places = rankdata(-figures, method="min")
        by_name = {name: int(rank) for name, rank in zip(submissions, places, strict=True)}
        rows.append(Rule(key="adjusted", winners=_first(by_name, 1), top=_first(by_name, TOP)))
    return tuple(rows)


def _rule(
    key: str, sheets: Sheets, rubric: PanelRubric, method: Method, *, criterion: str | None = None
) -> Rule:
    found = _standing(sheets, rubric, method)
    return Rule(key=key, winners=found.winners, top=found.top, criterion=criterion)


# ---- weights ---------------------------------------------------------------------------------
def _means(sheets: Sheets, rubric: PanelRubric, name: str) -> dict[str, Fraction] | None:
    """Return the mean of each criterion as it is weighted; None if any counted mark is missing."""
    found: dict[str, Fraction] = {}
    own = [sheet for sheet in sheets[name].values() if sheet]
    for criterion in rubric.counted:
        marks = [sheet[criterion.key] for sheet in own if criterion.key in sheet]
        if not marks or len(marks) != len(own):
            return None
        mean = sum(marks, Fraction(0)) / len(marks)
        if rubric.scale is Scale.PERCENT:
            if criterion.low is None or criterion.high is None:
                return None
            mean = (mean - criterion.low) / (criterion.high - criterion.low)
        found[criterion.key] = mean
    return found


def _break_even(
    sheets: Sheets, rubric: PanelRubric, base: _Standing
) -> dict[str, Fraction | None] | None:
    """Return the weight of each criterion at which the first two are equal (X-35), exactly.

    None for a criterion that cannot turn the order. Only for means without missing marks, since
    elsewhere the margin is no sum over the criteria.
    """
    order = sorted(
        (name for name, rank in base.ranks.items() if rank is not None),
        key=lambda name: (base.ranks[name] or 0, name),
    )
    if len(order) < 2:
        return None
    first, second = (_means(sheets, rubric, name) for name in order[:2])
    if first is None or second is None:
        return None
    gaps = {c.key: first[c.key] - second[c.key] for c in rubric.counted}
    margin = sum((c.weight * gaps[c.key] for c in rubric.counted), Fraction(0))
    turns: dict[str, Fraction | None] = {}
    for criterion in rubric.counted:
        gap = gaps[criterion.key]
        # A criterion that stands alone decides whatever it weighs.
        at = None if gap == 0 or len(gaps) == 1 else criterion.weight - margin / gap
        turns[criterion.key] = at if at is not None and at >= 0 else None
    return turns


def _weight_wins(
    sheets: Sheets, rubric: PanelRubric, submissions: Sequence[str], seed: int
) -> dict[str, float] | None:
    """Return in which share of drawn weights each submission wins; equals share a win (X-35)."""
    means = {name: _means(sheets, rubric, name) for name in submissions}
    if len(submissions) < 2 or any(mean is None for mean in means.values()):
        return None
    weights = np.array([float(c.weight) for c in rubric.counted])
    weights /= weights.sum()
    drawn = np.random.default_rng(seed).dirichlet(WEIGHT_CONCENTRATION * weights, WEIGHT_DRAWS)
    values = np.array(
        [[float((means[name] or {})[c.key]) for c in rubric.counted] for name in submissions]
    )
    scores = drawn @ values.T
    best = np.isclose(scores, scores.max(axis=1, keepdims=True), rtol=1e-12, atol=0)
    wins = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return dict(zip(submissions, wins.tolist(), strict=True))


# ---- jurors ----------------------------------------------------------------------------------
def _marks(
    sheets: Sheets, submissions: Sequence[str], jurors: Sequence[str], criterion: str
) -> Table:
    """Return the marks of one criterion: jurors × submissions."""
    return np.array(
        [[float(sheets[s].get(j, {}).get(criterion, np.nan)) for s in submissions] for j in jurors],
        dtype=float,
    )


def _half_step(sheets: Sheets, rubric: PanelRubric) -> float:
    """Return half a step on every criterion, in points of a total.

    A step is the smallest difference between two marks that were given in a criterion.
    """
    whole = sum((c.weight for c in rubric.counted), Fraction(0))
    steps = Fraction(0)
    for criterion in rubric.counted:
        given = sorted(
            {
                sheet[criterion.key]
                for own in sheets.values()
                for sheet in own.values()
                if criterion.key in sheet
            }
        )
        step = min((b - a for a, b in itertools.pairwise(given)), default=Fraction(0))
        if (
            rubric.scale is Scale.PERCENT
            and criterion.low is not None
            and criterion.high is not None
        ):
            step = FULL * step / (criterion.high - criterion.low) / whole
        steps += criterion.weight * step
    return float(steps / 2)


def fit_with_others(table: Table) -> list[float | None]:
    """Return Spearman's correlation of each juror with the mean rank of the others (X-36 c, X-51).

    Over the submissions that the juror and somebody else have marked; None without spread.
    """
    shares = np.full(table.shape, np.nan)
    for at, row in enumerate(table):
        seen = ~np.isnan(row)
        if seen.any():
            shares[at, seen] = (rankdata(-row[seen]) - 0.5) / seen.sum()
    given = ~np.isnan(shares)
    sums, counts = np.where(given, shares, 0.0).sum(axis=0), given.sum(axis=0)
    found: list[float | None] = []
    for at in range(len(table)):
        both = given[at] & (counts > 1)
        if both.sum() < SEEN_FROM:
            found.append(None)
            continue
        others = (sums[both] - shares[at, both]) / (counts[both] - 1)
        own = rankdata(shares[at, both])
        theirs = rankdata(np.round(others, 12))
        if np.ptp(own) == 0 or np.ptp(theirs) == 0:
            found.append(None)
            continue
        found.append(float(np.corrcoef(own, theirs)[0, 1]))
    return found


def _prompts(
    table: Table,
    submissions: Sequence[str],
    jurors: Sequence[str],
    adjustment: severity.Adjustment | None,
    totals: severity.Totals,
    sheets: Sheets,
    rubric: PanelRubric,
) -> tuple[Prompt, ...]:
    """Return what is worth a question about a juror (X-36)."""
    prompts: list[Prompt] = []
    if adjustment is not None:
        half = _half_step(sheets, rubric)
        for at, juror in enumerate(jurors):
            value, error = float(adjustment.severity[at]), float(adjustment.severity_se[at])
            if abs(value) > 2 * error and abs(value) > half:
                prompts.append(Prompt(juror=juror, kind="severity", value=value))
        if adjustment.error > 0:
            expected = adjustment.adjusted[totals.submission] + adjustment.severity[totals.juror]
            off = (totals.value - expected) / np.sqrt(adjustment.error)
            prompts += [
                Prompt(
                    juror=jurors[totals.juror[at]],
                    kind="residual",
                    value=float(off[at]),
                    submission=submissions[totals.submission[at]],
                )
                for at in np.flatnonzero(np.abs(off) > LARGE_RESIDUAL).tolist()
            ]
    seen = [row[~np.isnan(row)] for row in table]
    spreads = [float(np.std(row, ddof=1)) if len(row) >= SEEN_FROM else None for row in seen]
    known = [spread for spread in spreads if spread]
    middle = float(np.median(known)) if known else 0.0
    fits = fit_with_others(table) if len(jurors) > 1 else [None] * len(jurors)
    for at, juror in enumerate(jurors):
        spread, fit = spreads[at], fits[at]
        if spread is not None and np.ptp(seen[at]) == 0:
            prompts.append(Prompt(juror=juror, kind="same_marks"))
        elif spread and middle and not 1 / WIDE_SPREAD <= spread / middle <= WIDE_SPREAD:
            prompts.append(Prompt(juror=juror, kind="spread", value=spread / middle))
        if fit is not None and fit <= POOR_FIT:
            prompts.append(Prompt(juror=juror, kind="fit", value=fit))
    prompts += _same_sheets(sheets, submissions, jurors)
    return tuple(sorted(prompts, key=lambda p: (p.juror, p.kind, p.submission or "")))


def _same_sheets(sheets: Sheets, submissions: Sequence[str], jurors: Sequence[str]) -> list[Prompt]:
    """Find pairs of jurors with exactly the same marks wherever both have marked (X-36 f)."""
    prompts = []
    own = {j: {s: dict(sheets[s][j]) for s in submissions if sheets[s].get(j)} for j in jurors}
    for at, juror in enumerate(jurors):
        for other in jurors[at + 1 :]:
            shared = own[juror].keys() & own[other].keys()
            if len(shared) < SEEN_FROM or any(own[juror][s] != own[other][s] for s in shared):
                continue
            if len({tuple(sorted(own[juror][s].items())) for s in shared}) > 1:
                prompts.append(Prompt(juror=juror, kind="same_sheet", other=other))
    return prompts
