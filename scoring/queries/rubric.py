"""Reads about rubrics: the canonical form that is hashed, what is missing, how it is explained."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import audit, display
from scoring.compute import schema
from scoring.models import Criterion, Level, Rubric
from scoring.models.rubric import Aggregate, Rounding

if TYPE_CHECKING:
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


def canonical(rubric: Rubric) -> dict[str, Any]:
    """Return everything that a juror or a recomputation depends on, as plain values."""
    return {
        "aggregate": rubric.aggregate,
        "rounding": rubric.rounding,
        "digits": rubric.digits,
        "min_assessments": rubric.min_assessments,
        "jury_weight": f"{rubric.jury_weight:.2f}",
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

_AGGREGATE = {
    Aggregate.JUROR_FIRST: gettext_lazy(
        "First each juror's weighted total is formed; the score is the plain average over the "
        "jurors."
    ),
    Aggregate.CRITERION_FIRST: gettext_lazy(
        "First the marks of each criterion are averaged over the jurors; the averages are then "
        "weighted and added."
    ),
}
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


def _digits_words(digits: int) -> str:
    if digits == 0:
        return _("whole points")
    return ngettext("%(count)s decimal place", "%(count)s decimal places", digits) % {
        "count": digits
    }


def explain(rubric: Rubric) -> Explanation:
    """Return the published rule of the official score in the language of the page."""
    criteria = list(rubric.criteria.all())
    formula = [
        _(
            "A mark becomes a share of its scale: the lowest level counts 0, the highest counts "
            "1. Each share is multiplied by the weight of its criterion; together they make 0 to "
            "100 points."
        ),
        str(_AGGREGATE[Aggregate(rubric.aggregate)]),
        _ROUNDING[Rounding(rubric.rounding)] % {"digits": _digits_words(rubric.digits)},
    ]
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
    ties = (
        (
            _("the higher average mark in “%(criterion)s”") % {"criterion": criteria[0]}
            if criteria
            else ""
        ),
        _("the higher median of the jurors' totals"),
        _("the larger number of jurors who placed the submission first"),
        _("the decision of the chair, with its reason in the minutes, or a shared prize"),
    )
    return Explanation(tuple(formula), tuple(step for step in ties if step))
