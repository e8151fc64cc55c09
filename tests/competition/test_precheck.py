"""The AI Act pre-check: every branch, and the outcomes that the demo statements must have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from competition import precheck
from competition.models import LegalValue
from competition.precheck import LegalKey
from competition.queries.statement import legal_dates, legal_values
from competition.states import Outcome
from tests.factories import MINIMAL_RISK

FRIA, DPIA = "FRIA_REQUIRED", "DPIA"
LEGAL = {
    LegalKey.PROHIBITIONS: dt.date(2025, 2, 2),
    LegalKey.IMAGERY: dt.date(2026, 12, 2),
    LegalKey.ANNEX_III: dt.date(2027, 12, 2),
    LegalKey.ANNEX_I: dt.date(2028, 8, 2),
    LegalKey.TRANSPARENCY: dt.date(2026, 8, 2),
    LegalKey.GENERAL_PURPOSE: dt.date(2025, 8, 2),
    LegalKey.GDPR: dt.date(2018, 5, 25),
}


def classify(**answers: Any) -> precheck.Result:
    return precheck.classify({**MINIMAL_RISK, **answers}, ruleset=precheck.RULESET, legal=LEGAL)


P, ONE, III, DER, T, MIN, NO = (
    Outcome.PROHIBITED,
    Outcome.HIGH_RISK_ANNEX_I,
    Outcome.HIGH_RISK_ANNEX_III,
    Outcome.ANNEX_III_DEROGATION,
    Outcome.TRANSPARENCY,
    Outcome.MINIMAL,
    Outcome.NO_AI,
)

BRANCHES = [
    # answers that differ from minimal risk, outcomes from the strictest, flags
    ({}, [MIN], []),
    ({"pc1": "no"}, [NO], []),
    ({"pc1": "no", "pc2": ["emotion"], "pc3": "yes", "pc4": ["4"]}, [NO], []),
    ({"pc1": "no", "pc9a": "yes"}, [NO], [DPIA]),
    ({"pc1": "unclear"}, [MIN], []),
    ({"pc2": ["unclear"]}, [P], []),
    ({"pc3": "yes"}, [ONE], [FRIA]),
    ({"pc3": "unclear"}, [ONE], [FRIA]),
    ({"pc4": ["3"], "pc5": "no", "pc6": "no"}, [III], [FRIA]),
    ({"pc4": ["3"], "pc5": "unclear", "pc6": "no"}, [III], [FRIA]),
    ({"pc4": ["3"], "pc5": "yes", "pc6": "yes"}, [III], [FRIA]),
    ({"pc4": ["3"], "pc5": "yes", "pc6": "unclear"}, [III], [FRIA]),
    ({"pc4": ["3"], "pc5": "yes", "pc6": "no"}, [DER], []),
    ({"pc4": ["unclear"], "pc5": "no", "pc6": "no"}, [III], [FRIA]),
    ({"pc4": ["2"], "pc5": "no", "pc6": "no"}, [III], []),
    ({"pc4": ["2", "3"], "pc5": "no", "pc6": "no"}, [III], [FRIA]),
    ({"pc4": ["2"], "pc5": "no", "pc6": "no", "pc3": "yes"}, [ONE, III], [FRIA]),
    ({"pc4": ["2", "unclear"], "pc5": "no", "pc6": "no"}, [III], [FRIA]),
    ({"pc7": ["interaction"]}, [T], []),
    ({"pc7": ["unclear"]}, [T], []),
    ({"pc4": ["4"], "pc5": "no", "pc6": "no", "pc7": ["interaction"]}, [III, T], [FRIA]),
    ({"pc4": ["4"], "pc5": "yes", "pc6": "no", "pc7": ["interaction"]}, [DER, T], []),
    ({"pc8": "yes"}, [MIN], []),
    ({"pc8": "unclear"}, [MIN], []),
    ({"pc9a": "yes"}, [MIN], [DPIA]),
    ({"pc9a": "unclear"}, [MIN], [DPIA]),
    ({"pc9b": "yes"}, [MIN], [DPIA]),
    ({"pc9b": "unclear"}, [MIN], [DPIA]),
    (
        {
            "pc2": ["emotion"],
            "pc3": "yes",
            "pc4": ["4"],
            "pc5": "no",
            "pc6": "yes",
            "pc7": ["interaction"],
        },
        [P, ONE, III, T],
        [FRIA],
    ),
]


@pytest.mark.parametrize(("answers", "outcomes", "flags"), BRANCHES)
def test_branch_of_the_law(
    answers: dict[str, Any], outcomes: list[Outcome], flags: list[str]
) -> None:
    result = classify(**answers)

    assert (list(result.outcomes), sorted(result.flags), result.outcome) == (
        outcomes,
        sorted(flags),
        outcomes[0],
    )


@pytest.mark.parametrize("box", [box.code for box in precheck.BY_KEY["pc2"].boxes])
def test_every_prohibited_practice_blocks(box: str) -> None:
    assert classify(pc2=[box]).outcome == P


@pytest.mark.parametrize("box", [box.code for box in precheck.BY_KEY["pc4"].boxes])
def test_every_area_of_annex_iii_is_high_risk(box: str) -> None:
    assert classify(pc4=[box], pc5="no", pc6="no").outcome == III


@pytest.mark.parametrize("box", [box.code for box in precheck.BY_KEY["pc7"].boxes])
def test_every_box_of_article_50_brings_transparency_duties(box: str) -> None:
    assert classify(pc7=[box]).outcome == T


# The demo statements and what their answers must yield.
DEMO = [
    ("incoming mail", {}, [MIN], []),
    ("service desk", {"pc8": "yes"}, [MIN], []),
    ("routing of requests", {"pc7": ["interaction"]}, [T], []),
    ("road damage", {"pc4": ["none"]}, [MIN], []),
    ("anonymising decisions", {"pc9a": "yes"}, [MIN], [DPIA]),
    ("funding applications", {"pc4": ["5a"], "pc5": "no", "pc6": "yes"}, [III], [FRIA]),
    ("emotions at work", {"pc2": ["emotion"]}, [P], []),
]


@pytest.mark.parametrize(("_name", "answers", "outcomes", "flags"), DEMO)
def test_demo_statement_has_its_expected_outcome(
    _name: str, answers: dict[str, Any], outcomes: list[Outcome], flags: list[str]
) -> None:
    result = classify(**answers)

    assert (list(result.outcomes), sorted(result.flags)) == (outcomes, flags)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, []),
        ({"pc2": ["emotion"]}, [("prohibited", LEGAL[LegalKey.PROHIBITIONS])]),
        ({"pc2": ["imagery"]}, [("prohibited", LEGAL[LegalKey.IMAGERY])]),
        ({"pc2": ["imagery", "emotion"]}, [("prohibited", LEGAL[LegalKey.PROHIBITIONS])]),
        (
            {"pc4": ["3"], "pc5": "no", "pc6": "no"},
            [
                ("fria", LEGAL[LegalKey.ANNEX_III]),
                ("deployer", LEGAL[LegalKey.ANNEX_III]),
                ("provider", LEGAL[LegalKey.ANNEX_III]),
            ],
        ),
        (
            {"pc3": "yes"},
            [
                ("fria", LEGAL[LegalKey.ANNEX_I]),
                ("deployer", LEGAL[LegalKey.ANNEX_I]),
                ("provider", LEGAL[LegalKey.ANNEX_I]),
            ],
        ),
        (
            {"pc3": "yes", "pc4": ["2"], "pc5": "no", "pc6": "no"},
            [
                ("fria", LEGAL[LegalKey.ANNEX_III]),
                ("deployer", LEGAL[LegalKey.ANNEX_III]),
                ("provider", LEGAL[LegalKey.ANNEX_III]),
            ],
        ),
        (
            {"pc4": ["3"], "pc5": "yes", "pc6": "no"},
            [("derogation", LEGAL[LegalKey.ANNEX_III])],
        ),
        ({"pc7": ["interaction"]}, [("transparency", LEGAL[LegalKey.TRANSPARENCY])]),
        ({"pc8": "yes"}, [("general_purpose", LEGAL[LegalKey.GENERAL_PURPOSE])]),
        ({"pc1": "no", "pc8": "yes"}, []),
        ({"pc9b": "yes"}, [("dpia", LEGAL[LegalKey.GDPR])]),
    ],
)
def test_duties_follow_with_their_dates(
    answers: dict[str, Any], expected: list[tuple[str, dt.date]]
) -> None:
    duties = [(duty.key, duty.applies_from) for duty in classify(**answers).duties]

    assert duties == expected


def test_unknown_date_is_left_open() -> None:
    answers = {**MINIMAL_RISK, "pc7": ["interaction"]}

    result = precheck.classify(answers, ruleset=precheck.RULESET, legal={})

    assert [(duty.key, duty.applies_from) for duty in result.duties] == [("transparency", None)]


@pytest.mark.parametrize(
    ("answers", "open_questions"),
    [
        ({}, ("pc1", "pc2", "pc3", "pc4", "pc7", "pc8", "pc9a", "pc9b")),
        ({"pc1": "no"}, ("pc9a", "pc9b")),
        ({**MINIMAL_RISK, "pc4": ["3"]}, ("pc5", "pc6")),
        ({**MINIMAL_RISK, "pc3": ""}, ("pc3",)),
    ],
)
def test_open_questions_keep_the_outcome_open(
    answers: dict[str, Any], open_questions: tuple[str, ...]
) -> None:
    result = precheck.classify(answers, ruleset=precheck.RULESET, legal=LEGAL)

    assert (result.open_questions, result.outcome, result.outcomes) == (open_questions, None, ())


def test_prohibited_practice_is_named_while_questions_are_open() -> None:
    result = precheck.classify({"pc2": ["emotion"]}, ruleset=precheck.RULESET, legal=LEGAL)

    assert (result.outcome, result.is_complete) == (P, False)


@pytest.mark.parametrize(
    ("answers", "needs"),
    [({}, False), ({"pc1": "no"}, True), ({"pc7": ["interaction"]}, True)],
)
def test_everything_but_minimal_risk_needs_reasons(answers: dict[str, Any], needs: bool) -> None:
    assert classify(**answers).needs_reasoning is needs


def test_answers_to_other_questions_are_refused() -> None:
    with pytest.raises(precheck.UnknownRuleset):
        precheck.classify(MINIMAL_RISK, ruleset="2024-1", legal=LEGAL)


def test_grounds_name_the_answers_that_decide() -> None:
    grounds = classify(pc4=["5a"], pc5="no", pc6="yes").grounds

    assert [ground.question for ground in grounds] == ["4", "5", "6"]


def test_cleaning_drops_what_is_unknown() -> None:
    cleaned = precheck.clean_answers(
        {"pc1": "maybe", "pc2": ["emotion", "dancing"], "pc3": "yes", "pc99": "yes"}
    )

    assert cleaned == {"pc2": ["emotion"], "pc3": "yes"}


def test_none_of_these_beside_a_box_is_a_contradiction() -> None:
    with pytest.raises(precheck.Contradiction) as caught:
        precheck.clean_answers({"pc2": ["none", "emotion"], "pc4": ["none"]})

    assert caught.value.questions == ("pc2",)


@pytest.mark.django_db
def test_dates_of_the_law_are_rows_with_a_source() -> None:
    values = legal_values(dt.date(2026, 11, 15))

    assert legal_dates(values) == {key.value: day for key, day in LEGAL.items()}
    assert all(row.source for row in values.values())


@pytest.mark.django_db
def test_later_row_moves_a_duty_without_code() -> None:
    LegalValue.objects.create(
        key=LegalKey.ANNEX_III,
        value="2029-01-01",
        valid_from=dt.date(2026, 12, 1),
        source="Neue Verordnung",
    )

    before = legal_dates(legal_values(dt.date(2026, 11, 30)))[LegalKey.ANNEX_III]
    after = legal_dates(legal_values(dt.date(2026, 12, 1)))[LegalKey.ANNEX_III]

    assert (before, after) == (dt.date(2027, 12, 2), dt.date(2029, 1, 1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "value"),
    [
        (dt.date(2025, 12, 31), None),
        (dt.date(2026, 1, 1), "216000"),
        (dt.date(2027, 12, 31), "216000"),
        (dt.date(2028, 1, 1), None),
    ],
)
def test_threshold_holds_from_its_first_to_its_last_day(day: dt.date, value: str | None) -> None:
    row = legal_values(day).get("eu_threshold_services")

    assert (row.value if row else None) == value
