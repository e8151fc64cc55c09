"""The form of the benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.benchmark import BenchmarkRefused, BenchmarkSettings
from scoring.models import Benchmark
from scoring.models.benchmark import TargetKind
from scoring.queries.metrics import metric_cards

if TYPE_CHECKING:
    from competition.models import Challenge

RANDOM, COLUMN = "random", "column"


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
        help_text=_("One word without spaces is best, such as digit."),
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
        help_text=_("For labels: one per line. Everyone sees the list."),
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
    metric = forms.ChoiceField(label=_("Metric that ranks"))
    further_metrics = forms.MultipleChoiceField(
        label=_("Further metrics"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Shown beside it; if values are equal, they decide in this order."),
    )
    digits = forms.IntegerField(
        label=_("Published decimal places"),
        min_value=1,
        max_value=6,
        initial=4,
        help_text=_("Values are ranked as they are published. Fewer digits tell less to guessers."),
    )
    points_baseline = forms.FloatField(
        label=_("Value that earns 0 points"),
        localize=True,
        help_text=_("For example what your office reaches today."),
    )
    points_target = forms.FloatField(
        label=_("Value that earns 100 points"),
        localize=True,
        help_text=_("Between the two, points grow evenly; beyond them they stay at 0 or 100."),
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
        kinds = dict(TargetKind.choices)
        grouped = {kind: [(card.key, card.label) for card in metric_cards(kind)] for kind in kinds}
        metric = self.fields["metric"]
        further = self.fields["further_metrics"]
        assert isinstance(metric, forms.ChoiceField)  # noqa: S101  (declared above)
        assert isinstance(further, forms.MultipleChoiceField)  # noqa: S101
        metric.choices = [(kinds[kind], choices) for kind, choices in grouped.items() if choices]
        # The list is one for all kinds: those that need another kind say so.
        fits = {
            TargetKind.NUMBER: _("%(metric)s (for numbers)"),
            TargetKind.PROBABILITY: _("%(metric)s (for probabilities)"),
        }
        further.choices = [
            (card.key, str(fits[kind]) % {"metric": card.label} if kind in fits else card.label)
            for kind in TargetKind
            for card in metric_cards(kind)
        ]
        if challenge.is_editable:
            del self.fields["reason"]

    @staticmethod
    def values_of(benchmark: Benchmark) -> dict[str, Any]:
        """Return the initial values of a stored benchmark."""
        truth = benchmark.truth
        by_column = truth is not None and truth.facts.get("split") == "column"
        return {
            "id_column": benchmark.id_column,
            "target_column": benchmark.target_column,
            "target_kind": benchmark.target_kind,
            "labels": "\n".join(benchmark.labels),
            "minimum": benchmark.minimum,
            "maximum": benchmark.maximum,
            "split": COLUMN if by_column else RANDOM,
            "public_share": benchmark.public_share,
            "metric": benchmark.main_metric,
            "further_metrics": benchmark.metrics[1:],
            "digits": benchmark.digits,
            "points_baseline": benchmark.points_baseline,
            "points_target": benchmark.points_target,
        }

    def clean(self) -> dict[str, Any]:
        """Ask for the column where a column is to tell the parts apart."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        is_by_column = data.get("split") == COLUMN
        if is_by_column and data.get("truth_file") and not data.get("split_column"):
            self.add_error("split_column", _("Name the column that says public or private."))
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
        further = [metric for metric in data["further_metrics"] if metric != data["metric"]]
        return BenchmarkSettings(
            id_column=data["id_column"],
            target_column=data["target_column"],
            target_kind=data["target_kind"],
            labels=tuple(dict.fromkeys(label for label in labels if label)),
            minimum=data["minimum"],
            maximum=data["maximum"],
            metrics=(data["metric"], *further),
            digits=data["digits"],
            points_baseline=data["points_baseline"],
            points_target=data["points_target"],
            split_column=data["split_column"],
            public_share=data["public_share"],
            reason=data.get("reason", ""),
        )

    def take(self, error: BenchmarkRefused) -> None:
        """Put the sentences of a refusal beside the field they are about."""
        field = error.field if error.field in self.fields else None
        for sentence in error.sentences:
            self.add_error(field, sentence)
