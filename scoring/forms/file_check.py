"""The form of the open file check."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class FileCheckForm(forms.Form):
    """One file; what is in it is the business of the strict reader, an empty one too."""

    file = forms.FileField(
        label=_("Choose a file"),
        max_length=255,
        allow_empty_file=True,
        error_messages={
            "required": _("Choose the file with your predictions."),
            "max_length": _("The name of the file is longer than 255 characters."),
        },
    )
