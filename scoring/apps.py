"""Scoring as a Django app."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Register permissions, the role, publication checks and parts of other apps' pages."""

    name = "scoring"

    def ready(self) -> None:
        """Load what registers itself."""
        from scoring import (  # noqa: F401, PLC0415  (they register themselves)
            contributions,
            jury_maintenance,
            keeping,
            maintenance,
            receivers,
            roles,
            rules,
        )
