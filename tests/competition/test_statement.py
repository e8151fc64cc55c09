"""The statement as data: every number of the template, acceptable answers, what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from competition import statement
from competition.statement.answers import clean_answer, clean_translation, parse_number
from competition.statement.completeness import (
    contradictions,
    gaps_of_answer,
    missing,
    progress_of,
)
from competition.statement.display import number_with_unit, shown
from competition.statement.fields import Facts, Field, Kind, Need
from tests.factories import COMPLETE_ANSWERS, ChallengeFactory

F = statement.FIELDS


def test_every_number_of_the_template_is_asked_somewhere() -> None:
    asked = {question.number for question in F.values()} | set(statement.ELSEWHERE)

    assert asked == {f"PS-{number}" for number in range(1, 64)}


def test_keys_are_unique_over_all_sections() -> None:
    keys = [question.key for section in statement.SECTIONS for question in section.fields]

    assert len(keys) == len(set(keys))


def test_sections_are_a_to_h() -> None:
    assert "".join(section.letter for section in statement.SECTIONS) == "ABCDEFGH"


def test_never_published_are_exactly_these() -> None:
    hidden = {key for key, question in F.items() if not question.is_published}

    assert hidden == {
        "procurement_contact",
        "cost_public",
        "dpo",
        "dpo_statement",
        "dpia",
        "dpia_reason",
        "est_value",
        "sponsor",
    }


def test_every_question_has_the_limits_its_kind_needs() -> None:
    lacking = [
        question.key
        for question in F.values()
        if (
            question.kind in {Kind.TEXT, Kind.RICH, Kind.EMAIL, Kind.LIST}
            and not question.max_length
        )
        or (question.kind in {Kind.CHOICE, Kind.MULTI} and question.choices is None)
        or (question.kind is Kind.TABLE and not question.columns)
        or (question.is_rows and not question.row_name)
    ]

    assert lacking == []


# -- one answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "raw", "stored"),
    [
        ("title", "  Briefe \n lesen ", "Briefe lesen"),
        ("problem", " Zeile 1\r\nZeile 2 \r\n", "Zeile 1\nZeile 2"),
        ("problem", "   ", None),
        ("contact", "ki@amt.example", "ki@amt.example"),
        ("vulnerable", "yes", True),
        ("vulnerable", "no", False),
        ("vulnerable", False, False),
        ("vulnerable", "", None),
        ("topic", "GOVE", "GOVE"),
        ("topic", "", None),
        ("languages", ["en", "de"], ["de", "en"]),
        ("languages", [], None),
        ("volume", "45.000", 45_000),
        ("volume", 45_000, 45_000),
        ("volume", 0, 0),
        ("effort_minutes", "3,5", "3.5"),
        ("effort_minutes", "3,50", "3.5"),
        ("effort_minutes", 3, "3"),
        ("effort_minutes", "", None),
        ("min_requirements", ["Läuft offline.", " "], [{"text": "Läuft offline."}]),
        ("min_requirements", [{"text": "", "text_en": ""}], None),
        (
            "prizes",
            [{"place": "1.", "amount": "15.000", "kind": "money", "colour": "gold"}, {}],
            [{"place": "1.", "amount": 15_000, "kind": "money"}],
        ),
        (
            "success",
            [{"indicator": "Quote", "indicator_en": "rate"}],
            [{"indicator": "Quote", "indicator_en": "rate"}],
        ),
    ],
)
def test_answer_is_stored_in_one_form(key: str, raw: Any, stored: Any) -> None:
    assert clean_answer(F[key], raw) == stored


@pytest.mark.parametrize("key", sorted(F))
def test_stored_answer_is_acceptable_again(key: str) -> None:
    stored = COMPLETE_ANSWERS.get(key)

    assert clean_answer(F[key], stored) == stored


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("title", "x" * 91),
        ("problem", "a\x00b"),
        ("contact", "not an address"),
        ("vulnerable", "perhaps"),
        ("topic", "FOOD"),
        ("languages", ["fr"]),
        ("languages", "de"),
        ("volume", "many"),
        ("volume", "-3"),
        ("volume", "2,5"),
        ("volume", "216,000"),
        ("jury_size", "2"),
        ("error_today", "101"),
        ("effort_minutes", "1,234"),
        ("success", "text"),
        ("prizes", [{"kind": "gold"}]),
        ("prizes", [{"place": "x" * 61}]),
        ("min_requirements", [f"{number}." for number in range(13)]),
    ],
)
def test_unacceptable_answer_is_refused_with_a_sentence(key: str, raw: Any) -> None:
    with translation.override("de"), pytest.raises(ValidationError) as caught:
        clean_answer(F[key], raw)

    assert all(message.endswith((".", "…")) for message in caught.value.messages)


def test_problem_of_a_row_names_entry_and_column() -> None:
    with translation.override("en"), pytest.raises(ValidationError) as caught:
        clean_answer(F["prizes"], [{"place": "1."}, {"place": "2.", "amount": "lots"}])

    assert caught.value.messages == [
        "Entry 2, Amount: Write a number in digits, for example 1,200."
    ]


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("de", "216.000", "216000"),
        ("de", "216 000", "216000"),
        ("de", "216\u202f000", "216000"),
        ("de", "3,5", "3.5"),
        ("de", "3.5", "3.5"),
        ("de", "1.234,5", "1234.5"),
        ("de", "1,234.5", "1234.5"),
        ("de", "1.234.567", "1234567"),
        ("en", "216,000", "216000"),
        ("en", "3.5", "3.5"),
        ("en", "1,234.5", "1234.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(language: str, text: str, number: str) -> None:
    with translation.override(language):
        assert parse_number(text) == pytest.approx(float(number))


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "1,2,3", "12.34.567", "--3", "1.234,5.6", "٣"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


def test_translation_is_refused_where_there_is_none() -> None:
    with pytest.raises(ValidationError):
        clean_translation(F["volume"], "many")


# -- what is missing ------------------------------------------------------------------------------


def facts(**answers: Any) -> Facts:
    return Facts(answers={**COMPLETE_ANSWERS, **answers}, eu_threshold=216_000)


def keys_missing(answers: dict[str, Any], need: Need = Need.HAND_IN, **more: Any) -> list[str]:
    challenge = ChallengeFactory.build(answers=answers)
    known = Facts(answers=answers, eu_threshold=216_000, **more)
    return [gap.field for gap in missing(challenge, statement.SECTIONS, known, need=need)]


def test_complete_answers_miss_nothing() -> None:
    assert keys_missing(COMPLETE_ANSWERS, Need.PUBLISH) == []


def test_empty_draft_misses_every_required_answer_that_applies() -> None:
    expected = [
        key
        for key, question in F.items()
        if question.need is Need.HAND_IN
        and question.when is None
        and key not in {"title", "tagline", "wants"}  # columns that the factory fills
    ]

    assert keys_missing({}) == expected


@pytest.mark.parametrize(
    ("answers", "needed"),
    [
        ({"vulnerable": True}, ["vulnerable_groups"]),
        ({"data_given": True}, ["datasets", "data_access", "data_licence"]),
        ({"personal": "anonymised"}, ["legal_basis_data", "anonymisation", "dpo", "dpo_statement"]),
        ({"personal": "pseudonymised"}, ["legal_basis_data", "dpo", "dpo_statement"]),
        ({"dpia": "needed"}, ["dpo", "dpo_statement"]),
        ({"follow_up": True}, ["follow_up_plan", "suitability_proofs"]),
    ],
)
def test_answers_make_further_answers_necessary(answers: dict[str, Any], needed: list[str]) -> None:
    assert keys_missing({**COMPLETE_ANSWERS, **answers}) == needed


@pytest.mark.parametrize(("value", "needed"), [(215_999, []), (216_000, ["ted_number"])])
def test_threshold_makes_the_eu_notice_necessary_before_publication(
    value: int, needed: list[str]
) -> None:
    answers = {**COMPLETE_ANSWERS, "est_value": value}

    assert (keys_missing(answers), keys_missing(answers, Need.PUBLISH)) == ([], needed)


def test_high_risk_makes_the_plan_necessary_before_publication() -> None:
    flags = frozenset({"FRIA_REQUIRED"})

    assert keys_missing(COMPLETE_ANSWERS, Need.PUBLISH, flags=flags) == ["fria_plan"]
    assert keys_missing(COMPLETE_ANSWERS, Need.HAND_IN, flags=flags) == []


def test_english_title_and_summary_are_needed_before_publication() -> None:
    challenge = ChallengeFactory.build(answers=COMPLETE_ANSWERS, title_en="", tagline_en="")

    gaps = missing(challenge, statement.SECTIONS, facts(), need=Need.PUBLISH)

    assert [(gap.field, gap.need) for gap in gaps] == [
        ("title_en", Need.PUBLISH),
        ("tagline_en", Need.PUBLISH),
    ]


def test_statement_that_wants_nothing_is_incomplete() -> None:
    challenge = ChallengeFactory.build(
        answers=COMPLETE_ANSWERS, wants_concept=False, wants_predictions=False
    )

    gaps = missing(challenge, statement.SECTIONS, facts(), need=Need.HAND_IN)

    assert [gap.field for gap in gaps] == ["wants"]


def test_half_filled_row_names_what_it_lacks() -> None:
    with translation.override("en"):
        gaps = gaps_of_answer(F["success"], [{"indicator": "a", "start": "b", "target": "c"}])

    assert gaps == ["“Measurable success criteria”, entry 1: “How it is measured” is missing."]


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ({"procedure": "planning", "anonymity": False}, "anonymity"),
        ({"procedure": "planning", "eligibility": ["natural"]}, "eligibility"),
        ({"procedure": "planning", "eligibility": ["companies", "public"]}, "eligibility"),
        ({"procedure": "planning", "territory": "germany"}, "territory"),
        ({"special_cat": True}, "personal"),
        ({"personal": "yes", "data_access": "open"}, "data_access"),
        ({"est_value": 14_999}, "est_value"),
    ],
)
def test_contradiction_names_the_answer_to_change(answers: dict[str, Any], key: str) -> None:
    assert [gap.field for gap in contradictions(facts(**answers))] == [key]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"procedure": "planning"},
        {"procedure": "ideas", "anonymity": False, "territory": "germany"},
        {"procedure": "planning", "territory": "eea"},
        {"est_value": 15_000},
    ],
)
def test_what_may_stand_together_is_no_contradiction(answers: dict[str, Any]) -> None:
    assert list(contradictions(facts(**answers))) == []


def test_progress_counts_a_question_once() -> None:
    answers = {**COMPLETE_ANSWERS, "success": [{"indicator": "a"}]}
    challenge = ChallengeFactory.build(answers=answers, title_en="")

    goal = progress_of(challenge, statement.BY_KEY["goal"], Facts(answers=answers))
    basics = progress_of(challenge, statement.BY_KEY["basics"], Facts(answers=answers))

    assert (goal.submit_done, goal.submit_total, goal.publish_total) == (2, 3, 0)
    assert (basics.submit_done, basics.submit_total) == (7, 7)
    assert (basics.publish_done, basics.publish_total) == (1, 2)


# -- how answers are shown ------------------------------------------------------------------------


def test_public_never_gets_hidden_or_unanswered_questions() -> None:
    answers = {
        **COMPLETE_ANSWERS,
        "cost": 4_711,
        "vulnerable_groups": "stale answer of an earlier yes",
    }
    challenge = ChallengeFactory.build(answers=answers)

    sections = shown(challenge, statement.SECTIONS, Facts(answers=answers), is_public=True)

    keys = {answer.key for section in sections for answer in section.answers}
    hidden = {key for key, question in F.items() if not question.is_published}
    assert keys & (hidden | {"cost", "vulnerable_groups", "easy_summary"}) == set()
    assert {"title", "problem", "success", "prizes"} <= keys


def test_cost_is_public_once_the_agency_agrees() -> None:
    answers = {**COMPLETE_ANSWERS, "cost": 4_711, "cost_public": True}
    challenge = ChallengeFactory.build(answers=answers)

    sections = shown(challenge, statement.SECTIONS, Facts(answers=answers), is_public=True)

    shown_costs = [
        answer.text for section in sections for answer in section.answers if answer.key == "cost"
    ]
    assert len(shown_costs) == 1
    assert "711" in shown_costs[0]


def _shown(key: str, answers: dict[str, Any], language: str, **fields: Any) -> Any:
    challenge = ChallengeFactory.build(answers=answers, **fields)
    with translation.override(language):
        sections = shown(challenge, statement.SECTIONS, Facts(answers=answers), is_public=False)
    return next(answer for section in sections for answer in section.answers if answer.key == key)


@pytest.mark.parametrize(
    ("language", "text", "lang"), [("de", "Briefe", "de"), ("en", "Letters", "en")]
)
def test_text_is_shown_in_the_language_of_the_page(language: str, text: str, lang: str) -> None:
    answer = _shown("problem", {"problem": "Briefe"}, language, translations={"problem": "Letters"})

    assert (answer.text, answer.lang) == (text, lang)


def test_text_without_translation_says_that_it_is_german() -> None:
    answer = _shown("problem", {"problem": "Briefe"}, "en")

    assert (answer.text, answer.lang) == ("Briefe", "de")


def test_cells_and_items_carry_their_language_too() -> None:
    rows = {"success": [{"indicator": "Quote", "indicator_en": "Rate", "start": "41 %"}]}

    answer = _shown("success", rows, "en")

    assert [(cell.text, cell.lang) for cell in answer.rows[0]] == [
        ("Rate", "en"),
        ("41 %", "de"),
        ("–", ""),
        ("–", ""),
    ]


@pytest.mark.parametrize(
    ("language", "value", "unit", "words"),
    [
        ("de", 45_000, "", "45\u202f000"),
        ("en", 45_000, "", "45,000"),
        ("de", "3.5", "Minuten", "3,5\u00a0Minuten"),
        ("en", "1.65", "FTE", "1.65\u00a0FTE"),
    ],
)
def test_numbers_keep_their_own_decimals(
    language: str, value: int | str, unit: str, words: str
) -> None:
    with translation.override(language):
        assert number_with_unit(value, unit) == words


def test_markdown_of_authors_can_do_nothing() -> None:
    answer = _shown("problem", {"problem": "<script>alert(1)</script> **fett**"}, "de")

    assert "<script>" not in answer.html
    assert "<strong>fett</strong>" in answer.html


def _question(**fields: Any) -> Field:
    return Field(number="PS-0", key="x", label="X", kind=Kind.TEXT, **fields)


def test_optional_question_is_never_missing() -> None:
    question = _question(need=Need.OPTIONAL)

    assert (
        question.is_needed(facts(), Need.HAND_IN),
        question.is_needed(facts(), Need.PUBLISH),
    ) == (
        False,
        False,
    )
