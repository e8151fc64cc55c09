"""Accounts as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Register the roles that belong to no other app."""

    name = "accounts"

    def ready(self) -> None:
        """Load the auditor's role and the permissions."""
        from accounts import roles, rules  # noqa: F401, PLC0415  (they register themselves)
