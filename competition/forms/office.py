"""Forms of the competition office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competition.models import Competition, Page
from competition.statement import TOPICS
from core.widgets import DateInput, DateTimeInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from competition.extensions import CheckResult

MESSAGE_LENGTH = 4_000
REASON_LENGTH = 1_000
_WHOLE = "whole"


class QuestionsForm(forms.Form):
    """Questions to the agency, one field for each task of the statement."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a field for each task; none is required, but one must be filled to send back."""
        super().__init__(*args, **kwargs)
        for topic, label in TOPICS.items():
            self.fields[topic or _WHOLE] = forms.CharField(
                label=gettext_lazy("Question to the agency"),
                help_text=" ",
                required=False,
                max_length=MESSAGE_LENGTH,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[topic or _WHOLE].topic_label = label  # type: ignore[attr-defined]

    @property
    def questions(self) -> dict[str, str]:
        """Return what was written, by task."""
        return {
            "" if name == _WHOLE else name: text
            for name, text in self.cleaned_data.items()
            if text.strip()
        }

    def of_topic(self, topic: str) -> forms.BoundField:
        """Return the field of a task."""
        return self[topic or _WHOLE]


class SendBackForm(QuestionsForm):
    """The questions, when the statement is to be returned."""

    def clean(self) -> dict[str, Any]:
        """Demand at least one question: the agency must know what to do."""
        super().clean()
        if not self.errors and not self.questions:
            raise forms.ValidationError(
                _("Write at least one question, so that the agency knows what to do.")
            )
        return self.cleaned_data


class AcceptForm(QuestionsForm):
    """The questions, when the statement is to be accepted: nothing typed may be lost."""

    def clean(self) -> dict[str, Any]:
        """Refuse to drop a question that somebody has just written."""
        super().clean()
        if not self.errors and self.questions:
            raise forms.ValidationError(
                _("You have written a question. Send the statement back, or remove the question.")
            )
        return self.cleaned_data


class ReasonsForm(forms.Form):
    """A sentence for each check that failed without blocking."""

    def __init__(self, *args: Any, failed: Mapping[str, CheckResult], **kwargs: Any) -> None:
        """Make a required field for each failed check, by its key."""
        super().__init__(*args, **kwargs)
        for key in failed:
            self.fields[key] = forms.CharField(
                label=gettext_lazy("Why do you publish nevertheless?"),
                help_text=gettext_lazy("One sentence. It stands in the log, not on the page."),
                max_length=REASON_LENGTH,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": _("Give a reason for each warning.")},
            )


class ExtendForm(forms.Form):
    """A later end of a phase, with its public reason."""

    ends_at = forms.DateTimeField(
        label=gettext_lazy("New end"),
        widget=DateTimeInput(),
        error_messages={"required": gettext_lazy("Choose the new end.")},
    )
    shift_later = forms.BooleanField(
        label=gettext_lazy("Move later phases by the same time"), required=False, initial=True
    )
    reason_de = forms.CharField(
        label=gettext_lazy("Public reason (German)"),
        help_text=gettext_lazy("Stands on the public page and in the message to all teams."),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Give a reason. It stands in the public list of changes.")
        },
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Public reason (English)"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TeamRulesForm(forms.ModelForm[Competition]):
    """How many people a team may have, and until when it may change."""

    class Meta:
        model = Competition
        fields = ("team_size_limit", "team_changes_end_days", "objection_days")


class PageForm(forms.ModelForm[Page]):
    """A version of a standing page."""

    class Meta:
        model = Page
        fields = ("title_de", "body_de", "title_en", "body_en", "valid_from")
        widgets = {
            "body_de": forms.Textarea(attrs={"rows": 16}),
            "body_en": forms.Textarea(attrs={"rows": 16}),
            "valid_from": DateInput(),
        }
        help_texts = {
            "body_de": gettext_lazy("Markdown: ## heading, **bold**, [text](address), - list."),
            "body_en": gettext_lazy("Markdown: ## heading, **bold**, [text](address), - list."),
            "valid_from": gettext_lazy("From this day on everybody sees the new text."),
        }
