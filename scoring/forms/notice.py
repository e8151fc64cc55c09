"""Forms about persons who should not judge: the team names them, the office settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.models import ConflictNotice
from scoring.states import ConflictRelation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.models import JurySeat

NOBODY = "none"


class NoticeForm(forms.ModelForm[ConflictNotice]):
    """A person and how the team and the person stand to each other."""

    class Meta:
        model = ConflictNotice
        fields = ("name", "organisation", "relation", "note")
        help_texts = {
            "organisation": gettext_lazy("If you know it; it helps to find the right person."),
            "note": gettext_lazy(
                "A sentence is enough. Needed where you choose “Other reason”. The office reads "
                "it, the jury does not."
            ),
        }
        widgets = {"relation": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the relations without an empty choice."""
        super().__init__(*args, **kwargs)
        relation: Any = self.fields["relation"]
        relation.choices = ConflictRelation.choices

    def clean(self) -> dict[str, Any]:
        """Demand an explanation of another reason."""
        super().clean()
        data = self.cleaned_data
        if data.get("relation") == ConflictRelation.OTHER and not data.get("note"):
            self.add_error("note", _("Please explain the other reason."))
        return data


class NoticeSettleForm(forms.Form):
    """Whom the notice means, or that nothing follows, and why."""

    notice = forms.IntegerField(widget=forms.HiddenInput)
    seat = forms.ChoiceField(
        label=gettext_lazy("What follows?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose what follows.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1_000,
        error_messages={"required": gettext_lazy("Please give a reason; it is recorded.")},
    )

    def __init__(self, seats: Sequence[JurySeat], *args: Any, **kwargs: Any) -> None:
        """Offer the seats of the jury, and nobody."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["seat"]
        field.choices = [
            (NOBODY, _("Nothing: nobody of the jury is meant, or there is no conflict")),
            *(
                (
                    seat.code,
                    _("%(person)s does not assess this submission")
                    % {"person": seat.user.display_name},
                )
                for seat in seats
            ),
        ]
