"""Reads about rubrics: the canonical form that is hashed, what is missing, how it is explained."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from core import audit, display
from scoring.compute import schema
from scoring.models import Criterion, Level, Rubric, RubricVersion
from scoring.models.rubric import Aggregate, Method, Rounding
from scoring.queries import rounds as round_queries

if TYPE_CHECKING:
    from django.utils.functional import Promise as StrPromise

    from competition.models import Challenge

FULL = Decimal(100)


def of(challenge: Challenge) -> Rubric | None:
    """Return the rubric of a statement with criteria and levels in two more queries, or None."""
    return (
        Rubric.objects.filter(challenge=challenge)
        .prefetch_related(
            Prefetch(
                "criteria",
                Criterion.objects.order_by("position").prefetch_related(
                    Prefetch("levels", Level.objects.order_by("mark"))
                ),
            )
        )
        .first()
    )


def published_versions(rubric: Rubric) -> list[RubricVersion]:
    """Return what was published one after the other; nothing while there is one version only."""
    return list(rubric.versions.all()) if rubric.published_version > 1 else []


def latest_amendment(challenge: Challenge) -> RubricVersion | None:
    """Return the version that replaced another one; None where the first one holds."""
    found = RubricVersion.objects.filter(rubric__challenge=challenge, number__gt=1)
    return found.order_by("number").last()


def unsaved_version(rubric: Rubric) -> int:
    """Return the version of an assessment that was never saved.

    0, and one more with each further version of the rubric: a page or a kit that was made by an
    earlier one is out of date, also where nothing was saved.
    """
    return rubric.published_version - 1


def canonical(rubric: Rubric) -> dict[str, Any]:
    """Return everything that a juror or a recomputation depends on, as plain values."""
    return {
        "aggregate": rubric.aggregate,
        "method": rubric.method,
        "rounding": rubric.rounding,
        "digits": rubric.digits,
        "min_assessments": rubric.min_assessments,
        "jury_weight": f"{rubric.jury_weight:.2f}",
        # Rubrics that were fixed before this could be chosen keep their hash.
        **({"tells_stability": True} if rubric.tells_stability else {}),
        # Only where there are two rounds, so that rubrics of before keep their hash.
        **(
            {"final_rule": rubric.final_rule, "final_threshold": rubric.final_threshold}
            if rubric.has_final
            else {}
        ),
        "criteria": [
            {
                "key": criterion.key,
                "name_de": criterion.name_de,
                "name_en": criterion.name_en,
                "description_de": criterion.description_de,
                "description_en": criterion.description_en,
                "weight": f"{criterion.weight:.2f}",
                "lowest": criterion.lowest,
                "highest": criterion.highest,
                "may_abstain": criterion.may_abstain,
                # Only where there is one, so that rubrics of before keep their hash.
                **({"footprint": criterion.footprint} if criterion.footprint else {}),
                "levels": [
                    {"mark": level.mark, "de": level.anchor_de, "en": level.anchor_en}
                    for level in criterion.levels.all()
                ],
            }
            for criterion in rubric.criteria.all()
        ],
    }


def canonical_text(rubric: Rubric) -> str:
    """Return the one text whose SHA-256 is the hash of the rubric."""
    return audit.canonical(canonical(rubric))


def settings_of(rubric: Rubric) -> schema.Rubric:
    """Return what the computation of the official score needs; the tie chain is ours (X-7).

    Marks and scales are hundredths; a criterion that may be left unjudged is not required.
    """
    criteria = list(rubric.criteria.all())
    return schema.Rubric(
        criteria=tuple(
            schema.CriterionSettings(
                key=criterion.key,
                weight=criterion.weight,
                low=criterion.lowest * 100,
                high=criterion.highest * 100,
                required=not criterion.may_abstain,
            )
            for criterion in criteria
        ),
        aggregation=schema.Aggregation(rubric.aggregate),
        method=schema.Method(rubric.method),
        rounding=schema.Rounding(rubric.rounding),
        digits=rubric.digits,
        min_assessments=rubric.min_assessments,
        tie_chain=(
            schema.TieStep(kind=schema.TieKind.CRITERION, criterion=criteria[0].key),
            schema.TieStep(kind=schema.TieKind.MEDIAN),
            schema.TieStep(kind=schema.TieKind.FIRST_PLACES),
            schema.TieStep(kind=schema.TieKind.CHAIR),
        ),
    )


# -- what is missing -------------------------------------------------------------------------------


def weight_sum(rubric: Rubric) -> Decimal:
    """Return the sum of the weights, exact."""
    return sum((criterion.weight for criterion in rubric.criteria.all()), Decimal(0))


def missing_texts(rubric: Rubric) -> list[str]:
    """List criteria without a description and scales with a level that has no anchor."""
    gaps = []
    for criterion in rubric.criteria.all():
        if not criterion.description_de.strip():
            gaps.append(_("%(criterion)s: no description.") % {"criterion": criterion})
        anchored = {level.mark for level in criterion.levels.all() if level.anchor_de.strip()}
        bare = [str(mark) for mark in criterion.scale if mark not in anchored]
        if bare:
            gaps.append(
                ngettext(
                    "%(criterion)s: no anchor text for level %(levels)s.",
                    "%(criterion)s: no anchor texts for levels %(levels)s.",
                    len(bare),
                )
                % {"criterion": criterion, "levels": ", ".join(bare)}
            )
    return gaps


def is_complete(rubric: Rubric | None) -> bool:
    """Say whether the rubric could be published."""
    return (
        rubric is not None
        and weight_sum(rubric) == FULL
        and not missing_texts(rubric)
        and bool(rubric.criteria.all())
    )


# -- in words --------------------------------------------------------------------------------------

_TOGETHER = {
    (Aggregate.JUROR_FIRST, Method.WEIGHTED_MEAN): gettext_lazy(
        "First each juror's weighted total is formed; the score is the plain average over the "
        "jurors."
    ),
    (Aggregate.JUROR_FIRST, Method.MEDIAN): gettext_lazy(
        "First each juror's weighted total is formed; the score is the median of these totals, "
        "the one in the middle."
    ),
    (Aggregate.JUROR_FIRST, Method.TRIMMED_MEAN): gettext_lazy(
        "First each juror's weighted total is formed; the highest and the lowest are left out, "
        "and the score is the average of the others. With fewer than five totals none is left out."
    ),
    (Aggregate.JUROR_FIRST, Method.RANK_SUM): gettext_lazy(
        "First each juror's weighted total is formed. The totals of a juror become ranks, 1 for "
        "the best; equal totals share the average of their ranks. The score is the sum of the "
        "ranks over the jurors: the smallest sum is the best."
    ),
    (Aggregate.CRITERION_FIRST, Method.WEIGHTED_MEAN): gettext_lazy(
        "First the marks of each criterion are averaged over the jurors; the averages are then "
        "weighted and added."
    ),
    (Aggregate.CRITERION_FIRST, Method.MEDIAN): gettext_lazy(
        "First the median of the marks of each criterion is taken, the one in the middle; the "
        "medians are then weighted and added."
    ),
    (Aggregate.CRITERION_FIRST, Method.TRIMMED_MEAN): gettext_lazy(
        "First the highest and the lowest mark of each criterion are left out and the others "
        "averaged; the averages are then weighted and added. With fewer than five marks none is "
        "left out."
    ),
}
_RANK_SUM_NOTES = (
    gettext_lazy(
        "A juror who assessed a part of the submissions only ranks within this part; the ranks "
        "are then stretched to all submissions and all jurors."
    ),
    gettext_lazy(
        "Sums of ranks depend on all who take part: if a submission leaves, the order of two "
        "others can change."
    ),
    gettext_lazy(
        "So that everybody can compute the ranks again, marks are published with a number for each "
        "juror, without names."
    ),
)
_ROUNDING = {
    Rounding.AT_END: gettext_lazy("Only the final score is rounded, half up, to %(digits)s."),
    Rounding.PER_CRITERION: gettext_lazy(
        "Each weighted criterion is rounded, half up, to %(digits)s before it is added, so that "
        "the printed parts add up to the printed score."
    ),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """How marks become a rank, in sentences that everybody can follow (Q-76)."""

    formula: tuple[str, ...]
    ties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MethodWords:
    """How pages speak of a score: what it is called, where it lies, how it came about."""

    score: str
    scale: str
    of: str
    jury: str
    how: str
    mark: str
    definition: str


def method_words(method: str, aggregate: str) -> MethodWords:
    """Return the words for scores by a method and an order, in the language of the page."""
    jury, how, definition = {
        Method.WEIGHTED_MEAN: (
            _("Average of the jury"),
            _("on average"),
            _("Points = average of the jurors' weighted totals, 0 to 100."),
        ),
        Method.MEDIAN: (
            _("Median of the jury"),
            _("in the middle"),
            _("Points = median of the jurors' weighted totals, 0 to 100."),
        ),
        Method.TRIMMED_MEAN: (
            _("Trimmed average of the jury"),
            _("without the highest and the lowest"),
            _(
                "Points = average of the jurors' weighted totals without the highest and the "
                "lowest, 0 to 100."
            ),
        ),
        Method.RANK_SUM: (
            _("Sum of the jurors' ranks"),
            _("sum of ranks"),
            _("Sum of the ranks that the jurors gave: the smallest is the best."),
        ),
    }[Method(method)]
    if aggregate == Aggregate.CRITERION_FIRST:
        how = _("by criterion")
        definition = _(
            "Points = marks of each criterion put together, weighted and added, 0 to 100."
        )
    if method == Method.RANK_SUM:
        score, scale = _("Sum of ranks"), _("Sums of ranks: the smallest is the best")
        of = _("the smallest is the best")
    else:
        score, scale, of = (
            pgettext("points", "Total"),
            _("Points from 0 to 100"),
            _("of 100 points"),
        )
    mark = _("Average")
    if aggregate == Aggregate.CRITERION_FIRST and method != Method.WEIGHTED_MEAN:
        mark = _("Median") if method == Method.MEDIAN else _("Trimmed average")
    return MethodWords(score, scale, of, jury, how, mark, definition)


def _digits_words(digits: int) -> str:
    if digits == 0:
        return _("whole points")
    return ngettext("%(count)s decimal place", "%(count)s decimal places", digits) % {
        "count": digits
    }


def _first_tie(rubric: Rubric) -> StrPromise:
    """Return the first step between equals; it uses the mark of the jury as it is put together."""
    if rubric.aggregate == Aggregate.CRITERION_FIRST and rubric.method == Method.MEDIAN:
        return gettext_lazy("the higher median of the marks in “%(criterion)s”")
    return gettext_lazy("the higher average mark in “%(criterion)s”")


def explain(rubric: Rubric) -> Explanation:
    """Return the published rule of the official score in the language of the page."""
    criteria = list(rubric.criteria.all())
    formula = [
        _(
            "A mark becomes a share of its scale: the lowest level counts 0, the highest counts "
            "1. Each share is multiplied by the weight of its criterion; together they make 0 to "
            "100 points."
        ),
        str(_TOGETHER[Aggregate(rubric.aggregate), Method(rubric.method)]),
        _ROUNDING[Rounding(rubric.rounding)] % {"digits": _digits_words(rubric.digits)},
    ]
    if rubric.ranks_by_sum:
        formula.extend(map(str, _RANK_SUM_NOTES))
    if any(criterion.may_abstain for criterion in criteria):
        formula.append(
            _(
                "Where a juror cannot judge a criterion, it is left out of that juror's total and "
                "the other weights count accordingly. It is never counted as 0."
            )
        )
    formula.append(
        ngettext(
            "A submission needs %(count)s released assessment; with fewer it has no rank and is "
            "listed apart.",
            "A submission needs at least %(count)s released assessments; with fewer it has no "
            "rank and is listed apart.",
            rubric.min_assessments,
        )
        % {"count": rubric.min_assessments}
    )
    formula.extend(round_queries.plan_words(rubric))
    if rubric.metric_weight:
        formula.append(
            _(
                "The total is made of the jury's score with %(jury)s and the points of the "
                "automatic evaluation with %(metric)s."
            )
            % {
                "jury": display.percent_words(rubric.jury_weight),
                "metric": display.percent_words(rubric.metric_weight),
            }
        )
    formula.append(
        _(
            "Ranks follow the published, rounded score. Equal scores share a rank and the next "
            "rank is skipped (1, 2, 2, 4)."
        )
    )
    if rubric.tells_stability:
        formula.append(
            _(
                "The result also says between which ranks each submission would probably lie if "
                "another, equally good jury had met. That changes no rank."
            )
        )
    ties = (
        (str(_first_tie(rubric)) % {"criterion": criteria[0]} if criteria else ""),
        _("the higher median of the jurors' totals"),
        _("the larger number of jurors who placed the submission first"),
        _("the decision of the chair, with its reason in the minutes, or a shared prize"),
    )
    return Explanation(tuple(formula), tuple(step for step in ties if step))
