"""Forms of the office about leaderboards."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from competition.forms.agency import MomentField
from scoring.states import BoardTies, Counts


class FreezeForm(forms.Form):
    """From when on the public board stands still, and why."""

    at = MomentField(
        label=_("Freeze the public leaderboard from"),
        help_text=_("In the future, to the minute. It is public at once, with the reason."),
        error_messages={"required": _("Please give a date and a time.")},
    )
    reason = forms.CharField(
        label=_("Public reason"),
        help_text=_("One or two sentences for the teams."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please give a reason; it is public.")},
    )


class EndForm(forms.Form):
    """Why a freeze is dropped or lifted."""

    end_reason = forms.CharField(
        label=_("Public reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please give a reason; it is public.")},
    )


class RulesForm(forms.Form):
    """By which rules leaderboards are made."""

    counts = forms.ChoiceField(
        label=_("Which version of a team counts?"),
        help_text=_("On the public board, and the same version on the hidden rows."),
        choices=Counts.choices,
        widget=forms.RadioSelect,
    )
    ties = forms.ChoiceField(
        label=_("If all metrics are equal"),
        help_text=_("Further metrics of the benchmark decide first, in their order."),
        choices=BoardTies.choices,
        widget=forms.RadioSelect,
    )
    step = forms.DecimalField(
        label=_("Step of the public value"),
        help_text=_(
            "Against probing: the public value of a team changes only if a version betters it by "
            "more than this, and is shown in multiples of it; until the results teams read nothing "
            "more precise. Needs “the best one”. Empty: no step."
        ),
        required=False,
        max_digits=12,
        decimal_places=6,
    )
    is_anonymous = forms.BooleanField(
        label=_("Made-up names until the results are published"),
        help_text=_("Can be changed until there is a first leaderboard."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Public reason"),
        help_text=_("It stands on the leaderboard, with what has changed."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        """Ask for a reason only where the rules are public."""
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]
