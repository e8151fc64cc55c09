"""Forms made from the questions of the problem statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competition.statement.answers import (
    ENGLISH,
    LIST_COLUMN,
    clean_answer,
    clean_cell,
    clean_translation,
    columns_of,
    is_empty,
)
from competition.statement.completeness import answer_of, translation_of
from competition.statement.display import ShownAnswer, shown_value
from competition.statement.fields import Column, Facts, Field, Kind, Need, Section
from core import display
from core.conflicts import show_both

if TYPE_CHECKING:
    from django.http import QueryDict

    from competition.models import Challenge
    from core.exceptions import StaleVersion

YES_NO = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))
# Longer lists become a menu; more boxes than this stand in two columns.
_MANY_CHOICES = 7
_MANY_BOXES = 4
_LONG_ROWS, _SHORT_ROWS = 7, 2
_LONG_TEXT = 1_000


class AnswerField(forms.CharField):
    """A text whose line breaks count as one character, as they do in the browser."""

    def to_python(self, value: Any) -> str:
        """Unify line breaks before the length is checked."""
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Let the browser accept longer texts: cutting what somebody pastes would lose words."""
        attrs: dict[str, Any] = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


def _text_field(label: Any, limit: int, *, lang: str, rows: int = 0) -> AnswerField:
    attrs: dict[str, Any] = {"lang": lang}
    widget = forms.Textarea(attrs={**attrs, "rows": rows}) if rows else forms.TextInput(attrs=attrs)
    return AnswerField(
        label=label,
        required=False,
        max_length=limit,
        widget=widget,
        error_messages={
            "max_length": gettext_lazy(
                "Please shorten the text to %(limit_value)s characters. It has %(show_value)s now."
            )
        },
    )


def _number_field(label: Any, decimals: int) -> forms.Field:
    mode = "decimal" if decimals else "numeric"
    return forms.CharField(
        label=label,
        required=False,
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "inputmode": mode,
                "class": "kern-form-input__input--short",
                "autocomplete": "off",
            }
        ),
    )


def _choice_field(label: Any, choices: list[tuple[str, Any]]) -> forms.Field:
    if len(choices) > _MANY_CHOICES:
        return forms.ChoiceField(
            label=label,
            required=False,
            choices=[("", gettext_lazy("Please choose")), *choices],
        )
    return forms.ChoiceField(label=label, required=False, choices=choices, widget=forms.RadioSelect)


def form_field(question: Field) -> forms.Field:
    """Return the form field of a question without rows; none is ever required to save."""
    label, choices = question.label, question.choices
    match question.kind:
        case Kind.YES_NO:
            return forms.ChoiceField(
                label=label, required=False, choices=YES_NO, widget=forms.RadioSelect
            )
        case Kind.CHOICE if choices is not None:
            return _choice_field(label, choices.choices)
        case Kind.MULTI if choices is not None:
            return forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=choices.choices,
                widget=forms.CheckboxSelectMultiple,
            )
        case Kind.NUMBER:
            return _number_field(label, question.decimals)
        case Kind.EMAIL:
            return forms.CharField(
                label=label,
                required=False,
                max_length=question.max_length,
                widget=forms.EmailInput(attrs={"autocomplete": "off"}),
            )
    return _text_field(label, question.max_length, lang="de", rows=_rows(question))


def english_field(question: Field) -> forms.Field:
    """Return the form field for the English version of a text."""
    label = gettext_lazy("English version")
    return _text_field(label, question.max_length, lang="en", rows=_rows(question))


def _rows(question: Field) -> int:
    if question.kind is not Kind.RICH:
        return 0
    return _LONG_ROWS if question.max_length > _LONG_TEXT else 4


def initial_of(question: Field, value: Any) -> Any:
    """Return what the form shows for a stored answer; numbers as the language writes them."""
    if value is None:
        return None
    match question.kind:
        case Kind.YES_NO:
            return "yes" if value else "no"
        case Kind.NUMBER:
            return _written(value)
    return value


def _written(value: int | str) -> str:
    _whole, _point, fraction = str(value).partition(".")
    return display.number_words(value, len(fraction))


def preset_of(question: Field) -> Any:
    """Return what a question starts with; texts in German, whatever the page's language."""
    if isinstance(question.preset, bool) or question.preset is None:
        return initial_of(question, question.preset)
    with translation.override("de"):
        return str(question.preset)


