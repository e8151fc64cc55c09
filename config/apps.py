"""The composition root as an app, so that its start-up checks are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Register the start-up checks."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Load the checks."""
        from config import checks  # noqa: F401, PLC0415  (registers itself)
