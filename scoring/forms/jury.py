"""Forms of the office around a jury."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scoring.states import ConflictAnswer, SeatRole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.models import JurySeat
    from scoring.queries.jury import Matrix, Pair

LARGEST_SEED = 2**31 - 1


def tags_field(label: Any, fields: Mapping[str, str]) -> forms.MultipleChoiceField:
    """Return checkboxes for the fields that a statement names."""
    return forms.MultipleChoiceField(
        label=label,
        choices=list(fields.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class TagsForm(forms.Form):
    """Which fields of the statement somebody knows."""

    def __init__(self, *args: Any, fields: Mapping[str, str], **kwargs: Any) -> None:
        """Offer the fields of the statement."""
        super().__init__(*args, **kwargs)
        self.fields["tags"] = tags_field(_("Fields of the statement"), fields)


class SeatForm(forms.Form):
    """Whom to invite; the fields of expertise are asked only where the statement names some."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Who has no account yet gets one without a password."),
        max_length=254,
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(
        label=_("Role"), choices=SeatRole.choices, initial=SeatRole.JUROR, widget=forms.RadioSelect
    )
    organisation = forms.CharField(
        label=_("Organisation"),
        help_text=_("Used to notice conflicts of interest, and named in the minutes."),
        max_length=120,
        required=False,
    )
    field = forms.CharField(label=_("Field of expertise"), max_length=120, required=False)
    expected = forms.IntegerField(
        label=_("Submissions to assess, about"),
        help_text=_("The invitation says so, and reckons with 20 minutes each."),
        min_value=1,
        max_value=2_000,
    )
    language = forms.ChoiceField(
        label=_("Language of messages"),
        choices=settings.LANGUAGES,
        initial=settings.LANGUAGE_CODE,
    )

    def __init__(self, *args: Any, expertise: Mapping[str, str], **kwargs: Any) -> None:
        """Offer the fields of the statement."""
        super().__init__(*args, **kwargs)
        if expertise:
            self.fields["tags"] = tags_field(_("Fields of the statement"), expertise)


class StepInForm(forms.Form):
    """For whom a substitute steps in."""

    instead_of = forms.ChoiceField(
        label=_("For whom?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a juror for whom to step in.")},
    )

    def __init__(self, *args: Any, seats: Mapping[JurySeat, int], **kwargs: Any) -> None:
        """Offer jurors who have something open; the number stands beside the name."""
        super().__init__(*args, **kwargs)
        self.seats = {seat.code: seat for seat in seats}
        field: Any = self.fields["instead_of"]
        field.choices = [
            (
                seat.code,
                ngettext("%(person)s (%(count)s open)", "%(person)s (%(count)s open)", count)
                % {"person": seat.user.display_name, "count": count},
            )
            for seat, count in seats.items()
        ]

    def chosen(self) -> JurySeat:
        """Return the seat that was chosen."""
        return self.seats[self.cleaned_data["instead_of"]]


class ProposalForm(forms.Form):
    """How many jurors per submission, and the number that the lot is drawn with."""

    k = forms.IntegerField(label=_("Jurors per submission"), min_value=1, max_value=50)
    seed = forms.IntegerField(
        label=_("Number of the draw"),
        help_text=_("The same number gives the same proposal. It is recorded."),
        min_value=0,
        max_value=LARGEST_SEED,
    )
    highest = forms.IntegerField(
        label=_("At most per juror"),
        help_text=_("Empty: as even as possible."),
        min_value=1,
        max_value=2_000,
        required=False,
    )

    def __init__(self, *args: Any, expertise: Mapping[str, str], **kwargs: Any) -> None:
        """Offer the fields of which one juror each is wanted."""
        super().__init__(*args, **kwargs)
        if expertise:
            self.fields["fields"] = tags_field(
                _("One juror of each of these fields, where possible"), expertise
            )


class MatrixForm(forms.Form):
    """The ticks of the assignment matrix."""

    seed = forms.IntegerField(
        min_value=0, max_value=LARGEST_SEED, required=False, widget=forms.HiddenInput
    )
    pair = forms.MultipleChoiceField(
        label=_("Assignments"),
        required=False,
        error_messages={
            "invalid_choice": _(
                "The list has changed in the meantime. Reload the page and tick again."
            )
        },
    )

    def __init__(self, *args: Any, keys: Mapping[str, Pair], **kwargs: Any) -> None:
        """Allow the cells that the matrix has."""
        super().__init__(*args, **kwargs)
        self.keys = keys
        field: Any = self.fields["pair"]
        field.choices = [(key, key) for key in keys]

    def pairs(self) -> set[Pair]:
        """Return the ticked pairs of keys."""
        return {self.keys[key] for key in self.cleaned_data["pair"]}


class SettleForm(forms.Form):
    """What the office finds about a conflict that a juror is not sure of."""

    declaration = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        label=_("Is there a conflict of interest?"),
        choices=[
            (ConflictAnswer.NONE, _("No, the juror may assess")),
            (ConflictAnswer.CONFLICT, _("Yes, the juror stays excluded")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose whether there is a conflict.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        error_messages={"required": _("Please give a reason; it is recorded.")},
    )


class RemoveSeatForm(forms.Form):
    """Confirm that begun assessments are lost, where there are some."""

    discard_drafts = forms.BooleanField(
        label=_("Discard what this person has begun; it cannot be restored."), required=False
    )

    def __init__(self, *args: Any, seat: JurySeat, begun: int, **kwargs: Any) -> None:
        """Ask only where something would be lost."""
        super().__init__(*args, **kwargs)
        self.seat = seat
        if not begun:
            del self.fields["discard_drafts"]


class CloseForm(forms.Form):
    """Why the assessments are closed although something is open."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is recorded and stands in the minutes."),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason; it is recorded.")},
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        """Ask for a reason only where there are gaps."""
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]


def keys_of(matrix: Matrix) -> dict[str, Pair]:
    """Return the pairs that the cells of a matrix stand for."""
    return {cell.key: cell.pair for row in matrix.rows for cell in row.cells if cell.key}