def english_preset_of(question: Field) -> str:
    """Return what the English version of a text starts with."""
    if isinstance(question.preset, bool) or question.preset is None:
        return ""
    with translation.override("en"):
        return str(question.preset)


# -- rows -----------------------------------------------------------------------------------------


class RowForm(forms.Form):
    """One row of a table or list; a half-filled row can be saved too."""

    question: Field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a field for each column and for its English version."""
        super().__init__(*args, **kwargs)
        for column in columns_of(self.question):
            self.fields[column.key] = self._field(column)
            if column.is_translatable:
                self.fields[column.key + ENGLISH] = _text_field(
                    gettext_lazy("English version"),
                    column.max_length,
                    lang="en",
                    rows=_SHORT_ROWS if column.is_long else 0,
                )

    def _field(self, column: Column) -> forms.Field:
        if column.kind is Kind.NUMBER:
            field: forms.Field = _number_field(column.label, 0)
        elif column.kind is Kind.CHOICE and column.choices is not None:
            choices = [("", gettext_lazy("Please choose")), *column.choices.choices]
            field = forms.ChoiceField(label=column.label, required=False, choices=choices)
        else:
            rows = _SHORT_ROWS if column.is_long or column.max_length > 200 else 0
            field = _text_field(column.label, column.max_length, lang="de", rows=rows)
        field.help_text = column.hint
        # Optional columns say so; the others are needed as soon as the row is.
        field.tier = "" if not column.is_required else "none"  # type: ignore[attr-defined]
        return field

    def clean(self) -> dict[str, Any]:
        """Check each cell by the rules that the action uses."""
        super().clean()
        for column in columns_of(self.question):
            for key in (column.key, column.key + ENGLISH):
                if key not in self.cleaned_data:
                    continue
                try:
                    self.cleaned_data[key] = clean_cell(column, self.cleaned_data[key])
                except ValidationError as error:
                    self.add_error(key, error)
        return self.cleaned_data

    @property
    def cells(self) -> Iterator[tuple[forms.BoundField, Column]]:
        """Iterate over the columns with their inputs."""
        for column in columns_of(self.question):
            yield self[column.key], column

    @property
    def english(self) -> list[tuple[forms.BoundField, Column]]:
        """Return the inputs for English versions, named after their column."""
        found = []
        for column in columns_of(self.question):
            if column.is_translatable:
                bound = self[column.key + ENGLISH]
                bound.label = _("%(column)s (English)") % {"column": column.label}
                found.append((bound, column))
        return found

    @property
    def has_english(self) -> bool:
        """Say whether somebody wrote an English version in this row."""
        return any(field.value() for field, _column in self.english)


def _row_form(question: Field) -> type[RowForm]:
    return type("RowForm", (RowForm,), {"question": question})


def row_set(
    question: Field, *, data: Mapping[str, Any] | None, rows: list[dict[str, Any]]
) -> BaseFormSet[RowForm]:
    """Return the rows of a question: bound to posted data, or filled with the given rows.

    Posted rows know nothing of stored ones: a row that the page's own autosave has stored meanwhile
    would count as an unchanged extra row, and be left out.
    """
    cls = formset_factory(
        _row_form(question),
        extra=0 if rows else 1,
        max_num=question.max_rows,
        validate_max=True,
        absolute_max=question.max_rows + 5,
    )
    return cls(data, prefix=question.key, initial=(rows or None) if data is None else None)


def rows_for_form(question: Field, value: Any) -> list[dict[str, Any]]:
    """Return stored rows as the form shows them."""
    numbers = {column.key for column in columns_of(question) if column.kind is Kind.NUMBER}
    return [
        {key: _written(cell) if key in numbers else cell for key, cell in row.items()}
        for row in value or []
    ]


def posted_rows(question: Field, data: QueryDict) -> list[dict[str, Any]]:
    """Return the rows of a posted form as they were typed, good or bad."""
    try:
        count = int(data.get(f"{question.key}-TOTAL_FORMS", 0))
    except ValueError:
        count = 0
    keys = [column.key for column in columns_of(question)]
    keys += [column.key + ENGLISH for column in columns_of(question) if column.is_translatable]
    return [
        {key: data.get(f"{question.key}-{number}-{key}", "") for key in keys}
        for number in range(min(count, question.max_rows + 5))
    ]


# -- a section ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on the page: its inputs, and a newer stored answer if there is one."""

    question: Field
    applies: bool
    tier: str
    field: forms.BoundField | None = None
    english: forms.BoundField | None = None
    rows: BaseFormSet[RowForm] | None = None
    # Rows that somebody else stored meanwhile; of a field both answers are shown (`versus`).
    newer: ShownAnswer | None = None
    differs: bool = False
    english_differs: bool = False

    @property
    def hint(self) -> str:
        """Say when the question applies, and why it is asked."""
        condition = self.question.when
        only = _("Only %(condition)s.") % {"condition": condition.words} if condition else ""
        return " ".join(part for part in (only, str(self.question.why)) if part)

    @property
    def is_folded(self) -> bool:
        """Say whether the question is folded away: it does not apply and nobody answered it."""
        if self.applies or self.differs or self.english_differs:
            return False
        if self.rows is not None:
            return not self.rows.is_bound and not self.rows.initial
        return self.field is not None and not self.field.value() and not self.field.errors

    @property
    def is_inline(self) -> bool:
        """Say whether the choices stand side by side."""
        return self.question.kind is Kind.YES_NO

    @property
    def in_columns(self) -> bool:
        """Say whether the boxes stand in two columns."""
        choices = self.question.choices
        return (
            self.question.kind is Kind.MULTI and choices is not None and len(choices) > _MANY_BOXES
        )

    @property
    def has_counter(self) -> bool:
        """Say whether the characters left are counted."""
        return self.question.kind in {Kind.TEXT, Kind.RICH}

    @property
    def is_list(self) -> bool:
        """Say whether a row has one column only."""
        return self.question.kind is Kind.LIST

    @property
    def can_grow(self) -> bool:
        """Say whether another row is possible."""
        return self.rows is not None and self.rows.total_form_count() < self.question.max_rows

    @property
    def english_is_open(self) -> bool:
        """Say whether the English version is unfolded: it is needed, wrong, or newer elsewhere."""
        if self.english is None:
            return False
        is_needed = self.question.is_column and not self.english.value()
        return bool(self.english.errors) or self.english_differs or is_needed


