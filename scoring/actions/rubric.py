"""Write the rubric of a problem statement, and freeze it when the statement is published."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, display
from core.exceptions import DomainError, Incomplete, PermissionRefused, StaleVersion
from scoring.models import Criterion, Level, Rubric
from scoring.models.rubric import Aggregate, FinalRule, Method, Rounding
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge

MAX_CRITERIA = 12
MAX_LEVELS = 11
CENT = Decimal("0.01")


class RubricFrozen(DomainError):
    """The statement is published; its criteria may not change any more (R-8)."""


class RubricInvalid(DomainError):
    """Weights or scales break a rule."""

    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelText:
    """What earns one level of a criterion."""

    mark: int
    anchor_de: str
    anchor_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionText:
    """One criterion as it is to be stored; its place in the list is its position."""

    name_de: str
    description_de: str
    weight: Decimal
    levels: Sequence[LevelText] = field(default=())
    name_en: str = ""
    description_en: str = ""
    lowest: int = 1
    highest: int = 5
    may_abstain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The published rules of the official score."""

    aggregate: str = Aggregate.JUROR_FIRST
    method: str = Method.WEIGHTED_MEAN
    rounding: str = Rounding.AT_END
    digits: int = 2
    min_assessments: int = 3
    jury_weight: Decimal = Decimal(100)
    tells_stability: bool = False
    # Two rounds: what goes on to the final at least, in places or in points.
    final_rule: str = ""
    final_threshold: int | None = None


@transaction.atomic
def save(
    challenge: Challenge,
    *,
    by: User,
    criteria: Sequence[CriterionText],
    rules: Rules | None = None,
    is_draft: bool = False,
    version: int | None = None,
    now: dt.datetime | None = None,
) -> Rubric:
    """Replace the rubric of a statement; weights add up to exactly 100 unless it is a draft.

    Anchors and descriptions may follow until the publication. `version` is the one the form was
    loaded with; None does not look.

    Raises:
        PermissionRefused: not the agency's staff, or the statement is not editable.
        RubricFrozen: the statement has been published.
        StaleVersion: somebody else saved in the meantime; nothing was changed.
        RubricInvalid: no criterion, weights that do not add up to 100, or an impossible scale.

    """
    rules = rules or Rules()
    found = Rubric.objects.select_for_update(no_key=True).filter(challenge=challenge).first()
    if found is not None and found.is_frozen:
        raise RubricFrozen(
            "rubric_frozen",
            _("The rubric was published with the problem statement and can no longer change."),
        )
    if not by.has_perm("scoring.change_rubric", challenge):
        raise PermissionRefused("not_permitted", _("You may not change this rubric."))
    if version is not None and version != (found.version if found else 0):
        raise StaleVersion(
            "stale_version",
            _("Somebody else saved this rubric in the meantime. Nothing was overwritten."),
        )
    _check(criteria, rules, is_draft=is_draft)
    rubric = found or Rubric(challenge=challenge)
    for rule in fields(rules):
        setattr(rubric, rule.name, getattr(rules, rule.name))
    rubric.version += 1
    rubric.save()
    # Nobody has assessed anything yet, so the old rows leave nothing behind.
    rubric.criteria.all().delete()
    for position, text in enumerate(criteria, start=1):
        _add(rubric, position, text)
    audit.record(
        "rubric.saved",
        target=rubric,
        by=by,
        data={
            "challenge": challenge.code,
            "version": rubric.version,
            "criteria": len(criteria),
            "weights": [f"{text.weight:.2f}" for text in criteria],
            "draft": is_draft,
        },
        now=now or clock.now(),
    )
    return rubric


def _add(rubric: Rubric, position: int, text: CriterionText) -> None:
    criterion = Criterion.objects.create(
        rubric=rubric,
        position=position,
        name_de=text.name_de,
        name_en=text.name_en,
        description_de=text.description_de,
        description_en=text.description_en,
        weight=text.weight,
        lowest=text.lowest,
        highest=text.highest,
        may_abstain=text.may_abstain,
    )
    Level.objects.bulk_create(
        Level(
            criterion=criterion,
            mark=level.mark,
            anchor_de=level.anchor_de,
            anchor_en=level.anchor_en,
        )
        for level in text.levels
        if level.mark in criterion.scale and level.anchor_de.strip()
    )


