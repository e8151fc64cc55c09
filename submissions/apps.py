"""Submissions as a Django app."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Register permissions, the role and the parts shown on pages of competition."""

    name = "submissions"

    def ready(self) -> None:
        """Load what registers itself."""
        from submissions import (  # noqa: F401, PLC0415  (register)
            attachments,
            contributions,
            file_maintenance,
            keeping,
            maintenance,
            roles,
            rules,
            team_maintenance,
            upload_contributions,
            upload_maintenance,
            version_maintenance,
        )
