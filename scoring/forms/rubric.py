"""The rubric editor: any number of criteria, edited without JavaScript by submit buttons."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.rubric import MAX_CRITERIA, MAX_LEVELS, CriterionText, LevelText, Rules
from scoring.models import Criterion, Rubric
from scoring.models.rubric import FinalRule
from submissions.footprint import CHOICES as CHOICES_OF_FOOTPRINT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.forms import BoundField

    from scoring.presets import Preset

type Values = dict[str, Any]

LOWEST_DEFAULT, HIGHEST_DEFAULT = 1, 5
CHOICES = ("aggregate", "method", "rounding", "final_rule")
ROUNDS = (
    ("", _("One round: the jurors assess what they are given, then the jury meets.")),
    (FinalRule.PLACES, _("Two rounds: at least so many places go on to the final.")),
    (FinalRule.POINTS, _("Two rounds: whatever has so many points goes on to the final.")),
)


class RulesForm(forms.ModelForm[Rubric]):
    """The rules of the official score, in plain words."""

    class Meta:
        model = Rubric
        fields = (
            "aggregate",
            "method",
            "rounding",
            "digits",
            "min_assessments",
            "jury_weight",
            "tells_stability",
            "final_rule",
            "final_threshold",
        )
        localized_fields = ("jury_weight",)
        labels = {
            "aggregate": _("How do marks become a score?"),
            "method": _("How are the jurors put together?"),
            "rounding": _("When is rounded?"),
            "digits": _("Decimal places of the score"),
            "min_assessments": _("Assessments needed for a rank"),
            "jury_weight": _("Share of the jury in the total"),
            "tells_stability": _("Publish which ranks another jury might have given"),
            "final_rule": _("In how many rounds does the jury assess?"),
            "final_threshold": _("Places or points that go on"),
        }
        help_texts = {
            "aggregate": _(
                "Both ways lead to the same score while every juror answers every criterion."
            ),
            "method": _(
                "The average is usual. The median and the average without the highest and the "
                "lowest weaken single marks that lie far off. A sum of ranks compares orders only "
                "and gives no points."
            ),
            "rounding": _("Always half up: 0.5 becomes 1."),
            "digits": _("Two are usual. With fewer, ties become more frequent."),
            "min_assessments": _(
                "A submission with fewer released assessments is listed apart, without a rank."
            ),
            "jury_weight": _(
                "The rest is the share of the automatic evaluation. With 60 for the jury, the "
                "metric counts 40."
            ),
            "tells_stability": _(
                "The result then shows beside each rank how far chance might have moved it. "
                "That is honest about narrow decisions, and it changes no rank."
            ),
            "final_rule": _(
                "With many submissions two rounds are fairer: in the first one a few jurors assess"
                " each submission, in the final the whole jury assesses the best. The chair draws"
                " the line, never above what you announce here."
            ),
            "final_threshold": _("Only with two rounds."),
        }
        widgets = dict.fromkeys(CHOICES, forms.RadioSelect)

    def __init__(self, *args: Any, has_metric: bool, **kwargs: Any) -> None:
        """Ask for the shares only where a metric exists beside the jury."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            # Openness is what we propose; an agency may choose otherwise.
            self.initial["tells_stability"] = True
        for name in CHOICES:
            field: Any = self.fields[name]
            field.choices = [choice for choice in field.choices if choice[0]]
        rounds: Any = self.fields["final_rule"]
        rounds.choices = ROUNDS
        if not has_metric:
            del self.fields["jury_weight"]

    def clean(self) -> dict[str, Any]:
        """Ask for the threshold where there are two rounds, and forget it where there is one."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("final_rule"):
            cleaned["final_threshold"] = None
        elif cleaned.get("final_threshold") is None and "final_threshold" not in self.errors:
            self.add_error(
                "final_threshold",
                _("Say how many places, or how many points, go on to the final round."),
            )
        return cleaned

    def rules(self) -> Rules:
        """Return the cleaned rules, as the action takes them."""
        return Rules(**self.cleaned_data)


class CriterionForm(forms.Form):
    """One criterion; the number of anchor fields follows from its scale."""

    name_de = forms.CharField(label=_("Name"), max_length=80)
    description_de = forms.CharField(
        label=_("What we want to see"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    weight = forms.DecimalField(
        label=_("Weight"),
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "data-weight": ""}),
    )
    lowest = forms.IntegerField(
        label=_("Lowest level"), min_value=0, max_value=10, initial=LOWEST_DEFAULT
    )
    highest = forms.IntegerField(
        label=_("Highest level"), min_value=1, max_value=20, initial=HIGHEST_DEFAULT
    )
    may_abstain = forms.BooleanField(
        label=_("Jurors may answer “cannot judge”."),
        help_text=_("The answer is then missing, never 0."),
        required=False,
    )
    footprint = forms.ChoiceField(
        label=_("Declared value beside the levels"),
        choices=[("", _("none")), *CHOICES_OF_FOOTPRINT],
        help_text=_(
            "Jurors read what the team declares about the footprint of its solution. It gives no "
            "points by itself."
        ),
        required=False,
    )
    name_en = forms.CharField(label=_("Name (English)"), max_length=80, required=False)
    description_en = forms.CharField(
        label=_("What we want to see (English)"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add one pair of anchor fields per level."""
        super().__init__(*args, **kwargs)
        self.marks = self._marks()
        for mark in self.marks:
            for language, label in (
                ("de", _("Level %(mark)s") % {"mark": mark}),
                ("en", _("Level %(mark)s (English)") % {"mark": mark}),
            ):
                self.fields[f"anchor_{language}_{mark}"] = forms.CharField(
                    label=label,
                    max_length=300,
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 1}),
                )

    def _marks(self) -> list[int]:
        """Return the marks of the scale as typed; an impossible scale shows the usual one."""
        lowest = _whole(self["lowest"].value(), LOWEST_DEFAULT)
        highest = _whole(self["highest"].value(), HIGHEST_DEFAULT)
        if not 1 <= highest - lowest < MAX_LEVELS:
            lowest, highest = LOWEST_DEFAULT, HIGHEST_DEFAULT
        return list(range(lowest, highest + 1))

    def clean(self) -> dict[str, Any]:
        """Refuse scales that do not ascend or are too long."""
        data = super().clean() or {}
        lowest, highest = data.get("lowest"), data.get("highest")
        if lowest is not None and highest is not None and not 1 <= highest - lowest < MAX_LEVELS:
            self.add_error(
                "highest",
                _("The scale goes up from the lowest level and has at most %(limit)s levels.")
                % {"limit": MAX_LEVELS},
            )
        return data

    @property
    def anchors(self) -> list[tuple[int, BoundField]]:
        """Return the German anchor fields with their marks."""
        return [(mark, self[f"anchor_de_{mark}"]) for mark in self.marks]

    @property
    def english_anchors(self) -> list[BoundField]:
        """Return the English anchor fields."""
        return [self[f"anchor_en_{mark}"] for mark in self.marks]

    @property
    def english_is_filled(self) -> bool:
        """Say whether something is translated already."""
        names = ["name_en", "description_en", *(f"anchor_en_{mark}" for mark in self.marks)]
        return any(str(self[name].value() or "").strip() for name in names)

    def text(self) -> CriterionText:
        """Return the cleaned criterion, as the action takes it."""
        data = self.cleaned_data
        return CriterionText(
            name_de=data["name_de"],
            name_en=data["name_en"],
            description_de=data["description_de"],
            description_en=data["description_en"],
            weight=data["weight"],
            lowest=data["lowest"],
            highest=data["highest"],
            may_abstain=data["may_abstain"],
            footprint=data["footprint"],
            levels=[
                LevelText(
                    mark=mark,
                    anchor_de=data[f"anchor_de_{mark}"],
                    anchor_en=data[f"anchor_en_{mark}"],
                )
                for mark in self.marks
            ],
        )