def _check(criteria: Sequence[CriterionText], rules: Rules, *, is_draft: bool) -> None:
    """Refuse what no rubric may be; incomplete drafts pass."""
    if len(criteria) > MAX_CRITERIA:
        raise RubricInvalid(
            "too_many_criteria",
            _("A rubric has at most %(limit)s criteria.") % {"limit": MAX_CRITERIA},
        )
    for text in criteria:
        if not text.name_de.strip():
            raise RubricInvalid("name_missing", _("Every criterion needs a name."))
        has_cents = text.weight == text.weight.quantize(CENT)
        if not has_cents or not Decimal(0) < text.weight <= rubric_queries.FULL:
            raise RubricInvalid(
                "weight_invalid",
                _("A weight is more than 0 and at most 100, with at most two decimal places."),
            )
        if not 1 <= text.highest - text.lowest < MAX_LEVELS or text.lowest < 0:
            raise RubricInvalid(
                "scale_invalid",
                _("A scale has 2 to %(limit)s levels.") % {"limit": MAX_LEVELS},
            )
    if not Decimal(0) < rules.jury_weight <= rubric_queries.FULL:
        raise RubricInvalid(
            "jury_weight_invalid", _("The share of the jury is more than 0 and at most 100 %.")
        )
    stands_alone = (rules.aggregate, rules.jury_weight) == (
        Aggregate.JUROR_FIRST,
        rubric_queries.FULL,
    )
    if rules.method == Method.RANK_SUM and not stands_alone:
        raise RubricInvalid(
            "rank_sum_stands_alone",
            _(
                "A sum of ranks is no number of points. It needs “per juror, then over the jurors”"
                " and a share of the jury of 100 %; choose these, or another way to put the jurors"
                " together."
            ),
        )
    _check_rounds(rules)
    if rules.min_assessments < 1 or not 0 <= rules.digits <= 4:
        raise RubricInvalid(
            "rules_invalid",
            _("At least one assessment is needed, and scores have 0 to 4 decimal places."),
        )
    if is_draft:
        return
    if not criteria:
        raise RubricInvalid("no_criterion", _("The rubric needs at least one criterion."))
    total = sum((text.weight for text in criteria), Decimal(0))
    if total != rubric_queries.FULL:
        raise RubricInvalid(
            "weights_not_100",
            _("The weights add up to %(sum)s. They must add up to exactly 100 %%.")
            % {"sum": display.percent_words(total)},
            sum=str(total),
        )


def _check_rounds(rules: Rules) -> None:
    """Refuse two rounds that could not be held."""
    if not rules.final_rule:
        if rules.final_threshold is not None:
            raise RubricInvalid("final_without_rule", _("With one round nothing goes on."))
        return
    threshold = rules.final_threshold
    if rules.final_rule not in FinalRule.values or threshold is None:
        raise RubricInvalid(
            "final_threshold_missing",
            _("Say how many places, or how many points, go on to the final round."),
        )
    if not 1 <= threshold <= (100 if rules.final_rule == FinalRule.POINTS else 1_000):
        raise RubricInvalid(
            "final_threshold_invalid", _("Enter 1 to 1,000 places, or 1 to 100 points.")
        )
    if rules.method == Method.RANK_SUM:
        raise RubricInvalid(
            "rank_sum_has_one_round",
            _(
                "A sum of ranks compares jurors who have assessed everything. Choose one round, or"
                " another way to put the jurors together."
            ),
        )


@transaction.atomic
def freeze(challenge: Challenge, *, by: User, now: dt.datetime | None = None) -> dict[str, Any]:
    """Freeze the rubric at publication and return what enters the hash of the statement.

    A statement that is judged by a metric alone has no criteria: nothing happens.

    Raises:
        Incomplete: the rubric could not be published as it is.

    """
    found = Rubric.objects.select_for_update(no_key=True).filter(challenge=challenge).first()
    rubric = rubric_queries.of(challenge)
    if found is None or rubric is None or not rubric.criteria.all():
        return {}
    if rubric.is_frozen:
        return {"rubric": rubric_queries.canonical(rubric), "rubric_sha256": rubric.sha256}
    if not rubric_queries.is_complete(rubric):
        raise Incomplete(
            "rubric_incomplete",
            _("The rubric is not complete. Its weights or anchor texts still need work."),
            missing=rubric_queries.missing_texts(rubric),
        )
    rubric.frozen_at = now or clock.now()
    rubric.sha256 = hashlib.sha256(rubric_queries.canonical_text(rubric).encode()).hexdigest()
    rubric.save(update_fields=["frozen_at", "sha256"])
    audit.record(
        "rubric.frozen",
        target=rubric,
        by=by,
        data={"challenge": challenge.code, "sha256": rubric.sha256},
        now=rubric.frozen_at,
    )
    return {"rubric": rubric_queries.canonical(rubric), "rubric_sha256": rubric.sha256}
