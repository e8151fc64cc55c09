"""The form of the benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.benchmark import (
    COLUMN,
    FULL,
    LONGEST_KEY,
    MOST_DIGITS,
    MOST_METRICS,
    PLAIN,
    RANDOM,
    BenchmarkRefused,
    BenchmarkSettings,
)
from scoring.compute.schema import LEAST_GROUP, SMALLEST_GROUP
from scoring.models import Benchmark
from scoring.models.benchmark import MetricSetting, TargetKind
from scoring.queries.metrics import metric_cards, metric_families

if TYPE_CHECKING:
    from competition.models import Challenge


METRIC_FIELDS: Final = ("metric", "option", "weight", "digits", "baseline", "target")
USUAL_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The fields of one metric, in the words of the template."""

    number: int
    metric: forms.BoundField
    option: forms.BoundField
    weight: forms.BoundField
    digits: forms.BoundField
    baseline: forms.BoundField
    target: forms.BoundField

    @property
    def is_open(self) -> bool:
        """Say whether there is something to be seen."""
        fields = (self.metric, self.option, self.weight, self.digits, self.baseline, self.target)
        return self.number == 1 or bool(self.metric.value()) or any(one.errors for one in fields)


class BenchmarkForm(forms.Form):
    """What prediction files look like, and what they are measured by."""

    id_column = forms.CharField(
        label=_("Column with the ids"),
        max_length=60,
        help_text=_("As it is called in your data package, such as id."),
    )
    target_column = forms.CharField(
        label=_("Column with the predictions"),
        max_length=60,
        help_text=_(
            "One word without spaces is best, such as digit. With a probability for each label, "
            "prediction files have a column p_<label> for each instead."
        ),
    )
    target_kind = forms.ChoiceField(
        label=_("What is a prediction?"),
        choices=TargetKind.choices,
        widget=forms.RadioSelect,
        initial=TargetKind.LABEL,
    )
    labels = forms.CharField(
        label=_("Allowed labels"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "One per line, in their order if they have one. Everyone sees the list. A ranked list "
            "may do without."
        ),
    )
    minimum = forms.FloatField(
        label=_("Smallest number allowed"),
        required=False,
        localize=True,
        help_text=_("For numbers; may stay empty."),
    )
    maximum = forms.FloatField(
        label=_("Largest number allowed"),
        required=False,
        localize=True,
        help_text=_("For numbers; may stay empty."),
    )
    truth_file = forms.FileField(
        label=_("File with the correct answers (CSV)"),
        required=False,
        help_text=_("The two columns above, one row for each id. Nobody can download it again."),
    )
    split = forms.ChoiceField(
        label=_("Which rows are public?"),
        choices=[
            (RANDOM, _("a random part, the same share of each label")),
            (PLAIN, _("a random part of all rows")),
            (COLUMN, _("a column of the file says it: public or private")),
        ],
        widget=forms.RadioSelect,
        initial=RANDOM,
        help_text=_(
            "Teams see values on the public rows at once. The hidden rows decide, and their "
            "values are shown with the results."
        ),
    )
    public_share = forms.IntegerField(
        label=_("Share of public rows"), min_value=10, max_value=90, initial=50
    )
    split_column = forms.CharField(
        label=_("Name of the column"),
        max_length=60,
        required=False,
        help_text=_("Only if a column says it."),
    )
    group_columns = forms.CharField(
        label=_("Columns with groups"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Columns of the file with the correct answers, one per line, at most 5, such as region "
            "or age group. Everyone sees the names of the groups; which row belongs to which one "
            "nobody does."
        ),
    )
    smallest_group = forms.IntegerField(
        label=_("Fewest rows of a group"),
        min_value=LEAST_GROUP,
        max_value=1_000,
        initial=SMALLEST_GROUP,
        help_text=_(
            "In each part. Groups with fewer rows are taken together, so that no value tells about "
            "a single case."
        ),
    )
    reason = forms.CharField(
        label=_("Public reason of the change"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "It stands on the leaderboard. Everything handed in is evaluated anew; until that is "
            "done, the board stays as it is."
        ),
    )

    def __init__(self, *args: Any, challenge: Challenge, **kwargs: Any) -> None:
        """Offer the metrics by what they fit, and leave out what does not apply."""
        super().__init__(*args, **kwargs)
        choices = _choices()
        self._rows_of: list[int] = []
        for number in range(1, MOST_METRICS + 1):
            for name, made in _metric_fields(number, choices).items():
                self.fields[f"{name}_{number}"] = made
        if challenge.is_editable:
            del self.fields["reason"]
        else:
            self.fields["reason"] = self.fields.pop("reason")  # the last one, as on the page

    @property
    def metric_rows(self) -> list[MetricRow]:
        """Return the fields of the metrics, row by row."""
        return [
            MetricRow(number, *(self[f"{name}_{number}"] for name in METRIC_FIELDS))
            for number in range(1, MOST_METRICS + 1)
        ]

    @staticmethod
    def values_of(benchmark: Benchmark) -> dict[str, Any]:
        """Return the initial values of a stored benchmark."""
        truth = benchmark.truth
        offered = {card.key for card in metric_cards(benchmark.target_kind)}
        metrics: dict[str, Any] = {}
        for number, one in enumerate(benchmark.settings, start=1):
            family, at, option = one.key.partition("@")
            is_own = bool(at) and one.key not in offered
            metrics |= {
                f"metric_{number}": f"{family}@" if is_own else one.key,
                f"option_{number}": option if is_own else "",
                f"weight_{number}": one.weight,
                f"digits_{number}": one.digits,
                f"baseline_{number}": one.baseline,
                f"target_{number}": one.target,
            }
        return {
            "id_column": benchmark.id_column,
            "target_column": benchmark.target_column,
            "target_kind": benchmark.target_kind,
            "labels": "\n".join(benchmark.labels),
            "minimum": benchmark.minimum,
            "maximum": benchmark.maximum,
            "split": truth.facts.get("split", RANDOM) if truth is not None else RANDOM,
            "public_share": benchmark.public_share,
            "group_columns": "\n".join(benchmark.group_columns),
            "smallest_group": benchmark.smallest_group,
            **metrics,
        }

    def clean(self) -> dict[str, Any]:
        """Ask for the column where a column is to tell the parts apart."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        is_by_column = data.get("split") == COLUMN
        if is_by_column and data.get("truth_file") and not data.get("split_column"):
            self.add_error("split_column", _("Name the column that says public or private."))
        for number in range(1, MOST_METRICS + 1):
            if data.get(f"metric_{number}", "").endswith("@") and not data.get(f"option_{number}"):
                self.add_error(f"option_{number}", _("Name the number or the label."))
        if not is_by_column:
            data["split_column"] = ""
        elif not data.get("truth_file"):
            # Nothing to split anew: the stored parts stay.
            data["split_column"] = ""
        return data

    def settings(self) -> BenchmarkSettings:
        """Return what was typed, for the action."""
        data = self.cleaned_data
        labels = [line.strip() for line in data["labels"].splitlines()]
        columns = [line.strip() for line in data["group_columns"].splitlines()]
        chosen = [number for number in range(1, MOST_METRICS + 1) if data[f"metric_{number}"]]
        # Those that count come first, else as they were listed.
        self._rows_of = sorted(chosen, key=lambda number: not data[f"weight_{number}"])
        return BenchmarkSettings(
            id_column=data["id_column"],
            target_column=data["target_column"],
            target_kind=data["target_kind"],
            labels=tuple(dict.fromkeys(label for label in labels if label)),
            minimum=data["minimum"],
            maximum=data["maximum"],
            metrics=tuple(self._setting(number) for number in self._rows_of),
            split_column=data["split_column"],
            public_share=data["public_share"],
            stratified=data["split"] != PLAIN,
            group_columns=tuple(dict.fromkeys(line for line in columns if line)),
            smallest_group=data["smallest_group"],
            reason=data.get("reason", ""),
        )

    def _setting(self, number: int) -> MetricSetting:
        """Return what was typed about one metric."""
        data = self.cleaned_data
        key = data[f"metric_{number}"]
        digits = data[f"digits_{number}"]
        return MetricSetting(
            key=f"{key}{data[f'option_{number}'].strip()}" if key.endswith("@") else key,
            weight=data[f"weight_{number}"] or Decimal(0),
            digits=USUAL_DIGITS if digits is None else digits,
            baseline=data[f"baseline_{number}"],
            target=data[f"target_{number}"],
        )

    def take(self, error: BenchmarkRefused) -> None:
        """Put the sentences of a refusal beside the field they are about."""
        name, _underline, place = error.field.rpartition("_")
        field: str | None = error.field
        if name in METRIC_FIELDS and place.isdigit():
            # The action counts the metrics, the form its rows.
            rows = dict(enumerate(self._rows_of, start=1))
            field = f"{name}_{rows.get(int(place), 1)}"
        field = field if field in self.fields else None
        for sentence in error.sentences:
            self.add_error(field, sentence)


def _choices() -> list[tuple[Any, list[tuple[Any, Any]]]]:
    """Return every metric by kind of prediction, families with a number of one's own at the end."""
    families = metric_families()
    return [
        ("", [("", _("none"))]),
        *(
            (
                kind.label,
                [(card.key, card.label) for card in metric_cards(kind)]
                + [(f"{key}@", label) for key, label in families.get(kind.value, [])],
            )
            for kind in TargetKind
        ),
    ]


