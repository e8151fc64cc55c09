"""Forms between decision and publication: eligibility of winners, amended awards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competition.forms.agency import MomentField
from scoring.forms.decision import AwardForm, AwardRow, rows_are_valid
from scoring.states import EligibilityCondition

if TYPE_CHECKING:
    from scoring.models import Award
    from scoring.queries.publication import Place

MET, NOT_MET = "met", "not_met"
AWARDS_PER_SUBMISSION = 2


class EligibilityForm(forms.Form):
    """One answer for each condition, and why one is not met."""

    remark = forms.CharField(
        label=gettext_lazy("Remark"),
        help_text=gettext_lazy(
            "What you looked at; needed where a condition is not met. The chair reads it, who knows"
            " no names: write nothing that tells the team."
        ),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for every condition of the closed list."""
        super().__init__(*args, **kwargs)
        for key, label in EligibilityCondition.choices:
            self.fields[key] = forms.ChoiceField(
                label=label,
                choices=[(MET, gettext_lazy("Met")), (NOT_MET, gettext_lazy("Not met"))],
                widget=forms.RadioSelect,
            )
        self.order_fields([*EligibilityCondition.values, "remark"])

    def clean(self) -> dict[str, Any]:
        """Demand a remark where a condition is not met."""
        super().clean()
        data = self.cleaned_data
        refused = any(data.get(key) == NOT_MET for key in EligibilityCondition.values)
        if refused and not data.get("remark") and "remark" not in self.errors:
            self.add_error("remark", _("Say why a condition is not met."))
        return data

    @property
    def conditions(self) -> list[forms.BoundField]:
        """Return the fields of the conditions."""
        return [self[key] for key in EligibilityCondition.values]

    @property
    def answers(self) -> dict[str, bool]:
        """Return which conditions are met; only after validation."""
        return {key: self.cleaned_data[key] == MET for key in EligibilityCondition.values}


class ObjectionForm(forms.Form):
    """What a team objects to."""

    text = forms.CharField(
        label=gettext_lazy("What do you object to, and why?"),
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class AnswerForm(forms.Form):
    """The office's answer to an objection."""

    answer = forms.CharField(
        label=gettext_lazy("Answer to the team"),
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("What follows?"),
        choices=[
            ("rejected", gettext_lazy("The result stays as it is")),
            ("upheld", gettext_lazy("The objection is upheld: the chair amends the decision")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note to the chair"),
        help_text=gettext_lazy(
            "Needed where the objection is upheld: what has to change. The chair knows no names:"
            " write nothing that tells the team."
        ),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Demand the note where the chair has to act."""
        super().clean()
        data = self.cleaned_data
        if data.get("outcome") == "upheld" and not data.get("note") and "note" not in self.errors:
            self.add_error("note", _("Tell the chair what has to change."))
        return data


class PlanForm(forms.Form):
    """The moment at which a result becomes public by itself."""

    at = MomentField(
        label=gettext_lazy("Publish at"),
        help_text=gettext_lazy("To the minute, by the clock of the server. You can drop it."),
    )


class ReasonForm(forms.Form):
    """Why the awards change, for everybody to read."""

    reason_de = forms.CharField(
        label=gettext_lazy("Reason of the change (German)"),
        help_text=gettext_lazy("Published with the result. Name submissions by their tree only."),
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Reason of the change (English)"),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ErratumForm(forms.Form):
    """Why a published result is corrected, for everybody to read, in both languages."""

    reason_de = forms.CharField(
        label=gettext_lazy("Reason of the correction (German)"),
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Reason of the correction (English)"),
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    excluded = forms.MultipleChoiceField(
        label=gettext_lazy("Leaves the ranking"),
        help_text=gettext_lazy(
            "Not eligible, as was found out afterwards. The ranking is computed anew without it."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_checked = forms.BooleanField(
        label=gettext_lazy(
            "I have checked awards and reason. The erratum is public at once and stays."
        ),
    )

    def __init__(self, *args: Any, places: Iterable[Place] = (), **kwargs: Any) -> None:
        """Offer every submission of the ranking."""
        super().__init__(*args, **kwargs)
        excluded = self.fields["excluded"]
        assert isinstance(excluded, forms.MultipleChoiceField)  # noqa: S101  (declared above)
        excluded.choices = [(place.code, place.entry.team.name) for place in places]


class AmendmentForm:
    """The reason, and the awards as they stand, to be changed; one answer to "is it valid"."""

    def __init__(
        self,
        places: Iterable[Place],
        standing: Mapping[int, Sequence[Award]],
        data: Any = None,
        *,
        reason: forms.Form | None = None,
    ) -> None:
        """Make two award forms per submission that may receive something."""
        self.reason = reason or ReasonForm(data)
        self.rows = [
            AwardRow(place, *self._forms(place, standing.get(place.entry.pk, ()), data))
            for place in places
        ]

    @staticmethod
    def _forms(place: Place, awards: Sequence[Award], data: Any) -> tuple[AwardForm, AwardForm]:
        first, second = (
            AwardForm(
                data,
                prefix=f"{place.code}-{at + 1}",
                name=place.pseudonym,
                initial=_initial(awards[at]) if at < len(awards) else None,
            )
            for at in range(AWARDS_PER_SUBMISSION)
        )
        return first, second

    @property
    def all(self) -> Sequence[forms.Form]:
        """Return every form, for the error summary."""
        return [self.reason, *(form for row in self.rows for form in row.forms)]

    def is_valid(self) -> bool:
        """Check every form, so that all errors are shown at once."""
        return rows_are_valid(self.all, self.rows)


def _initial(award: Award) -> dict[str, Any]:
    return {
        name: getattr(award, name) for name in ("kind", "place", "amount", "reason_de", "reason_en")
    }