class SectionForm(forms.Form):
    """All questions of one section. Nothing is required: incomplete answers can be saved."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    finished = forms.ChoiceField(
        label=gettext_lazy("Is this section finished?"),
        choices=(
            ("yes", gettext_lazy("Yes, it is finished")),
            ("later", gettext_lazy("No, I will continue later")),
        ),
        initial="later",
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self,
        section: Section,
        challenge: Challenge,
        facts: Facts,
        data: QueryDict | None = None,
        *,
        typed: QueryDict | None = None,
        typed_rows: Mapping[str, list[dict[str, Any]]] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the form from what is stored, from a post to save (`data`), or from a post to keep.

        `typed` shows a post again without checking it, with other rows where `typed_rows` says so:
        somebody wants one more row and not the judgement yet.
        """
        super().__init__(data, initial=dict(initial or {}))
        self.section, self.challenge, self.facts = section, challenge, facts
        self.conflict: StaleVersion | None = None
        self.is_typed = typed is not None
        self.row_sets: dict[str, BaseFormSet[RowForm]] = {}
        for question in section.fields:
            if question.is_rows:
                rows = (typed_rows or {}).get(question.key)
                if rows is None:
                    stored = answer_of(challenge, question)
                    rows = (
                        posted_rows(question, typed)
                        if typed is not None
                        else rows_for_form(question, stored)
                    )
                self.row_sets[question.key] = row_set(question, data=data, rows=rows)
                continue
            self._add(question, typed)
        if typed is not None:
            for key in typed_rows or ():
                self._focus(key)
            self.initial["finished"] = typed.get("finished", "later")
            self.initial["version"] = typed.get("version", 0)

    def _focus(self, key: str) -> None:
        """Begin where somebody asked for a row; the browser scrolls there without a script."""
        rows = self.row_sets[key].forms
        if rows:
            first = next(iter(rows[-1].fields.values()))
            first.widget.attrs["autofocus"] = True

    def _add(self, question: Field, typed: QueryDict | None) -> None:
        self.fields[question.key] = form_field(question)
        stored = answer_of(self.challenge, question)
        if typed is not None:
            many = question.kind is Kind.MULTI
            self.initial[question.key] = (
                typed.getlist(question.key) if many else typed.get(question.key, "")
            )
        elif is_empty(stored):
            self.initial[question.key] = preset_of(question)
        else:
            self.initial[question.key] = initial_of(question, stored)
        if question.is_translatable:
            key = question.key + ENGLISH
            self.fields[key] = english_field(question)
            if typed is not None:
                self.initial[key] = typed.get(key, "")
            elif is_empty(stored):
                self.initial[key] = translation_of(self.challenge, question) or english_preset_of(
                    question
                )
            else:
                self.initial[key] = translation_of(self.challenge, question)

    # -- checking ----------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Say whether all answers are acceptable, rows included."""
        rows_are_valid = [rows.is_valid() for rows in self.row_sets.values()]
        return super().is_valid() and all(rows_are_valid)

    def clean(self) -> dict[str, Any]:
        """Check each answer by the rules that the action uses."""
        super().clean()
        for question in self.section.fields:
            if question.is_rows:
                continue
            self._check(question.key, lambda raw, q=question: clean_answer(q, raw))
            if question.is_translatable:
                self._check(
                    question.key + ENGLISH, lambda raw, q=question: clean_translation(q, raw)
                )
        if "title" in self.cleaned_data and self.cleaned_data["title"] is None:
            self.add_error("title", _("Give the statement a title."))
        return self.cleaned_data

    def _check(self, key: str, clean: Any) -> None:
        if key not in self.cleaned_data:
            return
        try:
            self.cleaned_data[key] = clean(self.cleaned_data[key])
        except ValidationError as error:
            self.add_error(key, error)

    @property
    def answers(self) -> dict[str, Any]:
        """Return the acceptable answers: all of them, if the form is valid."""
        found = {
            question.key: self.cleaned_data[question.key]
            for question in self.section.fields
            if question.key in self.cleaned_data
        }
        for key, rows in self.row_sets.items():
            if rows.is_valid():
                found[key] = [row.cleaned_data for row in rows.forms if row.cleaned_data]
        return found

    @property
    def translations(self) -> dict[str, str]:
        """Return the acceptable English versions."""
        return {
            question.key: self.cleaned_data[question.key + ENGLISH] or ""
            for question in self.section.fields
            if question.is_translatable and question.key + ENGLISH in self.cleaned_data
        }

    @property
    def unsaved(self) -> dict[str, str]:
        """Return a sentence for each answer that is not acceptable yet."""
        found = {name: str(errors[0]) for name, errors in self.errors.items()}
        for question in self.section.fields:
            if question.is_rows and not self.row_sets[question.key].is_valid():
                found[question.key] = _("“%(label)s” is not saved yet: correct the rows.") % {
                    "label": question.label
                }
        return found

    @property
    def is_finished(self) -> bool:
        """Say whether the author calls the section finished."""
        return bool(self.cleaned_data.get("finished") == "yes")

    # -- showing -----------------------------------------------------------------------------------

    @property
    def everything(self) -> list[Any]:
        """Return the form and its rows, for the summary of errors."""
        return [self, *self.row_sets.values()]

    def show_conflict(self, conflict: StaleVersion) -> None:
        """Show the newer stored answers beside the typed ones; the next save replaces them."""
        self.conflict = conflict
        if self.data:
            data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            data["version"] = str(conflict.data["version"])
            self.data = data
        stored = {
            question.key: initial_of(question, conflict.data["answers"][question.key])
            for question in self.section.fields
            if question.key in conflict.data["answers"] and not question.is_rows
        }
        english = conflict.data["translations"]
        show_both(self, stored | {key + ENGLISH: text for key, text in english.items()})

    @cached_property
    def questions(self) -> list[Asked]:
        """Return the questions in their order, with their inputs."""
        return [self._asked(question) for question in self.section.fields]

    def _asked(self, question: Field) -> Asked:
        applies = question.applies(self.facts)
        tier = question.need.value if applies else Need.OPTIONAL.value
        answers: dict[str, Any] = {}
        english: dict[str, Any] = {}
        if self.conflict is not None:
            answers, english = self.conflict.data["answers"], self.conflict.data["translations"]
        differs, english_differs = question.key in answers, question.key in english
        if question.is_rows:
            return Asked(
                question,
                applies,
                tier,
                rows=self.row_sets[question.key],
                newer=shown_value(question, answers[question.key]) if differs else None,
                differs=differs,
            )
        return Asked(
            question,
            applies,
            tier,
            field=self[question.key],
            english=self[question.key + ENGLISH] if question.is_translatable else None,
            differs=differs,
            english_differs=english_differs,
        )


__all__ = ["ENGLISH", "LIST_COLUMN", "Asked", "RowForm", "SectionForm", "posted_rows"]
