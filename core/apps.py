"""The kernel as a Django app (it owns two tables)."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Kernel app."""

    name = "core"
