"""Competition as a Django app."""

from django.apps import AppConfig


class CompetitionConfig(AppConfig):
    """Register permissions, roles, the public menu and publication checks."""

    name = "competition"

    def ready(self) -> None:
        """Load what registers itself."""
        from competition import (  # noqa: F401, PLC0415  (they register themselves)
            checks,
            keeping,
            menu,
            roles,
            rules,
        )
