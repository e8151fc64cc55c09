"""Forms of the calibration: a sample of the office, and a juror's levels for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.models import CalibrationSample
from scoring.queries.juror import levels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.models import Criterion

CANNOT_JUDGE = "x"


class SampleForm(forms.ModelForm[CalibrationSample]):
    """Title and text of a made-up submission."""

    class Meta:
        model = CalibrationSample
        fields = ("title", "text")
        help_texts = {
            "text": gettext_lazy(
                "Made up, never a real submission: strong in one criterion, weak in another, so "
                "that there is something to talk about."
            )
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 10})}


class LevelsForm(forms.Form):
    """One level per criterion, with its anchor beside it."""

    def __init__(self, *args: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        """Ask for every criterion."""
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for criterion in self.criteria:
            anchors = {level.mark: level.anchor for level in levels_of(criterion)}
            choices = [
                (str(mark), f"{mark} – {anchors[mark]}" if anchors.get(mark) else str(mark))
                for mark in criterion.scale
            ]
            if criterion.may_abstain:
                choices.append((CANNOT_JUDGE, _("Cannot judge")))
            self.fields[criterion.key] = forms.ChoiceField(
                label=str(criterion),
                choices=choices,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please choose a level.")},
            )

    @property
    def marks(self) -> dict[str, int | None]:
        """Return the cleaned levels by the key of the criterion."""
        return {
            criterion.key: None
            if (value := self.cleaned_data[criterion.key]) == CANNOT_JUDGE
            else int(value)
            for criterion in self.criteria
        }
