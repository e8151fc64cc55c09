"""Answers as people read them: words for codes, numbers with units, texts in their language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from competition.models.bilingual import Text
from competition.statement.answers import ENGLISH, columns_of, is_empty
from competition.statement.completeness import answer_of, translation_of
from competition.statement.fields import Column, Facts, Field, Kind, Section
from core import display, text

if TYPE_CHECKING:
    from competition.models import Challenge


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row."""

    label: str
    text: str
    lang: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One answer, ready for a template: exactly one of text, items and rows is filled."""

    key: str
    label: str
    text: str = ""
    lang: str = ""
    is_rich: bool = False
    items: tuple[Text, ...] = ()
    headings: tuple[Cell, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    is_published: bool = True
    # The same answer in the other language, for those who must know both versions.
    other: ShownAnswer | None = None
    other_lang: str = ""

    @property
    def is_missing(self) -> bool:
        """Say whether there is nothing to show."""
        return not (self.text or self.items or self.rows)

    @property
    def html(self) -> SafeString:
        """Return the Markdown text as safe HTML."""
        return text.render(self.text)


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section with the answers that the reader may see."""

    key: str
    letter: str
    label: str
    answers: list[ShownAnswer] = field(default_factory=list)

    @property
    def has_answers(self) -> bool:
        """Say whether anything was answered."""
        return any(not answer.is_missing for answer in self.answers)


def shown(
    challenge: Challenge, sections: tuple[Section, ...], facts: Facts, *, is_public: bool
) -> list[ShownSection]:
    """Return the statement for reading.

    The public gets what is published and answered; the agency and the office get every question
    that applies, also the unanswered ones, and each text in both languages.
    """
    result = []
    for section in sections:
        answers = [
            shown_answer(challenge, question, facts, in_both=not is_public)
            for question in section.fields
            if (question.is_public(facts) if is_public else question.applies(facts))
        ]
        if is_public:
            answers = [answer for answer in answers if not answer.is_missing]
        if answers:
            result.append(ShownSection(section.key, section.letter, str(section.label), answers))
    return result


def shown_answer(
    challenge: Challenge, question: Field, facts: Facts, *, in_both: bool = False
) -> ShownAnswer:
    """Return one answer with its words in the language of the page, or in both."""
    show = shown_in_both if in_both else shown_value
    return show(
        question,
        answer_of(challenge, question),
        english=translation_of(challenge, question) if question.is_translatable else "",
        is_published=question.is_public(facts),
    )


def shown_in_both(
    question: Field, value: Any, *, english: str = "", is_published: bool = True
) -> ShownAnswer:
    """Return a value with its version in the other language beside it, if it has two."""
    answer = shown_value(question, value, english=english, is_published=is_published)
    if not _has_english(question, value, english):
        return answer
    other_lang = "de" if _is_english() else "en"
    with translation.override(other_lang):
        other = shown_value(question, value, english=english, is_published=is_published)
    return replace(answer, other=other, other_lang=other_lang)


def _has_english(question: Field, value: Any, english: str) -> bool:
    if not question.is_rows:
        return question.is_translatable and bool(english) and not is_empty(value)
    keys = [column.key + ENGLISH for column in columns_of(question) if column.is_translatable]
    return any(row.get(key) for row in value or [] for key in keys)


def shown_value(
    question: Field, value: Any, *, english: str = "", is_published: bool = True
) -> ShownAnswer:
    """Return any value of a question with its words; used for older versions too."""
    label = str(question.label)
    if is_empty(value):
        return ShownAnswer(question.key, label, is_published=is_published)
    if question.kind is Kind.TABLE:
        return ShownAnswer(
            question.key,
            label,
            headings=tuple(
                Cell(str(column.label), "", is_number=column.kind is Kind.NUMBER)
                for column in question.columns
            ),
            rows=tuple(
                tuple(_cell(column, row) for column in columns_of(question)) for row in value
            ),
            is_published=is_published,
        )
    if question.kind is Kind.LIST:
        (column,) = columns_of(question)
        items = tuple(_text(row, column.key) for row in value)
        return ShownAnswer(question.key, label, items=items, is_published=is_published)
    if question.kind is Kind.MULTI:
        labels = _labels(question.choices)
        items = tuple(Text(labels[code], "") for code in value if code in labels)
        return ShownAnswer(question.key, label, items=items, is_published=is_published)
    words, lang = _words(question, value, english)
    return ShownAnswer(
        question.key,
        label,
        text=words,
        lang=lang,
        is_rich=question.kind is Kind.RICH,
        is_published=is_published,
    )


def _is_english() -> bool:
    return (get_language() or "de").startswith("en")


def _labels(choices: Any) -> dict[str, str]:
    return {str(code): str(label) for code, label in choices.choices}


def _words(question: Field, value: Any, english: str) -> tuple[str, str]:
    match question.kind:
        case Kind.YES_NO:
            return (_("Yes") if value else _("No")), ""
        case Kind.CHOICE:
            return _labels(question.choices).get(value, value), ""
        case Kind.NUMBER:
            return number_with_unit(value, question.unit), ""
        case Kind.EMAIL:
            return value, ""
    if _is_english() and english:
        return english, "en"
    return value, "de"


def number_with_unit(value: int | str, unit: Any = "") -> str:
    """Write a stored number with its own decimals, grouped, with its unit; money as money."""
    if unit == "EUR":
        return display.money_words(value)
    _whole, _point, fraction = str(value).partition(".")
    number = display.number_words(value, len(fraction))
    return f"{number}{display.NO_BREAK_SPACE}{unit}" if unit else number


def _text(row: dict[str, Any], key: str) -> Text:
    english = row.get(key + ENGLISH)
    if _is_english() and english:
        return Text(english, "en")
    return Text(str(row.get(key) or ""), "de")


def _cell(column: Column, row: dict[str, Any]) -> Cell:
    label = str(column.label)
    value: Any = row.get(column.key)
    if is_empty(value):
        return Cell(label, display.MISSING)
    if column.kind is Kind.NUMBER:
        return Cell(label, number_with_unit(value, column.unit), is_number=True)
    if column.kind is Kind.CHOICE:
        return Cell(label, _labels(column.choices).get(str(value), str(value)))
    shown_text = _text(row, column.key)
    return Cell(label, shown_text.text, lang=shown_text.lang)