class AmendmentForm(forms.Form):
    """Why a published rubric is published anew; everybody reads it."""

    reason_de = forms.CharField(
        label=_("Reason (German)"),
        help_text=_("It stands beside the criteria for everybody to read."),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason; everybody can read it.")},
    )
    reason_en = forms.CharField(
        label=_("Reason (English)"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _whole(value: Any, default: int) -> int:
    text = str(value if value is not None else "").strip()
    return int(text) if text.isdecimal() and len(text) < 4 else default


# -- what the editor holds ------------------------------------------------------------------------


def values_of(criterion: Criterion) -> Values:
    """Return a stored criterion as the form shows it."""
    values: Values = {
        name: getattr(criterion, name)
        for name in (
            "name_de",
            "name_en",
            "description_de",
            "description_en",
            "weight",
            "lowest",
            "highest",
            "may_abstain",
            "footprint",
        )
    }
    for level in criterion.levels.all():
        values[f"anchor_de_{level.mark}"] = level.anchor_de
        values[f"anchor_en_{level.mark}"] = level.anchor_en
    values["weight"] = _weight_words(criterion.weight)
    return values


def _weight_words(weight: Decimal) -> Decimal:
    """Return the weight without idle zeros: 30.00 becomes 30."""
    short = weight.normalize()
    return short if short.as_tuple().exponent in {0, -1, -2} else weight.quantize(Decimal(1))


def values_of_preset(preset: Preset) -> list[Values]:
    """Return the criteria of a ready-made rubric as the form shows them."""
    found = []
    for criterion in preset.criteria:
        values: Values = {
            "name_de": criterion.name[0],
            "name_en": criterion.name[1],
            "description_de": criterion.description[0],
            "description_en": criterion.description[1],
            "weight": Decimal(criterion.weight),
            "lowest": 1,
            "highest": len(criterion.anchors),
            "may_abstain": criterion.may_abstain,
        }
        for mark, (german, english) in enumerate(criterion.anchors, start=1):
            values[f"anchor_de_{mark}"] = german
            values[f"anchor_en_{mark}"] = english
        found.append(values)
    return found


def typed_values(data: Mapping[str, Any]) -> list[Values]:
    """Return what was typed, criterion by criterion, unchecked: nothing typed is ever lost."""
    count = min(_whole(data.get("criteria"), 0), MAX_CRITERIA)
    rows = []
    for number in range(count):
        prefix = f"c{number}-"
        rows.append(
            {
                key.removeprefix(prefix): value
                for key, value in data.items()
                if key.startswith(prefix)
            }
        )
    return rows


def is_blank(values: Values) -> bool:
    """Say whether nothing was typed into a criterion."""
    ignored = {"lowest", "highest", "may_abstain", "footprint"}
    return not any(str(value).strip() for key, value in values.items() if key not in ignored)


def rearranged(rows: Sequence[Values], operation: str, index: int) -> list[Values]:
    """Return the criteria after "add", "remove", "up" or "down"; anything else changes nothing."""
    result = list(rows)
    if operation == "add" and len(result) < MAX_CRITERIA:
        result.append({})
    elif operation == "remove" and 0 <= index < len(result):
        del result[index]
    elif operation == "up" and 0 < index < len(result):
        result[index - 1], result[index] = result[index], result[index - 1]
    elif operation == "down" and 0 <= index < len(result) - 1:
        result[index + 1], result[index] = result[index], result[index + 1]
    return result


def shown_forms(rows: Sequence[Values]) -> list[CriterionForm]:
    """Return forms that show values without checking them."""
    return [CriterionForm(initial=row, prefix=f"c{number}") for number, row in enumerate(rows)]


def checked_forms(data: Mapping[str, Any], count: int) -> list[CriterionForm]:
    """Return forms that check what was sent."""
    return [CriterionForm(data, prefix=f"c{number}") for number in range(count)]


def weight_sum(forms_shown: Sequence[CriterionForm]) -> Decimal | None:
    """Return the sum of the weights as typed, None if one of them is no number."""
    total = Decimal(0)
    for form in forms_shown:
        text = str(form["weight"].value() or "0").strip().replace(",", ".")
        try:
            total += Decimal(text)
        except InvalidOperation:
            return None
    return total if total.is_finite() else None
