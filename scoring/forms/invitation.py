"""What an invited person answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.forms.jury import tags_field
from scoring.states import DeclineReason

if TYPE_CHECKING:
    from collections.abc import Mapping


class AcceptForm(forms.Form):
    """What the office wrote about the person, to be corrected."""

    organisation = forms.CharField(
        label=_("Your organisation"),
        help_text=_("Used to notice conflicts of interest, and named in the minutes."),
        max_length=120,
        required=False,
    )
    field = forms.CharField(label=_("Your field of expertise"), max_length=120, required=False)

    def __init__(self, *args: Any, expertise: Mapping[str, str], **kwargs: Any) -> None:
        """Offer the fields that the statement names."""
        super().__init__(*args, **kwargs)
        if expertise:
            self.fields["tags"] = tags_field(_("Which of these fields do you know?"), expertise)


class DeclineForm(forms.Form):
    """Why somebody does not come, from a closed list (Q-29)."""

    reason = forms.ChoiceField(
        label=_("Why do you decline?"),
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )
    text = forms.CharField(
        label=_("Explanation"),
        help_text=_("Only the competition office and the chair of the jury read it."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for an explanation where the list has no word."""
        data = super().clean() or {}
        if data.get("reason") == DeclineReason.OTHER and not data.get("text"):
            self.add_error("text", _("Please explain the other reason."))
        return data
