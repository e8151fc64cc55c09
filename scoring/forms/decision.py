"""Forms of the chair's decision: reasons, and awards per submission."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.queries.board import award_words
from scoring.states import AwardKind

if TYPE_CHECKING:
    from decimal import Decimal

    from scoring.queries.board import Line

LARGEST_AMOUNT = 100_000_000
LARGEST_PLACE = 99


class ReasonsForm(forms.Form):
    """The reasons of the decision, for everybody to read."""

    reasons_de = forms.CharField(
        label=gettext_lazy("Reasons of the decision (German)"),
        help_text=gettext_lazy("Published with the result. Name submissions by their tree only."),
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    reasons_en = forms.CharField(
        label=gettext_lazy("Reasons of the decision (English)"),
        max_length=6_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class AwardForm(forms.Form):
    """An award for one submission; an empty kind means none."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Award"),
        choices=[("", gettext_lazy("No award")), *AwardKind.choices],
        required=False,
    )
    place = forms.IntegerField(
        label=gettext_lazy("Place"), min_value=1, max_value=LARGEST_PLACE, required=False
    )
    amount = forms.IntegerField(
        label=gettext_lazy("Amount"),
        min_value=0,
        max_value=LARGEST_AMOUNT,
        required=False,
    )
    reason_de = forms.CharField(
        label=gettext_lazy("Remark of the jury (German)"),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Remark of the jury (English)"),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        """Keep the name of the submission: a list of errors must say whose award is meant."""
        super().__init__(*args, **kwargs)
        self.name = name

    def clean(self) -> dict[str, Any]:
        """Demand place and remark where there is an award, and a kind where there is a remark."""
        super().clean()
        data = self.cleaned_data
        kind = data.get("kind")
        if not kind:
            if any(data.get(name) for name in ("place", "amount", "reason_de", "reason_en")):
                self.add_error(
                    "kind", self._of(_("Choose what the award is, or empty its other fields."))
                )
            return data
        if kind == AwardKind.PRIZE and not data.get("place") and "place" not in self.errors:
            self.add_error("place", self._of(_("A prize needs its place.")))
        if not data.get("reason_de") and "reason_de" not in self.errors:
            self.add_error("reason_de", self._of(_("Every award needs a remark of the jury.")))
        return data

    def _of(self, sentence: str) -> str:
        return f"{self.name}: {sentence}"

    @property
    def is_given(self) -> bool:
        """Say whether there is an award; only after validation."""
        return bool(self.cleaned_data.get("kind"))

    @property
    def words(self) -> str:
        """Return kind and place, such as "Prize 1"; only after validation."""
        return award_words(self.cleaned_data["kind"], self.cleaned_data["place"])


class Ranked(Protocol):
    """A submission as a row of awards shows it."""

    @property
    def code(self) -> str:
        """Return the code of the submission."""

    @property
    def pseudonym(self) -> str:
        """Return its name before the jury."""

    @property
    def rank(self) -> int | None:
        """Return its rank."""

    @property
    def points(self) -> Decimal | None:
        """Return its points."""


@dataclass(frozen=True, slots=True)
class AwardRow:
    """A ranked submission and its two possible awards."""

    line: Ranked
    first: AwardForm
    second: AwardForm

    @property
    def forms(self) -> tuple[AwardForm, AwardForm]:
        """Return both forms."""
        return self.first, self.second

    @property
    def is_open(self) -> bool:
        """Say whether the row has content that must be seen."""
        return _is_filled(self.first) or self.has_second

    @property
    def has_second(self) -> bool:
        """Say whether the second award has content that must be seen."""
        return _is_filled(self.second)

    @property
    def given(self) -> list[AwardForm]:
        """Return the forms that hold an award; only after validation."""
        return [form for form in self.forms if form.is_given]


def _is_filled(form: AwardForm) -> bool:
    return any(form[name].value() for name in form.fields)


def rows_are_valid(every: Sequence[forms.Form], rows: Iterable[AwardRow]) -> bool:
    """Check every form, and that no submission gets the same award twice."""
    # A list: every form is checked, not only those before the first error.
    valid = all([form.is_valid() for form in every])  # noqa: C419
    for row in rows if valid else ():
        first, second = (form.cleaned_data["kind"] for form in row.forms)
        if first and first == second:
            row.second.add_error(
                "kind", _("A submission receives one prize at most, and no award twice.")
            )
            valid = False
    return valid


class DecisionForm:
    """Reasons and award rows together, with one answer to "is it valid"."""

    def __init__(self, lines: Iterable[Line], data: Any = None) -> None:
        """Make two award forms per ranked submission, named by its code."""
        self.reasons = ReasonsForm(data)
        self.rows = [
            AwardRow(
                line,
                AwardForm(data, prefix=f"{line.code}-1", name=line.pseudonym),
                AwardForm(data, prefix=f"{line.code}-2", name=line.pseudonym),
            )
            for line in lines
        ]

    @property
    def all(self) -> Sequence[forms.Form]:
        """Return every form, for the error summary."""
        return [self.reasons, *(form for row in self.rows for form in row.forms)]

    def is_valid(self) -> bool:
        """Check every form, so that all errors are shown at once."""
        return rows_are_valid(self.all, self.rows)

    @property
    def hidden_fields(self) -> list[str]:
        """Return everything that was entered as hidden fields, for the page that checks it."""
        return [field.as_hidden() for form in self.all for field in form]
