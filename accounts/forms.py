"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
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


class ProfileForm(forms.ModelForm[User]):
    """What people change about themselves."""

    class Meta:
        model = User
        fields = ("name", "language")
        help_texts = {
            "name": _("Shown to the members of your team and to the competition office."),
            "language": _("Language of the messages we send you."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the name required here, although old accounts may lack one."""
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
