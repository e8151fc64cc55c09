"""The form of the cut between the rounds: the line, its reason, and what is taken up from below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.forms import BoundField

    from scoring.queries.longlist import Longlist, LonglistLine


class CutForm(forms.Form):
    """Where the line is drawn and why; one field per submission that could be taken up."""

    place = forms.TypedChoiceField(
        label=_("Where do you draw the line?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose where to draw the line.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_(
            "Why the line is here. It stands in the minutes and is published with the result."
        ),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Please give the reason; it is published.")},
    )

    def __init__(self, *args: Any, longlist: Longlist, **kwargs: Any) -> None:
        """Offer the lines that the published rule allows, and what lies below the first of them."""
        super().__init__(*args, **kwargs)
        self.longlist = longlist
        place: Any = self.fields["place"]
        place.choices = longlist.choices
        self._lines = {f"up_{line.code}": line for line in longlist.below if not line.is_hidden}
        for name, line in self._lines.items():
            self.fields[name] = forms.CharField(
                label=_label(line),
                max_length=500,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def from_below(self) -> list[BoundField]:
        """Return the fields of submissions that could be taken up."""
        return [self[name] for name in self._lines]

    @property
    def has_taken_up(self) -> bool:
        """Say whether one of these fields has content that must be seen."""
        return any(str(field.value() or "").strip() for field in self.from_below)

    def taken_up(self) -> dict[int, str]:
        """Return the reasons given, by entry; only after validation."""
        return {
            line.entry_id: text
            for name, line in self._lines.items()
            if (text := self.cleaned_data.get(name, "").strip())
        }

    def hidden_fields_of(self) -> list[tuple[str, str]]:
        """Return what was entered, to be carried over the page that asks once more."""
        names = ["place", "reason", *self._lines]
        return [(name, str(self[name].value() or "")) for name in names]


def _label(line: LonglistLine) -> Any:
    if line.rank is None:
        return _("%(name)s, without a rank") % {"name": line.pseudonym}
    return _("%(name)s, rank %(rank)s") % {"name": line.pseudonym, "rank": line.rank}
