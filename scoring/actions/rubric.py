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

from competition.models import Challenge
from core import audit, clock, display
from core.exceptions import DomainError, Incomplete, PermissionRefused, StaleVersion
from scoring.actions import assessment as assessment_actions
from scoring.emails import rubric as emails
from scoring.models import Assessment, Criterion, Jury, Level, Rubric, RubricVersion
from scoring.models.rubric import Aggregate, FinalRule, Method, Rounding
from scoring.queries import rubric as rubric_queries
from scoring.states import AssessmentState

if TYPE_CHECKING:
    from accounts.models import User

MAX_CRITERIA = 12
MAX_LEVELS = 11
CENT = Decimal("0.01")
_COLUMNS = [
    "name_de", "name_en", "description_de", "description_en", "weight", "lowest", "highest",
    "may_abstain", "footprint",
]  # fmt: skip


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
    # The key of a declared value (submissions.footprint) that stands beside the levels.
    footprint: str = ""


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
        footprint=text.footprint,
    )
    _add_levels(criterion, text)


def _add_levels(criterion: Criterion, text: CriterionText) -> None:
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


# -- a further version, until the first release ----------------------------------------------------


@transaction.atomic
def publish_anew(
    challenge: Challenge,
    *,
    by: User,
    criteria: Sequence[CriterionText],
    rules: Rules,
    reason_de: str,
    reason_en: str = "",
    version: int | None = None,
    now: dt.datetime | None = None,
) -> Rubric:
    """Publish a further version of the rubric with a public reason, until the first release (Q-10).

    Criteria keep their places; further ones follow them. Levels given in drafts stay where nothing
    but the weight has changed; the others are taken back, and a draft that was begun is another
    version, so that pages and kits made before are out of date. Teams and jury are told.

    Raises:
        PermissionRefused: not the office, not published yet, or an assessment has been released.
        StaleVersion: somebody else saved in the meantime.
        Incomplete: no reason, or a text of the rubric is missing.
        RubricInvalid: as in `save`, a criterion is gone, or nothing has changed.

    """
    moment = now or clock.now()
    # Whoever releases holds the lock of the jury.
    list(Jury.objects.select_for_update(no_key=True).filter(challenge=challenge))
    found = Rubric.objects.select_for_update(no_key=True).filter(challenge=challenge).first()
    # As it is stored: the one at hand may remember a rubric that was not frozen.
    fresh = Challenge.objects.select_related("competition").get(pk=challenge.pk)
    if found is None or not by.has_perm("scoring.amend_rubric", fresh):
        raise PermissionRefused(
            "not_permitted",
            _("Only the office does this, until the first assessment is released."),
        )
    if version is not None and version != found.version:
        raise StaleVersion(
            "stale_version",
            _("Somebody else saved this rubric in the meantime. Nothing was overwritten."),
        )
    if not reason_de.strip():
        raise Incomplete("reason_missing", _("Please give a reason; everybody can read it."))
    _check(criteria, rules, is_draft=False)
    before = rubric_queries.of(challenge)
    if before is None or len(criteria) < len(before.criteria.all()):
        raise RubricInvalid(
            "criterion_gone", _("A published criterion cannot be removed, only changed.")
        )
    old = rubric_queries.canonical(before)
    RubricVersion.objects.get_or_create(
        rubric=found,
        number=found.published_version,
        defaults={
            "content": old,
            "sha256": found.sha256,
            "published_at": found.frozen_at or moment,
            "published_by": None,
        },
    )
    new = _replace(found, before, criteria, rules, moment)
    if new == old:
        raise RubricInvalid("nothing_changed", _("Nothing has changed."))
    RubricVersion.objects.create(
        rubric=found,
        number=found.published_version,
        content=new,
        sha256=found.sha256,
        published_at=moment,
        published_by=by,
        reason_de=reason_de.strip(),
        reason_en=reason_en.strip(),
    )
    begun = _take_back(challenge, _unchanged(old, new), moment)
    audit.record(
        "rubric.published_anew",
        target=found,
        by=by,
        reason=reason_de.strip(),
        data={
            "challenge": challenge.code,
            "version": found.published_version,
            "sha256": found.sha256,
            "drafts": begun,
        },
        now=moment,
    )
    emails.rubric_published_anew(challenge, found, reason=reason_de.strip(), now=moment)
    return found


def _replace(
    found: Rubric,
    before: Rubric,
    criteria: Sequence[CriterionText],
    rules: Rules,
    now: dt.datetime,
) -> dict[str, Any]:
    """Write the rubric over what is stored and freeze it again; return its canonical form."""
    # Levels of a frozen rubric are kept by a trigger of the database.
    found.frozen_at, found.sha256 = None, ""
    for rule in fields(rules):
        setattr(found, rule.name, getattr(rules, rule.name))
    found.version += 1
    found.published_version += 1
    found.save()
    stored = list(before.criteria.all())
    for criterion, text in zip(stored, criteria, strict=False):
        for name in _COLUMNS:
            setattr(criterion, name, getattr(text, name))
        criterion.save(update_fields=_COLUMNS)
        criterion.levels.all().delete()
        _add_levels(criterion, text)
    for position, text in enumerate(criteria[len(stored) :], start=len(stored) + 1):
        _add(found, position, text)
    fresh = rubric_queries.of(found.challenge)
    if fresh is None or not rubric_queries.is_complete(fresh):
        raise Incomplete(
            "rubric_incomplete",
            _("The rubric is not complete. Its weights or anchor texts still need work."),
            missing=[] if fresh is None else rubric_queries.missing_texts(fresh),
        )
    found.frozen_at = now
    found.sha256 = hashlib.sha256(rubric_queries.canonical_text(fresh).encode()).hexdigest()
    found.save(update_fields=["frozen_at", "sha256"])
    return rubric_queries.canonical(fresh)


def _unchanged(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """Return the keys of the criteria that say the same; another weight asks for no other level."""
    bare = [
        {row["key"]: {**row, "weight": ""} for row in rubric["criteria"]} for rubric in (old, new)
    ]
    return {key for key, row in bare[0].items() if bare[1].get(key) == row}


def _take_back(challenge: Challenge, unchanged: set[str], now: dt.datetime) -> int:
    """Empty the levels of changed criteria in every draft; return how many were begun."""
    rubric = rubric_queries.of(challenge)
    if rubric is None:
        return 0
    drafts = list(
        Assessment.objects.select_for_update(of=("self",), no_key=True)
        .filter(assignment__seat__jury__challenge=challenge, state=AssessmentState.DRAFT)
        .prefetch_related("scores__criterion")
    )
    for draft in drafts:
        answers = {
            score.criterion_id: assessment_actions.Answer(
                score.mark_hundredths if score.criterion.key in unchanged else None,
                cannot_judge=score.cannot_judge and score.criterion.key in unchanged,
                comment=score.comment,
            )
            for score in draft.scores.all()
        }
        content = assessment_actions.Content(answers, draft.comment, draft.private_note)
        assessment_actions.write(draft, rubric, content, version=draft.version, now=now)
    return len(drafts)