def _metric_fields(number: int, choices: Any) -> dict[str, forms.Field]:
    """Return the fields of one metric, in the order of METRIC_FIELDS."""
    is_first = number == 1
    return {
        "metric": forms.ChoiceField(label=_("Metric"), choices=choices, required=is_first),
        "option": forms.CharField(
            label=_("Number or label"),
            max_length=LONGEST_KEY,
            required=False,
            help_text=_("Only where the name of the metric says k, q or label."),
        ),
        "weight": forms.DecimalField(
            label=_("Weight"),
            required=is_first,
            localize=True,
            min_value=0,
            max_value=FULL,
            decimal_places=2,
            initial=FULL if is_first else 0,
            help_text=_("100 ranks by itself. 0 is shown beside it and breaks ties."),
        ),
        "digits": forms.IntegerField(
            label=_("Published decimal places"),
            required=False,
            min_value=0,
            max_value=MOST_DIGITS,
            initial=USUAL_DIGITS,
            help_text=_("Values are ranked as they are published. Fewer tell less to guessers."),
        ),
        "baseline": forms.FloatField(
            label=_("Value that earns 0 points"),
            required=False,
            localize=True,
            help_text=_("For example what your office reaches today."),
        ),
        "target": forms.FloatField(
            label=_("Value that earns 100 points"),
            required=False,
            localize=True,
            help_text=_("Between the two, points grow evenly; beyond them they stay at 0 or 100."),
        ),
    }
