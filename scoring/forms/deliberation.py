"""Forms of the jury's meeting: quorum, guests, motions, a show of hands, a vote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.models.deliberation import DEFAULT_QUORUM
from scoring.states import MotionKind, VoteChoice

if TYPE_CHECKING:
    from scoring.models import Criterion, MeetingNote

MOST_HANDS = 999


class QuorumForm(forms.Form):
    """The quorum of the meeting; it does not change any more."""

    quorum_percent = forms.IntegerField(
        label=_("Quorum: more than … percent"),
        help_text=_("Of all members with a vote, in conflict or not. It holds for every vote."),
        min_value=0,
        max_value=99,
        required=False,
        initial=DEFAULT_QUORUM,
    )

    def clean_quorum_percent(self) -> int:
        """Take the default where nothing is stated."""
        value = self.cleaned_data["quorum_percent"]
        return DEFAULT_QUORUM if value is None else int(value)


class GuestForm(forms.Form):
    """Somebody who is present and no member of the jury."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Please say who is present.")},
    )
    function = forms.CharField(
        label=_("Function"),
        help_text=_("For example: takes the minutes"),
        max_length=120,
        required=False,
    )


class MotionForm(forms.Form):
    """What the jury votes on."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=MotionKind.choices,
        error_messages={"required": _("Choose what the motion is about.")},
    )
    submission = forms.ChoiceField(
        label=_("Submission"),
        help_text=_("Members in conflict with it neither see the motion nor vote."),
        required=False,
    )
    text = forms.CharField(
        label=_("Motion"),
        help_text=_("One sentence that can be answered by yes or no. It stands in the minutes."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what the jury votes on.")},
    )

    def __init__(
        self, *args: Any, submissions: Iterable[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        """Offer the submissions: code and pseudonym."""
        super().__init__(*args, **kwargs)
        field = self.fields["submission"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", _("None, it is about procedure")), *submissions]

    def clean(self) -> dict[str, Any]:
        """Ask for the submission where the motion is about one."""
        data = super().clean() or {}
        kind = data.get("kind")
        if kind and MotionKind(kind).needs_submission and not data.get("submission"):
            self.add_error("submission", _("Choose the submission that the motion is about."))
        return data


class HandsForm(forms.Form):
    """A show of hands."""

    yes = forms.IntegerField(label=_("Yes"), min_value=0, max_value=MOST_HANDS)
    no = forms.IntegerField(label=_("No"), min_value=0, max_value=MOST_HANDS)
    abstained = forms.IntegerField(label=_("Abstentions"), min_value=0, max_value=MOST_HANDS)


class VoteForm(forms.Form):
    """A member's vote."""

    choice = forms.ChoiceField(
        label=_("Your vote"),
        choices=VoteChoice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes, no or abstention.")},
    )


class NoteForm(forms.Form):
    """What is written down while the jury talks; it saves itself."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Notes for the minutes"),
        help_text=_("Only whoever leads the meeting reads them until the minutes are drawn up."),
        max_length=8_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    @classmethod
    def stored(cls, note: MeetingNote | None) -> dict[str, Any]:
        """Return what is stored, as the form shows it."""
        return {
            "version": note.version if note is not None else 0,
            "text": note.text if note is not None else "",
        }


class ConsensusForm(forms.Form):
    """The level that the jury agrees on, by criterion."""

    def __init__(
        self,
        *args: Any,
        criteria: Sequence[Criterion],
        agreed: Mapping[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer the scale of each criterion."""
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for criterion in criteria:
            self.fields[criterion.key] = forms.TypedChoiceField(
                label=str(criterion),
                choices=[("", _("None")), *((level, str(level)) for level in criterion.scale)],
                coerce=int,
                empty_value=None,
                required=False,
                initial=(agreed or {}).get(criterion.pk, ""),
            )

    def marks(self) -> dict[int, int | None]:
        """Return the levels by criterion."""
        return {row.pk: self.cleaned_data[row.key] for row in self.criteria}
