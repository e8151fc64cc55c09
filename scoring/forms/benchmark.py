"""The form of the benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scoring.actions.benchmark import (
    COLUMN,
    LONGEST_KEY,
    PLAIN,
    RANDOM,
    BenchmarkRefused,
    BenchmarkSettings,
)
from scoring.compute.schema import LEAST_GROUP, SMALLEST_GROUP
from scoring.models import Benchmark
from scoring.models.benchmark import TargetKind
from scoring.queries.metrics import metric_cards

if TYPE_CHECKING:
    from competition.models import Challenge


def further(kind: str) -> str:
    """Return the name of the field with the further metrics of a kind."""
    return f"further_{kind}"


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
    metric = forms.ChoiceField(label=_("Metric that ranks"))
    other_metrics = forms.CharField(
        label=_("Metrics with a number or a label of your own"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One per line: quantile_loss@0.05, top_accuracy@2, map@20, ndcg@20, or precision_of@, "
            "recall_of@ and f1_of@ with a label."
        ),
    )
    ranks_by_other = forms.BooleanField(
        label=_("The first of these ranks"),
        required=False,
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
        metric = self.fields["metric"]
        assert isinstance(metric, forms.ChoiceField)  # noqa: S101  (declared above)
        grouped = {kind: metric_cards(kind) for kind in TargetKind}
        metric.choices = [
            (kind.label, [(card.key, card.label) for card in cards])
            for kind, cards in grouped.items()
        ]
        for kind, cards in grouped.items():
            self.fields[further(kind)] = forms.MultipleChoiceField(
                label=format_lazy("{}: {}", _("Further metrics"), kind.label),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                choices=[(card.key, card.label) for card in cards],
            )
        if challenge.is_editable:
            del self.fields["reason"]

    @property
    def further_metrics(self) -> list[tuple[Any, forms.BoundField, bool]]:
        """Return for each kind of prediction its name, its field, and whether it is chosen."""
        chosen = self["target_kind"].value()
        return [(kind.label, self[further(kind)], kind == chosen) for kind in TargetKind]

    @staticmethod
    def values_of(benchmark: Benchmark) -> dict[str, Any]:
        """Return the initial values of a stored benchmark."""
        truth = benchmark.truth
        offered = {card.key for card in metric_cards(benchmark.target_kind)}
        others = [key for key in benchmark.metrics if key not in offered]
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
            "metric": next((key for key in benchmark.metrics if key in offered), None),
            further(benchmark.target_kind): benchmark.metrics[1:],
            "other_metrics": "\n".join(others),
            "ranks_by_other": benchmark.main_metric in others,
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
        others = data.get("other_metrics", "").split("\n")
        if any(len(line.strip()) > LONGEST_KEY for line in others):
            self.add_error("other_metrics", _("A metric has at most 40 characters."))
        if data.get("ranks_by_other") and not data.get("other_metrics", "").strip():
            self.add_error("other_metrics", _("Name the metric that ranks."))
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
        others = [line.strip() for line in data["other_metrics"].splitlines() if line.strip()]
        columns = [line.strip() for line in data["group_columns"].splitlines()]
        listed = [data["metric"], *data[further(data["target_kind"])]]
        metrics = [*others[:1], *listed, *others[1:]] if data["ranks_by_other"] else listed + others
        return BenchmarkSettings(
            id_column=data["id_column"],
            target_column=data["target_column"],
            target_kind=data["target_kind"],
            labels=tuple(dict.fromkeys(label for label in labels if label)),
            minimum=data["minimum"],
            maximum=data["maximum"],
            metrics=tuple(dict.fromkeys(metrics)),
            digits=data["digits"],
            points_baseline=data["points_baseline"],
            points_target=data["points_target"],
            split_column=data["split_column"],
            public_share=data["public_share"],
            stratified=data["split"] != PLAIN,
            group_columns=tuple(dict.fromkeys(line for line in columns if line)),
            smallest_group=data["smallest_group"],
            reason=data.get("reason", ""),
        )

    def take(self, error: BenchmarkRefused) -> None:
        """Put the sentences of a refusal beside the field they are about."""
        field = error.field if error.field in self.fields else None
        for sentence in error.sentences:
            self.add_error(field, sentence)
