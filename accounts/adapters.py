"""allauth's hooks: mail through our outbox, sign-up by setting."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from accounts.models.user import normalise_email
from core import outbox


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped here
    """Sign-up policy and mail delivery."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Follow the setting AUSLOBUNG_SIGNUP."""
        return bool(settings.SIGNUP == "open")

    def clean_email(self, email: str) -> str:
        """Store addresses in their one form."""
        return normalise_email(super().clean_email(email))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the message to the outbox; once sent, its body is erased: it may hold a code."""
        message = self.render_mail(template_prefix, email, context)
        outbox.queue_text(
            template_prefix,
            to=email,
            key=f"{template_prefix}:{secrets.token_hex(12)}",
            language=translation.get_language() or settings.LANGUAGE_CODE,
            subject=message.subject,
            body=str(message.body),
            is_confidential=True,
        )
