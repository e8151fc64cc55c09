"""Forms of the answering side: translation only, rules live in actions and validators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from competition.forms.agency import PreCheckQuestions
from competition.forms.statement import form_field, initial_of
from competition.models import Competition
from competition.statement.answers import clean_answer
from competition.statement.fields import Field, Need
from submissions import cards, footprint
from submissions.models import Submission, Team
from submissions.receipts import MAX_LENGTH, leaf_hash_in
from submissions.states import FileKind
from submissions.validators import FILE_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User
    from competition.models import Challenge


class CompetitionChoice(forms.ModelChoiceField[Competition]):
    """Competitions by their name in the language of the page."""

    def label_from_instance(self, obj: Competition) -> str:
        """Return the name."""
        return str(obj.name)


class TeamForm(forms.ModelForm[Team]):
    """Name and organisation of a new team."""

    class Meta:
        model = Team
        fields = ("name", "organisation")


class NewTeamForm(TeamForm):
    """A new team in one of the competitions in which the person has none."""

    competition = CompetitionChoice(
        label=_("Competition"),
        queryset=Competition.objects.none(),
        empty_label=None,
    )
    field_order = ("competition", "name", "organisation")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offer published competitions only."""
        super().__init__(*args, **kwargs)
        self.fields["competition"].queryset = (  # type: ignore[attr-defined]  # a choice field
            Competition.objects.published().exclude(teams__memberships__user=user)
        )


class InvitationForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Only the owner of this address can accept. The invitation works for 72 hours."
        ),
    )


class JoinCodeForm(forms.Form):
    """The code that a captain has passed on."""

    code = forms.CharField(
        label=_("Join code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("It looks like J-7K4Q2MXY. A captain of the team has it."),
    )


class MergeForm(forms.Form):
    """The team that is to become part of one's own."""

    team = forms.CharField(
        label=_("The other team"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Its public name, or its team code, such as T-7K4Q2M."),
    )


class EntryForm(forms.Form):
    """Agreement to one version of the terms."""

    terms_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    accepts_terms = forms.BooleanField(
        label=_("We have read the terms of participation and agree to them."),
        error_messages={"required": _("Agree to the terms of participation to take part.")},
    )


class TextForm(forms.ModelForm[Submission]):
    """Title, summary and link of a draft; `version` finds out whether somebody else saved."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = Submission
        fields = ("title", "summary", "link")
        widgets = {"summary": forms.Textarea(attrs={"rows": 12})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let an incomplete draft be saved; what is missing is said on the check page."""
        super().__init__(*args, **kwargs)
        self.fields["title"].tier = "submit"  # type: ignore[attr-defined]  # read by field.html
        self.fields["summary"].tier = "submit"  # type: ignore[attr-defined]
        self.fields["summary"].max_length = 3_000  # type: ignore[attr-defined]


class CardForm(forms.Form):
    """The data and model card, and the declared footprint; every answer may wait."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, challenge: Challenge, **kwargs: Any) -> None:
        """Make a field for each question that the statement asks."""
        super().__init__(*args, **kwargs)
        if cards.asks_card(challenge):
            self._ask(cards.CARD, is_needed=cards.needs_card(challenge))
        if footprint.is_asked(challenge):
            self._ask(footprint.FIELDS, is_needed=footprint.is_needed(challenge))

    def _ask(self, questions: Sequence[Field], *, is_needed: bool) -> None:
        either = {key for pair in footprint.EITHER for key in pair}
        for question in questions:
            field = form_field(question)
            field.help_text = question.why
            # Teams write in the language they like.
            field.widget.attrs.pop("lang", None)
            if is_needed and question.need is Need.HAND_IN and question.key not in either:
                field.tier = "submit"  # type: ignore[attr-defined]  # read by field.html
            self.fields[question.key] = field
            if question.key in self.initial:
                self.initial[question.key] = initial_of(question, self.initial[question.key])

    def clean(self) -> dict[str, Any]:
        """Read numbers as people write them."""
        cleaned = super().clean() or self.cleaned_data
        for question in footprint.FIELDS:
            if question.key in cleaned:
                try:
                    cleaned[question.key] = clean_answer(question, cleaned[question.key])
                except forms.ValidationError as error:
                    self.add_error(question.key, error)
        return cleaned

    @property
    def questions(self) -> list[forms.BoundField]:
        """Return the inputs of the card in order."""
        return [self[question.key] for question in cards.CARD if question.key in self.fields]

    @property
    def declarations(self) -> list[tuple[forms.BoundField, Any]]:
        """Return the inputs of the footprint in order, each with its unit."""
        return [
            (self[question.key], question.unit)
            for question in footprint.FIELDS
            if question.key in self.fields
        ]


class SelfCheckForm(PreCheckQuestions):
    """The questions of the AI Act pre-check about the team's own solution."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class UploadForm(forms.Form):
    """One file; size, name and content are judged by the action."""

    # An empty file is refused by the validator, with a better sentence than the form's.
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file first.")},
    )

    def __init__(self, *args: Any, kind: FileKind, **kwargs: Any) -> None:
        """Let the browser offer files of the kind only."""
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = FILE_RULES[kind].suffix


class AnnouncementForm(forms.Form):
    """What a browser says about a file before it sends it in parts; nothing of it is believed."""

    name = forms.CharField(max_length=1_000)
    size = forms.IntegerField(min_value=0, max_value=2**40)
    modified = forms.IntegerField(required=False, min_value=0, max_value=2**53)
    kind = forms.TypedChoiceField(choices=FileKind.choices, coerce=FileKind)


class HandInForm(forms.Form):
    """The declaration, and the key that makes a repeated click harmless."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    is_declared = forms.BooleanField(
        label=_("We may use everything we hand in, and no text names our team or its members."),
        error_messages={"required": _("Confirm the declaration.")},
    )


class WithdrawForm(forms.Form):
    """Why a version is withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the audit log. The jury does not see it."),
    )


class ReceiptForm(forms.Form):
    """A receipt to check, pasted or uploaded."""

    text = forms.CharField(
        label=_("Text of the receipt (JSON)"),
        max_length=MAX_LENGTH,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or the file of the receipt"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def clean(self) -> dict[str, Any]:
        """Take the text from the file where one was given; refuse an empty form."""
        cleaned: dict[str, Any] = super().clean() or {}
        upload = cleaned.get("file")
        if upload is not None:
            if upload.size > MAX_LENGTH:
                self.add_error("file", _("This file is too large to be a receipt."))
            else:
                cleaned["text"] = upload.read().decode("utf-8", "replace")
        if not self.errors and not cleaned.get("text"):
            self.add_error("text", _("Paste the text of a receipt, or choose its file."))
        return cleaned


class LeafForm(forms.Form):
    """The hash of a leaf, or the receipt that holds it."""

    leaf = forms.CharField(
        label=_("Hash of the leaf, or the whole receipt (JSON)"),
        max_length=MAX_LENGTH,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        error_messages={"required": _("Paste the hash of a leaf, or a receipt.")},
    )

    def clean_leaf(self) -> str:
        """Return the hash of the leaf, taken from the receipt where one was pasted."""
        text: str = self.cleaned_data["leaf"]
        found = text.lower() if "{" not in text else leaf_hash_in(text)
        if not re.fullmatch(r"[0-9a-f]{64}", found):
            raise forms.ValidationError(
                _("This is neither a hash of 64 characters (0 to 9, a to f) nor a receipt.")
            )
        return found
