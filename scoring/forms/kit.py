"""A scoring form that comes back: compared with what is stored before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring import kit
from scoring.actions.kit import Brought
from scoring.forms.assessment import CANNOT_JUDGE, AssessmentForm
from scoring.queries.juror import assessment_of

if TYPE_CHECKING:
    from django.core.files.base import File

    from scoring.models import Assignment, Criterion


_LAST = frozenset({kit.OVERALL, kit.PRIVATE})


class KitForm(forms.Form):
    """The form from the kit, filled in."""

    file = forms.FileField(
        label=gettext_lazy("Scoring form from the kit"),
        help_text=gettext_lazy(
            "The Excel file, saved, or the file that the page of the kit wrote. Nothing is stored"
            " before you have seen it."
        ),
        max_length=255,
        error_messages={"required": gettext_lazy("Choose the scoring form from your kit.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.json"}),
    )

    def clean_file(self) -> File[bytes]:
        """Refuse what is larger than any form."""
        file: File[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > kit.LARGEST:
            raise forms.ValidationError(
                _("The form is much larger than the one of your take-along kit.")
            )
        return file


class Standing(StrEnum):
    """What becomes of a submission in a form."""

    SAME = "same"
    CHANGED = "changed"
    STALE = "stale"
    CLOSED = "closed"
    FAULTY = "faulty"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Change:
    """A field, what is stored, and what the form says."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One submission of a form beside what is stored."""

    code: str
    pseudonym: str
    standing: Standing
    assignment: Assignment | None = None
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()
    form: AssessmentForm | None = None

    @property
    def brought(self) -> Brought:
        """Return what is to be saved.

        Raises:
            LookupError: nothing of it may be.

        """
        if self.standing is not Standing.CHANGED or self.form is None or self.assignment is None:
            raise LookupError(self.code)
        data = self.form.cleaned_data
        return Brought(
            assignment=self.assignment,
            version=data["version"],
            answers=self.form.answers(),
            comment=data["comment"],
            private_note=data["private_note"],
        )


def compare(
    sheets: Mapping[str, kit.KitSheet],
    assignments: Sequence[Assignment],
    criteria: Sequence[Criterion],
    *,
    is_open: bool,
) -> list[Returned]:
    """Return the submissions of a form in the order of the juror's list, those not on it last.

    `assignments` are those that the juror may open; `is_open` says whether assessments are written.
    """
    known = {assignment.submission.code: assignment for assignment in assignments}
    lines = [
        _compare(sheets[code], assignment, criteria, is_open=is_open)
        for code, assignment in known.items()
        if code in sheets
    ]
    # Nothing is said about what is not, or no longer, on the list.
    return lines + [
        Returned(code=code, pseudonym="", standing=Standing.FOREIGN)
        for code in sheets
        if code not in known
    ]


def _compare(
    sheet: kit.KitSheet, assignment: Assignment, criteria: Sequence[Criterion], *, is_open: bool
) -> Returned:
    assessment = assessment_of(assignment)
    scores = (
        {} if assessment is None else {row.criterion_id: row for row in assessment.scores.all()}
    )
    stored = AssessmentForm.initial_of(assessment, criteria, scores)
    # A line that was taken out of the form changes nothing.
    data = {**stored, **{name: value for name, value in sheet.values.items() if name in stored}}
    data["version"] = sheet.version
    form = AssessmentForm(data, criteria=criteria, initial=stored)
    common: dict[str, Any] = {
        "code": assignment.submission.code,
        "pseudonym": assignment.submission.entry.jury_pseudonym,
        "assignment": assignment,
        "form": form,
    }
    if not form.is_valid():
        problems = tuple(
            _problem(sheet, str(form.fields[name].label), name, str(errors[0]))
            for name, errors in form.errors.items()
        )
        return Returned(**common, standing=Standing.FAULTY, problems=problems)
    changes = tuple(
        Change(
            _label(form, name, criteria),
            _words(name, stored[name]),
            _words(name, form.cleaned_data[name]),
        )
        for name in sorted(form.fields, key=lambda name: name in _LAST)  # criteria come first
        if name != "version" and _plain(stored[name]) != _plain(form.cleaned_data[name])
    )
    if not changes:
        return Returned(**common, standing=Standing.SAME)
    if sheet.version != stored["version"]:
        return Returned(**common, standing=Standing.STALE, changes=changes)
    if not is_open or (assessment is not None and not assessment.is_draft):
        return Returned(**common, standing=Standing.CLOSED, changes=changes)
    return Returned(**common, standing=Standing.CHANGED, changes=changes)


def _words(name: str, value: object) -> str:
    if name.startswith("mark_") and value == CANNOT_JUDGE:
        return _("cannot judge")
    return str(value)


def _plain(value: object) -> str:
    return str(value).replace("\r\n", "\n").strip()


def _label(form: AssessmentForm, name: str, criteria: Sequence[Criterion]) -> str:
    kind, _underscore, key = name.partition("_")
    criterion = next((row for row in criteria if row.key == key), None)
    if criterion is None:
        return str(form.fields[name].label)
    if kind == "mark":
        return str(criterion)
    return _("%(criterion)s, comment") % {"criterion": criterion}


def _problem(sheet: kit.KitSheet, label: str, name: str, sentence: str) -> str:
    row = sheet.rows.get(name.partition("_")[2], sheet.rows.get(name))
    if row is None:
        return f"{label}: {sentence}"
    return _("Row %(row)s, %(label)s: %(problem)s") % {
        "row": row,
        "label": label,
        "problem": sentence,
    }
