"""Forms of the minutes: remarks of the chair, confirmation of a member."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class DrawUpForm(forms.Form):
    """What the chair adds before the minutes are drawn up."""

    remarks = forms.CharField(
        label=_("Remarks of the chair"),
        help_text=_("For example open questions. Everything else is taken from what was recorded."),
        max_length=6_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ConfirmForm(forms.Form):
    """A member confirms what they have read."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    remark = forms.CharField(
        label=_("Dissenting remark"),
        help_text=_("Only if you do not agree with something. It becomes part of the minutes."),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
