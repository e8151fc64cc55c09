"""Forms of the office about leaderboards."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from competition.forms.agency import MomentField


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
