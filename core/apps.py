"""The kernel as a Django app (it owns two tables)."""

from django.apps import AppConfig
from django.db.models.signals import (  # noqa: TID251  (of `migrate`, not of models)
    post_migrate,
    pre_migrate,
)


class CoreConfig(AppConfig):
    """Kernel app."""

    name = "core"

    def ready(self) -> None:
        """Let every `migrate` leave the triggers behind that keep rows."""
        from core import keeping  # noqa: PLC0415  (registers a proof)

        pre_migrate.connect(keeping.drop_triggers, sender=self)
        post_migrate.connect(keeping.make_triggers, sender=self)
