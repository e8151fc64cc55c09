"""Forms of accounts."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SignupForm(forms.Form):
    """What is asked beside the address at sign-up."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Shown to the members of your team and to the competition office."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep name and language on the new account (called by allauth)."""
        user.name = self.cleaned_data["name"]
        user.language = get_language() or user.language
        user.save(update_fields=["name", "language"])


class ProfileForm(forms.Form):
    """What people change about themselves."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("Shown to the members of your team and to the competition office."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Language of the messages we send you."),
    )


class AuditFilterForm(forms.Form):
    """Narrow the audit log to actions or objects whose names begin with a text."""

    action = forms.CharField(
        label=_("Action begins with"), max_length=80, required=False, empty_value=""
    )
    target = forms.CharField(
        label=_("Object begins with"), max_length=80, required=False, empty_value=""
    )
