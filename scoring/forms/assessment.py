"""Forms of a juror: the assessment itself, stepping back, and the chair's reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.assessment import Answer
from scoring.queries.juror import levels_of
from scoring.states import AfterSaving, RecusalReason

if TYPE_CHECKING:
    from django.forms import BoundField

    from competition.models.bilingual import Text
    from scoring.models import Assessment, AssessmentVersion, Criterion, CriterionScore

CANNOT_JUDGE = "x"
COMMENT_LENGTH = 3_000
OVERALL_LENGTH = 4_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One level to pick, with its anchor."""

    id: str
    value: str
    mark: str
    anchor: Text | None
    checked: bool


@dataclass(frozen=True, slots=True)
class CriterionFields:
    """One criterion on the scoring page."""

    criterion: Criterion
    number: int
    name: str
    choices: tuple[Choice, ...]
    comment: BoundField
    errors: list[str]
    picked: Choice | None
    # What the team declares beside the levels; empty where the criterion names no such value.
    declared: str = ""


class AssessmentForm(forms.Form):
    """One mark, "cannot judge" or nothing per criterion; incomplete is always valid (J-91)."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Overall comment to the team"),
        help_text=_("The team reads it after the publication of the results."),
        max_length=OVERALL_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    private_note = forms.CharField(
        label=_("Private note"),
        help_text=_("Only for you; the chair cannot see it either."),
        max_length=OVERALL_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        """Add the fields of the criteria."""
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for criterion in self.criteria:
            values = [(str(mark), str(mark)) for mark in criterion.scale]
            if criterion.may_abstain:
                values.append((CANNOT_JUDGE, CANNOT_JUDGE))
            self.fields[f"mark_{criterion.key}"] = forms.ChoiceField(
                label=str(criterion), choices=values, required=False, widget=forms.RadioSelect
            )
            self.fields[f"comment_{criterion.key}"] = forms.CharField(
                label=_("Comment to the team"),
                max_length=COMMENT_LENGTH,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @staticmethod
    def initial_of(
        assessment: Assessment | None,
        criteria: Sequence[Criterion],
        scores: Mapping[int, CriterionScore],
    ) -> dict[str, Any]:
        """Return what is stored, as the form shows it."""
        values: dict[str, Any] = {
            "version": assessment.version if assessment is not None else 0,
            "comment": assessment.comment if assessment is not None else "",
            "private_note": assessment.private_note if assessment is not None else "",
        }
        for criterion in criteria:
            score = scores.get(criterion.pk)
            mark = ""
            if score is not None and score.cannot_judge:
                mark = CANNOT_JUDGE
            elif score is not None and score.mark_hundredths is not None:
                mark = str(score.mark_hundredths // 100)
            values[f"mark_{criterion.key}"] = mark
            values[f"comment_{criterion.key}"] = score.comment if score is not None else ""
        return values

    @staticmethod
    def of_version(version: AssessmentVersion, criteria: Sequence[Criterion]) -> dict[str, Any]:
        """Return what was stored with an earlier save, as the form shows it."""
        content = version.content
        values: dict[str, Any] = {
            "comment": content["comment"],
            "private_note": content["private_note"],
        }
        for criterion in criteria:
            answer = content["answers"].get(criterion.key, {})
            mark = answer.get("mark")
            values[f"mark_{criterion.key}"] = (
                CANNOT_JUDGE
                if answer.get("cannot_judge")
                else ""
                if mark is None
                else str(mark // 100)
            )
            values[f"comment_{criterion.key}"] = answer.get("comment", "")
        return values

    def without_faults(self, stored: Mapping[str, Any]) -> AssessmentForm:
        """Return the form with what is stored in place of what cannot be saved."""
        data = {name: self[name].value() or "" for name in self.fields}
        data |= {name: stored[name] for name in self.errors if name != "version"}
        return AssessmentForm(data, criteria=self.criteria, initial=self.initial)

    def clear(self, key: str) -> None:
        """Take back the mark of a criterion, as if nothing had been picked."""
        self.data = {name: value for name, value in self.data.items() if name != f"mark_{key}"}

    def answers(self) -> dict[int, Answer]:
        """Return the cleaned answers by criterion, as the action takes them."""
        return {
            criterion.pk: _answer(
                self.cleaned_data[f"mark_{criterion.key}"],
                self.cleaned_data[f"comment_{criterion.key}"],
            )
            for criterion in self.criteria
        }

    def levels(self) -> dict[int, int | None]:
        """Return the picked levels by criterion, also of a form that was not accepted."""
        return {
            criterion.pk: int(value) if value.isdecimal() else None
            for criterion in self.criteria
            for value in [str(self[f"mark_{criterion.key}"].value() or "")]
        }

    @property
    def rows(self) -> list[CriterionFields]:
        """Return the criteria as the page shows them."""
        return [
            self._row(number, criterion) for number, criterion in enumerate(self.criteria, start=1)
        ]

    def _row(self, number: int, criterion: Criterion) -> CriterionFields:
        field = self[f"mark_{criterion.key}"]
        value = str(field.value() or "")
        choices = [
            Choice(
                id=f"{field.auto_id}_{level.mark}",
                value=str(level.mark),
                mark=str(level.mark),
                anchor=level.anchor,
                checked=value == str(level.mark),
            )
            for level in levels_of(criterion)
        ]
        if criterion.may_abstain:
            choices.append(
                Choice(
                    id=f"{field.auto_id}_{CANNOT_JUDGE}",
                    value=CANNOT_JUDGE,
                    mark="–",
                    anchor=None,
                    checked=value == CANNOT_JUDGE,
                )
            )
        return CriterionFields(
            criterion=criterion,
            number=number,
            name=field.html_name,
            choices=tuple(choices),
            comment=self[f"comment_{criterion.key}"],
            errors=[str(error) for error in field.errors],
            picked=next((choice for choice in choices if choice.checked), None),
        )


def _answer(mark: str, comment: str) -> Answer:
    if mark == CANNOT_JUDGE:
        return Answer(None, cannot_judge=True, comment=comment)
    return Answer(int(mark) * 100 if mark else None, comment=comment)


class AfterSavingForm(forms.Form):
    """Where "next" leads from now on (J-95)."""

    after = forms.ChoiceField(
        label=_("“Next” saves and leads"), choices=AfterSaving.choices, widget=forms.RadioSelect
    )


class RecusalForm(forms.Form):
    """Why a juror steps back, from a closed list (R-12)."""

    reason = forms.ChoiceField(
        label=_("Why do you not assess this submission?"),
        choices=[(row.value, row.label) for row in RecusalReason if row.is_of_jurors],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )
    text = forms.CharField(
        label=_("Explanation"),
        help_text=_("Only the competition office reads it."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for an explanation where the list has no word."""
        data = super().clean() or {}
        if data.get("reason") == RecusalReason.OTHER and not data.get("text"):
            self.add_error("text", _("Please explain the other reason."))
        return data


class ReopenForm(forms.Form):
    """The chair's reason for giving an assessment back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The juror reads it, and it is recorded."),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason; the juror reads it.")},
    )


class LateReopenForm(ReopenForm):
    """The reason for reopening after the closing: the jury reads it, the minutes name it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say who reads the reason."""
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _(
            "The jury reads it, and the minutes name it. Please name no person."
        )
        self.fields["reason"].error_messages["required"] = _(
            "Please give a reason; the jury reads it."
        )


class ReturnForm(LateReopenForm):
    """The reason for letting an earlier version count; `version` is the one that was looked at."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
