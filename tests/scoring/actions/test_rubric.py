"""Writing and freezing a rubric."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import translation

from competition.extensions import freezers, publication_checks
from competition.states import ChallengeState
from core.exceptions import Incomplete, PermissionRefused, StaleVersion
from core.models import AuditEvent
from scoring.actions import rubric as rubric_actions
from scoring.actions.rubric import CriterionText, LevelText, RubricFrozen, RubricInvalid, Rules
from scoring.models import Benchmark, Criterion, Level, Rubric
from scoring.models.benchmark import MetricSetting
from scoring.models.rubric import Aggregate, Method
from scoring.queries import rubric as queries
from tests.factories import (
    AgencyFactory,
    ChallengeFactory,
    RubricFactory,
    UserFactory,
    agency_staff,
    break_audit,
    organiser,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return ChallengeFactory(agency=AgencyFactory())


@pytest.fixture
def bea(challenge):
    return agency_staff(challenge.agency)


def criterion(name="Nutzen", weight="100", lowest=1, highest=3, **fields):
    levels = [
        LevelText(mark=mark, anchor_de=f"{name} {mark}") for mark in range(lowest, highest + 1)
    ]
    return CriterionText(
        **{
            "name_de": name,
            "description_de": f"Was {name} bringt",
            "weight": Decimal(weight),
            "lowest": lowest,
            "highest": highest,
            "levels": levels,
            **fields,
        }
    )


def save(challenge, bea, *criteria, **more):
    return rubric_actions.save(challenge, by=bea, criteria=list(criteria), **more)


def run_checks(challenge):
    keys = {"judged", "rubric_weights", "rubric_texts", "rubric_shares"}
    return {
        check.key: check.run(challenge).passed for check in publication_checks if check.key in keys
    }


def test_rubric_is_stored_in_order_with_its_levels(challenge, bea):
    rubric = save(
        challenge,
        bea,
        criterion("Nutzen", "66.67"),
        criterion("Recht", "33.33", 0, 1, may_abstain=True),
        rules=Rules(digits=1, min_assessments=2),
    )

    assert [
        (row.key, row.name_de, row.weight, row.may_abstain) for row in rubric.criteria.all()
    ] == [
        ("k1", "Nutzen", Decimal("66.67"), False),
        ("k2", "Recht", Decimal("33.33"), True),
    ]
    assert list(Level.objects.order_by("criterion", "mark").values_list("mark", flat=True)) == [
        1, 2, 3, 0, 1,
    ]  # fmt: skip
    assert (rubric.digits, rubric.min_assessments, rubric.version) == (1, 2, 1)


def test_rubric_replaces_the_one_before(challenge, bea):
    save(challenge, bea, criterion("Alt"))

    rubric = save(challenge, bea, criterion("Neu"), version=1)

    assert list(Criterion.objects.values_list("name_de", flat=True)) == ["Neu"]
    assert rubric.version == 2


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "no_criterion"),
        ([criterion(weight="99.99")], "weights_not_100"),
        ([criterion(weight="60"), criterion(weight="40.01")], "weights_not_100"),
        ([criterion(weight="0")], "weight_invalid"),
        ([criterion(weight="100.01")], "weight_invalid"),
        ([criterion(weight="33.333")], "weight_invalid"),
        ([criterion(name="  ")], "name_missing"),
        ([criterion(lowest=3, highest=3, levels=())], "scale_invalid"),
        ([criterion(lowest=0, highest=11, levels=())], "scale_invalid"),
        ([criterion(weight="1")] * 13, "too_many_criteria"),
    ],
)
def test_rubric_that_breaks_a_rule_is_refused(challenge, bea, texts, code):
    with pytest.raises(RubricInvalid) as refusal:
        save(challenge, bea, *texts)

    assert refusal.value.code == code
    assert not Rubric.objects.exists()


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Rules(jury_weight=Decimal(0)), "jury_weight_invalid"),
        (Rules(jury_weight=Decimal("100.5")), "jury_weight_invalid"),
        (Rules(digits=5), "rules_invalid"),
        (Rules(min_assessments=0), "rules_invalid"),
    ],
)
def test_rubric_with_impossible_rules_is_refused(challenge, bea, rules, code):
    with pytest.raises(RubricInvalid) as refusal:
        save(challenge, bea, criterion(), rules=rules)

    assert refusal.value.code == code


def test_draft_may_be_incomplete(challenge, bea):
    rubric = save(challenge, bea, criterion(weight="40", levels=()), is_draft=True)

    assert queries.weight_sum(rubric) == 40
    assert not queries.is_complete(queries.of(challenge))


def test_weights_of_thirds_add_up_exactly(challenge, bea):
    rubric = save(
        challenge, bea, criterion("A", "33.33"), criterion("B", "33.33"), criterion("C", "33.34")
    )

    assert queries.weight_sum(rubric) == 100


@pytest.mark.parametrize("state", [ChallengeState.IN_REVIEW, ChallengeState.ACCEPTED])
def test_rubric_waits_while_the_statement_is_with_the_office(challenge, bea, state):
    challenge.state = state

    with pytest.raises(PermissionRefused):
        save(challenge, bea, criterion())


def test_rubric_is_the_agency_s(challenge, bea):
    for person in (
        UserFactory(),
        agency_staff(AgencyFactory()),
        organiser(challenge.competition),
    ):
        with pytest.raises(PermissionRefused):
            save(challenge, person, criterion())


def test_stale_rubric_is_refused(challenge, bea):
    save(challenge, bea, criterion("Erste"))

    with pytest.raises(StaleVersion):
        save(challenge, bea, criterion("Zweite"), version=0)

    assert Criterion.objects.get().name_de == "Erste"


def test_rubric_is_recorded_without_texts(challenge, bea):
    save(challenge, bea, criterion(weight="60"), criterion("B", "40"))

    event = AuditEvent.objects.get(action="rubric.saved")
    assert event.actor == bea.pk
    assert event.data == {
        "challenge": challenge.code,
        "version": 1,
        "criteria": 2,
        "weights": ["60.00", "40.00"],
        "draft": False,
    }


def test_rubric_is_not_stored_without_its_event(challenge, bea):
    break_audit()

    with pytest.raises(IntegrityError):
        save(challenge, bea, criterion())

    assert not Rubric.objects.exists()


# -- publication -----------------------------------------------------------------------------------


def test_frozen_rubric_cannot_change(challenge, bea):
    rubric = save(challenge, bea, criterion())
    rubric_actions.freeze(challenge, by=bea)

    with pytest.raises(RubricFrozen):
        save(challenge, bea, criterion("Anders"))

    rubric.refresh_from_db()
    assert rubric.is_frozen
    assert Criterion.objects.get().name_de == "Nutzen"


def test_hash_of_the_rubric_covers_every_word_and_rule(challenge, bea):
    rubric = save(challenge, bea, criterion())
    first = queries.canonical_text(queries.of(challenge))

    changes = []
    for model, name, value in (
        (Level, "anchor_de", "Anders"),
        (Level, "anchor_en", "Other"),
        (Criterion, "description_en", "Other"),
        (Criterion, "weight", Decimal("99.99")),
        (Rubric, "digits", 1),
        (Rubric, "rounding", "per_criterion"),
    ):
        row = model.objects.first()
        before = getattr(row, name)
        model.objects.filter(pk=row.pk).update(**{name: value})
        changes.append(queries.canonical_text(queries.of(challenge)))
        model.objects.filter(pk=row.pk).update(**{name: before})

    assert first not in changes
    assert len(set(changes)) == 6
    assert queries.canonical_text(queries.of(rubric.challenge)) == first


def test_freezing_returns_what_enters_the_hash_of_the_statement(challenge, bea):
    save(challenge, bea, criterion())

    frozen = [freezer(challenge, bea) for freezer in freezers]

    rubric = queries.of(challenge)
    assert {"rubric": queries.canonical(rubric), "rubric_sha256": rubric.sha256} in frozen
    assert AuditEvent.objects.filter(action="rubric.frozen").count() == 1


def test_freezing_twice_changes_nothing(challenge, bea):
    save(challenge, bea, criterion())
    first = rubric_actions.freeze(challenge, by=bea)

    second = rubric_actions.freeze(challenge, by=bea)

    assert first == second
    assert AuditEvent.objects.filter(action="rubric.frozen").count() == 1


def test_freezing_without_a_rubric_does_nothing(challenge, bea):
    assert rubric_actions.freeze(challenge, by=bea) == {}


def test_incomplete_rubric_cannot_be_frozen(challenge, bea):
    save(challenge, bea, criterion(levels=()))

    with pytest.raises(Incomplete):
        rubric_actions.freeze(challenge, by=bea)


def test_freezing_is_undone_without_its_event(challenge, bea):
    save(challenge, bea, criterion())
    break_audit()

    with pytest.raises(IntegrityError):
        rubric_actions.freeze(challenge, by=bea)

    assert not Rubric.objects.get().is_frozen


def test_checks_pass_for_a_complete_rubric(challenge):
    RubricFactory(challenge=challenge)

    assert run_checks(challenge) == {
        "judged": True,
        "rubric_weights": True,
        "rubric_texts": True,
        "rubric_shares": True,
    }


def test_checks_miss_a_rubric_and_a_benchmark(challenge):
    assert run_checks(challenge)["judged"] is False


def test_checks_accept_a_metric_alone(challenge):
    Benchmark.objects.create(
        challenge=challenge,
        target_column="label",
        metric_settings=[MetricSetting(key="accuracy").to_json()],
    )

    assert set(run_checks(challenge).values()) == {True}


def test_checks_find_wrong_weights(challenge, bea):
    save(challenge, bea, criterion(weight="90"), is_draft=True)

    assert run_checks(challenge) == {
        "judged": True,
        "rubric_weights": False,
        "rubric_texts": True,
        "rubric_shares": True,
    }


def test_checks_find_missing_anchors(challenge, bea):
    save(challenge, bea, criterion(levels=[LevelText(mark=1, anchor_de="Eins")]))

    with translation.override("en"):
        missing = queries.missing_texts(queries.of(challenge))

    assert run_checks(challenge)["rubric_texts"] is False
    assert missing == ["Nutzen: no anchor texts for levels 2, 3."]


@pytest.mark.parametrize("others", [{"jury_weight": Decimal(60)}, {"aggregate": "criterion_first"}])
def test_sum_of_ranks_stands_alone(challenge, bea, others):
    with pytest.raises(RubricInvalid) as error:
        save(challenge, bea, criterion(), rules=Rules(method="rank-sum", **others), is_draft=True)

    assert error.value.code == "rank_sum_stands_alone"


@pytest.mark.parametrize(
    ("method", "aggregate"),
    [
        pair
        for pair in itertools.product(Method.values, Aggregate.values)
        if pair != ("rank-sum", "criterion_first")
    ],
)
def test_every_method_is_explained_and_enters_the_hash(challenge, bea, method, aggregate):
    save(challenge, bea, criterion())
    plain = queries.of(challenge)
    save(challenge, bea, criterion(), rules=Rules(method=method, aggregate=aggregate))
    found = queries.of(challenge)

    is_plain = (method, aggregate) == (plain.method, plain.aggregate)
    assert (queries.canonical_text(found) == queries.canonical_text(plain)) is is_plain
    assert (queries.explain(found).formula == queries.explain(plain).formula) is is_plain
    assert queries.settings_of(found).method == method


def test_checks_find_a_share_without_a_metric(challenge, bea):
    save(challenge, bea, criterion(), rules=Rules(jury_weight=Decimal(60)))

    assert run_checks(challenge)["rubric_shares"] is False

    Benchmark.objects.create(
        challenge=challenge,
        target_column="label",
        metric_settings=[MetricSetting(key="accuracy").to_json()],
    )
    assert run_checks(challenge)["rubric_shares"] is True


# -- in words --------------------------------------------------------------------------------------


def test_explanation_names_every_setting_that_changes_a_number(challenge, bea):
    """Digits, rounding, order of aggregation, minimum and tie chain are printed (Q-76)."""
    save(
        challenge,
        bea,
        criterion(may_abstain=True),
        rules=Rules(
            aggregate="criterion_first",
            rounding="per_criterion",
            digits=1,
            min_assessments=4,
            jury_weight=Decimal(60),
        ),
    )
    other = ChallengeFactory(agency=challenge.agency)
    save(other, bea, criterion())

    first, second = (queries.explain(queries.of(each)) for each in (challenge, other))

    assert len(first.formula) == 7
    assert len(second.formula) == 5
    assert len(set(first.formula) & set(second.formula)) == 2
    assert len(first.ties) == 4
    assert "Nutzen" in first.ties[0]


def test_settings_for_the_computation_follow_the_rows(challenge, bea):
    save(challenge, bea, criterion("A", "60"), criterion("B", "40", 0, 10, may_abstain=True))

    settings = queries.settings_of(queries.of(challenge))

    assert [(c.key, c.weight, c.low, c.high, c.required) for c in settings.criteria] == [
        ("k1", Decimal("60.00"), 100, 300, True),
        ("k2", Decimal("40.00"), 0, 1000, False),
    ]
    assert [step.key for step in settings.tie_chain] == [
        "criterion:k1",
        "median",
        "first_places",
        "chair",
    ]
